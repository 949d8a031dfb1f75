"""Conditions: what holds of a text and its conversation, and what is no condition at all."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.routing.conditions import Background, Facts, compile_condition
from cordboard.engine.condition_problems import WEEKDAYS, compile_pattern
from cordboard.engine.config import BoardConfig, Customer, Queue, Workstream
from cordboard.engine.config_problems import find_problems
from cordboard.engine.hours import Holiday, OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import Operator
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.vocabulary import Weekday

ZONE = ZoneInfo("America/Los_Angeles")
OFFICE = OperatingHours(
    name="office",
    time_zone="Europe/Berlin",
    weekly=(WeeklyOpening(days=tuple(Weekday)[:5], opens="09:00", closes="17:00"),),
    holidays=(Holiday(name="Christmas", date=date(2026, 12, 25)),),
)
MARIA = Customer(number="+14155550123", name="Maria Gómez", attributes={"tier": "Gold", "orders": 7})
BACKGROUND = Background(zone=ZONE, calendars={"office": Calendar(OFFICE, ZONE)}, customers={MARIA.number: MARIA})


def _moment(local: str) -> int:
    """Return a moment that clocks of the board's zone show so."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZONE).timestamp()) * 1_000


FACTS = Facts(
    customer="+14155550123",
    number="+18005550100",
    channel="main",
    kind="toll_free",
    text="  Hello, I want my MONEY back for order 1234. Straße!  ",
    at=_moment("2026-11-24T13:30"),  # a Tuesday
    known_customer=True,
    priority=5,
    language="pt-BR",
    context={"topic": "Refund", "order": 1234},
)


def _holds(condition: Condition, facts: Facts = FACTS) -> bool:
    return compile_condition(condition, BACKGROUND)(facts)


def _is(field: str, op: str, value: Any) -> Condition:
    return Condition(field=field, op=Operator(op), value=value)


TRUE = _is("known_customer", "equals", True)
FALSE = _is("known_customer", "equals", False)


@pytest.mark.parametrize(
    ("field", "op", "value", "holds"),
    [
        ("customer", "equals", "+14155550123", True),
        ("customer", "equals", "+1415555012", False),
        ("customer", "starts_with", "+1415", True),
        ("customer", "starts_with", "415", False),
        ("customer", "one_of", ("+14155550100", "+14155550123"), True),
        ("number", "equals", "+18005550100", True),
        ("channel", "equals", "main", True),
        ("channel", "one_of", ("other", "another"), False),
        ("kind", "equals", "toll_free", True),
        ("kind", "one_of", ("short_code", "mobile"), False),
        ("text", "contains", "money BACK", True),
        ("text", "contains", "money  back", False),
        ("text", "contains_any", ("refund", "order"), True),
        ("text", "contains_any", ("refund", "reembolso"), False),
        ("text", "starts_with", "hello", True),
        ("text", "starts_with", "want", False),
        ("text", "equals", "hello", False),
        ("text", "contains", "STRASSE", True),
        ("text", "matches", r"order \d{4}", True),
        ("text", "matches", r"^want", False),
        ("text", "matches", "ORDER", True),
        ("language", "equals", "pt-br", True),
        ("language", "starts_with", "pt", True),
        ("language", "one_of", ("es", "de"), False),
        ("language", "exists", True, True),
        ("priority", "equals", 5, True),
        ("priority", "at_least", 5, True),
        ("priority", "at_least", 6, False),
        ("priority", "at_most", 5, True),
        ("priority", "at_most", 4, False),
        ("context.topic", "equals", "refund", True),
        ("context.topic", "equals", 5, False),
        ("context.topic", "at_least", 0, False),
        ("context.topic", "matches", "^ref", True),
        ("context.order", "equals", 1234, True),
        ("context.order", "equals", "1234", False),
        ("context.order", "at_most", 1234, True),
        ("context.order", "contains", "12", False),
        ("context.Order", "exists", False, True),
        ("context.order", "exists", True, True),
        ("context.order", "exists", False, False),
        ("context.nothing", "equals", "x", False),
        ("time", "between", ("13:30", "13:31"), True),
        ("time", "between", ("13:00", "13:30"), False),
        ("time", "between", ("22:00", "13:31"), True),
        ("time", "between", ("22:00", "06:00"), False),
        ("date", "equals", "2026-11-24", True),
        ("date", "one_of", ("2026-11-23", "2026-11-25"), False),
        ("date", "between", ("2026-11-24", "2026-11-30"), True),
        ("date", "between", ("2026-11-01", "2026-11-24"), True),
        ("date", "between", ("2026-11-25", "2026-12-24"), False),
        ("hours.office", "equals", True, False),
        ("hours.office", "equals", False, True),
        ("holiday.office", "equals", False, True),
        ("customer.known", "equals", True, True),
        ("customer.name", "contains", "gómez", True),
        ("customer.name", "exists", True, True),
        ("customer.attributes.tier", "equals", "gold", True),
        ("customer.attributes.tier", "at_least", 1, False),
        ("customer.attributes.orders", "at_least", 7, True),
        ("customer.attributes.orders", "at_least", 8, False),
        ("customer.attributes.since", "exists", False, True),
        ("weekday", "equals", "tuesday", True),
        ("weekday", "one_of", ("saturday", "sunday"), False),
        ("known_customer", "equals", True, True),
        ("known_customer", "equals", False, False),
    ],
)
def test_a_comparison_holds_or_not(field: str, op: str, value: Any, holds: bool) -> None:
    assert _holds(_is(field, op, value)) is holds
    assert _holds(Condition(not_=_is(field, op, value))) is not holds


def test_blanks_around_a_text_do_not_matter() -> None:
    assert _holds(_is("text", "equals", "refund"), replace(FACTS, text=" Refund\n"))


def test_what_no_rule_has_said_does_not_exist() -> None:
    blank = replace(FACTS, language="", context={})

    assert not _holds(_is("language", "exists", True), blank)
    assert _holds(_is("language", "exists", False), blank)
    assert not _holds(_is("language", "starts_with", "e"), blank)


def test_nothing_is_known_of_a_customer_whom_the_configuration_does_not_have() -> None:
    stranger = replace(FACTS, customer="+14155550199")

    assert _holds(_is("customer.known", "equals", False), stranger)
    assert _holds(_is("customer.name", "exists", False), stranger)
    assert _holds(_is("customer.attributes.tier", "exists", False), stranger)
    assert not _holds(_is("customer.attributes.tier", "equals", "gold"), stranger)


def test_conditions_are_put_together() -> None:
    assert _holds(Condition(all=(TRUE, TRUE)))
    assert not _holds(Condition(all=(TRUE, FALSE)))
    assert _holds(Condition(any=(FALSE, TRUE)))
    assert not _holds(Condition(any=(FALSE, FALSE)))
    assert _holds(Condition(not_=Condition(any=(FALSE, Condition(all=(TRUE, FALSE))))))


def test_no_condition_always_holds() -> None:
    assert compile_condition(None, BACKGROUND)(FACTS)


@pytest.mark.parametrize(
    ("local", "weekday"),
    [("2026-11-23T23:59", "monday"), ("2026-11-24T00:00", "tuesday"), ("2026-11-01T23:30", "sunday")],
)
def test_the_weekday_is_that_of_the_board_s_zone(local: str, weekday: str) -> None:
    assert _holds(_is("weekday", "equals", weekday), replace(FACTS, at=_moment(local)))


def test_the_time_of_day_follows_daylight_saving() -> None:
    by_day = _is("time", "between", ("09:00", "10:00"))
    summer, winter = (datetime(2026, month, 10, 17, 30, tzinfo=UTC) for month in (7, 12))

    assert not _holds(by_day, replace(FACTS, at=int(summer.timestamp()) * 1_000))
    assert _holds(by_day, replace(FACTS, at=int(winter.timestamp()) * 1_000))


def test_whether_hours_are_open_is_told_by_their_own_clocks() -> None:
    """At 9 in Berlin it is midnight in Los Angeles; a holiday begins and ends in Berlin."""
    opened, holiday = _is("hours.office", "equals", True), _is("holiday.office", "equals", True)

    assert not _holds(opened, replace(FACTS, at=_moment("2026-11-23T23:59")))
    assert _holds(opened, replace(FACTS, at=_moment("2026-11-24T00:00")))
    assert _holds(holiday, replace(FACTS, at=_moment("2026-12-24T15:00")))
    assert not _holds(opened, replace(FACTS, at=_moment("2026-12-25T01:00")))
    assert not _holds(holiday, replace(FACTS, at=_moment("2026-12-25T15:00")))


def test_the_date_is_that_of_the_board_s_zone() -> None:
    new_year = _is("date", "equals", "2027-01-01")

    assert not _holds(new_year, replace(FACTS, at=_moment("2026-12-31T23:59")))
    assert _holds(new_year, replace(FACTS, at=_moment("2027-01-01T00:00")))


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"(a|a)*$", r"(a|aa)+$", r"(.*a){20}$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(\w+\s?)*$", r"(x+x+)+y"],
)
@pytest.mark.parametrize("text", ["a" * 50_000 + "!", "x" * 50_000, "ab " * 20_000 + "!"])
def test_no_regular_expression_runs_away(pattern: str, text: str) -> None:
    """Python's own `re` is busy with some of these for longer than the earth will be there."""
    test = compile_condition(_is("text", "matches", pattern), BACKGROUND)
    began = time.process_time()
    test(replace(FACTS, text=text))

    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    "pattern", ["(", r"(a)\1", "(?=a)", "(?<!a)b", "a{1000}{1000}", "((a{100}){100}){100}", "a{1001}", "\ud800"]
)
def test_what_would_need_backtracking_or_much_memory_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        compile_pattern(pattern)


def test_half_a_character_in_a_text_is_no_harm() -> None:
    facts = replace(FACTS, text="re\ud800fund 😀\x00")

    assert not _holds(_is("text", "matches", "refund"), facts)
    assert _holds(_is("text", "matches", "fund 😀"), facts)
    assert _holds(_is("text", "contains", "FUND"), facts)


# What is no condition


def _problems(when: Condition | None, then: Outputs | None = None) -> list[str]:
    rule = Rule(name="one", when=when, then=then or Outputs(priority=1))
    workstream = Workstream(name="support", queue="general", classification=(RuleSet(name="set", rules=(rule,)),))
    config = BoardConfig(name="contoso", workstreams=(workstream,), queues=(Queue(name="general"),), hours=(OFFICE,))
    return [each.removeprefix("workstreams[0].classification[0].rules[0].") for each in find_problems(config)]


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        (Condition(), "when: is one of: field with op and value; all; any; not"),
        (Condition(all=(TRUE,), any=(TRUE,)), "when: is one of: field with op and value; all; any; not"),
        (replace(TRUE, not_=TRUE), "when: is one of: field with op and value; all; any; not"),
        (Condition(any=()), "when.any: is empty; name some conditions"),
        (
            Condition(all=(TRUE, Condition(not_=Condition(all=())))),
            "when.all[1].not.all: is empty; name some conditions",
        ),
        (Condition(op=Operator.EQUALS, value="x"), "when.field: is missing"),
        (Condition(field="text", value="x"), "when.op: is missing"),
        (Condition(field="text", op=Operator.EQUALS), "when.value: is missing"),
        (_is("txt", "equals", "x"), "when.field: there is no field 'txt'; did you mean 'text'?"),
        (_is("context.", "equals", "x"), "when.field: '' is no name of a context variable: letters, digits, '_', '.'"),
        (_is("kind", "contains", "x"), "when.op: 'kind' has no 'contains'; it has: equals, one_of"),
        (_is("text", "exists", True), "when.op: 'text' has no 'exists'; it has: equals, one_of, starts_with"),
        (_is("text", "contains", 5), "when.value: expected a string"),
        (_is("text", "contains", " "), "when.value: is empty"),
        (_is("text", "contains", "x" * 1_001), "when.value: has 1001 characters; at most 1000"),
        (_is("text", "contains", ("x",)), "when.value: expected a string"),
        (_is("text", "contains_any", "x"), "when.value: expected a list of strings"),
        (_is("text", "contains_any", ()), "when.value: has 0 values; between 1 and 100"),
        (_is("text", "one_of", ("x",) * 101), "when.value: has 101 values; between 1 and 100"),
        (_is("text", "one_of", ("x", "")), "when.value: is empty"),
        (_is("text", "matches", "("), "when.value: is no regular expression of RE2's language"),
        (_is("text", "matches", "x" * 1_001), "when.value: has 1001 characters; at most 1000"),
        (_is("kind", "equals", "landline"), "when.value: 'landline' is none of: 'toll_free'"),
        (_is("weekday", "one_of", ("monday", "someday")), "when.value: 'someday' is none of: 'monday'"),
        (_is("priority", "equals", "5"), "when.value: expected a whole number"),
        (_is("priority", "at_least", True), "when.value: expected a whole number"),
        (_is("context.x", "equals", True), "when.value: expected a string"),
        (_is("context.x", "exists", "yes"), "when.value: expected true or false"),
        (_is("known_customer", "equals", "yes"), "when.value: expected true or false"),
        (_is("time", "between", "09:00"), "when.value: expected two times of day"),
        (_is("time", "between", ("9:00", "24:00")), "when.value: expected two times of day"),
        (_is("time", "between", ("09:00", "09:00")), "when.value: begins and ends at the same time"),
        (_is("date", "between", ("2026-12-24",)), "when.value: expected two days"),
        (_is("date", "between", ("2026-12-24", "2026-02-30")), "when.value: expected two days"),
        (_is("date", "between", ("2026-12-24", "2026-12-01")), "when.value: 2026-12-01 is before 2026-12-24"),
        (_is("date", "equals", "20261224"), "when.value: '20261224' is no day"),
        (_is("hours.night", "equals", True), "when.field: there are no hours 'night' (there is: office)"),
        (_is("holiday.night", "equals", True), "when.field: there are no hours 'night' (there is: office)"),
        (_is("customer.attributes.", "exists", True), "when.field: '' is no name of an attribute"),
        (_is("customer.attributes.Tier", "exists", True), "when.field: 'Tier' is no name of an attribute"),
        (
            _is("customer.names", "equals", "x"),
            "when.field: there is no field 'customer.names'; did you",
        ),
        (_is("customer.known", "equals", "x"), "when.value: expected true or false"),
        (_is("hours.office", "equals", "open"), "when.value: expected true or false"),
        (Condition(all=(TRUE,) * 100), "when: has 101 conditions; at most 100"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_place_and_the_reason(when: Condition, problem: str) -> None:
    [found] = _problems(when)
    assert found.startswith(problem)


def test_conditions_are_eight_levels_deep_at_most() -> None:
    when = TRUE
    for _ in range(7):
        when = Condition(not_=when)

    assert _problems(when) == []
    assert _problems(Condition(not_=when)) == ["when: is nested too deeply: at most 8 levels"]
    for _ in range(100_000):
        when = Condition(not_=when)

    assert _problems(when) == ["when: is nested too deeply: at most 8 levels"]
    while when.not_ is not None:  # taken apart by hand: letting it go at once would nest as deeply in C
        when = when.not_


# Agreement with a plain interpreter


WORDS = st.sampled_from(["refund", "Order", "a", "ß", "ss", "hello", "x y", "É", "1"])
LISTS = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
NUMBERS = st.integers(min_value=-3, max_value=3)
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
WORDY = st.sampled_from(["customer", "number", "channel", "text", "context.a", "context.b"])
COMPARISONS = st.one_of(
    st.builds(_is, WORDY, st.sampled_from(["equals", "starts_with", "contains"]), WORDS),
    st.builds(_is, WORDY, st.sampled_from(["one_of", "contains_any"]), LISTS),
    st.builds(_is, WORDY, st.just("matches"), st.sampled_from(["^a", "o.d", "d$", "^$", "x|y", "[0-9]+"])),
    st.builds(_is, st.sampled_from(["context.a", "context.b"]), st.just("exists"), st.booleans()),
    st.builds(
        _is,
        st.sampled_from(["context.a", "context.b", "priority"]),
        st.sampled_from(["equals", "at_least", "at_most"]),
        NUMBERS,
    ),
    st.builds(_is, st.just("known_customer"), st.just("equals"), st.booleans()),
    st.builds(_is, st.just("weekday"), st.just("equals"), st.sampled_from(WEEKDAYS)),
    st.builds(_is, st.just("time"), st.just("between"), st.tuples(TIMES, TIMES)),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda each: Condition(not_=each), inner),
        st.builds(lambda each: Condition(all=tuple(each)), st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda each: Condition(any=tuple(each)), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)
SOMETHING = st.one_of(WORDS, NUMBERS)
ALL_FACTS = st.builds(
    Facts,
    customer=WORDS,
    number=WORDS,
    channel=WORDS,
    kind=st.just("mobile"),
    text=st.lists(WORDS, max_size=3).map(" ".join),
    at=st.integers(min_value=0, max_value=4 * 10**12),
    known_customer=st.booleans(),
    priority=NUMBERS,
    context=st.dictionaries(st.sampled_from(["a", "b"]), SOMETHING),
)


def _plainly(condition: Condition, facts: Facts) -> bool:
    """Say whether a condition holds, by looking at it afresh each time."""
    if condition.not_ is not None:
        return not _plainly(condition.not_, facts)

    if condition.all is not None:
        return False not in [_plainly(each, facts) for each in condition.all]

    if condition.any is not None:
        return True in [_plainly(each, facts) for each in condition.any]

    local = datetime.fromtimestamp(facts.at / 1_000, ZONE)
    known: dict[str, Any] = {
        "customer": facts.customer,
        "number": facts.number,
        "channel": facts.channel,
        "text": facts.text.strip(),
        "priority": facts.priority,
        "known_customer": facts.known_customer,
        "weekday": local.strftime("%A"),
        "time": local.strftime("%H:%M"),
        **{f"context.{name}": value for name, value in facts.context.items()},
    }
    found, value = known.get(condition.field or ""), condition.value
    if condition.op is Operator.EXISTS:
        return (found is None) is not value

    if type(value) is bool:
        return bool(found) is value

    if type(value) is int:
        holds = {"equals": found == value}
        if isinstance(found, int):
            holds |= {"at_least": found >= value, "at_most": found <= value}

        return condition.op is not None and holds.get(condition.op.value, False)

    if not isinstance(found, str):
        return False

    if condition.op is Operator.BETWEEN and isinstance(value, tuple):
        first, last = value
        return first <= found < last if first <= last else not last <= found < first

    if condition.op is Operator.MATCHES and isinstance(value, str):
        return re.search(value, found, re.IGNORECASE) is not None

    values = [each.casefold() for each in (value if isinstance(value, tuple) else (str(value),))]
    found = found.casefold()
    match condition.op:
        case Operator.STARTS_WITH:
            return any(found.startswith(each) for each in values)
        case Operator.CONTAINS | Operator.CONTAINS_ANY:
            return any(each in found for each in values)
        case _:
            return found in values


@given(CONDITIONS, ALL_FACTS)
def test_compiled_conditions_agree_with_a_plain_interpreter(condition: Condition, facts: Facts) -> None:
    assert _holds(condition, facts) is _plainly(condition, facts)
