"""Which IANA time zone a calendar means: programs name them in ways of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

UTC: Final = "UTC"
_SAME_AS_UTC: Final = frozenset({"UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu"})


def zone_key(written: str) -> str | None:
    """Return the IANA name of what a calendar calls a zone; None where nobody can tell.

    Outlook writes Windows' names, Mozilla and others put a path before the IANA one.
    """
    written = written.strip().strip('"')
    if written in _SAME_AS_UTC:
        return UTC

    names = (written, WINDOWS_TO_OLSON.get(written, ""), *_tails(written))
    return next((name for name in names if name and _is_zone(name)), None)


def without_definitions(lines: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Take a file's definitions of time zones out of its lines.

    They are rules of offsets, with recurrences that may never end; the zones' names are enough.

    Returns:
        The other lines, and the IANA name that a definition gave for its own.
    """
    kept: list[str] = []
    aliases: dict[str, str] = {}
    inside, called = False, ""
    for line in lines:
        name, _, value = line.partition(":")
        match name.partition(";")[0].upper(), value.strip().upper():
            case "BEGIN", "VTIMEZONE":
                inside, called = True, ""
            case "END", "VTIMEZONE":
                inside = False
            case ("END", "VCALENDAR") | ("BEGIN", _) if inside and not _is_part(value):
                inside = False  # nobody ended it, and this is no part of it
                kept.append(line)
            case "TZID", _ if inside:
                called = value.strip()
            case "X-LIC-LOCATION", _ if inside:
                key = zone_key(value)
                if called and key:
                    aliases[called] = key
            case _ if not inside:
                kept.append(line)
            case _:
                pass

    return kept, aliases


def _is_part(component: str) -> bool:
    """Whether a component is one of those that a definition has (RFC 5545, 3.6.5)."""
    return component.strip().upper() in ("STANDARD", "DAYLIGHT")


def _tails(written: str) -> Iterator[str]:
    """Yield the ends of a path that may be a zone: `America/Argentina/Buenos_Aires` has three parts."""
    parts = written.split("/")
    for count in (3, 2):
        if len(parts) > count:
            yield "/".join(parts[-count:])


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False

    return True
