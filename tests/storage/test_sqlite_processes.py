"""Several processes and one database: who holds a board, and what is left of one that was killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.storage.conftest import RunOther

from cordboard.engine.errors import BoardInUse, StoreUnavailable
from cordboard.engine.ports import ConversationQuery
from cordboard.engine.testing.specimens import BOARD, changed, presences
from cordboard.storage.sqlite import SqliteStore

HOLD = """
import sys
import anyio
from cordboard.storage.sqlite import SqliteStore

async def main():
    async with SqliteStore(sys.argv[1]) as store:
        await store.load(sys.argv[2])
        print("held", flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""

COMMIT = """
import sys
import anyio
from cordboard.engine.records import Counters
from cordboard.engine.testing.specimens import changed, conversation, message, presences
from cordboard.storage.sqlite import SqliteStore

async def main():
    async with SqliteStore(sys.argv[1]) as store:
        await store.load("contoso")
        batch = 0
        while True:
            batch += 1
            ids = range(50 * batch - 49, 50 * batch + 1)
            await store.commit(changed(
                events=presences(ids[0], ids[-1]),
                conversations=tuple(conversation(each, customer=str(each)) for each in ids),
                messages=tuple(message(each, conversation=each) for each in ids),
            ))
            print(batch, flush=True)

anyio.run(main)
"""


async def test_a_board_that_another_process_holds_is_refused(path: Path, run_other: RunOther) -> None:
    async with run_other(HOLD, str(path), BOARD) as other:
        assert await other.line() == "held"
        async with SqliteStore(path) as store:
            with pytest.raises(BoardInUse) as refused:
                await store.load(BOARD)

            for named in (str(path), repr(BOARD), f"process {other.process.pid}"):
                assert named in str(refused.value)

            await store.load("fabrikam")


async def test_a_hold_dies_with_its_process(path: Path, run_other: RunOther) -> None:
    async with run_other(HOLD, str(path), BOARD) as other:
        assert await other.line() == "held"
        await other.kill()
        async with SqliteStore(path) as store:
            await store.load(BOARD)
            await store.commit(changed(events=presences(1, 1)))


async def test_one_database_by_two_names_is_one_database(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    async with SqliteStore(path) as first, SqliteStore(link) as second:
        await first.load(BOARD)
        with pytest.raises(BoardInUse):
            await second.load(BOARD)


async def test_the_lock_says_who_holds_it_and_stays_when_it_is_released(path: Path) -> None:
    lock = path.with_name(f"{path.name}.{BOARD}.lock")
    for _ in range(2):
        async with SqliteStore(path) as store:
            await store.load(BOARD)
            assert lock.read_text() == f"{os.getpid()}\n"

        assert lock.exists()


@pytest.mark.parametrize("batches", [1, 4, 9])
async def test_a_process_killed_while_it_commits_loses_nothing_it_said_was_kept(
    path: Path, run_other: RunOther, batches: int
) -> None:
    async with run_other(COMMIT, str(path)) as other:
        for batch in range(1, batches + 1):
            assert await other.line() == str(batch)

        await other.kill()
        promised = batches + len(await other.rest())

    async with SqliteStore(path) as store:
        snapshot = await store.load(BOARD)
        events = [each.seq for each in await store.events(BOARD, limit=100_000)]
        conversations = (await store.conversations(BOARD, ConversationQuery(limit=100_000))).items
        last = snapshot.counters.seq
        assert last >= 50 * promised
        assert last % 50 == 0, "whole batches only"
        assert events == list(range(1, last + 1))
        assert [each.id for each in conversations] == events[::-1]
        assert [each.id for each in snapshot.conversations] == events
        for number in (1, last):
            assert [each.id for each in (await store.messages(BOARD, number)).items] == [number]


async def test_a_database_with_a_second_name_is_refused_since_it_could_be_opened_twice(path: Path) -> None:
    async with SqliteStore(path) as store:
        await store.load(BOARD)

    path.with_name("other.db").hardlink_to(path)
    async with SqliteStore(path) as store:
        with pytest.raises(StoreUnavailable, match="another name"):
            await store.load(BOARD)
