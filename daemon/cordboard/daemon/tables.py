"""Reads TOML tables into records, and collects every problem on the way instead of stopping at the first.

msgspec names one problem for each value it converts, so every field is converted by itself. A value that cannot be used
gets a stand-in, so that the rest can still be looked at; the caller asks for `problems` before using anything.
"""

from __future__ import annotations

import datetime
import difflib
import enum
import functools
import re
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo

from cordboard.daemon.durations import format_duration, parse_duration
from cordboard.daemon.secret_sources import resolve_secret
from cordboard.engine.config import Name
from cordboard.engine.hours import TimeOfDay
from cordboard.engine.secret import Secret

S = TypeVar("S", bound=Struct)

_KINDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
_LARGEST: Final = 2**53
"""Beyond it, whoever reads our JSON would see another number."""


class TableReader:
    """Reads one document's tables.

    Attributes:
        problems: Everything that is wrong, each as `key: reason`.

    Args:
        folder: What relative paths are relative to.
    """

    def __init__(self, folder: Path) -> None:
        self.problems: list[str] = []
        self._folder = folder
        self._blamed: set[str] = set()

    def blame(self, key: str, reason: str) -> None:
        """Note that the value of `key` cannot be used."""
        self._blamed.add(key)
        self.problems.append(f"{key}: {reason}")

    def blamed(self, key: str) -> bool:
        """Whether something is known to be wrong with the value of `key`."""
        return key in self._blamed

    def record(self, table: object, kind: type[S], key: str) -> S:
        """Read a table into a record of `kind`."""
        return kind(**self.fields(table, _fields_of(kind), key))

    def fields(self, table: object, expected: Iterable[FieldInfo], key: str) -> dict[str, Any]:
        """Read a table's values by the names, types and defaults of the fields it may have."""
        if not isinstance(table, dict):
            self.blame(key, f"expected a table, not {_kind_of(table)}")
            table = {}

        expected = tuple(expected)
        self.unknown(table, [field.encode_name for field in expected], key)
        values = {}
        for field in expected:
            here = f"{key}.{field.encode_name}"
            if field.encode_name in table:
                values[field.name] = self.value(table[field.encode_name], field.type, here)
            elif field.required:
                values[field.name] = _stand_in(field.type, None)
                if not self.blamed(key):
                    self.blame(here, "is missing")

        return values

    def unknown(self, table: Mapping[str, object], known: Iterable[str], key: str) -> None:
        """Blame whatever a table has and nobody knows."""
        known = list(known)
        for name in table:
            if name not in known:
                here = f"{key}.{name}" if key else name
                meant = difflib.get_close_matches(name, known, n=1)
                self.blame(here, "is unknown" + (f"; did you mean {meant[0]!r}?" if meant else ""))

    def tables(self, written: object, key: str) -> list[object]:
        """Read a list of tables, `[[key]]`, and return the tables."""
        if isinstance(written, dict):
            self.blame(key, f"there can be several: write [[{key}]], not [{key}]")
            return [written]

        if not isinstance(written, list):
            self.blame(key, f"expected tables, each headed [[{key}]], not {_kind_of(written)}")
            return []

        return written

    def value(self, written: object, kind: Any, key: str) -> Any:
        """Read one value; a stand-in of the same kind if it cannot be used."""
        kind = _without_none(kind)
        try:
            if kind is Secret:
                return resolve_secret(written, folder=self._folder)

            if _is_duration(kind):
                return _duration(written, kind)

            if word := _word_beside_duration(kind):
                return _duration_or_word(written, kind, word)

            if isinstance(kind, type) and issubclass(kind, Struct):
                return self.record(written, kind, key)

            if _is_list(kind) and isinstance(written, list):
                item = get_args(kind)[0]
                values = [self.value(each, item, f"{key}[{at}]") for at, each in enumerate(written)]
                return values if get_origin(kind) is list else tuple(values)

            if get_origin(kind) is dict and isinstance(written, dict):
                names, item = get_args(kind)
                here = {name: f"{key}.{name}" for name in written}
                return {
                    self.value(name, names, here[name]): self.value(each, item, here[name])
                    for name, each in written.items()
                }

            return _plain(written, kind)
        except ValueError as error:
            self.blame(key, str(error))
            return _stand_in(kind, written)


@functools.cache
def _fields_of(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    """Return a record's fields. msgspec reads them out of annotations each time; there may be thousands of a kind."""
    return msgspec.structs.fields(kind)


def _plain(written: object, kind: Any) -> Any:
    if isinstance(written, int) and abs(written) > _LARGEST:
        raise ValueError(f"{written} is too large")

    try:
        return msgspec.convert(written, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ValueError(_explain(str(error), written, kind)) from None


def _explain(complaint: str, written: object, kind: Any) -> str:
    """Say in a file's words what msgspec says in Python's."""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return f"{written!r} is none of: {', '.join(repr(each.value) for each in kind)}"

    if kind == Name and isinstance(written, str):
        return f"{written!r} is no name: a-z, 0-9, '_', '.' and '-', at most 64 of them, the first a letter or a digit"

    if kind == TimeOfDay and isinstance(written, str):
        return f"{written!r} is no time of day, such as '09:00'"

    if kind is datetime.date:
        return f"expected a day, such as 2026-12-25, not {_kind_of(written)}"

    if wrong := re.fullmatch(r"Expected `([\w |]+)`, got `(\w+)`(?: - at `.*`)?", complaint):
        kinds = [_KINDS.get(each, each) for each in wrong[1].split(" | ") if each != "null"]
        return f"expected {' or '.join(kinds)}, not {_KINDS.get(wrong[2], wrong[2])}"

    if bound := re.fullmatch(r"Expected `\w+` ([<>]=) (\S+)", complaint):
        return f"{written!r} is too {'small' if bound[1] == '>=' else 'large'}: at {_BOUNDS[bound[1]]} {bound[2]}"

    return complaint


_BOUNDS: Final = {">=": "least", "<=": "most"}


def _duration(written: object, kind: Any) -> int:
    length = parse_duration(written)
    for meta in get_args(kind)[1:]:
        if meta.ge is not None and length < meta.ge:
            raise ValueError(f"{written!r} is too short: at least {format_duration(meta.ge)!r}")

        if meta.le is not None and length > meta.le:
            raise ValueError(f"{written!r} is too long: at most {format_duration(meta.le)!r}")

    return length


def _is_duration(kind: Any) -> bool:
    return get_origin(kind) is Annotated and any(
        isinstance(meta, Meta) and (meta.extra or {}).get("unit") == "duration" for meta in get_args(kind)[1:]
    )


def _word_beside_duration(kind: Any) -> type[enum.Enum] | None:
    """Return the words of `Duration | Words`; None for every other kind."""
    if get_origin(kind) not in (Union, types.UnionType):
        return None

    length, *words = get_args(kind)
    return words[0] if _is_duration(length) and len(words) == 1 else None


def _duration_or_word(written: object, kind: Any, words: type[enum.Enum]) -> int | enum.Enum:
    for word in words:
        if written == word.value:
            return word

    try:
        return _duration(written, get_args(kind)[0])
    except ValueError as error:
        raise ValueError(f"{error}; or {' or '.join(repr(each.value) for each in words)}") from None


def _is_list(kind: Any) -> bool:
    """Whether it is `list[X]` or `tuple[X, ...]`."""
    return get_origin(kind) is list or (get_origin(kind) is tuple and get_args(kind)[1:] == (...,))


def _without_none(kind: Any) -> Any:
    """Reduce `X | None` to X: TOML has no null, a value that is there is an X."""
    if get_origin(kind) in (Union, types.UnionType):
        others = [each for each in get_args(kind) if each is not types.NoneType]
        return others[0] if len(others) == 1 else kind

    return kind


def _stand_in(kind: Any, written: object) -> Any:
    """Return something of this kind: what was written, if that is of the kind at least."""
    kind = _without_none(kind)
    if _word_beside_duration(kind):
        kind = get_args(kind)[0]

    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]

    if kind is Secret:
        return Secret("")

    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))

    if get_origin(kind) in (dict, list):
        return get_origin(kind)()

    if kind is datetime.date:
        return datetime.date.min

    if kind in (str, int, bool, float):
        return written if type(written) is kind else kind()

    return ()


def _kind_of(written: object) -> str:
    name = {str: "str", int: "int", float: "float", bool: "bool", list: "array", dict: "object"}.get(type(written))
    return _KINDS[name] if name else f"a {type(written).__name__}"
