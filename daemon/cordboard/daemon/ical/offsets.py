"""Defines a time zone by its offsets, for calendars that do not know it by its name (RFC 5545, 3.6.5).

The library's own definitions let summer begin too late and miss what lasts for a few weeks, such as Ramadan in Morocco.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
from msgspec import Struct


class Onset(Struct, frozen=True, kw_only=True):
    """A moment from which on an offset holds.

    Attributes:
        at: When, as clocks showed that went by the offset before it.
        before: The offset before it.
        after: The offset from then on.
        name: What the time is called from then on, such as `CEST`.
    """

    at: datetime
    before: timedelta
    after: timedelta
    name: str


def definition(zone: ZoneInfo, first: date, last: date) -> icalendar.Timezone:
    """Return a `VTIMEZONE` with every change of a zone's offset between two days.

    Args:
        zone: The zone.
        first: The day from which on it is right.
        last: The day up to which it is right; the last offset before it stays for ever.
    """
    defined = icalendar.Timezone()
    defined.add("tzid", zone.key)
    alike: dict[tuple[timedelta, timedelta, str], list[datetime]] = {}
    for onset in _onsets(zone, first, last):
        alike.setdefault((onset.before, onset.after, onset.name), []).append(onset.at)

    for (before, after, name), moments in alike.items():
        part = icalendar.TimezoneDaylight() if after > before else icalendar.TimezoneStandard()
        part.add("dtstart", moments[0])
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", name)
        if more := moments[1:]:
            part.add("rdate", more)

        defined.add_component(part)

    return defined


def _onsets(zone: ZoneInfo, first: date, last: date) -> Iterator[Onset]:
    """Yield what holds at first, and each change after it."""
    known = datetime.combine(first, time.min, zone).astimezone(UTC)
    before, name = _offset(known, zone)
    yield Onset(at=known.replace(tzinfo=None) + before, before=before, after=before, name=name)
    end = datetime.combine(last, time.min, UTC)
    while known < end:
        later = known + timedelta(days=1)
        after, name = _offset(later, zone)
        if after != before:
            at = _change(known, later, zone)
            yield Onset(at=at.replace(tzinfo=None) + before, before=before, after=after, name=name)

        known, before = later, after


def _change(known: datetime, later: datetime, zone: ZoneInfo) -> datetime:
    """Return when the offset changed between two moments, to the second."""
    before, _ = _offset(known, zone)
    while later - known > timedelta(seconds=1):
        middle = known + (later - known) // timedelta(seconds=2) * timedelta(seconds=1)
        known, later = (middle, later) if _offset(middle, zone)[0] == before else (known, middle)

    return later


def _offset(at: datetime, zone: ZoneInfo) -> tuple[timedelta, str]:
    there = at.astimezone(zone)
    return there.utcoffset() or timedelta(), there.tzname() or zone.key
