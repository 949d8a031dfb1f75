"""What the acceptance tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.acceptance.harness import Carrier, running_carrier


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """The carrier at the other end of the daemon's channel."""
    async with running_carrier() as running:
        yield running
