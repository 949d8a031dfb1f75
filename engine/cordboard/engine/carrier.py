"""What passes between the engine and a carrier's transport: plain data, whoever the carrier is."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from cordboard.engine.vocabulary import (
    FailureKind,
    Keyword,
    MessageStatus,
    Milliseconds,
    NumberKind,
    PaceUnit,
    Timestamp,
)


class Media(Struct, frozen=True, kw_only=True):
    """One attachment.

    Attributes:
        url: Where it can be fetched: of a customer's at the carrier, perhaps only with the channel's credentials; of
            ours at a public address of this Cordboard.
        content_type: Its MIME type, as the carrier tells it until it is kept.
        key: What the media store keeps it under; empty until it does.
        size: Bytes, once it is kept.
        problem: Why it could not be kept, in words; empty while it still may be.
    """

    url: str
    content_type: str = ""
    key: str = ""
    size: int = 0
    problem: str = ""

    @property
    def pending(self) -> bool:
        """Whether it has yet to be fetched."""
        return not self.key and not self.problem


class Failure(Struct, frozen=True, kw_only=True):
    """Why a message is not on its way as it should be.

    Attributes:
        code: The carrier's own code as text, or a word of Cordboard's (`ambiguous`, `unreachable`).
        text: The same in words.
        kind: What it means, whichever carrier says it.
    """

    code: str
    text: str
    kind: FailureKind = FailureKind.UNKNOWN


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
        keyword: The word that the carrier recognised and has answered already (Twilio's `OptOutType`); None where it
            has not, whatever the text says.
        incomplete: Whether some of its segments never came.
        sent_at: When the customer sent it, where it is told only afterwards, by a list; None where it comes as it was
            sent.
    """

    channel: str
    provider_id: str
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...] = ()
    segments: int = 0
    keyword: Keyword | None = None
    incomplete: bool = False
    sent_at: Timestamp | None = None


class DeliveryReported(Struct, frozen=True, kw_only=True, tag_field="type", tag="delivery_reported"):
    """The carrier says how far a text of ours has come. Reports come late, twice, and in any order.

    Attributes:
        channel: The channel it came on.
        provider_id: The carrier's id of the message.
        status: How far the message has come.
        message: Our own id of the message where the carrier gave it back; it may come before the answer to sending.
        failure: Why it failed, where it did; with `unknown`, why nobody knows.
        segments: How many SMS it takes, as far as the carrier says; 0 when it does not.
        unknown: Whether the carrier says that nothing more will be heard of it, and it may have arrived.
    """

    channel: str
    provider_id: str
    status: MessageStatus
    message: int | None = None
    failure: Failure | None = None
    segments: int = 0
    unknown: bool = False


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


class ChannelNotice(Struct, frozen=True, kw_only=True, tag_field="type", tag="channel_notice"):
    """The carrier says something of the channel itself that an administrator should know.

    Attributes:
        channel: Which channel.
        code: A word for it (`subscription_deleted`).
        text: The same as a sentence, with what to do.
    """

    channel: str
    code: str
    text: str


CarrierEvent: TypeAlias = TextReceived | DeliveryReported | WebhookUnreadable | ChannelNotice


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
        media: Attachments, at URLs that the carrier can fetch.
        attempt_key: A UUID that names this text for ever; persisted before the first try, the same in every repetition.
        queued_at: When the text was queued.
        first_tried_at: When it was first handed over under this key; persisted with it. 0 where nobody says.
        expires_at: From then on it helps nobody: the carrier should not deliver it later. None for never.
        sender_kind: What sort of number `sender` is; None where nobody says.
    """

    message: int
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...] = ()
    attempt_key: str
    queued_at: Timestamp
    first_tried_at: Timestamp = 0
    expires_at: Timestamp | None = None
    sender_kind: NumberKind | None = None


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


class MediaContent(Struct, frozen=True, kw_only=True):
    """An attachment's content, as the carrier gave it.

    Attributes:
        data: The bytes.
        content_type: Their MIME type, without parameters.
    """

    data: bytes
    content_type: str


class MediaUnavailable(Struct, frozen=True, kw_only=True):
    """An attachment could not be fetched.

    Attributes:
        reason: Why, in words for whoever reads the conversation.
        final: Whether trying again is useless.
    """

    reason: str
    final: bool


class Pace(Struct, frozen=True, kw_only=True):
    """How much a number may send in some time.

    Attributes:
        amount: How many units.
        unit: What the carrier counts.
        per: In how many milliseconds.
    """

    amount: Annotated[float, Meta(gt=0)]
    unit: PaceUnit = PaceUnit.SEGMENTS
    per: Annotated[int, Meta(ge=1, extra={"unit": "duration"})] = 1_000


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a transport can do.

    Attributes:
        max_characters: The longest body, in characters.
        mms: Whether it carries attachments.
        idempotent_send: Whether sending again under the same attempt key cannot text the customer twice.
        repeatable_for: How long after the first try the carrier certainly knows an attempt key, for transports with
            `idempotent_send`: later, sending again under it may text the customer twice.
        max_recipients: How many recipients one request may have.
        number_kinds: The kinds of number it serves.
        pace: What a number of each kind may send, in the carrier's own unit; where none is given, nothing is held back.
        listed_after: How long after an attempt to send has ended the carrier's list certainly has it, if it was taken;
            for transports that `LooksUpSends`.
    """

    max_characters: int
    mms: bool = False
    idempotent_send: bool = False
    repeatable_for: Milliseconds = 3_600_000
    max_recipients: int = 1
    number_kinds: tuple[NumberKind, ...] = tuple(NumberKind)
    pace: dict[NumberKind, Pace] = {}
    listed_after: Milliseconds = 30_000
