"""Capacity profiles: how much of each a rep has taken, and what is left to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from cordboard.engine.board.calendar import end_of_day
from cordboard.engine.config import BoardConfig, CapacityProfile, Rep
from cordboard.engine.records import Assignment
from cordboard.engine.routing_words import ProfileReset
from cordboard.engine.states import RepState
from cordboard.engine.vocabulary import Timestamp


class Room(NamedTuple):
    """What a rep has left of capacity profiles.

    Attributes:
        free: Units, by profile; negative where a supervisor or a lowered limit left them with more than they have.
        blocked: A profile that they have used up and that blocks all assignment; None where there is none.
    """

    free: Mapping[str, int]
    blocked: str | None

    def short_of(self, costs: Iterable[tuple[str, int]]) -> str | None:
        """Return a profile of which less is free than is asked for; None where all is there."""
        return next((name for name, units in costs if self.free[name] < units), None)

    def allows(self, costs: Iterable[tuple[str, int]]) -> bool:
        """Whether a rep may be given, without their asking, what takes so much."""
        return self.blocked is None and self.short_of(costs) is None


class ProfileUse(NamedTuple):
    """How a rep stands with one capacity profile.

    Attributes:
        limit: Units that they have.
        used: Units that count against it.
        blocks: It is used up, and keeps the rep from all assignment.
    """

    limit: int
    used: int
    blocks: bool


class Profiles:
    """The configured profiles, and what reps hold of them. One that is not configured any more counts for nothing.

    Attributes:
        daily: Those that are reset at the end of the day.
    """

    def __init__(self) -> None:
        self.daily: tuple[str, ...] = ()
        self._zone = ZoneInfo("UTC")
        self._profiles: dict[str, CapacityProfile] = {}
        self._held: dict[tuple[str, str], int] = {}
        self._offered: dict[tuple[str, str], int] = {}

    def configure(self, config: BoardConfig, zone: ZoneInfo) -> None:
        """Take over what is configured; what is held stays as it is. Days end at midnight in `zone`."""
        self._zone = zone
        self._profiles = {each.name: each for each in config.capacity_profiles}
        self.daily = tuple(each.name for each in config.capacity_profiles if each.reset is ProfileReset.END_OF_DAY)

    def hold(self, assignment: Assignment, *, offered: bool) -> None:
        """Note what an assignment holds, and whether it is an offer yet."""
        self._count(assignment, 1, offered=offered)

    def let_go(self, assignment: Assignment, *, offered: bool) -> None:
        """Note that an assignment holds it no more."""
        self._count(assignment, -1, offered=offered)

    def used_by(self, rep: RepState, profile: str) -> int:
        """Return how many units count against a rep's limit.

        They are those of the conversations that the rep holds. Of a profile that is reset at the end of the day they
        are what the rep took today, and what is offered: an offer that comes to nothing has used up nothing.
        """
        key = (rep.name, profile)
        if profile in self.daily:
            return rep.used_today.get(profile, 0) + self._offered.get(key, 0)

        return self._held.get(key, 0)

    def use_of(self, settings: Rep, rep: RepState, profile: str) -> ProfileUse:
        """Return how a rep stands with a profile. Who has none of it from the start is not blocked by it."""
        configured = self._profiles[profile]
        limit, used = settings.limits.get(profile, configured.limit), self.used_by(rep, profile)
        return ProfileUse(limit, used, blocks=configured.blocks_assignment and 0 < used >= limit)

    def room_of(self, settings: Rep, rep: RepState) -> Room:
        """Return what a rep has left of every profile."""
        uses = {name: self.use_of(settings, rep, name) for name in self._profiles}
        blocked = next((name for name, use in uses.items() if use.blocks), None)
        return Room({name: use.limit - use.used for name, use in uses.items()}, blocked)

    # What counts until the end of the day

    def day_end(self, rep: RepState) -> Timestamp | None:
        """Return when what a rep has taken today is free again; None where they took nothing."""
        return None if rep.used_since is None else end_of_day(rep.used_since, self._zone)

    def after_taking(self, rep: RepState, costs: Mapping[str, int], at: Timestamp) -> RepState:
        """Return a rep who has just taken something."""
        taken = {name: units for name, units in costs.items() if name in self.daily}
        if not taken:
            return rep

        used, since, end = rep.used_today, rep.used_since, self.day_end(rep)
        if end is None or end <= at:  # the first of its day, though nobody has said yet that the day before has ended
            used, since = {}, at

        used = {**used, **{name: used.get(name, 0) + units for name, units in taken.items()}}
        return replace(rep, used_today=used, used_since=since)

    def count_anew(self, rep: RepState, before: Iterable[str], at: Timestamp) -> RepState:
        """Return a rep as a configuration that has just changed counts what they took today.

        Args:
            rep: Who took it.
            before: What was reset at the end of the day until now. Of everything else nobody has counted what was
                taken today: what the rep holds counts as that.
            at: When it changed.
        """
        taken = {
            each: rep.used_today.get(each, 0)
            if each in before
            else self._held.get((rep.name, each), 0) - self._offered.get((rep.name, each), 0)
            for each in self.daily
        }
        used = {name: units for name, units in taken.items() if units}
        since = at if rep.used_since is None else rep.used_since
        return replace(rep, used_today=used, used_since=since if used else None)

    def _count(self, assignment: Assignment, sign: int, *, offered: bool) -> None:
        for name, units in assignment.costs.items():
            key = (assignment.rep, name)
            self._held[key] = self._held.get(key, 0) + sign * units
            if offered:
                self._offered[key] = self._offered.get(key, 0) + sign * units


def has_more_of_today(before: RepState, now: RepState) -> bool:
    """Whether less counts as taken today, of any profile, than did before."""
    was, used = before.used_today, now.used_today
    return was is not used and any(used.get(name, 0) < units for name, units in was.items())
