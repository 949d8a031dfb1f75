"""Reads records: a board's live state, what a batch needs of the past, and whatever else a statement selects."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from msgspec.json import Decoder

from cordboard.engine.carrier import DeliveryReported
from cordboard.engine.config import BoardConfig
from cordboard.engine.events import Event
from cordboard.engine.ports import Prefetch, Prefetched
from cordboard.engine.records import Answer, BoardSnapshot, Consent, Conversation, Counters, Message, Outcome
from cordboard.engine.states import ChannelState, QueueState, RepState
from cordboard.storage.sql.past import possible
from cordboard.storage.sql.queries import in_chunks, statement

T = TypeVar("T")
Kept = TypeVar("Kept", Conversation, Message)

Parameters: TypeAlias = Sequence[object] | Mapping[str, object]

CONVERSATION = Decoder(Conversation)
MESSAGE = Decoder(Message)
EVENT: Decoder[Event] = Decoder(Event)

_REP = Decoder(RepState)
_COUNTERS = Decoder(Counters)
_CONFIG = Decoder(BoardConfig)
_REPORTS = Decoder(tuple[DeliveryReported, ...])
_OUTCOME = Decoder(Outcome)
_CONSENT = Decoder(Consent)
_CHANNEL = Decoder(ChannelState)
_QUEUE = Decoder(QueueState)


def select(connection: sqlite3.Connection, decoder: Decoder[T], sql: str, parameters: Parameters) -> list[T]:
    """Return the records that a statement selects."""
    return [decoder.decode(record) for (record,) in connection.execute(sql, parameters).fetchall()]


def read_board(connection: sqlite3.Connection, board: str) -> BoardSnapshot:
    """Return a board's live state."""

    def kept(decoder: Decoder[T], name: str) -> list[T]:
        return select(connection, decoder, statement(name), (board,))

    counters = kept(_COUNTERS, "board")
    config = kept(_CONFIG, "configuration")
    early_reports = kept(_REPORTS, "early_reports")
    return BoardSnapshot(
        board=board,
        counters=counters[0] if counters else Counters(),
        config=config[0] if config else None,
        conversations=tuple(kept(CONVERSATION, "live_conversations")),
        messages=tuple(kept(MESSAGE, "messages_in_hand")),
        reps=tuple(kept(_REP, "reps")),
        early_reports=early_reports[0] if early_reports else (),
        consents=tuple(kept(_CONSENT, "consents")),
        channels=tuple(kept(_CHANNEL, "channels")),
        queues=tuple(kept(_QUEUE, "queues")),
    )


def look_up(connection: sqlite3.Connection, request: Prefetch) -> Prefetched:
    """Return what is known of what a batch may need."""

    def known(decoder: Decoder[T], name: str, values: Iterable[object], *under: str) -> list[T]:
        rows = [(each,) for each in values]
        chunks = in_chunks(name, rows, first=(request.board, *under))
        return [each for sql, parameters in chunks for each in select(connection, decoder, sql, parameters)]

    messages = known(MESSAGE, "messages_by_id", possible(request.messages))
    for channel, provider_ids in _grouped(request.provider_ids):
        messages += known(MESSAGE, "messages_by_provider_id", provider_ids, channel)

    conversations = known(CONVERSATION, "conversations_by_id", possible(request.conversations))
    for number, customers in _grouped(request.pairs):
        conversations += known(CONVERSATION, "latest_conversations", customers, request.board, number)

    return Prefetched(
        messages=_each_once(messages),
        conversations=_each_once(conversations),
        answers=tuple(_answers(connection, request)),
    )


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for first, second in pairs:
        groups.setdefault(first, []).append(second)

    return groups.items()


def _answers(connection: sqlite3.Connection, request: Prefetch) -> Iterable[Answer]:
    for sql, parameters in in_chunks("answers", [(key,) for key in request.keys], first=(request.board,)):
        for key, fingerprint, at, outcome in connection.execute(sql, parameters).fetchall():
            yield Answer(key=key, fingerprint=fingerprint, at=at, outcome=_OUTCOME.decode(outcome))


def _each_once(records: list[Kept]) -> tuple[Kept, ...]:
    by_id = {each.id: each for each in records}
    return tuple(by_id[each] for each in sorted(by_id))
