"""Operating hours as records: when a channel, a number, a queue or a rep is open.

What they mean at a moment is worked out in `cordboard.engine.board.calendar`.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from cordboard.engine.vocabulary import Weekday

TimeOfDay = Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")]
"""A time on the clock, such as `"09:00"`; `"24:00"` is the end of the day."""


LONGEST_HOLIDAY: Final = 366
"""Days: a year. What is closed for longer has other hours, or a year that is mistyped."""

YEARS: Final = range(1970, 2200)
"""In which holidays are: moments count from 1970, and nobody plans for two centuries."""


class Opening(Struct, frozen=True, kw_only=True):
    """From one time of day to another; through midnight where the second is not the later one.

    Attributes:
        opens: The first minute that is open.
        closes: The first minute that is not.
    """

    opens: TimeOfDay
    closes: TimeOfDay


class WeeklyOpening(Opening, frozen=True, kw_only=True):
    """An opening of every week.

    Attributes:
        days: On which days it begins.
    """

    days: tuple[Weekday, ...]


class Holiday(Struct, frozen=True, kw_only=True):
    """Days on which the week does not count.

    Attributes:
        name: What customers may be told.
        date: The first day.
        until: The last day; the first, where it is not given.
        openings: What is open on these days all the same.
    """

    name: str
    date: datetime.date
    until: datetime.date | None = None
    openings: tuple[Opening, ...] = ()


class OperatingHours(Struct, frozen=True, kw_only=True):
    """When something is open, by the clocks of a place.

    Attributes:
        name: What others refer to it by.
        time_zone: An IANA time zone; the board's where it is not given.
        weekly: What is open every week; nothing, where it is empty.
        holidays: Days that are otherwise.
    """

    name: str
    time_zone: str | None = None
    weekly: tuple[WeeklyOpening, ...] = ()
    holidays: tuple[Holiday, ...] = ()
