"""The shapes of the API: what a board has, from queues to consents."""

from __future__ import annotations

from typing import Self
from urllib.parse import quote

from msgspec import Struct

from cordboard.daemon.api.times import rfc3339
from cordboard.engine import Board
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.carrier import Failure
from cordboard.engine.config import Channel, Number, Queue
from cordboard.engine.records import Consent
from cordboard.engine.routing_words import AssignmentMethod
from cordboard.engine.vocabulary import (
    Capability,
    ConsentSource,
    Milliseconds,
    NumberKind,
    Timestamp,
)


class QueueView(Struct, frozen=True, kw_only=True):
    """A queue as it is now.

    Attributes:
        waiting: Conversations queued there.
        unserved: Some wait, and nobody serves it.
        expected_wait: Milliseconds that who came now would wait for somebody; null where nothing is known.
        open: Whether it is open, by its hours.
        opens_at: When it opens, while it is closed; null too where it never does.
        closes_at: When it closes, while it is open; null too where it never does.
    """

    name: str
    assignment: AssignmentMethod
    reps: tuple[str, ...]
    waiting: int
    unserved: bool
    expected_wait: Milliseconds | None
    open: bool
    opens_at: str | None
    closes_at: str | None

    @classmethod
    def of(cls, queue: Queue, board: Board, now: Timestamp) -> Self:
        """Show a queue with the board's live count, as of `now`."""
        waiting = board.waiting_on(queue.name)
        calendar = board.calendar(queue.hours)
        is_open = calendar is None or calendar.is_open(now)
        changes_at = rfc3339(calendar.next_change(now)) if calendar is not None else None
        return cls(
            name=queue.name,
            assignment=queue.assignment,
            reps=queue.reps,
            waiting=waiting,
            unserved=bool(waiting) and not queue.reps,
            expected_wait=board.expected_wait_on(queue.name, now),
            open=is_open,
            opens_at=None if is_open else changes_at,
            closes_at=changes_at if is_open else None,
        )


class HoursView(Struct, frozen=True, kw_only=True):
    """Operating hours as they are now.

    Attributes:
        time_zone: Whose clocks they go by.
        open: Whether they are open.
        next_change_at: When that changes; null where it does not within some 400 days.
        holiday: Which of their holidays it is; null where it is none.
        calendar: Where they are as an iCalendar file, relative to this daemon.
    """

    name: str
    time_zone: str
    open: bool
    next_change_at: str | None
    holiday: str | None
    calendar: str

    @classmethod
    def of(cls, calendar: Calendar, now: Timestamp) -> Self:
        """Show operating hours at a moment."""
        holiday = calendar.holiday_on(now)
        return cls(
            name=calendar.hours.name,
            time_zone=calendar.zone.key,
            open=calendar.is_open(now),
            next_change_at=rfc3339(calendar.next_change(now)),
            holiday=holiday.name if holiday is not None else None,
            calendar=f"/v1/hours/{quote(calendar.hours.name, safe='')}.ics",
        )


class NumberView(Struct, frozen=True, kw_only=True):
    """A number of ours. `open`: its conversations that are not closed."""

    address: str
    channel: str
    kind: NumberKind
    capabilities: tuple[Capability, ...]
    workstream: str
    open: int

    @classmethod
    def of(cls, number: Number, open_conversations: int) -> Self:
        """Show a number with how many conversations are open on it."""
        return cls(
            address=number.address,
            channel=number.channel,
            kind=number.kind,
            capabilities=number.capabilities,
            workstream=number.workstream,
            open=open_conversations,
        )


class NoticeView(Struct, frozen=True, kw_only=True):
    """What a carrier said of a channel: `code` is a word for it, `text` the same as a sentence, with what to do."""

    at: str
    code: str
    text: str


class ChannelView(Struct, frozen=True, kw_only=True):
    """A channel as it is now.

    Attributes:
        stopped_at: Since when nothing goes through, the account's fault: its texts wait. Null while all is well.
        failure: What the carrier said then.
        reconciled_to: Up to when the carrier has been asked for what its webhooks did not bring.
        notice: What the carrier last said of the channel itself.
    """

    name: str
    provider: str
    stopped_at: str | None
    failure: Failure | None
    reconciled_to: str | None
    notice: NoticeView | None

    @classmethod
    def of(cls, channel: Channel, board: Board) -> Self:
        """Show a channel with what the board knows of it."""
        known = board.channel(channel.name)
        notice = known.notice
        return cls(
            name=channel.name,
            provider=channel.provider,
            stopped_at=rfc3339(known.stopped_at),
            failure=known.failure,
            reconciled_to=rfc3339(known.reconciled_to),
            notice=NoticeView(at=rfc3339(notice.at), code=notice.code, text=notice.text) if notice else None,
        )


class ConsentView(Struct, frozen=True, kw_only=True):
    """A customer who wants no texts from a number of ours: since when, and which word or code said so."""

    number: str
    customer: str
    opted_out: bool
    at: str
    source: ConsentSource
    word: str

    @classmethod
    def of(cls, it: Consent) -> Self:
        """Show what a customer has said of texts from us."""
        return cls(
            number=it.number,
            customer=it.customer,
            opted_out=it.opted_out,
            at=rfc3339(it.at),
            source=it.source,
            word=it.word,
        )
