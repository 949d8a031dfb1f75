"""Clocks: the system's, and one that a test or a load bench moves by hand."""

from __future__ import annotations

import time

from cordboard.engine.vocabulary import Milliseconds, Timestamp


class SystemClock:
    """The time of this machine."""

    def now(self) -> Timestamp:
        """Return milliseconds since 1970 in UTC."""
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: Timestamp = 1_750_000_000_000) -> None:
        self._at = at

    def now(self) -> Timestamp:
        """Return where it stands."""
        return self._at

    def move(self, by: Milliseconds) -> Timestamp:
        """Move it forward and return where it stands then."""
        self._at += by
        return self._at
