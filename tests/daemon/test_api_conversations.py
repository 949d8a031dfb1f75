"""Reading conversations and texting customers through the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from cordboard.daemon.desk.notes import note_of
from cordboard.daemon.explanation import tell
from cordboard.engine import Queue
from cordboard.engine.commands import Configure
from cordboard.engine.config import Customer, Overflow
from cordboard.engine.hours import OperatingHours
from cordboard.engine.routing_words import Operator, OverflowAction, OverflowCondition
from cordboard.engine.rules import Condition, Outputs, Route, Rule, RuleSet
from cordboard.engine.vocabulary import MessageStatus, Presence

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

CONVERSATION_FIELDS = {
    "id", "state", "status", "parked", "number", "customer", "channel", "workstream", "queue", "rep", "priority",
    "opened_at", "updated_at", "unanswered_since", "offer_expires_at", "closed_at", "close_reason",
}  # fmt: skip
MESSAGE_FIELDS = {
    "id", "conversation", "direction", "author", "body", "media", "status", "error", "segments", "provider_id", "at",
}  # fmt: skip


async def test_a_conversation_has_the_shape_that_clients_rely_on(daemon: Daemon) -> None:
    await daemon.say("ana")
    await daemon.text()
    offered = (await daemon.as_("ana").get("/v1/conversations/1")).json()

    assert offered.keys() >= CONVERSATION_FIELDS
    assert offered["id"] == 1
    assert (offered["state"], offered["status"], offered["parked"]) == ("assigned", "active", False)
    assert (offered["number"], offered["customer"], offered["channel"]) == (daemon.pushed, daemon.customer, "main")
    assert (offered["workstream"], offered["queue"], offered["rep"]) == ("support", "general", "ana")
    assert (offered["priority"], offered["closed_at"], offered["close_reason"]) == (0, None, None)
    for name in ("opened_at", "updated_at", "unanswered_since", "offer_expires_at"):
        assert MOMENT.fullmatch(offered[name]), name


async def test_a_message_has_the_shape_that_clients_rely_on(daemon: Daemon) -> None:
    await daemon.text("Hello ☎")
    page = (await daemon.as_("sue").get("/v1/conversations/1/messages")).json()

    assert page["next"] is None
    (message,) = page["items"]
    assert message.keys() >= MESSAGE_FIELDS
    assert (message["id"], message["conversation"], message["direction"]) == (1, 1, "inbound")
    assert (message["author"], message["body"], message["media"]) == ("customer", "Hello ☎", [])
    assert (message["status"], message["error"], message["provider_id"]) == ("received", None, "IN1")
    assert MOMENT.fullmatch(message["at"])


async def test_a_waiting_conversation_names_no_rep_and_a_closed_one_keeps_its_last(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    ana = daemon.as_("ana")
    await daemon.say("ana")
    assert (await ana.get("/v1/conversations/1")).json()["rep"] is None

    assert (await ana.post("/v1/conversations/1/pick")).json()["rep"] == "ana"
    assert (await ana.post("/v1/conversations/1/release")).json()["rep"] is None

    await ana.post("/v1/conversations/1/pick")
    closed = (await ana.post("/v1/conversations/1/close")).json()
    assert (closed["state"], closed["rep"], closed["close_reason"]) == ("closed", "ana", "rep")
    assert MOMENT.fullmatch(closed["closed_at"])


async def test_a_rep_sees_what_they_hold_have_held_or_may_pick_and_a_supervisor_everything(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked, customer="+14155550101")
    await daemon.text(to=daemon.picked, customer="+14155550102")
    await daemon.text(to=daemon.billing, customer="+14155550103")
    await daemon.say("ana")
    await daemon.as_("ana").post("/v1/conversations/2/pick")

    seen = {
        name: [each["id"] for each in (await daemon.as_(name).get("/v1/conversations")).json()["items"]]
        for name in ("ana", "ben", "cleo", "sue")
    }
    assert seen == {"ana": [2, 1], "ben": [1], "cleo": [3], "sue": [3, 2, 1]}

    await daemon.as_("ana").post("/v1/conversations/2/close")
    assert (await daemon.as_("ana").get("/v1/conversations/2")).status_code == 200
    for path in ("", "/messages", "/routing"):
        assert (await daemon.as_("ben").get(f"/v1/conversations/2{path}")).status_code == 403
        assert (await daemon.as_("ben").get(f"/v1/conversations/9{path}")).status_code == 404
        assert (await daemon.as_("sue").get(f"/v1/conversations/2{path}")).status_code == 200


async def test_conversations_are_found_by_state_queue_rep_customer_and_number(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked, customer="+14155550101")
    await daemon.text(to=daemon.picked, customer="+14155550102")
    await daemon.text(to=daemon.billing, customer="+14155550101")
    await daemon.say("ana")
    await daemon.as_("ana").post("/v1/conversations/2/pick")

    async def found(query: str) -> list[int]:
        answer = await daemon.as_("sue").get(f"/v1/conversations?{query}")
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert await found("state=queued") == [3, 1]
    assert await found("state=active") == [2]
    assert await found("queue=billing") == [3]
    assert await found("rep=ana") == [2]
    assert await found("customer=%2B14155550101") == [3, 1]
    assert await found("customer=+14155550101") == [3, 1]
    assert await found("number=+18005550102&state=queued") == [3]
    assert await found("customer=14155550101") == []
    assert await found("queue=billing&rep=ana") == []


async def test_a_list_continues_where_its_page_ended(daemon: Daemon) -> None:
    for last in range(5):
        await daemon.text(to=daemon.picked, customer=f"+1415555010{last}")

    ids: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = (await daemon.as_("sue").get("/v1/conversations", params={"limit": 2, **cursor})).json()
        ids += [each["id"] for each in page["items"]]
        cursor = {"cursor": page["next"]}

    assert ids == [5, 4, 3, 2, 1]
    assert page["next"] is None


async def test_messages_come_oldest_first_page_by_page(daemon: Daemon) -> None:
    for body in ("one", "two", "three"):
        await daemon.text(body)

    sue = daemon.as_("sue")
    first = (await sue.get("/v1/conversations/1/messages?limit=2")).json()
    assert [each["body"] for each in first["items"]] == ["one", "two"]
    rest = (await sue.get("/v1/conversations/1/messages", params={"cursor": first["next"]})).json()
    assert [each["body"] for each in rest["items"]] == ["three"]
    assert rest["next"] is None


async def test_a_reply_is_taken_at_once_and_sent(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    ana = daemon.as_("ana")
    await ana.post("/v1/conversations/1/pick")
    answer = await ana.post("/v1/conversations/1/messages", json={"body": "Hi, Ana here"})

    assert answer.status_code == 202
    reply = answer.json()
    assert (reply["id"], reply["direction"], reply["author"], reply["body"]) == (2, "outbound", "ana", "Hi, Ana here")
    assert reply["status"] == "queued"

    async for event in daemon.engine.feed.events(0):
        if type(event).__name__ == "MessageSent":
            break

    assert [each.body for each in daemon.carrier.sent] == ["Hi, Ana here"]
    sent = (await ana.get("/v1/conversations/1/messages")).json()["items"][1]
    assert (sent["status"], sent["provider_id"], sent["segments"]) == (MessageStatus.SENT.value, "SM2", 1)


async def test_a_reply_may_carry_attachments(daemon: Daemon) -> None:
    await picked(daemon)
    media = ["https://example.com/a.png", {"url": "https://example.com/b.jpg", "content_type": "image/jpeg"}]
    answer = await daemon.as_("ana").post("/v1/conversations/1/messages", json={"body": "", "media": media})

    assert answer.status_code == 202
    assert [(each["url"], each["content_type"], each["pending"]) for each in answer.json()["media"]] == [
        ("https://example.com/a.png", "", False),
        ("https://example.com/b.jpg", "image/jpeg", False),
    ]


@pytest.mark.parametrize(
    ("body", "media", "slug"),
    [
        ("", [], "invalid-message"),
        (" \n\t", [], "invalid-message"),
        ("a\0b", [], "invalid-message"),
        ("see", ["ftp://example.com/a"], "invalid-message"),
        ("see", ["/etc/passwd"], "invalid-message"),
        ("see", [{"url": "https://example.com/" + "a" * 3000}], "invalid-message"),
        ("x" * 1601, [], "message-too-long"),
    ],
)
async def test_a_text_that_cannot_be_sent_is_refused(daemon: Daemon, body: str, media: list[object], slug: str) -> None:
    await picked(daemon)
    answer = await daemon.as_("ana").post("/v1/conversations/1/messages", json={"body": body, "media": media})

    assert answer.status_code == 422
    assert answer.json()["type"] == f"urn:cordboard:problem:{slug}"
    assert daemon.carrier.sent == []


async def test_a_text_over_the_carriers_limit_is_told_limit_and_length(daemon: Daemon) -> None:
    await picked(daemon)
    longest = await daemon.as_("ana").post("/v1/conversations/1/messages", json={"body": "x" * 1600})
    too_long = await daemon.as_("ana").post("/v1/conversations/1/messages", json={"body": "x" * 1601})

    assert longest.status_code == 202
    assert (too_long.json()["limit"], too_long.json()["length"]) == (1600, 1601)


async def test_only_the_holder_may_reply_and_a_supervisor_takes_over_by_it(daemon: Daemon) -> None:
    await picked(daemon)
    await daemon.say("ben")
    await daemon.say("sue")
    refused = await daemon.as_("ben").post("/v1/conversations/1/messages", json={"body": "Me too"})
    taken = await daemon.as_("sue").post("/v1/conversations/1/messages", json={"body": "Sue here"})

    assert refused.status_code == 403
    assert taken.status_code == 202
    assert (await daemon.as_("sue").get("/v1/conversations/1")).json()["rep"] == "sue"


async def test_a_reply_that_is_repeated_is_sent_once(daemon: Daemon) -> None:
    await picked(daemon)
    ana, key = daemon.as_("ana"), {"Idempotency-Key": "reply-1"}
    first = await ana.post("/v1/conversations/1/messages", json={"body": "Hi"}, headers=key)
    again = await ana.post("/v1/conversations/1/messages", json={"body": "Hi"}, headers=key)
    other = await ana.post("/v1/conversations/1/messages", json={"body": "Ho"}, headers=key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert other.status_code == 422
    assert other.json()["type"] == "urn:cordboard:problem:idempotency-key-reused"
    assert len((await ana.get("/v1/conversations/1/messages")).json()["items"]) == 2


async def test_two_people_may_use_the_same_key(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    for name in ("ana", "ben"):
        await daemon.say(name)

    key = {"Idempotency-Key": "mine"}
    answers = [await daemon.as_(name).post("/v1/conversations/1/pick", headers=key) for name in ("ana", "ben")]
    assert [each.status_code for each in answers] == [200, 409]


@pytest.mark.parametrize("key", ["", "with space", "é", "x" * 256])
async def test_a_key_that_is_none_is_refused(daemon: Daemon, key: str) -> None:
    await picked(daemon)
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = await daemon.as_("ana").post("/v1/conversations/1/park", headers=headers)

    assert answer.status_code == 400


async def test_routing_tells_the_way_of_a_conversation_as_data(daemon: Daemon) -> None:
    await daemon.text()
    await daemon.say("ana")
    ana = daemon.as_("ana")
    await ana.post("/v1/conversations/1/accept")
    await ana.post("/v1/conversations/1/messages", json={"body": "Hi"})
    await ana.post("/v1/conversations/1/close")

    page = (await ana.get("/v1/conversations/1/routing")).json()
    way = [(each["type"], each.get("trigger"), each.get("by")) for each in page["items"]]
    assert way == [
        ("conversation_opened", None, None),
        ("conversation_queued", "enqueue", "system"),
        ("conversation_offered", "assign", "system"),
        ("offer_accepted", "accept", "ana"),
        ("conversation_closed", "close", "ana"),
    ]
    queued, offered = page["items"][1:3]
    assert (queued["queue"], offered["rep"]) == ("general", "ana")
    assert MOMENT.fullmatch(offered["at"])
    assert MOMENT.fullmatch(offered["expires_at"])


async def test_routing_tells_why_a_conversation_still_waits(daemon: Daemon) -> None:
    await daemon.text()
    await daemon.say("ben", Presence.AWAY)

    waiting = (await daemon.as_("ana").get("/v1/conversations/1/routing")).json()["waiting"]
    assert waiting["reps"] == [
        {"rep": "ana", "reason": "offline", "detail": "offline"},
        {"rep": "ben", "reason": "presence", "detail": "away, which workstream 'support' does not allow"},
    ]
    assert waiting["summary"] == "nobody of queue 'general' can take it: 1 kept back by being offline, 1 by presence"
    assert (waiting["ahead"], waiting["method"], waiting["next_change_at"]) == (0, "highest_capacity", None)
    [ends] = waiting["coming"]
    assert (ends["what"], ends["of"], ends["at"][-1]) == ("end", "", "Z")
    assert MOMENT.fullmatch(waiting["since"])

    await daemon.say("ana")
    routing = (await daemon.as_("ana").get("/v1/conversations/1/routing")).json()
    assert routing["waiting"] is None
    assert routing["items"][-1]["reason"]["method"] == "highest_capacity"


async def test_what_a_conversation_needs_is_said_by_its_holder_and_supervisors(daemon: Daemon) -> None:
    await daemon.say("ana")
    await daemon.text()
    said = await daemon.as_("ana").put("/v1/conversations/1/skills", json={"skills": {"billing": 3}})
    assert (said.status_code, said.json()["skills"]) == (200, {"billing": 3})
    assert (await daemon.as_("ana").get("/v1/conversations/1")).json()["skills"] == {"billing": 3}

    refused = await daemon.as_("ana").put("/v1/conversations/1/skills", json={"skills": {"latin": 3}})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:cordboard:problem:invalid-skills")
    foreign = await daemon.as_("ben").put("/v1/conversations/1/skills", json={"skills": {}})
    assert foreign.status_code in (403, 404)
    items = (await daemon.as_("ana").get("/v1/conversations/1/routing")).json()["items"]
    assert items[-1]["skills"] == {"billing": 3}


async def test_routing_tells_which_rules_were_tried_and_which_applied(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    refund = Condition(field="text", op=Operator.CONTAINS, value="refund")
    rule = Rule(name="refund", when=refund, then=Outputs(priority=3, language="en", context={"topic": "refund"}))
    ruled = replace(
        config.workstreams[0],
        classification=(RuleSet(name="topics", rules=(rule,)),),
        routes=(Route(name="nobody's", when=refund, queue="nobody"),),
    )
    queues = (*config.queues, Queue(name="nobody"))
    await daemon.engine.configure(replace(config, workstreams=(ruled, *config.workstreams[1:]), queues=queues))
    await daemon.text("I want a refund")

    sue = daemon.as_("sue")
    page = (await sue.get("/v1/conversations/1/routing")).json()
    classified, queued = page["items"][1:]
    assert classified["type"] == "conversation_classified"
    assert classified["rule_sets"] == [{"rule_set": "topics", "tried": ["refund"], "matched": "refund"}]
    assert queued["reason"] == {"tried": ["nobody's"], "rule": "nobody's", "turn": None, "passed": []}

    shown = (await sue.get("/v1/conversations/1")).json()
    assert (shown["priority"], shown["language"], shown["context"]) == (3, "en", {"topic": "refund"})
    assert (shown["state"], shown["queue"]) == ("queued", "nobody")
    unserved = {each["name"]: each["unserved"] for each in (await sue.get("/v1/queues")).json()["items"]}
    assert unserved == {"general": False, "billing": False, "nobody": True}


async def test_routing_tells_what_overflowed_and_what_was_passed_over(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    general, billing = config.queues
    full = Overflow(when=OverflowCondition.LENGTH, limit=1, do=OverflowAction.TRANSFER, queue="billing")
    slow = Overflow(when=OverflowCondition.LENGTH, limit=1, do=OverflowAction.END)
    closed = Overflow(when=OverflowCondition.OUT_OF_HOURS, do=OverflowAction.LATER)
    hours = (OperatingHours(name="never"),)
    queues = (
        replace(general, overflow=(full,)),
        replace(billing, overflow=(closed, slow), hours="never"),
        Queue(name="last", hours="never"),
    )
    routes = (Route(name="first", queue="last"), Route(name="second", queue="general"))
    workstreams = tuple(replace(each, routes=routes) for each in config.workstreams)
    await daemon.engine.configure(replace(config, queues=queues, hours=hours, workstreams=workstreams))
    await daemon.text(to=daemon.picked, customer="+14155550101")
    await daemon.text(to=daemon.picked, customer="+14155550102")

    page = (await daemon.as_("sue").get("/v1/conversations/2/routing")).json()
    assert [each["type"] for each in page["items"]][1:] == [
        "conversation_queued",
        "conversation_overflowed",
        "conversation_requeued",
        "conversation_overflowed",
    ]
    passed = {"queue": "general", "route": "second", "turn": None, "when": "length", "measured": 1, "limit": 1}
    assert page["items"][1]["reason"]["passed"][1] == passed
    assert (page["items"][2]["do"], page["items"][2]["to_queue"]) == ("transfer", "billing")
    assert (page["items"][4]["do"], page["items"][4]["answer_at"]) == ("later", None)

    told = "\n".join(tell(page["items"], page["waiting"]))
    assert "passed over last: closed" in told
    assert "passed over general: 1 wait, 1 may" in told
    assert "on general: 1 wait, 1 may; transfer to billing" in told
    assert "on billing: closed; later" in told

    noted = [note_of(each, {}) for each in await daemon.engine.history.events("test", conversation=2)]
    assert "Queue general overflows: too many wait there" in noted


async def test_a_long_way_is_told_page_by_page(daemon: Daemon) -> None:
    await picked(daemon)
    for _ in range(4):
        await daemon.as_("ana").post("/v1/conversations/1/park")
        await daemon.as_("ana").post("/v1/conversations/1/resume")

    whole = (await daemon.as_("ana").get("/v1/conversations/1/routing")).json()
    parts: list[dict[str, object]] = []
    cursor: dict[str, str | None] = {}
    while cursor != {"cursor": None}:
        page = (await daemon.as_("ana").get("/v1/conversations/1/routing", params={"limit": 3, **cursor})).json()
        parts += page["items"]
        cursor = {"cursor": page["next"]}

    assert whole["next"] is None
    assert parts == whole["items"]
    assert len(parts) == 11


async def picked(daemon: Daemon) -> None:
    """Let ana hold conversation 1."""
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    answer = await daemon.as_("ana").post("/v1/conversations/1/pick")
    assert answer.status_code == 200, answer.text


async def test_a_customer_whom_the_configuration_names_is_shown_by_name(daemon: Daemon) -> None:
    customers = (Customer(number=daemon.customer, name="Maria <Gómez>"),)
    await daemon.engine.submit(Configure(config=replace(daemon.engine.board.config, customers=customers)))
    await daemon.text()
    await daemon.text(customer="+14155550199")

    shown = [(await daemon.as_("sue").get(f"/v1/conversations/{each}")).json()["customer_name"] for each in (1, 2)]
    assert shown == ["Maria <Gómez>", None]
