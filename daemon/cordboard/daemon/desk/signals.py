"""Streams that tell an open page which of its parts have changed: server-sent events that carry names, not content.

A page that hears a name fetches that part. So a burst of a thousand events costs a page one fetch, everything is shown
as it is now rather than as it was, and resuming is simple: whoever comes back late refreshes everything.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio
from litestar.types import HTTPResponseBodyEvent, Receive, Send

from cordboard.daemon.desk.assets import ASSETS
from cordboard.engine.ports import Clock

EVERYTHING: Final = "everything"
"""Stands for all parts of a page."""

_HEARTBEAT: Final = 10.0
"""Seconds after which a quiet stream says that it is there; a page that hears nothing for longer reconnects."""

_PAUSE: Final = 0.05
"""Seconds between two signals about a part, where nothing else is said."""

_MOST_AT_ONCE: Final = 200
"""Parts in one signal; beyond, everything is to be refreshed."""

_PARTING: Final = 1.0
"""Seconds a page that reads nothing may keep an ended stream open."""

_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Signals:
    """What one open page is to be told, and when.

    Args:
        position: Tells how far the page has heard once nothing is held back; it reconnects with the latest.
        clock: Tells the page what time it is here.
        pauses: Seconds between two signals about a part; parts that many things change should not ask for it each time.
    """

    def __init__(self, *, position: Callable[[], int], clock: Clock, pauses: Mapping[str, float] | None = None) -> None:
        self._position = position
        self._clock = clock
        self._pauses = pauses or {}
        self._due: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._news = anyio.Event()

    def tell(self, part: str) -> None:
        """Have the page fetch a part again, soon."""
        pause = self._pauses.get(part, _PAUSE)
        self._due.setdefault(part, max(anyio.current_time(), self._told.get(part, -math.inf) + pause))
        self._news.set()

    async def speak(self, send: Send, *, entitled: Callable[[], bool] = lambda: True) -> None:
        """Tell the page everything that it is to be told, for as long as it is entitled to hear it."""
        await send(_body(self._beat()))
        while entitled():
            now = anyio.current_time()
            ready = [part for part, due in self._due.items() if due <= now]
            if ready:
                await send(_body(self._changed(ready, now)))
                continue

            self._news = anyio.Event()
            wait = min(self._due.values(), default=now + _HEARTBEAT) - now
            with anyio.move_on_after(wait) as patience:
                await self._news.wait()

            if patience.cancelled_caught and not self._due:
                await send(_body(self._beat()))

    def _changed(self, parts: list[str], now: float) -> str:
        for part in parts:
            del self._due[part]
            if part in self._pauses:
                self._told[part] = now

        told = [EVERYTHING] if EVERYTHING in parts or len(parts) > _MOST_AT_ONCE else parts
        # The page has what came before this position only when nothing is held back.
        position = "" if self._due else f"id: {self._position()}\n"
        return f"{position}event: changed\ndata: {' '.join(told)}\n\n"

    def _beat(self) -> str:
        return f"event: beat\ndata: {self._clock.now()} {ASSETS.version}\n\n"


async def stream(receive: Receive, send: Send, *works: Awaitable[None]) -> None:
    """Answer a request with a stream of events, until one of `works` is done or the page has gone."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    async with anyio.create_task_group() as tasks:

        async def end_after(work: Awaitable[None]) -> None:
            await work
            tasks.cancel_scope.cancel()

        for work in (*works, _gone(receive)):
            tasks.start_soon(end_after, work)

    with anyio.move_on_after(_PARTING):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _body(text: str) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": text.encode(), "more_body": True}
