"""The shapes of the API: conversations, texts and events as clients see them. Fields may come; none goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Generic, Self, TypeVar

import msgspec
from litestar.params import BodyKwarg
from msgspec import Struct

from cordboard.daemon.api.times import rfc3339
from cordboard.engine import Board
from cordboard.engine.carrier import Failure, Media
from cordboard.engine.events import (
    ConversationOpened,
    ConversationReopened,
    Event,
    MediaRecorded,
    MessageReceived,
    Move,
    ReplyQueued,
    TextUnroutable,
)
from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import (
    CloseReason,
    Direction,
    MessageStatus,
    MessageTrigger,
    State,
    Status,
    Timestamp,
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


def listed(name: str) -> BodyKwarg:
    """Return what gives a list its name in the schema: one that stays, wherever the shape of its items is written."""
    return BodyKwarg(schema_component_key=name)


def listing(items: Iterable[T], cursor: int | None = None) -> Listing[T]:
    """Return a page of a list."""
    return Listing(items=list(items), next=None if cursor is None else str(cursor))


def rep_of(it: Conversation) -> str | None:
    """Return the rep a conversation is with or was last with; None while it is new or queued."""
    return None if it.state in (State.NEW, State.QUEUED) else it.holder or it.rep


class ConversationView(Struct, frozen=True, kw_only=True):
    """A conversation. `rep` is null while it is new or queued, and stays on a closed one.

    `language` and `context` are what rules noted of it. `skills` is what it was said to need, beside what its
    workstream asks. `opted_out`: the customer wants no texts from this number, now. `customer_name`: as the
    configuration has it; null where it has none.
    """

    id: int
    state: State
    status: Status
    parked: bool
    number: str
    customer: str
    customer_name: str | None
    channel: str
    workstream: str
    queue: str | None
    rep: str | None
    priority: int
    skills: dict[str, int]
    escalated_at: str | None
    language: str
    context: dict[str, str | int]
    opened_at: str
    updated_at: str
    unanswered_since: str | None
    offer_expires_at: str | None
    wrap_up_until: str | None
    closed_at: str | None
    close_reason: CloseReason | None
    opted_out: bool

    @classmethod
    def of(cls, it: Conversation, board: Board) -> Self:
        """Show a conversation as it was when the record was made, and whether its customer takes texts now."""
        ends_at = it.assignment.expires_at if it.assignment else None
        return cls(
            id=it.id,
            state=it.state,
            status=it.status,
            parked=it.parked,
            number=it.number,
            customer=it.customer,
            customer_name=board.customer_name(it.customer),
            channel=it.channel,
            workstream=it.workstream,
            queue=it.queue,
            rep=rep_of(it),
            priority=it.priority,
            skills=it.skills,
            escalated_at=rfc3339(it.escalated_at),
            language=it.language,
            context=it.context,
            opened_at=rfc3339(it.opened_at),
            updated_at=rfc3339(it.updated_at),
            unanswered_since=rfc3339(it.unanswered_since),
            offer_expires_at=rfc3339(ends_at) if it.state is State.ASSIGNED else None,
            wrap_up_until=rfc3339(ends_at) if it.state is State.CLOSED else None,
            closed_at=rfc3339(it.closed_at),
            close_reason=it.close_reason,
            opted_out=board.opted_out(it.number, it.customer) is not None,
        )


class MediaView(Struct, frozen=True, kw_only=True):
    """An attachment: where it can be fetched, its MIME type, and its bytes (0 where nobody knows).

    A customer's is fetched from its carrier after its text has come. It is `pending` until then, with 404 at its `url`;
    what cannot be had, or is not kept, has a `problem` in words. Its `url` is relative to this daemon.
    """

    url: str
    content_type: str
    size: int
    pending: bool
    problem: str

    @classmethod
    def of(cls, media: Media, index: int, *, message: int, inbound: bool) -> Self:
        """Show an attachment: a customer's where we keep it, one of ours where its carrier fetches it."""
        return cls(
            url=f"/v1/messages/{message}/media/{index}" if inbound else media.url,
            content_type=media.content_type,
            size=media.size,
            pending=inbound and media.pending,
            problem=media.problem,
        )


class MessageView(Struct, frozen=True, kw_only=True):
    """A message.

    Attributes:
        author: A rep's name, `customer` or `system`.
        uncertain: It may not have been sent.
        delivery_unknown: The carrier has not said in time (`report_timeout`), or never will, what became of it.
        disputed: Another ending that the carrier reported later; the first one stands.
        incomplete: Parts of a customer's text never came.
        trigger: What it tells of, if it is an automated message.
        error: Why it is not on its way as it should be; `kind` says what that means, whichever carrier it comes from.
        sent_at: When the carrier took it.
        expires_at: From then on it is not sent any more.
    """

    id: int
    conversation: int | None
    direction: Direction
    author: str
    body: str
    media: tuple[MediaView, ...]
    status: MessageStatus
    uncertain: bool
    delivery_unknown: bool
    disputed: MessageStatus | None
    incomplete: bool
    trigger: MessageTrigger | None
    error: Failure | None
    segments: int
    provider_id: str | None
    at: str
    sent_at: str | None
    expires_at: str | None

    @classmethod
    def of(cls, it: Message, board: Board, now: Timestamp) -> Self:
        """Show a message as it was when the record was made; what is known of its delivery, as of `now`."""
        return cls(**_message_fields(it, board, now))


class UnroutableView(MessageView, frozen=True, kw_only=True):
    """A text to a number that is not configured."""

    channel: str
    number: str
    customer: str

    @classmethod
    def of(cls, it: Message, board: Board, now: Timestamp) -> Self:
        """Show such a text."""
        return cls(**_message_fields(it, board, now), channel=it.channel, number=it.number, customer=it.customer)


def media_views(media: Iterable[Media], *, message: int, inbound: bool) -> tuple[MediaView, ...]:
    """Show the attachments of a message."""
    return tuple(MediaView.of(each, index, message=message, inbound=inbound) for index, each in enumerate(media))


def _message_fields(it: Message, board: Board, now: Timestamp) -> dict[str, Any]:
    return {
        "id": it.id,
        "conversation": it.conversation,
        "direction": it.direction,
        "author": it.author,
        "body": it.body,
        "media": media_views(it.media, message=it.id, inbound=it.direction is Direction.INBOUND),
        "status": it.status,
        "uncertain": it.uncertain or it.doubted,
        "delivery_unknown": it.delivery_unknown(now, board.report_timeout(it.channel)),
        "disputed": it.disputed,
        "incomplete": it.incomplete,
        "trigger": it.trigger,
        "error": it.failure,
        "segments": it.segments,
        "provider_id": it.provider_id,
        "at": rfc3339(it.at),
        "sent_at": rfc3339(it.sent_at),
        "expires_at": rfc3339(it.expires_at),
    }


_TIMES: Final = ("at", "until", "since")
"""Fields of events that hold a moment are called so, or end in `_` and one of these."""


def event_view(event: Event, board: Board) -> dict[str, Any]:
    """Show an event: its fields by their names, `type`, and `trigger` where it is a move; moments as RFC 3339."""
    shown: dict[str, Any] = msgspec.to_builtins(event)
    for key, value in shown.items():
        if isinstance(value, int) and key.rpartition("_")[2] in _TIMES:
            shown[key] = rfc3339(value)

    if isinstance(event, Move):
        shown["trigger"] = event.trigger.value

    if isinstance(event, ConversationReopened):
        shown["thread"] = msgspec.to_builtins(ConversationView.of(event.thread, board))

    match event:
        case MessageReceived() | TextUnroutable() | ReplyQueued():
            inbound = not isinstance(event, ReplyQueued)
            shown["media"] = msgspec.to_builtins(media_views(event.media, message=event.message, inbound=inbound))
        case ConversationOpened():
            del shown["automation"]  # what the board remembers for itself
        case MediaRecorded():
            view = MediaView.of(event.media, event.index, message=event.message, inbound=True)
            shown["media"] = msgspec.to_builtins(view)
        case _:
            pass

    return shown
