"""Reps: presence, and what becomes of their conversations when they go."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.inbound import home_queue
from cordboard.engine.commands import SetPresence
from cordboard.engine.errors import NotAllowed, NotFound
from cordboard.engine.events import ConversationReleased, OfferWithdrawn, PresenceChanged
from cordboard.engine.vocabulary import SYSTEM, Presence, State


def set_presence(decision: Decision, command: SetPresence) -> None:
    """Change a rep's presence: their own, or anybody's for a supervisor.

    Who goes offline loses their offers at once, and the conversations they hold after their `disconnect_grace`.
    """
    state = decision.state
    rep = state.reps.get(command.rep)
    if rep is None:
        raise NotFound(f"there is no rep {command.rep!r} on board {state.board!r}")

    if command.by != command.rep and not decision.supervises(command.by):
        raise NotAllowed(f"only a supervisor may set the presence of {command.rep}")

    if rep.presence is command.presence:
        return

    offline = command.presence is Presence.OFFLINE
    grace = state.rep_settings[command.rep].disconnect_grace
    decision.emit(
        PresenceChanged,
        rep=command.rep,
        presence=command.presence,
        by=command.by,
        release_at=decision.at + grace if offline else None,
    )
    if offline:
        withdraw_offers(decision, command.rep, why="offline")


def withdraw_offers(decision: Decision, rep: str, *, why: str) -> None:
    """Take back every offer a rep has."""
    for conversation in decision.state.held_by(rep):
        if conversation.state is State.ASSIGNED:
            decision.emit(OfferWithdrawn, conversation=conversation.id, rep=rep, by=SYSTEM, why=why)


def release_held(decision: Decision, rep: str, *, why: str) -> None:
    """Put every active conversation of a rep back on its queue."""
    for conversation in decision.state.held_by(rep):
        if conversation.state is State.ACTIVE:
            queue = home_queue(decision, conversation)
            decision.emit(
                ConversationReleased, conversation=conversation.id, queue=queue, by=SYSTEM, why=why, disconnected=True
            )
