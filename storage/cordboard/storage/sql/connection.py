"""A connection to SQLite, on a thread of its own, set up as Cordboard needs it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

import aiosqlite
import anyio

from cordboard.engine.vocabulary import Milliseconds

T = TypeVar("T")

CACHE = 64 * 1024
"""KiB of pages a connection keeps at most. Customers' numbers and carriers' ids come in no order, so a commit touches
pages all over their indexes; SQLite's 2 MiB would have it read them from the disk again and again."""

CHECKPOINT = 4_000
"""Pages (16 MiB) in the write-ahead log before a commit carries them over into the database. SQLite's 1,000 would have
every second large commit pay for that."""


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that runs a whole function in one hop to its thread."""

    _ending: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await super().__aenter__()
        except BaseException:
            # aiosqlite ends the thread and does not wait for it: the thread would tell so to a loop that may be gone.
            if self._ending is not None:
                with anyio.CancelScope(shield=True):
                    await self._ending

            raise

        return self

    def stop(self) -> asyncio.Future[None] | None:
        """End the thread, as aiosqlite does; `async with` sees to it."""
        self._ending = super().stop()
        return self._ending

    async def perform(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in the connection's thread. If the caller is cancelled, it still runs to its end.

        Give it a closure: aiosqlite logs the `repr` of what it runs, and arguments would be seen in it.
        """
        # The one use of what aiosqlite keeps to itself. In public it offers single statements only, each a hop
        # between two threads and back; a commit of a few statements would spend most of its time hopping, and a
        # cancellation between two of them would leave a transaction open.
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call] # private
        return result


def connect(path: Path, *, read_only: bool, busy_timeout: Milliseconds) -> Connection:
    """Return a connection to the database at `path`, to be entered; it is made if need be, unless `read_only`."""

    def connector() -> sqlite3.Connection:
        mode = "ro" if read_only else "rwc"
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_timeout / 1000,
            isolation_level=None,  # transactions begin and end where the code says so
        )
        try:
            _set_up(connection)
        except BaseException:
            connection.close()
            raise

        return connection

    return Connection(connector, iter_chunk_size=64)


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in (
        "synchronous = FULL",  # in WAL mode, anything less lets a power cut take back the last commits
        "foreign_keys = ON",
        "temp_store = MEMORY",  # statements of many rows note what they would undo; not in a file
        f"cache_size = -{CACHE}",
        f"wal_autocheckpoint = {CHECKPOINT}",
    ):
        connection.execute(f"PRAGMA {pragma}")
