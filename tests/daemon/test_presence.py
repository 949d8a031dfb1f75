"""Presence through the API and the desk: custom ones, finishing first, and desks that open and close."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
from msgspec.structs import replace
from tests.daemon.conftest import CONFIG, NO_TLS, Daemon, PlainCarrier, daemon_of, running, token_of

from cordboard.daemon.house import House
from cordboard.engine.config import CustomPresence, PresenceRules
from cordboard.engine.events import DeskConnected, DeskLost, Event
from cordboard.engine.vocabulary import Presence

LUNCH = replace(CONFIG, presences=(CustomPresence(name="lunch", text="At lunch", base=Presence.AWAY),))
STRICT = replace(LUNCH, presence=PresenceRules(declined=Presence.DO_NOT_DISTURB))


@asynccontextmanager
async def browser(daemon: Daemon, name: str = "ana") -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=daemon.url, headers={"Origin": daemon.url}, verify=NO_TLS, timeout=60
    ) as client:
        assert (await client.post("/desk/sign-in", data={"token": token_of(name)})).status_code == 303
        yield client


async def happens(daemon: Daemon, kind: type[Event], after: int) -> Event:
    with anyio.fail_after(60):
        async for event in daemon.engine.feed.events(after):
            if isinstance(event, kind):
                return event

    raise AssertionError


async def test_a_custom_presence_is_chosen_by_name_and_shown_beside_its_base() -> None:
    async with daemon_of(LUNCH) as daemon:
        answer = await daemon.as_("ana").put("/v1/me/presence", json={"presence": "lunch"})
        me = answer.json()

        assert (me["presence"], me["custom_presence"], me["presence_text"]) == ("away", "lunch", "At lunch")
        refused = await daemon.as_("ana").put("/v1/me/presence", json={"presence": "inactive"})
        assert refused.status_code == 403
        async with browser(daemon) as page:
            shown = (await page.get("/desk/parts/me")).text
            assert '<option value="lunch" selected>At lunch</option>' in shown
            assert 'value="inactive"' not in shown


async def test_a_supervisor_gives_many_a_custom_presence_at_once() -> None:
    async with daemon_of(LUNCH) as daemon:
        sue = daemon.as_("sue")
        answer = await sue.put("/v1/reps/presence", json={"reps": ["ana", "ben"], "presence": "lunch"})
        assert [(each["rep"], each["presence"]) for each in answer.json()["items"]] == [
            ("ana", "away"),
            ("ben", "away"),
        ]
        assert (await daemon.as_("ben").get("/v1/me")).json()["custom_presence"] == "lunch"

        refused = await sue.put("/v1/reps/presence", json={"reps": ["ana"], "presence": "supper"})
        assert (refused.status_code, refused.json()["errors"][0]["key"]) == (400, "presence")


async def test_a_presence_is_chosen_without_scripts_and_the_page_comes_back(daemon: Daemon) -> None:
    async with browser(daemon, "sue") as sue:
        mine = await sue.post("/desk/presence", data={"presence": "busy"})
        anas = await sue.post("/desk/presence", data={"presence": "away", "rep": "ana"})
        nothing = await sue.post("/desk/presence", data={})

    assert [(each.status_code, each.headers.get("location")) for each in (mine, anas)] == [
        (303, "/desk/"),
        (303, "/desk/overview"),
    ]
    assert nothing.status_code == 404
    assert [daemon.engine.board.reps[each].presence for each in ("sue", "ana")] == [Presence.BUSY, Presence.AWAY]


async def test_who_finishes_first_is_shown_as_finishing_and_is_away_when_done() -> None:
    async with daemon_of(LUNCH) as daemon, browser(daemon) as page:
        await daemon.say("ana")
        await daemon.text()
        await daemon.as_("ana").post("/v1/conversations/1/accept")
        assert (await page.post("/desk/presence", data={"presence": "when-done:away"})).status_code == 303
        me = (await daemon.as_("ana").get("/v1/me")).json()
        assert (me["presence"], me["draining"]) == ("available", {"presence": "away", "custom_presence": None})
        assert "Finishing, then away" in (await page.get("/desk/parts/me")).text
        assert "Nothing more is offered to you" in (await page.get("/desk/parts/mine")).text
        async with browser(daemon, "sue") as overview:
            everybody = (await overview.get("/desk/parts/overview")).text
            assert "finishing, then away" in everybody
            # None of the presences is chosen, or choosing the one they have, which ends it, would be no change.
            anas = everybody[everybody.index('id="presence-ana"') :].partition("</select>")[0]
            assert re.findall(r'<option value="(\w*)" selected', anas) == [""]

        await daemon.as_("ana").post("/v1/conversations/1/close")
        me = (await daemon.as_("ana").get("/v1/me")).json()
        assert (me["presence"], me["presence_reason"], me["draining"]) == ("away", "done", None)


async def test_who_declined_is_told_why_nothing_comes_and_goes_back_with_a_button() -> None:
    async with daemon_of(STRICT) as daemon, browser(daemon) as page:
        await daemon.say("ana")
        await daemon.text()
        await daemon.as_("ana").post("/v1/conversations/1/decline")

        shown = (await page.get("/desk/parts/mine")).text
        assert "You declined an offer" in shown
        assert "Become available" in shown
        await page.post("/desk/presence", data={"presence": "available"})
        assert "You declined an offer" not in (await page.get("/desk/parts/mine")).text


async def test_a_desk_counts_as_open_until_its_last_page_is_closed(daemon: Daemon) -> None:
    await daemon.say("ana")
    start = daemon.engine.feed.cursor
    async with browser(daemon) as page:
        async with page.stream("GET", "/desk/stream") as first:
            lines_of_first = first.aiter_lines()  # kept, or it closes the stream
            await anext(lines_of_first)
            await happens(daemon, DeskConnected, start)
            async with page.stream("GET", "/desk/stream") as second:
                lines_of_second = second.aiter_lines()  # kept, or it closes the stream
                await anext(lines_of_second)

            assert (await daemon.as_("ana").get("/v1/me")).json()["connected"]

        lost = await happens(daemon, DeskLost, start)
        assert isinstance(lost, DeskLost)
        me = (await daemon.as_("ana").get("/v1/me")).json()
        assert (me["presence"], me["connected"]) == ("available", False)

        async with page.stream("GET", "/desk/stream") as again:  # the page is loaded again
            lines_of_again = again.aiter_lines()  # kept, or it closes the stream
            await anext(lines_of_again)
            await happens(daemon, DeskConnected, lost.seq)
            assert daemon.engine.board.reps["ana"].gone_at is None


async def test_a_desk_that_was_open_when_the_daemon_stopped_has_the_grace_time_to_come_back(daemon: Daemon) -> None:
    await daemon.say("ana")
    start = daemon.engine.feed.cursor
    async with browser(daemon) as page, page.stream("GET", "/desk/stream") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await happens(daemon, DeskConnected, start)
        daemon.house.stopping.set()
        async for _ in lines:
            pass

    assert daemon.engine.board.reps["ana"].gone_at is None, "a daemon that stops says nothing of anybody"
    seen = daemon.engine.feed.cursor
    house = House(engine=daemon.engine, access=daemon.house.access)
    async with running(house, daemon.store, PlainCarrier()):
        lost = await happens(daemon, DeskLost, seen)

    assert isinstance(lost, DeskLost)
    assert lost.gone_at == lost.at + 150_000
