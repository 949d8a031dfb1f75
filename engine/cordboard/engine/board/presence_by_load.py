"""The presence that follows from what a rep holds, where the system has a say in it."""

from __future__ import annotations

from cordboard.engine.board.holdings import Holdings
from cordboard.engine.config import PresenceRules
from cordboard.engine.states import RepState
from cordboard.engine.vocabulary import Presence, PresenceReason


def presence_by_load(rep: RepState, rules: PresenceRules, holdings: Holdings, *, turn: bool) -> Presence:
    """Return what a rep's presence is by what they hold; as it is, where the system has no say in it.

    Args:
        rep: Who.
        rules: What is configured of presences.
        holdings: What reps hold.
        turn: Whether they have accepted or closed something since: the presence that a person chose ends with that.
    """
    follows = rep.why is PresenceReason.CAPACITY or (
        rules.automatic and rep.presence in (Presence.AVAILABLE, Presence.BUSY) and (rep.why is not None or turn)
    )
    if not follows:
        return rep.presence

    if not rules.automatic or not holdings.load_of(rep.name):  # without capacity, what takes none of it may be done
        return Presence.AVAILABLE

    return Presence.BUSY if holdings.free_of(rep.name) > 0 else Presence.DO_NOT_DISTURB


def may_follow_load(rep: RepState, rules: PresenceRules) -> bool:
    """Whether a rep's presence has to be looked at when what they hold changes."""
    return rules.automatic or rep.draining is not None or rep.why is PresenceReason.CAPACITY
