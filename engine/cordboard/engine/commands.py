"""Everything that can be asked of a board. What a carrier tells us (`cordboard.engine.carrier`) is asked as it is.

`by` is who asks: a rep's name, checked against what they may do, or `system`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from cordboard.engine.carrier import CarrierEvent, Failure, Media, SendResult
from cordboard.engine.config import BoardConfig
from cordboard.engine.vocabulary import SYSTEM, BulkAction, Presence, Timestamp

LONGEST_WHY = 200
"""Characters of a reason that somebody gives for what they ask: a line in the transcript."""

Why: TypeAlias = Annotated[str, Meta(max_length=LONGEST_WHY)]
"""The reason that somebody gives for what they ask, in their own words."""

MOST_AT_ONCE = 1_000
"""Conversations that may be acted on together, as in Dynamics 365."""


class Configure(Struct, frozen=True, kw_only=True, tag_field="type", tag="configure"):
    """Put a configuration in force. It is checked first; nothing changes if it has a problem."""

    config: BoardConfig
    by: str = SYSTEM


class Tick(Struct, frozen=True, kw_only=True, tag_field="type", tag="tick"):
    """Let every deadline that has passed take effect.

    Attributes:
        singly: Only the first of them: to find out with which there is a defect.
    """

    singly: bool = False


class ConversationCommand(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Something that a person asks about one conversation."""

    conversation: int
    by: str


class AcceptOffer(ConversationCommand, frozen=True, kw_only=True, tag="accept_offer"):
    """Take the conversation that is offered to me."""


class DeclineOffer(ConversationCommand, frozen=True, kw_only=True, tag="decline_offer"):
    """Refuse the conversation that is offered to me."""


class PickConversation(ConversationCommand, frozen=True, kw_only=True, tag="pick_conversation"):
    """Take a conversation from one of my queues."""


class ParkConversation(ConversationCommand, frozen=True, kw_only=True, tag="park_conversation"):
    """Leave the conversation without ending it."""


class ResumeConversation(ConversationCommand, frozen=True, kw_only=True, tag="resume_conversation"):
    """Open the conversation that I parked."""


class ReleaseConversation(ConversationCommand, frozen=True, kw_only=True, tag="release_conversation"):
    """Put the conversation back on its queue."""

    why: Why = ""


class TransferConversation(ConversationCommand, frozen=True, kw_only=True, tag="transfer_conversation"):
    """Hand the conversation to a rep, or to a queue: exactly one of them is given.

    `override`: the rep gets it although their presence (unless they are offline), capacity, profiles, skills or
    languages are against it: for supervisors only. With a queue it means nothing.
    """

    rep: str | None = None
    queue: str | None = None
    override: bool = False
    why: Why = ""


class TakeOver(ConversationCommand, frozen=True, kw_only=True, tag="take_over"):
    """Have the conversation myself, at once, whoever it is with or wherever it waits: supervisors only."""

    why: Why = ""


class SetSkills(ConversationCommand, frozen=True, kw_only=True, tag="set_skills"):
    """Say what the conversation needs beside what its workstream asks: all of it, by skill and rating.

    A rating of 0 says that it does not need what its workstream asks.
    """

    skills: dict[str, int]


class CloseConversation(ConversationCommand, frozen=True, kw_only=True, tag="close_conversation"):
    """End the conversation."""

    why: Why = ""


class EndWrapUp(ConversationCommand, frozen=True, kw_only=True, tag="end_wrap_up"):
    """Be done with a conversation that is closed: it holds no capacity any more."""


class Reply(ConversationCommand, frozen=True, kw_only=True, tag="reply"):
    """Text the customer. A parked conversation is resumed first; a supervisor who does not hold it takes it over."""

    body: str
    media: tuple[Media, ...] = ()


class BeginBulk(Struct, frozen=True, kw_only=True, tag_field="type", tag="begin_bulk"):
    """Note that a supervisor asks the same of many conversations: of which, if the request comes again.

    What is asked of each follows, as a command of its own.

    Attributes:
        conversations: Which, at most `MOST_AT_ONCE`.
        action: What is asked of each.
        rep: Whom they are transferred to.
        queue: The queue they are transferred to.
        override: Whether the rep gets them whatever is against it, as in `TransferConversation`.
        why: The reason that is given.
        more: Whether more were meant than are acted on at once: remembered for a request that comes again.
        by: Who asks.
    """

    conversations: tuple[int, ...]
    action: BulkAction
    rep: str | None = None
    queue: str | None = None
    override: bool = False
    why: Why = ""
    more: bool = False
    by: str


class SetPresence(Struct, frozen=True, kw_only=True, tag_field="type", tag="set_presence"):
    """Say how a rep is; for somebody else, supervisors only.

    Attributes:
        rep: Whose presence.
        presence: Which, or the name of a custom one; the system alone says `inactive`.
        by: Who says so.
        when_done: Only once they have finished what they have; until then they get nothing more.
    """

    rep: str
    presence: Presence | str
    by: str
    when_done: bool = False


class RepConnected(Struct, frozen=True, kw_only=True, tag_field="type", tag="rep_connected"):
    """Note that a rep has a desk open."""

    rep: str


class RepDisconnected(Struct, frozen=True, kw_only=True, tag_field="type", tag="rep_disconnected"):
    """Note that a rep has no desk open any more: a page was closed or is loaded again, or the network failed."""

    rep: str


class DesksLost(Struct, frozen=True, kw_only=True, tag_field="type", tag="desks_lost"):
    """Note that whatever served the desks began anew, so that nobody has one open yet."""


class StartSending(Struct, frozen=True, kw_only=True, tag_field="type", tag="start_sending"):
    """Note that a queued message is about to be handed to its carrier.

    Attributes:
        message: Which message.
        key: A new UUID: the message's `attempt_key`, if it has none yet.
        repeatable: Whether the carrier still knows the key, if an earlier attempt may have come through: otherwise the
            customer may be texted twice.
    """

    message: int
    key: str = ""
    repeatable: bool = False


class RecordSend(Struct, frozen=True, kw_only=True, tag_field="type", tag="record_send"):
    """Note what became of handing a message to its carrier.

    Attributes:
        message: Which message.
        result: The transport's answer.
        repeatable: Whether the transport can be asked again, now, without any risk of texting the customer twice.
    """

    message: int
    result: SendResult
    repeatable: bool = False


class RecordDoubt(Struct, frozen=True, kw_only=True, tag_field="type", tag="record_doubt"):
    """Note that a message may or may not have been sent, and that its carrier is being asked.

    Attributes:
        message: Which message.
        failure: Why nobody knows.
    """

    message: int
    failure: Failure


class RecordMedia(Struct, frozen=True, kw_only=True, tag_field="type", tag="record_media"):
    """Note what became of fetching a customer's attachment.

    Attributes:
        message: Which message.
        index: Which of its attachments.
        media: The attachment as it is now: kept under a key, or with a problem.
    """

    message: int
    index: int
    media: Media


class RecordReconciled(Struct, frozen=True, kw_only=True, tag_field="type", tag="record_reconciled"):
    """Note up to when a channel's carrier has been asked for what its webhooks did not bring."""

    channel: str
    until: Timestamp


RepCommand: TypeAlias = (
    AcceptOffer
    | DeclineOffer
    | PickConversation
    | ParkConversation
    | ResumeConversation
    | ReleaseConversation
    | TransferConversation
    | TakeOver
    | SetSkills
    | CloseConversation
    | EndWrapUp
    | Reply
)

Command: TypeAlias = (
    Configure
    | Tick
    | CarrierEvent
    | RepCommand
    | BeginBulk
    | SetPresence
    | RepConnected
    | RepDisconnected
    | DesksLost
    | StartSending
    | RecordSend
    | RecordDoubt
    | RecordMedia
    | RecordReconciled
)
