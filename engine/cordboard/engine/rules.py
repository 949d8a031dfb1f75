"""Rules as data: what a new conversation is like, and where it waits; and what they say of themselves afterwards.

`cordboard.engine.board.routing.rule_book` compiles them once for each configuration.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from cordboard.engine.routing_words import Operator, OverflowCondition

TURNS: Final = 100
"""After so many turns a split begins anew: percentages are exact over any so many in a row."""


class Condition(Struct, frozen=True, kw_only=True, rename={"not_": "not"}):
    """What must hold: one comparison, or others put together by one of `all`, `any` and `not`.

    Attributes:
        field: What is looked at; `cordboard.engine.condition_problems.FIELDS` says what there is.
        op: How it is compared.
        value: With what.
        all: Every one of these holds.
        any: At least one of these holds.
        not_: This does not hold.
    """

    field: str | None = None
    op: Operator | None = None
    value: str | int | bool | tuple[str, ...] | None = None
    all: tuple[Condition, ...] | None = None
    any: tuple[Condition, ...] | None = None
    not_: Condition | None = None


class Outputs(Struct, frozen=True, kw_only=True):
    """What a rule says of a conversation. Nothing is said of what is not given.

    Attributes:
        priority: More is sooner.
        capacity_cost: Units of a rep's capacity that it takes.
        costs: Units of capacity profiles that it takes, in place of its workstream's; 0 says that it takes none of one.
        skills: What it needs beside what its workstream asks; a rating of 0 says that it does not need that.
        language: What its customer writes, a language tag.
        context: Whatever else is to be known of it, by name.
    """

    priority: int | None = None
    capacity_cost: Annotated[int, Meta(ge=0)] | None = None
    costs: dict[str, Annotated[int, Meta(ge=0)]] = {}
    skills: dict[str, Annotated[int, Meta(ge=0)]] = {}
    language: str | None = None
    context: dict[str, str | int] = {}


class Rule(Struct, frozen=True, kw_only=True):
    """If this, then that.

    Attributes:
        name: What its decisions are told by.
        when: What must hold; without it, the rule always applies.
        then: What follows; a rule that says nothing is refused.
    """

    name: str
    when: Condition | None = None
    then: Outputs = Outputs()


class RuleSet(Struct, frozen=True, kw_only=True):
    """Rules of which the first that applies has its say; what it said is known to the sets after this one."""

    name: str
    rules: tuple[Rule, ...]


class Route(Struct, frozen=True, kw_only=True):
    """Where conversations wait.

    Attributes:
        name: What its decisions are told by.
        when: What must hold; without it, the route always applies.
        queue: The queue.
        split: Or several, by the percentage that each gets.
    """

    name: str
    when: Condition | None = None
    queue: str | None = None
    split: dict[str, int] = {}


class RulesTried(Struct, frozen=True, kw_only=True, gc=False):
    """What a rule set did.

    Attributes:
        rule_set: Its name.
        tried: The rules that were looked at, in their order.
        matched: The last of them, if it applied; None where none did.
    """

    rule_set: str
    tried: tuple[str, ...]
    matched: str | None = None


class PassedQueue(Struct, frozen=True, kw_only=True, gc=False):
    """A queue that a route named, and that was passed over.

    Attributes:
        queue: Which.
        route: The route.
        turn: Which of the route's turns it was, from 0, where that shares out: it counts as taken.
        when: Why: the first condition of its overflow that held, or `out_of_hours` where it was closed.
        measured: How many waited, or for how long one would, in milliseconds; None where nothing is measured.
        limit: What that was compared with.
    """

    queue: str
    route: str
    turn: int | None
    when: OverflowCondition
    measured: int | None
    limit: int | None


class RouteReason(Struct, frozen=True, kw_only=True, gc=False):
    """How a queue was chosen.

    Attributes:
        tried: The routes that were looked at, in their order.
        rule: The one that decided; None where none applied, and it was the fallback queue.
        turn: Which of its 100 turns it was, from 0, where the route shares out.
        passed: The queues that were passed over; where nothing else was left, one of them was chosen after all.
    """

    tried: tuple[str, ...]
    rule: str | None = None
    turn: int | None = None
    passed: tuple[PassedQueue, ...] = ()


def split_key(workstream: str, route: str) -> str:
    """Return what the turns of a route that shares out are counted under."""
    return f"{workstream}/{route}"
