"""`cordboard hours`: operating hours from a configuration into a calendar file, and the other way round."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cordboard.daemon import config_file
from cordboard.engine.clock import SystemClock
from cordboard.engine.config import BoardConfig
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import InvalidConfiguration

if TYPE_CHECKING:
    from cordboard.daemon.ical.reading import Reading


def add_to(commands: Any) -> None:
    """Add the command, with `export` and `import` below it, to a parser's."""
    hours = commands.add_parser("hours", help="operating hours as iCalendar files, for other calendars and from them")
    ways = hours.add_subparsers(required=True, metavar="export|import")

    export = ways.add_parser("export", help="write operating hours of a configuration file as an .ics file")
    export.add_argument("file", type=Path, metavar="FILE", help="the configuration file")
    export.add_argument("name", metavar="NAME", help="the hours")
    export.add_argument("--output", type=Path, metavar="PATH", help="where to (default: standard output)")
    export.set_defaults(run=_export)

    take = ways.add_parser("import", help="print an .ics file as operating hours, to paste into a configuration file")
    take.add_argument("file", type=Path, metavar="FILE", help="the .ics file")
    take.add_argument("--name", help="how the hours are called (default: as the calendar is)")
    take.add_argument("--zone", type=_zone, help="their time zone (default: that of the weekly events)")
    take.add_argument("--holidays-only", action="store_true", help="only events of whole days: public holidays")
    take.set_defaults(run=_import)


def _zone(written: str) -> str:
    try:
        return ZoneInfo(written).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{written!r} is no IANA time zone, such as 'Europe/Berlin'") from None


def _export(options: argparse.Namespace) -> int:
    board = config_file.read(options.file).board
    hours = next((each for each in board.hours if each.name == options.name), None)
    if hours is None:
        listed = ", ".join(each.name for each in board.hours) or "none"
        raise InvalidConfiguration((f"{options.file}: there are no hours {options.name!r} (there is: {listed})",))

    # What reads and writes calendars is imported where it is needed: the other commands start the sooner.
    from cordboard.daemon.ical.writing import calendar_file

    data = calendar_file(hours, board.time_zone, SystemClock().now())
    if options.output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return 0

    try:
        options.output.write_bytes(data)
    except OSError as error:
        raise InvalidConfiguration((f"{options.output}: cannot be written: {error.strerror}",)) from None

    return 0


def _import(options: argparse.Namespace) -> int:
    from cordboard.daemon.ical.toml_text import holidays_key, hours_table

    reading = _read(options)
    for remark in reading.remarks:
        print(f"{options.file}: {remark}", file=sys.stderr)

    problems = tuple(find_problems(BoardConfig(name="import", hours=(reading.hours,))))
    if problems:
        raise InvalidConfiguration(tuple(f"{options.file}: {each}" for each in problems))

    if options.holidays_only:
        print(holidays_key(reading.hours), end="")
        return 0

    if not reading.hours.weekly:
        print(f"{options.file}: nothing in it is of every week: such hours are hardly ever open", file=sys.stderr)

    print(hours_table(reading.hours), end="")
    return 0


def _read(options: argparse.Namespace) -> Reading:
    from cordboard.daemon.ical.reading import MOST_BYTES, Unreadable, read_calendar

    try:
        with options.file.open("rb") as file:
            data = file.read(MOST_BYTES + 1)

        return read_calendar(
            data,
            today=datetime.now(UTC).date(),
            name=options.name,
            zone=options.zone,
            holidays_only=options.holidays_only,
        )
    except OSError as error:
        raise InvalidConfiguration((f"{options.file}: cannot be read: {error.strerror}",)) from None
    except Unreadable as error:
        raise InvalidConfiguration((f"{options.file}: {error}",)) from None
