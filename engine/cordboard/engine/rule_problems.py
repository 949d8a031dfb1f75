"""What can be wrong with rules. Each problem is `key: reason`, with the key as a configuration file writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from cordboard.engine.assignment_problems import rating_problems
from cordboard.engine.condition_problems import VARIABLE, find_condition_problems, not_a_variable
from cordboard.engine.rules import LANGUAGE_TAG, Outputs, Route, RuleSet

if TYPE_CHECKING:  # it has workstreams, which have rules
    from cordboard.engine.config import BoardConfig, Skill

MOST_RULE_SETS: Final = 10
MOST_RULES: Final = 100
MOST_ROUTES: Final = 200
MOST_SHARES: Final = 5
"""Dynamics 365's limits. They are generous, and they bound what a text can cost."""

LONGEST_NAME: Final = 64
LONGEST_CONTEXT: Final = 4_000
"""Dynamics 365's limit for a context variable."""

GREATEST_PRIORITY: Final = 1_000_000


def find_rule_problems(config: BoardConfig) -> Iterator[str]:
    """Yield everything that is wrong with the rules of `config`."""
    queues = {each.name for each in config.queues}
    skills = {each.name: each for each in config.skills}
    hours = {each.name for each in config.hours}
    for index, workstream in enumerate(config.workstreams):
        key = f"workstreams[{index}]"
        yield from _rule_set_problems(f"{key}.classification", workstream.classification, skills, hours)
        yield from _route_problems(f"{key}.routes", workstream.routes, queues, hours)


def _rule_set_problems(
    key: str, rule_sets: tuple[RuleSet, ...], skills: Mapping[str, Skill], hours: set[str]
) -> Iterator[str]:
    yield from _too_many(key, rule_sets, MOST_RULE_SETS, "rule sets")
    yield from _name_problems(key, [each.name for each in rule_sets])
    for index, rule_set in enumerate(rule_sets):
        rules = f"{key}[{index}].rules"
        yield from _too_many(rules, rule_set.rules, MOST_RULES, "rules")
        yield from _name_problems(rules, [each.name for each in rule_set.rules])
        for position, rule in enumerate(rule_set.rules):
            yield from find_condition_problems(f"{rules}[{position}].when", rule.when, hours)
            yield from _output_problems(f"{rules}[{position}].then", rule.then)
            needed = {name: rating for name, rating in rule.then.skills.items() if rating or name not in skills}
            yield from rating_problems(f"{rules}[{position}].then.skills", needed, skills)


def _route_problems(key: str, routes: tuple[Route, ...], queues: set[str], hours: set[str]) -> Iterator[str]:
    yield from _too_many(key, routes, MOST_ROUTES, "routes")
    yield from _name_problems(key, [each.name for each in routes])
    for index, route in enumerate(routes):
        here = f"{key}[{index}]"
        yield from find_condition_problems(f"{here}.when", route.when, hours)
        if (route.queue is None) is not bool(route.split):
            yield f"{here}.queue: a route has a queue or a split: exactly one of them"

        if route.queue is not None and route.queue not in queues:
            yield f"{here}.queue: {_no_queue(route.queue, queues)}"

        if route.split:
            yield from _split_problems(f"{here}.split", route.split, queues)


def _split_problems(key: str, split: dict[str, int], queues: set[str]) -> Iterator[str]:
    yield from _too_many(key, split, MOST_SHARES, "queues")
    for queue, share in split.items():
        if queue not in queues:
            yield f"{key}.{queue}: {_no_queue(queue, queues)}"

        if share < 1:
            yield f"{key}.{queue}: {share} is too small: at least 1; leave out a queue that is to get nothing"

    total = sum(split.values())
    if total != 100:
        yield f"{key}: the shares are percentages: together they must be 100, not {total}"


def _output_problems(key: str, outputs: Outputs) -> Iterator[str]:
    if outputs == Outputs():
        yield f"{key}: says nothing; give priority, capacity_cost, skills, language or context"

    if outputs.priority is not None and abs(outputs.priority) > GREATEST_PRIORITY:
        yield f"{key}.priority: {outputs.priority} is out of range: -{GREATEST_PRIORITY} to {GREATEST_PRIORITY}"

    if outputs.language is not None and not LANGUAGE_TAG.fullmatch(outputs.language):
        yield f"{key}.language: {outputs.language!r} is no language tag, such as 'es' or 'pt-BR'"

    for name, value in outputs.context.items():
        if not VARIABLE.fullmatch(name):
            yield f"{key}.context: {not_a_variable(name)}"

        if isinstance(value, str) and len(value) > LONGEST_CONTEXT:
            yield f"{key}.context.{name}: has {len(value)} characters; at most {LONGEST_CONTEXT}"


def _name_problems(key: str, names: Sequence[str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name.strip() or len(name) > LONGEST_NAME:
            yield f"{key}[{index}].name: has {len(name)} characters; between 1 and {LONGEST_NAME}"
        elif name in first:
            yield f"{key}[{index}].name: {name!r} is there already, as {key}[{first[name]}]"
        else:
            first[name] = index


def _too_many(key: str, given: Iterable[object], most: int, what: str) -> Iterator[str]:
    count = sum(1 for _ in given)
    if count > most:
        yield f"{key}: there are {count} {what}; at most {most}"


def _no_queue(name: str, queues: set[str]) -> str:
    return f"there is no queue {name!r} (there is: {', '.join(sorted(queues)) or 'none'})"
