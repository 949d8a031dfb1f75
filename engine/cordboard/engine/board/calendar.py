"""Operating hours at a moment: open or closed, until when, and which holiday it is.

Times of day are those of a place, so a day has 23 or 25 hours twice a year. A time that the clocks show twice is the
first of the two, and one that they skip is read by the clocks from before the skip, as RFC 5545 (3.3.5) has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cordboard.engine.hours import Holiday, Opening, OperatingHours
from cordboard.engine.vocabulary import Timestamp, Weekday

_DAY: Final = timedelta(days=1)
_DAY_MINUTES: Final = 24 * 60

_FORESIGHT: Final = 400
"""Days that are looked at for the next change: a year, and a long holiday."""

_WEEK: Final = tuple(Weekday)


def end_of_day(at: Timestamp, zone: ZoneInfo) -> Timestamp:
    """Return the midnight that ends the day that a moment belongs to in a zone."""
    tomorrow = datetime.fromtimestamp(at / 1000, zone).date() + _DAY
    return round(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp()) * 1000


class Calendar:
    """One set of operating hours, ready to be asked.

    Args:
        hours: The hours.
        zone: The board's time zone, for hours that have none of their own.
    """

    def __init__(self, hours: OperatingHours, zone: ZoneInfo) -> None:
        self.hours = hours
        self.zone = ZoneInfo(hours.time_zone) if hours.time_zone else zone
        self._weekly: dict[int, tuple[Opening, ...]] = {
            index: tuple(each for each in hours.weekly if day in each.days) for index, day in enumerate(_WEEK)
        }
        self._never_changes = not hours.weekly or _is_round_the_clock(self._weekly)
        self._found: tuple[Timestamp, Timestamp | None] = (-1, None)

    def is_open(self, at: Timestamp) -> bool:
        """Whether it is open at a moment."""
        today = self._day_of(at)
        return any(opens <= at < closes for opens, closes in self._spans(today - _DAY, 2))

    def is_open_throughout(self, since: Timestamp, until: Timestamp) -> bool:
        """Whether it is open at a moment and does not close before another: looks no further than that."""
        first, last = self._day_of(since) - _DAY, self._day_of(max(since, until))
        for opens, closes in _joined(self._spans(first, (last - first).days + 1)):
            if since < closes:
                return opens <= since and until <= closes

        return False

    def next_change(self, at: Timestamp) -> Timestamp | None:
        """Return when it next opens, if it is closed, or closes, if it is open; None for never within 400 days.

        It is asked for every rep and queue with these hours, so what was found is kept for as long as it holds.
        """
        asked, change = self._found
        if asked == at or (change is not None and asked <= at < change):
            return change

        change = self._find_change(at)
        self._found = (at, change)
        return change

    def _find_change(self, at: Timestamp) -> Timestamp | None:
        today = self._day_of(at)
        first, last = today - _DAY, today + _FORESIGHT * _DAY
        if self._never_changes:  # but on holidays: nothing does before the day that begins the next one
            holidays = (each for each in self.hours.holidays if (each.until or each.date) >= first)
            begins = min((each.date for each in holidays), default=None)
            if begins is None or begins > last:
                return None

            if begins > today:
                first = begins - 2 * _DAY  # what opened then may go through midnight
                at = max(at, self._moment(begins - _DAY, "00:00"))

        horizon = self._moment(last, "00:00")
        for opens, closes in _joined(self._spans(first, (last - first).days)):
            if at < opens:
                return opens

            if at < closes:
                return closes if closes < horizon else None  # what is open until then may well stay open

        return None

    def next_opening(self, at: Timestamp) -> Timestamp | None:
        """Return when it is open next: at once, if it is open; None for never within 400 days."""
        return at if self.is_open(at) else self.next_change(at)

    def holiday_on(self, at: Timestamp) -> Holiday | None:
        """Return the holiday that it is at a moment, by the clocks of the place."""
        return self._holiday(self._day_of(at))

    def _day_of(self, at: Timestamp) -> date:
        return datetime.fromtimestamp(at / 1000, self.zone).date()

    def _holiday(self, day: date) -> Holiday | None:
        return next((each for each in self.hours.holidays if each.date <= day <= (each.until or each.date)), None)

    def _spans(self, first: date, days: int) -> Iterator[tuple[Timestamp, Timestamp]]:
        """Yield what is open from a day on, by when it opens, day by day."""
        for offset in range(days):
            day = first + offset * _DAY
            holiday = self._holiday(day)
            openings = self._weekly[day.weekday()] if holiday is None else holiday.openings
            spans = (self._span(day, each) for each in openings)
            yield from sorted(span for span in spans if span[0] < span[1])

    def _span(self, day: date, opening: Opening) -> tuple[Timestamp, Timestamp]:
        through_midnight = opening.closes <= opening.opens
        return self._moment(day, opening.opens), self._moment(day + _DAY * through_midnight, opening.closes)

    def _moment(self, day: date, time: str) -> Timestamp:
        hour, minute = int(time[:2]), int(time[3:])
        local = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        if hour == 24:
            local, hour = local + _DAY, 0

        return round(local.replace(hour=hour, minute=minute).timestamp()) * 1000


def _is_round_the_clock(weekly: dict[int, tuple[Opening, ...]]) -> bool:
    """Whether one opening follows another through the whole week, each from the minute on at which one closes.

    It is not enough that they overlap: where clocks skip an hour, one that opens within it opens after it.
    """
    lengths: dict[int, set[int]] = {}
    for day, openings in weekly.items():
        for each in openings:
            length = (_minutes(each.closes) - _minutes(each.opens)) % _DAY_MINUTES or _DAY_MINUTES
            lengths.setdefault(day * _DAY_MINUTES + _minutes(each.opens), set()).add(length)

    return any(_leads_round(lengths, start) for start in lengths if start < _DAY_MINUTES)


def _leads_round(lengths: dict[int, set[int]], start: int) -> bool:
    """Whether openings, by the minute of the week and how long each is, lead from a start to the same a week later."""
    week = 7 * _DAY_MINUTES
    reached, found = {start}, [start]
    while found:
        at = found.pop()
        ends = {at + length for length in lengths.get(at % week, ()) if at + length <= start + week} - reached
        reached |= ends
        found += ends

    return start + week in reached


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def _joined(spans: Iterable[tuple[Timestamp, Timestamp]]) -> Iterator[tuple[Timestamp, Timestamp]]:
    """Yield spans with those that touch or overlap put together."""
    current: tuple[Timestamp, Timestamp] | None = None
    for opens, closes in spans:
        if current is None:
            current = (opens, closes)
        elif opens <= current[1]:
            current = (current[0], max(current[1], closes))
        else:
            yield current
            current = (opens, closes)

    if current is not None:
        yield current
