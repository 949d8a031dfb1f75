"""What happens to conversations: how they begin, every move of the machine, and what changes while they wait."""

from __future__ import annotations

from typing import ClassVar

from cordboard.engine.events.base import ConversationEvent
from cordboard.engine.explanations import OfferReason
from cordboard.engine.records import Automation, Conversation
from cordboard.engine.routing_words import OverflowAction, OverflowCondition, PassedOver
from cordboard.engine.rules import RouteReason, RulesTried
from cordboard.engine.vocabulary import (
    SYSTEM,
    CloseReason,
    Timestamp,
    Trigger,
)


class ConversationOpened(ConversationEvent, frozen=True, kw_only=True):
    """A customer's text found no conversation to join: a new one begins.

    `automation`: what was texted to them by itself in the conversation before.
    """

    number: str
    customer: str
    channel: str
    workstream: str
    priority: int = 0
    automation: Automation = Automation()


class ConversationClassified(ConversationEvent, frozen=True, kw_only=True):
    """Rules have said what a new conversation is like. Everything is as it is from now on, whoever set it."""

    rule_sets: tuple[RulesTried, ...]
    priority: int
    cost: int | None
    costs: dict[str, int] = {}  # noqa: RUF012 - a record of msgspec, which copies it
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
    """A move that begins an assignment.

    Attributes:
        assignment: Its id.
        rep: Whose it is.
        cost: Units of capacity that it takes.
        costs: Units of capacity profiles that it takes beside.
        expires_at: When the offer ends by itself, where it is one.
        overrode: What would have kept it from the rep, had a supervisor not decided otherwise.
    """

    assignment: int
    rep: str
    cost: int
    costs: dict[str, int] = {}  # noqa: RUF012 - a record of msgspec, which copies it
    expires_at: Timestamp | None = None
    overrode: tuple[PassedOver, ...] = ()


class ConversationQueued(Move, frozen=True, kw_only=True):
    """A new conversation is on a queue. `reason`: which route chose it, where there are routes."""

    trigger = Trigger.ENQUEUE
    queue: str
    reason: RouteReason | None = None


class ConversationOffered(Grant, frozen=True, kw_only=True):
    """A waiting conversation is offered to a rep.

    Attributes:
        reason: How the queue's method chose them, where it did.
        newly_able: Whether they could not have taken it before, and have not ended anything for it: they have just
            come, or were given more. When they took it says nothing of how fast the queue is served.
    """

    trigger = Trigger.ASSIGN
    reason: OfferReason | None = None
    newly_able: bool = False


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
    """An active conversation is back on a queue.

    Attributes:
        returned: A text brought it back, and its rep cannot take it now.
        disconnected: Its rep is gone, rather than through with it.
        transferred: Somebody handed it to this queue, rather than putting it back.
    """

    trigger = Trigger.RELEASE
    queue: str
    returned: bool = False
    disconnected: bool = False
    transferred: bool = False


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


class ConversationOverflowed(ConversationEvent, frozen=True, kw_only=True):
    """A queue could not serve a conversation well; what it does then follows as a move, where it is one.

    Attributes:
        queue: Which queue.
        when: The condition that held.
        do: What is done.
        measured: How many waited, or milliseconds that it waited or would have; None where nothing is measured.
        limit: What that was compared with.
        to_queue: Where it is transferred to, or would have been.
        answer_at: When its customer can expect an answer, for `later`; None where that is not known.
        stays: Why it is not transferred or ended all the same; empty where it is.
    """

    queue: str
    when: OverflowCondition
    do: OverflowAction
    measured: int | None = None
    limit: int | None = None
    to_queue: str | None = None
    answer_at: Timestamp | None = None
    stays: str = ""


class SkillsSet(ConversationEvent, frozen=True, kw_only=True):
    """Somebody said what a conversation needs, beside what its workstream asks."""

    skills: dict[str, int]
    by: str
