"""What becomes of our own texts: handing them over, the carrier's answers, its reports."""

from __future__ import annotations

from msgspec.structs import replace

from cordboard.engine.board.channels import resume, stop
from cordboard.engine.board.consent import OPTED_OUT, heed_carrier, is_opted_out
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.ranks import FINAL, RANK, further
from cordboard.engine.carrier import Accepted, Ambiguous, DeliveryReported, Failure, Rejected, Throttled
from cordboard.engine.commands import RecordDoubt, RecordSend, StartSending
from cordboard.engine.config import HOUR, MINUTE, SECOND
from cordboard.engine.errors import InvalidMessage, NotFound, Thing
from cordboard.engine.events import (
    DeliveryDisputed,
    DeliveryUnknown,
    DeliveryUpdated,
    MessageSent,
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
from cordboard.engine.vocabulary import AmbiguousSends, Direction, FailureKind, MessageStatus, Milliseconds, Timestamp

USUAL_EXPIRY: Milliseconds = 1 * HOUR
"""How long a text is tried of which nobody said how long: those that were queued before there was such a setting."""

FIRST_RETRY: Milliseconds = 1 * SECOND
LONGEST_RETRY: Milliseconds = 60 * SECOND

_NOT_REPEATED = Failure(
    code="ambiguous",
    text="It may not have been sent, and sending it again might text the customer twice.",
    kind=FailureKind.TROUBLE,
)

MOST_KEPT_REPORTS = 1_000
"""Reports that wait for their message. More can only mean that the carrier reports somebody else's messages."""


def start_sending(decision: Decision, command: StartSending) -> None:
    """Note that a queued message is about to be handed over: from here on it may have been sent."""
    message = _outbound(decision, command.message)
    if message.status is not MessageStatus.QUEUED:
        raise InvalidMessage(f"message {message.id} is {message.status.value}, so it cannot be started")

    if not message.compliance and is_opted_out(decision, message.number, message.customer):
        _cancel(decision, message, OPTED_OUT)
        return

    if decision.at >= last_moment(message):
        _give_up(decision, message, message.failure)
        return

    if message.maybe_sent and not _may_repeat(decision, message, repeatable=command.repeatable):
        _fail(decision, message, _NOT_REPEATED)
        return

    decision.emit(
        SendStarted,
        message=message.id,
        conversation=message.conversation,
        attempt=message.attempts + 1,
        key=message.attempt_key or command.key,
    )


def record_send(decision: Decision, command: RecordSend) -> None:
    """Note what became of handing a message over."""
    message = _outbound(decision, command.message)
    if message.status is MessageStatus.QUEUED or (message.provider_id and isinstance(command.result, Accepted)):
        return  # an answer that was recorded before

    result = command.result
    if isinstance(result, Accepted) or (isinstance(result, Rejected) and not result.channel_down):
        resume(decision, message.channel)

    if isinstance(result, Accepted):
        _accepted(decision, message, result)
    elif message.status is not MessageStatus.SENDING:
        return  # a report has told already that the carrier has it
    elif isinstance(result, Throttled):
        _defer(decision, message, result.failure, result.retry_after)
    elif isinstance(result, Rejected):
        _rejected(decision, message, result)
    else:
        _ambiguous(decision, message, result, repeatable=command.repeatable)

    _let_go_of_reports(decision, message.channel)


def record_doubt(decision: Decision, command: RecordDoubt) -> None:
    """Note that a text may have been sent, while its carrier is being asked; once."""
    message = _outbound(decision, command.message)
    if message.status is MessageStatus.SENDING and not (message.doubted or message.uncertain):
        decision.emit(
            SendDoubted,
            message=message.id,
            conversation=message.conversation,
            failure=_as_uncertain(command.failure),
        )


def report_delivery(decision: Decision, report: DeliveryReported) -> None:
    """Apply a carrier's report if it takes its message further."""
    message = _reported(decision, report)
    if message is not None:
        _apply_report(decision, message, report)
        return

    kept = decision.state.early_reports
    if decision.state.sending[report.channel] and len(kept) < MOST_KEPT_REPORTS:
        decision.emit(ReportKept, report=report)
    else:
        decision.emit(ReportUnmatched, report=report)


def _accepted(decision: Decision, message: Message, result: Accepted) -> None:
    early = decision.state.early_reports.get((message.channel, result.provider_id), ())
    decision.emit(
        MessageSent,
        message=message.id,
        conversation=message.conversation,
        provider_id=result.provider_id,
        segments=result.segments,
    )
    for report in early:
        _apply_report(decision, _outbound(decision, message.id), report)


def _rejected(decision: Decision, message: Message, result: Rejected) -> None:
    if result.channel_down:
        stop(decision, message.channel, result.failure)
        decision.emit(  # the outbox lets nothing of a stopped channel go but one text now and then
            SendDeferred,
            message=message.id,
            conversation=message.conversation,
            until=decision.at,
            failure=result.failure,
        )
    else:
        _fail(decision, message, result.failure)
        heed_carrier(decision, message, result.failure)


def _ambiguous(decision: Decision, message: Message, result: Ambiguous, *, repeatable: bool) -> None:
    if _may_repeat(decision, message, repeatable=repeatable):
        _defer(decision, message, result.failure, None, maybe_sent=True)
        return

    _fail(decision, message, result.failure, maybe_sent=True)


def _defer(
    decision: Decision,
    message: Message,
    failure: Failure,
    wait: Milliseconds | None,
    *,
    maybe_sent: bool = False,
) -> None:
    backoff = min(FIRST_RETRY * 2 ** min(message.attempts - 1, 10), LONGEST_RETRY)
    until = last_moment(message)
    if decision.at + backoff > until:
        _give_up(decision, message, failure, maybe_sent=maybe_sent)
        return

    decision.emit(
        SendDeferred,
        message=message.id,
        conversation=message.conversation,
        until=min(decision.at + max(wait or 0, backoff), until),
        failure=failure,
        maybe_sent=maybe_sent,
    )


def last_moment(message: Message) -> Timestamp:
    """Return until when a text of ours is sent at all."""
    return message.expires_at if message.expires_at is not None else message.at + USUAL_EXPIRY


def _give_up(decision: Decision, message: Message, last: Failure | None, *, maybe_sent: bool = False) -> None:
    minutes = (last_moment(message) - message.at) // MINUTE
    why = f"It was not sent within {minutes} min" if minutes else "It was not sent in time"
    why += f"; the last that is known: {last.text}" if last else ": Cordboard did not get to it."
    failure = Failure(code=last.code if last else "expired", text=why, kind=FailureKind.EXPIRED)
    _fail(decision, message, failure, maybe_sent=maybe_sent)


def _cancel(decision: Decision, message: Message, failure: Failure) -> None:
    """Take a text back; but one of which any attempt may have come through is uncertain, not taken back."""
    if message.maybe_sent:
        _fail(decision, message, failure)
    else:
        decision.emit(SendCanceled, message=message.id, conversation=message.conversation, failure=failure)


def _fail(decision: Decision, message: Message, failure: Failure, *, maybe_sent: bool = False) -> None:
    """End without success; but a text of which any attempt may have come through is uncertain, not failed."""
    if not (maybe_sent or message.maybe_sent):
        decision.emit(SendFailed, message=message.id, conversation=message.conversation, failure=failure)
        return

    decision.emit(SendUncertain, message=message.id, conversation=message.conversation, failure=_as_uncertain(failure))


def _as_uncertain(failure: Failure) -> Failure:
    if "may not have been sent" in failure.text:
        return failure

    return replace(failure, text=f"It may not have been sent: {failure.text}")


def _apply_report(decision: Decision, message: Message, report: DeliveryReported) -> None:
    status = report.status
    if message.uncertain or message.status is MessageStatus.SENDING:
        status = further(MessageStatus.SENT, status)  # whatever the carrier reports, it has the message

    if report.unknown:
        _never_known(decision, message, report)
    elif RANK[status] > RANK[message.status]:
        decision.emit(
            DeliveryUpdated,
            message=message.id,
            conversation=message.conversation,
            status=status,
            provider_id=report.provider_id,
            failure=report.failure,
            segments=report.segments,
        )
        heed_carrier(decision, message, report.failure)
    elif RANK[status] == FINAL and status is not message.status:
        decision.emit(
            DeliveryDisputed,
            message=message.id,
            conversation=message.conversation,
            status=status,
            failure=report.failure,
        )


def _never_known(decision: Decision, message: Message, report: DeliveryReported) -> None:
    if RANK[message.status] < FINAL and not message.unreported:
        decision.emit(
            DeliveryUnknown,
            message=message.id,
            conversation=message.conversation,
            provider_id=report.provider_id,
            failure=report.failure,
        )


def _reported(decision: Decision, report: DeliveryReported) -> Message | None:
    """Find the message that a report is about: by our id where the carrier gave it back, or by the carrier's."""
    state = decision.state
    for known in (report.message, state.recollection.outbound.get((report.channel, report.provider_id))):
        message = state.message(known) if known is not None else None
        if message is not None and _may_be_about(report, message):
            return message

    return None


def _may_be_about(report: DeliveryReported, message: Message) -> bool:
    """Our id alone proves little: a board that began anew counts again, while old messages are still reported."""
    certainly_not_sent = message.status is MessageStatus.QUEUED and not message.maybe_sent
    return (
        message.direction is Direction.OUTBOUND
        and message.channel == report.channel
        and not certainly_not_sent
        and message.provider_id in (None, report.provider_id)
    )


def _outbound(decision: Decision, message: int) -> Message:
    found = decision.state.message(message)
    if found is None or found.direction is Direction.INBOUND:
        raise NotFound(f"there is no outbound message {message} on board {decision.state.board!r}", what=Thing.MESSAGE)

    return found


def _may_repeat(decision: Decision, message: Message, *, repeatable: bool) -> bool:
    """Whether a text that may have been sent is sent again."""
    return repeatable or _policy(decision, message) is AmbiguousSends.AT_LEAST_ONCE


def _policy(decision: Decision, message: Message) -> AmbiguousSends:
    conversation = decision.state.conversation(message.conversation) if message.conversation is not None else None
    workstream = decision.state.configured.workstreams.get(conversation.workstream) if conversation else None
    return workstream.ambiguous_sends if workstream else AmbiguousSends.AT_MOST_ONCE


def _let_go_of_reports(decision: Decision, channel: str) -> None:
    """Once nothing of a channel is on its way, no kept report of it can find its message any more."""
    kept = decision.state.early_reports
    if not kept or decision.state.sending[channel]:
        return

    for reports in [each for key, each in kept.items() if key[0] == channel]:
        for report in reports:
            decision.emit(ReportUnmatched, report=report)
