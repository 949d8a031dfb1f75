"""Reads operating hours out of an iCalendar file: this program's, or another one's.

Weekly events are what is open every week, events of whole days are holidays, and every other event is an opening of its
day. What operating hours cannot express is told and left out, never dropped in silence.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import icalendar
from icalendar.error import GloballyUniqueTZIDGuessed
from msgspec import Struct

from cordboard.daemon.ical.entries import DAY, Entry, EntryReader, Inexpressible, uid_of
from cordboard.daemon.ical.zones import without_definitions, zone_key
from cordboard.engine.hours import Holiday, Opening, OperatingHours, WeeklyOpening
from cordboard.engine.vocabulary import Weekday

MOST_BYTES: Final = 1024 * 1024
"""The public holidays of a country for some years have a tenth of it; and it is read in some seconds at most."""

MOST_EVENTS: Final = 5_000

CLOSED: Final = "Closed"
"""What a day is called on which something of the week does not take place, and the file does not say why."""

_WEEK: Final = tuple(Weekday)


class Unreadable(ValueError):
    """A file that is no calendar that can be used, and why."""


class Reading(Struct, frozen=True, kw_only=True):
    """What a file says.

    Attributes:
        hours: The operating hours.
        remarks: What was left out or had to be put otherwise, and why, each a sentence that begins with an event's UID.
    """

    hours: OperatingHours
    remarks: tuple[str, ...]


def read_calendar(
    data: bytes, *, today: date, name: str | None = None, zone: str | None = None, holidays_only: bool = False
) -> Reading:
    """Read a file.

    Args:
        data: Its bytes.
        today: What has not begun by this day is told.
        name: How the hours are called; as the calendar is, where it is not given.
        zone: Their IANA time zone, and that of times in a zone that nobody knows; that of the weekly events, or of
            the calendar, where it is not given.
        holidays_only: Whether only events of whole days are read.

    Raises:
        Unreadable: It is no calendar, or too large.
    """
    calendar, aliases = _parse(data)
    remarks: list[str] = []
    reader = EntryReader(zone, aliases)
    entries: list[Entry] = []
    others: Counter[str] = Counter()
    for part in calendar.subcomponents:
        if part.name != "VEVENT":
            others[str(part.name)] += 1
            continue

        try:
            entry = reader.read(part)
        except Inexpressible as reason:
            remarks.append(f"{uid_of(part)}: left out: {reason}")
            continue

        if holidays_only and entry.opening is not None:
            others["events with a time of day"] += 1
        else:
            entries.append(entry)

    remarks += [f"left out: {count} x {what}" for what, count in others.items()]
    usual = zone_key(str(calendar.get("X-WR-TIMEZONE", "")))
    place = zone or _zone_of(entries) or usual
    plan = _Plan(place, today)
    for entry in sorted(entries, key=lambda each: each.replaces is not None):  # a series goes before what replaces it
        remarks += plan.add(entry)

    hours = OperatingHours(
        name=name or " ".join(str(calendar.get("X-WR-CALNAME", "")).split()) or "imported",
        time_zone=place,
        weekly=plan.weekly(),
        holidays=tuple(plan.holidays()),
    )
    return Reading(hours=hours, remarks=tuple(remarks))


def _parse(data: bytes) -> tuple[icalendar.Component, dict[str, str]]:
    if len(data) > MOST_BYTES:
        raise Unreadable(f"has more than {MOST_BYTES} bytes; that is more than hours and holidays take")

    # Unfolded first: who folds lines by their bytes may break one in the middle of a character (RFC 5545, 3.1).
    unfolded = data.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")
    try:
        text = unfolded.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = unfolded.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not UTF-8 text, from its line {line} on (continued lines are one)") from None

    lines, aliases = without_definitions(text.split("\n"))
    if sum(line.upper().startswith("BEGIN:VEVENT") for line in lines) > MOST_EVENTS:
        raise Unreadable(f"has more than {MOST_EVENTS} events; that is more than hours and holidays take")

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)  # `zones` says which zone it is
            calendar = icalendar.Component.from_ical("\r\n".join(lines))
    except ValueError as error:
        reason = " ".join(str(error).split())[:200]
        raise Unreadable(f"is no iCalendar file: {reason}") from None

    if not isinstance(calendar, icalendar.Component) or calendar.name != "VCALENDAR":
        raise Unreadable("is no iCalendar file: it does not begin with BEGIN:VCALENDAR")

    return calendar, aliases


def _zone_of(entries: list[Entry]) -> str | None:
    """Return the zone of what is open every week; where nothing is, that of the first event that has one."""
    timed = [each for each in entries if each.opening is not None and each.start.zone is not None]
    return next((each.start.zone for each in sorted(timed, key=lambda each: not each.week)), None)


class _Plan:
    """What is open, week by week and day by day, put together from a calendar's entries."""

    def __init__(self, zone: str | None, today: date) -> None:
        self._zone = zone
        self._today = today
        self._series: list[tuple[Entry, set[date]]] = []
        self._named: dict[date, str] = {}
        self._opened: dict[date, list[tuple[str, Opening]]] = {}

    def add(self, entry: Entry) -> Iterator[str]:
        """Take an entry in, and yield what is to be said of it."""
        if entry.replaces is not None:
            yield from self._replace(entry)
        elif entry.opening is None:
            yield from self._name(entry)
        elif (entry.week or entry.length > 1) and self._elsewhere(entry):
            clocks = f"its clocks are those of {entry.start.zone}, not of {self._zone}"
            yield f"{entry.uid}: left out: {clocks}"
        elif entry.week:
            if entry.start.wall.date() > self._today:
                yield f"{entry.uid}: begins on {entry.start.wall.date()}; taken as if it had begun"

            self._series.append((entry, {each.seen_from(self._zone).date() for each in entry.exceptions}))
        else:
            self._open(entry)

    def _elsewhere(self, entry: Entry) -> bool:
        return entry.start.zone is not None and entry.start.zone != self._zone

    def _replace(self, entry: Entry) -> Iterator[str]:
        assert entry.replaces is not None  # noqa: S101 - states what the caller has looked at
        day = entry.replaces.seen_from(self._zone).date()
        series = [exceptions for each, exceptions in self._series if each.uid == entry.uid]
        if not series:
            yield f"{entry.uid}: left out: it changes one day of a series that is not here"
            return

        for exceptions in series:
            exceptions.add(day)

        if entry.opening is not None:
            self._open(entry)
        elif not entry.cancelled:
            yield from self._name(entry)

    def _name(self, entry: Entry) -> Iterator[str]:
        days = _days(entry.start.wall, entry.length)
        taken = [day for day in days if self._named.setdefault(day, entry.name) != entry.name]
        if taken:
            more = f" and {len(taken) - 1} more" if taken[1:] else ""
            yield f"{entry.uid}: {taken[0]}{more} is called {self._named[taken[0]]!r} already, not {entry.name!r}"

    def _open(self, entry: Entry) -> None:
        assert entry.opening is not None  # noqa: S101 - states what the caller has looked at
        begins, opening = entry.start.seen_from(self._zone), entry.opening
        if begins != entry.start.wall:
            opening = _moved(opening, entry.start.wall, begins)

        excepted = {each.seen_from(self._zone).date() for each in entry.exceptions}
        for day in _days(begins, entry.length):
            if day not in excepted:
                self._opened.setdefault(day, []).append((entry.name, opening))

    def weekly(self) -> tuple[WeeklyOpening, ...]:
        """Return what is open every week; what opens and closes at the same times is put together."""
        days: dict[tuple[str, str], set[Weekday]] = {}
        for entry, _ in self._series:
            if entry.opening is not None:
                days.setdefault((entry.opening.opens, entry.opening.closes), set()).update(entry.week)

        return tuple(
            WeeklyOpening(days=tuple(day for day in _WEEK if day in on), opens=opens, closes=closes)
            for (opens, closes), on in days.items()
        )

    def holidays(self) -> Iterator[Holiday]:
        """Yield the days that are otherwise, those in a row that are alike together."""
        current: Holiday | None = None
        for day in sorted({*self._named, *self._opened, *self._missed()}):
            name, openings = self._day(day)
            if current is not None and (name, openings) == (current.name, current.openings):
                last = current.until or current.date
                if day == last + DAY:
                    current = Holiday(name=name, date=current.date, until=day, openings=openings)
                    continue

            if current is not None:
                yield current

            current = Holiday(name=name, date=day, openings=openings)

        if current is not None:
            yield current

    def _missed(self) -> set[date]:
        """Return the days on which something of the week does not take place."""
        return {day for entry, exceptions in self._series for day in exceptions if _WEEK[day.weekday()] in entry.week}

    def _day(self, day: date) -> tuple[str, tuple[Opening, ...]]:
        extra = self._opened.get(day, [])
        openings = [opening for _, opening in extra]
        if day not in self._named:  # a day of the week, with something more or less
            openings += [
                Opening(opens=entry.opening.opens, closes=entry.opening.closes)
                for entry, exceptions in self._series
                if entry.opening is not None and _WEEK[day.weekday()] in entry.week and day not in exceptions
            ]

        name = self._named.get(day) or (extra[0][0] if extra else CLOSED)
        return name, tuple(sorted(set(openings), key=lambda each: (each.opens, each.closes)))


def _days(first: datetime, count: int) -> list[date]:
    return [first.date() + offset * DAY for offset in range(count)]


def _moved(opening: Opening, was: datetime, now: datetime) -> Opening:
    """Return an opening by the clocks of another place."""
    hour, minute = int(opening.closes[:2]), int(opening.closes[3:])
    length = (hour * 60 + minute - was.hour * 60 - was.minute) % (24 * 60) or 24 * 60
    ends = (now.hour * 60 + now.minute + length) % (24 * 60)
    closes = f"{ends // 60:02}:{ends % 60:02}" if ends else "24:00"
    return Opening(opens=f"{now:%H:%M}", closes=closes)
