"""What every benchmark shares: rounds, medians, and a table that says what was measured."""

from __future__ import annotations

import platform
import statistics
import sys
from collections.abc import Callable
from importlib.metadata import version


def rates(rounds: int, once: Callable[[], float]) -> list[float]:
    """Run `once`, which returns a rate per second, several times; the first run only warms up."""
    once()
    return [once() for _ in range(rounds)]


def in_turn(rounds: int, *once: Callable[[], float]) -> list[list[float]]:
    """Run several of them round by round, so that what else the machine does meets them alike; as `rates` otherwise."""
    measured: list[list[float]] = [[each() for each in once] for _ in range(rounds + 1)]
    return [list(column) for column in zip(*measured[1:], strict=True)]


def summary(name: str, measured: list[float], unit: str) -> str:
    """Return one line: median and spread."""
    median = statistics.median(measured)
    return f"{name:<44} {median:>12,.0f} {unit}   ({min(measured):,.0f} to {max(measured):,.0f})"


def ratio(name: str, ours: list[float], theirs: list[float]) -> str:
    """Return one line: our median as a share of the comparison's, both from this run."""
    return f"{name:<44} {statistics.median(ours) / statistics.median(theirs):>12.2f}"


def print_machine() -> None:
    """Say what this runs on; figures of different machines do not compare, ratios nearly do."""
    print(f"Python {platform.python_version()}, {platform.machine()}, msgspec {version('msgspec')}", file=sys.stdout)
