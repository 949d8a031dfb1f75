"""The conversation's machine: everything that decides where a conversation may go is in this file.

`TABLE` is the machine. Every state has a row, and a move that is not in the row of its state cannot happen: asking
for it raises `IllegalTransition`, which changes nothing. The table is declared to `transitions.Machine`, which checks
it and draws the diagram in the documentation; `move` looks moves up in a dictionary compiled from that machine, because
a machine for every conversation would cost kilobytes and a trigger tens of microseconds, and the look-up does not.

Three moves keep the state and change what is beside it. `park` and `resume` are both active to active, and `parked`
tells which of them is possible: `PARKED` holds that second, smaller table. `end_wrap_up` is closed to closed, and frees
the closing rep's capacity.
"""

from __future__ import annotations

from transitions import Machine

from cordboard.engine.errors import IllegalTransition
from cordboard.engine.vocabulary import State, Trigger

TABLE: dict[State, dict[Trigger, State]] = {
    State.NEW: {
        Trigger.ENQUEUE: State.QUEUED,
        Trigger.CLOSE: State.CLOSED,
    },
    State.QUEUED: {
        Trigger.ASSIGN: State.ASSIGNED,
        Trigger.PICK: State.ACTIVE,
        Trigger.REQUEUE: State.QUEUED,
        Trigger.CLOSE: State.CLOSED,
    },
    State.ASSIGNED: {
        Trigger.ACCEPT: State.ACTIVE,
        Trigger.DECLINE: State.QUEUED,
        Trigger.EXPIRE: State.QUEUED,
        Trigger.WITHDRAW: State.QUEUED,
        Trigger.CLOSE: State.CLOSED,
    },
    State.ACTIVE: {
        Trigger.PARK: State.ACTIVE,
        Trigger.RESUME: State.ACTIVE,
        Trigger.WAKE: State.ASSIGNED,
        Trigger.RELEASE: State.QUEUED,
        Trigger.TRANSFER: State.ASSIGNED,
        Trigger.CLOSE: State.CLOSED,
    },
    State.CLOSED: {
        Trigger.REOPEN: State.QUEUED,
        Trigger.END_WRAP_UP: State.CLOSED,
    },
}

PARKED: dict[Trigger, bool] = {
    Trigger.PARK: False,
    Trigger.RESUME: True,
    Trigger.WAKE: True,
}
"""Of the moves out of active: which of them want the conversation parked already, or not parked yet."""


ROWS = [
    {"trigger": trigger.value, "source": state.value, "dest": goal.value}
    for state, row in TABLE.items()
    for trigger, goal in row.items()
]
"""The table as `transitions` wants it."""

STATES = [state.value for state in TABLE]


def build_machine() -> Machine:
    """Declare the table to `transitions`, which refuses one that does not hold together."""
    return Machine(states=STATES, transitions=ROWS, initial=State.NEW.value, auto_transitions=False)


def _compile(machine: Machine) -> dict[tuple[State, Trigger], State]:
    return {
        (State(source), Trigger(name)): State(transition.dest)
        for name, event in machine.events.items()
        for source, transitions in event.transitions.items()
        for transition in transitions
    }


_MOVES = _compile(build_machine())


def move(conversation: int, state: State, trigger: Trigger, *, parked: bool = False) -> State:
    """Return where `trigger` takes a conversation that is in `state`.

    Args:
        conversation: Its id, for the error.
        state: Where it is.
        trigger: What is asked of it.
        parked: Whether it is parked; only active conversations ever are.

    Raises:
        IllegalTransition: Its state has no such move.
    """
    goal = _MOVES.get((state, trigger))
    if goal is None:
        raise IllegalTransition(conversation=conversation, state=state, trigger=trigger)

    if state is State.ACTIVE and PARKED.get(trigger, parked) is not parked:
        why = "it is parked" if parked else "it is not parked"
        raise IllegalTransition(conversation=conversation, state=state, trigger=trigger, why=why, parked=parked)

    return goal


def draw() -> str:
    """Return the machine as a Mermaid diagram."""
    from transitions.extensions import GraphMachine  # twice the import time, for the documentation alone

    machine = GraphMachine(
        states=STATES, transitions=ROWS, initial=State.NEW.value, auto_transitions=False, graph_engine="mermaid"
    )
    lines = machine.get_graph().source.splitlines()
    arrows = [line for line in lines if "-->" in line]
    return "\n".join(["stateDiagram-v2", *arrows])


if __name__ == "__main__":
    print(draw())
