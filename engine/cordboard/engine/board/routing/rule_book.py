"""The rules of one workstream, compiled: what a new conversation is like, and where it waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from cordboard.engine.board.routing.conditions import Background, Facts, Test, compile_condition
from cordboard.engine.config import Workstream
from cordboard.engine.rules import TURNS, Outputs, RouteReason, RulesTried, split_key


class Candidate(NamedTuple):
    """A queue that a route names.

    Attributes:
        queue: Which.
        route: The route's name.
        turn: Which of its 100 turns it was, where it shares out.
        tried: The routes that were looked at until then.
    """

    queue: str
    route: str
    turn: int | None
    tried: tuple[str, ...]


class RuleBook:
    """What a workstream's rules say.

    Attributes:
        split_keys: What the turns of its routes that share out are counted under.

    Args:
        workstream: Whose rules.
        background: What its conditions are compiled with.
    """

    def __init__(self, workstream: Workstream, background: Background) -> None:
        self._workstream = workstream
        self._rule_sets = [
            (
                rule_set.name,
                tuple(rule.name for rule in rule_set.rules),
                [(compile_condition(rule.when, background), rule.then) for rule in rule_set.rules],
            )
            for rule_set in workstream.classification
        ]
        self._route_names = tuple(route.name for route in workstream.routes)
        self._routes: list[tuple[Test, tuple[str, ...]]] = [
            (compile_condition(route.when, background), share_out(route.split) if route.split else (route.queue or "",))
            for route in workstream.routes
        ]
        self.split_keys = tuple(split_key(workstream.name, route.name) for route in workstream.routes if route.split)

    @property
    def classifies(self) -> bool:
        """Whether there are rules that say what a conversation is like."""
        return bool(self._rule_sets)

    @property
    def routes(self) -> bool:
        """Whether there are rules that say where a conversation waits."""
        return bool(self._routes)

    def classify(self, facts: Facts) -> tuple[Facts, tuple[RulesTried, ...]]:
        """Let each set's first rule that applies have its say; later sets see what it said.

        Returns:
            The facts as they are now, and which rules were looked at.
        """
        told: list[RulesTried] = []
        for name, names, rules in self._rule_sets:
            matched = next((index for index, (test, _) in enumerate(rules) if test(facts)), None)
            if matched is None:
                told.append(RulesTried(rule_set=name, tried=names))
            else:
                told.append(RulesTried(rule_set=name, tried=names[: matched + 1], matched=names[matched]))
                facts = _with_outputs(facts, rules[matched][1])

        return facts, tuple(told)

    def candidates(self, facts: Facts, turns: Mapping[str, int]) -> Iterator[Candidate]:
        """Yield the queue of each route that applies, or whose turn it is there, in the order of the routes.

        Args:
            facts: What the conversation is like.
            turns: The turn that comes next, by `split_key`.
        """
        for index, (test, queues) in enumerate(self._routes):
            if test(facts):
                name, tried = self._route_names[index], self._route_names[: index + 1]
                if len(queues) == 1:
                    yield Candidate(queues[0], name, None, tried)
                else:
                    turn = turns.get(split_key(self._workstream.name, name), 0)
                    yield Candidate(queues[turn], name, turn, tried)

    def fallback(self) -> tuple[str, RouteReason]:
        """Return the queue of what no route applies to."""
        return self._workstream.queue, RouteReason(tried=self._route_names)


def share_out(split: Mapping[str, int]) -> tuple[str, ...]:
    """Return whose turn each of 100 turns is, spread as evenly as can be.

    Every queue's claim grows by its share; the greatest claim has the turn and pays 100 for it. After 100 turns all
    claims are 0 again, so any 100 turns in a row give each queue exactly its share, wherever they begin.
    """
    claims = dict.fromkeys(split, 0)
    turns: list[str] = []
    for _ in range(TURNS):
        for queue, share in split.items():
            claims[queue] += share

        first = max(claims, key=lambda queue: claims[queue])  # among equals, the one that was written first
        claims[first] -= TURNS
        turns.append(first)

    return tuple(turns)


def _with_outputs(facts: Facts, outputs: Outputs) -> Facts:
    return replace(
        facts,
        priority=facts.priority if outputs.priority is None else outputs.priority,
        cost=facts.cost if outputs.capacity_cost is None else outputs.capacity_cost,
        costs={**facts.costs, **outputs.costs},
        skills={**facts.skills, **outputs.skills},
        language=facts.language if outputs.language is None else outputs.language,
        context={**facts.context, **outputs.context},
    )
