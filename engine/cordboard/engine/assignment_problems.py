"""What must hold of skills, of queues' ways of choosing a rep, and of customers' own reps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cordboard.engine.routing_words import AssignmentMethod, QueueOrder, RepOperator, SkillMatching

if TYPE_CHECKING:
    from cordboard.engine.config import BoardConfig, Queue, Rep, Ring, Skill, Workstream

ORDERS: Final = ("proficiency", "free_capacity", "idle_time", "last_assignment")
"""What a custom assignment can order reps by, beside their attributes."""

_E164: Final = re.compile(r"\+[1-9]\d{6,14}")


def find_assignment_problems(config: BoardConfig) -> Iterator[str]:
    """Yield every way in which skills, assignment and preferences do not fit together, each as `key: reason`."""
    yield from _repeated("skills", [each.name for each in config.skills])
    for index, skill in enumerate(config.skills):
        if skill.min_rating > skill.max_rating:
            yield f"skills[{index}].max_rating: {skill.max_rating} is below the lowest rating, {skill.min_rating}"

    skills = {each.name: each for each in config.skills}
    for index, rep in enumerate(config.reps):
        yield from rating_problems(f"reps[{index}].skills", rep.skills, skills)

    for index, workstream in enumerate(config.workstreams):
        yield from _workstream_problems(f"workstreams[{index}]", workstream, skills)

    people = {each.name: each for each in config.reps}
    for index, queue in enumerate(config.queues):
        yield from _queue_problems(f"queues[{index}]", queue, skills, people)

    yield from _preference_problems(config, people)


def rating_problems(key: str, ratings: Mapping[str, int], skills: Mapping[str, Skill]) -> Iterator[str]:
    """Yield what is wrong with ratings: a skill that is not there, or a rating it does not have."""
    for name, rating in ratings.items():
        skill = skills.get(name)
        if skill is None:
            yield f"{key}.{name}: there is no skill {name!r} (there is: {_listed(skills)})"
        elif not skill.min_rating <= rating <= skill.max_rating:
            yield f"{key}.{name}: {rating} is no rating of it: {skill.min_rating} to {skill.max_rating}"


def _workstream_problems(key: str, workstream: Workstream, skills: Mapping[str, Skill]) -> Iterator[str]:
    yield from rating_problems(f"{key}.skills", workstream.skills, skills)
    yield from rating_problems(f"{key}.preferred_skills", workstream.preferred_skills, skills)
    steps = workstream.skill_relaxation
    yield from _ascending(f"{key}.skill_relaxation", [each.after for each in steps])
    for index, step in enumerate(steps):
        if not step.lower_by and step.skill_matching is None:
            yield f"{key}.skill_relaxation[{index}]: changes nothing; give lower_by or skill_matching"

    if steps and workstream.skill_matching is SkillMatching.NONE:
        yield f"{key}.skill_relaxation: with skill_matching 'none' there is nothing to relax"


def _queue_problems(key: str, queue: Queue, skills: Mapping[str, Skill], people: Mapping[str, Rep]) -> Iterator[str]:
    if queue.order is QueueOrder.DEADLINE and queue.service_level is None:
        yield f"{key}.service_level: is missing; order 'deadline' needs to know when an answer is due"

    bullseye = queue.assignment is AssignmentMethod.BULLSEYE
    if bullseye and not queue.rings:
        yield f"{key}.rings: is missing; assignment 'bullseye' needs at least one ring"
    elif queue.rings and not bullseye:
        yield f"{key}.rings: is of use with assignment 'bullseye' alone"

    yield from _ring_problems(f"{key}.rings", queue.rings, queue.reps)
    custom = queue.assignment is AssignmentMethod.CUSTOM
    if custom and queue.custom is None:
        yield f"{key}.custom: is missing; assignment 'custom' needs where, order or both"
    elif queue.custom is not None and not custom:
        yield f"{key}.custom: is of use with assignment 'custom' alone"

    if queue.custom is not None:
        yield from _custom_problems(f"{key}.custom", queue, skills, people)


def _ring_problems(key: str, rings: Sequence[Ring], reps: Iterable[str]) -> Iterator[str]:
    if rings and rings[0].after:
        yield f"{key}[0].after: the first ring begins at once; leave it out"

    yield from _ascending(key, [each.after for each in rings])
    serving = set(reps)
    for index, ring in enumerate(rings):
        for position, rep in enumerate(ring.reps):
            if rep not in serving:
                yield f"{key}[{index}].reps[{position}]: {rep!r} does not serve this queue"


def _custom_problems(key: str, queue: Queue, skills: Mapping[str, Skill], people: Mapping[str, Rep]) -> Iterator[str]:
    assert queue.custom is not None  # noqa: S101 - the caller has looked
    for index, condition in enumerate(queue.custom.where):
        here = f"{key}.where[{index}]"
        kind, _, name = condition.field.partition(".")
        if kind not in ("skills", "attributes") or not name:
            yield f"{here}.field: {condition.field!r} is neither 'skills.NAME' nor 'attributes.NAME'"
        elif kind == "skills" and name not in skills:
            yield f"{here}.field: there is no skill {name!r} (there is: {_listed(skills)})"

        compares = condition.op in (RepOperator.AT_LEAST, RepOperator.AT_MOST)
        if not isinstance(condition.value, int) and (compares or kind == "skills"):
            yield f"{here}.value: {condition.op.value!r} of {condition.field!r} needs a whole number"

    for index, field in enumerate(queue.custom.order):
        kind, _, name = field.removeprefix("-").partition(".")
        here = f"{key}.order[{index}]"
        if kind == "attributes" and name:
            for rep in queue.reps:
                known = people.get(rep)
                if known is not None and not isinstance(known.attributes.get(name), int):
                    yield f"{here}: {rep!r} has no whole number as attribute {name!r} to be ordered by"
        elif field.removeprefix("-") not in ORDERS:
            orders = ", ".join(map(repr, ORDERS))
            yield f"{here}: {field!r} is none of: {orders}, 'attributes.NAME', each with or without '-'"


def _preference_problems(config: BoardConfig, people: Mapping[str, Rep]) -> Iterator[str]:
    yield from _repeated("preferences", [each.customer for each in config.preferences], key="customer")
    for index, preference in enumerate(config.preferences):
        key = f"preferences[{index}]"
        if not _E164.fullmatch(preference.customer):
            yield f"{key}.customer: {preference.customer!r} is not E.164, such as '+14155550123'"

        if not preference.reps:
            yield f"{key}.reps: with none there is no preference; name some, or remove it"

        for position, rep in enumerate(preference.reps):
            if rep not in people:
                yield f"{key}.reps[{position}]: there is no rep {rep!r} (there is: {_listed(people)})"
            elif rep in preference.reps[:position]:
                yield f"{key}.reps[{position}]: {rep!r} is there already"


def _ascending(key: str, moments: Sequence[int]) -> Iterator[str]:
    for index in range(1, len(moments)):
        if moments[index] <= moments[index - 1]:
            yield f"{key}[{index}].after: is not later than the one before it"


def _repeated(table: str, names: Sequence[str], *, key: str = "name") -> Iterator[str]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if first.setdefault(name, index) != index:
            yield f"{table}[{index}].{key}: {name!r} is there already, as {table}[{first[name]}]"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
