"""Where a configuration file's secrets come from: the file itself, the environment, or a file of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cordboard.engine.secret import Secret

_LONGEST_FILE: Final = 64 * 1024


def resolve_secret(written: object, *, folder: Path, environment: Mapping[str, str] = os.environ) -> Secret:
    """Return the secret that a file's value stands for: `"literal"`, `{ env = "NAME" }` or `{ file = "PATH" }`.

    Args:
        written: The value as TOML gives it.
        folder: What a relative path is relative to.
        environment: The environment's variables.

    Raises:
        ValueError: There is no such secret; the message says why, and never what it is.
    """
    match written:
        case str():
            value = written
        case {"env": str(name), **others} if not others:
            value = _from_environment(name, environment)
        case {"file": str(name), **others} if not others:
            value = _from_file(folder / name)
        case _:
            raise ValueError('expected "literal", { env = "NAME" } or { file = "PATH" }')

    if not value:
        raise ValueError("is empty")

    return Secret(value)


def _from_environment(name: str, environment: Mapping[str, str]) -> str:
    if name not in environment:
        raise ValueError(f"the environment variable {name!r} is not set")

    if not environment[name]:
        raise ValueError(f"the environment variable {name!r} is empty")

    return environment[name]


def _from_file(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe or a device could keep us reading for ever
            raise ValueError(f"there is no file {str(path)!r}")

        if path.stat().st_size > _LONGEST_FILE:
            raise ValueError(f"the file {str(path)!r} has more than {_LONGEST_FILE} bytes: that is no secret")

        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"the file {str(path)!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the file {str(path)!r} is not UTF-8 text") from None

    if not value:
        raise ValueError(f"the file {str(path)!r} is empty")

    return value
