"""Reads a configuration file: TOML into the board's records, the channels' settings and the reps' tokens."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec import Struct

from cordboard.daemon.tables import TableReader
from cordboard.engine.config import BoardConfig, Channel, Rep
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.secret import Secret
from cordboard.transports.base import ChannelSettings, ConfiguredTransport, TransportUnavailable, find_transport

SHORT_TOKEN: Final = 16
"""A token shorter than this can be guessed sooner or later; it is warned of, not refused: a test may well use one."""

SECTIONS: Final[dict[str, type[Struct]]] = {
    field.name: get_args(field.type)[0]
    for field in msgspec.structs.fields(BoardConfig)
    if get_origin(field.type) is tuple
}
"""The lists of tables that a file may have, and the record each of their tables becomes."""

BOARD_FIELDS: Final = tuple(field for field in msgspec.structs.fields(BoardConfig) if field.name not in SECTIONS)
"""What `[board]` may have."""

_LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a configuration file: some ten thousand reps, and no device that never ends."""

HEADER_TEXT: Final = re.compile(r"[\x21-\x7e]+")
"""What a token is made of: it travels in an HTTP header."""


class Configuration(Struct, frozen=True, kw_only=True):
    """What a file says.

    Attributes:
        board: The board's records.
        channels: The settings of each channel's transport, in the board's order.
        tokens: The API tokens, by rep; a rep without one cannot sign in.
    """

    board: BoardConfig
    channels: tuple[ChannelSettings, ...]
    tokens: dict[str, Secret]

    def build_transports(self) -> tuple[ConfiguredTransport, ...]:
        """Return a transport for each channel; nothing is opened."""
        return tuple(find_transport(settings.provider)(settings) for settings in self.channels)

    @property
    def weak_tokens(self) -> tuple[str, ...]:
        """The reps whose token can be guessed."""
        return tuple(name for name, token in self.tokens.items() if len(token.reveal()) < SHORT_TOKEN)


class RepEntry(Rep, frozen=True, kw_only=True):
    """What a file says of a rep: the board's record, and what the board does not know.

    Attributes:
        token: Shown by whoever speaks to the API or signs in to the desk as this rep.
    """

    token: Secret | None = None


def read(path: Path) -> Configuration:
    """Read a file. Blocks while it reads.

    Raises:
        InvalidConfiguration: It cannot be used; every problem is there as `FILE: key: reason`.
    """
    return parse(text_of(path), source=str(path))


def text_of(path: Path) -> str:
    """Read a file's text. Blocks while it reads.

    Raises:
        InvalidConfiguration: It cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            written = file.read(_LARGEST + 1)

        if len(written) > _LARGEST:
            raise InvalidConfiguration((f"{path}: has more than {_LARGEST} bytes: that is no configuration",))

        written = written.removeprefix(codecs.BOM_UTF8)  # with which some editors begin
        return written.decode()
    except OSError as error:
        raise InvalidConfiguration((f"{path}: cannot be read: {error.strerror}",)) from None
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise InvalidConfiguration((f"{path}: is not UTF-8 text: look at line {line}, and save it as UTF-8",)) from None


def parse(text: str, *, source: str) -> Configuration:
    """Read a file's text. Blocks where secrets are in files of their own.

    Args:
        text: TOML.
        source: The file's path: problems begin with it, and relative paths in the file are relative to its folder.

    Raises:
        InvalidConfiguration: It cannot be used; every problem is there as `FILE: key: reason`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfiguration((f"{source}: {_syntax(str(error))}",)) from None
    except RecursionError:
        raise InvalidConfiguration((f"{source}: is nested too deeply",)) from None
    except ValueError:  # Python reads no number of thousands of digits
        raise InvalidConfiguration((f"{source}: has a number that is far too long",)) from None

    reader = TableReader(Path(source).parent)
    try:
        configuration = _configuration(document, reader)
    except RecursionError:  # dotted keys nest as deep as a line is long
        raise InvalidConfiguration((f"{source}: is nested too deeply",)) from None

    if reader.problems:
        raise InvalidConfiguration(tuple(f"{source}: {problem}" for problem in reader.problems))

    return configuration


def _syntax(complaint: str) -> str:
    """Put the place first: tomllib says `Invalid value (at line 3, column 5)`."""
    match = re.fullmatch(r"(.*) \(at (.*)\)", complaint)
    return f"{match[2]}: {match[1]}" if match else complaint


def _configuration(document: dict[str, Any], reader: TableReader) -> Configuration:
    """Read all tables. What comes of it is of use only if the reader has found no problem."""
    reader.unknown(document, ["board", *SECTIONS], "")
    values = reader.fields(document.get("board", {}), BOARD_FIELDS, "board")
    settings: list[ChannelSettings] = []
    people: list[RepEntry] = []
    for section, kind in SECTIONS.items():
        records: list[Struct] = []
        for at, table in enumerate(reader.tables(document.get(section, []), section)):
            key = f"{section}[{at}]"
            if kind is Channel:
                read = _settings_of(table, reader, key)
                settings += read
                unread = Channel(name=_text_of(table, "name"), provider=_text_of(table, "provider"))
                records.append(read[0].channel if read else unread)
            elif kind is Rep:
                people.append(reader.record(table, RepEntry, key))
                records.append(Rep(**{name: getattr(people[-1], name) for name in Rep.__struct_fields__}))
            else:
                records.append(reader.record(table, kind, key))

        values[section] = tuple(records)

    board = BoardConfig(**values)
    _check_together(board, reader)
    _check_numbers(board, settings, reader)
    return Configuration(board=board, channels=tuple(settings), tokens=_tokens_of(people, reader))


def _settings_of(table: object, reader: TableReader, key: str) -> list[ChannelSettings]:
    """Read a channel's table by what the transport of its provider wants to know; nothing if it cannot be used."""
    kind = _settings_kind(_text_of(table, "provider"), reader, key)
    if kind is None:  # nobody knows what else the table should have
        common = msgspec.structs.fields(ChannelSettings)
        known = {field.encode_name for field in common}
        reader.fields({name: each for name, each in _items(table) if name in known}, common, key)
        return []

    try:
        return [kind(**reader.fields(table, msgspec.structs.fields(kind), key))]
    except ValueError as error:
        for problem in str(error).splitlines():
            name, _, reason = problem.partition(": ")
            if not reader.blamed(f"{key}.{name}"):
                reader.blame(f"{key}.{name}", reason)

        return []


def _settings_kind(provider: str, reader: TableReader, key: str) -> type[ChannelSettings] | None:
    if not provider:
        return None

    try:
        kind = getattr(find_transport(provider), "Settings", None)
    except TransportUnavailable as error:
        reader.blame(f"{key}.provider", str(error))
        return None

    if not (isinstance(kind, type) and issubclass(kind, ChannelSettings)):
        reader.blame(f"{key}.provider", f"the transport for provider {provider!r} has no Settings of ChannelSettings")
        return None

    return kind


def _items(table: object) -> list[tuple[str, object]]:
    return list(table.items()) if isinstance(table, dict) else []


def _text_of(table: object, name: str) -> str:
    value = dict(_items(table)).get(name)
    return value if isinstance(value, str) else ""


def _check_together(board: BoardConfig, reader: TableReader) -> None:
    """Note what does not fit together, but nothing that only follows from what is noted already."""
    for problem in find_problems(board):
        key, _, reason = problem.partition(": ")
        needed = re.sub(r"\.address$", ".kind", key)  # what an address must look like depends on the kind
        needed = re.sub(r"\.until$", ".date", needed)  # and how late a last day may be, on the first
        if not reader.blamed(key) and not reader.blamed(needed):
            reader.blame(key, reason)


def _check_numbers(board: BoardConfig, settings: list[ChannelSettings], reader: TableReader) -> None:
    """Note which numbers their carrier cannot serve."""
    channels = {each.name: each for each in settings}
    for at, number in enumerate(board.numbers):
        key = f"numbers[{at}]"
        if number.channel not in channels or reader.blamed(f"{key}.address") or reader.blamed(f"{key}.kind"):
            continue

        for problem in channels[number.channel].find_number_problems(number):
            name, _, reason = problem.partition(": ")
            if not reader.blamed(f"{key}.{name}"):
                reader.blame(f"{key}.{name}", reason)


def _tokens_of(people: list[RepEntry], reader: TableReader) -> dict[str, Secret]:
    owners: dict[str, int] = {}
    tokens: dict[str, Secret] = {}
    for at, rep in enumerate(people):
        key = f"reps[{at}].token"
        if rep.token is None or reader.blamed(key):
            continue

        value = rep.token.reveal()
        if not HEADER_TEXT.fullmatch(value):
            reader.blame(key, "has a space, or a character that an HTTP header cannot carry")
        elif value in owners:
            reader.blame(key, f"is the same as reps[{owners[value]}].token; give each rep a token of their own")
        else:
            owners[value] = at
            tokens[rep.name] = rep.token

    return tokens
