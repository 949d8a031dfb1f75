"""What a calendar's events say of operating hours, one by one: a weekly opening, a holiday, or an opening of some days.

Nothing is expanded: a recurrence that a week cannot express is told, whatever it would come to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import icalendar
from icalendar import vBroken, vDDDLists, vDDDTypes, vRecur
from msgspec import Struct

from cordboard.daemon.ical.zones import UTC, zone_key
from cordboard.engine.hours import LONGEST_HOLIDAY, Opening
from cordboard.engine.vocabulary import Weekday

DAY: Final = timedelta(days=1)

_EARLIEST: Final = 1900
_LATEST: Final = 2999
"""Years: beyond them somebody means "for ever", and clocks cannot be told from one another."""

_LONGEST_SHOWN: Final = 100
"""Characters of what a file says that are shown of it in a sentence."""

_WEEK: Final = tuple(Weekday)
_DAYS: Final = {day.value[:2].upper(): day for day in Weekday}
_READ: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID")


class Inexpressible(Exception):
    """An event that operating hours cannot express, and why."""


class Moment(Struct, frozen=True):
    """What a clock shows.

    Attributes:
        wall: Day and time; midnight for a whole day.
        zone: Where, an IANA time zone; None for the clocks of wherever one is.
        whole_day: Whether it is a day without a time.
    """

    wall: datetime
    zone: str | None
    whole_day: bool

    def seen_from(self, zone: str | None) -> datetime:
        """Return what the clocks of another zone show then."""
        if zone is None or self.zone is None or zone == self.zone or self.whole_day:
            return self.wall

        there = self.wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(ZoneInfo(zone))
        return there.replace(tzinfo=None)


class Entry(Struct, frozen=True, kw_only=True):
    """What an event says.

    Attributes:
        uid: The event's.
        name: Its summary, on one line.
        start: When it begins, for the first time.
        opening: From when to when it is open, by the clocks of `start`; None for a holiday.
        week: On which days of every week it begins; none, where it is of its own days.
        length: How many days it is of, from the first on, where it is not of every week.
        exceptions: When it does not take place.
        replaces: The occurrence of its series that it replaces.
        cancelled: Whether it takes that occurrence away, and puts nothing in its place.
    """

    uid: str
    name: str
    start: Moment
    opening: Opening | None = None
    week: tuple[Weekday, ...] = ()
    length: int = 1
    exceptions: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    cancelled: bool = False


class EntryReader:
    """Reads events into entries.

    Args:
        zone: The zone of times that are in none that is known; without it, they cannot be used.
        aliases: The IANA names of zones that the file defines.
    """

    def __init__(self, zone: str | None, aliases: Mapping[str, str]) -> None:
        self._zone = zone
        self._aliases = aliases

    def read(self, event: icalendar.Component) -> Entry:
        """Read one event.

        Raises:
            Inexpressible: Operating hours cannot say what it says.
        """
        for name, reason in event.errors:
            if str(name).upper() in _READ:
                raise Inexpressible(f"its {name} cannot be read: {in_short(reason)}")

        replaces = self._moment(event, "RECURRENCE-ID")
        if replaces is not None and "RANGE" in event["RECURRENCE-ID"].params:
            raise Inexpressible("it changes a series from one day on; end the series there, and begin another")

        cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
        if cancelled and replaces is None:
            raise Inexpressible("it is cancelled")

        if "RDATE" in event:
            raise Inexpressible("it has RDATE, days of its own beside its series; write an event for each")

        start = self._moment(event, "DTSTART")
        if start is None:
            raise Inexpressible("it has no DTSTART")

        rule = _rule_of(event)
        return Entry(
            uid=uid_of(event),
            name=_name_of(event),
            start=start,
            opening=None if start.whole_day or cancelled else self._opening(event, start),
            week=() if start.whole_day or rule is None else _week_of(rule, start),
            length=self._days(event, start, rule) if start.whole_day else _run_of(rule, start),
            exceptions=self._exceptions(event),
            replaces=replaces,
            cancelled=cancelled,
        )

    def _opening(self, event: icalendar.Component, start: Moment) -> Opening:
        begins, ends = start.wall, self._end(event, start)
        if ends <= begins:
            raise Inexpressible("it has no length")

        if begins.second or ends.second or begins.microsecond or ends.microsecond:
            raise Inexpressible("it begins or ends within a minute")

        midnight = datetime.combine(begins.date() + DAY, datetime.min.time())
        if ends - begins >= DAY and (begins.time() != midnight.time() or ends > midnight):
            raise Inexpressible("it lasts a day or longer without being of whole days")

        return Opening(opens=f"{begins:%H:%M}", closes="24:00" if ends == midnight else f"{ends:%H:%M}")

    def _end(self, event: icalendar.Component, start: Moment) -> datetime:
        end = self._moment(event, "DTEND")
        if end is not None:
            if end.whole_day is not start.whole_day:
                raise Inexpressible("only one of its DTSTART and DTEND is a whole day")

            return end.seen_from(start.zone)

        duration = _one(event, "DURATION")
        if duration is None:
            return start.wall + DAY * start.whole_day

        if not isinstance(length := getattr(duration, "dt", None), timedelta):
            raise Inexpressible("its DURATION cannot be read")

        try:
            return start.wall + length
        except OverflowError:
            raise Inexpressible("it ends after the last day there is") from None

    def _days(self, event: icalendar.Component, start: Moment, rule: vRecur | None) -> int:
        if rule is not None:
            raise Inexpressible(f"it repeats ({_written(rule)}), and a holiday does not: write an event for each year")

        days = (self._end(event, start) - start.wall).days
        if days < 1:
            raise Inexpressible("it has no length")

        return _bounded(days)

    def _exceptions(self, event: icalendar.Component) -> tuple[Moment, ...]:
        found = event.get("EXDATE", [])
        lists = found if isinstance(found, list) else [found]
        if not all(isinstance(each, vDDDLists) for each in lists):
            raise Inexpressible("its EXDATE cannot be read")

        return tuple(self._read(value.dt, each.params.get("TZID")) for each in lists for value in each.dts)

    def _moment(self, event: icalendar.Component, name: str) -> Moment | None:
        value = _one(event, name)
        if value is None:
            return None

        if not isinstance(value, vDDDTypes) or not isinstance(value.dt, date):
            raise Inexpressible(f"its {name} cannot be read")

        return self._read(value.dt, value.params.get("TZID"))

    def _read(self, value: object, tzid: str | None) -> Moment:
        if isinstance(value, date) and not _EARLIEST <= value.year <= _LATEST:
            raise Inexpressible(f"the year {value.year} is in it; between {_EARLIEST} and {_LATEST}")

        if isinstance(value, datetime):
            return Moment(value.replace(tzinfo=None), self._zone_of(value, tzid), whole_day=False)

        if isinstance(value, date):
            return Moment(datetime.combine(value, datetime.min.time()), None, whole_day=True)

        raise Inexpressible("one of its days cannot be read")

    def _zone_of(self, value: datetime, tzid: str | None) -> str | None:
        if tzid is None:
            return UTC if value.tzinfo is not None else None

        key = zone_key(tzid) or self._aliases.get(tzid.strip('"')) or self._zone
        if key is None:
            raise Inexpressible(f"nobody knows its time zone, {in_short(tzid)!r}; --zone says which it is")

        return key


def uid_of(event: icalendar.Component) -> str:
    """Return what an event is told by."""
    uid = in_short(event.get("UID", ""))
    return uid or f"an event without UID, {in_short(_name_of(event))!r}"


def in_short(said: object) -> str:
    """Return what a file says as it can be shown: on one line, no longer than one, and nothing that moves a cursor."""
    words = " ".join(str(said).split())
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words[:_LONGEST_SHOWN])
    return shown if len(words) <= _LONGEST_SHOWN else f"{shown}…"


def _name_of(event: icalendar.Component) -> str:
    summary = event.get("SUMMARY", "")
    return " ".join(str(summary[0] if isinstance(summary, list) else summary).split()) or "Holiday"


def _one(event: icalendar.Component, name: str) -> object:
    value = event.get(name)
    if isinstance(value, list):
        raise Inexpressible(f"it has {name} more than once")

    if isinstance(value, vBroken):
        raise Inexpressible(f"its {name} cannot be read")

    return value


def _rule_of(event: icalendar.Component) -> vRecur | None:
    rule = _one(event, "RRULE")
    if rule is not None and not (isinstance(rule, vRecur) and "FREQ" in rule):
        raise Inexpressible("its RRULE cannot be read")

    return rule


def _written(rule: vRecur) -> str:
    return ";".join(f"{key}={','.join(map(_value, values))}" for key, values in rule.items())[:100]


def _value(value: object) -> str:
    return f"{value:%Y%m%d}" if isinstance(value, date) else str(value)


def _first(rule: vRecur, key: str, default: str) -> str:
    return str(next(iter(rule.get(key, [])), default)).upper()


def _week_of(rule: vRecur, start: Moment) -> tuple[Weekday, ...]:
    """Return the days of a series without end; none of one that is of some days in a row."""
    often = _first(rule, "FREQ", "")
    if often not in ("WEEKLY", "DAILY"):
        raise Inexpressible(f"it repeats otherwise than every week ({_written(rule)})")

    if _first(rule, "INTERVAL", "1") != "1":
        raise Inexpressible(f"it skips weeks or days ({_written(rule)})")

    if strange := set(rule) - {"FREQ", "INTERVAL", "BYDAY", "WKST", "COUNT", "UNTIL"}:
        raise Inexpressible(f"its series has {', '.join(sorted(strange))} ({_written(rule)})")

    ends = "COUNT" in rule or "UNTIL" in rule
    if ends and (often == "WEEKLY" or "BYDAY" in rule):
        raise Inexpressible(f"its series ends ({_written(rule)}), and a week of operating hours does not")

    if ends:
        return ()

    if "BYDAY" not in rule:
        return _WEEK if often == "DAILY" else (_WEEK[start.wall.weekday()],)

    days = {str(each).upper() for each in rule["BYDAY"]}
    if not days or not days <= _DAYS.keys():
        raise Inexpressible(f"it is not of every week ({_written(rule)})")

    return tuple(day for written, day in _DAYS.items() if written in days)


def _run_of(rule: vRecur | None, start: Moment) -> int:
    """Return for how many days in a row a series that ends takes place."""
    if rule is None or not ("COUNT" in rule or "UNTIL" in rule):
        return 1

    if "COUNT" in rule:
        return _bounded(int(next(iter(rule["COUNT"]))))

    until = next(iter(rule["UNTIL"]))
    if not isinstance(until, date) or until.year > _LATEST:
        raise Inexpressible(f"nobody can tell when its series ends ({_written(rule)})")

    if isinstance(until, datetime) and until.tzinfo is not None:
        last = Moment(until.astimezone(ZoneInfo(UTC)).replace(tzinfo=None), UTC, whole_day=False).seen_from(start.zone)
    elif isinstance(until, datetime):
        last = until
    else:
        last = datetime.combine(until, datetime.max.time())

    return _bounded((last - start.wall).days + 1)


def _bounded(days: int) -> int:
    if not 1 <= days <= LONGEST_HOLIDAY:
        raise Inexpressible(f"it is of {days} days; between 1 and {LONGEST_HOLIDAY}")

    return days
