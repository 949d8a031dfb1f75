"""Writes operating hours as an iCalendar file that other calendars show as they are.

What is open every week becomes weekly events, with an exception for each holiday. A holiday is an event of whole days,
and what is open on it all the same are events of their own. So a calendar that knows nothing of our holidays shows the
truth, and `reading` reads the same hours back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import icalendar

from cordboard.daemon.ical.offsets import definition
from cordboard.daemon.release import release
from cordboard.engine.hours import Holiday, Opening, OperatingHours, WeeklyOpening
from cordboard.engine.vocabulary import Timestamp, Weekday

BEGINNING: Final = date(2024, 1, 1)
"""A Monday. Weekly events need a first day; what was open before is nobody's plan any more."""

LAST_OFFSETS: Final = date(2038, 1, 1)
"""Up to here at least the file spells out a zone's offsets; calendars that know it by its name need none of it."""

HOLIDAY: Final = "HOLIDAY"
"""The category of events that are holidays."""

_DAY: Final = timedelta(days=1)
_WEEK: Final = tuple(Weekday)


def calendar_file(hours: OperatingHours, board_zone: str, at: Timestamp) -> bytes:
    """Return operating hours as the bytes of an `.ics` file.

    Args:
        hours: The hours.
        board_zone: The IANA time zone of hours that have none of their own.
        at: When the file is made: each event says so.
    """
    zone = ZoneInfo(hours.time_zone or board_zone)
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//Cordboard//{release()}//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", hours.name)
    calendar.add("x-wr-timezone", zone.key)
    stamp = datetime.fromtimestamp(at // 1000, UTC)
    for kind, event in _events(hours, zone):
        event.add("dtstamp", stamp)
        event.add("uid", f"{kind}@{hours.name}.cordboard")
        event.add("transp", "TRANSPARENT")  # whoever subscribes is not busy because somebody else is open
        calendar.add_component(event)

    if calendar.get_missing_tzids():
        first, last = _told_of(hours)
        calendar.subcomponents.insert(0, definition(zone, first, last))  # before what is told by it

    return bytes(calendar.to_ical())


def _told_of(hours: OperatingHours) -> tuple[date, date]:
    """Return the days between which the file has to spell out a zone's offsets: none of its events is outside."""
    firsts = [each.date for each in hours.holidays]
    ends = [(each.until or each.date) + 2 * _DAY for each in hours.holidays]  # one may be open through midnight
    return min((BEGINNING, *firsts)), max((LAST_OFFSETS, *ends))


def _events(hours: OperatingHours, zone: ZoneInfo) -> Iterator[tuple[str, icalendar.Event]]:
    """Yield every event, with a name for it that stays the same."""
    holidays = list(_apart(hours.holidays))
    for index, weekly in enumerate(hours.weekly):
        if weekly.days:
            yield f"weekly-{index}", _weekly_event(hours.name, weekly, holidays, zone)

    for holiday in holidays:
        first, last = holiday.date, holiday.until or holiday.date
        event = icalendar.Event()
        event.add("summary", holiday.name)
        event.add("categories", [HOLIDAY])
        event.add("dtstart", first)
        event.add("dtend", last + _DAY)
        yield f"holiday-{first}", event
        for index, opening in enumerate(holiday.openings):
            event = _opening_event(f"{hours.name} ({holiday.name})", opening, first, zone)
            if last > first:
                event.add("rrule", {"FREQ": "DAILY", "COUNT": (last - first).days + 1})

            yield f"holiday-{first}-{index}", event


def _weekly_event(name: str, weekly: WeeklyOpening, holidays: list[Holiday], zone: ZoneInfo) -> icalendar.Event:
    days = {_WEEK.index(day) for day in weekly.days}
    event = _opening_event(name, weekly, BEGINNING + min(days) * _DAY, zone)
    event.add("rrule", {"FREQ": "WEEKLY", "BYDAY": [_WEEK[day].value[:2].upper() for day in sorted(days)]})
    exceptions = [
        _moment(day, weekly.opens, zone)
        for holiday in holidays
        for day in _days(holiday)
        if day >= BEGINNING and day.weekday() in days
    ]
    if exceptions:
        event.add("exdate", exceptions)

    return event


def _opening_event(summary: str, opening: Opening, day: date, zone: ZoneInfo) -> icalendar.Event:
    through_midnight = opening.closes <= opening.opens
    event = icalendar.Event()
    event.add("summary", summary)
    event.add("dtstart", _moment(day, opening.opens, zone))
    event.add("dtend", _moment(day + _DAY * through_midnight, opening.closes, zone))
    return event


def _moment(day: date, time: str, zone: ZoneInfo) -> datetime:
    hour, minute = int(time[:2]), int(time[3:])
    day, hour = (day + _DAY, 0) if hour == 24 else (day, hour)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)


def _days(holiday: Holiday) -> Iterator[date]:
    for offset in range(((holiday.until or holiday.date) - holiday.date).days + 1):
        yield holiday.date + offset * _DAY


def _apart(holidays: tuple[Holiday, ...]) -> Iterator[Holiday]:
    """Yield holidays that do not overlap and mean the same: where two do, the one that was written first counts."""
    taken: set[date] = set()
    for holiday in holidays:
        days = [day for day in _days(holiday) if day not in taken]
        taken.update(days)
        breaks = [index for index, (one, next_one) in enumerate(pairwise(days), 1) if next_one - one > _DAY]
        for begin, end in pairwise([0, *breaks, len(days)]):
            if begin < end:
                yield Holiday(name=holiday.name, date=days[begin], until=days[end - 1], openings=holiday.openings)
