"""Finds values in an answer or a webhook by a path such as `messages.0.id`."""

from __future__ import annotations

from typing import Final

import msgspec

_LONGEST: Final = 200
"""Characters of an id or a word; carriers' have a third of it at most."""


def find(document: object, path: str) -> object:
    """Return what is at a path: names of tables, and numbers of lists from 0, between dots; None if nothing is there.

    The whole document for an empty path. A name that is in the table with its dots is found as well.
    """
    if not path:
        return document

    for step in path.split("."):
        match document:
            case dict() if path in document:
                return document[path]
            case dict():
                document = document.get(step)
            case list() if step.isascii() and step.isdecimal() and len(step) < 6 and int(step) < len(document):
                document = document[int(step)]
            case _:
                return None

    return document


def word_at(document: object, path: str) -> str:
    """Return an id, a code or another word: a string or a whole number; empty for anything else."""
    value = find(document, path) if path else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)

    return value if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable() else ""


def parse_json(body: bytes) -> object:
    """Return what JSON says.

    Raises:
        ValueError: It is none, or nobody could mean it.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
