"""Turns: which text goes to a channel's carrier next, how many are on their way, and at what pace.

A number keeps the pace that its carrier allows it (a token bucket in the carrier's own unit); a channel has so many
requests under way as its carrier stands, which shows (AIMD: one more for every round that goes well, half of them when
the carrier says that it is too much). Among texts that could go, replies go before what is sent to many, and the older
before the newer. A channel that is stopped lets one text try, now and then.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import anyio

from cordboard.engine.carrier import Accepted, Pace, Rejected, SendResult, Throttled

Order: TypeAlias = tuple[bool, int]
"""The smallest goes first: whether it is one of many, and its id."""

TRY_STOPPED_EVERY: Final = 60.0
"""Seconds between tries on a stopped channel: soon enough for whoever mends it, and no burden to the carrier."""

_AT_ONCE: Final = 0.1
"""Seconds of a pace that may be used at once after a pause. More would put too much into the carrier's own window."""

_LEAST_AT_ONCE: Final = 1.0


class Bucket:
    """What a number may send now: it fills with time, and a text takes its units out.

    A text of more units than the bucket holds goes when the bucket is full, and leaves a debt.
    """

    def __init__(self, pace: Pace, now: float) -> None:
        self.pace = pace
        self._rate = pace.amount / pace.per * 1000
        self._depth = max(self._rate * _AT_ONCE, _LEAST_AT_ONCE)
        self._level = self._depth
        self._at = now

    def wait(self, units: int, now: float) -> float:
        """Return the seconds until a text of so many units may go; 0 for now."""
        self._fill(now)
        return max(0.0, (min(units, self._depth) - self._level) / self._rate)

    def take(self, units: int, now: float) -> None:
        """Let such a text go."""
        self._fill(now)
        self._level -= units

    def _fill(self, now: float) -> None:
        self._level = min(self._depth, self._level + (now - self._at) * self._rate)
        self._at = now


class _Waiter:
    """A text that waits for its turn."""

    __slots__ = ("end", "gone", "granted", "news", "order", "units")

    def __init__(self, order: Order, units: int) -> None:
        self.order = order
        self.units = units
        self.news = anyio.Event()
        self.end = anyio.Event()
        self.granted = False
        self.gone = False

    def __lt__(self, other: _Waiter) -> bool:
        return self.order < other.order


class Turns:
    """The turns of one channel's texts. To be used in a running loop.

    Args:
        most: How many may be on their way at once, at the best of times.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._width = float(most)
        self._under_way = 0
        self._narrowed_at = float("-inf")
        self._not_before = float("-inf")
        self._probing = False
        self._lines: dict[str, list[_Waiter]] = {}
        self._buckets: dict[str, Bucket] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._ends: set[anyio.Event] = set()

    @property
    def width(self) -> int:
        """How many texts may be on their way now."""
        return 1 if self._probing else int(self._width)

    @asynccontextmanager
    async def turn(self, number: str, pace: Pace | None, *, units: int, order: Order) -> AsyncIterator[None]:
        """Wait for a text's turn, and have it.

        Args:
            number: The number of ours that sends it.
            pace: What that number may send; None for as much as it likes.
            units: How much of it this text is.
            order: Its place among those that wait.
        """
        self._keep_pace(number, pace)
        waiter = _Waiter(order, units)
        heapq.heappush(self._lines.setdefault(number, []), waiter)
        self._grant()
        try:
            await waiter.news.wait()
            yield
        finally:
            waiter.gone = True
            if waiter.granted:
                self._under_way -= 1
                self._ends.remove(waiter.end)
                waiter.end.set()

            self._grant()

    def learn(self, result: SendResult, began: float) -> None:
        """Take in how a carrier answered a text whose turn began at a moment of the loop's clock."""
        if isinstance(result, Rejected) and result.channel_down:
            self.stop()
        elif isinstance(result, Accepted | Rejected):
            self._probing = False
            self._width = min(self._width + 1 / self._width, self._most)
        elif isinstance(result, Throttled) and began > self._narrowed_at:
            # Those that were under way together are told together: that is one hint, not many.
            self._narrowed_at = anyio.current_time()
            self._width = max(self._width / 2, 1.0)

    def stop(self) -> None:
        """Let nothing go for a while, and then one text after the other until one is taken."""
        self._probing = True
        self._not_before = anyio.current_time() + TRY_STOPPED_EVERY

    def probe(self) -> None:
        """Let one text try now: the channel was stopped, and may have been mended."""
        self._probing = True
        self._not_before = float("-inf")
        self._grant()

    async def idle(self) -> None:
        """Wait until nothing that is on its way now still is."""
        for end in tuple(self._ends):  # not of those that begin meanwhile, or a busy channel would never be idle
            await end.wait()

    def _keep_pace(self, number: str, pace: Pace | None) -> None:
        if pace is None:
            self._buckets.pop(number, None)
        elif number not in self._buckets or self._buckets[number].pace != pace:
            self._buckets[number] = Bucket(pace, anyio.current_time())

    def _grant(self) -> None:
        """Let everything go that may go now, and see to it that the rest is looked at when it may."""
        now = anyio.current_time()
        while self._under_way < self.width:
            wait, number = self._next(now)
            if number is None:
                return

            if wait > 0:
                self._look_again(wait)
                return

            self._let_go(number, now)

    def _next(self, now: float) -> tuple[float, str | None]:
        """Return the number whose first text goes next, and the seconds until it may."""
        best: tuple[float, Order, str] | None = None
        for number in list(self._lines):
            line = self._lines[number]
            while line and line[0].gone:
                heapq.heappop(line)

            if not line:
                del self._lines[number]
                continue

            bucket = self._buckets.get(number)
            wait = max(bucket.wait(line[0].units, now) if bucket else 0.0, self._not_before - now)
            best = min(best or (wait, line[0].order, number), (wait, line[0].order, number))

        return (best[0], best[2]) if best else (0.0, None)

    def _let_go(self, number: str, now: float) -> None:
        waiter = heapq.heappop(self._lines[number])
        if number in self._buckets:
            self._buckets[number].take(waiter.units, now)

        self._ends.add(waiter.end)
        self._under_way += 1
        waiter.granted = True
        waiter.news.set()

    def _look_again(self, wait: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

        self._alarm = asyncio.get_running_loop().call_later(wait, self._grant)
