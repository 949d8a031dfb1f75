"""Everything that happens on a board, as facts. Applying them in their order gives the board: nothing else changes it.

They are what the journal keeps, what the desk and the feed show, what reports count and what the audit trail is.
Each carries all that `cordboard.engine.board.evolve` needs, so that a journal can be replayed without deciding again.
"""

from __future__ import annotations

from typing import TypeAlias

from cordboard.engine.events.base import BoardEvent, ConversationEvent, MessageEvent
from cordboard.engine.events.board import (
    BoardConfigured,
    BulkBegun,
    ChannelNoticed,
    ChannelReconciled,
    ChannelResumed,
    ChannelStopped,
    CustomerOptedIn,
    CustomerOptedOut,
    WebhookKept,
)
from cordboard.engine.events.conversations import (
    ConversationClassified,
    ConversationClosed,
    ConversationEscalated,
    ConversationOffered,
    ConversationOpened,
    ConversationOverflowed,
    ConversationParked,
    ConversationPicked,
    ConversationQueued,
    ConversationReleased,
    ConversationReopened,
    ConversationRequeued,
    ConversationResumed,
    ConversationTransferred,
    ConversationWoken,
    Grant,
    Move,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    SearchWidened,
    SkillsSet,
    WrapUpEnded,
)
from cordboard.engine.events.messages import (
    DeliveryDisputed,
    DeliveryUnknown,
    DeliveryUpdated,
    MediaRecorded,
    MessageReceived,
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
    TextUnroutable,
)
from cordboard.engine.events.people import (
    DeskConnected,
    DeskGone,
    DeskLost,
    DrainStarted,
    PresenceChanged,
    ProfilesReset,
    RepEvent,
    ShiftChanged,
)

Event: TypeAlias = (
    BoardConfigured
    | PresenceChanged
    | BulkBegun
    | ProfilesReset
    | DrainStarted
    | ShiftChanged
    | DeskConnected
    | DeskLost
    | DeskGone
    | TextUnroutable
    | WebhookKept
    | ChannelNoticed
    | ChannelStopped
    | ChannelResumed
    | ChannelReconciled
    | CustomerOptedOut
    | CustomerOptedIn
    | ConversationOpened
    | MessageReceived
    | ConversationClassified
    | ConversationQueued
    | ConversationOffered
    | OfferAccepted
    | OfferDeclined
    | OfferExpired
    | OfferWithdrawn
    | ConversationPicked
    | ConversationRequeued
    | ConversationParked
    | ConversationResumed
    | ConversationWoken
    | ConversationReleased
    | ConversationTransferred
    | ConversationClosed
    | ConversationReopened
    | WrapUpEnded
    | SearchWidened
    | ConversationEscalated
    | ConversationOverflowed
    | SkillsSet
    | ReplyQueued
    | SendStarted
    | MessageSent
    | SendDeferred
    | SendFailed
    | SendDoubted
    | SendCanceled
    | SendUncertain
    | DeliveryUpdated
    | DeliveryUnknown
    | DeliveryDisputed
    | MediaRecorded
    | ReportKept
    | ReportUnmatched
)
"""Every event there is: what a journal decodes to."""

__all__ = [
    "BoardConfigured",
    "BoardEvent",
    "BulkBegun",
    "ChannelNoticed",
    "ChannelReconciled",
    "ChannelResumed",
    "ChannelStopped",
    "ConversationClassified",
    "ConversationClosed",
    "ConversationEscalated",
    "ConversationEvent",
    "ConversationOffered",
    "ConversationOpened",
    "ConversationOverflowed",
    "ConversationParked",
    "ConversationPicked",
    "ConversationQueued",
    "ConversationReleased",
    "ConversationReopened",
    "ConversationRequeued",
    "ConversationResumed",
    "ConversationTransferred",
    "ConversationWoken",
    "CustomerOptedIn",
    "CustomerOptedOut",
    "DeliveryDisputed",
    "DeliveryUnknown",
    "DeliveryUpdated",
    "DeskConnected",
    "DeskGone",
    "DeskLost",
    "DrainStarted",
    "Event",
    "Grant",
    "MediaRecorded",
    "MessageEvent",
    "MessageReceived",
    "MessageSent",
    "Move",
    "OfferAccepted",
    "OfferDeclined",
    "OfferExpired",
    "OfferWithdrawn",
    "PresenceChanged",
    "ProfilesReset",
    "RepEvent",
    "ReplyQueued",
    "ReportKept",
    "ReportUnmatched",
    "SearchWidened",
    "SendCanceled",
    "SendDeferred",
    "SendDoubted",
    "SendFailed",
    "SendStarted",
    "SendUncertain",
    "ShiftChanged",
    "SkillsSet",
    "TextUnroutable",
    "WebhookKept",
    "WrapUpEnded",
]
