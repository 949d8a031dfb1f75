"""The moves a rep has, through the API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from cordboard.engine.config import Affinity
from cordboard.engine.routing_words import WrapUp
from cordboard.engine.vocabulary import Presence

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon


async def move(daemon: Daemon, name: str, word: str, **body: str) -> tuple[int, dict[str, object]]:
    answer = await daemon.as_(name).post(f"/v1/conversations/1/{word}", json=body or None)
    told: dict[str, object] = answer.json()
    return answer.status_code, told


async def change_workstreams(daemon: Daemon, **changes: Any) -> None:
    config = daemon.engine.board.config
    workstreams = tuple(replace(each, **changes) for each in config.workstreams)
    await daemon.engine.configure(replace(config, workstreams=workstreams))


async def test_a_rep_takes_an_offer_through_its_whole_life(daemon: Daemon) -> None:
    await daemon.text()
    await daemon.say("ana")
    states = []
    for word in ("accept", "park", "resume", "release"):
        status, conversation = await move(daemon, "ana", word)
        assert status == 200, conversation
        states.append((conversation["state"], conversation["status"], conversation["parked"]))

    # Released by ana, it is offered to whoever else has room: to nobody here, and not to her again.
    assert states == [
        ("active", "active", False),
        ("active", "waiting", True),
        ("active", "active", False),
        ("queued", "open", False),
    ]
    await move(daemon, "ana", "pick")
    status, conversation = await move(daemon, "ana", "close")
    assert (status, conversation["state"], conversation["status"]) == (200, "closed", "closed")


async def test_an_offer_that_is_an_assignment_is_not_declined(daemon: Daemon) -> None:
    await change_workstreams(daemon, auto_assign=True)
    await daemon.say("ana")
    await daemon.text()
    status, problem = await move(daemon, "ana", "decline")

    assert (status, problem["type"]) == (409, "urn:cordboard:problem:offer-binding")
    assert "has auto_assign" in str(problem["detail"])
    assert (await move(daemon, "ana", "accept"))[0] == 200


async def test_what_waits_for_its_last_rep_says_so_and_is_not_picked_by_another(daemon: Daemon) -> None:
    await change_workstreams(daemon, affinity=Affinity(wait=60_000))
    await daemon.text(to=daemon.picked)
    for name in ("ana", "ben"):
        await daemon.say(name)

    await move(daemon, "ana", "pick")
    await move(daemon, "ana", "park")
    await daemon.say("ana", Presence.AWAY)
    await daemon.text("one more thing", to=daemon.picked)
    status, problem = await move(daemon, "ben", "pick")
    assert (status, problem["type"]) == (409, "urn:cordboard:problem:rep-unable")

    waiting = (await daemon.as_("ben").get("/v1/conversations/1/routing")).json()["waiting"]
    told = {each["rep"]: (each["reason"], each["detail"]) for each in waiting["reps"]}
    assert told["ana"][0] == "presence"
    assert told["ben"][0] == "affinity"
    assert told["ben"][1].startswith("waits for ana until ")
    assert waiting["next_change_at"] is not None


async def test_a_wrap_up_is_ended_by_its_rep_and_once(daemon: Daemon) -> None:
    await change_workstreams(daemon, wrap_up=WrapUp.ALWAYS)
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    await move(daemon, "ana", "pick")
    _, conversation = await move(daemon, "ana", "close")
    assert (conversation["status"], conversation["wrap_up_until"]) == ("wrap_up", None)

    status, conversation = await move(daemon, "ana", "end_wrap_up")
    assert (status, conversation["state"], conversation["status"]) == (200, "closed", "closed")

    status, problem = await move(daemon, "ana", "end_wrap_up")
    assert (status, problem["type"]) == (409, "urn:cordboard:problem:illegal-transition")
    routing = (await daemon.as_("ana").get("/v1/conversations/1/routing")).json()["items"]
    assert [(each["by"], each["trigger"]) for each in routing if each["type"] == "wrap_up_ended"] == [
        ("ana", "end_wrap_up")
    ]


async def test_an_offer_that_is_declined_waits_for_somebody_else(daemon: Daemon) -> None:
    await daemon.say("ana")
    await daemon.text()
    status, conversation = await move(daemon, "ana", "decline")

    assert status == 200
    assert conversation["state"] in ("queued", "assigned")


async def test_a_conversation_is_transferred_to_a_rep_or_to_a_queue(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    await daemon.say("ben")
    await move(daemon, "ana", "pick")

    status, conversation = await move(daemon, "ana", "transfer", rep="ben")
    assert (status, conversation["state"], conversation["rep"]) == (200, "assigned", "ben")
    await move(daemon, "ben", "accept")
    status, conversation = await move(daemon, "ben", "transfer", queue="billing")
    assert (status, conversation["state"], conversation["queue"]) == (200, "queued", "billing")


@pytest.mark.parametrize("goal", [{}, {"rep": None}, {"rep": "ben", "queue": "billing"}, {"team": "x"}, [], "ben"])
async def test_a_transfer_names_exactly_one_goal(daemon: Daemon, goal: object) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    await move(daemon, "ana", "pick")
    answer = await daemon.as_("ana").post("/v1/conversations/1/transfer", json=goal)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("goal", "slug"), [({"rep": "zoe"}, "not-found"), ({"queue": "none"}, "not-found")])
async def test_a_transfer_to_nobody_is_not_found(daemon: Daemon, goal: dict[str, str], slug: str) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    await move(daemon, "ana", "pick")
    status, problem = await move(daemon, "ana", "transfer", **goal)

    assert (status, problem["type"]) == (404, f"urn:cordboard:problem:{slug}")


async def test_a_move_that_the_state_does_not_have_is_told_the_state(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    status, problem = await move(daemon, "ana", "accept")

    assert status == 409
    assert problem["type"] == "urn:cordboard:problem:illegal-transition"
    assert (problem["state"], problem["conversation"], problem["trigger"]) == ("queued", 1, "accept")
    assert problem["status"] == 409
    assert problem["title"]
    assert problem["detail"]


async def test_of_two_reps_who_pick_the_same_conversation_one_gets_it(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    for name in ("ana", "ben"):
        await daemon.say(name)

    outcomes = await asyncio.gather(*(move(daemon, name, "pick") for name in ("ana", "ben")))
    assert sorted(status for status, _ in outcomes) == [200, 409]
    assert {told["state"] for _, told in outcomes} == {"active"}


async def test_what_is_not_theirs_is_refused(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    for name in ("ana", "ben", "cleo"):
        await daemon.say(name)

    assert (await move(daemon, "cleo", "pick"))[0] == 403
    await move(daemon, "ana", "pick")
    for word in ("park", "release", "close"):
        assert (await move(daemon, "ben", word))[0] == 403, word

    assert (await move(daemon, "ben", "transfer", rep="ben"))[0] == 403


async def test_a_rep_who_cannot_take_more_is_told_so(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    status, problem = await move(daemon, "ana", "pick")

    assert (status, problem["type"]) == (409, "urn:cordboard:problem:rep-unable")


async def test_a_move_that_is_repeated_happens_once(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    ana, key = daemon.as_("ana"), {"Idempotency-Key": "pick-1"}
    first = await ana.post("/v1/conversations/1/pick", headers=key)
    await ana.post("/v1/conversations/1/park")
    again = await ana.post("/v1/conversations/1/pick", headers=key)
    other = await ana.post("/v1/conversations/1/close", headers=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert other.status_code == 422


async def test_a_conversation_that_cannot_be_is_not_found(daemon: Daemon) -> None:
    for conversation in ("7", "0", "-1", str(2**63), str(10**30), "9" * 5000, "one", "1.5", "%2e", "1%00"):
        for word in ("accept", "decline", "pick", "park", "resume", "release", "close", "end_wrap_up"):
            answer = await daemon.as_("sue").post(f"/v1/conversations/{conversation}/{word}")
            assert answer.status_code == 404, (conversation, word)
            assert answer.json()["type"] == "urn:cordboard:problem:not-found"


async def test_a_supervisor_moves_what_is_not_theirs(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ben", Presence.AVAILABLE)
    status, conversation = await move(daemon, "sue", "transfer", rep="ben")
    assert (status, conversation["state"], conversation["rep"]) == (200, "assigned", "ben")

    status, conversation = await move(daemon, "sue", "close")
    assert (status, conversation["close_reason"]) == (200, "supervisor")
