"""The candidates: for each queue, who could take something, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from sortedcontainers import SortedList

from cordboard.engine.vocabulary import Presence

Standing: TypeAlias = tuple[int, int, str]
"""How a rep stands under `highest_capacity`: the smallest is best. Free units (negated), last assignment, name."""


class Candidates:
    """Reps with free capacity, listed by queue and presence. A rep who changes touches only their own entries."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, Presence], SortedList[Standing]] = {}
        self._entries: dict[str, tuple[Standing, list[SortedList[Standing]]]] = {}

    def put(self, rep: str, *, free: int, last_assignment: int, presence: Presence, queues: Iterable[str]) -> None:
        """List a rep as they stand now; one without free capacity, or offline, is on no list."""
        self.remove(rep)
        if free <= 0 or presence is Presence.OFFLINE:
            return

        standing = (-free, last_assignment, rep)
        lists = [self._list(queue, presence) for queue in queues]
        for each in lists:
            each.add(standing)

        self._entries[rep] = (standing, lists)

    def remove(self, rep: str) -> None:
        """Take a rep off every list."""
        entry = self._entries.pop(rep, None)
        if entry is not None:
            standing, lists = entry
            for each in lists:
                each.remove(standing)

    def on(self, queue: str, presence: Presence, *, cost: int) -> Iterator[Standing]:
        """Yield the reps of a queue in one presence who have `cost` units free, the best first."""
        for standing in self._lists.get((queue, presence), ()):
            if -standing[0] < cost:
                return

            yield standing

    def _list(self, queue: str, presence: Presence) -> SortedList[Standing]:
        places = self._lists.get((queue, presence))
        if places is None:
            places = self._lists[queue, presence] = SortedList()

        return places
