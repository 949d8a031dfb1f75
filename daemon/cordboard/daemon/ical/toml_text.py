"""Writes operating hours as a configuration file has them."""

from __future__ import annotations

import json
from typing import Final

from cordboard.engine.hours import Holiday, Opening, OperatingHours, WeeklyOpening

_INDENT: Final = "    "


def hours_table(hours: OperatingHours) -> str:
    """Return a whole `[[hours]]` table."""
    lines = ["[[hours]]", f"name = {_string(hours.name)}"]
    if hours.time_zone is not None:
        lines.append(f"time_zone = {_string(hours.time_zone)}")

    lines += _list("weekly", [_weekly(each) for each in hours.weekly])
    return "\n".join(lines) + "\n" + holidays_key(hours)


def holidays_key(hours: OperatingHours) -> str:
    """Return the key `holidays` alone, for a table that is there already."""
    lines = _list("holidays", [_holiday(each) for each in hours.holidays])
    return "\n".join(lines) + "\n" if lines else ""


def _list(key: str, items: list[str]) -> list[str]:
    return [f"{key} = [", *(f"{_INDENT}{each}," for each in items), "]"] if items else []


def _weekly(weekly: WeeklyOpening) -> str:
    days = ", ".join(_string(day.value) for day in weekly.days)
    return f"{{ days = [{days}], {_times(weekly)} }}"


def _holiday(holiday: Holiday) -> str:
    until = f", until = {holiday.until}" if holiday.until is not None else ""
    openings = ", ".join(f"{{ {_times(each)} }}" for each in holiday.openings)
    given = f", openings = [{openings}]" if openings else ""
    return f"{{ name = {_string(holiday.name)}, date = {holiday.date}{until}{given} }}"


def _times(opening: Opening) -> str:
    return f"opens = {_string(opening.opens)}, closes = {_string(opening.closes)}"


def _string(text: str) -> str:
    """Write a string as TOML does; JSON's strings are TOML's, but for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
