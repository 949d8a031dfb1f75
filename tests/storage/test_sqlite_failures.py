"""What SQLite cannot do: every failure leaves nothing half-kept, says what to do, and can be got over."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace
from tests.storage.test_sqlite import Gate, batch, read

from cordboard.engine.errors import StoreUnavailable
from cordboard.engine.ports import Prefetch
from cordboard.engine.testing.specimens import BOARD, changed, conversation, message, presences, reply
from cordboard.engine.vocabulary import MessageStatus, State
from cordboard.storage.sqlite import SqliteStore


async def on(store: SqliteStore, sql: str) -> None:
    """Run a statement on the connection that commits."""
    assert store._writer is not None
    await store._writer.perform(lambda connection: connection.execute(sql).fetchall())


async def kept(store: SqliteStore) -> tuple[list[int], list[int], list[int]]:
    """Return the numbers of all that is kept, as somebody else would see it."""
    snapshot = await store.load(BOARD)
    messages = [each.id for thread in (1, 2, 3) for each in (await store.messages(BOARD, thread)).items]
    return ([each.seq for each in await store.events(BOARD)], [each.id for each in snapshot.conversations], messages)


async def test_a_write_that_is_refused_in_its_middle_leaves_nothing(store: SqliteStore) -> None:
    await store.commit(batch(1))
    await on(
        store,
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.events WHEN new.seq = 6 "
        "BEGIN SELECT RAISE(ABORT, 'the sixth is refused'); END",
    )
    with pytest.raises(StoreUnavailable, match="the sixth is refused"):
        await store.commit(batch(2))

    assert await kept(store) == ([1, 2, 3], [1], [1])

    await on(store, "DROP TRIGGER refuse")
    await store.commit(batch(2))
    assert await kept(store) == ([1, 2, 3, 4, 5, 6], [1, 2], [1, 2])


async def test_a_full_disk_leaves_nothing(store: SqliteStore, path: Path) -> None:
    await store.commit(batch(1))
    with closing(sqlite3.connect(path)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()

    await on(store, f"PRAGMA max_page_count = {pages + 2}")
    large = message(2, body="x" * 100_000, conversation=2)
    with pytest.raises(StoreUnavailable, match="full; make room on the disk"):
        await store.commit(changed(events=presences(4, 6), conversations=(conversation(2),), messages=(large,)))

    assert await kept(store) == ([1, 2, 3], [1], [1])

    await on(store, "PRAGMA max_page_count = 1000000")
    await store.commit(batch(2))
    assert await kept(store) == ([1, 2, 3, 4, 5, 6], [1, 2], [1, 2])


async def test_a_locked_database_leaves_nothing_and_is_waited_for(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match=r"locked; .*close that program"):
            await store.commit(batch(1))

        with pytest.raises(StoreUnavailable, match=r"locked; .*close that program"):
            await store.probe()

        other.execute("ROLLBACK")

    assert await kept(store) == ([], [], [])
    await store.probe()
    await store.commit(batch(1))
    assert await kept(store) == ([1, 2, 3], [1], [1])


async def test_a_lock_that_ends_in_time_fails_nobody(path: Path) -> None:
    async with SqliteStore(path, busy_timeout=10_000) as store, SqliteStore(path) as second:
        await store.load(BOARD)
        await second.load("fabrikam")
        gate = Gate()
        await gate.put_into(second)
        one_text = changed("fabrikam", conversations=(conversation(1),), messages=(message(1),))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(second.commit, one_text)
            await gate.reached()
            tasks.start_soon(store.commit, batch(1))
            assert await store.events(BOARD) == ()
            gate.open()

        assert await kept(store) == ([1, 2, 3], [1], [1])


async def test_a_probe_changes_nothing(store: SqliteStore, path: Path) -> None:
    def dump() -> list[str]:
        with closing(sqlite3.connect(path)) as connection:
            return [*connection.iterdump(), *map(str, connection.execute("PRAGMA user_version"))]

    await store.commit(batch(1))
    before = dump()
    await store.probe()
    assert dump() == before


async def test_a_cancelled_commit_is_kept_as_a_whole_or_not_at_all(store: SqliteStore) -> None:
    gate = Gate()
    await gate.put_into(store)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store.commit, batch(1))
        await gate.reached()
        tasks.cancel_scope.cancel()
        gate.open()

    assert await kept(store) in (([], [], []), ([1, 2, 3], [1], [1]))
    await store.probe()


async def test_leaving_in_the_middle_of_a_commit_finishes_it(path: Path) -> None:
    gate = Gate()
    with anyio.CancelScope() as scope:
        async with SqliteStore(path) as store:
            await store.load(BOARD)
            await gate.put_into(store)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(store.commit, batch(1))
                await gate.reached()
                threading.Timer(0.2, gate.open).start()  # leaving has to wait for that
                scope.cancel()

    assert read(path, "SELECT count(*) FROM events") == [(3,)]


async def test_who_goes_on_using_a_store_that_is_closed_is_told(path: Path) -> None:
    store = SqliteStore(path)
    async with store:
        await store.load(BOARD)

    uses: list[Callable[[], Awaitable[object]]] = [
        lambda: store.commit(batch(1)),
        lambda: store.prefetch(Prefetch(board=BOARD)),
        lambda: store.conversation(BOARD, 1),
        lambda: store.events(BOARD),
    ]
    for use in uses:
        with pytest.raises(StoreUnavailable, match="not open"):
            await use()


# The last line of defence


async def test_two_open_conversations_of_one_customer_are_refused(store: SqliteStore) -> None:
    first = conversation(1)
    await store.commit(changed(conversations=(first,)))
    with pytest.raises(StoreUnavailable, match=r"UNIQUE.*please report this"):
        await store.commit(changed(conversations=(conversation(2, customer=first.customer),)))

    assert await kept(store) == ([], [1], [])


async def test_one_may_close_and_the_next_open_in_one_batch_in_any_order(store: SqliteStore) -> None:
    first = conversation(1)
    second = conversation(2, customer=first.customer)
    third = conversation(3, customer=first.customer)
    await store.commit(changed(conversations=(first,)))
    await store.commit(changed(conversations=(second, replace(first, state=State.CLOSED))))
    await store.commit(changed(conversations=(replace(second, state=State.CLOSED), third)))
    assert await kept(store) == ([], [3], [])


async def test_one_text_twice_is_refused(store: SqliteStore) -> None:
    await store.commit(batch(1))
    with pytest.raises(StoreUnavailable, match="UNIQUE"):
        await store.commit(changed(messages=(message(2, provider_id="SM1"),)))

    assert await kept(store) == ([1, 2, 3], [1], [1])


async def test_a_carrier_that_gives_two_of_our_texts_one_id_does_not_stop_the_board(store: SqliteStore) -> None:
    await store.commit(batch(1))
    sent = [replace(reply(each, MessageStatus.SENT), provider_id="SM1") for each in (2, 3)]
    await store.commit(changed(messages=tuple(sent)))

    known = await store.prefetch(Prefetch(board=BOARD, provider_ids=(("main", "SM1"),)))
    assert [each.id for each in known.messages] == [1, 2, 3]


async def test_a_text_of_no_conversation_there_is_is_refused(store: SqliteStore) -> None:
    with pytest.raises(StoreUnavailable, match="FOREIGN KEY"):
        await store.commit(changed(messages=(message(1, conversation=99),)))
