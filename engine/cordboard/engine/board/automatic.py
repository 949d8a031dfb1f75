"""What the system says of reps by itself: by what they hold, by offers they let go, and when they are done."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.state import BoardState
from cordboard.engine.events import PresenceChanged
from cordboard.engine.states import PresenceChoice, RepState
from cordboard.engine.vocabulary import SYSTEM, Presence, PresenceReason


def become(
    decision: Decision, rep: str, choice: PresenceChoice, *, by: str = SYSTEM, why: PresenceReason | None = None
) -> None:
    """Let a rep have a presence; who goes offline will lose what they hold after their `disconnect_grace`."""
    release_at = None
    if choice.presence is Presence.OFFLINE:
        grace = decision.state.configured.reps[rep].disconnect_grace
        release_at = decision.state.reps[rep].release_at or decision.at + grace  # who is offline already is so longer

    decision.emit(
        PresenceChanged,
        rep=rep,
        presence=choice.presence,
        custom=choice.custom,
        by=by,
        why=why,
        release_at=release_at,
    )


def as_configured(state: BoardState, choice: PresenceChoice) -> PresenceChoice:
    """Return a choice that was made before as it is now: its custom presence may be gone, or mean something else."""
    custom = state.configured.presences.get(choice.custom)
    if custom is None:
        return PresenceChoice(presence=choice.presence, why=choice.why)

    return PresenceChoice(presence=custom.base, custom=choice.custom, why=choice.why)


def align(decision: Decision) -> None:
    """Bring presences in line with what reps hold, when everything is assigned: one change for a whole command."""
    state = decision.state
    automatic = state.configured.config.presence.automatic
    while state.loaded:
        name = next(iter(state.loaded))
        rep = state.reps.get(name)
        if rep is not None and rep.draining is not None and is_done(state, rep):
            del state.loaded[name]
            become(decision, name, as_configured(state, rep.draining), why=PresenceReason.DONE)
        elif rep is not None:
            presence = state.presence_due(rep)
            turn = state.loaded.pop(name) and automatic
            # From their turn on, the presence that a person had chosen is the system's to change.
            if presence is not rep.presence or (turn and rep.why is None and rep.presence in _YIELDING):
                become(decision, name, PresenceChoice(presence=presence), why=PresenceReason.CAPACITY)
        else:
            del state.loaded[name]


def is_done(state: BoardState, rep: RepState) -> bool:
    """Whether a rep who finishes what they have has finished."""
    return rep.presence is not Presence.OFFLINE and not state.holdings.holds(rep.name)


def let_go(decision: Decision, rep: str, why: PresenceReason) -> None:
    """Say of a rep who missed or declined an offer what the configuration says of them.

    Who had said themselves that they are away, or do not want to be disturbed, stays so.
    """
    rules = decision.state.configured.config.presence
    presence = rules.missed if why is PresenceReason.MISSED else rules.declined
    known = decision.state.reps[rep]
    if presence is not None and (known.presence in _YIELDING or known.why is PresenceReason.CAPACITY):
        become(decision, rep, PresenceChoice(presence=presence), why=why)


_YIELDING = (Presence.AVAILABLE, Presence.BUSY)
"""Presences that the system may replace though a person has chosen them."""
