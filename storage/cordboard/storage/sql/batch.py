"""A batch as rows, and what a batch asks of the past as rows: what the statements of `queries.sql` take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from cordboard.engine.events import Event
from cordboard.engine.ports import Batch
from cordboard.engine.records import Answer, Conversation, Message
from cordboard.engine.vocabulary import State
from cordboard.storage.base import answers_from, conversation_of
from cordboard.storage.sql.queries import Row

Rows: TypeAlias = Sequence[Row]

_encode: Callable[[object], bytes] = msgspec.json.Encoder().encode


def json(record: object) -> str:
    """Return a record as JSON."""
    return _encode(record).decode()


def rows_of(batch: Batch) -> Iterable[tuple[str, Rows]]:
    """Yield the statements that keep a batch, in their order, each with its rows."""
    board = batch.board
    yield "keep_board", [(board, json(batch.counters))]
    if batch.config is not None:
        yield "keep_configuration", [(board, json(batch.config))]

    if batch.early_reports is not None:
        yield "keep_early_reports", [(board, json(batch.early_reports))]

    yield "keep_reps", [(board, each.name, json(each)) for each in batch.reps]
    # Closed ones first: one that ended may make room for the next one of the same customer.
    conversations = sorted(batch.conversations, key=lambda each: each.state is not State.CLOSED)
    yield "keep_conversations", [_conversation(board, each) for each in conversations]
    yield "keep_holders", [(board, rep, each.id) for each in conversations for rep in each.held_by]
    yield "keep_messages", [_message(board, each) for each in batch.messages]
    if batch.consents:
        yield (
            "keep_consents",
            [(board, each.number, each.customer, each.opted_out, json(each)) for each in batch.consents],
        )

    if batch.channels:
        yield "keep_channels", [(board, each.name, json(each)) for each in batch.channels]

    if batch.queues:
        yield "keep_queues", [(board, each.name, json(each)) for each in batch.queues]

    yield "append_events", [_event(board, each) for each in batch.events]
    if batch.answers:
        yield "keep_answers", [_answer(board, each) for each in batch.answers]
        yield "forget_answers", [(board, answers_from(batch))]


def _conversation(board: str, each: Conversation) -> Row:
    return (
        board,
        each.id,
        each.number,
        each.customer,
        each.state.value,
        each.queue,
        each.holder,
        each.rep,
        each.live,
        json(each),
    )


def _message(board: str, each: Message) -> Row:
    return (
        board,
        each.id,
        each.conversation,
        each.channel,
        each.provider_id,
        each.direction.value,
        each.in_hand,
        each.awaits_report,
        json(each),
    )


def _event(board: str, each: Event) -> Row:
    return (board, each.seq, conversation_of(each), json(each))


def _answer(board: str, each: Answer) -> Row:
    return (board, each.key, each.fingerprint, each.at, json(each.outcome))
