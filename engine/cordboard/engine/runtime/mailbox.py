"""The mailbox: where commands wait for the writer."""

from __future__ import annotations

import asyncio
from collections import deque

import anyio
import msgspec

from cordboard.engine.commands import Command
from cordboard.engine.errors import InvalidMessage, NotRunning, Overloaded
from cordboard.engine.records import Once, Outcome

_encode = msgspec.json.Encoder().encode


class Letter:
    """A command on its way, and the future of its outcome."""

    __slots__ = ("command", "once", "outcome")

    def __init__(self, command: Command, once: Once | None, outcome: asyncio.Future[Outcome]) -> None:
        self.command = command
        self.once = once
        self.outcome = outcome

    def answer(self, outcome: Outcome) -> None:
        """Tell the caller, if they still wait."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def fail(self, error: Exception) -> None:
        """Tell the caller that it did not happen, if they still wait."""
        if not self.outcome.done():
            self.outcome.set_exception(error)


class Mailbox:
    """A bounded queue with one reader, who takes many letters at a time.

    Futures rather than anyio's memory streams: a command is answered, not only passed on, and this is the hot path.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._letters: deque[Letter] = deque()
        self._news = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._letters)

    @property
    def room(self) -> int:
        """How many more letters it takes."""
        return self._limit - len(self._letters)

    def post(self, command: Command, once: Once | None = None) -> asyncio.Future[Outcome]:
        """Put a command in, and return the future of its outcome.

        Raises:
            NotRunning: The mailbox is closed.
            Overloaded: It is full.
            InvalidMessage: No store could keep it: it has half a character (a lone surrogate) somewhere.
        """
        if self._closed:
            raise NotRunning("the engine is stopping and takes nothing more; ask again when it is back")

        if len(self._letters) >= self._limit:
            raise Overloaded(f"{self._limit} commands are waiting already; ask again in a moment")

        try:
            _encode((command, once))
        except UnicodeEncodeError as error:
            raise InvalidMessage("there is half a character (a lone surrogate) in it; remove it") from error

        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._letters.append(Letter(command, once, outcome))
        self._news.set()
        return outcome

    async def take(self, most: int, *, wait: float | None) -> list[Letter] | None:
        """Return the letters that are there, waiting for the first at most `wait` seconds; None once it is closed."""
        if not self._letters and not self._closed:
            with anyio.move_on_after(wait):
                await self._news.wait()

        if self._closed and not self._letters:
            return None

        letters = [self._letters.popleft() for _ in range(min(most, len(self._letters)))]
        if not self._letters and not self._closed:
            self._news.clear()

        return letters

    def close(self) -> None:
        """Take nothing more; the reader still gets what is there."""
        self._closed = True
        self._news.set()
