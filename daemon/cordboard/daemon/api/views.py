"""The shapes of the API: records of the engine as clients see them. Fields may come; none goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Generic, Self, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from cordboard.daemon.api.times import rfc3339
from cordboard.daemon.presences import presence_text
from cordboard.engine import Board
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.carrier import Failure, Media
from cordboard.engine.config import Channel, Number, Queue, Rep
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
from cordboard.engine.explanations import QueueStanding, RepExplanation, RepStanding, WaitingExplanation
from cordboard.engine.records import Consent, Conversation, Message
from cordboard.engine.routing_words import AssignmentMethod, ProfileReset, SkillMatching
from cordboard.engine.vocabulary import (
    Capability,
    CloseReason,
    ConsentSource,
    Direction,
    MessageStatus,
    MessageTrigger,
    Milliseconds,
    NumberKind,
    Presence,
    PresenceReason,
    Role,
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


class ProfileView(Struct, frozen=True, kw_only=True):
    """What a rep has of a capacity profile. `free`: what is left of `limit`, never below 0.

    Attributes:
        used: Units that count against it: held now, or taken today where it is reset at the end of the day.
        blocking: It is used up, and keeps the rep from being offered anything at all.
    """

    name: str
    limit: int
    used: int
    free: int
    reset: ProfileReset
    blocking: bool


class DrainView(Struct, frozen=True, kw_only=True):
    """What a rep will be once they have finished what they have."""

    presence: Presence
    custom_presence: str | None


class RepView(Struct, frozen=True, kw_only=True):
    """A rep as they are now.

    Attributes:
        presence: What routing goes by, also where a `custom_presence` has been chosen.
        presence_text: Either in words.
        presence_reason: Why the system set it; null where a person did.
        draining: What they will be once they have finished what they have, and until when they get nothing more.
        working: Whether it is within their hours.
        connected: Whether they have a desk open.
        capacity: Units of work they hold at once.
        load: Units that they hold.
        free: What is left, never below 0.
        profiles: What they have of each capacity profile beside.
        languages: What they speak.
    """

    name: str
    display_name: str
    roles: tuple[Role, ...]
    queues: tuple[str, ...]
    presence: Presence
    custom_presence: str | None
    presence_text: str
    presence_reason: PresenceReason | None
    draining: DrainView | None
    working: bool
    connected: bool
    since: str
    capacity: int
    load: int
    free: int
    profiles: tuple[ProfileView, ...]
    languages: tuple[str, ...]

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
            custom_presence=state.custom or None,
            presence_text=presence_text(state.presence, state.custom, board.config),
            presence_reason=state.why,
            draining=DrainView(presence=state.draining.presence, custom_presence=state.draining.custom or None)
            if state.draining
            else None,
            working=state.working,
            connected=state.connected and state.gone_at is None,
            since=rfc3339(state.since),
            capacity=rep.capacity,
            load=load,
            free=max(0, rep.capacity - load),
            profiles=profile_views(rep.name, board),
            languages=rep.languages,
        )


def profile_views(rep: str, board: Board) -> tuple[ProfileView, ...]:
    """Show what a rep has of each capacity profile, in the configuration's order."""
    return tuple(
        ProfileView(
            name=profile.name,
            limit=use.limit,
            used=use.used,
            free=max(0, use.limit - use.used),
            reset=profile.reset,
            blocking=use.blocks,
        )
        for profile in board.config.capacity_profiles
        for use in [board.profile_use(rep, profile.name)]
    )


class WaitingView(Struct, frozen=True, kw_only=True):
    """Why a conversation still waits.

    Attributes:
        ahead: How many on its queue go before it.
        expected_wait: Milliseconds until somebody takes it, as far as can be told; null where nothing is known.
        reps: What keeps it from each.
    """

    summary: str
    queue: str | None
    method: AssignmentMethod | None
    ahead: int
    since: str | None
    expected_wait: Milliseconds | None
    skills: dict[str, int]
    preferred_skills: dict[str, int]
    skill_matching: SkillMatching
    language: str
    costs: dict[str, int]
    relaxed: int
    ring: int
    next_change_at: str | None
    escalated_at: str | None
    reps: tuple[RepStanding, ...]

    @classmethod
    def of(cls, it: WaitingExplanation, expected_wait: Milliseconds | None) -> Self:
        """Show what was worked out."""
        return cls(
            summary=it.summary,
            queue=it.queue,
            method=it.method,
            ahead=it.ahead,
            since=rfc3339(it.since),
            expected_wait=expected_wait,
            skills=it.skills,
            preferred_skills=it.preferred_skills,
            skill_matching=it.skill_matching,
            language=it.language,
            costs=it.costs,
            relaxed=it.relaxed,
            ring=it.ring,
            next_change_at=rfc3339(it.next_change_at),
            escalated_at=rfc3339(it.escalated_at),
            reps=it.reps,
        )


class RepRoutingView(Struct, frozen=True, kw_only=True):
    """Why a rep gets nothing: how many wait on each of their `queues`, and what keeps how many of them from the rep."""

    rep: str
    summary: str
    presence: Presence
    free: int
    queues: tuple[QueueStanding, ...]

    @classmethod
    def of(cls, it: RepExplanation) -> Self:
        """Show what was worked out."""
        return cls(rep=it.rep, summary=it.summary, presence=it.presence, free=max(0, it.free), queues=it.queues)


class RoutingView(Struct, frozen=True, kw_only=True):
    """Why a conversation went where it went. `waiting`: why it still waits; null where it does not wait.

    Attributes:
        items: The facts of its way.
        next: The `cursor` that continues them; null at their end.
        waiting: Why it still waits.
    """

    items: list[dict[str, Any]]
    next: str | None
    waiting: WaitingView | None


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
