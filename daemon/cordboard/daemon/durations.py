"""Lengths of time as people write them in a configuration file: `"90s"`, `"15m"`, `"2h"`, `"30d"`."""

from __future__ import annotations

import re
from typing import Final

from cordboard.engine.config import DAY, HOUR, MINUTE, SECOND
from cordboard.engine.vocabulary import Milliseconds

_WRITTEN: Final = re.compile(r"(\d{1,12})([smhd])", re.ASCII)
_UNITLESS: Final = re.compile(r"-?\d+(\.\d*)?", re.ASCII)
_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

LONGEST: Final[Milliseconds] = 3650 * DAY
"""Ten years: whatever is longer was meant otherwise, and would not fit into a date when it is added to one."""


def parse_duration(written: object) -> Milliseconds:
    """Return what a file's value means.

    Raises:
        ValueError: It is no length of time, or too long; the message says why.
    """
    if _UNITLESS.fullmatch(str(written)):
        raise ValueError(f'{written} has no unit: write a string such as "{written}s", "15m", "2h" or "30d"')

    match = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError(f'{written!r} is no length of time: write a string such as "90s", "15m", "2h" or "30d"')

    length = int(match[1]) * _UNITS[match[2]]
    if length > LONGEST:
        raise ValueError(f"{written!r} is longer than ten years")

    return length


def format_duration(length: Milliseconds) -> str:
    """Return how a file writes a length of time: in the largest unit that leaves no rest."""
    for unit, size in reversed(_UNITS.items()):
        if length and length % size == 0:
            return f"{length // size}{unit}"

    return f"{length // SECOND}s"
