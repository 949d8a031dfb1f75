"""The table is the machine."""

from __future__ import annotations

import itertools

import pytest
from transitions import MachineError
from transitions.core import Machine

from cordboard.engine.board.conversation import PARKED, TABLE, build_machine, move
from cordboard.engine.errors import IllegalTransition
from cordboard.engine.vocabulary import State, Trigger

EVERY_PAIR = list(itertools.product(State, Trigger))


class Walker:
    """A model for `transitions`."""

    state: str


@pytest.mark.parametrize(("state", "trigger"), EVERY_PAIR, ids=lambda each: each.value)
def test_the_lookup_and_transitions_agree_on_every_move(state: State, trigger: Trigger) -> None:
    walker = Walker()
    machine: Machine = build_machine()
    machine.add_model(walker, initial=state.value)
    try:
        walker.trigger(trigger.value)  # type: ignore[attr-defined] # transitions adds it
        expected = State(walker.state)
    except MachineError:
        expected = None

    parked = state is State.ACTIVE and PARKED.get(trigger, False)
    if expected is None:
        with pytest.raises(IllegalTransition) as refused:
            move(7, state, trigger, parked=parked)

        assert (refused.value.conversation, refused.value.state, refused.value.trigger) == (7, state, trigger)
        assert all(word in str(refused.value) for word in ("7", state.value, trigger.value))
    else:
        assert move(7, state, trigger, parked=parked) is expected


def test_every_state_has_a_row_and_every_trigger_is_used() -> None:
    assert set(TABLE) == set(State)
    assert {trigger for row in TABLE.values() for trigger in row} == set(Trigger)


@pytest.mark.parametrize(("trigger", "wants_parked"), PARKED.items())
def test_parking_decides_which_moves_an_active_conversation_has(trigger: Trigger, wants_parked: bool) -> None:
    move(1, State.ACTIVE, trigger, parked=wants_parked)

    with pytest.raises(IllegalTransition, match="parked"):
        move(1, State.ACTIVE, trigger, parked=not wants_parked)
