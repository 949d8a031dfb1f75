"""A web server for tests: uvicorn's, which stops as soon as it may."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Final

import uvicorn

_AGAIN_AFTER: Final = 0.002
"""Seconds after which it looks again whether everybody has gone."""


class PromptServer(uvicorn.Server):
    """uvicorn's own looks every tenth of a second whether it should stop, and again whether it may.

    That is two tenths for each of a thousand tests. What it does is the same.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._asked = asyncio.Event()

    def stop(self) -> None:
        """Have it stop in good order."""
        self._asked.set()

    async def main_loop(self) -> None:
        """Serve until it is asked to stop."""
        await self.on_tick(0)  # from here answers have their date
        await self._asked.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, answer what is in flight for as long as the configuration says, and end."""
        for listener in (*self.servers, *(sockets or ())):
            listener.close()

        for connection in list(self.server_state.connections):
            connection.shutdown()

        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn tells nobody
                    await asyncio.sleep(_AGAIN_AFTER)

        for task in self.server_state.tasks:
            task.cancel()

        await self.lifespan.shutdown()
