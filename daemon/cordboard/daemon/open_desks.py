"""Whose desk is open: the streams that reps' pages hold, counted, and told to the board."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

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

_LONGEST_AFTER_DEFECT: Final = 600.0
"""A defect may need another state of the board, or another version; and the engine logs each try with its traceback."""


class _Refusal(NamedTuple):
    """Why the board did not take something.

    Attributes:
        again: It may be taken later.
        defect: A decision failed that should not have.
    """

    again: bool
    defect: bool = False

    def longer(self, pause: float) -> float:
        """Return the pause after the next one."""
        return min(2 * pause, _LONGEST_AFTER_DEFECT if self.defect else _LONGEST_PAUSE)


class OpenDesks:
    """Tells the board who has a desk open, whenever that changes.

    A rep has as many streams as open pages; the first and the last matter. What the board does not take just now, by a
    defect too, it is told again later, as it is then; the news of others do not wait for it. What is refused, and would
    be for ever, is not told again. The log says of either once what kept it.

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
        pause, first = self._pause, True
        # Before anything else: it would undo what is told before it.
        while (refusal := await self._refusal_of(DesksLost(), first=first)) is not None:
            await anyio.sleep(pause)
            pause, first = refusal.longer(pause), False

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

        command = RepConnected(rep=rep) if rep in self._streams else RepDisconnected(rep=rep)
        refusal = await self._refusal_of(command, first=rep not in self._pauses)
        if refusal is None:
            self._pauses.pop(rep, None)
            return

        pause = self._pauses.get(rep, self._pause)
        self._pauses[rep] = refusal.longer(pause)
        self._timers[rep] = asyncio.get_running_loop().call_later(pause, self._note, rep)

    def _note(self, rep: str) -> None:
        if not self._stopping.is_set():
            self._changed[rep] = None
            self._news.set()

    async def _refusal_of(self, command: Command, *, first: bool) -> _Refusal | None:
        """Tell the board, and return what kept it; None where that is over: it was taken, or is refused for ever.

        Args:
            command: What it is told.
            first: Whether it is told for the first time: then the log says what kept it.
        """
        try:
            await self._engine.submit(command)
        except NotFound:  # who is no longer configured has no presence either
            return None
        except CordboardError as error:
            refusal = _Refusal(error.retryable)
            level, reason = logging.WARNING if error.retryable else logging.ERROR, str(error)
        except Exception:  # noqa: BLE001 - a defect with one rep's news, which the engine has logged, is not the others'
            # Everybody's news would wait for the desks that were lost.
            refusal = _Refusal(again=not isinstance(command, DesksLost), defect=True)
            level, reason = logging.ERROR, "a defect, which is logged beside this"
        else:
            return None

        if first:
            log.log(level, "desk_not_noted", command=type(command).__name__, reason=reason, again=refusal.again)

        return refusal if refusal.again else None
