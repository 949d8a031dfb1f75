"""The example of a whole configuration does what it says."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cordboard.daemon import config_file
from cordboard.engine.board.board import Board
from cordboard.engine.commands import ReleaseConversation, SetPresence
from cordboard.engine.config_problems import check
from cordboard.engine.events import Event, ReplyQueued
from cordboard.engine.routing_words import PassedOver
from cordboard.engine.testing.playground import Playground
from cordboard.engine.vocabulary import CloseReason, Presence, PresenceReason, State

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "routing.toml"
MARIA, JOE, LEE = "+14155550123", "+14155550124", "+14155550125"


class Shop(Playground):
    """The example's board; it is Monday morning, and all three are there."""

    def until(self, local: str) -> None:
        self.later(
            round(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()) * 1000 - self.at
        )


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in ("ANA_TOKEN", "BEN_TOKEN", "EVA_TOKEN"):
        monkeypatch.setenv(name, f"made-up-{name}-0123456789")

    configuration = config_file.read(EXAMPLE)
    check(configuration.board)
    shop = Shop(configuration.board)
    shop.until("2026-11-30T09:00")
    for rep in ("ana", "ben", "eva"):
        shop.presence(rep)

    return shop


def told(events: tuple[Event, ...]) -> list[str]:
    return [each.body for each in events if isinstance(each, ReplyQueued) and each.author == "system"]


def test_a_refund_goes_to_who_is_best_at_it(shop: Shop) -> None:
    events = shop.text("I want a refund", customer=JOE)

    assert (shop.conversation().queue, shop.offered()) == ("billing", "eva")
    assert told(events) == ["Thanks for your text, and welcome!"]


def test_in_the_afternoon_a_refund_waits_on_the_queue_that_is_open(shop: Shop) -> None:
    shop.until("2026-11-30T15:00")
    shop.text("I want a refund", customer=JOE)

    assert (shop.conversation().queue, shop.offered()) == ("general", "ana")


@pytest.mark.parametrize("text", ["Hola, un pedido", "¿Dónde está mi paquete?", "NECESITO AYUDA", "¡Ayuda!"])
def test_a_customer_who_is_known_writes_spanish_and_is_answered_in_it(shop: Shop, text: str) -> None:
    events = shop.text(text, customer=MARIA)

    assert shop.offered() == "ana"
    assert (shop.conversation().priority, shop.conversation().language) == (10, "es")
    assert told(events) == ["Hola, Maria Gómez."]
    assert told(shop.accept()) == ["Ana está con usted."]


def test_whoever_writes_spanish_is_told_nothing_in_another_language(shop: Shop) -> None:
    for message in shop.config.automated_messages:
        assert set(message.locales) == {"es"}, message.trigger


def test_at_night_and_on_holidays_customers_are_told_when_somebody_answers(shop: Shop) -> None:
    shop.until("2026-11-30T06:30")
    assert told(shop.text("hello", customer=JOE))[:2] == [
        "Thanks for your text, and welcome!",
        "We are closed now, and answer from 08:00 on.",
    ]

    shop.until("2026-11-30T23:00")
    assert told(shop.text("hola", customer=MARIA))[:2] == [
        "Hola, Maria Gómez.",
        "Ahora está cerrado. Abrimos: martes, 8:00.",
    ]

    shop.until("2026-12-25T10:00")
    assert "It is Christmas: we answer from Monday, 08:00 on." in told(shop.text("hello", customer=LEE))


def test_the_other_line_of_its_hours_has_it_open_at_any_time(shop: Shop) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    other, changed = re.subn(r"^weekly = .*\n# (weekly = .*\n)", r"\1", text, count=1, flags=re.MULTILINE)
    always = Shop(config_file.parse(other, source="routing.toml").board)
    assert changed
    always.until("2026-11-29T03:00")
    always.presence("ana")
    events = always.text("hello", customer=JOE)

    assert always.offered() == "ana"
    assert told(events) == ["Thanks for your text, and welcome!"]


def test_who_waits_behind_others_is_told_where_they_stand(shop: Shop) -> None:
    for rep in ("ana", "ben", "eva"):
        shop.presence(rep, Presence.AWAY)

    assert told(shop.text("hello", customer=JOE)) == ["Thanks for your text, and welcome!"]
    assert told(shop.text("hello", customer=LEE))[1:] == ["You are number 2 in line. Expected wait: not known yet."]
    assert told(shop.text("hola", customer=MARIA))[1:] == [], "gold goes first"
    other = shop.text("hola", customer="+14155550126")
    assert told(other)[1:] == ["Usted es el número 4 en la cola. Espera prevista: aún no se sabe."]


def test_after_a_conversation_its_rep_has_two_minutes_before_the_next_one_comes(shop: Shop) -> None:
    for rep in ("ben", "eva"):
        shop.presence(rep, Presence.OFFLINE)

    for each in range(4):
        shop.text("hello", customer=f"+1415555020{each}")

    for each in range(1, 4):
        shop.accept(each)

    assert shop.offered(4) is None, "ana has room for three"
    shop.close(1)
    shop.later(119_000)
    assert shop.offered(4) is None
    shop.later(1_000)
    assert shop.offered(4) == "ana"


def test_who_has_begun_as_many_as_a_day_has_gets_none_until_tomorrow(shop: Shop) -> None:
    for rep in ("ana", "ben"):
        shop.presence(rep, Presence.OFFLINE)

    for each in range(1, 21):
        shop.text("a refund", customer=f"+141555502{each:02}")
        assert shop.offered(each) == "eva"
        shop.accept(each, by="eva")
        shop.close(each, by="eva")
        shop.end_wrap_up(each, by="eva")

    shop.text("a refund", customer=JOE)
    [eva] = [each for each in shop.board.explain_waiting(21).reps if each.rep == "eva"]
    assert (shop.offered(21), eva.reason) == (None, PassedOver.BLOCKED)

    shop.until("2026-12-01T09:00")
    assert shop.conversation(21).queue == "general", "refunds do not wait for a quarter of an hour"
    shop.text("a refund", customer=LEE)
    assert shop.offered(22) == "eva", "twenty more on the next day"


def test_what_nobody_takes_goes_to_another_queue_or_keeps_its_place_and_is_told_so(shop: Shop) -> None:
    for rep in ("ana", "ben", "eva"):
        shop.presence(rep, Presence.AWAY)

    shop.text("una factura", customer=MARIA)
    assert shop.conversation().queue == "billing"
    shop.later(15 * 60_000)
    assert shop.conversation().queue == "general"
    assert told(shop.later(20 * 60_000)) == ["Usted conserva su lugar. Le respondemos: en cuanto podamos."]
    assert shop.conversation().state is State.QUEUED


def test_of_fifty_in_line_the_next_one_is_told_to_come_back_and_nobody_is_ended_whom_a_rep_has_had(shop: Shop) -> None:
    shop.text("hello", customer=JOE)
    shop.accept(by=shop.offered() or "")
    shop.reply("Hello!", by=shop.offered() or "")
    for rep in ("ana", "ben", "eva"):
        shop.presence(rep, Presence.AWAY)

    for each in range(50):
        shop.text("hello", customer=f"+141555502{each:02}")

    assert told(shop.text("hello", customer=LEE))[1:] == [
        "Too many are waiting right now. Please text us again in an hour."
    ]
    assert (shop.conversation(52).state, shop.conversation(52).close_reason) == (State.CLOSED, CloseReason.OVERFLOW)

    shop.do(ReleaseConversation(conversation=1, by="ben"))
    assert shop.conversation().state is State.QUEUED
    assert Board.replay("shop", shop.journal).snapshot() == shop.board.snapshot()


def test_who_misses_an_offer_is_inactive_until_they_say_that_they_are_back(shop: Shop) -> None:
    shop.presence("ben", Presence.OFFLINE)
    shop.text("hello", customer=JOE)
    shop.later(60_000)

    assert (shop.board.reps["ana"].presence, shop.board.reps["ana"].why) == (Presence.INACTIVE, PresenceReason.MISSED)
    assert shop.conversation().state is State.QUEUED
    shop.do(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
    assert shop.offered() == "ana"


def test_who_texts_again_gets_the_same_rep_and_a_colleague_when_that_one_does_not_come(shop: Shop) -> None:
    shop.presence("ben", Presence.OFFLINE)
    shop.text("hello", customer=JOE)
    shop.accept()
    shop.reply("Hello!")
    shop.park()
    shop.do(SetPresence(rep="ana", presence="lunch", by="ana"))
    shop.presence("ben")
    shop.text("one more thing", customer=JOE)
    assert shop.conversation().state is State.QUEUED

    shop.later(120_000)
    assert shop.offered() == "ben"
    assert Board.replay("shop", shop.journal).snapshot() == shop.board.snapshot()
