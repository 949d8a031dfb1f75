"""How many files one person may upload: a script that has gone wrong must not fill the disk in an hour."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from cordboard.engine.errors import CordboardError, Fault

AT_ONCE: Final = 100
"""Files that somebody may upload one after the other, without a pause."""

ONE_MORE_EVERY: Final = 36.0
"""Seconds until they may upload one more: with those at once, 200 files in an hour, which are at most 1 GB. A rep who
sends that many writes nothing; whoever sends one file to many customers uploads it once."""


class TooManyUploads(CordboardError):
    """Somebody has uploaded more files than they may for now."""

    fault = Fault.CALLER
    retryable = True


class Allowance:
    """What each person may still upload. It lives as long as the process."""

    def __init__(self) -> None:
        self._used_up_until: defaultdict[str, float] = defaultdict(lambda: float("-inf"))

    def take(self, person: str, now: float) -> None:
        """Take one file off what a person may upload.

        Args:
            person: Who uploads it.
            now: Seconds of a clock that only goes forward.

        Raises:
            TooManyUploads: They may not upload any more for now.
        """
        until = max(self._used_up_until[person], now) + ONE_MORE_EVERY
        if until > now + AT_ONCE * ONE_MORE_EVERY:
            raise TooManyUploads(
                f"{person} has uploaded too many files in the past hour: attach one that is here already by its id, "
                f"or wait; every {ONE_MORE_EVERY:.0f} s make room for one more"
            )

        self._used_up_until[person] = until
