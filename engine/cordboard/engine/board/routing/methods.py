"""The assignment methods: whether a rep is a candidate for what a class of conversations requires, and how good a one.

Each method is an order: a tuple of whole numbers, the smallest is best. Its beginning, the fit, hangs on the
configuration alone; its end on what the rep does. Among equals the earliest last assignment decides, for every method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from cordboard.engine.board.routing.profiles import Room
from cordboard.engine.board.routing.requirement import Requirement
from cordboard.engine.config import CustomAssignment, Queue, Rep, RepCondition
from cordboard.engine.language_tags import speaks
from cordboard.engine.routing_words import AssignmentMethod, PassedOver, RepOperator, SkillMatching
from cordboard.engine.states import RepState

Order: TypeAlias = tuple[int, ...]


class Availability(NamedTuple):
    """A rep as they are now.

    Attributes:
        state: Presence and history.
        free: Units of capacity that are free.
        room: What is left of capacity profiles; None where none is configured.
    """

    state: RepState
    free: int
    room: Room | None = None

    def affords(self, units: int) -> bool:
        """Whether so much capacity is free. None is, even to who has less than none."""
        return not units or self.free >= units

    def free_for(self, requirement: Requirement) -> int:
        """Return the free units by which reps are compared.

        They are those of capacity. Where no capacity is asked for, what the rep has least of decides, among the
        profiles that are.
        """
        if requirement.cost or self.room is None or not requirement.costs:
            return self.free

        return min(self.room.free[name] for name, _ in requirement.costs)


class Method:
    """How one queue chooses, compiled from its configuration.

    Args:
        queue: The queue.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self._ring_of: dict[str, int] = {}
        self._last_ring: int | None = None
        for index, ring in enumerate(queue.rings):
            for rep in ring.reps:
                self._ring_of.setdefault(rep, index)

            if not ring.reps and self._last_ring is None:
                self._last_ring = index

    def fit(self, requirement: Requirement, rep: Rep) -> Order | PassedOver:
        """Return how well a rep fits what is required, or why they are no candidate whatever they do."""
        if requirement.only and rep.name not in requirement.only:
            return PassedOver.AFFINITY if requirement.back else PassedOver.PREFERENCE

        if requirement.matching is SkillMatching.EXACT and not qualifies(rep, requirement.skills):
            return PassedOver.SKILLS

        understands = not requirement.language or speaks(rep.languages, requirement.language)
        if requirement.only_speakers and not understands:
            return PassedOver.LANGUAGE

        if requirement.back:
            return ()

        order: list[int] = []
        if requirement.only:
            order.append(requirement.only.index(rep.name))

        if requirement.language:
            order.append(0 if understands else 1)

        if self.queue.assignment is AssignmentMethod.BULLSEYE:
            ring = self._ring_of.get(rep.name, self._last_ring)
            if ring is None or ring > requirement.ring:
                return PassedOver.RING

            order.append(ring)

        custom = self.queue.custom
        if custom is not None and not all(_holds(each, rep) for each in custom.where):
            return PassedOver.FILTER

        best = self.queue.assignment is AssignmentMethod.MOST_PROFICIENT
        if best:
            order.append(-proficiency(rep, requirement))
        elif requirement.matching is SkillMatching.CLOSEST:
            order += closeness(rep.skills, requirement.skills)

        if requirement.preferred:
            order.append(closeness(rep.skills, requirement.preferred)[0])

        return tuple(order)

    def order(self, fit: Order, requirement: Requirement, rep: Rep, now: Availability) -> Order:
        """Return how a candidate stands now."""
        match self.queue.assignment:
            case AssignmentMethod.ROUND_ROBIN | AssignmentMethod.MOST_PROFICIENT:
                return fit
            case AssignmentMethod.LEAST_ACTIVE:
                return (*fit, now.state.released_at)
            case AssignmentMethod.CUSTOM:
                return (*fit, *_custom_order(self.queue.custom or CustomAssignment(), requirement, rep, now))
            case _:
                return (*fit, -now.free_for(requirement))


def qualifies(rep: Rep, skills: tuple[tuple[str, int], ...]) -> bool:
    """Whether a rep has every skill, rated as high or higher."""
    has = rep.skills
    return all(has.get(name, 0) >= rating for name, rating in skills)


def closeness(has: Mapping[str, int], skills: tuple[tuple[str, int], ...]) -> tuple[int, int]:
    """Return how far ratings are from what is required: what is lacking, then what is too much.

    So whoever fits exactly comes first, then the over-qualified, then the under-qualified, as in Dynamics 365.
    """
    lacking = sum(max(rating - has.get(name, 0), 0) for name, rating in skills)
    too_much = sum(max(has.get(name, 0) - rating, 0) for name, rating in skills)
    return lacking, too_much


def proficiency(rep: Rep, requirement: Requirement) -> int:
    """Return a rep's ratings in the required skills, added up."""
    return sum(rep.skills.get(name, 0) for name, _ in requirement.skills)


_CUSTOM: Final[dict[str, Callable[[Requirement, Rep, Availability], int]]] = {
    "proficiency": lambda requirement, rep, _: -proficiency(rep, requirement),
    "free_capacity": lambda requirement, _, now: -now.free_for(requirement),
    "idle_time": lambda _, __, now: now.state.released_at,
    "last_assignment": lambda _, __, now: now.state.last_assignment,
}


def _custom_order(custom: CustomAssignment, requirement: Requirement, rep: Rep, now: Availability) -> Order:
    values = []
    for field in custom.order:
        name = field.removeprefix("-")
        value = _CUSTOM[name](requirement, rep, now) if name in _CUSTOM else _number(rep, name.partition(".")[2])
        values.append(-value if name != field else value)

    return tuple(values)


def _number(rep: Rep, attribute: str) -> int:
    value = rep.attributes.get(attribute, 0)
    return value if isinstance(value, int) else 0


def _holds(condition: RepCondition, rep: Rep) -> bool:
    kind, _, name = condition.field.partition(".")
    actual = rep.skills.get(name, 0) if kind == "skills" else rep.attributes.get(name)
    wanted = condition.value
    match condition.op:
        case RepOperator.EQUALS:
            return actual == wanted
        case RepOperator.NOT_EQUALS:
            return actual is not None and actual != wanted
        case RepOperator.AT_LEAST:
            return isinstance(actual, int) and isinstance(wanted, int) and actual >= wanted
        case RepOperator.AT_MOST:
            return isinstance(actual, int) and isinstance(wanted, int) and actual <= wanted
