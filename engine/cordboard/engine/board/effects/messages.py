"""What becomes of our own texts, and of customers' attachments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from cordboard.engine.board.automated import automation
from cordboard.engine.board.ranks import further
from cordboard.engine.board.state import BoardState
from cordboard.engine.carrier import Media
from cordboard.engine.events import (
    DeliveryDisputed,
    DeliveryUnknown,
    DeliveryUpdated,
    MediaRecorded,
    MessageSent,
    ReplyQueued,
    ReportKept,
    ReportUnmatched,
    SendCanceled,
    SendDeferred,
    SendDoubted,
    SendFailed,
    SendStarted,
    SendUncertain,
)
from cordboard.engine.records import Message
from cordboard.engine.vocabulary import Direction, Keyword, MessageStatus, MessageTrigger


def _reply_queued(state: BoardState, event: ReplyQueued) -> None:
    conversation = state.conversation(event.conversation)
    assert conversation is not None, "an event names a conversation that is known"  # noqa: S101 - states an invariant
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
            trigger=event.trigger,
        )
    )
    if event.trigger is not None:  # nobody has written, and nothing else has happened
        told_next = event.trigger is MessageTrigger.NEXT_IN_LINE
        state.put_conversation(
            replace(
                conversation,
                automation=automation.after_message(conversation.automation, event.at),
                next_on=conversation.queue if told_next else conversation.next_on,
            )
        )
    elif event.answers is None:
        state.put_conversation(
            replace(
                conversation,
                updated_at=event.at,
                replied_at=event.at,
                unanswered_since=None,
                automation=automation.after_reply(conversation.automation),
            )
        )
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


EFFECTS: dict[type[Any], Callable[[BoardState, Any], None]] = {
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
"""What happens to the state, by the class of the event."""
