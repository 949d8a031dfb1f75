"""Events take effect here. Nothing else changes the state, so a journal replays to the same board."""

from __future__ import annotations

from msgspec.structs import replace

from cordboard.engine.board.effects import conversations, messages, people
from cordboard.engine.board.state import BoardState
from cordboard.engine.events import Event

_EFFECTS = {**people.EFFECTS, **conversations.EFFECTS, **messages.EFFECTS}


def evolve(state: BoardState, event: Event) -> None:
    """Let `event` have happened."""
    state.at = event.at
    state.counters = replace(state.counters, seq=event.seq)
    _EFFECTS[type(event)](state, event)
