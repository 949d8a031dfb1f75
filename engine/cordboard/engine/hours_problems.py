"""What can be wrong with operating hours, and with what refers to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cordboard.engine.config import BoardConfig
from cordboard.engine.hours import LONGEST_HOLIDAY, YEARS, Holiday, Opening, OperatingHours


def find_hours_problems(config: BoardConfig) -> Iterator[str]:
    """Yield what does not hold of operating hours, each as `key: reason`."""
    known: dict[str, int] = {}
    for index, hours in enumerate(config.hours):
        key = f"hours[{index}]"
        if hours.name in known:
            yield f"{key}.name: {hours.name!r} is there already, as hours[{known[hours.name]}]"

        known.setdefault(hours.name, index)
        if not hours.name.strip() or "/" in hours.name or hours.name.splitlines() != [hours.name]:
            yield f"{key}.name: {hours.name!r} cannot be in a URL: it is empty, or has a '/' or a line break"

        yield from _of_one(key, hours)

    listed = ", ".join(sorted(known)) or "none"
    for table in ("channels", "numbers", "queues", "reps"):
        for index, each in enumerate(getattr(config, table)):
            if each.hours is not None and each.hours not in known:
                yield f"{table}[{index}].hours: there are no hours {each.hours!r} (there is: {listed})"


def _of_one(key: str, hours: OperatingHours) -> Iterator[str]:
    if hours.time_zone is not None:
        try:
            ZoneInfo(hours.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"{key}.time_zone: {hours.time_zone!r} is no IANA time zone, such as 'America/Los_Angeles'"

    for index, opening in enumerate(hours.weekly):
        if not opening.days:
            yield f"{key}.weekly[{index}].days: with none, it is never open; name some, or remove it"

    yield from _openings(f"{key}.weekly", hours.weekly)
    for index, holiday in enumerate(hours.holidays):
        yield from _of_holiday(f"{key}.holidays[{index}]", holiday)


def _of_holiday(key: str, holiday: Holiday) -> Iterator[str]:
    for name, day in (("date", holiday.date), ("until", holiday.until)):
        if day is not None and day.year not in YEARS:
            yield f"{key}.{name}: {day} is not between {YEARS.start} and {YEARS.stop - 1}; its year may be mistyped"

    if holiday.until is not None and holiday.until < holiday.date:
        yield f"{key}.until: {holiday.until} is before {holiday.date}; it is the last day"
    elif holiday.until is not None and (holiday.until - holiday.date).days >= LONGEST_HOLIDAY:
        yield f"{key}.until: {holiday.until} is more than a year after {holiday.date}; at most {LONGEST_HOLIDAY} days"

    yield from _openings(f"{key}.openings", holiday.openings)


def _openings(key: str, openings: Iterable[Opening]) -> Iterator[str]:
    for index, opening in enumerate(openings):
        if opening.opens == "24:00":
            yield f"{key}[{index}].opens: '24:00' ends a day; write '00:00' on the next one"

        if opening.opens == opening.closes:
            yield f"{key}[{index}].closes: as it opens, at {opening.opens}; for a whole day write '00:00' and '24:00'"
