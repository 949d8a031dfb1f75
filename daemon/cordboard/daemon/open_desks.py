"""Whose desk is open: the streams that reps' pages hold, counted, and told to the board."""

from __future__ import annotations

import asyncio
import logging
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

_FIRST_PAUSE: Final = 1.0
"""Seconds until the board is told once more what it could not take; each time twice as many."""

_LONGEST_PAUSE: Final = 30.0
"""So whoever came back within the grace time is known to have, unless the store is away for nearly all of it."""


class OpenDesks:
    """Tells the board who has a desk open, whenever that changes.

    A rep has as many streams as open pages; the first and the last matter. What the board cannot take just now it is
    told again later, as it is then; the news of others do not wait for it. What it would never take is logged once.

    Args:
        engine: Whose board is told.
        stopping: Set when the daemon begins to stop. Then every stream ends, and that says nothing of anybody.
        pause: Seconds until the board is told for the second time.
    """

    def __init__(self, engine: Engine, stopping: asyncio.Event, *, pause: float = _FIRST_PAUSE) -> None:
        self._engine = engine
        self._stopping = stopping
        self._streams: Counter[str] = Counter()
        self._changed: dict[str, None] = {}
        self._news = anyio.Event()
        self._pause = pause
        self._pauses: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

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
        pause = self._pause
        while not await self._settled(DesksLost()):  # first: it would undo what is told before it
            await anyio.sleep(pause)
            pause = _longer(pause)

        while True:
            await self._news.wait()
            self._news = anyio.Event()
            while self._changed:
                rep = next(iter(self._changed))
                del self._changed[rep]
                await self._tell_of(rep)

    async def _tell_of(self, rep: str) -> None:
        if timer := self._timers.pop(rep, None):
            timer.cancel()  # what it would tell is told now

        if await self._settled(RepConnected(rep=rep) if rep in self._streams else RepDisconnected(rep=rep)):
            self._pauses.pop(rep, None)
            return

        pause = self._pauses.get(rep, self._pause)
        self._pauses[rep] = _longer(pause)
        self._timers[rep] = asyncio.get_running_loop().call_later(pause, self._note, rep)

    def _note(self, rep: str) -> None:
        if not self._stopping.is_set():
            self._changed[rep] = None
            self._news.set()

    async def _settled(self, command: Command) -> bool:
        """Tell the board, and return whether that is over: kept, or refused for ever."""
        try:
            await self._engine.submit(command)
        except NotFound:  # who is no longer configured has no presence either
            return True
        except CordboardError as error:
            level = logging.WARNING if error.retryable else logging.ERROR
            log.log(level, "desk_not_noted", command=type(command).__name__, reason=str(error), again=error.retryable)
            return not error.retryable
        except Exception:  # noqa: BLE001 - a defect with one rep's news, which the engine has logged, is not the others'
            return True

        return True


def _longer(pause: float) -> float:
    return min(2 * pause, _LONGEST_PAUSE)
