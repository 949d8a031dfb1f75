"""Everything that happens on a board, as facts. Applying them in their order gives the board: nothing else changes it.

They are what the journal keeps, what the desk and the feed show, what reports count and what the audit trail is.
Each carries all that `cordboard.engine.board.evolve` needs, so that a journal can be replayed without deciding again.
"""

from __future__ import annotations

import re
from typing import ClassVar, TypeAlias

from msgspec import Struct

from cordboard.engine.carrier import DeliveryReported, Failure, Media
from cordboard.engine.config import BoardConfig
from cordboard.engine.explanations import OfferReason
from cordboard.engine.records import Conversation
from cordboard.engine.rules import RouteReason, RulesTried
from cordboard.engine.vocabulary import (
    SYSTEM,
    BulkAction,
    CloseReason,
    ConsentSource,
    Keyword,
    MessageStatus,
    Presence,
    PresenceReason,
    Timestamp,
    Trigger,
)


def _tag(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class BoardEvent(Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag=_tag):
    """A fact of the board.

    Attributes:
        seq: Its number in the board's journal: 1, 2, 3, …
        at: When it happened.
    """

    seq: int
    at: Timestamp


class BoardConfigured(BoardEvent, frozen=True, kw_only=True):
    """A configuration is in force."""

    config: BoardConfig
    by: str


class RepEvent(BoardEvent, frozen=True, kw_only=True):
    """Something happened to a rep."""

    rep: str


class PresenceChanged(RepEvent, frozen=True, kw_only=True):
    """A rep's presence is another, or somebody else says so now.

    Attributes:
        presence: How they are, as routing sees it.
        by: Who says so.
        release_at: When they lose what they hold, if they went offline.
        custom: The name of the custom presence, where it is one.
        why: Why the system says so; None where a person does.
    """

    presence: Presence
    by: str
    release_at: Timestamp | None = None
    custom: str = ""
    why: PresenceReason | None = None


class DrainStarted(RepEvent, frozen=True, kw_only=True):
    """A rep gets nothing more, and has another presence as soon as they have finished what they have."""

    presence: Presence
    by: str
    custom: str = ""


class ShiftChanged(RepEvent, frozen=True, kw_only=True):
    """A rep's working hours begin or end. `until`: when that is looked at again; None for who has no hours."""

    working: bool
    until: Timestamp | None


class DeskConnected(RepEvent, frozen=True, kw_only=True):
    """A rep's desk is open."""


class DeskLost(RepEvent, frozen=True, kw_only=True):
    """A rep's desk is not there. `gone_at`: when it counts as gone, if it does not come back."""

    gone_at: Timestamp


class DeskGone(RepEvent, frozen=True, kw_only=True):
    """A rep's desk has not come back."""


class BulkBegun(BoardEvent, frozen=True, kw_only=True):
    """A supervisor asks the same of many conversations. What comes of it for each follows, in events of its own."""

    conversations: tuple[int, ...]
    action: BulkAction
    rep: str | None
    queue: str | None
    why: str
    by: str


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


class ConversationEvent(BoardEvent, frozen=True, kw_only=True):
    """A fact of one conversation."""

    conversation: int


class ConversationOpened(ConversationEvent, frozen=True, kw_only=True):
    """A customer's text found no conversation to join: a new one begins."""

    number: str
    customer: str
    channel: str
    workstream: str
    priority: int = 0


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


class ConversationClassified(ConversationEvent, frozen=True, kw_only=True):
    """Rules have said what a new conversation is like. Everything is as it is from now on, whoever set it."""

    rule_sets: tuple[RulesTried, ...]
    priority: int
    cost: int | None
    skills: dict[str, int]
    language: str
    context: dict[str, str | int]


# The machine's moves: each class is one trigger of the table in `cordboard.engine.board.conversation`.


class Move(ConversationEvent, frozen=True, kw_only=True):
    """A conversation moved. `by` asked for it; `why` says more where there is more to say."""

    trigger: ClassVar[Trigger]
    by: str
    why: str = ""


class Grant(Move, frozen=True, kw_only=True):
    """A move that begins an assignment: `expires_at` is set where it is an offer."""

    assignment: int
    rep: str
    cost: int
    expires_at: Timestamp | None = None


class ConversationQueued(Move, frozen=True, kw_only=True):
    """A new conversation is on a queue. `reason`: which route chose it, where there are routes."""

    trigger = Trigger.ENQUEUE
    queue: str
    reason: RouteReason | None = None


class ConversationOffered(Grant, frozen=True, kw_only=True):
    """A waiting conversation is offered to a rep. `reason`: how the queue's method chose them, where it did."""

    trigger = Trigger.ASSIGN
    reason: OfferReason | None = None


class OfferAccepted(Move, frozen=True, kw_only=True):
    """The rep took the offer."""

    trigger = Trigger.ACCEPT
    rep: str


class OfferDeclined(Move, frozen=True, kw_only=True):
    """The rep refused the offer: back on the queue."""

    trigger = Trigger.DECLINE
    rep: str


class OfferExpired(Move, frozen=True, kw_only=True):
    """The rep did not answer in time: back on the queue."""

    trigger = Trigger.EXPIRE
    rep: str


class OfferWithdrawn(Move, frozen=True, kw_only=True):
    """The offer was taken back: back on the queue."""

    trigger = Trigger.WITHDRAW
    rep: str


class ConversationPicked(Grant, frozen=True, kw_only=True):
    """A rep took a waiting conversation."""

    trigger = Trigger.PICK


class ConversationRequeued(Move, frozen=True, kw_only=True):
    """A waiting conversation is on another queue."""

    trigger = Trigger.REQUEUE
    queue: str


class ConversationParked(Move, frozen=True, kw_only=True):
    """The rep left without ending, or the customer was silent: the capacity is free."""

    trigger = Trigger.PARK
    rep: str


class ConversationResumed(Grant, frozen=True, kw_only=True):
    """The rep opened a parked conversation again."""

    trigger = Trigger.RESUME


class ConversationWoken(Grant, frozen=True, kw_only=True):
    """The customer texted a parked conversation: it is offered to its rep."""

    trigger = Trigger.WAKE


class ConversationReleased(Move, frozen=True, kw_only=True):
    """An active conversation is back on a queue. `returned`: a text brought it back, and its rep cannot take it now."""

    trigger = Trigger.RELEASE
    queue: str
    returned: bool = False


class ConversationTransferred(Grant, frozen=True, kw_only=True):
    """An active conversation is offered to another rep."""

    trigger = Trigger.TRANSFER


class ConversationClosed(Move, frozen=True, kw_only=True):
    """The conversation ended.

    `wraps_up`: the closing rep's capacity is still held, until `wrap_up_until`; until they are done, where it is None.
    """

    trigger = Trigger.CLOSE
    reason: CloseReason
    wraps_up: bool = False
    wrap_up_until: Timestamp | None = None


class ConversationReopened(Move, frozen=True, kw_only=True):
    """A closed conversation goes on. `thread` is how it was, since the board itself may have let it go."""

    trigger = Trigger.REOPEN
    queue: str
    thread: Conversation


class WrapUpEnded(Move, frozen=True, kw_only=True):
    """The closing rep's capacity is free: the board lets the conversation go."""

    trigger = Trigger.END_WRAP_UP
    rep: str
    by: str = SYSTEM


class SearchWidened(ConversationEvent, frozen=True, kw_only=True):
    """A conversation has waited so long that more reps may take it.

    `relaxed` steps of its workstream's skill relaxation are taken now, and `ring` rings beside the first are open.
    `anybody`: it does not wait for its last rep alone any more.
    """

    relaxed: int
    ring: int
    anybody: bool = False


class ConversationEscalated(ConversationEvent, frozen=True, kw_only=True):
    """Nobody has taken a conversation: it goes before everything else now, and supervisors should look."""

    why: str


class SkillsSet(ConversationEvent, frozen=True, kw_only=True):
    """Somebody said what a conversation needs, beside what its workstream asks."""

    skills: dict[str, int]
    by: str


# What becomes of our own texts.


class ReplyQueued(ConversationEvent, frozen=True, kw_only=True):
    """A text of ours is durable and will be sent, unless that takes until `expires_at`.

    `segments`: how many SMS we count; 0 for what goes as MMS. `answers`: the word that it answers by itself.
    """

    message: int
    author: str
    body: str
    media: tuple[Media, ...]
    segments: int = 0
    expires_at: Timestamp | None = None
    answers: Keyword | None = None


class MessageEvent(BoardEvent, frozen=True, kw_only=True):
    """A fact of one outbound message."""

    message: int
    conversation: int | None


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


Event: TypeAlias = (
    BoardConfigured
    | PresenceChanged
    | BulkBegun
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
