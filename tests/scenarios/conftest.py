"""What the tests of a conversation's transitions stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from docs.remake import Transition, read_transition
from tests.scenarios.life import Life

from cordboard.engine.board.conversation import TABLE


@pytest.fixture
def life(request: pytest.FixtureRequest) -> Iterator[Life]:
    """A life that a test plays, and in which happens what the test's docstring says of Cordboard, with a stop."""
    told: Transition = read_transition(request.function.__name__, request.function.__doc__)
    played = Life()
    yield played

    assert played.stopped
    assert all(TABLE[state].get(trigger) is goal for state, trigger, goal in told.ours)
    moves = iter(played.moves)
    assert all(move in moves for move in told.ours), f"{told.ours} are not among {played.moves}, in this order"
