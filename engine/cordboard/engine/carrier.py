"""What passes between the engine and a carrier's transport: plain data, whoever the carrier is."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from cordboard.engine.vocabulary import MessageStatus, NumberKind, Timestamp


class Media(Struct, frozen=True, kw_only=True):
    """One attachment, where the carrier keeps it.

    Attributes:
        url: Where it can be fetched, perhaps only with the channel's credentials.
        content_type: Its MIME type as the carrier tells it.
    """

    url: str
    content_type: str = ""


class Failure(Struct, frozen=True, kw_only=True):
    """Why a message is not on its way as it should be.

    Attributes:
        code: The carrier's own code as text, or a word of Cordboard's (`ambiguous`, `unreachable`).
        text: The same in words.
    """

    code: str
    text: str


# What a carrier tells us. Each is also a command: it is submitted to the board as it is.


class TextReceived(Struct, frozen=True, kw_only=True, tag_field="type", tag="text_received"):
    """A customer's text has come.

    Attributes:
        channel: The channel it came on.
        provider_id: The carrier's id of it; a second text with the same id is the same text.
        sender: The customer's number, E.164 with its plus sign where it has one.
        recipient: The number of ours, in the same form.
        body: The text; may be empty where there is media.
        media: Attachments, in order.
        segments: How many SMS it took, as far as the carrier says; 0 when it does not.
    """

    channel: str
    provider_id: str
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...] = ()
    segments: int = 0


class DeliveryReported(Struct, frozen=True, kw_only=True, tag_field="type", tag="delivery_reported"):
    """The carrier says how far a text of ours has come. Reports come late, twice, and in any order.

    Attributes:
        channel: The channel it came on.
        provider_id: The carrier's id of the message.
        status: How far the message has come.
        message: Our own id of the message where the carrier gave it back; it may come before the answer to sending.
        failure: Why it failed, where it did.
    """

    channel: str
    provider_id: str
    status: MessageStatus
    message: int | None = None
    failure: Failure | None = None


class WebhookUnreadable(Struct, frozen=True, kw_only=True, tag_field="type", tag="webhook_unreadable"):
    """A request that was truly the carrier's and that nobody can read. It is kept: no text is thrown away.

    Attributes:
        channel: The channel it came on.
        reason: What could not be read.
        content_type: The MIME type of the body.
        body: The raw body.
    """

    channel: str
    reason: str
    content_type: str
    body: bytes


CarrierEvent: TypeAlias = TextReceived | DeliveryReported | WebhookUnreadable


class WebhookRequest(Struct, frozen=True, kw_only=True):
    """An HTTP request at a channel's door, whichever web framework took it.

    Attributes:
        method: `GET`, `POST` or `OPTIONS`.
        url: The URL as the carrier sees it: the channel's public URL with the raw path and raw query.
        headers: Names in lower case. A repeated header keeps its last value.
        body: The raw body.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""


class WebhookReply(Struct, frozen=True, kw_only=True):
    """What a transport made of a request, and what to answer once the events are committed.

    Attributes:
        events: What the carrier says; empty for anything forged, malformed or merely polite.
        status: The HTTP status to answer after the commit.
        content_type: The MIME type of `body`.
        body: The answer's body.
        headers: More headers of the answer.
        refusal: Why the request was turned away (`forged`, `malformed`), for logs and counters; empty when it was not.
    """

    events: tuple[CarrierEvent, ...] = ()
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    refusal: str = ""


class OutboundMessage(Struct, frozen=True, kw_only=True):
    """One text to hand to a carrier.

    Attributes:
        message: Our id; the transport has the carrier give it back in delivery reports where it can.
        sender: The number of ours.
        recipient: The customer's number.
        body: The text.
        media: URLs of attachments that the carrier can fetch.
        attempt_key: Names this attempt for ever; persisted before the first try, the same in every repetition of it.
        queued_at: When the text was queued.
    """

    message: int
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...] = ()
    attempt_key: str
    queued_at: Timestamp


class Accepted(Struct, frozen=True, kw_only=True, tag_field="type", tag="accepted"):
    """The carrier took the message.

    Attributes:
        provider_id: Its id at the carrier.
        segments: How many SMS the carrier counts; 0 when it does not say.
    """

    provider_id: str
    segments: int = 0


class Rejected(Struct, frozen=True, kw_only=True, tag_field="type", tag="rejected"):
    """The carrier refused the message: it was certainly not sent.

    Attributes:
        failure: Why.
        channel_down: The fault is the account's, not the message's: nothing else will go through either.
    """

    failure: Failure
    channel_down: bool = False


class Throttled(Struct, frozen=True, kw_only=True, tag_field="type", tag="throttled"):
    """The message was certainly not processed and may be sent again later.

    Attributes:
        failure: Why.
        retry_after: How long the carrier asks us to wait, in milliseconds; None when it does not say.
    """

    failure: Failure
    retry_after: int | None = None


class Ambiguous(Struct, frozen=True, kw_only=True, tag_field="type", tag="ambiguous"):
    """The request went out and no usable answer came back: the text may or may not have been sent."""

    failure: Failure


SendResult: TypeAlias = Accepted | Rejected | Throttled | Ambiguous


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a transport can do.

    Attributes:
        max_characters: The longest body, in characters.
        mms: Whether it carries attachments.
        idempotent_send: Whether sending again under the same attempt key cannot text the customer twice.
        max_recipients: How many recipients one request may have.
        number_kinds: The kinds of number it serves.
        units_per_second: The pace a number of each kind keeps, in the carrier's own unit.
    """

    max_characters: int
    mms: bool = False
    idempotent_send: bool = False
    max_recipients: int = 1
    number_kinds: tuple[NumberKind, ...] = tuple(NumberKind)
    units_per_second: dict[NumberKind, float] = {}
