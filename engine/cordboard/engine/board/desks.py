"""Reps' desks: open, lost, and back again.

A page that is loaded again closes its desk and opens another one, so a desk that is lost counts as gone only some
seconds later. Then its rep is offline, and gets their presence back if they are back within their `disconnect_grace`.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from cordboard.engine.board.automatic import as_configured, become, is_done
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.reps import withdraw_offers
from cordboard.engine.commands import DesksLost, RepConnected, RepDisconnected
from cordboard.engine.config import SECOND
from cordboard.engine.errors import NotFound, Thing
from cordboard.engine.events import DeskConnected, DeskGone, DeskLost
from cordboard.engine.states import PresenceChoice, RepState
from cordboard.engine.vocabulary import Presence, PresenceReason

ABSENCE: Final = 10 * SECOND
"""A browser opens a broken stream again after 3 to 5 seconds, and a page takes some to load on a poor connection."""


def connect(decision: Decision, command: RepConnected) -> None:
    """Note that a rep has a desk open. Who was offline for want of one is what they were before.

    Who is back too late to have kept their conversations is available, and who went offline themselves stays so.
    """
    rep = _known(decision, command.rep)
    if rep.connected and rep.gone_at is None:
        return

    decision.emit(DeskConnected, rep=rep.name)
    if rep.before is not None:
        choice = _presence_after(decision, rep, rep.before)
        become(decision, rep.name, choice, why=choice.why)


def disconnect(decision: Decision, command: RepDisconnected) -> None:
    """Note that a rep has no desk open any more."""
    rep = _known(decision, command.rep)
    if rep.connected and rep.gone_at is None:
        decision.emit(DeskLost, rep=rep.name, gone_at=decision.at + ABSENCE)


def lose_all(decision: Decision, _command: DesksLost) -> None:
    """Give everybody who had a desk their `disconnect_grace` to open it again."""
    for _, rep in sorted(decision.state.reps.items()):  # in an order that a restored board has, too
        if rep.connected:
            grace = decision.state.configured.reps[rep.name].disconnect_grace
            decision.emit(DeskLost, rep=rep.name, gone_at=decision.at + grace)


def give_up(decision: Decision, name: str) -> None:
    """Let a rep whose desk has not come back be offline."""
    decision.emit(DeskGone, rep=name)
    if decision.state.reps[name].presence is not Presence.OFFLINE:
        become(decision, name, PresenceChoice(presence=Presence.OFFLINE), why=PresenceReason.DISCONNECTED)
        withdraw_offers(decision, name, why="desk gone")


def _presence_after(decision: Decision, rep: RepState, before: PresenceChoice) -> PresenceChoice:
    """Return what a rep is who is back."""
    state = decision.state
    in_time = rep.release_at is not None and decision.at < rep.release_at
    choice = as_configured(state, before) if in_time else PresenceChoice(presence=Presence.AVAILABLE)
    back = replace(rep, presence=choice.presence, why=choice.why or PresenceReason.RECONNECTED)
    if back.draining is not None and is_done(state, back):
        return replace(as_configured(state, back.draining), why=PresenceReason.DONE)

    presence = state.presence_due(back)
    return PresenceChoice(presence=presence, custom=choice.custom if presence is choice.presence else "", why=back.why)


def _known(decision: Decision, name: str) -> RepState:
    rep = decision.state.reps.get(name)
    if rep is None:
        raise NotFound(f"there is no rep {name!r} on board {decision.state.board!r}", what=Thing.REP)

    return rep
