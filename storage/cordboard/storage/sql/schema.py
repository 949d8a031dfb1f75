"""Brings a database's schema up to date, and refuses what is not Cordboard's to touch."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from cordboard.engine.errors import StoreTooNew, StoreUnavailable
from cordboard.engine.vocabulary import Milliseconds

APPLICATION = 0x636F7264
"""Marks a database as Cordboard's (`PRAGMA application_id`): "cord" in ASCII."""


@cache
def shipped_migrations() -> tuple[str, ...]:
    """Return the migrations of this release. The first makes version 1 of an empty database, and so on."""
    folder = files("cordboard.storage") / "sql" / "migrations"
    scripts = sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name)
    return tuple(each.read_text(encoding="utf-8") for each in scripts)


def bring_up_to_date(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[str], *, patience: Milliseconds
) -> None:
    """Run the migrations that the database has not had, each in a transaction of its own.

    Args:
        connection: To the database.
        path: Where that is.
        migrations: All there are.
        patience: How long to wait for others who open it for the first time, too.

    Raises:
        StoreTooNew: A newer Cordboard wrote it.
        StoreUnavailable: It is another program's, or it cannot keep a write-ahead log.
        sqlite3.Error: It cannot be read or written.
    """
    _check(connection, path, newest=len(migrations))
    mode = _write_ahead(connection, patience)
    if mode != "wal":
        raise StoreUnavailable(
            f"{path}: SQLite cannot keep a write-ahead log there (journal mode {mode!r}); use a disk of this machine"
        )

    while schema_version(connection) < len(migrations):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            version = schema_version(connection)  # another process may have been here first
            if version < len(migrations):
                _migrate(connection, migrations[version], version + 1)


def schema_version(connection: sqlite3.Connection) -> int:
    """Return how many migrations the database has had."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _check(connection: sqlite3.Connection, path: Path, *, newest: int) -> None:
    with connection:
        connection.execute("BEGIN")  # all of it as of one moment: another process may be migrating
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        version = schema_version(connection)

    if application != APPLICATION and (application or tables):
        raise StoreUnavailable(f"{path}: this database belongs to another program: name another file")

    if version > newest:
        raise StoreTooNew(
            f"{path}: its schema is version {version}, and this Cordboard knows versions up to {newest}: "
            "install the Cordboard that wrote it, or restore a backup from before"
        )


def _write_ahead(connection: sqlite3.Connection, patience: Milliseconds) -> str:
    """Have the database keep a write-ahead log from now on, and return its journal mode then."""
    deadline = time.monotonic() + patience / 1000
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return str(mode)
        except sqlite3.OperationalError as error:
            # For this one lock SQLite does not wait by itself. Only a database that is new can be in the way.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise

            time.sleep(0.005)


def _migrate(connection: sqlite3.Connection, script: str, version: int) -> None:
    for statement in _split(script):
        connection.execute(statement)

    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {version}")


def _split(script: str) -> Iterator[str]:
    """Yield the script's statements. `executescript` would commit the transaction it runs in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

    if statement.strip():
        yield statement  # comments at the end, or what SQLite will complain about
