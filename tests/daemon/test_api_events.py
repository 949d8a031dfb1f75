"""The event stream: what each person is shown, and that nobody misses anything."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from cordboard.daemon.access import Access
from cordboard.daemon.api import events
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Presence

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon


class Stream:
    """An open stream, event by event."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.comments = 0
        self.last_id = ""

    async def next(self) -> dict[str, Any] | None:
        """The next event's data; None when the stream has ended."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                self.last_id = fields["id"]
                event: dict[str, Any] = json.loads(fields["data"])
                assert fields["event"] == event["type"]
                assert fields["id"] == str(event["seq"])
                return event

        return None

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """All events up to the first of a kind, which is the last of them."""
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["type"] != kind:
            event = await self.next()
            assert event is not None, f"the stream ended before {kind}; seen: {[each['type'] for each in seen]}"
            seen.append(event)

        return seen


@asynccontextmanager
async def following(daemon: Daemon, name: str, query: str = "", **headers: str) -> AsyncIterator[Stream]:
    async with daemon.as_(name).stream("GET", f"/v1/events{query}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer.aiter_lines())


def kinds(seen: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in seen]


async def test_a_supervisor_is_shown_everything(daemon: Daemon) -> None:
    async with following(daemon, "sue", "?after=0") as stream:
        await daemon.text("Hello ☎")
        await daemon.say("ana")
        seen = await stream.until("conversation_offered")

    assert kinds(seen) == [
        "board_configured",
        "conversation_opened",
        "message_received",
        "conversation_queued",
        "presence_changed",
        "conversation_offered",
    ]
    assert seen[2]["body"] == "Hello ☎"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", seen[2]["at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", seen[5]["expires_at"])
    assert [each["seq"] for each in seen] == [1, 2, 3, 4, 5, 6]


async def test_a_stream_starts_now_unless_it_is_told_where(daemon: Daemon) -> None:
    await daemon.text("before")
    async with following(daemon, "sue") as stream:
        await daemon.text("after")
        event = await stream.next()

    assert event is not None
    assert event["body"] == "after"


async def test_a_stream_resumes_without_a_gap(daemon: Daemon) -> None:
    async with following(daemon, "sue", "?after=0") as stream:
        await daemon.text("one")
        await stream.until("conversation_queued")
        last = stream.last_id

    await daemon.text("two")
    async with following(daemon, "sue", "?after=0", **{"Last-Event-ID": last}) as stream:
        await daemon.text("three")
        seen = [await stream.next(), await stream.next()]

    assert [(each or {}).get("body") for each in seen] == ["two", "three"]


async def test_everything_that_happened_at_once_is_told_in_order(daemon: Daemon) -> None:
    await asyncio.gather(*(daemon.text(str(n), customer=f"+1415555{n:04}") for n in range(100)))

    async with following(daemon, "sue", "?after=0") as stream:
        seen: list[dict[str, Any]] = []
        while kinds(seen).count("conversation_queued") < 100:
            seen += await stream.until("conversation_queued")

    assert [each["seq"] for each in seen] == list(range(1, len(seen) + 1))
    assert {each["body"] for each in seen if "body" in each} == {str(n) for n in range(100)}


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 20, "1000"])
async def test_a_place_that_the_feed_does_not_have_is_refused(daemon: Daemon, after: str) -> None:
    by_query = await daemon.as_("sue").get("/v1/events", params={"after": after})
    by_header = await daemon.as_("sue").get("/v1/events", headers={"Last-Event-ID": after})

    assert (by_query.status_code, by_header.status_code) == (400, 400)


async def test_a_rep_is_shown_their_own_work_and_nobody_elses(daemon: Daemon) -> None:
    await daemon.say("ben")
    async with following(daemon, "ana", "?after=0") as ana, following(daemon, "ben", "?after=0") as ben:
        await daemon.text("for ben")
        await daemon.as_("ben").post("/v1/conversations/1/accept")
        await daemon.as_("ben").post("/v1/conversations/1/messages", json={"body": "from ben"})
        seen_by_ben = await ben.until("message_sent")
        await daemon.say("ana")
        seen_by_ana = await ana.until("presence_changed")

    assert kinds(seen_by_ana) == ["presence_changed"]
    assert seen_by_ana[0]["rep"] == "ana"
    assert kinds(seen_by_ben) == [
        "presence_changed",
        "conversation_opened",
        "message_received",
        "conversation_queued",
        "conversation_offered",
        "offer_accepted",
        "reply_queued",
        "send_started",
        "message_sent",
    ]


async def test_what_waits_for_a_rep_is_shown_and_so_is_its_leaving(daemon: Daemon) -> None:
    await daemon.say("ben")
    async with following(daemon, "ana") as ana:
        await daemon.text("waiting", to=daemon.picked)
        waiting = await ana.until("conversation_queued")
        await daemon.as_("ben").post("/v1/conversations/1/pick")
        left = await ana.until("conversation_picked")
        await daemon.text("for ben's eyes", to=daemon.picked)
        await daemon.as_("ben").post("/v1/conversations/1/messages", json={"body": "for the customer's"})
        await daemon.as_("ben").post("/v1/conversations/1/release")
        back = await ana.until("conversation_released")

    assert waiting[1]["body"] == "waiting"
    assert [(each["type"], each["rep"]) for each in left] == [("conversation_picked", "ben")]
    assert kinds(back) == ["conversation_released"]


async def test_what_was_taken_while_a_rep_was_away_is_told_when_they_come_back(daemon: Daemon) -> None:
    await daemon.say("ben")
    async with following(daemon, "ana") as ana:
        await daemon.text("one", to=daemon.picked, customer="+14155550101")
        await ana.until("conversation_queued")
        last = ana.last_id

    await daemon.as_("ben").post("/v1/conversations/1/pick")
    await daemon.text("two", to=daemon.billing, customer="+14155550102")
    await daemon.text("for ben's eyes", to=daemon.picked, customer="+14155550101")
    async with following(daemon, "ana", **{"Last-Event-ID": last}) as ana:
        await daemon.say("ana")
        seen = await ana.until("presence_changed")

    assert kinds(seen) == ["conversation_picked", "presence_changed"]


async def test_an_offer_that_was_ended_while_its_rep_was_away_is_told(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    await daemon.say("ben")
    ana, ben, sue = daemon.as_("ana"), daemon.as_("ben"), daemon.as_("sue")
    await ben.post("/v1/conversations/1/pick")
    await ben.post("/v1/conversations/1/park")
    await ben.post("/v1/conversations/1/resume")
    await ben.post("/v1/conversations/1/transfer", json={"rep": "ana"})
    await ana.post("/v1/conversations/1/decline")
    await sue.post("/v1/conversations/1/transfer", json={"rep": "ana"})
    async with following(daemon, "ana", "?after=0") as stream:
        await stream.until("offer_declined")
        await stream.until("conversation_offered")
        last = stream.last_id

    await sue.post("/v1/conversations/1/close")
    async with following(daemon, "ana", **{"Last-Event-ID": last}) as stream:
        await daemon.say("ana", Presence.BUSY)
        seen = await stream.until("presence_changed")

    assert kinds(seen) == ["conversation_closed", "presence_changed"]


async def test_what_was_never_in_sight_does_not_leave_it(daemon: Daemon) -> None:
    await daemon.say("ben")
    await daemon.text(to=daemon.picked)
    ben = daemon.as_("ben")
    await ben.post("/v1/conversations/1/pick")
    await ben.post("/v1/conversations/1/park")
    last = str(daemon.engine.feed.cursor)
    await ben.post("/v1/conversations/1/close")
    async with following(daemon, "ana", **{"Last-Event-ID": last}) as stream:
        await daemon.say("ana")
        seen = await stream.until("presence_changed")

    assert kinds(seen) == ["presence_changed"]


async def test_a_waiting_conversation_that_a_supervisor_closes_or_moves_away_leaves_the_list(daemon: Daemon) -> None:
    async with following(daemon, "ana") as ana:
        for last in (1, 2):
            await daemon.text(to=daemon.picked, customer=f"+1415555010{last}")
            await ana.until("conversation_queued")

        await daemon.as_("sue").post("/v1/conversations/1/close")
        await daemon.as_("sue").post("/v1/conversations/2/transfer", json={"queue": "billing"})
        seen = await ana.until("conversation_requeued")
        await daemon.as_("sue").post("/v1/conversations/2/close")
        await daemon.say("ana")
        rest = await ana.until("presence_changed")

    assert kinds(seen) == ["conversation_closed", "conversation_requeued"]
    assert kinds(rest) == ["presence_changed"]


async def test_news_of_a_closed_conversation_still_reach_who_held_it(daemon: Daemon) -> None:
    await daemon.say("ana")
    await daemon.text(to=daemon.picked)
    ana = daemon.as_("ana")
    await ana.post("/v1/conversations/1/pick")
    await ana.post("/v1/conversations/1/close")
    async with following(daemon, "ana", "?after=0") as stream, following(daemon, "ben", "?after=0") as other:
        seen = await stream.until("conversation_closed")
        await daemon.say("ben")
        not_seen = await other.until("presence_changed")

    assert kinds(seen)[-2:] == ["conversation_picked", "conversation_closed"]
    assert kinds(not_seen) == ["presence_changed"]
    assert not_seen[0]["rep"] == "ben"


async def test_a_quiet_stream_shows_that_it_is_there(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)
    async with following(daemon, "ana") as stream:
        while stream.comments < 3:
            waiting = asyncio.create_task(stream.next())
            await asyncio.wait([waiting], timeout=0.2)
            if not waiting.done() and stream.comments >= 3:
                await daemon.say("ana", Presence.BUSY)

            await waiting

    assert stream.comments >= 3


async def test_a_stream_ends_when_the_daemon_stops(daemon: Daemon) -> None:
    async with following(daemon, "sue") as stream:
        daemon.house.stopping.set()
        assert await stream.next() is None


async def test_a_stream_ends_when_its_token_is_not_in_force_any_more(daemon: Daemon) -> None:
    async with following(daemon, "sue") as stream:
        await daemon.text("one")
        assert await stream.next() is not None
        daemon.house.access = Access(daemon.engine.board.config, {"sue": Secret("another token of hers")})
        await daemon.text("two", customer="+14155550199")
        seen = []
        while (event := await stream.next()) is not None:
            seen.append(event)

    assert "two" not in str(seen)


async def test_clients_that_leave_leave_nothing_behind(daemon: Daemon) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(5):
        async with following(daemon, "ana"):
            assert len(asyncio.all_tasks()) > before

    async with asyncio.timeout(60):
        while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - nothing tells when a task has ended
            await asyncio.sleep(0.01)
