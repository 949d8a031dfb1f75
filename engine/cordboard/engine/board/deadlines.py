"""What happens by itself: everything whose time has come."""

from __future__ import annotations

from cordboard.engine.board.automatic import let_go
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.desks import give_up
from cordboard.engine.board.inbound import home_queue
from cordboard.engine.board.reps import release_held
from cordboard.engine.board.routing.matching import reachable, settle
from cordboard.engine.board.routing.overflow import overflow_waited
from cordboard.engine.board.routing.widening import widen
from cordboard.engine.board.shifts import review_shift
from cordboard.engine.board.timers import TimerKey, quiet_at
from cordboard.engine.commands import Tick
from cordboard.engine.events import (
    ConversationClosed,
    ConversationParked,
    ConversationReleased,
    OfferAccepted,
    OfferExpired,
    ProfilesReset,
    WrapUpEnded,
)
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import SYSTEM, CloseReason, PresenceReason, State

MOST_AT_ONCE = 500
"""Deadlines that take effect in one go: after a weekend's stop there may be very many, and texts want to come in."""


def tick(decision: Decision, command: Tick) -> None:
    """Let deadlines that have passed take effect, the earliest first; what is left is due at once again.

    They take effect together, and only then is anything matched: nobody is offered something while what has ended as
    well, at the same moment or while nobody looked, would give them something else.
    """
    left = 1 if command.singly else MOST_AT_ONCE
    while taken := _take(decision, left):
        left -= taken
        if taken > 1:
            decision.state.timers.last_taken = None  # a defect of the match may be by any of them

        settle(decision)


def _take(decision: Decision, most: int) -> int:
    """Let at most so many deadlines take effect, and return how many did."""
    for taken in range(most):
        key = decision.state.timers.take(decision.at)
        if key is None:
            return taken

        _take_effect(decision, key)

    return most


def _take_effect(decision: Decision, key: TimerKey) -> None:
    kind, name = key
    if kind == "rep":
        release_held(decision, str(name), why="offline for longer than the grace time")
    elif kind == "day":
        decision.emit(ProfilesReset, rep=str(name))
    elif kind == "desk":
        give_up(decision, str(name))
    elif kind == "shift":
        review_shift(decision, str(name))
    elif kind == "search":
        widen(decision, decision.state.conversations[int(name)])
    elif kind == "overflow":
        overflow_waited(decision, decision.state.conversations[int(name)])
    else:
        _conversation_due(decision, decision.state.conversations[int(name)])


def _conversation_due(decision: Decision, conversation: Conversation) -> None:
    assignment = conversation.assignment
    match conversation.state:
        case State.ASSIGNED if assignment is not None and _is_binding(decision, conversation, assignment.rep):
            decision.emit(OfferAccepted, conversation=conversation.id, rep=assignment.rep, by=SYSTEM, why="auto-assign")
        case State.ASSIGNED if assignment is not None:
            decision.emit(OfferExpired, conversation=conversation.id, rep=assignment.rep, by=SYSTEM)
            let_go(decision, assignment.rep, PresenceReason.MISSED)
        case State.CLOSED if assignment is not None:
            why = "forgotten" if assignment.expires_at is None else ""
            decision.emit(WrapUpEnded, conversation=conversation.id, rep=assignment.rep, by=SYSTEM, why=why)
        case State.ACTIVE if not conversation.parked and _is_quiet(decision, conversation):
            rep = conversation.rep
            decision.emit(ConversationParked, conversation=conversation.id, rep=rep, by=SYSTEM, why="quiet")
        case State.ACTIVE if conversation.unanswered_since is not None:
            queue = home_queue(decision, conversation)
            why = "its customer still waits for an answer"
            decision.emit(ConversationReleased, conversation=conversation.id, queue=queue, by=SYSTEM, why=why)
        case _:
            decision.emit(ConversationClosed, conversation=conversation.id, reason=CloseReason.INACTIVITY, by=SYSTEM)


def _is_binding(decision: Decision, conversation: Conversation, rep: str) -> bool:
    """Whether an offer that nobody answered counts as accepted: not for who has left for another presence since."""
    workstream = decision.workstream(conversation)
    return workstream.auto_assign and reachable(decision.state, conversation, rep)


def _is_quiet(decision: Decision, conversation: Conversation) -> bool:
    quiet = quiet_at(conversation, decision.workstream(conversation))
    return quiet is not None and quiet <= decision.at
