"""The durable path: texts through engine and SQLite to disk, beside a bare loop that writes the same rows.

The bare loop is what SQLite itself can do: one thread, no event loop, the rows of a text (journal, message,
conversation) made beforehand, and as many texts in a transaction as the engine has in flight. Run as
`python -m benchmarks.durable`.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio

from benchmarks.measuring import in_turn, print_machine, ratio, summary
from cordboard.engine import BoardConfig, Channel, Engine, Number, Queue, Workstream
from cordboard.engine.carrier import TextReceived
from cordboard.engine.vocabulary import NumberKind
from cordboard.storage.sqlite import SqliteStore

OURS = "+18005550100"
BODY = "Where is my order? It was to come yesterday, and nobody has called."
CONFIG = BoardConfig(
    name="bench",
    channels=(Channel(name="main", provider="none"),),
    numbers=(Number(address=OURS, channel="main", kind=NumberKind.TOLL_FREE, workstream="support"),),
    workstreams=(Workstream(name="support", queue="general"),),
    queues=(Queue(name="general"),),
)
TEXTS = {1: 400, 8: 2_000, 64: 8_000, 1_000: 20_000}
"""How many texts each width of flight carries: about a second of work or more."""


def texts(count: int) -> Iterator[TextReceived]:
    """Yield texts of as many customers, two from each, with provider ids as random as Twilio's."""
    for each in range(count):
        customer = f"+1415{each // 2:07d}"
        provider_id = f"SM{(each * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128:032x}"
        yield TextReceived(channel="main", provider_id=provider_id, sender=customer, recipient=OURS, body=BODY)


def run_engine(width: int) -> float:
    """Submit texts, `width` at a time, and return how many a second were committed."""
    return anyio.run(_run_engine, width)


async def _run_engine(width: int) -> float:
    count = TEXTS[width]
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        async with Engine(CONFIG, store=SqliteStore(Path(folder) / "bench.db")) as engine:
            waiting = texts(count)

            async def submit() -> None:
                for text in waiting:
                    await engine.submit(text)

            began = time.perf_counter()
            async with anyio.create_task_group() as tasks:
                for _ in range(width):
                    tasks.start_soon(submit)

            seconds = time.perf_counter() - began
            assert engine.board.counters.message == count
            return count / seconds


def run_bare(width: int, rows: dict[str, list[tuple[object, ...]]], schema: list[str]) -> float:
    """Write the rows of as many texts, `width` texts a transaction, and return texts a second."""
    count = TEXTS[width]
    share = {table: -(-len(each) * width // count) for table, each in rows.items()}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        for statement in schema:
            connection.execute(statement)

        inserts = {table: _insert(connection, table) for table in rows}
        began = time.perf_counter()
        for transaction in range(-(-count // width)):
            connection.execute("BEGIN IMMEDIATE")
            for table, insert in inserts.items():
                first = transaction * share[table]
                connection.executemany(insert, rows[table][first : first + share[table]])

            connection.execute("COMMIT")

        seconds = time.perf_counter() - began
        connection.close()
        return count / seconds


def rows_of_a_run(width: int) -> tuple[dict[str, list[tuple[object, ...]]], list[str]]:
    """Return every row that the engine leaves for as many texts, and the schema: what the bare loop has to write."""
    return anyio.run(_rows_of_a_run, width)


async def _rows_of_a_run(width: int) -> tuple[dict[str, list[tuple[object, ...]]], list[str]]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        path = Path(folder) / "rows.db"
        async with Engine(CONFIG, store=SqliteStore(path)) as engine, anyio.create_task_group() as tasks:
            waiting = texts(TEXTS[width])

            async def submit() -> None:
                for text in waiting:
                    await engine.submit(text)

            for _ in range(width):
                tasks.start_soon(submit)

        connection = sqlite3.connect(path)
        schema = [
            sql
            for (sql,) in connection.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
            )
        ]
        rows = {
            table: connection.execute(f"SELECT {_columns(connection, table)} FROM {table}").fetchall()  # noqa: S608
            for table in ("conversations", "messages", "events")
        }
        connection.close()
        return rows, schema


def _insert(connection: sqlite3.Connection, table: str) -> str:
    columns = _columns(connection, table)
    marks = ", ".join("?" for _ in columns.split(", "))
    return f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - our own tables' names


def _columns(connection: sqlite3.Connection, table: str) -> str:
    """Return the columns of a table that are stored; what SQLite makes of them itself is not among them."""
    return ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})"))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print_machine()
    for width in TEXTS:
        ours, bare = in_turn(rounds, partial(run_engine, width), partial(run_bare, width, *rows_of_a_run(width)))
        print(summary(f"engine + SQLite, {width} in flight", ours, "texts/s"))
        print(summary(f"bare SQLite, {width} texts a transaction", bare, "texts/s"))
        print(ratio("engine / bare", ours, bare))


if __name__ == "__main__":
    main()
