"""What can be wrong with conditions: what they can look at, and how it can be compared."""

from __future__ import annotations

import datetime
import difflib
import enum
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import re2  # type: ignore[import-untyped] # it ships no types

from cordboard.engine import languages
from cordboard.engine.routing_words import Operator
from cordboard.engine.rules import Condition
from cordboard.engine.vocabulary import NumberKind, Weekday

DEEPEST: Final = 8
MOST_CONDITIONS: Final = 100
"""In one rule: more than anybody can read."""

MOST_VALUES: Final = 100
LONGEST_VALUE: Final = 1_000

WEEKDAYS: Final = tuple(each.value for each in Weekday)

VARIABLE: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""How context variables are called."""

ATTRIBUTE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
"""How customers' attributes are called: as everything else that a configuration names."""

_TIME_OF_DAY: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_PATTERN_MEMORY: Final = 1 << 18
"""Bytes that a pattern may take, compiled and at work: a configuration may have very many, so little for each."""


TEXT_LANGUAGE: Final = "text_language"


class Sort(enum.Enum):
    """What sort of value a field has, and so what it can be compared by."""

    WORDS = (
        Operator.EQUALS,
        Operator.ONE_OF,
        Operator.STARTS_WITH,
        Operator.CONTAINS,
        Operator.CONTAINS_ANY,
        Operator.MATCHES,
    )
    NAME = (*WORDS, Operator.EXISTS)
    CHOICE = (Operator.EQUALS, Operator.ONE_OF)
    LANGUAGE = (Operator.EQUALS, Operator.ONE_OF, Operator.STARTS_WITH, Operator.EXISTS)
    NUMBER = (Operator.EQUALS, Operator.AT_LEAST, Operator.AT_MOST)
    TIME = (Operator.BETWEEN,)
    DATE = (Operator.EQUALS, Operator.ONE_OF, Operator.BETWEEN)
    FLAG = (Operator.EQUALS,)
    VARIABLE = (*WORDS, Operator.AT_LEAST, Operator.AT_MOST, Operator.EXISTS)


FIELDS: Final[dict[str, Sort]] = {
    "customer": Sort.WORDS,
    "number": Sort.WORDS,
    "channel": Sort.WORDS,
    "kind": Sort.CHOICE,
    "text": Sort.WORDS,
    "language": Sort.LANGUAGE,
    TEXT_LANGUAGE: Sort.LANGUAGE,
    "priority": Sort.NUMBER,
    "time": Sort.TIME,
    "date": Sort.DATE,
    "weekday": Sort.CHOICE,
    "known_customer": Sort.FLAG,
    "customer.known": Sort.FLAG,
    "customer.name": Sort.NAME,
}
"""What a condition can look at, beside what begins with a prefix."""

HOURS: Final = "hours."
HOLIDAY: Final = "holiday."
"""Before the name of operating hours: whether they are open, and whether it is one of their holidays."""

ATTRIBUTES: Final = "customer.attributes."
"""Before the name of an attribute that the configuration gives customers."""

CONTEXT: Final = "context."
"""Before the name of a context variable."""

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "kind": tuple(each.value for each in NumberKind),
    "weekday": WEEKDAYS,
}


def compile_pattern(pattern: str) -> Any:
    """Compile a regular expression that takes time in proportion to the text, whatever the two are.

    Raises:
        ValueError: It is none, or too large.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        complaint = error.args[0] if error.args else ""
        text = complaint.decode("utf-8", "replace") if isinstance(complaint, bytes) else str(complaint)
        raise ValueError(text) from None
    except UnicodeEncodeError:
        raise ValueError("half a character (a lone surrogate)") from None


def find_condition_problems(key: str, when: Condition | None, hours: Collection[str] = ()) -> Iterator[str]:
    """Yield everything that is wrong with a condition, each as `key: reason`; with none, nothing is.

    Args:
        key: Where it stands.
        when: The condition.
        hours: The names of the operating hours there are.
    """
    if when is None:
        return

    count = _count(when, DEEPEST)
    if count is None:
        yield f"{key}: is nested too deeply: at most {DEEPEST} levels"
    elif count > MOST_CONDITIONS:
        yield f"{key}: has {count} conditions; at most {MOST_CONDITIONS}"
    else:
        yield from _condition_problems(key, when, hours)


def _count(condition: Condition, levels: int) -> int | None:
    """Return how many conditions one is made of, itself among them; None where it is deeper than so many levels."""
    if levels == 0:
        return None

    total = 1
    for each in _parts(condition):
        inner = _count(each, levels - 1)
        if inner is None:
            return None

        total += inner

    return total


def _parts(condition: Condition) -> Iterator[Condition]:
    yield from condition.all or ()
    yield from condition.any or ()
    if condition.not_ is not None:
        yield condition.not_


def _condition_problems(key: str, condition: Condition, hours: Collection[str]) -> Iterator[str]:
    compares = any(each is not None for each in (condition.field, condition.op, condition.value))
    groups = {"all": condition.all, "any": condition.any, "not": condition.not_}
    given = [name for name, group in groups.items() if group is not None]
    if compares + len(given) != 1:
        yield f"{key}: is one of: field with op and value; all; any; not"
        return

    if compares:
        yield from _comparison_problems(key, condition, hours)
        return

    if condition.not_ is not None:
        yield from _condition_problems(f"{key}.not", condition.not_, hours)

    for name, group in (("all", condition.all), ("any", condition.any)):
        if group is not None and not group:
            yield f"{key}.{name}: is empty; name some conditions"

        for index, each in enumerate(group or ()):
            yield from _condition_problems(f"{key}.{name}[{index}]", each, hours)


def _comparison_problems(key: str, condition: Condition, hours: Collection[str]) -> Iterator[str]:
    for name, given in (("field", condition.field), ("op", condition.op), ("value", condition.value)):
        if given is None:
            yield f"{key}.{name}: is missing"

    field, op, value = condition.field, condition.op, condition.value
    if field is None:
        return

    sort = sort_of(field)
    if sort is None:
        yield f"{key}.field: {_unknown_field(field)}"
        return

    if field == TEXT_LANGUAGE and not languages.is_installed():
        yield f"{key}.field: {languages.MISSING}"

    for prefix in (HOURS, HOLIDAY):
        if field.startswith(prefix) and field.removeprefix(prefix) not in hours:
            listed = ", ".join(sorted(hours)) or "none"
            yield f"{key}.field: there are no hours {field.removeprefix(prefix)!r} (there is: {listed})"

    if op is None or value is None:
        return

    if op not in sort.value:
        yield f"{key}.op: {field!r} has no {op.value!r}; it has: {', '.join(each.value for each in sort.value)}"
        return

    for reason in _value_problems(field, sort, op, value):
        yield f"{key}.value: {reason}"


def sort_of(field: str) -> Sort | None:
    """Return what sort of value a field has; None where there is no such field."""
    if field.startswith(CONTEXT):
        return Sort.VARIABLE if VARIABLE.fullmatch(field.removeprefix(CONTEXT)) else None

    if field.startswith(ATTRIBUTES):
        return Sort.VARIABLE if ATTRIBUTE.fullmatch(field.removeprefix(ATTRIBUTES)) else None

    if field.startswith((HOURS, HOLIDAY)):
        return Sort.FLAG

    return FIELDS.get(field)


def _value_problems(field: str, sort: Sort, op: Operator, value: object) -> Iterator[str]:
    match op:
        case Operator.EXISTS:
            if not isinstance(value, bool):
                yield "expected true or false"
        case Operator.AT_LEAST | Operator.AT_MOST:
            if type(value) is not int:
                yield "expected a whole number"
        case Operator.BETWEEN if sort is Sort.DATE:
            yield from _days_problems(value)
        case Operator.BETWEEN:
            yield from _period_problems(value)
        case Operator.ONE_OF | Operator.CONTAINS_ANY:
            if not isinstance(value, tuple):
                yield "expected a list of strings"
            elif not value or len(value) > MOST_VALUES:
                yield f"has {len(value)} values; between 1 and {MOST_VALUES}"
            else:
                for each in value:
                    yield from _word_problems(field, each)
        case Operator.EQUALS if sort is Sort.FLAG:
            if not isinstance(value, bool):
                yield "expected true or false"
        case Operator.EQUALS if sort is Sort.NUMBER or (sort is Sort.VARIABLE and type(value) is int):
            if type(value) is not int:
                yield "expected a whole number"
        case Operator.MATCHES if isinstance(value, str) and value:
            yield from _pattern_problems(value)
        case _:
            yield from _word_problems(field, value)


def _word_problems(field: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield "expected a string"
    elif not value.strip():
        yield "is empty"
    elif len(value) > LONGEST_VALUE:
        yield f"has {len(value)} characters; at most {LONGEST_VALUE}"
    elif field in _CHOICES and value not in _CHOICES[field]:
        yield f"{value!r} is none of: {', '.join(repr(each) for each in _CHOICES[field])}"
    elif FIELDS.get(field) is Sort.DATE and not _is_day(value):
        yield f"{value!r} is no day, such as '2026-12-24'"
    elif field == TEXT_LANGUAGE and not languages.TAG.fullmatch(value):
        yield f"{value!r} is no language as it is told from a text, such as 'es': no country, no script"


def _pattern_problems(pattern: str) -> Iterator[str]:
    if len(pattern) > LONGEST_VALUE:
        yield f"has {len(pattern)} characters; at most {LONGEST_VALUE}"
        return

    try:
        compile_pattern(pattern)
    except ValueError as error:
        yield f"is no regular expression of RE2's language, which has no look-around and no back-references: {error}"


def _period_problems(value: object) -> Iterator[str]:
    times = value if isinstance(value, tuple) else ()
    if len(times) != 2 or not all(isinstance(each, str) and _TIME_OF_DAY.fullmatch(each) for each in times):
        yield 'expected two times of day, such as ["09:00", "17:30"]'
    elif times[0] == times[1]:
        yield "begins and ends at the same time; leave the condition out where any time will do"


def _days_problems(value: object) -> Iterator[str]:
    days = value if isinstance(value, tuple) else ()
    if len(days) != 2 or not all(isinstance(each, str) and _is_day(each) for each in days):
        yield 'expected two days, the first and the last, such as ["2026-12-24", "2027-01-01"]'
    elif days[1] < days[0]:
        yield f"{days[1]} is before {days[0]}; it is the last day"


def _is_day(written: str) -> bool:
    try:
        datetime.date.fromisoformat(written)
    except ValueError:
        return False

    return _DAY.fullmatch(written) is not None  # Python reads weeks and digits without hyphens too


def not_a_variable(name: str) -> str:
    """Return why `name` cannot be a context variable's."""
    return f"{name!r} is no name of a context variable: letters, digits, '_', '.' and '-', at most 100 of them"


def _unknown_field(field: str) -> str:
    if field.startswith(CONTEXT):
        return not_a_variable(field.removeprefix(CONTEXT))

    if field.startswith(ATTRIBUTES):
        return f"{field.removeprefix(ATTRIBUTES)!r} is no name of an attribute: a-z, 0-9, '_', '.' and '-', at most 64"

    meant = difflib.get_close_matches(field, FIELDS, n=1)
    listed = ", ".join((*FIELDS, *(f"{each}NAME" for each in (ATTRIBUTES, CONTEXT, HOURS, HOLIDAY))))
    hint = f"; did you mean {meant[0]!r}?" if meant else f" (there is: {listed})"
    return f"there is no field {field!r}{hint}"
