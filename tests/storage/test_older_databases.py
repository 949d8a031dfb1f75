"""A database that an older Cordboard wrote is as good as one that was always this one's."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from cordboard.engine.board.board import Board
from cordboard.engine.carrier import Media
from cordboard.engine.config import HOUR
from cordboard.engine.records import Message
from cordboard.engine.testing import specimens
from cordboard.engine.vocabulary import MessageStatus
from cordboard.storage.sql.schema import bring_up_to_date, shipped_migrations
from cordboard.storage.sqlite import SqliteStore

THEN: Final = 1_750_000_000_000
WHO: Final = {"channel": "main", "number": "+18005550100", "customer": "+14155550123"}
WHO_ELSE: Final = {**WHO, "customer": "+14155550124"}
PICTURE: Final = {"url": "https://carrier/1", "content_type": "image/png"}
CONFIG: Final[dict[str, Any]] = {
    "name": "contoso",
    "channels": [{"name": "main", "provider": "twilio", "max_characters": 1600}],
    "numbers": [{"address": WHO["number"], "channel": "main", "kind": "toll_free", "workstream": "support"}],
    "workstreams": [{"name": "support", "queue": "general"}],
    "queues": [{"name": "general", "reps": ["ana"]}],
    "reps": [{"name": "ana"}],
}

EVENTS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "board_configured", "config": CONFIG, "by": "system"},
    {"type": "conversation_opened", "conversation": 1, **WHO, "workstream": "support", "priority": 0},
    {
        "type": "message_received",
        "conversation": 1,
        "message": 1,
        **WHO,
        "body": 'See "this"',
        "media": [PICTURE, {"url": "https://carrier/2", "content_type": ""}],
        "segments": 0,
        "provider_id": "M1",
    },
    {"type": "conversation_queued", "conversation": 1, "by": "system", "why": "fallback queue", "queue": "general"},
    {
        "type": "text_unroutable",
        "message": 2,
        **WHO,
        "number": "+18005550177",
        "body": "",
        "media": [PICTURE],
        "segments": 0,
        "provider_id": "M2",
    },
    {"type": "reply_queued", "conversation": 1, "message": 3, "author": "sue", "body": "sent", "media": [PICTURE]},
    {"type": "send_started", "message": 3, "conversation": 1, "attempt": 1},
    {"type": "message_sent", "message": 3, "conversation": 1, "provider_id": "SM3", "segments": 1},
    {"type": "reply_queued", "conversation": 1, "message": 4, "author": "sue", "body": "arrived", "media": []},
    {"type": "send_started", "message": 4, "conversation": 1, "attempt": 1},
    {"type": "delivery_updated", "message": 4, "conversation": 1, "status": "delivered", "provider_id": "SM4"},
    {"type": "message_sent", "message": 4, "conversation": 1, "provider_id": "SM4", "segments": 1},
    {"type": "delivery_disputed", "message": 4, "conversation": 1, "status": "undelivered", "failure": None},
    {"type": "delivery_disputed", "message": 4, "conversation": 1, "status": "failed", "failure": None},
    {"type": "reply_queued", "conversation": 1, "message": 5, "author": "sue", "body": "slowly", "media": []},
    {"type": "send_started", "message": 5, "conversation": 1, "attempt": 1},
    {
        "type": "send_deferred",
        "message": 5,
        "conversation": 1,
        "until": THEN + 100,
        "failure": {"code": "t", "text": "slow"},
        "maybe_sent": False,
    },
    {"type": "send_started", "message": 5, "conversation": 1, "attempt": 2},
    {"type": "conversation_opened", "conversation": 2, **WHO_ELSE, "workstream": "support", "priority": 0},
    {"type": "conversation_queued", "conversation": 2, "by": "system", "why": "fallback queue", "queue": "general"},
    {
        "type": "conversation_picked",
        "conversation": 2,
        "by": "ana",
        "why": "",
        "assignment": 1,
        "rep": "ana",
        "cost": 1,
        "expires_at": None,
    },
    {
        "type": "conversation_closed",
        "conversation": 2,
        "by": "ana",
        "why": "",
        "reason": "rep",
        "wrap_up_until": THEN + 1_000,
    },
)
"""As version 1 wrote them, each a millisecond after the one before; `seq` and `at` are added."""


def received(message: int, conversation: int | None, **more: Any) -> dict[str, Any]:
    return {
        "id": message,
        "conversation": conversation,
        **WHO,
        "direction": "inbound",
        "author": "customer",
        "status": "received",
        "media": [PICTURE],
        "provider_id": f"M{message}",
        "attempts": 0,
        **more,
    }


def ours(message: int, body: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "id": message,
        "conversation": 1,
        **WHO,
        "direction": "outbound",
        "author": "sue",
        "body": body,
        "status": status,
        "media": [],
        "segments": 1,
        "provider_id": f"SM{message}",
        "attempts": 1,
        **more,
    }


COMMON: Final = {"segments": 0, "failure": None, "not_before": None, "maybe_sent": False, "uncertain": False}

MESSAGES: Final[tuple[dict[str, Any], ...]] = (
    received(1, 1, body='See "this"', at=THEN + 3, media=[PICTURE, {"url": "https://carrier/2", "content_type": ""}]),
    received(2, None, body="", at=THEN + 5, number="+18005550177"),
    ours(3, "sent", "sent", at=THEN + 6, media=[PICTURE]),
    ours(4, "arrived", "delivered", at=THEN + 9),
    ours(
        5,
        "slowly",
        "sending",
        at=THEN + 15,
        segments=0,
        provider_id=None,
        attempts=2,
        failure={"code": "t", "text": "slow"},
    ),
)

CONVERSATION: Final[dict[str, Any]] = {
    "id": 1,
    **WHO,
    "workstream": "support",
    "state": "queued",
    "opened_at": THEN + 2,
    "updated_at": THEN + 15,
    "queue": "general",
    "queued_at": THEN + 4,
    "heard_at": THEN + 3,
    "replied_at": THEN + 15,
}

WRAPPED_UP: Final[dict[str, Any]] = {
    "id": 2,
    **WHO_ELSE,
    "workstream": "support",
    "state": "closed",
    "opened_at": THEN + 19,
    "updated_at": THEN + 22,
    "queue": "general",
    "queued_at": THEN + 20,
    "assignment": {"id": 1, "rep": "ana", "cost": 1, "began_at": THEN + 21, "expires_at": THEN + 1_000},
    "rep": "ana",
    "active_at": THEN + 21,
    "held_by": ["ana"],
    "closed_at": THEN + 22,
    "close_reason": "rep",
}


@pytest.fixture
def older(path: Path) -> Path:
    """A database as version 1 left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(connection, path, shipped_migrations()[:1], patience=0)

        insert = connection.execute
        counters = {"seq": len(EVENTS), "conversation": 2, "message": 5, "assignment": 1}
        insert("INSERT INTO boards VALUES ('contoso', ?)", (json.dumps(counters),))
        insert("INSERT INTO configurations VALUES ('contoso', ?)", (json.dumps(CONFIG),))
        ana = {"name": "ana", "presence": "offline", "since": THEN + 1, "idle_since": THEN + 1, "last_assignment": 1}
        insert("INSERT INTO reps VALUES ('contoso', 'ana', ?)", (json.dumps(ana),))
        insert(
            "INSERT INTO conversations VALUES ('contoso', 1, ?, ?, 'queued', 'general', NULL, NULL, TRUE, ?)",
            (WHO["number"], WHO["customer"], json.dumps(CONVERSATION)),
        )
        insert(
            "INSERT INTO conversations VALUES ('contoso', 2, ?, ?, 'closed', 'general', 'ana', 'ana', TRUE, ?)",
            (WHO_ELSE["number"], WHO_ELSE["customer"], json.dumps(WRAPPED_UP)),
        )
        for each in MESSAGES:
            row = (
                each["id"],
                each["conversation"],
                each["provider_id"],
                each["direction"],
                each["status"] == "sending",
            )
            record = json.dumps({**COMMON, **each})
            insert("INSERT INTO messages VALUES ('contoso', ?, ?, 'main', ?, ?, ?, ?)", (*row, record))

        for seq, event in enumerate(EVENTS, 1):
            record = json.dumps({**event, "seq": seq, "at": THEN + seq})
            insert("INSERT INTO events VALUES ('contoso', ?, ?, ?)", (seq, event.get("conversation"), record))

    return path


async def message(store: SqliteStore, which: int) -> Message:
    found = await store.message("contoso", which)
    assert found is not None
    return found


async def test_an_older_board_is_the_same_whether_it_is_loaded_or_replayed(older: Path) -> None:
    async with SqliteStore(older) as store:
        loaded = Board.restore(await store.load("contoso"))
        replayed = Board.replay("contoso", await store.events("contoso"))

    assert [each.id for each in loaded.snapshot().messages] == [5]
    # How fast its queues are served, a board that is loaded learns anew.
    assert loaded.snapshot() == replace(replayed.snapshot(), queues=())
    assert (loaded.load_of("ana"), replayed.load_of("ana")) == (1, 1)  # an older wrap-up holds its rep's capacity


async def test_attachments_that_came_before_any_were_kept_say_so(older: Path) -> None:
    async with SqliteStore(older) as store:
        texts = [await message(store, 1), await message(store, 2)]

    problem = "It came before attachments were kept here."
    assert texts[0].media == (
        Media(url="https://carrier/1", content_type="image/png", problem=problem),
        Media(url="https://carrier/2", problem=problem),
    )
    assert [each.awaits_media for each in texts] == [False, False]


async def test_an_older_text_that_nobody_reported_on_becomes_unknown(older: Path) -> None:
    async with SqliteStore(older) as store:
        waiting = await store.awaiting_report("contoso", "main")
        (sent,) = waiting.items

    assert sent.id == 3
    assert sent.sent_at == THEN + 8
    assert sent.delivery_unknown(THEN + 8 + HOUR, HOUR)
    assert sent.media == (Media(url="https://carrier/1", content_type="image/png"),)


async def test_older_texts_know_when_they_were_tried_and_what_was_disputed(older: Path) -> None:
    async with SqliteStore(older) as store:
        arrived, slow = await message(store, 4), await message(store, 5)

    assert (arrived.sent_at, arrived.disputed) == (THEN + 11, MessageStatus.FAILED)
    assert (slow.first_tried_at, slow.tried_at, slow.sent_at) == (THEN + 16, THEN + 18, None)


async def test_what_is_still_being_fetched_is_not_given_up(path: Path) -> None:
    pending = specimens.message(1, conversation=None, media=(Media(url="https://carrier/1"),))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(connection, path, shipped_migrations()[:2], patience=0)
        connection.execute(
            "INSERT INTO messages (board, id, channel, provider_id, direction, in_hand, record) "
            "VALUES (?, 1, 'main', 'SM1', 'inbound', TRUE, ?)",
            (specimens.BOARD, msgspec.json.encode(pending).decode()),
        )

    async with SqliteStore(path) as store:
        assert (await store.load(specimens.BOARD)).messages == (pending,)
