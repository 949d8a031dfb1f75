"""What happens to a board as a whole, to its channels, and to what customers have said of texts."""

from __future__ import annotations

from cordboard.engine.carrier import Failure
from cordboard.engine.config import BoardConfig
from cordboard.engine.events.base import BoardEvent
from cordboard.engine.vocabulary import (
    BulkAction,
    ConsentSource,
    Timestamp,
)


class BoardConfigured(BoardEvent, frozen=True, kw_only=True):
    """A configuration is in force."""

    config: BoardConfig
    by: str


class BulkBegun(BoardEvent, frozen=True, kw_only=True):
    """A supervisor asks the same of many conversations. What comes of it for each follows, in events of its own."""

    conversations: tuple[int, ...]
    action: BulkAction
    rep: str | None
    queue: str | None
    override: bool = False
    why: str
    by: str


class WebhookKept(BoardEvent, frozen=True, kw_only=True):
    """A true request of a carrier's that nobody could read was kept."""

    channel: str
    reason: str
    content_type: str
    body: bytes


class ChannelNoticed(BoardEvent, frozen=True, kw_only=True):
    """The carrier said something of a channel itself."""

    channel: str
    code: str
    text: str


class ChannelStopped(BoardEvent, frozen=True, kw_only=True):
    """Nothing goes through on a channel any more, by the account's fault: its texts wait."""

    channel: str
    failure: Failure


class ChannelResumed(BoardEvent, frozen=True, kw_only=True):
    """A stopped channel has taken a text again."""

    channel: str


class ChannelReconciled(BoardEvent, frozen=True, kw_only=True):
    """The carrier has been asked for what its webhooks did not bring, up to `until`."""

    channel: str
    until: Timestamp


class CustomerOptedOut(BoardEvent, frozen=True, kw_only=True):
    """A customer wants no more texts from a number of ours.

    Attributes:
        word: The text or code that said so.
        said_at: When they said so, if that was told only afterwards.
    """

    number: str
    customer: str
    source: ConsentSource
    word: str
    conversation: int | None = None
    said_at: Timestamp | None = None


class CustomerOptedIn(BoardEvent, frozen=True, kw_only=True):
    """A customer takes texts from a number of ours again. As `CustomerOptedOut`."""

    number: str
    customer: str
    source: ConsentSource
    word: str
    conversation: int | None = None
    said_at: Timestamp | None = None
