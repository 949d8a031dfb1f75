"""Records to try things with: plain ones that differ where a test says so, and specimens of every kind."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import count
from typing import Any, Final, TypeVar, get_args

import msgspec.inspect as inspect
from msgspec import Struct
from msgspec.structs import replace

from cordboard.engine.events import Event, PresenceChanged
from cordboard.engine.ports import Batch
from cordboard.engine.records import Answer, Assignment, Conversation, Counters, Message, Outcome
from cordboard.engine.vocabulary import Direction, MessageStatus, Presence, State

S = TypeVar("S", bound=Struct)

BOARD: Final = "contoso"
OURS: Final = "+18005550100"
CUSTOMER: Final = "+14155550123"
AT: Final = 1_750_000_000_000


def conversation(which: int, /, **changes: object) -> Conversation:
    """Return a conversation that waits on a queue, with a customer of its own."""
    waiting = Conversation(
        id=which,
        number=OURS,
        customer=f"+1415555{which:04}",
        channel="main",
        workstream="support",
        state=State.QUEUED,
        opened_at=AT,
        updated_at=AT,
        queue="general",
    )
    return replace(waiting, **changes)


def active(which: int, holder: str, /, **changes: object) -> Conversation:
    """Return a conversation that a rep has."""
    assignment = Assignment(id=which, rep=holder, cost=1, began_at=AT)
    held = conversation(which, state=State.ACTIVE, assignment=assignment, rep=holder, held_by=(holder,))
    return replace(held, **changes)


def message(which: int, /, **changes: object) -> Message:
    """Return a customer's text; it belongs to the first conversation."""
    text = Message(
        id=which,
        conversation=1,
        channel="main",
        number=OURS,
        customer=CUSTOMER,
        direction=Direction.INBOUND,
        author="customer",
        body=f"Text {which}",
        at=AT,
        status=MessageStatus.RECEIVED,
        provider_id=f"SM{which}",
    )
    return replace(text, **changes)


def reply(which: int, /, status: MessageStatus, **changes: object) -> Message:
    """Return a text of ours, as far as it has come."""
    return message(which, direction=Direction.OUTBOUND, author="ana", status=status, provider_id=None, **changes)


def answer(key: str, *, at: int = AT) -> Answer:
    """Return the first answer to a request."""
    return Answer(key=key, fingerprint=f"what {key} asked", at=at, outcome=Outcome(first_seq=1, last_seq=2))


def changed(board: str = BOARD, *, events: Iterable[Event] = (), **parts: object) -> Batch:
    """Return a batch whose counters follow from its events."""
    events = tuple(events)
    counters = Counters(seq=events[-1].seq if events else 0)
    return replace(Batch(board=board, events=events, counters=counters), **parts)


def presences(first: int, last: int) -> list[Event]:
    """Return events with these numbers that are about no conversation."""
    return [
        PresenceChanged(seq=each, at=AT, rep="ana", presence=Presence.BUSY, by="ana") for each in range(first, last + 1)
    ]


@cache
def _described(kind: type[Struct]) -> inspect.StructType:
    """Return what fields a record has. To find that out takes far longer than to fill them in."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return described


class Specimens:
    """Makes records by looking at their fields, so that a field added later is filled in too."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._making: list[type[Any]] = []

    def make(self, kind: type[S], /, **fields: object) -> S:
        """Return a record with nothing left at its default, unless it would be inside another of its kind.

        `fields` are set as they are given.
        """
        described = _described(kind)
        self._making.append(kind)
        made = {each.name: self._value(each.type, each.name) for each in described.fields if each.name not in fields}
        self._making.pop()
        return kind(**made, **fields)

    def events(self, *, after: int = 0, conversation: int | None = None) -> tuple[Event, ...]:
        """Return one event of every kind, numbered on from `after`; about one conversation where it is given."""
        events: list[Event] = [self.make(kind) for kind in get_args(Event)]
        for position, event in enumerate(events):
            changes: Mapping[str, object] = {"seq": after + position + 1}
            if conversation is not None and hasattr(event, "conversation"):
                changes = {**changes, "conversation": conversation}

            events[position] = replace(event, **changes)

        return tuple(events)

    def _value(self, kind: inspect.Type, name: str) -> object:
        number = next(self._numbers)
        match kind:
            case inspect.Metadata():
                return self._value(kind.type, name)
            case inspect.UnionType():
                return self._value(next(each for each in kind.types if not isinstance(each, inspect.NoneType)), name)
            case inspect.StructType():
                return None if kind.cls in self._making else self.make(kind.cls)
            case inspect.VarTupleType():
                values = (self._value(kind.item_type, name), self._value(kind.item_type, name))
                return () if values[0] is None else values
            case inspect.TupleType():
                return tuple(self._value(each, name) for each in kind.item_types)
            case inspect.DictType():
                return {self._value(kind.key_type, name): self._value(kind.value_type, name)}
            case inspect.EnumType():
                members = list(kind.cls)
                return members[number % len(members)]
            case inspect.StrType():
                written = (f"{name} {number} ✓ “ü” 🎈", f"{name}-{number}", f"{number % 24:02}:00")
                return next(each for each in written if re.search(kind.pattern or "", each))
            case inspect.BytesType():
                return bytes([0, 255, number % 256])
            case inspect.BoolType():
                return True
            case inspect.IntType():
                return 1_000_000 + number
            case inspect.FloatType():
                return number + 0.5
            case inspect.DateType():
                return datetime.date.fromordinal(700_000 + number)
            case _:
                raise TypeError(f"{name}: nobody has said yet what a specimen of {kind} is")
