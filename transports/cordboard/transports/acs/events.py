"""What Event Grid brings: events in either of its two schemas, read into Cordboard's.

Event Grid's own schema is always an array; a CloudEvent comes alone, or in an array. Both are taken whatever the
content type says. See https://learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field

from cordboard.engine.carrier import ChannelNotice, DeliveryReported, TextReceived
from cordboard.engine.vocabulary import MessageStatus
from cordboard.transports.acs.codes import NEVER_SENT, NO_REPORTS, explain
from cordboard.transports.acs.numbers import as_ours

TEXT: Final = "Microsoft.Communication.SMSReceived"

REPORT: Final = "Microsoft.Communication.SMSDeliveryReportReceived"

VALIDATION: Final = "Microsoft.EventGrid.SubscriptionValidationEvent"

DELETION: Final = frozenset(
    {"Microsoft.EventGrid.SubscriptionDeletedEvent", "Microsoft.EventGrid.SubscriptionDeletionEvent"}
)

UNINTELLIGIBLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What msgspec raises over what is no JSON, is not as it should be, has half a character, or is too deep."""


class Unreadable(ValueError):
    """An event cannot be read; the message says why."""


class Envelope(Struct, rename="camel"):
    """One event, in either schema."""

    id: str = ""
    event_type: str = ""  # Event Grid's
    type: str = ""  # CloudEvents'
    data: Raw = Raw(b"null")

    @property
    def kind(self) -> str:
        """What it tells."""
        return self.event_type or self.type


class _Text(Struct, rename="camel"):
    message_id: str | None = None
    sender: str | None = field(name="from", default=None)
    to: str | None = None
    message: str | None = None
    segment_count: Any = None  # a strange count must not spoil a text


class Report(Struct, rename="camel"):
    """A delivery report: of an event, and of the REST API, whose shape is the same."""

    message_id: str | None = None
    delivery_status: str = ""
    delivery_status_details: str | None = None
    delivery_attempts: Any = None
    tag: Any = None
    other_tag: Any = field(name="Tag", default=None)  # Microsoft's own sample spells it so


class _Validation(Struct, rename="camel"):
    validation_code: str


_ONE: Final = msgspec.json.Decoder(Raw)
_MANY: Final = msgspec.json.Decoder(list[Raw])
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_TEXT: Final = msgspec.json.Decoder(_Text)
_REPORT: Final = msgspec.json.Decoder(Report)
_VALIDATION: Final = msgspec.json.Decoder(_Validation)


def split(body: bytes) -> list[Raw]:
    """Return the events of a request's body, unread.

    Raises:
        Unreadable: It is neither an object nor an array.
    """
    try:
        body.decode()  # what msgspec skips, it does not look at
        return _parts(body)
    except UNINTELLIGIBLE:
        pass

    try:
        return _parts(_mend(body))
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON, or neither an object nor an array") from error


def _parts(body: bytes) -> list[Raw]:
    return [_ONE.decode(body)] if body.lstrip()[:1] == b"{" else _MANY.decode(body)


def _mend(body: bytes) -> bytes:
    """Return JSON with a question mark for each half of a character, which a customer's phone may well have cut off.

    Raises:
        ValueError: It is not JSON even so.
    """
    parsed = json.loads(body.decode("utf-8-sig", errors="replace"))
    text = json.dumps(parsed, ensure_ascii=False)
    return text.encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace").encode()


def open_envelope(event: Raw) -> Envelope:
    """Read as much of an event as all have.

    Raises:
        Unreadable: It has not.
    """
    try:
        return _ENVELOPE.decode(event)
    except UNINTELLIGIBLE as error:
        raise Unreadable("it is no event of either schema") from error


def read_text(envelope: Envelope, channel: str) -> TextReceived:
    """Read a customer's text.

    Raises:
        Unreadable: It is none.
    """
    try:
        data = _TEXT.decode(envelope.data)
    except UNINTELLIGIBLE as error:
        raise Unreadable("its data are not those of a text") from error

    provider_id = data.message_id or envelope.id
    sender, recipient = as_ours(data.sender or ""), as_ours(data.to or "")
    if not provider_id or not sender or not recipient or data.message is None:
        raise Unreadable("a text needs messageId, from, to and message")

    return TextReceived(
        channel=channel,
        provider_id=provider_id,
        sender=sender,
        recipient=recipient,
        body=data.message,
        segments=_count(data.segment_count),
    )


def read_report(envelope: Envelope, channel: str) -> DeliveryReported:
    """Read a delivery report.

    Raises:
        Unreadable: It is none.
    """
    try:
        data = _REPORT.decode(envelope.data)
    except UNINTELLIGIBLE as error:
        raise Unreadable("its data are not those of a delivery report") from error

    if not data.message_id:
        raise Unreadable("a delivery report needs messageId")

    return report_of(data, channel, provider_id=data.message_id, message=_our_id(data.tag) or _our_id(data.other_tag))


def report_of(data: Report, channel: str, *, provider_id: str, message: int | None) -> DeliveryReported:
    """Say what a delivery report means.

    Raises:
        Unreadable: Its status is unknown.
    """
    segments = _segments(data.delivery_attempts)

    def told(status: MessageStatus, **more: Any) -> DeliveryReported:
        return DeliveryReported(
            channel=channel, provider_id=provider_id, status=status, message=message, segments=segments, **more
        )

    match data.delivery_status.lower():
        case "delivered":
            return told(MessageStatus.DELIVERED)
        case "pending":
            return told(MessageStatus.SENT)
        case "unknown":
            return told(MessageStatus.SENT, failure=explain(data.delivery_status_details or "9999"), unknown=True)
        case "failed":
            failure = explain(data.delivery_status_details or "")
            if failure.code == NO_REPORTS:
                return told(MessageStatus.SENT, failure=failure, unknown=True)

            never = failure.code in NEVER_SENT
            return told(MessageStatus.FAILED if never else MessageStatus.UNDELIVERED, failure=failure)
        case other:
            raise Unreadable(f"the delivery status {other[:30]!r} is unknown")


def read_validation_code(envelope: Envelope) -> str:
    """Return what Event Grid wants to hear before it believes that this door is ours.

    Raises:
        Unreadable: It does not say.
    """
    try:
        return _VALIDATION.decode(envelope.data).validation_code
    except UNINTELLIGIBLE as error:
        raise Unreadable("there is no validationCode") from error


def tell_of_deletion(channel: str, subscription: str) -> ChannelNotice:
    """Say that a subscription is gone."""
    return ChannelNotice(
        channel=channel,
        code="subscription_deleted",
        text=(
            f"The Event Grid subscription {subscription[:64]!r} was deleted: neither texts nor reports come in by it "
            "any more. If nobody meant to, make it again in Azure; docs/acs.md says how."
        ),
    )


def _count(number: object) -> int:
    return number if isinstance(number, int) and 0 < number < 1_000 and number is not True else 0


def _segments(attempts: object) -> int:
    """Return how many SMS a text takes, as far as its attempts tell."""
    tried = attempts if isinstance(attempts, list) else []
    parts = [
        _count(each.get("segmentsSucceeded")) + _count(each.get("segmentsFailed"))
        for each in tried
        if isinstance(each, dict)
    ]
    return max(parts, default=0)


def _our_id(tag: object) -> int | None:
    """Return our id of a message; None if the tag is somebody else's."""
    if isinstance(tag, str) and tag.isascii() and tag.isdecimal() and len(tag) < 19:
        return int(tag) or None

    return None
