"""Whose desk is open: the streams that reps' pages hold, counted, and told to the board."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import anyio
import structlog

from cordboard.engine import Engine
from cordboard.engine.commands import Command, DesksLost, RepConnected, RepDisconnected
from cordboard.engine.errors import CordboardError, NotFound

log = structlog.get_logger(__name__)

_AGAIN: Final = 1.0
"""Seconds until the board is told once more what it could not take."""


class OpenDesks:
    """Tells the board who has a desk open, whenever that changes: in the order in which it does, and until it is kept.

    A rep has as many streams as open pages; the first and the last matter.

    Args:
        engine: Whose board is told.
        stopping: Set when the daemon begins to stop. Then every stream ends, and that says nothing of anybody.
    """

    def __init__(self, engine: Engine, stopping: asyncio.Event) -> None:
        self._engine = engine
        self._stopping = stopping
        self._streams: Counter[str] = Counter()
        self._changed: dict[str, None] = {}
        self._news = anyio.Event()

    @contextmanager
    def opened(self, rep: str) -> Iterator[None]:
        """Count a stream of a rep's for as long as it is open."""
        self._streams[rep] += 1
        if self._streams[rep] == 1:
            self._note(rep)

        try:
            yield
        finally:
            self._streams[rep] -= 1
            if not self._streams[rep]:
                del self._streams[rep]
                self._note(rep)

    async def tell(self) -> None:
        """Tell the board, from the daemon's first moment on: whoever had a desk open before has yet to come back."""
        await self._submit(DesksLost())
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            while self._changed:
                rep = next(iter(self._changed))
                del self._changed[rep]
                await self._submit(RepConnected(rep=rep) if rep in self._streams else RepDisconnected(rep=rep))

    def _note(self, rep: str) -> None:
        if not self._stopping.is_set():
            self._changed[rep] = None
            self._news.set()

    async def _submit(self, command: Command) -> None:
        while True:
            try:
                await self._engine.submit(command)
            except NotFound:  # who is no longer configured has no presence either
                return
            except CordboardError as error:
                log.warning("desk_not_noted", command=type(command).__name__, reason=str(error))
                await anyio.sleep(_AGAIN)
            else:
                return
