"""The event feed: every committed event, for subscribers who follow it and resume where they were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import anyio

from cordboard.engine.events import Event
from cordboard.engine.ports import History

_CHUNK = 500
"""Events a subscriber gets from the store at once when they are behind."""


class Feed:
    """Committed events in order, without a gap.

    Subscribers pull: each has nothing but a cursor here. The latest events are in memory, and one who is further behind
    reads from the store until they have caught up, so a slow subscriber costs nobody anything.

    Attributes:
        cursor: The number of the last committed event.
    """

    def __init__(self, board: str, history: History, *, ring: int) -> None:
        self._board = board
        self._history = history
        self._limit = ring
        self._ring: list[Event] = []
        self._news = anyio.Event()
        self._closed = False
        self.cursor = 0

    def begin(self, cursor: int) -> None:
        """Start after the event numbered `cursor`, or go on from there; what came before is read from the store."""
        self.cursor = cursor
        self._ring.clear()
        self._tell()

    def publish(self, events: Sequence[Event]) -> None:
        """Let subscribers have what was committed."""
        if not events:
            return

        if events[0].seq != self.cursor + 1:
            self._ring.clear()  # the ring has no gap: the store fills it

        self._ring.extend(events)
        self.cursor = events[-1].seq
        if len(self._ring) > 2 * self._limit:
            del self._ring[: -self._limit]

        self._tell()

    def close(self) -> None:
        """End every subscription once it has what was published."""
        self._closed = True
        self._news.set()

    async def events(self, after: int) -> AsyncIterator[Event]:
        """Yield every event numbered above `after` in order, waiting for more until the feed closes.

        A cursor from beyond the last event (of a journal that is no more, say) counts as the last one.
        """
        after = min(after, self.cursor)
        while True:
            news = self._news
            events = await self._next(after)
            for event in events:
                yield event
                after = event.seq

            if not events:
                if self._closed:
                    return

                await news.wait()

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def _next(self, after: int) -> Sequence[Event]:
        if after >= self.cursor:
            return ()

        first = self._ring[0].seq if self._ring else self.cursor + 1
        if after + 1 >= first:
            return self._ring[after + 1 - first :]

        return await self._history.events(self._board, after=after, limit=_CHUNK)
