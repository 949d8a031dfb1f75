"""The process that the daemon has to itself: its event loop, and how Python shares the time in it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Final, TypeVar

import anyio

T = TypeVar("T")

_COLLECT_AFTER: Final = 10_000
"""New objects after which Python looks for cycles among them. Its own 700 are what thirty requests in flight are made
of: it would look at those again and again, and then at all there is, for what goes by itself a moment later."""

_SWITCH_AFTER: Final = 0.0005
"""Seconds for which a busy thread keeps others from Python's lock. A commit needs it between its statements, and waits
for longer than it writes with Python's own 5 ms."""


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run on asyncio; on its faster loop, where that is installed. The process should be nobody else's."""
    gc.set_threshold(_COLLECT_AFTER)
    sys.setswitchinterval(_SWITCH_AFTER)
    return anyio.run(work, backend_options={"use_uvloop": find_spec("uvloop") is not None})
