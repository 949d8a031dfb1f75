"""What the tests of the engine stand on."""

from __future__ import annotations

import pytest

from cordboard.engine.testing.playground import Playground


@pytest.fixture
def world() -> Playground:
    """A fresh board where everybody is offline."""
    return Playground()
