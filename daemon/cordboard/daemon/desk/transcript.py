"""What was said in a conversation, and what became of it, in one line of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cordboard.daemon.desk.attachments import Shown, shown
from cordboard.daemon.desk.notes import note_of, who
from cordboard.daemon.desk.wording import Delivery, Times, automated, delivery_of
from cordboard.engine import Board
from cordboard.engine.events import Event
from cordboard.engine.ports import History
from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import SYSTEM, Direction, Timestamp

SHOWN: Final = 200
"""Entries that a page shows at first; older ones are a click away."""

_PAGE: Final = 500

# What shares a moment comes in this order: a text moves the conversation, and then it is answered.
_TEXT_IN: Final = 0
_NOTE: Final = 1
_TEXT_OUT: Final = 2


class Entry(Struct, frozen=True, kw_only=True):
    """One line of a transcript: a text, or a note of what happened.

    Attributes:
        key: Names it on the page, for ever.
        at: When it was.
        day: The day that begins with it; empty where the day is that of the entry before.
        message: The text; None for a note.
        author: Who wrote the text, as people call them.
        ours: Whether the text is ours.
        attachments: What came or goes with the text.
        delivery: How far a text of ours has come.
        note: What happened.
    """

    key: str
    at: Timestamp
    day: str = ""
    message: Message | None = None
    author: str = ""
    ours: bool = False
    attachments: tuple[Shown, ...] = ()
    delivery: Delivery | None = None
    note: str = ""


class Transcript(Struct, frozen=True, kw_only=True):
    """The entries that are shown, oldest first.

    Attributes:
        entries: The entries.
        hidden: How many came before them.
        due: When the delivery of one of them becomes unknown, unless its carrier says something before; None for never.
    """

    entries: tuple[Entry, ...]
    hidden: int
    due: Timestamp | None


async def transcript(
    history: History,
    board: Board,
    conversation: Conversation,
    *,
    names: Mapping[str, str],
    times: Times,
    everything: bool = False,
) -> Transcript:
    """Return a conversation's transcript.

    Args:
        history: Where it is kept.
        board: The board.
        conversation: Which.
        names: What people call each rep.
        times: The board's clock.
        everything: Also what is older than the latest `SHOWN` entries.
    """
    messages = await _messages(history, board.name, conversation)
    found = [(*_place_of(each), _text(each, names, times, board)) for each in messages]
    found += [
        (event.at, _NOTE, event.seq, Entry(key=f"e{event.seq}", at=event.at, note=note))
        for event in await events_of(history, board.name, conversation)
        if (note := note_of(event, names))
    ]

    found.sort(key=lambda each: each[:3])
    hidden = 0 if everything else max(len(found) - SHOWN, 0)
    shown = _by_day([each[3] for each in found[hidden:]], times)
    return Transcript(entries=shown, hidden=hidden, due=_due(messages, board, times.now))


def _due(messages: list[Message], board: Board, now: Timestamp) -> Timestamp | None:
    moments = [
        each.sent_at + board.report_timeout(each.channel)
        for each in messages
        if each.awaits_report and each.sent_at is not None
    ]
    return min((each for each in moments if each > now), default=None)


def _place_of(message: Message) -> tuple[Timestamp, int, int]:
    return message.at, _TEXT_IN if message.direction is Direction.INBOUND else _TEXT_OUT, message.id


def _text(message: Message, names: Mapping[str, str], times: Times, board: Board) -> Entry:
    ours = message.direction is Direction.OUTBOUND
    return Entry(
        key=f"m{message.id}",
        at=message.at,
        message=message,
        author=_author(message, names),
        ours=ours,
        attachments=shown(message),
        delivery=delivery_of(
            message,
            times,
            report_timeout=board.report_timeout(message.channel),
            channel=board.channel(message.channel),
        ),
    )


def _author(message: Message, names: Mapping[str, str]) -> str:
    if message.direction is Direction.INBOUND:
        return "Customer"

    return automated(message) if message.author == SYSTEM else who(message.author, names)


def _by_day(entries: list[Entry], times: Times) -> tuple[Entry, ...]:
    dated: list[Entry] = []
    day = ""
    for entry in entries:
        its_day = times.day(entry.at)
        dated.append(entry if its_day == day else replace(entry, day=its_day))
        day = its_day

    return tuple(dated)


async def _messages(history: History, board: str, conversation: Conversation) -> list[Message]:
    found: list[Message] = []
    after: int | None = 0
    while after is not None:
        some = await history.messages(board, conversation.id, after=after, limit=_PAGE)
        found.extend(some.items)
        after = some.next

    return found


async def events_of(history: History, board: str, conversation: Conversation) -> list[Event]:
    """Return everything that happened to a conversation, oldest first."""
    found: list[Event] = []
    after = 0
    while True:
        some = await history.events(board, after=after, limit=_PAGE, conversation=conversation.id)
        found.extend(some)
        if len(some) < _PAGE:
            return found

        after = some[-1].seq
