"""What must hold of capacity profiles, of what reps have of them and conversations take, and of languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cordboard.engine.language_tags import is_language

if TYPE_CHECKING:
    from cordboard.engine.config import BoardConfig, Workstream
    from cordboard.engine.rules import Outputs


def find_capacity_problems(config: BoardConfig) -> Iterator[str]:
    """Yield every way in which profiles, limits, costs and languages do not fit together, each as `key: reason`."""
    profiles: dict[str, int] = {}
    for index, profile in enumerate(config.capacity_profiles):
        if profiles.setdefault(profile.name, index) != index:
            first = f"capacity_profiles[{profiles[profile.name]}]"
            yield f"capacity_profiles[{index}].name: {profile.name!r} is there already, as {first}"

    for index, rep in enumerate(config.reps):
        yield from _unknown(f"reps[{index}].limits", rep.limits, profiles)
        for position, tag in enumerate(rep.languages):
            if not is_language(tag):
                yield f"reps[{index}].languages[{position}]: {not_a_language(tag)}"

    for index, workstream in enumerate(config.workstreams):
        key = f"workstreams[{index}]"
        yield from _unknown(f"{key}.costs", workstream.costs, profiles)
        if not workstream.capacity_cost and not workstream.costs:
            yield f"{key}.capacity_cost: with 0 and no costs a rep would get everything at once; give either"

        for place, rule_set in enumerate(workstream.classification):
            for position, rule in enumerate(rule_set.rules):
                here = f"{key}.classification[{place}].rules[{position}].then"
                yield from _unknown(f"{here}.costs", rule.then.costs, profiles)
                yield from _nothing_left(here, rule.then, workstream)


def not_a_language(tag: str) -> str:
    """Say that something is no language tag."""
    return f"{tag!r} is no language tag, such as 'es' or 'pt-BR'"


def _nothing_left(key: str, outputs: Outputs, workstream: Workstream) -> Iterator[str]:
    """Tell of a rule after which a conversation takes nothing of anybody."""
    changes = outputs.costs or outputs.capacity_cost is not None
    units = workstream.capacity_cost if outputs.capacity_cost is None else outputs.capacity_cost
    if changes and not units and not any({**workstream.costs, **outputs.costs}.values()):
        yield f"{key}: its conversations take nothing, so a rep would get them all at once; give a cost above 0"


def _unknown(key: str, named: Iterable[str], profiles: Iterable[str]) -> Iterator[str]:
    known = sorted(profiles)
    for name in named:
        if name not in known:
            yield f"{key}.{name}: there is no capacity profile {name!r} (there is: {', '.join(known) or 'none'})"
