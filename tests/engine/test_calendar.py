"""Operating hours follow the clocks of a place: its weeks, its holidays, and the days that have no 24 hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.engine.board.calendar import Calendar
from cordboard.engine.config import HOUR, MINUTE, BoardConfig, Queue
from cordboard.engine.config_problems import find_problems
from cordboard.engine.hours import Holiday, Opening, OperatingHours, WeeklyOpening
from cordboard.engine.vocabulary import Timestamp, Weekday

WORKDAYS = tuple(Weekday)[:5]
OFFICE = OperatingHours(
    name="office",
    time_zone="Europe/Berlin",
    weekly=(WeeklyOpening(days=WORKDAYS, opens="09:00", closes="17:00"),),
    holidays=(
        Holiday(name="Christmas", date=date(2026, 12, 25), until=date(2026, 12, 26)),
        Holiday(name="Eve", date=date(2026, 12, 31), openings=(Opening(opens="10:00", closes="12:00"),)),
    ),
)
BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"


def calendar(*weekly: WeeklyOpening, zone: str = NEW_YORK) -> Calendar:
    return Calendar(OperatingHours(name="hours", weekly=weekly), ZoneInfo(zone))


def every_day(opens: str, closes: str) -> WeeklyOpening:
    return WeeklyOpening(days=tuple(Weekday), opens=opens, closes=closes)


def moment(local: str, zone: str = BERLIN) -> Timestamp:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_it_is_open_from_the_first_minute_until_just_before_the_last() -> None:
    office = Calendar(OFFICE, ZoneInfo("UTC"))
    assert not office.is_open(moment("2026-11-30T09:00") - 1)
    assert office.is_open(moment("2026-11-30T09:00"))
    assert office.is_open(moment("2026-11-30T17:00") - 1)
    assert not office.is_open(moment("2026-11-30T17:00"))


def test_after_friday_it_opens_on_monday() -> None:
    office = Calendar(OFFICE, ZoneInfo("UTC"))
    assert office.next_change(moment("2026-11-27T12:00")) == moment("2026-11-27T17:00")
    assert office.next_change(moment("2026-11-27T17:00")) == moment("2026-11-30T09:00")
    assert office.next_opening(moment("2026-11-28T12:00")) == moment("2026-11-30T09:00")
    assert office.next_opening(moment("2026-11-30T12:00")) == moment("2026-11-30T12:00")


def test_a_holiday_closes_and_a_holiday_with_openings_opens_only_then() -> None:
    office = Calendar(OFFICE, ZoneInfo("UTC"))
    friday = moment("2026-12-25T12:00")
    holiday = office.holiday_on(friday)
    assert holiday is not None
    assert holiday.name == "Christmas"
    assert not office.is_open(friday)
    assert office.next_change(friday) == moment("2026-12-28T09:00")
    assert office.next_change(moment("2026-12-30T18:00")) == moment("2026-12-31T10:00")
    assert office.next_change(moment("2026-12-31T11:00")) == moment("2026-12-31T12:00")
    assert office.holiday_on(moment("2026-12-27T00:00")) is None


def test_a_night_shift_goes_through_midnight_and_through_the_holiday_after_it() -> None:
    nights = Calendar(
        OperatingHours(
            name="nights",
            weekly=(every_day("22:00", "06:00"),),
            holidays=(Holiday(name="Off", date=date(2026, 12, 25)),),
        ),
        ZoneInfo(BERLIN),
    )
    assert nights.is_open(moment("2026-12-25T03:00")), "the night that began on the 24th"
    assert not nights.is_open(moment("2026-12-25T23:00"))
    assert nights.next_change(moment("2026-12-25T06:00")) == moment("2026-12-26T22:00")


def test_what_is_open_day_and_night_never_changes() -> None:
    always = calendar(every_day("00:00", "24:00"))
    at = moment("2026-11-30T12:00")
    assert always.is_open(at)
    assert always.next_change(at) is None
    assert calendar().next_change(at) is None
    assert calendar().next_opening(at) is None


class Counted(Calendar):
    """Counts the days whose openings it looks at."""

    looked_at = 0

    def _holiday(self, day: date) -> Holiday | None:
        self.looked_at += 1
        return super()._holiday(day)


DAY_BY_DAY = tuple(WeeklyOpening(days=(each,), opens="00:00", closes="24:00") for each in Weekday)
IN_SHIFTS = (every_day("06:00", "14:00"), every_day("14:00", "22:00"), every_day("22:00", "06:00"))
HALVES = (every_day("12:00", "24:00"), every_day("00:00", "12:00"), every_day("11:00", "13:00"))


@pytest.mark.parametrize("weekly", [DAY_BY_DAY, IN_SHIFTS, HALVES], ids=["day by day", "in shifts", "halves"])
def test_a_week_that_is_open_throughout_is_known_to_be_however_it_is_written(weekly: tuple[WeeklyOpening, ...]) -> None:
    at = moment("2026-11-30T12:00")
    always = Counted(OperatingHours(name="always", weekly=weekly), ZoneInfo(BERLIN))
    assert always.next_change(at) is None
    assert always.looked_at == 0

    easter = Holiday(name="Easter", date=date(2027, 3, 28))  # the clocks skip an hour that day
    but_easter = Calendar(OperatingHours(name="always", weekly=weekly, holidays=(easter,)), ZoneInfo(BERLIN))
    closes = moment("2027-03-28T06:00" if weekly is IN_SHIFTS else "2027-03-28T00:00")
    opens = moment("2027-03-29T06:00" if weekly is IN_SHIFTS else "2027-03-29T00:00")
    assert but_easter.next_change(at) == closes
    assert but_easter.next_change(closes) == opens
    assert but_easter.next_change(opens) is None


@pytest.mark.parametrize(
    "weekly",
    [
        (*DAY_BY_DAY[:-1], WeeklyOpening(days=(Weekday.SUNDAY,), opens="00:00", closes="23:59")),
        (every_day("06:00", "22:00"), WeeklyOpening(days=WORKDAYS, opens="22:00", closes="06:00")),
    ],
    ids=["but for a minute", "but for two nights"],
)
def test_a_week_that_closes_for_once_is_not_taken_for_one_that_never_does(weekly: tuple[WeeklyOpening, ...]) -> None:
    assert calendar(*weekly).next_change(moment("2026-11-30T12:00")) is not None


def test_where_clocks_skip_an_hour_openings_that_overlap_in_it_leave_a_hole() -> None:
    overlapping = calendar(every_day("00:00", "03:00"), every_day("02:30", "24:00"))
    hole = moment("2027-03-14T03:00", NEW_YORK)
    assert overlapping.next_change(moment("2026-11-30T12:00")) == hole
    assert not overlapping.is_open(hole)
    assert overlapping.is_open(hole + 30 * MINUTE)


def test_it_is_open_throughout_until_the_moment_in_which_it_closes() -> None:
    office, always = calendar(every_day("09:00", "17:00"), zone=BERLIN), calendar(every_day("00:00", "24:00"))
    opens, closes = moment("2026-11-27T09:00"), moment("2026-11-27T17:00")
    assert office.is_open_throughout(opens, closes)
    assert not office.is_open_throughout(opens, closes + 1)
    assert not office.is_open_throughout(opens - 1, closes)
    assert not office.is_open_throughout(opens, opens + 24 * HOUR)
    assert always.is_open_throughout(opens, opens + 1000 * HOUR)
    assert not calendar().is_open_throughout(opens, closes)


def test_a_night_in_spring_is_an_hour_shorter_and_one_in_autumn_an_hour_longer() -> None:
    nights = calendar(every_day("22:00", "06:00"))
    spring, autumn = moment("2026-03-07T22:00", NEW_YORK), moment("2026-10-31T22:00", NEW_YORK)
    assert nights.next_change(spring) == spring + 7 * HOUR
    assert nights.next_change(autumn) == autumn + 9 * HOUR


def test_an_hour_that_the_clocks_skip_is_read_by_the_clocks_from_before() -> None:
    skipped = calendar(every_day("02:30", "12:00"))
    assert skipped.next_change(moment("2026-03-08T01:00", NEW_YORK)) == moment("2026-03-08T03:30", NEW_YORK)


def test_an_hour_that_the_clocks_show_twice_is_the_first_of_the_two() -> None:
    twice = calendar(every_day("01:30", "12:00"))
    before = moment("2026-11-01T01:00", NEW_YORK)
    assert twice.next_change(before) == before + 30 * MINUTE


TIMES = st.sampled_from(["00:00", "01:30", "02:30", "08:00", "12:00", "22:00", "24:00"])
OPENINGS = (
    st.tuples(TIMES.filter(lambda time: time != "24:00"), TIMES)
    .filter(lambda pair: pair[0] != pair[1])
    .flatmap(
        lambda pair: st.builds(
            WeeklyOpening,
            days=st.sets(st.sampled_from(Weekday), min_size=1).map(tuple),
            opens=st.just(pair[0]),
            closes=st.just(pair[1]),
        )
    )
)


def open_by_the_wall_clock(openings: list[WeeklyOpening], zone: ZoneInfo, at: Timestamp) -> bool:
    """Look at a clock on the wall: right on every day on which nobody has turned it."""
    local = datetime.fromtimestamp(at / 1000, zone)
    time = f"{local:%H:%M}"
    today, yesterday = tuple(Weekday)[local.weekday()], tuple(Weekday)[(local - timedelta(days=1)).weekday()]
    return any(
        (today in each.days and each.opens <= time and (time < each.closes or each.closes <= each.opens))
        or (yesterday in each.days and each.closes <= each.opens and time < each.closes)
        for each in openings
    )


@given(st.lists(OPENINGS, max_size=4), st.integers(0, 21 * 24 * 12))
def test_it_is_open_whenever_the_clock_on_the_wall_says_so_until_the_next_change(
    openings: list[WeeklyOpening], step: int
) -> None:
    zone = ZoneInfo(BERLIN)
    asked = calendar(*openings, zone=BERLIN)
    at = moment("2026-06-01T00:00") + step * 5 * MINUTE
    is_open = open_by_the_wall_clock(openings, zone, at)
    assert asked.is_open(at) is is_open
    changes = asked.next_change(at)
    if changes is None:
        changes = at + 8 * 24 * HOUR
    else:
        assert open_by_the_wall_clock(openings, zone, changes) is not is_open

    for later in range(at, changes, 30 * MINUTE):
        assert open_by_the_wall_clock(openings, zone, later) is is_open


ROUND_THE_CLOCK = st.just([every_day("00:00", "24:00")])
HOLIDAYS = st.builds(
    lambda start, days, openings: Holiday(
        name="Holiday", date=start, until=start + timedelta(days=days), openings=openings
    ),
    st.dates(date(2026, 5, 25), date(2027, 8, 1)),
    st.integers(0, 3),
    st.sampled_from([(), (Opening(opens="10:00", closes="12:00"),), (Opening(opens="20:00", closes="02:00"),)]),
)


@given(
    st.one_of(ROUND_THE_CLOCK, st.lists(OPENINGS, max_size=3)),
    st.lists(HOLIDAYS, max_size=2),
    st.lists(st.integers(0, 60 * 24), min_size=2, max_size=6),
)
def test_hours_that_have_been_asked_before_tell_what_they_would_tell_anew(
    openings: list[WeeklyOpening], holidays: list[Holiday], asked_after: list[int]
) -> None:
    hours = OperatingHours(name="hours", weekly=tuple(openings), holidays=tuple(holidays))
    asked = Calendar(hours, ZoneInfo(BERLIN))
    for each in asked_after:
        at = moment("2026-06-01T00:00") + each * HOUR
        assert asked.next_change(at) == Calendar(hours, ZoneInfo(BERLIN)).next_change(at)


@given(
    st.sampled_from([(), (every_day("00:00", "24:00"),), DAY_BY_DAY, IN_SHIFTS, HALVES]),
    st.lists(HOLIDAYS, max_size=3),
    st.integers(-60 * 24, 440 * 24),
    st.sampled_from([BERLIN, "America/Santiago"]),
)
def test_what_is_always_or_never_open_changes_when_each_day_looked_at_says_so(
    openings: tuple[WeeklyOpening, ...], holidays: list[Holiday], after: int, zone: str
) -> None:
    hours = OperatingHours(name="hours", weekly=openings, holidays=tuple(holidays))
    at = moment("2026-06-01T00:00") + after * HOUR
    quickly, day_by_day = Calendar(hours, ZoneInfo(zone)), Calendar(hours, ZoneInfo(zone))
    day_by_day._never_changes = False

    assert quickly.next_change(at) == day_by_day.next_change(at)


def test_what_is_always_open_closes_for_a_holiday_and_opens_after_it() -> None:
    holiday = Holiday(name="New Year", date=date(2027, 1, 1))
    hours = OperatingHours(name="always", weekly=(every_day("00:00", "24:00"),), holidays=(holiday,))
    always = Calendar(hours, ZoneInfo(BERLIN))

    assert always.next_change(moment("2026-11-30T12:00")) == moment("2027-01-01T00:00")
    assert always.next_change(moment("2027-01-01T12:00")) == moment("2027-01-02T00:00")
    assert always.next_change(moment("2027-01-02T00:00")) is None
    assert always.next_change(moment("2025-06-01T00:00")) is None, "more than 400 days away"


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        (OperatingHours(name="a\nb"), "hours[0].name: 'a\\nb' cannot be in a URL"),
        (OperatingHours(name="a", time_zone="Mars/Base"), "hours[0].time_zone: 'Mars/Base' is no IANA time zone"),
        (OperatingHours(name="a", weekly=(WeeklyOpening(days=(), opens="09:00", closes="10:00"),)), "weekly[0].days"),
        (OperatingHours(name="a", weekly=(every_day("24:00", "10:00"),)), "hours[0].weekly[0].opens: '24:00' ends"),
        (OperatingHours(name="a", weekly=(every_day("09:00", "09:00"),)), "hours[0].weekly[0].closes: as it opens"),
        (
            OperatingHours(name="a", holidays=(Holiday(name="H", date=date(2026, 2, 2), until=date(2026, 2, 1)),)),
            "hours[0].holidays[0].until: 2026-02-01 is before 2026-02-02",
        ),
        (
            OperatingHours(name="a", holidays=(Holiday(name="H", date=date(2026, 2, 2), until=date(2027, 2, 3)),)),
            "hours[0].holidays[0].until: 2027-02-03 is more than a year after 2026-02-02",
        ),
        (
            OperatingHours(name="a", holidays=(Holiday(name="H", date=date(206, 12, 25)),)),
            "hours[0].holidays[0].date: 0206-12-25 is not between 1970 and 2199; its year may be mistyped",
        ),
        (
            OperatingHours(name="a", holidays=(Holiday(name="H", date=date(2026, 2, 2), until=date(9999, 12, 31)),)),
            "hours[0].holidays[0].until: 9999-12-31 is not between 1970 and 2199",
        ),
        (OperatingHours(name="a/b"), "hours[0].name: 'a/b' cannot be in a URL"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_their_key(hours: OperatingHours, problem: str) -> None:
    assert any(problem in each for each in find_problems(BoardConfig(name="board", hours=(hours,))))


def test_hours_that_are_not_there_or_there_twice_are_refused() -> None:
    config = BoardConfig(name="board", hours=(OFFICE, OFFICE), queues=(Queue(name="general", hours="offce"),))
    problems = list(find_problems(config))
    assert "hours[1].name: 'office' is there already, as hours[0]" in problems
    assert "queues[0].hours: there are no hours 'offce' (there is: office)" in problems
