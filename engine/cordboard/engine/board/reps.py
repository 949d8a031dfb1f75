"""Reps: presence, and what becomes of their conversations when they go."""

from __future__ import annotations

from cordboard.engine.board.automatic import as_configured, become
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.inbound import home_queue
from cordboard.engine.board.state import BoardState
from cordboard.engine.commands import SetPresence
from cordboard.engine.errors import Bar, NotAllowed, NotFound, Thing
from cordboard.engine.events import ConversationReleased, DrainStarted, OfferWithdrawn
from cordboard.engine.states import PresenceChoice
from cordboard.engine.vocabulary import SYSTEM, Presence, PresenceReason, State


def set_presence(decision: Decision, command: SetPresence) -> None:
    """Change a rep's presence: their own, or anybody's for a supervisor.

    Who goes offline loses their offers at once, and the conversations they hold after their `disconnect_grace`. With
    `when_done`, a rep who holds anything keeps their presence until they have finished that, and gets nothing more.
    """
    state = decision.state
    rep = state.reps.get(command.rep)
    if rep is None:
        raise NotFound(f"there is no rep {command.rep!r} on board {state.board!r}", what=Thing.REP)

    if command.by != command.rep and not decision.supervises(command.by):
        raise NotAllowed(f"only a supervisor may set the presence of {command.rep}", bar=Bar.SUPERVISORS)

    choice = _chosen(state, command.presence)
    if command.when_done and rep.presence is not Presence.OFFLINE and state.holdings.holds(rep.name):
        if rep.draining != choice:
            decision.emit(DrainStarted, rep=rep.name, presence=choice.presence, custom=choice.custom, by=command.by)

        return

    said = PresenceChoice(presence=rep.presence, custom=rep.custom, why=rep.why)
    if said == choice and rep.draining is None and rep.before is None:
        return

    become(decision, rep.name, choice, by=command.by)
    if choice.presence is Presence.OFFLINE:
        withdraw_offers(decision, command.rep, why="offline")


def keep_presence(decision: Decision, name: str) -> None:
    """Let a rep's custom presence be what the configuration says it is now; one that is gone leaves its base."""
    rep = decision.state.reps[name]
    said = PresenceChoice(presence=rep.presence, custom=rep.custom, why=rep.why)
    choice = as_configured(decision.state, said)
    if choice == said:
        return

    become(decision, name, choice, why=PresenceReason.CONFIGURATION)
    if choice.presence is Presence.OFFLINE:
        withdraw_offers(decision, name, why="offline")


def _chosen(state: BoardState, presence: Presence | str) -> PresenceChoice:
    if isinstance(presence, str):
        custom = state.configured.presences.get(presence)
        if custom is not None:
            return PresenceChoice(presence=custom.base, custom=custom.name)

        try:
            presence = Presence(presence)
        except ValueError:
            raise NotFound(f"there is no presence {presence!r} on board {state.board!r}", what=Thing.PRESENCE) from None

    if presence is Presence.INACTIVE:
        raise NotAllowed(
            "only the system says of somebody that they are inactive; choose another presence", bar=Bar.SYSTEM
        )

    return PresenceChoice(presence=presence)


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
