"""The example of a whole configuration does what it says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cordboard.daemon import config_file
from cordboard.engine.board.board import Board
from cordboard.engine.commands import SetPresence
from cordboard.engine.config_problems import check
from cordboard.engine.events import Event, ReplyQueued
from cordboard.engine.testing.playground import Playground
from cordboard.engine.vocabulary import Presence, PresenceReason, State

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
    for each in ("ana", "ben", "eva"):
        shop.presence(each)

    return shop


def told(events: tuple[Event, ...]) -> list[str]:
    return [each.body for each in events if isinstance(each, ReplyQueued) and each.author == "system"]


def test_a_refund_goes_to_who_is_best_at_it(shop: Shop) -> None:
    events = shop.text("I want a refund", customer=JOE)

    assert (shop.conversation().queue, shop.offered()) == ("billing", "eva")
    assert told(events) == ["Thanks for your text, and welcome! Somebody will be with you soon."]


def test_in_the_afternoon_a_refund_waits_on_the_queue_that_is_open(shop: Shop) -> None:
    shop.until("2026-11-30T15:00")
    shop.text("I want a refund", customer=JOE)

    assert (shop.conversation().queue, shop.offered()) == ("general", "ana")


def test_a_customer_who_is_known_writes_spanish_and_is_answered_in_it(shop: Shop) -> None:
    events = shop.text("Hola, un pedido", customer=MARIA)

    assert shop.offered() == "ana"
    assert shop.conversation().priority == 10
    assert told(events) == ["Hola, Maria Gómez. Enseguida le atendemos."]
    assert told(shop.accept()) == ["Ana is with you now."]


def test_at_night_and_on_holidays_customers_are_told_when_somebody_answers(shop: Shop) -> None:
    shop.until("2026-11-30T23:00")
    assert told(shop.text("hello", customer=JOE))[1:] == [
        "We are closed now, and answer from Tuesday, 8:00 AM on.",
    ]

    shop.until("2026-12-25T10:00")
    assert "It is Christmas: we answer from Monday, 8:00 AM on." in told(shop.text("hello", customer=LEE))


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
