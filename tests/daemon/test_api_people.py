"""Reps, queues and numbers through the API, with their live counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from cordboard.daemon.explanation import tell
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.vocabulary import Weekday

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon


async def items(daemon: Daemon, name: str, path: str) -> list[dict[str, Any]]:
    answer = await daemon.as_(name).get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_rep_reads_who_they_are(daemon: Daemon) -> None:
    me = (await daemon.as_("sue").get("/v1/me")).json()

    assert (me["name"], me["display_name"], me["roles"]) == ("sue", "sue", ["rep", "supervisor"])
    assert (me["presence"], me["capacity"], me["load"], me["free"]) == ("offline", 5, 0, 5)
    assert re.fullmatch(r"[-\dT:]+\.\d{3}Z", me["since"])


async def test_presence_is_set_and_brings_work(daemon: Daemon) -> None:
    await daemon.text()
    answer = await daemon.as_("ana").put("/v1/me/presence", json={"presence": "available"})

    assert answer.status_code == 200
    assert (answer.json()["presence"], answer.json()["load"], answer.json()["free"]) == ("available", 1, 4)


async def test_a_supervisor_sets_anybodys_presence_and_a_rep_only_their_own(daemon: Daemon) -> None:
    busy = {"presence": "busy"}
    by_supervisor = await daemon.as_("sue").put("/v1/reps/ben/presence", json=busy)
    by_himself = await daemon.as_("ben").put("/v1/reps/ben/presence", json=busy)
    by_another = await daemon.as_("ana").put("/v1/reps/ben/presence", json={"presence": "offline"})
    of_nobody = await daemon.as_("sue").put("/v1/reps/zoe/presence", json=busy)

    assert [each.status_code for each in (by_supervisor, by_himself, by_another, of_nobody)] == [200, 200, 403, 404]
    assert by_supervisor.json()["name"] == "ben"
    assert (await daemon.as_("ben").get("/v1/me")).json()["presence"] == "busy"


@pytest.mark.parametrize("body", [{"presence": "asleep"}, {"presence": 1}, {}, {"presence": "busy", "until": "noon"}])
async def test_a_presence_that_does_not_exist_is_refused(daemon: Daemon, body: dict[str, object]) -> None:
    answer = await daemon.as_("ana").put("/v1/me/presence", json=body)

    assert answer.status_code == 400
    assert answer.json()["errors"]


async def test_who_waits_is_told_of_at_every_place_once_a_pace_is_known(daemon: Daemon) -> None:
    await daemon.say("ana")
    for each in range(1, 6):
        await daemon.text(to=daemon.picked, customer=f"+1415555010{each}")

    for each in (1, 2, 3):
        await daemon.as_("ana").post(f"/v1/conversations/{each}/pick")

    general = (await items(daemon, "ana", "/v1/queues"))[0]
    routing = (await daemon.as_("ana").get("/v1/conversations/5/routing")).json()
    metrics = (await daemon.as_("ana").get("/metrics")).text
    assert 0 < routing["waiting"]["expected_wait"] < general["expected_wait"]
    assert 'cordboard_expected_wait_seconds{queue="general"}' in metrics
    assert 'cordboard_expected_wait_seconds{queue="billing"}' not in metrics
    assert any("somebody takes it in about 0 min" in line for line in tell(routing["items"], routing["waiting"]))


async def test_a_queue_says_when_it_opens_and_closes(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    never = OperatingHours(name="never", weekly=())
    today = OperatingHours(name="always", weekly=(WeeklyOpening(days=tuple(Weekday), opens="00:00", closes="24:00"),))
    general, *others = config.queues
    await daemon.engine.configure(
        replace(
            config, hours=(never, today), queues=(replace(general, hours="never"), replace(others[0], hours="always"))
        )
    )
    found = await items(daemon, "ana", "/v1/queues")
    shown = {each["name"]: (each["open"], each["opens_at"], each["closes_at"]) for each in found}
    assert shown == {"general": (False, None, None), "billing": (True, None, None)}


async def test_reps_queues_and_numbers_have_live_counts(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked, customer="+14155550101")
    await daemon.text(to=daemon.picked, customer="+14155550102")
    await daemon.text(to=daemon.billing, customer="+14155550103")
    await daemon.say("ana")
    await daemon.as_("ana").post("/v1/conversations/1/pick")
    await daemon.as_("sue").post("/v1/conversations/3/close")

    reps = {each["name"]: each for each in await items(daemon, "ana", "/v1/reps")}
    assert list(reps) == ["ana", "ben", "cleo", "sue", "adam"]
    assert (reps["ana"]["load"], reps["ana"]["free"], reps["ana"]["queues"]) == (1, 4, ["general"])
    assert (reps["ben"]["load"], reps["ben"]["presence"]) == (0, "offline")

    queues = {each["name"]: each for each in await items(daemon, "ana", "/v1/queues")}
    assert {name: each["waiting"] for name, each in queues.items()} == {"general": 1, "billing": 0}
    assert queues["general"]["reps"] == ["ana", "ben"]
    assert {name: each["expected_wait"] for name, each in queues.items()} == {"general": None, "billing": None}
    assert [queues["general"][each] for each in ("open", "opens_at", "closes_at")] == [True, None, None]

    numbers = {each["address"]: each for each in await items(daemon, "ana", "/v1/numbers")}
    assert {address: each["open"] for address, each in numbers.items()} == {
        daemon.pushed: 0,
        daemon.picked: 2,
        daemon.billing: 0,
    }
    assert numbers[daemon.picked]["kind"] == "toll_free"
    assert numbers[daemon.picked]["channel"] == "main"


async def test_texts_to_numbers_that_are_not_configured_are_shown_to_administrators(daemon: Daemon) -> None:
    await daemon.text("lost", to="+18005559999")
    refused = await daemon.as_("sue").get("/v1/unroutable")
    (text,) = await items(daemon, "adam", "/v1/unroutable")

    assert refused.status_code == 403
    assert (text["number"], text["customer"], text["channel"]) == ("+18005559999", daemon.customer, "main")
    assert (text["body"], text["conversation"], text["provider_id"]) == ("lost", None, "IN1")
