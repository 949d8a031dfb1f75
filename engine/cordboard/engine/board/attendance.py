"""Who is there to work: presences, counted by queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cordboard.engine.board.configured import Configured
from cordboard.engine.states import RepState
from cordboard.engine.vocabulary import Presence, PresenceReason


class Attendance:
    """How many reps of each queue are in which presence, as far as work is concerned."""

    def __init__(self) -> None:
        self._queues_of: dict[str, tuple[str, ...]] = {}
        self._counts: dict[str, Counter[Presence]] = {}

    def present_on(self, queue: str, presences: Iterable[Presence]) -> int:
        """Return how many reps of a queue are in one of some presences."""
        counted = self._counts.get(queue)
        return sum(counted[each] for each in presences) if counted else 0

    def count_anew(self, configured: Configured, reps: Iterable[RepState]) -> None:
        """Count everybody, on the queues that are configured."""
        self._queues_of = configured.queues_of
        self._counts = {each: Counter() for each in configured.queues}
        for rep in reps:
            self._count(rep, 1)

    def note(self, before: RepState | None, now: RepState) -> None:
        """Count a rep as they are now. Whoever a new configuration brings is counted when all its reps are there."""
        if before is None:
            self._count(now, 1)
        elif (before.presence, before.why, before.takes_offers) != (now.presence, now.why, now.takes_offers):
            self._count(before, -1)
            self._count(now, 1)

    def _count(self, rep: RepState, change: int) -> None:
        presence = _as_good_as(rep)
        for queue in self._queues_of.get(rep.name, ()):
            self._counts[queue][presence] += change


def _as_good_as(rep: RepState) -> Presence:
    """Return the presence that a rep counts as.

    Whoever is offered nothing, whatever their presence, is as good as offline. And whoever is busy by what they hold is
    as good as available: they take the next when they have ended one.
    """
    if not rep.takes_offers:
        return Presence.OFFLINE

    return Presence.AVAILABLE if rep.why is PresenceReason.CAPACITY else rep.presence
