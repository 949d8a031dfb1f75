"""What becomes of texts: those that come in, and our own on their way out."""

from __future__ import annotations

from cordboard.engine.carrier import DeliveryReported, Failure, Media
from cordboard.engine.events.base import BoardEvent, ConversationEvent, MessageEvent
from cordboard.engine.vocabulary import (
    Keyword,
    MessageStatus,
    MessageTrigger,
    Timestamp,
)


class MessageReceived(ConversationEvent, frozen=True, kw_only=True):
    """A customer's text is in the conversation."""

    message: int
    channel: str
    number: str
    customer: str
    body: str
    media: tuple[Media, ...]
    segments: int
    provider_id: str
    incomplete: bool = False
    answered: bool = False
    """Nobody has to: it was no more than a keyword, which is answered by itself."""


class TextUnroutable(BoardEvent, frozen=True, kw_only=True):
    """A text came for a number that is not configured; it is kept for the administrator."""

    message: int
    channel: str
    number: str
    customer: str
    body: str
    media: tuple[Media, ...]
    segments: int
    provider_id: str


class ReplyQueued(ConversationEvent, frozen=True, kw_only=True):
    """A text of ours is durable and will be sent, unless that takes until `expires_at`.

    `segments`: how many SMS we count; 0 for what goes as MMS. `answers`: the word that it answers by itself. `trigger`:
    what it tells of, if it is an automated message.
    """

    message: int
    author: str
    body: str
    media: tuple[Media, ...]
    segments: int = 0
    expires_at: Timestamp | None = None
    answers: Keyword | None = None
    trigger: MessageTrigger | None = None


class SendStarted(MessageEvent, frozen=True, kw_only=True):
    """The message is being handed to its carrier, for the `attempt`th time, under `key`."""

    attempt: int
    key: str = ""


class MessageSent(MessageEvent, frozen=True, kw_only=True):
    """The carrier took the message."""

    provider_id: str
    segments: int = 0


class SendDeferred(MessageEvent, frozen=True, kw_only=True):
    """The message will be tried again at `until`. `maybe_sent`: this time may have come through."""

    until: Timestamp
    failure: Failure
    maybe_sent: bool = False


class SendFailed(MessageEvent, frozen=True, kw_only=True):
    """The message was not sent and will not be."""

    failure: Failure


class SendDoubted(MessageEvent, frozen=True, kw_only=True):
    """The message may or may not have been sent; its carrier is being asked."""

    failure: Failure


class SendCanceled(MessageEvent, frozen=True, kw_only=True):
    """The message was taken back before it was sent."""

    failure: Failure


class SendUncertain(MessageEvent, frozen=True, kw_only=True):
    """The message may or may not have been sent. It is not sent again."""

    failure: Failure


class DeliveryUpdated(MessageEvent, frozen=True, kw_only=True):
    """The carrier's report took the message further."""

    status: MessageStatus
    provider_id: str
    failure: Failure | None = None
    segments: int = 0


class DeliveryUnknown(MessageEvent, frozen=True, kw_only=True):
    """The carrier says that it will never know whether the message arrived."""

    provider_id: str
    failure: Failure | None = None


class MediaRecorded(MessageEvent, frozen=True, kw_only=True):
    """A customer's attachment was fetched and kept, or never will be."""

    index: int
    media: Media


class DeliveryDisputed(MessageEvent, frozen=True, kw_only=True):
    """A carrier's report contradicts an ending already known: recorded, not applied."""

    status: MessageStatus
    failure: Failure | None = None


class ReportKept(BoardEvent, frozen=True, kw_only=True):
    """A delivery report came before the message it is about is known by its carrier's id."""

    report: DeliveryReported


class ReportUnmatched(BoardEvent, frozen=True, kw_only=True):
    """A delivery report is about no message of ours."""

    report: DeliveryReported
