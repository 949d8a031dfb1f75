"""What each event does to the state. This is the only code that changes it, so a journal replays to the same board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from cordboard.engine.board.conversation import move
from cordboard.engine.board.ranks import further
from cordboard.engine.board.state import BoardState
from cordboard.engine.carrier import Media
from cordboard.engine.events import (
    BoardConfigured,
    ChannelNoticed,
    ChannelReconciled,
    ChannelResumed,
    ChannelStopped,
    ConversationClassified,
    ConversationClosed,
    ConversationEscalated,
    ConversationOffered,
    ConversationOpened,
    ConversationParked,
    ConversationPicked,
    ConversationQueued,
    ConversationReleased,
    ConversationReopened,
    ConversationRequeued,
    ConversationResumed,
    ConversationTransferred,
    ConversationWoken,
    CustomerOptedIn,
    CustomerOptedOut,
    DeliveryDisputed,
    DeliveryUnknown,
    DeliveryUpdated,
    Event,
    Grant,
    MediaRecorded,
    MessageReceived,
    MessageSent,
    Move,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    PresenceChanged,
    ReplyQueued,
    ReportKept,
    ReportUnmatched,
    SearchWidened,
    SendCanceled,
    SendDeferred,
    SendDoubted,
    SendFailed,
    SendStarted,
    SendUncertain,
    SkillsSet,
    TextUnroutable,
    WebhookKept,
    WrapUpEnded,
)
from cordboard.engine.records import GAVE_AWAY, Assignment, Consent, Conversation, Message, Notice
from cordboard.engine.rules import TURNS, split_key
from cordboard.engine.vocabulary import Direction, Keyword, MessageStatus, State


def evolve(state: BoardState, event: Event) -> None:
    """Let `event` have happened."""
    state.at = event.at
    state.counters = replace(state.counters, seq=event.seq)
    _EVOLVE[type(event)](state, event)


# The board and its people


def _configured(state: BoardState, event: BoardConfigured) -> None:
    state.configure(event.config)


def _presence_changed(state: BoardState, event: PresenceChanged) -> None:
    rep = state.reps[event.rep]
    state.put_rep(replace(rep, presence=event.presence, since=event.at, release_at=event.release_at))


def _channel_noticed(state: BoardState, event: ChannelNoticed) -> None:
    notice = Notice(at=event.at, code=event.code, text=event.text)
    state.put_channel(replace(state.channel_state(event.channel), notice=notice))


def _channel_stopped(state: BoardState, event: ChannelStopped) -> None:
    state.put_channel(replace(state.channel_state(event.channel), stopped_at=event.at, failure=event.failure))


def _channel_resumed(state: BoardState, event: ChannelResumed) -> None:
    state.put_channel(replace(state.channel_state(event.channel), stopped_at=None, failure=None))


def _channel_reconciled(state: BoardState, event: ChannelReconciled) -> None:
    state.put_channel(replace(state.channel_state(event.channel), reconciled_to=event.until))


def _consent_given_or_withdrawn(state: BoardState, event: CustomerOptedOut | CustomerOptedIn) -> None:
    state.put_consent(
        Consent(
            number=event.number,
            customer=event.customer,
            opted_out=isinstance(event, CustomerOptedOut),
            at=event.at if event.said_at is None else event.said_at,
            source=event.source,
            word=event.word,
        )
    )


def _nothing(_state: BoardState, _event: Event) -> None:
    """A fact that is only for the journal."""


# Texts that come in


def _opened(state: BoardState, event: ConversationOpened) -> None:
    state.counters = replace(state.counters, conversation=event.conversation)
    state.put_conversation(
        Conversation(
            id=event.conversation,
            number=event.number,
            customer=event.customer,
            channel=event.channel,
            workstream=event.workstream,
            priority=event.priority,
            state=State.NEW,
            opened_at=event.at,
            updated_at=event.at,
        )
    )


def _received(state: BoardState, event: MessageReceived) -> None:
    _put_inbound(state, event, event.conversation)
    conversation = state.conversations[event.conversation]
    since = conversation.unanswered_since
    if since is None and not event.answered:
        since = event.at

    state.put_conversation(
        replace(
            conversation,
            channel=event.channel,  # its number may have moved to another since
            updated_at=event.at,
            heard_at=event.at,
            unanswered_since=since,
        )
    )


def _classified(state: BoardState, event: ConversationClassified) -> None:
    state.put_conversation(
        replace(
            state.conversations[event.conversation],
            priority=event.priority,
            cost=event.cost,
            skills=event.skills,
            language=event.language,
            context=event.context,
        )
    )


def _unroutable(state: BoardState, event: TextUnroutable) -> None:
    _put_inbound(state, event, None)


def _put_inbound(state: BoardState, event: MessageReceived | TextUnroutable, conversation: int | None) -> None:
    state.counters = replace(state.counters, message=event.message)
    state.put_message(
        Message(
            id=event.message,
            conversation=conversation,
            channel=event.channel,
            number=event.number,
            customer=event.customer,
            direction=Direction.INBOUND,
            author="customer",
            body=event.body,
            at=event.at,
            status=MessageStatus.RECEIVED,
            media=event.media,
            segments=event.segments,
            provider_id=event.provider_id,
            incomplete=isinstance(event, MessageReceived) and event.incomplete,
        )
    )


# The machine's moves


def _enqueued(state: BoardState, event: ConversationQueued) -> None:
    reason = event.reason
    if reason is not None and reason.rule is not None and reason.turn is not None:
        key = split_key(state.conversations[event.conversation].workstream, reason.rule)
        state.counters = replace(state.counters, splits={**state.counters.splits, key: (reason.turn + 1) % TURNS})

    _queued(state, event)


def _queued(state: BoardState, event: Move) -> None:
    """Onto a queue, new or again; who declined or missed an offer is remembered until somebody takes it."""
    conversation = state.conversations[event.conversation]
    passed = conversation.passed
    if isinstance(event, OfferDeclined | OfferExpired):
        passed = {**passed, event.rep: passed.get(event.rep, 0) + 1}
    elif isinstance(event, ConversationReleased) and event.by == conversation.rep:
        passed = {event.by: GAVE_AWAY}

    queue = getattr(event, "queue", conversation.queue)
    _put_moved(
        state,
        conversation,
        event,
        queue=queue,
        ring=conversation.ring if queue == conversation.queue else 0,
        queued_at=event.at,
        assignment=None,
        passed=passed,
    )


def _reopened(state: BoardState, event: ConversationReopened) -> None:
    thread = event.thread
    _put_moved(
        state,
        thread,
        event,
        queue=event.queue,
        queued_at=event.at,
        assignment=None,
        unanswered_since=None,
        passed={},
        relaxed=0,
        ring=0,
        escalated_at=None,
        closed_at=None,
        close_reason=None,
    )


def _offered(state: BoardState, event: Grant) -> None:
    conversation = state.conversations[event.conversation]
    _put_moved(state, conversation, event, assignment=_grant(state, event))


def _taken(state: BoardState, event: Grant) -> None:
    _activate(state, event, event.rep, _grant(state, event))


def _accepted(state: BoardState, event: OfferAccepted) -> None:
    offer = state.conversations[event.conversation].assignment
    assert offer is not None, "an assigned conversation has an assignment"  # noqa: S101 - states an invariant
    _activate(state, event, event.rep, replace(offer, expires_at=None))


def _activate(state: BoardState, event: Move, rep: str, assignment: Assignment) -> None:
    conversation = state.conversations[event.conversation]
    held_by = conversation.held_by
    _put_moved(
        state,
        conversation,
        event,
        assignment=assignment,
        rep=rep,
        held_by=held_by if rep in held_by else (*held_by, rep),
        active_at=event.at,
        passed={},
        relaxed=0,
        ring=0,
        escalated_at=None,
    )


def _parked(state: BoardState, event: ConversationParked) -> None:
    _put_moved(state, state.conversations[event.conversation], event, assignment=None, parked=True)


def _closed(state: BoardState, event: ConversationClosed) -> None:
    conversation = state.conversations[event.conversation]
    wrap_up = None
    if event.wrap_up_until is not None and conversation.assignment is not None:
        wrap_up = replace(conversation.assignment, expires_at=event.wrap_up_until)

    _put_moved(
        state,
        conversation,
        event,
        assignment=wrap_up,
        unanswered_since=None,
        closed_at=event.at,
        close_reason=event.reason,
    )


def _search_widened(state: BoardState, event: SearchWidened) -> None:
    conversation = state.conversations[event.conversation]
    state.put_conversation(replace(conversation, relaxed=event.relaxed, ring=event.ring))


def _escalated(state: BoardState, event: ConversationEscalated) -> None:
    state.put_conversation(replace(state.conversations[event.conversation], escalated_at=event.at))


def _skills_set(state: BoardState, event: SkillsSet) -> None:
    conversation = state.conversations[event.conversation]
    state.put_conversation(replace(conversation, skills=event.skills, updated_at=event.at))


def _wrap_up_ended(state: BoardState, event: WrapUpEnded) -> None:
    conversation = state.conversations[event.conversation]
    state.put_conversation(replace(conversation, updated_at=event.at, assignment=None))


def _put_moved(state: BoardState, conversation: Conversation, event: Move, **changes: Any) -> None:
    goal = move(conversation.id, conversation.state, event.trigger, parked=conversation.parked)
    changes.setdefault("parked", False)
    state.put_conversation(replace(conversation, state=goal, updated_at=event.at, **changes))


def _grant(state: BoardState, event: Grant) -> Assignment:
    state.counters = replace(state.counters, assignment=event.assignment)
    state.put_rep(replace(state.reps[event.rep], last_assignment=event.assignment))
    return Assignment(
        id=event.assignment, rep=event.rep, cost=event.cost, began_at=event.at, expires_at=event.expires_at
    )


# What becomes of our own texts


def _reply_queued(state: BoardState, event: ReplyQueued) -> None:
    conversation = state.conversations[event.conversation]
    media: tuple[Media, ...] = event.media
    state.counters = replace(state.counters, message=event.message)
    state.put_message(
        Message(
            id=event.message,
            conversation=event.conversation,
            channel=conversation.channel,
            number=conversation.number,
            customer=conversation.customer,
            direction=Direction.OUTBOUND,
            author=event.author,
            body=event.body,
            at=event.at,
            status=MessageStatus.QUEUED,
            media=media,
            segments=event.segments,
            expires_at=event.expires_at,
            compliance=event.answers is Keyword.STOP,
        )
    )
    if event.answers is None:
        state.put_conversation(replace(conversation, updated_at=event.at, replied_at=event.at, unanswered_since=None))
    else:  # what answers by itself does not answer for a person
        helped_at = event.at if event.answers is Keyword.HELP else conversation.helped_at
        state.put_conversation(replace(conversation, updated_at=event.at, helped_at=helped_at))


def _started(state: BoardState, event: SendStarted) -> None:
    message = _message(state, event.message)
    state.put_message(
        replace(
            message,
            status=MessageStatus.SENDING,
            attempts=event.attempt,
            attempt_key=event.key,
            first_tried_at=event.at if message.first_tried_at is None else message.first_tried_at,
            tried_at=event.at,
            not_before=None,
        )
    )


def _sent(state: BoardState, event: MessageSent) -> None:
    message = _message(state, event.message)
    state.drop_reports(message.channel, event.provider_id)
    state.put_message(
        replace(
            message,
            status=further(message.status, MessageStatus.SENT),
            provider_id=event.provider_id,
            segments=event.segments or message.segments,
            failure=None if message.status is MessageStatus.SENDING else message.failure,
            sent_at=message.sent_at or event.at,
            uncertain=False,
            doubted=False,
        )
    )


def _deferred(state: BoardState, event: SendDeferred) -> None:
    _put_sending(
        state,
        event.message,
        status=MessageStatus.QUEUED,
        not_before=event.until,
        doubted=False,
        failure=event.failure,
        maybe_sent=event.maybe_sent or _message(state, event.message).maybe_sent,
    )


def _failed(state: BoardState, event: SendFailed) -> None:
    _put_sending(state, event.message, status=MessageStatus.FAILED, doubted=False, failure=event.failure)


def _doubted(state: BoardState, event: SendDoubted) -> None:
    _put_sending(state, event.message, doubted=True, failure=event.failure)


def _canceled(state: BoardState, event: SendCanceled) -> None:
    _put_sending(state, event.message, status=MessageStatus.CANCELED, failure=event.failure)


def _uncertain(state: BoardState, event: SendUncertain) -> None:
    _put_sending(
        state,
        event.message,
        status=MessageStatus.SENDING,
        uncertain=True,
        doubted=False,
        maybe_sent=True,
        failure=event.failure,
    )


def _delivery_updated(state: BoardState, event: DeliveryUpdated) -> None:
    message = _message(state, event.message)
    state.put_message(
        replace(
            message,
            status=event.status,
            provider_id=event.provider_id,
            failure=event.failure,
            segments=event.segments or message.segments,
            sent_at=message.sent_at or event.at,
            uncertain=False,
            doubted=False,
            unreported=False,
        )
    )


def _delivery_unknown(state: BoardState, event: DeliveryUnknown) -> None:
    message = _message(state, event.message)
    state.put_message(
        replace(
            message,
            status=further(message.status, MessageStatus.SENT),
            provider_id=event.provider_id,
            failure=event.failure,
            sent_at=message.sent_at or event.at,
            uncertain=False,
            doubted=False,
            unreported=True,
        )
    )


def _delivery_disputed(state: BoardState, event: DeliveryDisputed) -> None:
    _put_sending(state, event.message, disputed=event.status)


def _media_recorded(state: BoardState, event: MediaRecorded) -> None:
    media = _message(state, event.message).media
    _put_sending(state, event.message, media=(*media[: event.index], event.media, *media[event.index + 1 :]))


def _report_kept(state: BoardState, event: ReportKept) -> None:
    state.keep_report(event.report)


def _report_unmatched(state: BoardState, event: ReportUnmatched) -> None:
    state.drop_reports(event.report.channel, event.report.provider_id)


def _put_sending(state: BoardState, message: int, **changes: Any) -> None:
    state.put_message(replace(_message(state, message), **changes))


def _message(state: BoardState, message: int) -> Message:
    found = state.message(message)
    assert found is not None, "an event names a message that is known"  # noqa: S101 - states an invariant
    return found


_EVOLVE: dict[type[Any], Callable[[BoardState, Any], None]] = {
    BoardConfigured: _configured,
    PresenceChanged: _presence_changed,
    TextUnroutable: _unroutable,
    WebhookKept: _nothing,
    ChannelNoticed: _channel_noticed,
    ChannelStopped: _channel_stopped,
    ChannelResumed: _channel_resumed,
    ChannelReconciled: _channel_reconciled,
    CustomerOptedOut: _consent_given_or_withdrawn,
    CustomerOptedIn: _consent_given_or_withdrawn,
    ConversationOpened: _opened,
    MessageReceived: _received,
    ConversationClassified: _classified,
    ConversationQueued: _enqueued,
    ConversationOffered: _offered,
    OfferAccepted: _accepted,
    OfferDeclined: _queued,
    OfferExpired: _queued,
    OfferWithdrawn: _queued,
    ConversationPicked: _taken,
    ConversationRequeued: _queued,
    ConversationParked: _parked,
    ConversationResumed: _taken,
    ConversationWoken: _offered,
    ConversationReleased: _queued,
    ConversationTransferred: _offered,
    ConversationClosed: _closed,
    ConversationReopened: _reopened,
    SearchWidened: _search_widened,
    ConversationEscalated: _escalated,
    SkillsSet: _skills_set,
    WrapUpEnded: _wrap_up_ended,
    ReplyQueued: _reply_queued,
    SendStarted: _started,
    MessageSent: _sent,
    SendDeferred: _deferred,
    SendFailed: _failed,
    SendDoubted: _doubted,
    SendCanceled: _canceled,
    SendUncertain: _uncertain,
    DeliveryUpdated: _delivery_updated,
    DeliveryUnknown: _delivery_unknown,
    DeliveryDisputed: _delivery_disputed,
    MediaRecorded: _media_recorded,
    ReportKept: _report_kept,
    ReportUnmatched: _report_unmatched,
}
