"""Putting another configuration in force on a running daemon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from cordboard.engine.carrier import TextReceived

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon, Serve

FILE = """
[board]
name = "contoso"

[[channels]]
name = "main"
provider = "simulator"
public_url = "http://127.0.0.1:1"

[[numbers]]
address = "+18005550100"
channel = "main"
kind = "toll_free"
workstream = "support"

[[workstreams]]
name = "support"
queue = "general"

[[queues]]
name = "general"
reps = ["ana"]

[[reps]]
name = "ana"
capacity = 5
token = "ana-token-that-is-long-enough"

[[reps]]
name = "adam"
roles = ["admin"]
token = "adam-token-that-is-long-enough"
"""

SECOND_CHANNEL = """
[[channels]]
name = "second"
provider = "simulator"
public_url = "http://127.0.0.1:1"
"""


@pytest.fixture
async def configured(serve: Serve) -> AsyncIterator[Daemon]:
    """A daemon that runs `FILE`."""
    async with serve(FILE) as daemon:
        yield daemon


async def apply(
    daemon: Daemon, toml: str, *, by: str = "adam", source: str = "new.toml", **more: object
) -> tuple[int, dict[str, Any]]:
    answer = await daemon.as_(by).post("/v1/configuration", json={"source": source, "toml": toml, **more})
    told: dict[str, Any] = answer.json()
    return answer.status_code, told


async def test_a_change_works_on_the_next_command(configured: Daemon) -> None:
    status, told = await apply(configured, FILE.replace("capacity = 5", "capacity = 9"))

    assert (status, told) == (
        200,
        {
            "board": "contoso",
            "changed_channels": [],
            "applied": True,
            "changes": [{"fate": "changed", "section": "reps", "name": "ana", "keys": ["capacity"]}],
        },
    )
    assert (await configured.as_("ana").get("/v1/me")).json()["capacity"] == 9


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(configured: Daemon) -> None:
    new = FILE.replace("capacity = 5", "capacity = 9").replace("ana-token", "ana-other-token") + SECOND_CHANNEL
    seen = configured.engine.feed.cursor
    with capture_logs() as logs:
        status, told = await apply(configured, new, dry_run=True)

    assert (status, told["applied"], told["changed_channels"]) == (200, False, ["second"])
    assert told["changes"] == [
        {"fate": "added", "section": "channels", "name": "second", "keys": []},
        {"fate": "changed", "section": "reps", "name": "ana", "keys": ["capacity", "token"]},
    ]
    assert (configured.engine.feed.cursor, list(configured.engine.transports), logs) == (seen, ["main"], [])
    assert (await configured.as_("ana").get("/v1/me")).json()["capacity"] == 5

    assert (await apply(configured, new))[1] == told | {"applied": True}
    assert (await apply(configured, new, dry_run=True, by="ana"))[0] == 401, "her token is another one now"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (FILE.replace('"contoso"', '"another"'), "a board keeps its name"),
        (FILE.replace('queue = "general"', 'queue = "nowhere"'), "nowhere"),
        (FILE.replace('"support"', '"sales"'), "'support' is gone, but 1 open conversations run under it"),
        (FILE.replace("ana-token", "adam-token"), "give each rep a token of their own"),
    ],
)
async def test_a_dry_run_refuses_what_could_not_be_applied(configured: Daemon, wrong: str, reason: str) -> None:
    await configured.engine.submit(
        TextReceived(channel="main", provider_id="SM1", sender="+14155550123", recipient="+18005550100", body="Hello")
    )
    dry = await apply(configured, wrong, dry_run=True)

    assert dry[0] == 422
    assert reason in str(dry[1]["problems"])
    assert await apply(configured, wrong) == dry


async def test_who_applied_what_is_in_the_log_without_a_secret(configured: Daemon) -> None:
    new = FILE.replace("ana-token", "ana-other-token").replace("capacity = 5", "capacity = 9") + SECOND_CHANNEL
    with capture_logs() as logs:
        await apply(configured, new)
        await apply(configured, FILE)
        await apply(configured, FILE.replace('"general"', '"nowhere"', 1))

    assert [each for each in logs if each["event"] == "configuration_applied"] == [
        {
            "event": "configuration_applied",
            "log_level": "info",
            "by": "adam",
            "added": ["channel second"],
            "changed": ["rep ana: capacity, token"],
        },
        {
            "event": "configuration_applied",
            "log_level": "info",
            "by": "adam",
            "changed": ["rep ana: capacity, token"],
            "removed": ["channel second"],
        },
    ]


async def test_only_channels_whose_settings_changed_get_a_new_transport(configured: Daemon) -> None:
    first = configured.engine.transports["main"]
    _, added = await apply(configured, FILE + SECOND_CHANNEL)
    kept = configured.engine.transports["main"]
    _, changed = await apply(configured, FILE.replace("127.0.0.1:1", "127.0.0.1:2") + SECOND_CHANNEL)

    assert added["changed_channels"] == ["second"]
    assert kept is first
    assert changed["changed_channels"] == ["main"]
    assert configured.engine.transports["main"] is not first
    assert configured.house.simulators == configured.engine.transports

    await apply(configured, FILE)
    assert list(configured.engine.transports) == ["main"]
    assert (await configured.as_("").get("/webhooks/second")).status_code == 404


async def test_a_new_token_is_in_force_and_the_old_one_is_not(configured: Daemon) -> None:
    token = configured.as_("ana").headers["authorization"]
    assert (await configured.as_("ana").get("/v1/me")).status_code == 200
    await apply(configured, FILE.replace("ana-token", "ana-other-token"))

    assert (await configured.as_("ana").get("/v1/me")).status_code == 401
    other = {"Authorization": token.replace("ana-token", "ana-other-token")}
    assert (await configured.as_("").get("/v1/me", headers=other)).status_code == 200


async def test_every_problem_is_told_and_nothing_changes(configured: Daemon) -> None:
    broken = FILE.replace('queue = "general"', 'queue = "nowhere"').replace("capacity = 5", "capacity = -1")
    status, problem = await apply(configured, broken, source="/etc/cordboard.toml")

    assert status == 422
    assert problem["type"] == "urn:cordboard:problem:invalid-configuration"
    assert len(problem["problems"]) == 2
    assert all(each.startswith("/etc/cordboard.toml: ") for each in problem["problems"])
    assert (await configured.as_("ana").get("/v1/me")).json()["capacity"] == 5


@pytest.mark.parametrize(
    "toml",
    [
        "",
        "[[",
        FILE.replace('"contoso"', '"another"'),
        FILE.replace('"simulator"', '"pigeon"'),
        FILE.replace("ana-token", "adam-token"),
    ],
)
async def test_what_is_no_configuration_of_this_board_is_refused(configured: Daemon, toml: str) -> None:
    status, problem = await apply(configured, toml)

    assert status == 422
    assert problem["problems"]
    assert all(each.startswith("new.toml: ") for each in problem["problems"])
    assert "that-is-long-enough" not in str(problem)
    assert (await configured.as_("adam").get("/v1/me")).status_code == 200


async def test_only_an_administrator_may(configured: Daemon) -> None:
    assert (await apply(configured, FILE, by="ana"))[0] == 403
    assert (await apply(configured, FILE, by=""))[0] == 401


async def test_two_administrators_at_once_take_turns(configured: Daemon) -> None:
    answers = await asyncio.gather(
        *(apply(configured, FILE.replace("127.0.0.1:1", f"127.0.0.1:{port}")) for port in (2, 3, 4))
    )

    assert [status for status, _ in answers] == [200, 200, 200]
    assert list(configured.engine.transports) == ["main"]
