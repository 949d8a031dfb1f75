"""What differs between two configurations, as data: what there is of each kind, by name, and no value of any key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct

from cordboard.daemon.config_file import BOARD_FIELDS, SECTIONS, Configuration
from cordboard.engine.automated_messages import AutomatedMessage
from cordboard.engine.vocabulary import Word

_MOST_NAMED: Final = 20
"""Of one kind, in words for people: a file may bring forty thousand customers."""


class Fate(Word):
    """What became of something."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class Change(Struct, frozen=True, kw_only=True):
    """One thing that another configuration has, has not, or has otherwise.

    Attributes:
        fate: What became of it.
        section: Its list in the file, such as `queues`; `board` for the board's own keys.
        name: What it is called there; of an automated message, its trigger and where it is sent.
        keys: Which of its keys differ, where it is changed. Their values are nobody's business: some are secrets.
    """

    fate: Fate
    section: str
    name: str
    keys: tuple[str, ...] = ()


def compare(before: Configuration, after: Configuration) -> tuple[Change, ...]:
    """Return what changes from one configuration to another, in the order of the file's sections.

    What is only listed in another order has not changed.
    """
    return tuple(_changes(before, after))


def _changes(before: Configuration, after: Configuration) -> Iterator[Change]:
    own = {field.name for field in BOARD_FIELDS}
    keys = tuple(each for each in _differing(before.board, after.board) if each in own)
    if keys:
        yield Change(fate=Fate.CHANGED, section="board", name=after.board.name, keys=keys)

    for section in SECTIONS:
        old, new = (_records(each, section) for each in (before, after))
        for name, record in new.items():
            if name not in old:
                yield Change(fate=Fate.ADDED, section=section, name=name)
                continue

            keys = _differing(old[name], record)
            if section == "reps" and before.tokens.get(name) != after.tokens.get(name):
                keys += ("token",)

            if keys:
                yield Change(fate=Fate.CHANGED, section=section, name=name, keys=keys)

        yield from (Change(fate=Fate.REMOVED, section=section, name=name) for name in old if name not in new)


def _records(configuration: Configuration, section: str) -> dict[str, Struct]:
    # A channel's whole table is with its transport's settings: the board knows a part of it.
    records = configuration.channels if section == "channels" else getattr(configuration.board, section)
    name_of = _NAMED_BY.get(section, attrgetter("name"))
    return {name_of(each): each for each in records}


def _name_of_message(message: AutomatedMessage) -> str:
    place = message.number or message.channel
    return f"{message.trigger.value} on {place}" if place else message.trigger.value


_NAMED_BY: Final[dict[str, Callable[[Any], str]]] = {
    "numbers": attrgetter("address"),
    "preferences": attrgetter("customer"),
    "customers": attrgetter("number"),
    "automated_messages": _name_of_message,
}
"""What the records of a section are told apart by, where it is not their `name`."""


def _differing(before: Struct, after: Struct) -> tuple[str, ...]:
    """Return the fields that both have, and have otherwise: those of another provider's channels follow from that."""
    shared = (each for each in after.__struct_fields__ if each in before.__struct_fields__)
    return tuple(each for each in shared if getattr(before, each) != getattr(after, each))


def in_short(changes: Iterable[Change]) -> dict[str, list[str]]:
    """Return in a few words each what was added, changed and removed: `queue general: hours, overflow`.

    Of each kind some are named, and the others counted.
    """
    short: dict[str, list[str]] = {}
    named: Counter[tuple[str, str]] = Counter()
    for change in changes:
        fate, section = change.fate.value, change.section
        named[fate, section] += 1
        if named[fate, section] <= _MOST_NAMED:
            keys = f": {', '.join(change.keys)}" if change.keys else ""
            short.setdefault(fate, []).append(f"{things(1, section)} {change.name}{keys}")

    for (fate, section), count in named.items():
        if count > _MOST_NAMED:
            more = count - _MOST_NAMED
            short[fate].append(f"{more} more {things(more, section)}")

    return short


def things(count: int, section: str) -> str:
    """Return what people call so many of a section's records."""
    words = "calendars" if section == "hours" else section.replace("_", " ")
    return words.removesuffix("s") if count == 1 else words
