"""Everything in which SQLite can fail, in Cordboard's words: where, what, and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import MsgspecError

from cordboard.engine.errors import StoreUnavailable

ADVICE = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked: close that program, or let it finish",
    sqlite3.SQLITE_CANTOPEN: "check that its folder exists and that this user may write there",
    sqlite3.SQLITE_CONSTRAINT: "what was to be written contradicts what is there: please report this",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a backup",
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_IOERR: "check the disk, and the room on it",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database: name another one",
    sqlite3.SQLITE_PERM: "this user may not write the file, or into its folder",
    sqlite3.SQLITE_READONLY: "this user may not write the file, or into its folder",
}
"""What to do, by SQLite's primary error code."""


@contextmanager
def named(path: Path, doing: str) -> Iterator[None]:
    """Turn what goes wrong while `doing` something with the database at `path` into `StoreUnavailable`."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path}: cannot {doing}: {error}{_advice(error)}") from error
    except OSError as error:
        raise StoreUnavailable(f"{path}: cannot {doing}: {error}") from error
    except MsgspecError as error:
        raise StoreUnavailable(
            f"{path}: cannot {doing}: a record in it cannot be understood ({error}): restore a backup"
        ) from error


def _advice(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0)  # the driver's own errors have none
    advice = ADVICE.get(code & 0xFF)  # the rest of an extended code says more than an operator can use
    return f"; {advice}" if advice else ""
