"""Reads the statements of `queries.sql`, and repeats their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain

LARGEST_CHUNK = 256
"""Rows in one statement. Ten columns of them stay far below SQLite's limit of 32,766 parameters; more gains nothing."""

EACH = " -- each"

Row = tuple[object, ...]


@cache
def statement(name: str) -> str:
    """Return the statement, or the part of one, that has this name."""
    return _statements()[name]


def in_chunks(name: str, rows: Sequence[Row], *, first: Row = ()) -> Iterator[tuple[str, list[object]]]:
    """Yield statements that carry all `rows` between them, with their parameters: `first`, then those of the rows.

    One statement for many rows takes a fifth less time than one for each, and far less while the event loop is busy:
    fewer times does the thread hand over Python's lock. The sizes of chunks are powers of two, so that there are few
    different statements, and SQLite has them compiled; rows of NULL, which the statements leave out, fill the last one.
    """
    largest = LARGEST_CHUNK if EACH in statement(name) else 1
    for position in range(0, len(rows), largest):
        part = rows[position : position + largest]
        size = 1 << (len(part) - 1).bit_length()
        filling = (None,) * (len(part[0]) * (size - len(part)))
        yield _repeated(name, size), [*first, *chain.from_iterable(part), *filling]


@cache
def _repeated(name: str, rows: int) -> str:
    lines = []
    for line in statement(name).splitlines():
        row = line.removesuffix(EACH)
        lines.append(line if row == line else ",\n".join([row] * rows))

    return "\n".join(lines)


@cache
def _statements() -> dict[str, str]:
    text = (files("cordboard.storage") / "sql" / "queries.sql").read_text(encoding="utf-8")
    _, *named = text.split("\n-- name: ")
    statements = {}
    for each in named:
        name, _, statement = each.partition("\n")
        lines = [line for line in statement.splitlines() if line and not line.startswith("--")]
        statements[name.strip()] = "\n".join(lines)

    return statements
