"""What is SQLite's own: the file, its schema, and reading while it is written."""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import product
from pathlib import Path
from tempfile import NamedTemporaryFile

import anyio
import anyio.to_thread
import pytest

from cordboard.engine.errors import StoreTooNew, StoreUnavailable
from cordboard.engine.ports import Batch, ConversationQuery, Prefetch, Sight
from cordboard.engine.records import BoardSnapshot
from cordboard.engine.testing.specimens import BOARD, Specimens, active, changed, conversation, message, presences
from cordboard.engine.vocabulary import State
from cordboard.storage.sql import queries
from cordboard.storage.sql.connection import Connection
from cordboard.storage.sql.past import listing
from cordboard.storage.sql.schema import bring_up_to_date, shipped_migrations
from cordboard.storage.sqlite import SqliteStore


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Return what any SQLite shell would show."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def contents(path: Path) -> bytes:
    """Return what is in a file."""
    return path.read_bytes()


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [each.name for each in folder.iterdir()]


def batch(number: int = 1) -> Batch:
    """Return a batch of a few of everything: the first is 1."""
    return changed(
        events=presences(3 * number - 2, 3 * number),
        conversations=(conversation(number),),
        messages=(message(number, conversation=number),),
    )


# The file


async def test_what_makes_a_commit_durable_is_in_force(store: SqliteStore) -> None:
    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.execute(f"PRAGMA {each}").fetchone()[0] for each in names]

    assert store._writer is not None
    assert await store._writer.perform(pragmas) == ["wal", 2, 1, 0]


async def test_whoever_reads_the_past_cannot_write(store: SqliteStore) -> None:
    assert store._reader is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await store._reader.perform(lambda connection: connection.execute("DELETE FROM boards"))


async def test_the_database_can_be_read_with_any_shell(store: SqliteStore, path: Path) -> None:
    events = Specimens().events(conversation=1)
    await store.commit(
        changed(events=events, conversations=(conversation(1),), messages=(message(1, body="Grüße 👋"),))
    )

    journal = read(path, "SELECT seq, at, type, conversation, typeof(record) FROM journal")
    assert [each[0] for each in journal] == [each.seq for each in events]
    assert ("conversation_opened", 1, "text") in [each[2:] for each in journal]
    assert str(journal[0][1]).startswith("1970-01-01 00:16:4")  # a specimen's moments are about 1,000,000 ms
    assert read(path, "SELECT json_extract(record, '$.body') FROM messages") == [("Grüße 👋",)]


@pytest.mark.parametrize("name", ["no such folder/cordboard.db", "."])
async def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(StoreUnavailable, match=re.escape(str(path)) + ".*check that its folder exists"):
        async with SqliteStore(path):
            raise AssertionError("it must not open")


@pytest.fixture
def notes(path: Path) -> bytes:
    """What is in the file already."""
    notes = b"These are my notes. " * 500
    path.write_bytes(notes)
    return notes


async def test_a_file_that_is_no_database_is_left_alone(path: Path, notes: bytes) -> None:
    with pytest.raises(StoreUnavailable, match=re.escape(str(path)) + ".*no SQLite database"):
        async with SqliteStore(path):
            raise AssertionError("it must not open")

    assert contents(path) == notes


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")

    before = contents(path)
    with pytest.raises(StoreUnavailable, match=re.escape(str(path)) + ".*another program"):
        async with SqliteStore(path):
            raise AssertionError("it must not open")

    assert contents(path) == before


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    with NamedTemporaryFile(dir=tmp_path) as empty:
        async with SqliteStore(empty.name) as store:
            assert await store.load(BOARD) == BoardSnapshot(board=BOARD)


async def test_a_database_must_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnavailable, match="use the store in memory"):
        async with SqliteStore(":memory:"):
            raise AssertionError("it must not open")

    assert names(tmp_path) == []


async def test_a_path_may_have_any_characters(tmp_path: Path) -> None:
    path = tmp_path / "50 % of #1? näh.db"
    async with SqliteStore(path) as store:
        await store.load(BOARD)
        await store.commit(batch())

    assert read(path, "SELECT count(*) FROM events") == [(3,)]


async def test_a_damaged_record_is_reported_and_not_guessed(store: SqliteStore, path: Path) -> None:
    await store.commit(batch())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE conversations SET record = '{\"id\": 1'")

    with pytest.raises(StoreUnavailable, match=re.escape(str(path)) + ".*restore a backup"):
        await store.load(BOARD)


# The schema


async def test_a_new_database_has_the_newest_schema(store: SqliteStore, path: Path) -> None:
    assert read(path, "PRAGMA user_version") == [(len(shipped_migrations()),)]
    assert read(path, "PRAGMA integrity_check") == [("ok",)]


async def test_a_newer_schema_is_refused(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.load(BOARD)
        await store.commit(batch())

    newest = len(shipped_migrations())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {newest + 1}")

    with pytest.raises(StoreTooNew, match=f"{re.escape(str(path))}.*version {newest + 1}.*up to {newest}"):
        async with SqliteStore(path):
            raise AssertionError("it must not open")

    assert read(path, "SELECT count(*) FROM events") == [(3,)]


async def test_an_older_schema_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with SqliteStore(path) as store:
        await store.load(BOARD)
        await store.commit(batch())

    older = shipped_migrations()
    newer = (*older, "CREATE TABLE notes (board TEXT); -- and; more\nINSERT INTO notes SELECT board FROM boards;\n")
    monkeypatch.setattr("cordboard.storage.sqlite.shipped_migrations", lambda: newer)
    async with SqliteStore(path) as store:
        assert [each.id for each in (await store.load(BOARD)).conversations] == [1]

    assert read(path, "SELECT board FROM notes") == [(BOARD,)]
    assert read(path, "PRAGMA user_version") == [(len(newer),)]


async def test_a_migration_that_fails_leaves_everything_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with SqliteStore(path) as store:
        await store.load(BOARD)
        await store.commit(batch())

    older = shipped_migrations()
    broken = (*older, "CREATE TABLE fine (a);", "CREATE TABLE notes (a);\nDELETE FROM events;\nDROP TABLE nowhere;\n")
    with monkeypatch.context() as patch:
        patch.setattr("cordboard.storage.sqlite.shipped_migrations", lambda: broken)
        with pytest.raises(StoreUnavailable, match="nowhere"):
            async with SqliteStore(path):
                raise AssertionError("it must not open")

    assert read(path, "PRAGMA user_version") == [(len(older) + 1,)]
    assert read(path, "SELECT count(*) FROM events") == [(3,)]
    assert read(path, "SELECT name FROM sqlite_master WHERE name IN ('fine', 'notes')") == [("fine",)]


async def test_a_new_database_may_be_opened_by_many_at_once(path: Path) -> None:
    async def hold(board: str) -> None:
        async with SqliteStore(path) as store:
            await store.load(board)
            await store.commit(changed(board, events=presences(1, 1)))

    async with anyio.create_task_group() as tasks:
        for each in range(8):
            tasks.start_soon(hold, f"board-{each}")

    assert read(path, "SELECT count(*) FROM boards") == [(8,)]


def test_every_migration_runs_on_the_one_before(path: Path) -> None:
    migrations = shipped_migrations()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for count in range(1, len(migrations) + 1):
            bring_up_to_date(connection, path, migrations[:count], patience=0)
            assert connection.execute("PRAGMA user_version").fetchone() == (count,)


# Reading while it is written


class Gate:
    """Stops a commit in its middle until it is opened."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    async def put_into(self, store: SqliteStore) -> None:
        """Let the store's commits run into the gate once they have written messages."""

        def install(connection: sqlite3.Connection) -> None:
            connection.create_function("gate", 0, self._pass)
            connection.execute("CREATE TEMP TRIGGER stop AFTER INSERT ON main.messages BEGIN SELECT gate(); END")

        assert store._writer is not None
        await store._writer.perform(install)

    async def reached(self) -> None:
        """Wait until a commit is at the gate."""
        await anyio.to_thread.run_sync(self._reached.wait, 10)
        assert self._reached.is_set()

    def open(self) -> None:
        """Let it go on."""
        self._opened.set()

    def _pass(self) -> None:
        self._reached.set()
        self._opened.wait(10)


async def test_history_is_committed_truth_and_does_not_wait_for_a_commit(store: SqliteStore) -> None:
    await store.commit(batch(1))
    gate = Gate()
    await gate.put_into(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.commit, batch(2))
        await gate.reached()
        try:
            with anyio.fail_after(60):
                assert [each.id for each in (await store.conversations(BOARD, ConversationQuery())).items] == [1]
                assert await store.conversation(BOARD, 2) is None
                assert (await store.messages(BOARD, 2)).items == ()
                assert [each.seq for each in await store.events(BOARD)] == [1, 2, 3]
        finally:
            gate.open()

    assert [each.id for each in (await store.conversations(BOARD, ConversationQuery())).items] == [2, 1]
    assert [each.seq for each in await store.events(BOARD)] == [1, 2, 3, 4, 5, 6]


async def test_a_commit_does_not_wait_for_history(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchall()
        with anyio.fail_after(60):
            await store.commit(batch())

        assert reader.execute("SELECT count(*) FROM events").fetchall() == [(0,)]

    assert read(path, "SELECT count(*) FROM events") == [(3,)]


@pytest.mark.parametrize("size", [0, 1, 700])
async def test_a_commit_is_one_hop_whatever_its_size(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    hops: list[object] = []
    perform = Connection.perform

    async def counted(connection: Connection, work: Callable[[sqlite3.Connection], object]) -> object:
        hops.append(work)
        return await perform(connection, work)

    monkeypatch.setattr(Connection, "perform", counted)
    several = range(1, size + 1)
    await store.commit(
        changed(
            events=presences(1, size),
            conversations=tuple(active(each, "ana") for each in several),
            messages=tuple(message(each, conversation=each) for each in several),
        )
    )
    await store.prefetch(
        Prefetch(
            board=BOARD,
            provider_ids=tuple(("main", f"SM{each}") for each in several),
            pairs=tuple(("+1", f"+1{each}") for each in several),
            conversations=tuple(several),
        )
    )
    assert len(hops) == 2


async def test_neither_texts_nor_numbers_are_logged(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = message(1, body="My PIN is 4711", customer="+14155550123")
    thread = conversation(1, customer="+14155550123")
    await store.commit(changed(events=presences(1, 1), conversations=(thread,), messages=(text,)))
    again = message(2, body="My PIN is 4711", customer="+14155550123", provider_id="SM1")
    with pytest.raises(StoreUnavailable) as refused:
        await store.commit(changed(messages=(again,)))

    await store.prefetch(Prefetch(board=BOARD, pairs=(("+18005550100", "+14155550123"),)))
    await store.conversations(BOARD, ConversationQuery(customer="+14155550123"))
    assert "executing" in caplog.text  # aiosqlite says what it runs
    for said in (caplog.text, str(refused.value)):
        assert "4711" not in said
        assert "4155550123" not in said


# How it finds things


def plans(path: Path) -> Iterable[tuple[str, str]]:
    """Return how SQLite goes about every statement there is, one step at a time."""
    with closing(sqlite3.connect(path)) as connection:

        def steps(sql: str, parameters: dict[str, object] | list[object]) -> list[str]:
            return [each[3] for each in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]

        parts = re.compile(r"^(AND|ORDER)|id < :before$")
        whole = [name for name, sql in queries._statements().items() if not parts.search(sql)]
        for name, rows in product(whole, (1, queries.LARGEST_CHUNK)):
            sql = queries._repeated(name, rows)
            named = re.findall(r":(\w+)", sql)
            values: dict[str, object] | list[object] = dict.fromkeys(named, 1) if named else [1] * sql.count("?")
            yield from ((f"{name} of {rows}", step) for step in steps(sql, values))

        eyes = Sight(rep="ana", queues=("general",))
        for state, rep, customer, sight in product((None, *State), (None, "ana"), (None, "+1"), (None, eyes)):
            query = ConversationQuery(state=state, rep=rep, customer=customer, sight=sight)
            yield from ((str(query), step) for step in steps(*listing(BOARD, query)))


@pytest.mark.usefixtures("store")
async def test_no_statement_goes_through_a_whole_table_or_board(path: Path) -> None:
    tables = {str(name) for (name,) in read(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    steps = list(plans(path))
    assert len(steps) > 100

    all_of_one_board = ("boards", "configurations", "early_reports", "reps", "channels", "queues", "consents")
    for statement, step in steps:
        found = re.fullmatch(r"(SCAN|SEARCH|BLOOM FILTER ON) (\w+)(?: USING (.*))?", step)
        if found is None or found[2] not in tables:
            continue

        assert found[1] == "SEARCH", f"{statement}: {step}"
        if found[2] not in all_of_one_board:
            by_board_alone = re.search(r"\(board=\?\)", found[3])
            few = any(each in found[3] for each in ("live_conversations", "messages_in_hand"))
            assert not by_board_alone or few, f"{statement}: {step}"
