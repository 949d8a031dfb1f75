"""Conditions, compiled: each becomes a function of the facts, made once for a configuration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from cordboard.engine.board.calendar import Calendar
from cordboard.engine.condition_problems import (
    ATTRIBUTES,
    CONTEXT,
    HOLIDAY,
    HOURS,
    TEXT_LANGUAGE,
    WEEKDAYS,
    compile_pattern,
)
from cordboard.engine.config import Customer
from cordboard.engine.languages import detector
from cordboard.engine.routing_words import Operator
from cordboard.engine.rules import Condition
from cordboard.engine.vocabulary import Timestamp


class Facts(Struct, frozen=True, kw_only=True):
    """What conditions can look at. Words are as they came; comparing takes care of upper and lower case.

    Attributes:
        customer: The customer's number.
        number: Ours.
        channel: Ours belongs to it.
        kind: What sort of number ours is.
        text: The conversation's first text.
        at: When it came.
        known_customer: Whether the customer has written to this number before.
        priority: What rules have set so far, and the next four.
        cost: Units of capacity; None where no rule has said.
        costs: Units of capacity profiles, in place of the workstream's; conditions do not look at it.
        skills: What it needs; conditions do not look at it.
        language: Empty where no rule has said.
        context: Variables.
    """

    customer: str
    number: str
    channel: str
    kind: str
    text: str
    at: Timestamp
    known_customer: bool = False
    priority: int = 0
    cost: int | None = None
    costs: dict[str, int] = {}
    skills: dict[str, int] = {}
    language: str = ""
    context: dict[str, str | int] = {}


class Background(Struct, frozen=True, kw_only=True):
    """What a configuration knows that conditions are compiled with.

    Attributes:
        zone: Where times of day, days and weekdays are those of.
        calendars: Operating hours, by name.
        customers: Those who are known, by number.
    """

    zone: ZoneInfo
    calendars: dict[str, Calendar] = {}
    customers: dict[str, Customer] = {}


Test: TypeAlias = Callable[[Facts], bool]
"""A condition, compiled."""

_Getter: TypeAlias = Callable[[Facts], str | int | None]

_FIELDS: Final[dict[str, _Getter]] = {
    "customer": lambda facts: facts.customer,
    "number": lambda facts: facts.number,
    "channel": lambda facts: facts.channel,
    "kind": lambda facts: facts.kind,
    "text": lambda facts: facts.text.strip(),
    "language": lambda facts: facts.language or None,
    "priority": lambda facts: facts.priority,
    "known_customer": lambda facts: facts.known_customer,
}


_NOBODY: Final = Customer(number="")
"""Stands for everybody who is not known."""


def compile_condition(condition: Condition | None, background: Background) -> Test:
    """Compile a condition that `find_condition_problems` has nothing to say against; none always holds."""
    if condition is None:
        return lambda _facts: True

    if condition.not_ is not None:
        inner = compile_condition(condition.not_, background)
        return lambda facts: not inner(facts)

    if condition.all is not None:
        every = [compile_condition(each, background) for each in condition.all]
        return lambda facts: all(test(facts) for test in every)

    if condition.any is not None:
        some = [compile_condition(each, background) for each in condition.any]
        return lambda facts: any(test(facts) for test in some)

    return _compile_comparison(condition, background)


def _compile_comparison(condition: Condition, background: Background) -> Test:
    field, op, value = condition.field or "", condition.op, condition.value
    if op is Operator.BETWEEN and isinstance(value, tuple):
        between = _between_days if field == "date" else _between
        return between(value[0], value[1], background.zone)

    get = _getter(field, background)
    match value:
        case bool():
            if op is Operator.EXISTS:
                return lambda facts: (get(facts) is not None) is value

            return lambda facts: get(facts) is value
        case int():
            return _compare_number(get, op, value)
        case str() if op is Operator.MATCHES:
            return _compare_words(get, _search(value), folded=False)
        case str():
            return _compare_words(get, _word_test(op, (value.casefold(),)))
        case tuple():
            return _compare_words(get, _word_test(op, tuple(each.casefold() for each in value)))
        case None:
            raise ValueError(f"the condition on {field!r} has no value")


def _getter(field: str, background: Background) -> _Getter:
    zone = background.zone
    if field == "weekday":
        return lambda facts: WEEKDAYS[_local(facts, zone).weekday()]

    if field == "date":
        return lambda facts: _local(facts, zone).date().isoformat()

    if field == TEXT_LANGUAGE:
        guess = detector()
        return lambda facts: guess(facts.text)

    if field.startswith(HOURS):
        opened = background.calendars[field.removeprefix(HOURS)]
        return lambda facts: opened.is_open(facts.at)

    if field.startswith(HOLIDAY):
        kept = background.calendars[field.removeprefix(HOLIDAY)]
        return lambda facts: kept.holiday_on(facts.at) is not None

    customers = background.customers
    if field == "customer.known":
        return lambda facts: facts.customer in customers

    if field == "customer.name":
        return lambda facts: customers.get(facts.customer, _NOBODY).name or None

    if field.startswith(ATTRIBUTES):
        attribute = field.removeprefix(ATTRIBUTES)
        return lambda facts: customers.get(facts.customer, _NOBODY).attributes.get(attribute)

    if field.startswith(CONTEXT):
        name = field.removeprefix(CONTEXT)
        return lambda facts: facts.context.get(name)

    return _FIELDS[field]


def _compare_number(get: _Getter, op: Operator | None, value: int) -> Test:
    """Compare with a number; words are neither less nor more than one."""

    def test(facts: Facts) -> bool:
        found = get(facts)
        if not isinstance(found, int):
            return False

        match op:
            case Operator.AT_LEAST:
                return found >= value
            case Operator.AT_MOST:
                return found <= value
            case _:
                return found == value

    return test


def _compare_words(get: _Getter, holds: Callable[[str], bool], *, folded: bool = True) -> Test:
    """Compare with words; a number has none of them."""

    def test(facts: Facts) -> bool:
        found = get(facts)
        return isinstance(found, str) and holds(found.casefold() if folded else found)

    return test


def _word_test(op: Operator | None, values: tuple[str, ...]) -> Callable[[str], bool]:
    match op:
        case Operator.CONTAINS | Operator.CONTAINS_ANY:
            return lambda found: any(each in found for each in values)
        case Operator.STARTS_WITH:
            return lambda found: found.startswith(values)
        case _:
            known = frozenset(values)
            return lambda found: found in known


def _search(pattern: str) -> Callable[[str], bool]:
    search = compile_pattern(pattern).search

    def holds(found: str) -> bool:
        # RE2 reads UTF-8, which half a character (a lone surrogate) cannot be written in.
        return search(found.encode("utf-8", "replace").decode()) is not None

    return holds


def _between(first: str, last: str, zone: ZoneInfo) -> Test:
    begin, end = _minute_of(first), _minute_of(last)
    through_midnight = end < begin

    def test(facts: Facts) -> bool:
        now = _local(facts, zone)
        minute = now.hour * 60 + now.minute
        return (minute >= begin or minute < end) if through_midnight else begin <= minute < end

    return test


def _between_days(first: str, last: str, zone: ZoneInfo) -> Test:
    return lambda facts: first <= _local(facts, zone).date().isoformat() <= last


def _minute_of(time: str) -> int:
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def _local(facts: Facts, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(facts.at / 1_000, zone)
