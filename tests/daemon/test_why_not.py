"""Why something was not done, in a person's words."""

from __future__ import annotations

import enum
import html
import re
from collections.abc import AsyncIterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from tests.daemon.conftest import CONFIG, Daemon, daemon_of
from tests.daemon.test_presence import browser

from cordboard.daemon.access import Person
from cordboard.daemon.api.caller import require_overseer
from cordboard.daemon.desk.why_not import BARS, FLAWS, INABILITIES, STATES, THINGS, TRIGGERS, refusal
from cordboard.engine import errors
from cordboard.engine.errors import (
    Bar,
    BoardBroken,
    CannotAttach,
    CommitFailed,
    CordboardError,
    Flaw,
    IllegalTransition,
    Inability,
    InvalidConfiguration,
    InvalidSkills,
    NotAllowed,
    NotFound,
    OptedOut,
    RepUnable,
    Thing,
)
from cordboard.engine.vocabulary import Presence, Role, State, Trigger

NAMES = {"ana": "Ana Lima", "ben": "Ben"}
HTMX = {"HX-Request": "true"}

INTERNAL = re.compile(r"\b(ana|ben|sue|board|workstream|conversation \d+|\w+_\w+|do_not_disturb|general)\b|['{}]")
"""What no person has to read: names of settings, of values and of people as the configuration has them, and ids."""


def told(error: CordboardError, *, you: str = "ana") -> tuple[int, str]:
    return refusal(error, you=you, names=NAMES)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (Inability, INABILITIES),
        (Bar, BARS),
        (Thing, THINGS),
        (Flaw, FLAWS),
        (State, STATES),
        (Trigger, TRIGGERS),
    ],
)
def test_there_are_words_for_every_reason(kinds: type[enum.Enum], words: Mapping[enum.Enum, object]) -> None:
    assert set(words) == set(kinds)


def test_where_administrators_may_too_a_refusal_says_so() -> None:
    ana = Person(name="ana", display_name="Ana", roles=(Role.REP,))
    connection: Any = SimpleNamespace(user=ana)

    with pytest.raises(NotAllowed) as refused:
        require_overseer(connection, connection)

    assert told(refused.value) == (403, "Only supervisors and administrators can do this.")


@pytest.mark.parametrize(
    "error",
    [
        *(RepUnable("ana has conversation 1", rep=rep, inability=each) for each in Inability for rep in ("ana", "ben")),
        *(NotAllowed("ana may not park conversation 1", bar=each) for each in Bar),
        *(NotFound("there is no 'x' on board 'main'", what=each) for each in Thing),
        *(CannotAttach("channel 'main' has no public_url", flaw=each) for each in Flaw),
        *(IllegalTransition(conversation=1, state=State.ACTIVE, trigger=each, parked=True) for each in Trigger),
        IllegalTransition(conversation=1, state=State.NEW, trigger=None),
        OptedOut("the customer of conversation 1 has opted out"),
        InvalidSkills("skills.no_such: there is none"),
        InvalidConfiguration(("channels[0].no_such: is none",)),
        CommitFailed("nothing was done: /var/lib/x"),
        BoardBroken("board 'main' is broken"),
    ],
    ids=lambda error: f"{type(error).__name__}-{vars(error)}",
)
def test_no_refusal_has_a_name_that_people_do_not_know(error: CordboardError) -> None:
    _, words = told(error)

    assert INTERNAL.search(words) is None, words
    assert words[0].isupper()
    assert words.endswith(".")


def test_every_error_that_says_why_says_it_in_one_of_these_words() -> None:
    """A new error with reasons of its own needs a new case."""
    reasons = {
        each.__name__
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, enum.Enum) and each.__module__ == errors.__name__
    }

    assert reasons == {"Fault", "Thing", "Bar", "Inability", "Flaw"}


def test_one_is_spoken_to_and_others_are_spoken_of() -> None:
    full = RepUnable("full", rep="ben", inability=Inability.CAPACITY)

    assert told(full, you="ben")[1].startswith("You have too little capacity free")
    assert told(full, you="ana")[1].startswith("Ben has too little capacity free")


def test_a_reply_to_who_has_opted_out_is_refused_in_words() -> None:
    words = (
        "The customer has opted out of texts from this number, so your text was not sent. "
        "Nothing can be sent until they text START."
    )

    assert told(OptedOut("the customer of conversation 1 has opted out")) == (409, words)


def test_a_fault_of_ours_is_no_refusal() -> None:
    assert told(BoardBroken("a defect"))[0] == 500
    assert told(CommitFailed("the disk is full"))[0] == 503


NAMED = replace(
    CONFIG,
    reps=tuple(replace(each, display_name=NAMES.get(each.name, each.name.title()), capacity=1) for each in CONFIG.reps),
)


REFUSED: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("ana", "conversations/1/pick", {}, "You are offline"),
    ("ana", "conversations/1/park", {}, "waiting on a queue now, so it cannot be parked"),
    ("ana", "conversations/1/close", {}, "not with you, so only a supervisor"),
    ("ana", "conversations/2/pick", {}, "not with you"),
    ("ana", "conversations/1/transfer", {"to": "queue:billing"}, "not with you, so only a supervisor"),
    ("ana", "conversations/1/take_over", {}, "Only supervisors can do this."),
    ("ana", "conversations/99/close", {}, "There is no such conversation."),
    ("ana", "presence", {"rep": "ben", "presence": "away"}, "Only supervisors can do this."),
    ("ana", "presence", {"presence": "lunch_break"}, "There is no such presence any more."),
    ("ana", "presence", {"presence": "inactive"}, "This happens by itself"),
    ("ana", "bulk", {"do": "close", "conversation": "1"}, "Only supervisors can do this."),
    ("sue", "conversations/1/transfer", {"to": "rep:ben"}, "Ben is offline"),
    ("sue", "conversations/1/transfer", {"to": "rep:cleo"}, "Cleo has a presence in which nothing of this kind"),
    ("sue", "conversations/1/transfer", {"to": "rep:cy"}, "There is no such colleague any more."),
    ("sue", "conversations/1/transfer", {"to": "queue:no_such"}, "There is no such queue any more."),
    ("sue", "conversations/1/transfer", {}, "Choose a queue or a colleague to transfer to."),
    ("sue", "conversations/3/park", {}, "not with you"),
    ("sue", "conversations/3/resume", {}, "with a representative now, so it cannot be resumed"),
    ("sue", "conversations/3/take_over", {}, "You are offline"),
    ("sue", "conversations/1/end_wrap_up", {}, "waiting on a queue now, so it cannot be finished"),
    ("sue", "presence", {"rep": "cy", "presence": "away"}, "There is no such colleague any more."),
    ("sue", "bulk", {"do": "close"}, "Select a conversation first."),
    ("sue", "bulk", {"do": "explode", "conversation": "1"}, "Nobody can be asked that"),
    ("sue", "bulk", {"do": "release", "conversation": "1"}, "waiting on a queue now, so it cannot be put back"),
    ("sue", "bulk", {"do": "close", "conversation": "4"}, "ended now, so it cannot be ended. The page shows"),
    ("sue", "bulk", {"do": "transfer", "to": "rep:adam", "conversation": "1"}, "Adam has too little capacity free"),
)


async def test_the_desk_says_in_words_what_cannot_be_done(four: Daemon) -> None:
    async with browser(four, "ana") as ana, browser(four, "sue") as sue:
        for name, path, form, words in REFUSED:
            page = {"ana": ana, "sue": sue}[name]
            answer = await page.post(f"/desk/{path}", data=form, headers=HTMX)
            shown = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())
            assert words in shown, path
            assert INTERNAL.search(shown) is None, shown


async def test_a_conversation_that_has_ended_meanwhile_is_told_by_its_customer(four: Daemon) -> None:
    async with browser(four, "sue") as page:
        answer = await page.post("/desk/bulk", data={"do": "close", "conversation": "4"}, headers=HTMX)

    assert "+1 415 555 0104" in answer.text


async def test_what_is_no_file_to_send_is_refused_in_words(four: Daemon) -> None:
    async with browser(four) as page:
        empty = await page.post("/desk/media", files={"file": ("a.jpg", b"", "image/jpeg")}, headers=HTMX)
        unknown = await page.post("/desk/media", files={"file": ("paper.abc", b"abc", "rubbish")}, headers=HTMX)

    assert [each.status_code for each in (empty, unknown)] == [422, 422]
    assert "There is nothing in this file." in empty.text
    assert "Nobody can tell what kind of file this is." in unknown.text


@pytest.fixture
async def four() -> AsyncIterator[Daemon]:
    """A daemon where two conversations wait, ben has a third and went offline, a fourth is over; adam is full."""
    async with daemon_of(NAMED) as daemon:
        for number, to in enumerate((daemon.picked, daemon.billing, daemon.picked, daemon.picked), 1):
            await daemon.text(to=to, customer=f"+1415555010{number}")

        await daemon.say("ben")
        await daemon.say("cleo", Presence.DO_NOT_DISTURB)
        await daemon.say("adam")
        assert (await daemon.as_("ben").post("/v1/conversations/3/pick")).status_code == 200
        await daemon.say("ben", Presence.OFFLINE)
        sue = daemon.as_("sue")
        assert (await sue.post("/v1/conversations/4/close")).status_code == 200
        await daemon.text(to=daemon.picked, customer="+14155550109")
        assert (await sue.post("/v1/conversations/5/transfer", json={"rep": "adam"})).status_code == 200
        yield daemon
