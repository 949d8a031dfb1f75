"""A store in an SQLite database: one file, durable when a commit returns, and readable with the `sqlite3` shell."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self, TypeVar

import anyio

from cordboard.engine.config import SECOND
from cordboard.engine.errors import BoardInUse, StoreUnavailable
from cordboard.engine.events import Event
from cordboard.engine.ports import Batch, ConversationQuery, Page, Prefetch, Prefetched
from cordboard.engine.records import BoardSnapshot, Conversation, Message
from cordboard.engine.vocabulary import Milliseconds
from cordboard.storage.base import page
from cordboard.storage.sql.batch import rows_of
from cordboard.storage.sql.connection import Connection, connect
from cordboard.storage.sql.failures import named
from cordboard.storage.sql.hold import Hold
from cordboard.storage.sql.past import listing, within
from cordboard.storage.sql.queries import in_chunks, statement
from cordboard.storage.sql.reading import CONVERSATION, EVENT, MESSAGE, look_up, read_board, select
from cordboard.storage.sql.schema import bring_up_to_date, shipped_migrations

T = TypeVar("T")

BUSY_TIMEOUT: Milliseconds = 5 * SECOND
"""How long to wait while another program writes. Longer than any commit of another board in the same database takes,
and shorter than a carrier waits for the answer to its webhook."""


class SqliteStore:
    """Keeps boards in one SQLite database, in WAL mode with `synchronous=FULL`: a commit that returned stays.

    One connection commits and looks up what batches need; another one only reads the past, so that no query of history
    is ever in the way of a commit. Each has a thread of aiosqlite's, and a commit is one hop to it, whatever its size.

    Args:
        path: The database file, made if it is missing. Its folder must exist.
        busy_timeout: How long to wait while another program writes to it.
    """

    def __init__(self, path: str | Path, *, busy_timeout: Milliseconds = BUSY_TIMEOUT) -> None:
        self._path = Path(path)
        self._busy_timeout = busy_timeout
        self._open: AsyncExitStack | None = None
        self._writer: Connection | None = None
        self._reader: Connection | None = None
        self._holds: dict[str, Hold] = {}
        self._inode: int | None = None

    async def __aenter__(self) -> Self:
        """Open the database, and bring its schema up to date.

        Raises:
            BoardInUse: This store is open already.
            StoreTooNew: A newer Cordboard wrote the database.
            StoreUnavailable: It cannot be opened.
        """
        if self._open is not None:
            raise BoardInUse(f"{self._path}: this store is open already: give each engine a store of its own")

        if str(self._path) == ":memory:":
            raise StoreUnavailable("':memory:' is no file, and nothing would be kept: use the store in memory for that")

        self._open = AsyncExitStack()
        try:
            with named(self._path, "open the database"):
                await self._connect(self._open)
        except BaseException:
            await self.__aexit__()
            raise

        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close the database, and let its boards go. A commit under way is finished first."""
        if self._open is None:
            return

        self._writer = self._reader = None
        with anyio.CancelScope(shield=True), named(self._path, "close the database"):
            try:
                await self._open.aclose()
            finally:
                self._open = None

    async def load(self, board: str) -> BoardSnapshot:
        """Take hold of a board and return its live state: nothing but its name if it is new.

        Raises:
            BoardInUse: Another process, or another store of this one, holds the board.
            StoreUnavailable: It cannot be read.
        """

        def hold_and_read(connection: sqlite3.Connection) -> BoardSnapshot:
            if board not in self._holds:
                self._holds[board] = Hold(self._path, board)

            with connection:
                connection.execute("BEGIN")  # all of it as of one moment
                return read_board(connection, board)

        return await self._run(self._writer, hold_and_read, f"load board {board!r}")

    async def prefetch(self, request: Prefetch) -> Prefetched:
        """Return what the database knows of what a batch may need.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        doing = f"read what board {request.board!r} needs"
        return await self._run(self._writer, lambda connection: look_up(connection, request), doing)

    async def commit(self, batch: Batch) -> None:
        """Keep a batch: when it returns, all of it is on disk, and a power cut cannot take it back.

        Raises:
            StoreUnavailable: Nothing of it was kept.
        """

        def keep(connection: sqlite3.Connection) -> None:
            if batch.board not in self._holds:
                raise StoreUnavailable(f"{self._path}: board {batch.board!r} is not held: load it first")

            self._require_same_file()
            prepared = list(rows_of(batch))  # before the transaction begins: other boards may wait for its end
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for name, rows in prepared:
                    for sql, parameters in in_chunks(name, rows):
                        connection.execute(sql, parameters)

        await self._run(self._writer, keep, f"commit to board {batch.board!r}")

    async def probe(self) -> None:
        """Return if a commit could be made now.

        Raises:
            StoreUnavailable: It could not.
        """

        def write(connection: sqlite3.Connection) -> None:
            self._require_same_file()
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                connection.execute(f"PRAGMA user_version = {version}")  # written and synced, and nothing changes

        await self._run(self._writer, write, "write to the database")

    async def conversation(self, board: str, conversation: int) -> Conversation | None:
        """Return one conversation, or None."""
        parameters = {"board": board, "conversation": within(conversation)}
        found = await self._past(lambda past: select(past, CONVERSATION, statement("conversation"), parameters))
        return found[0] if found else None

    async def conversations(self, board: str, query: ConversationQuery) -> Page[Conversation]:
        """List conversations, newest id first; the page's cursor is the next query's `before`."""
        found = await self._past(lambda past: select(past, CONVERSATION, *listing(board, query)))
        return page(found, query.limit)

    async def messages(self, board: str, conversation: int, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a conversation's messages with ids above `after`, oldest first; the cursor is the next `after`."""
        parameters = {"board": board, "conversation": within(conversation), "after": within(after), "limit": limit + 1}
        found = await self._past(lambda past: select(past, MESSAGE, statement("messages"), parameters))
        return page(found, limit)

    async def message(self, board: str, message: int) -> Message | None:
        """Return one message, or None."""
        parameters = {"board": board, "message": within(message)}
        found = await self._past(lambda past: select(past, MESSAGE, statement("message"), parameters))
        return found[0] if found else None

    async def awaiting_report(self, board: str, channel: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a channel's texts of which the carrier has not said yet what became of them, as `messages` does."""
        parameters = {"board": board, "channel": channel, "after": within(after), "limit": limit + 1}
        found = await self._past(lambda past: select(past, MESSAGE, statement("awaiting_report"), parameters))
        return page(found, limit)

    async def unroutable(self, board: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List texts to numbers that were not configured, as `messages` does."""
        parameters = {"board": board, "after": within(after), "limit": limit + 1}
        found = await self._past(lambda past: select(past, MESSAGE, statement("unroutable"), parameters))
        return page(found, limit)

    async def events(
        self, board: str, *, after: int = 0, limit: int = 1000, conversation: int | None = None
    ) -> tuple[Event, ...]:
        """Return events numbered above `after`, in order; all of the board's or one conversation's."""
        name = "events" if conversation is None else "events_of_conversation"
        parameters = {"board": board, "after": within(after), "limit": limit, "conversation": within(conversation or 0)}
        return tuple(await self._past(lambda past: select(past, EVENT, statement(name), parameters)))

    async def _connect(self, stack: AsyncExitStack) -> None:
        stack.callback(self._let_go)  # of the boards, last
        writer = connect(self._path, read_only=False, busy_timeout=self._busy_timeout)
        self._writer = await stack.enter_async_context(writer)
        await writer.perform(self._bring_up_to_date)
        self._inode = self._path.stat().st_ino
        reader = connect(self._path, read_only=True, busy_timeout=self._busy_timeout)
        self._reader = await stack.enter_async_context(reader)

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        bring_up_to_date(connection, self._path, shipped_migrations(), patience=self._busy_timeout)

    def _require_same_file(self) -> None:
        """Refuse to write where nobody would find it: the file was deleted, renamed or replaced while it was open."""
        try:
            found = self._path.stat().st_ino
        except FileNotFoundError:
            found = None

        if found != self._inode:
            raise StoreUnavailable(f"{self._path}: the database was deleted or replaced; put it back, or start again")

    def _let_go(self) -> None:
        while self._holds:
            self._holds.popitem()[1].release()

    async def _past(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._run(self._reader, work, "read the past")

    async def _run(self, on: Connection | None, work: Callable[[sqlite3.Connection], T], doing: str) -> T:
        if on is None:
            raise StoreUnavailable(f"{self._path}: cannot {doing}: the store is not open; use it inside `async with`")

        with named(self._path, doing):
            return await on.perform(work)
