"""The shapes of the API: records of the engine as clients see them. Fields may come; none goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Generic, Self, TypeVar

import msgspec
from msgspec import Struct

from cordboard.daemon.api.times import rfc3339
from cordboard.engine import Board
from cordboard.engine.carrier import Failure
from cordboard.engine.config import Number, Queue, Rep
from cordboard.engine.events import ConversationReopened, Event, Move
from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import (
    AssignmentMethod,
    Capability,
    CloseReason,
    Direction,
    MessageStatus,
    NumberKind,
    Presence,
    Role,
    State,
    Status,
)

T = TypeVar("T")


class Listing(Struct, Generic[T], frozen=True, kw_only=True):
    """Some of a list.

    Attributes:
        items: The things.
        next: The `cursor` that continues the list; null at its end.
    """

    items: list[T]
    next: str | None = None


def listing(items: Iterable[T], cursor: int | None = None) -> Listing[T]:
    """Return a page of a list."""
    return Listing(items=list(items), next=None if cursor is None else str(cursor))


class ConversationView(Struct, frozen=True, kw_only=True):
    """A conversation. `rep` is null while it is new or queued, and stays on a closed one."""

    id: int
    state: State
    status: Status
    parked: bool
    number: str
    customer: str
    channel: str
    workstream: str
    queue: str | None
    rep: str | None
    priority: int
    opened_at: str
    updated_at: str
    unanswered_since: str | None
    offer_expires_at: str | None
    wrap_up_until: str | None
    closed_at: str | None
    close_reason: CloseReason | None

    @classmethod
    def of(cls, it: Conversation) -> Self:
        """Show a conversation as it was when the record was made."""
        ends_at = it.assignment.expires_at if it.assignment else None
        return cls(
            id=it.id,
            state=it.state,
            status=it.status,
            parked=it.parked,
            number=it.number,
            customer=it.customer,
            channel=it.channel,
            workstream=it.workstream,
            queue=it.queue,
            rep=None if it.state in (State.NEW, State.QUEUED) else it.holder or it.rep,
            priority=it.priority,
            opened_at=rfc3339(it.opened_at),
            updated_at=rfc3339(it.updated_at),
            unanswered_since=rfc3339(it.unanswered_since),
            offer_expires_at=rfc3339(ends_at) if it.state is State.ASSIGNED else None,
            wrap_up_until=rfc3339(ends_at) if it.state is State.CLOSED else None,
            closed_at=rfc3339(it.closed_at),
            close_reason=it.close_reason,
        )


class MediaView(Struct, frozen=True, kw_only=True):
    """An attachment: where it can be fetched, and its MIME type as far as anybody says."""

    url: str
    content_type: str = ""


class MessageView(Struct, frozen=True, kw_only=True):
    """A message. `author` is a rep's name, `customer` or `system`; `uncertain`: it may not have been sent."""

    id: int
    conversation: int | None
    direction: Direction
    author: str
    body: str
    media: tuple[MediaView, ...]
    status: MessageStatus
    uncertain: bool
    error: Failure | None
    segments: int
    provider_id: str | None
    at: str

    @classmethod
    def of(cls, it: Message) -> Self:
        """Show a message as it was when the record was made."""
        return cls(**_message_fields(it))


class UnroutableView(MessageView, frozen=True, kw_only=True):
    """A text to a number that is not configured."""

    channel: str
    number: str
    customer: str

    @classmethod
    def of(cls, it: Message) -> Self:
        """Show such a text."""
        return cls(**_message_fields(it), channel=it.channel, number=it.number, customer=it.customer)


def _message_fields(it: Message) -> dict[str, Any]:
    return {
        "id": it.id,
        "conversation": it.conversation,
        "direction": it.direction,
        "author": it.author,
        "body": it.body,
        "media": tuple(MediaView(url=each.url, content_type=each.content_type) for each in it.media),
        "status": it.status,
        "uncertain": it.uncertain,
        "error": it.failure,
        "segments": it.segments,
        "provider_id": it.provider_id,
        "at": rfc3339(it.at),
    }


class RepView(Struct, frozen=True, kw_only=True):
    """A rep as they are now. `load`: units of `capacity` they hold; `free`: what is left, never below 0."""

    name: str
    display_name: str
    roles: tuple[Role, ...]
    queues: tuple[str, ...]
    presence: Presence
    since: str
    capacity: int
    load: int
    free: int

    @classmethod
    def of(cls, rep: Rep, board: Board) -> Self:
        """Show a rep with the board's live counts."""
        state, load = board.reps[rep.name], board.load_of(rep.name)
        return cls(
            name=rep.name,
            display_name=rep.display_name or rep.name,
            roles=rep.roles,
            queues=board.queues_of(rep.name),
            presence=state.presence,
            since=rfc3339(state.since),
            capacity=rep.capacity,
            load=load,
            free=max(0, rep.capacity - load),
        )


class QueueView(Struct, frozen=True, kw_only=True):
    """A queue as it is now. `waiting`: conversations queued there."""

    name: str
    assignment: AssignmentMethod
    reps: tuple[str, ...]
    waiting: int

    @classmethod
    def of(cls, queue: Queue, board: Board) -> Self:
        """Show a queue with the board's live count."""
        return cls(name=queue.name, assignment=queue.assignment, reps=queue.reps, waiting=board.waiting_on(queue.name))


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


_TIMES: Final = ("at", "until", "since")
"""Fields of events that hold a moment are called so, or end in `_` and one of these."""


def event_view(event: Event) -> dict[str, Any]:
    """Show an event: its fields by their names, `type`, and `trigger` where it is a move; moments as RFC 3339."""
    shown: dict[str, Any] = msgspec.to_builtins(event)
    for key, value in shown.items():
        if isinstance(value, int) and key.rpartition("_")[2] in _TIMES:
            shown[key] = rfc3339(value)

    if isinstance(event, Move):
        shown["trigger"] = event.trigger.value

    if isinstance(event, ConversationReopened):
        shown["thread"] = msgspec.to_builtins(ConversationView.of(event.thread))

    return shown
