"""What every test stands on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("on any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on any machine")

_PROPERTY_TIMEOUT: Final = 900
"""Seconds. Hypothesis spends up to 300 on making what fails smaller, and would take an interruption for a failure that
comes and goes, and tell of that instead."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, and give tests of properties the time to say what fails: Hypothesis has marked them."""
    items.sort(key=lambda item: "chaos/test_chaos.py" not in item.nodeid)  # or three processes wait for it at the end
    for item in items:
        if item.get_closest_marker("hypothesis") is not None:
            item.add_marker(pytest.mark.timeout(_PROPERTY_TIMEOUT))


@pytest.fixture
def anyio_backend() -> str:
    """Cordboard runs on asyncio: aiosqlite and uvicorn do."""
    return "asyncio"


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Leave logging as it was: whatever runs a command in this process sends it to a stream that is closed later."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    structlog.reset_defaults()
    root.setLevel(level)
    root.handlers[:] = handlers
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).setLevel(logging.NOTSET)
        logging.getLogger(name).propagate = True
