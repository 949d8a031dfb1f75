"""What reps hold: which conversations, how much of their capacity, and how much of capacity profiles."""

from __future__ import annotations

from collections.abc import Collection

from cordboard.engine.board.configured import Configured
from cordboard.engine.board.routing.profiles import Profiles, Room
from cordboard.engine.config import Rep
from cordboard.engine.records import Assignment
from cordboard.engine.states import RepState


class Holdings:
    """Assignments, counted by their reps: an offer, an accepted conversation and a wrap-up hold alike.

    Attributes:
        profiles: Capacity profiles, and what reps hold of them.
    """

    def __init__(self) -> None:
        self.profiles = Profiles()
        self._any_profiles = False
        self._reps: dict[str, Rep] = {}
        self._loads: dict[str, int] = {}
        self._held: dict[str, dict[int, None]] = {}

    def configure(self, configured: Configured) -> None:
        """Take over how much reps can hold; what they do hold stays as it is."""
        self._any_profiles = bool(configured.config.capacity_profiles)
        self._reps = configured.reps
        self.profiles.configure(configured.config, configured.zone)

    def take(self, conversation: int, assignment: Assignment, *, offered: bool) -> None:
        """Note that an assignment is a rep's, and whether it is an offer yet."""
        rep = assignment.rep
        self._loads[rep] = self._loads.get(rep, 0) + assignment.cost
        self._held.setdefault(rep, {})[conversation] = None
        if assignment.costs:
            self.profiles.hold(assignment, offered=offered)

    def let_go(self, conversation: int, assignment: Assignment, *, offered: bool) -> None:
        """Note that an assignment is a rep's no more."""
        self._loads[assignment.rep] -= assignment.cost
        del self._held[assignment.rep][conversation]
        if assignment.costs:
            self.profiles.let_go(assignment, offered=offered)

    def holds(self, rep: str) -> bool:
        """Whether any conversation's assignment is a rep's."""
        return bool(self._held.get(rep))

    def conversations_of(self, rep: str) -> Collection[int]:
        """Return the conversations whose assignment is a rep's."""
        return self._held.get(rep, {})

    def load_of(self, rep: str) -> int:
        """Return the units of capacity a rep holds."""
        return self._loads.get(rep, 0)

    def free_of(self, rep: str) -> int:
        """Return the units of capacity a rep has free.

        They are negative when the configuration took some away, or a supervisor gave the rep more than they can hold.
        """
        settings = self._reps.get(rep)
        return settings.capacity - self._loads.get(rep, 0) if settings else 0

    def room_of(self, rep: RepState) -> Room | None:
        """Return what a rep has left of capacity profiles; None where none is configured, or the rep is not."""
        if not self._any_profiles:  # for everybody who may take something, with every text
            return None

        settings = self._reps.get(rep.name)
        return self.profiles.room_of(settings, rep) if settings else None
