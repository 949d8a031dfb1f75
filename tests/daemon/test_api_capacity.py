"""Capacity profiles, languages and overrides through the API and at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.daemon.test_desk import browser

from cordboard.engine.carrier import TextReceived

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.daemon.conftest import Daemon, Serve

FILE = """
[board]
name = "profiled"

[[channels]]
name = "main"
provider = "simulator"

[[numbers]]
address = "+18005550100"
channel = "main"
kind = "toll_free"
workstream = "support"

[[workstreams]]
name = "support"
queue = "general"
capacity_cost = 0
costs = { sms = 2 }
language_matching = "required"

[[queues]]
name = "general"
reps = ["ana", "ben"]

[[capacity_profiles]]
name = "sms"
limit = 2
reset = "end_of_day"
blocks_assignment = true

[[reps]]
name = "ana"
limits = { sms = 3 }
languages = ["en", "es-MX"]
token = "ana-token-that-is-long-enough"

[[reps]]
name = "ben"
token = "ben-token-that-is-long-enough"

[[reps]]
name = "sue"
roles = ["supervisor"]
token = "sue-token-that-is-long-enough"
"""


@pytest.fixture
async def profiled(serve: Serve) -> AsyncIterator[Daemon]:
    """A daemon whose conversations take two units of a profile."""
    async with serve(FILE) as daemon:
        yield daemon


async def opened(daemon: Daemon, count: int) -> None:
    """Have customers text."""
    for each in range(count):
        await daemon.engine.submit(
            TextReceived(
                channel="main", provider_id=f"SM{each}", sender=f"+1415555010{each}", recipient=daemon.pushed, body="hi"
            )
        )


async def test_a_rep_is_shown_with_their_profiles_and_languages(profiled: Daemon) -> None:
    await profiled.say("ana")
    await opened(profiled, 1)
    reps = {each["name"]: each for each in (await profiled.as_("sue").get("/v1/reps")).json()["items"]}

    common = {"name": "sms", "reset": "end_of_day", "blocking": False}
    assert reps["ana"]["profiles"] == [{**common, "limit": 3, "used": 2, "free": 1}]
    assert reps["ben"]["profiles"] == [{**common, "limit": 2, "used": 0, "free": 2}]
    assert (reps["ana"]["languages"], reps["ben"]["languages"]) == (["en", "es-MX"], [])
    assert (reps["ana"]["load"], reps["ana"]["free"]) == (0, 1), "it counts by profiles alone"


async def test_the_openapi_document_describes_profiles_and_overrides(profiled: Daemon) -> None:
    schemas = (await profiled.as_("").get("/schema/openapi.json")).json()["components"]["schemas"]

    assert set(schemas["ProfileView"]["properties"]) == {"name", "limit", "used", "free", "reset", "blocking"}
    assert schemas["Goal"]["properties"]["override"] == {"type": "boolean", "default": False}


async def test_a_supervisor_overrides_and_the_routing_says_so(profiled: Daemon) -> None:
    await profiled.say("ana")
    await opened(profiled, 2)
    goal = {"rep": "ana", "override": True}
    ana, sue = profiled.as_("ana"), profiled.as_("sue")
    refused = await sue.post("/v1/conversations/2/transfer", json={"rep": "ana"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:cordboard:problem:rep-unable")
    assert "1 units of capacity profile 'sms' free, and conversation 2 takes 2" in refused.json()["detail"]
    assert (await ana.post("/v1/conversations/2/transfer", json=goal)).status_code == 403
    to_a_queue = await sue.post("/v1/conversations/2/transfer", json={"queue": "general", "override": True})
    assert to_a_queue.status_code == 400
    offline = await sue.post("/v1/conversations/2/transfer", json={"rep": "ben", "override": True})
    assert (offline.status_code, "ben is offline" in offline.json()["detail"]) == (409, True)

    given = await sue.post("/v1/conversations/2/transfer", json=goal)
    assert (given.status_code, given.json()["rep"]) == (200, "ana")
    [profile] = (await ana.get("/v1/me")).json()["profiles"]
    assert (profile["used"], profile["free"], profile["blocking"]) == (4, 0, True)
    routing = (await sue.get("/v1/conversations/2/routing")).json()
    assert routing["items"][-1]["overrode"] == ["profile"]
    assert routing["items"][-1]["costs"] == {"sms": 2}


async def test_routing_tells_which_profile_a_conversation_waits_for(profiled: Daemon) -> None:
    await profiled.say("ana")
    await opened(profiled, 2)
    waiting = (await profiled.as_("sue").get("/v1/conversations/2/routing")).json()["waiting"]

    assert (waiting["costs"], waiting["language"]) == ({"sms": 2}, "")
    assert [each["reason"] for each in waiting["reps"]] == ["profile", "offline"]


async def test_the_overview_shows_what_reps_have_used_of_their_profiles(profiled: Daemon) -> None:
    await profiled.say("ana")
    await opened(profiled, 2)
    await profiled.as_("sue").post("/v1/conversations/2/transfer", json={"rep": "ana", "override": True})
    async with browser(profiled, "sue") as sue:
        shown = (await sue.get("/desk/overview")).text

    assert "sms: 4 of 3" in shown
    assert shown.count("used up") == 1
    assert "sms: 0 of 2" in shown
