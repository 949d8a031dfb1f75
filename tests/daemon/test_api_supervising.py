"""What supervisors do through the API: taking over, many at once, and looking into the routing of reps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from tests.daemon.test_api_triggers import change_workstreams

from cordboard.engine.commands import SetPresence
from cordboard.engine.routing_words import PassedOver, WrapUp
from cordboard.engine.vocabulary import Presence

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

BULK = "/v1/conversations/bulk"


async def bulk(daemon: Daemon, *, name: str = "sue", key: str = "", **body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await daemon.as_(name).post(BULK, json=body, headers=headers)
    told: dict[str, Any] = answer.json()
    return answer.status_code, told


async def three_wait(daemon: Daemon) -> None:
    for each in range(3):
        await daemon.text(to=daemon.picked, customer=f"+1415555010{each}")


async def moves_of(daemon: Daemon, conversation: int = 1) -> list[tuple[str, str, str]]:
    answer = await daemon.as_("sue").get(f"/v1/conversations/{conversation}/events")
    assert answer.status_code == 200, answer.text
    return [(each["type"], each["by"], each["why"]) for each in answer.json()["items"] if "trigger" in each]


async def test_a_supervisor_takes_over_and_the_events_say_who_and_why(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    await daemon.say("sue")
    await daemon.as_("ana").post("/v1/conversations/1/pick")
    refused = await daemon.as_("ana").post("/v1/conversations/1/take_over")
    taken = await daemon.as_("sue").post("/v1/conversations/1/take_over", json={"why": "a complaint"})
    again = await daemon.as_("sue").post("/v1/conversations/1/take_over")

    assert [each.status_code for each in (refused, taken, again)] == [403, 200, 409]
    assert (taken.json()["state"], taken.json()["rep"]) == ("active", "sue")
    assert again.json()["type"] == "urn:cordboard:problem:rep-unable"
    assert (await moves_of(daemon))[-2:] == [
        ("conversation_transferred", "sue", "taken over: a complaint"),
        ("offer_accepted", "sue", "taken over"),
    ]


async def test_taking_over_holds_the_supervisors_capacity(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    offline = await daemon.as_("sue").post("/v1/conversations/1/take_over")
    await daemon.say("sue")
    await daemon.as_("sue").post("/v1/conversations/1/take_over")

    assert offline.json()["type"] == "urn:cordboard:problem:rep-unable"
    assert (await daemon.as_("sue").get("/v1/me")).json()["load"] == 1


async def test_a_reason_may_be_given_and_is_short(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    sue = daemon.as_("sue")
    await sue.post("/v1/conversations/1/transfer", json={"queue": "billing", "why": "an invoice"})
    too_long = await sue.post("/v1/conversations/1/close", json={"why": "x" * 201})
    unknown = await sue.post("/v1/conversations/1/close", json={"because": "x"})
    closed = await sue.post("/v1/conversations/1/close", json={"why": "spam"})

    assert [each.status_code for each in (too_long, unknown, closed)] == [400, 400, 200]
    assert (await moves_of(daemon))[1:] == [
        ("conversation_requeued", "sue", "an invoice"),
        ("conversation_closed", "sue", "spam"),
    ]


async def test_the_schema_says_that_a_reason_may_be_left_out(daemon: Daemon) -> None:
    paths = (await daemon.as_("").get("/schema")).json()["paths"]
    conversation = "/v1/conversations/{conversation_id}"
    required = {
        word: paths[f"{conversation}/{word}"]["post"]["requestBody"]["required"] for word in ("close", "transfer")
    }

    assert required == {"close": False, "transfer": True}


async def test_a_conversations_events_are_for_who_sees_it_and_come_page_by_page(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    cleo = await daemon.as_("cleo").get("/v1/conversations/1/events")
    first = (await daemon.as_("ana").get("/v1/conversations/1/events?limit=2")).json()
    rest = (await daemon.as_("ana").get(f"/v1/conversations/1/events?limit=2&cursor={first['next']}")).json()

    assert cleo.status_code == 403
    assert [each["type"] for each in (*first["items"], *rest["items"])] == [
        "conversation_opened",
        "message_received",
        "conversation_queued",
    ]
    assert rest["next"] is None


async def test_many_are_moved_at_once_and_each_is_told_its_own_outcome(daemon: Daemon) -> None:
    await three_wait(daemon)
    await daemon.as_("sue").post("/v1/conversations/2/close")
    status, told = await bulk(daemon, do="transfer", conversations=[3, 2, 9, 1], queue="billing", why="invoices")

    assert (status, told["done"], told["refused"], told["more"]) == (200, 2, 2, False)
    assert [each["conversation"] for each in told["items"]] == [3, 2, 9, 1]
    assert [each["state"] for each in told["items"]] == ["queued", None, None, "queued"]
    assert [each["queue"] for each in told["items"]] == ["billing", None, None, "billing"]
    problems = [each["problem"] for each in told["items"]]
    assert (problems[0], problems[3]) == (None, None)
    assert problems[1]["type"] == "urn:cordboard:problem:illegal-transition"
    assert (problems[1]["state"], problems[1]["conversation"], problems[1]["status"]) == ("closed", 2, 409)
    assert problems[2]["type"] == "urn:cordboard:problem:not-found"
    assert (await moves_of(daemon))[-1] == ("conversation_requeued", "sue", "invoices")


async def test_a_rep_takes_as_many_as_they_have_room_for(daemon: Daemon) -> None:
    for each in range(7):
        await daemon.text(to=daemon.picked, customer=f"+1415555010{each}")

    await daemon.say("cleo")
    _, told = await bulk(daemon, do="transfer", conversations=[1, 2, 3, 4, 5, 6, 7], rep="cleo")

    assert [each["rep"] for each in told["items"]] == ["cleo"] * 5 + [None] * 2
    assert {each["problem"]["type"] for each in told["items"][5:]} == {"urn:cordboard:problem:rep-unable"}


async def test_many_are_taken_over_released_and_closed(daemon: Daemon) -> None:
    await three_wait(daemon)
    await daemon.say("sue")
    _, taken = await bulk(daemon, do="take_over", conversations=[1, 2])
    _, released = await bulk(daemon, do="release", conversations=[1, 3])
    _, closed = await bulk(daemon, do="close", where={"queue": "general"})

    assert [(each["state"], each["rep"]) for each in taken["items"]] == [("active", "sue"), ("active", "sue")]
    assert [each["state"] for each in released["items"]] == ["queued", None]
    assert [(each["conversation"], each["state"]) for each in closed["items"]] == [
        (1, "closed"),
        (2, "closed"),
        (3, "closed"),
    ]


async def test_those_meant_can_be_described(daemon: Daemon) -> None:
    await three_wait(daemon)
    await daemon.text(to=daemon.billing, customer="+14155550109")
    await daemon.say("ana")
    for each in (1, 2):
        await daemon.as_("ana").post(f"/v1/conversations/{each}/pick")

    await daemon.as_("ana").post("/v1/conversations/2/park")

    async def meant(**where: object) -> list[int]:
        _, told = await bulk(daemon, do="release", where=where)  # refused for all but what somebody has
        return [each["conversation"] for each in told["items"]]

    assert await meant(state="queued") == [3, 4]
    assert await meant(state="queued", queue="billing") == [4]
    assert await meant(rep="ben") == []
    assert await meant(rep="ana", parked=True) == [2]
    assert await meant(rep="ana") == [1]
    assert await meant(queue="general") == [1, 2, 3]


@pytest.mark.parametrize("key", ["", "slip-1"])
async def test_a_bulk_by_a_name_that_never_was_is_refused_and_says_which(daemon: Daemon, key: str) -> None:
    await three_wait(daemon)
    seen = daemon.engine.feed.cursor
    status, problem = await bulk(daemon, key=key, do="close", where={"queue": "generals", "rep": "zoe"})

    assert (status, problem["type"]) == (400, "urn:cordboard:problem:bad-request")
    assert [each["key"] for each in problem["errors"]] == ["where.queue", "where.rep"]
    assert "did you mean 'general'?" in problem["detail"]
    assert daemon.engine.feed.cursor == seen, "nothing is noted of a slip"

    status, told = await bulk(daemon, do="close", where={"queue": "billing"})
    assert (status, told["items"]) == (200, []), "it is a queue, and nothing is on it"


async def test_a_bulk_that_comes_again_is_answered_as_before_although_its_queue_has_gone(daemon: Daemon) -> None:
    await daemon.text(to=daemon.billing)
    asked: dict[str, Any] = {"do": "transfer", "where": {"queue": "billing"}, "queue": "general"}
    first = await bulk(daemon, key="move-1", **asked)
    config = daemon.engine.board.config
    workstreams = (*config.workstreams[:2], replace(config.workstreams[2], queue="general"))
    await daemon.engine.configure(replace(config, workstreams=workstreams, queues=config.queues[:1]))

    assert first[1]["done"] == 1
    assert await bulk(daemon, key="move-1", **asked) == first
    assert (await bulk(daemon, key="move-2", **asked))[0] == 400


async def test_many_that_are_asked_for_again_happen_once(daemon: Daemon) -> None:
    await three_wait(daemon)
    asked: dict[str, Any] = {"do": "transfer", "where": {"queue": "general"}, "queue": "billing"}
    _, first = await bulk(daemon, key="move-1", **asked)
    await daemon.text(to=daemon.picked, customer="+14155550109")
    await daemon.as_("sue").post("/v1/conversations/1/transfer", json={"queue": "general"})
    seen = daemon.engine.feed.cursor
    _, again = await bulk(daemon, key="move-1", **asked)
    other = await bulk(daemon, key="move-1", do="close", conversations=[4])

    assert again == first
    assert [each["conversation"] for each in again["items"]] == [1, 2, 3]
    assert daemon.engine.feed.cursor == seen
    assert (other[0], other[1]["type"]) == (422, "urn:cordboard:problem:idempotency-key-reused")


async def test_what_was_refused_of_many_is_decided_anew_when_it_comes_again(daemon: Daemon) -> None:
    await three_wait(daemon)
    asked: dict[str, Any] = {"do": "transfer", "conversations": [1], "rep": "ben"}
    _, first = await bulk(daemon, key="ben-1", **asked)
    await daemon.say("ben")
    _, again = await bulk(daemon, key="ben-1", **asked)

    assert (first["refused"], again["done"]) == (1, 1)


async def test_those_for_which_there_was_no_room_are_told_and_can_be_asked_for_again(crowded: Daemon) -> None:
    await three_wait(crowded)
    asked: dict[str, Any] = {"do": "close", "conversations": [1, 2, 3]}
    _, first = await bulk(crowded, key="close-1", **asked)
    _, again = await bulk(crowded, key="close-1", **asked)

    assert (first["done"], again["refused"]) == (2, 1)
    problem = first["items"][2]["problem"]
    assert (problem["type"], problem["status"]) == ("urn:cordboard:problem:overloaded", 503)
    # Those that were done are answered from memory, and take no less room: the last one comes by itself.
    _, last = await bulk(crowded, do="close", conversations=[3])
    assert last["done"] == 1


async def test_many_go_to_a_rep_whatever_is_against_it(daemon: Daemon) -> None:
    await three_wait(daemon)
    await daemon.say("ana", Presence.DO_NOT_DISTURB)
    seen = daemon.engine.feed.cursor
    _, refused = await bulk(daemon, do="transfer", conversations=[1, 2], rep="ana")
    _, done = await bulk(daemon, do="transfer", conversations=[1, 2], rep="ana", override=True)

    assert (refused["done"], done["done"]) == (0, 2)
    events = await daemon.engine.history.events("test", after=seen)
    assert [getattr(each, "override", None) for each in events if type(each).__name__ == "BulkBegun"] == [False, True]
    assert [getattr(each, "overrode", ()) for each in events[-2:]] == [(PassedOver.PRESENCE,)] * 2


async def test_the_wrap_ups_of_many_are_ended(daemon: Daemon) -> None:
    await change_workstreams(daemon, wrap_up=WrapUp.ALWAYS)
    await three_wait(daemon)
    await daemon.say("ana")
    for each in (1, 2):
        await daemon.as_("ana").post(f"/v1/conversations/{each}/pick")
        await daemon.as_("ana").post(f"/v1/conversations/{each}/close")

    _, told = await bulk(daemon, do="end_wrap_up", where={"rep": "ana", "state": "closed"})
    _, again = await bulk(daemon, do="end_wrap_up", conversations=[1, 3])

    assert (told["done"], told["refused"], again["refused"]) == (2, 0, 2)
    assert (await daemon.as_("ana").get("/v1/me")).json()["load"] == 0


async def test_what_is_asked_of_many_is_in_the_events_with_who_asked(daemon: Daemon) -> None:
    await three_wait(daemon)
    seen = daemon.engine.feed.cursor
    await bulk(daemon, do="close", conversations=[2, 1], why="spam")

    (begun, *_) = await daemon.engine.history.events("test", after=seen)
    assert type(begun).__name__ == "BulkBegun"
    assert (getattr(begun, "by", ""), getattr(begun, "conversations", ()), getattr(begun, "why", "")) == (
        "sue",
        (2, 1),
        "spam",
    )


async def test_only_supervisors_act_on_many(daemon: Daemon) -> None:
    await three_wait(daemon)
    status, problem = await bulk(daemon, name="ana", do="close", conversations=[1])
    presences = await daemon.as_("ana").put("/v1/reps/presence", json={"reps": ["ana"], "presence": "busy"})

    assert (status, problem["type"]) == (403, "urn:cordboard:problem:not-allowed")
    assert presences.status_code == 403
    assert (await daemon.as_("sue").get("/v1/conversations/1")).json()["state"] == "queued"


@pytest.mark.parametrize(
    "body",
    [
        {"do": "close"},
        {"do": "close", "conversations": []},
        {"do": "close", "conversations": [0]},
        {"do": "close", "conversations": ["one"]},
        {"do": "close", "conversations": [1, 1]},
        {"do": "close", "conversations": list(range(1, 1002))},
        {"do": "close", "conversations": [1], "where": {"queue": "general"}},
        {"do": "close", "where": {}},
        {"do": "close", "where": {"colour": "red"}},
        {"do": "close", "conversations": [1], "queue": "billing"},
        {"do": "close", "conversations": [1], "why": "x" * 201},
        {"do": "accept", "conversations": [1]},
        {"do": "transfer", "conversations": [1]},
        {"do": "transfer", "conversations": [1], "queue": "billing", "override": True},
        {"do": "close", "conversations": [1], "override": True},
        {"do": "transfer", "conversations": [1], "rep": "ben", "queue": "billing"},
        {"conversations": [1]},
    ],
)
async def test_a_bulk_that_makes_no_sense_is_refused_as_a_whole(daemon: Daemon, body: dict[str, Any]) -> None:
    await three_wait(daemon)
    status, problem = await bulk(daemon, **body)

    assert (status, problem["type"]) == (400, "urn:cordboard:problem:bad-request")
    assert (await daemon.as_("sue").get("/v1/conversations/1")).json()["state"] == "queued"


async def test_a_thousand_are_done_with_one_request(daemon: Daemon) -> None:
    for each in range(1002):
        await daemon.engine.receive("main", daemon.webhook(to=daemon.picked, customer=f"+1415{each:07}"))

    _, told = await bulk(daemon, key="first", do="close", where={"state": "queued"})
    _, again = await bulk(daemon, key="first", do="close", where={"state": "queued"})
    _, rest = await bulk(daemon, do="close", where={"state": "queued"})

    assert (told["done"], told["refused"], told["more"]) == (1000, 0, True)
    assert again == told, "although no more than two match now"
    assert [each["conversation"] for each in told["items"]] == list(range(1, 1001))
    assert ([each["conversation"] for each in rest["items"]], rest["more"]) == ([1001, 1002], False)


async def test_a_supervisor_says_how_many_reps_are(daemon: Daemon) -> None:
    await daemon.say("ben")
    answer = await daemon.as_("sue").put("/v1/reps/presence", json={"reps": ["ana", "zoe", "ben"], "presence": "away"})

    assert answer.status_code == 200
    ana, zoe, ben = answer.json()["items"]
    assert (ana, ben["problem"]) == ({"rep": "ana", "presence": "away", "problem": None}, None)
    assert (zoe["presence"], zoe["problem"]["type"]) == (None, "urn:cordboard:problem:not-found")
    reps = {each["name"]: each["presence"] for each in (await daemon.as_("sue").get("/v1/reps")).json()["items"]}
    assert (reps["ana"], reps["ben"]) == ("away", "away")


async def test_a_defect_with_one_rep_s_presence_leaves_the_others_theirs(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = daemon.engine.submit

    async def break_at_ana(command: Any, **rest: Any) -> Any:
        if isinstance(command, SetPresence) and command.rep == "ana":
            raise ZeroDivisionError

        return await submit(command, **rest)

    monkeypatch.setattr(daemon.engine, "submit", break_at_ana)
    answer = await daemon.as_("sue").put("/v1/reps/presence", json={"reps": ["ana", "ben"], "presence": "away"})

    assert answer.status_code == 200
    ana, ben = answer.json()["items"]
    assert (ana["presence"], ana["problem"]["type"]) == (None, "urn:cordboard:problem:internal")
    assert (ben["presence"], ben["problem"]) == ("away", None)


async def test_a_rep_is_told_why_they_get_nothing(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    offline = (await daemon.as_("ana").get("/v1/reps/ana/routing")).json()
    await daemon.say("ana", Presence.AVAILABLE)
    told = (await daemon.as_("sue").get("/v1/reps/ana/routing")).json()

    assert offline["summary"] == "ana is offline"
    assert (told["rep"], told["presence"], told["free"]) == ("ana", "available", 5)
    assert told["queues"] == [{"queue": "general", "waiting": 1, "reasons": {"pick": 1}}]
    assert told["summary"]


async def test_why_a_rep_gets_nothing_is_for_them_and_supervisors(daemon: Daemon) -> None:
    assert (await daemon.as_("ben").get("/v1/reps/ana/routing")).status_code == 403
    assert (await daemon.as_("sue").get("/v1/reps/zoe/routing")).status_code == 404
