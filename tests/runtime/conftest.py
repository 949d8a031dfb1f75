"""What the tests of the living engine stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from cordboard.engine import Engine, ManualClock
from cordboard.engine.testing.playground import CONFIG
from cordboard.engine.testing.recording import RecordingTransport
from cordboard.storage.memory import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    """A store that can be entered again."""
    return MemoryStore()


@pytest.fixture
def clock() -> ManualClock:
    """A clock that only tests move."""
    return ManualClock()


@pytest.fixture
def carrier() -> RecordingTransport:
    """A transport that keeps what it sends."""
    return RecordingTransport()


@pytest.fixture
async def engine(store: MemoryStore, clock: ManualClock, carrier: RecordingTransport) -> AsyncIterator[Engine]:
    """A running engine."""
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        yield engine
