"""Operating hours as iCalendar: what is written is read back, and what other programs write is understood or told."""

from __future__ import annotations

import time
import tomllib
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.daemon.config_file import parse
from cordboard.daemon.ical.reading import MOST_BYTES, Reading, Unreadable, read_calendar
from cordboard.daemon.ical.toml_text import hours_table
from cordboard.daemon.ical.writing import calendar_file
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.config import BoardConfig
from cordboard.engine.config_problems import find_problems
from cordboard.engine.hours import Holiday, Opening, OperatingHours, WeeklyOpening
from cordboard.engine.vocabulary import Weekday

TODAY = date(2026, 11, 27)
NOW = 1_795_000_000_000
WORKDAYS = tuple(Weekday)[:5]
OFFICE = OperatingHours(
    name="office",
    time_zone="Europe/Berlin",
    weekly=(
        WeeklyOpening(days=WORKDAYS, opens="09:00", closes="17:30"),
        WeeklyOpening(days=(Weekday.FRIDAY,), opens="22:00", closes="02:00"),
    ),
    holidays=(
        Holiday(name="Christmas", date=date(2026, 12, 25), until=date(2026, 12, 26)),
        Holiday(name="Eve", date=date(2026, 12, 31), openings=(Opening(opens="10:00", closes="12:00"),)),
    ),
)


def read(*events: str, head: str = "", **options: object) -> Reading:
    """Read a calendar of events, each given by its lines between BEGIN and END."""
    bodies = "".join(f"BEGIN:VEVENT\n{each}\nEND:VEVENT\n" for each in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{head}{bodies}END:VCALENDAR\n"
    return read_calendar(text.replace("\n", "\r\n").encode(), today=TODAY, **options)  # type: ignore[arg-type]


# There and back


TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
OPENINGS = st.builds(
    lambda opens, closes: Opening(opens=opens, closes=closes if closes != opens else "24:00"),
    TIMES,
    st.one_of(TIMES, st.just("24:00")),
).filter(lambda each: each.opens != each.closes)
WEEKLY = st.builds(
    lambda days, opening: WeeklyOpening(
        days=tuple(sorted(days, key=list(Weekday).index)), opens=opening.opens, closes=opening.closes
    ),
    st.sets(st.sampled_from(list(Weekday)), min_size=1),
    OPENINGS,
)
NAMES = st.text(st.sampled_from("aé,;:\\\"'\N{SNOWMAN}#\x7f"), min_size=1, max_size=90)
HOLIDAYS = st.builds(
    lambda name, offset, length, openings: Holiday(
        name=name,
        date=date(2026, 1, 1) + timedelta(days=offset),
        until=date(2026, 1, 1) + timedelta(days=offset + length) if length else None,
        openings=tuple(openings),
    ),
    NAMES,
    st.integers(0, 60),
    st.integers(0, 12),
    st.lists(OPENINGS, max_size=2),
)
HOURS = st.builds(
    lambda name, zone, weekly, holidays: OperatingHours(
        name=name, time_zone=zone, weekly=tuple(weekly), holidays=tuple(holidays)
    ),
    NAMES,
    st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
    ),
    st.lists(WEEKLY, max_size=4),
    st.lists(HOLIDAYS, max_size=4),
)


def meaning(hours: OperatingHours) -> list[tuple[bool, str | None]]:
    """Sample what hours mean at every time of day and week, over 100 days with all their holidays."""
    calendar = Calendar(hours, ZoneInfo("UTC"))
    first = round(datetime(2025, 12, 30, tzinfo=ZoneInfo("UTC")).timestamp()) * 1000
    moments = [first + minutes * 60_000 for minutes in range(0, 100 * 24 * 60, 743)]
    return [
        (calendar.is_open(at), holiday.name if (holiday := calendar.holiday_on(at)) is not None else None)
        for at in moments
    ]


@settings(max_examples=30)
@given(HOURS)
def test_what_is_written_is_read_back_with_the_same_meaning(hours: OperatingHours) -> None:
    reading = read_calendar(calendar_file(hours, "UTC", NOW), today=TODAY)

    assert reading.remarks == ()
    assert reading.hours.name == hours.name
    assert meaning(reading.hours) == meaning(hours)
    pasted = parse(f'[board]\nname = "b"\n{hours_table(reading.hours)}', source="pasted").board.hours[0]
    assert pasted == reading.hours


def test_hours_are_read_back_as_they_were_written() -> None:
    assert read_calendar(calendar_file(OFFICE, "UTC", NOW), today=TODAY).hours == OFFICE


def test_hours_without_a_zone_are_written_in_the_board_s() -> None:
    hours = OperatingHours(name="office", weekly=(WeeklyOpening(days=WORKDAYS, opens="09:00", closes="17:00"),))

    assert read_calendar(calendar_file(hours, "Asia/Tokyo", NOW), today=TODAY).hours.time_zone == "Asia/Tokyo"


def test_another_calendar_shows_no_weekly_opening_on_a_holiday() -> None:
    calendar: Any = icalendar.Calendar.from_ical(calendar_file(OFFICE, "UTC", NOW))
    weekly, friday_night, christmas, _, morning = calendar.events

    assert [each.dt.date() for each in weekly["EXDATE"].dts] == [date(2026, 12, 25), date(2026, 12, 31)]
    assert [each.dt.date() for each in friday_night["EXDATE"].dts] == [date(2026, 12, 25)]
    assert (christmas["DTSTART"].dt, christmas["DTEND"].dt) == (date(2026, 12, 25), date(2026, 12, 27))
    assert christmas.categories == ["HOLIDAY"]
    assert morning["DTSTART"].dt == datetime(2026, 12, 31, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [each["TZID"] for each in calendar.timezones] == ["Europe/Berlin"]
    assert all(each["TRANSP"] == "TRANSPARENT" and each["UID"] and each["DTSTAMP"] for each in calendar.events)


def test_a_file_is_the_same_however_often_it_is_made() -> None:
    """Whoever subscribes sees events that have changed, not new ones."""
    assert calendar_file(OFFICE, "UTC", NOW) == calendar_file(OFFICE, "UTC", NOW)


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # by half an hour
        "Asia/Kolkata",  # never
        "Africa/Casablanca",  # for the weeks of Ramadan
        "Europe/Dublin",  # where winter, not summer, is what is put otherwise
        "Africa/Cairo",  # at midnight
    ],
)
def test_a_calendar_that_does_not_know_the_zone_finds_the_same_instants(zone: str) -> None:
    """An onset is told by the clocks that went before it (RFC 5545, 3.6.5), and goes on where the last one ended."""
    calendar: Any = icalendar.Calendar.from_ical(calendar_file(replace(OFFICE, time_zone=zone), "UTC", NOW))
    onsets = []
    for part in calendar.timezones[0].subcomponents:
        more = part.get("RDATE", [])
        lists = more if isinstance(more, list) else [more]
        moments = [part["DTSTART"].dt, *(each.dt for several in lists for each in several.dts)]
        onsets += [(each - part["TZOFFSETFROM"].td, part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td) for each in moments]

    onsets.sort()
    assert [each[1] for each in onsets[1:]] == [each[2] for each in onsets[:-1]]
    starts = [each[0] for each in onsets]
    place = ZoneInfo(zone)
    for hours in range(24, 6 * 365 * 24):
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        offset = onsets[bisect_right(starts, at.replace(tzinfo=None)) - 1][2]
        assert offset == at.astimezone(place).utcoffset(), at


def test_openings_of_any_year_are_within_the_offsets_that_the_file_spells_out() -> None:
    noon = (Opening(opens="12:00", closes="13:00"),)
    days = (date(1999, 7, 1), date(2055, 7, 1))
    holidays = tuple(Holiday(name=str(each.year), date=each, openings=noon) for each in days)
    calendar: Any = icalendar.Calendar.from_ical(calendar_file(replace(OFFICE, holidays=holidays), "UTC", NOW))

    known_from, winters, summers = sorted(calendar.timezones[0].subcomponents, key=lambda each: each["DTSTART"].dt)
    assert known_from["DTSTART"].dt.date() == date(1999, 7, 1)
    assert max(each.dt for each in winters["RDATE"].dts).year == 2054
    assert max(each.dt for each in summers["RDATE"].dts).year == 2055


def test_a_calendar_that_uses_utc_or_days_alone_defines_no_zone() -> None:
    holidays = replace(OFFICE, weekly=(), holidays=OFFICE.holidays[:1])

    assert b"VTIMEZONE" not in calendar_file(replace(OFFICE, time_zone="UTC"), "UTC", NOW)
    assert b"VTIMEZONE" not in calendar_file(holidays, "UTC", NOW)


# Other programs' files


def test_google_s_calendar_is_understood() -> None:
    """Single events are in UTC there, and whole days have no zone."""
    reading = read(
        "UID:1@google.com\nDTSTART;TZID=America/New_York:20250106T090000\nDTEND;TZID=America/New_York:20250106T170000\n"
        "RRULE:FREQ=WEEKLY;WKST=SU;BYDAY=MO,TU,WE,TH,FR\nEXDATE;TZID=America/New_York:20261126T090000\nSUMMARY:Open",
        "UID:2@google.com\nDTSTART:20261224T140000Z\nDTEND:20261224T170000Z\nSUMMARY:Short day",
        "UID:3@google.com\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261226\nSUMMARY:Christmas",
        head="X-WR-CALNAME:Our hours\nX-WR-TIMEZONE:America/New_York\n",
    )

    assert reading.remarks == ()
    assert reading.hours == OperatingHours(
        name="Our hours",
        time_zone="America/New_York",
        weekly=(WeeklyOpening(days=WORKDAYS, opens="09:00", closes="17:00"),),
        holidays=(
            Holiday(name="Closed", date=date(2026, 11, 26)),
            Holiday(name="Christmas", date=date(2026, 12, 24), openings=(Opening(opens="09:00", closes="12:00"),)),
            Holiday(name="Christmas", date=date(2026, 12, 25)),
        ),
    )


def test_outlook_s_names_of_time_zones_are_understood() -> None:
    reading = read(
        "UID:1\nDTSTART;TZID=W. Europe Standard Time:20250106T090000\nDURATION:PT8H30M\nRRULE:FREQ=DAILY\nSUMMARY:x",
        "UID:1\nRECURRENCE-ID;TZID=W. Europe Standard Time:20261124T090000\nSUMMARY:Late start\n"
        "DTSTART;TZID=W. Europe Standard Time:20261124T120000\nDTEND;TZID=W. Europe Standard Time:20261124T173000",
        "UID:1\nRECURRENCE-ID;TZID=W. Europe Standard Time:20261125T090000\nSTATUS:CANCELLED\nSUMMARY:x\n"
        "DTSTART;TZID=W. Europe Standard Time:20261125T090000",
        head="BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\n"
        "RRULE:FREQ=SECONDLY\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n",
    )

    assert reading.remarks == ()
    assert reading.hours.time_zone == "Europe/Berlin"
    assert reading.hours.weekly == (WeeklyOpening(days=tuple(Weekday), opens="09:00", closes="17:30"),)
    assert reading.hours.holidays == (
        Holiday(name="Late start", date=date(2026, 11, 24), openings=(Opening(opens="12:00", closes="17:30"),)),
        Holiday(name="Closed", date=date(2026, 11, 25)),
    )


@pytest.mark.parametrize(
    "tzid", ["/mozilla.org/20050126_1/Europe/Berlin", "/freeassociation.sourceforge.net/Europe/Berlin", "Ours"]
)
def test_a_zone_with_a_path_or_a_definition_is_understood(tzid: str) -> None:
    reading = read(
        f"UID:1\nDTSTART;TZID={tzid}:20250106T220000\nDTEND;TZID={tzid}:20250107T020000\nRRULE:FREQ=WEEKLY",
        head="BEGIN:VTIMEZONE\nTZID:Ours\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE\n",
    )

    assert reading.remarks == ()
    assert reading.hours.time_zone == "Europe/Berlin"
    assert reading.hours.weekly == (WeeklyOpening(days=(Weekday.MONDAY,), opens="22:00", closes="02:00"),)


def test_a_definition_that_nobody_ended_takes_no_event_with_it() -> None:
    reading = read(
        "UID:1\nDTSTART;VALUE=DATE:20270101\nSUMMARY:Neujahr",
        head="BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:16010101T030000\n",
    )

    assert [each.name for each in reading.hours.holidays] == ["Neujahr"]


@pytest.mark.parametrize(
    "after",
    ["", "BEGIN:VTODO\nUID:2\nEND:VTODO\n", "BEGIN:VTIMEZONE\nTZID:Other\nBEGIN:DAYLIGHT\nEND:DAYLIGHT\n"],
    ids=["nothing", "something else", "another one"],
)
def test_a_definition_that_nobody_ended_and_that_comes_last_ends_with_what_is_no_part_of_it(after: str) -> None:
    event = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20270101\nSUMMARY:Neujahr\nEND:VEVENT\n"
    definition = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:16010101T030000\nEND:STANDARD\n"
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}{definition}{after}END:VCALENDAR\n"

    reading = read_calendar(text.replace("\n", "\r\n").encode(), today=TODAY)

    assert [each.name for each in reading.hours.holidays] == ["Neujahr"]
    assert reading.remarks == (("left out: 1 x VTODO",) if "VTODO" in after else ())


def test_public_holidays_are_read_alone() -> None:
    reading = read(
        "UID:1\nDTSTART;VALUE=DATE:20270101\nSUMMARY:Neujahr",
        "UID:2\nDTSTART;VALUE=DATE:20271225\nDURATION:P2D\nSUMMARY:Weihnachten",
        "UID:3\nDTSTART:20270101T090000\nDTEND:20270101T100000\nSUMMARY:Breakfast",
        holidays_only=True,
    )

    assert reading.remarks == ("left out: 1 x events with a time of day",)
    assert reading.hours.holidays == (
        Holiday(name="Neujahr", date=date(2027, 1, 1)),
        Holiday(name="Weihnachten", date=date(2027, 12, 25), until=date(2027, 12, 26)),
    )


def test_an_opening_of_a_day_that_is_no_holiday_adds_to_that_day() -> None:
    reading = read(
        "UID:1\nDTSTART:20250106T090000\nDTEND:20250106T170000\nRRULE:FREQ=WEEKLY;BYDAY=MO",
        "UID:2\nDTSTART:20261130T190000\nDTEND:20261130T210000\nSUMMARY:Cyber Monday",
    )

    assert reading.hours.time_zone is None
    assert reading.hours.holidays == (
        Holiday(
            name="Cyber Monday",
            date=date(2026, 11, 30),
            openings=(Opening(opens="09:00", closes="17:00"), Opening(opens="19:00", closes="21:00")),
        ),
    )


def test_a_line_may_be_folded_in_the_middle_of_a_character() -> None:
    whole = calendar_file(replace(OFFICE, holidays=(Holiday(name="Été", date=date(2027, 7, 1)),)), "UTC", NOW)
    folded = whole.replace(b"\xc3\xa9", b"\xc3\r\n \xa9")

    assert folded != whole
    assert read_calendar(folded, today=TODAY).hours.holidays[0].name == "Été"


# What cannot be expressed is told


TIMED = "DTSTART:20250106T090000\nDTEND:20250106T170000"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (f"{TIMED}\nRRULE:FREQ=WEEKLY;INTERVAL=2", "it skips weeks or days (FREQ=WEEKLY;INTERVAL=2)"),
        (f"{TIMED}\nRRULE:FREQ=WEEKLY;COUNT=10", "its series ends (FREQ=WEEKLY;COUNT=10)"),
        (f"{TIMED}\nRRULE:FREQ=WEEKLY;UNTIL=20270101", "its series ends (FREQ=WEEKLY;UNTIL=20270101)"),
        (f"{TIMED}\nRRULE:FREQ=MONTHLY;BYDAY=1MO", "it repeats otherwise than every week"),
        (f"{TIMED}\nRRULE:FREQ=WEEKLY;BYDAY=1MO", "it is not of every week"),
        (f"{TIMED}\nRRULE:FREQ=WEEKLY;BYMONTH=12", "its series has BYMONTH"),
        (f"{TIMED}\nRRULE:FREQ=SECONDLY;COUNT=999999999", "it repeats otherwise than every week"),
        (f"{TIMED}\nRRULE:FREQ=DAILY;COUNT=999999999", "it is of 999999999 days; between 1 and 366"),
        (f"{TIMED}\nRRULE:FREQ=DAILY;UNTIL=99991231", "nobody can tell when its series ends"),
        (f"{TIMED}\nRRULE:rubbish", "its RRULE cannot be read"),
        (f"{TIMED}\nRRULE:FREQ=WEEKLY\nRRULE:FREQ=DAILY", "it has RRULE more than once"),
        (f"{TIMED}\nRDATE:20250107T090000", "it has RDATE"),
        (f"{TIMED}\nEXDATE:rubbish", "its EXDATE cannot be read"),
        (f"{TIMED}\nSTATUS:CANCELLED", "it is cancelled"),
        (f"{TIMED}\nRECURRENCE-ID:20250106T090000", "it changes one day of a series that is not here"),
        (f"{TIMED}\nRECURRENCE-ID;RANGE=THISANDFUTURE:20250106T090000", "it changes a series from one day on"),
        ("SUMMARY:x", "it has no DTSTART"),
        ("DTSTART:20250106T090000", "it has no length"),
        ("DTSTART:20250106T090000\nDTEND:20250106T080000", "it has no length"),
        ("DTSTART:20250106T090000\nDTEND:20250106T170030", "it begins or ends within a minute"),
        ("DTSTART:20250106T090000\nDTEND:20250108T170000", "it lasts a day or longer without being of whole days"),
        ("DTSTART:20250106T090000\nDURATION:P99999999D", "it ends after the last day there is"),
        ("DTSTART:20250106T090000\nDTEND;VALUE=DATE:20250107", "only one of its DTSTART and DTEND is a whole day"),
        ("DTSTART;TZID=Nowhere:20250106T090000\nDTEND:20250106T170000", "nobody knows its time zone, 'Nowhere'"),
        ("DTSTART;VALUE=DATE:20250106\nRRULE:FREQ=YEARLY", "it repeats (FREQ=YEARLY), and a holiday does not"),
        ("DTSTART;VALUE=DATE:20250106\nDTEND;VALUE=DATE:20250106", "it has no length"),
        ("DTSTART;VALUE=DATE:20250106\nDTEND;VALUE=DATE:20280106", "it is of 1095 days; between 1 and 366"),
        ("DTSTART;VALUE=DATE:00010101", "the year 1 is in it"),
    ],
)
def test_what_hours_cannot_express_is_told_with_the_event_and_the_reason(event: str, reason: str) -> None:
    reading = read(f"UID:the-one\n{event}")

    [remark] = reading.remarks
    assert remark.startswith(f"the-one: left out: {reason}")
    assert (reading.hours.weekly, reading.hours.holidays) == ((), ())


def test_what_is_by_other_clocks_is_told() -> None:
    berlin, tokyo = (
        f"UID:{zone}\nDTSTART;TZID={zone}:20250106T090000\nDTEND;TZID={zone}:20250106T170000\nRRULE:FREQ=WEEKLY"
        for zone in ("Europe/Berlin", "Asia/Tokyo")
    )

    assert read(berlin, tokyo).remarks == (
        "Asia/Tokyo: left out: its clocks are those of Asia/Tokyo, not of Europe/Berlin",
    )
    assert read(berlin, tokyo, zone="Asia/Tokyo").hours.time_zone == "Asia/Tokyo"


def test_a_series_that_has_not_begun_a_second_name_and_other_things_are_told() -> None:
    reading = read(
        "UID:1\nDTSTART:20270104T090000\nDTEND:20270104T170000\nRRULE:FREQ=WEEKLY",
        "UID:2\nDTSTART;VALUE=DATE:20270101\nSUMMARY:New Year",
        "UID:3\nDTSTART;VALUE=DATE:20270101\nSUMMARY:Bank holiday",
        head="BEGIN:VTODO\nUID:4\nEND:VTODO\n",
    )

    assert reading.remarks == (
        "left out: 1 x VTODO",
        "1: begins on 2027-01-04; taken as if it had begun",
        "3: 2027-01-01 is called 'New Year' already, not 'Bank holiday'",
    )


def test_many_days_that_have_a_name_already_are_told_together() -> None:
    summer, holidays = (
        f"UID:{name}\nDTSTART;VALUE=DATE:20270701\nDURATION:P{days}D\nSUMMARY:{name}"
        for name, days in (("summer", 60), ("holidays", 31))
    )

    assert read(summer, holidays).remarks == (
        "holidays: 2027-07-01 and 30 more is called 'summer' already, not 'holidays'",
    )


def test_what_is_told_of_a_file_is_short_and_does_nothing_to_a_terminal() -> None:
    [remark] = read(f"UID:\x1b[2Jx{'y' * 5000}\nDTSTART:{'9' * 5000}").remarks

    assert remark.startswith("\N{REPLACEMENT CHARACTER}[2Jxyyy")
    assert remark.isprintable()
    assert len(remark) < 300


# Rubbish


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no iCalendar file"),
        (b"hello", "is no iCalendar file"),
        (b"\xff\xfe", "is not UTF-8 text, from its line 1 on"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "is no iCalendar file: it does not begin with BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\n", "is no iCalendar file"),
        (b"x" * (MOST_BYTES + 1), f"has more than {MOST_BYTES} bytes"),
        (b"BEGIN:VEVENT\n" * 5_001, "has more than 5000 events"),
    ],
)
def test_what_is_no_calendar_is_refused_with_a_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_calendar(data, today=TODAY)


def test_no_file_takes_long() -> None:
    """Of the largest that is read, and with recurrences that would never end."""
    bomb = b"BEGIN:VTIMEZONE\r\n" * 20_000 + b"RRULE:FREQ=SECONDLY\r\n" * 20_000
    began = time.process_time()
    with pytest.raises(Unreadable):
        read_calendar(b"BEGIN:VCALENDAR\r\n" + bomb, today=TODAY)

    series = "\n".join(["UID:1", TIMED, "RRULE:FREQ=SECONDLY;INTERVAL=1;BYSECOND=1", "EXDATE:20250106T090000" * 1])
    assert len(read(*[series] * 500).remarks) == 500
    assert time.process_time() - began < 5.0


WRITTEN = calendar_file(OFFICE, "UTC", NOW)


@settings(max_examples=150)
@given(st.data())
def test_a_spoilt_file_is_read_or_refused(data: st.DataObject) -> None:
    lines = WRITTEN.split(b"\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "cut", "splice"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case _:
                extra = data.draw(st.sampled_from([b":", b";", b"\x00", b"99999999", b"=", b",", b"Z", b"-"]))
                middle = data.draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:middle] + extra + lines[at][middle:]

    try:
        reading = read_calendar(b"\r\n".join(lines), today=TODAY)
    except Unreadable:
        return

    assert list(find_problems(BoardConfig(name="b", hours=(reading.hours,)))) == []
    assert tomllib.loads(hours_table(reading.hours))["hours"]
