"""The daemon as whoever runs it meets it: what stops it from starting, a new configuration, and the demo."""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest
from tests.acceptance.harness import (
    PATIENCE,
    TOKENS,
    Carrier,
    environment,
    run_cordboard,
    running_daemon,
    write_configuration,
)
from tests.acceptance.processes import Process, start

pytestmark = pytest.mark.acceptance

CUSTOMER = "+14155550123"
DEMO_NUMBER = "+18005550100"


async def test_what_is_taken_stops_a_second_daemon_with_one_clear_line(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        port = daemon.url.rpartition(":")[2]
        serve = ["serve", "--config", str(tmp_path / "cordboard.toml")]
        (same_port, _, port_said), (same_board, _, board_said) = await asyncio.gather(
            run_cordboard(*serve, "--db", tmp_path / "other.db", "--port", port),
            run_cordboard(*serve, "--db", tmp_path / "cordboard.db", "--port", "0"),
        )

        assert same_port == same_board == 1
        assert port_said == (
            f"cordboard: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port\n"
        )
        assert len(board_said.splitlines()) == 1
        assert str(tmp_path / "cordboard.db") in board_said
        assert await daemon.get("/v1/me")


async def test_what_is_wrong_with_file_or_database_is_told_without_a_traceback(
    tmp_path: Path, carrier: Carrier
) -> None:
    file = write_configuration(tmp_path, carrier)
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer:
        newer.execute(f"PRAGMA application_id = {0x636F7264}")
        newer.execute("PRAGMA user_version = 9999")

    (tmp_path / "text.db").write_text("this is no database, however long it may be looked at\n" * 100, encoding="utf-8")
    results = await asyncio.gather(
        run_cordboard("serve", "--config", file, "--db", tmp_path / "newer.db", "--port", "0"),
        run_cordboard("serve", "--config", file, "--db", tmp_path / "text.db", "--port", "0"),
        run_cordboard("serve", "--config", file, "--db", tmp_path / "no" / "folder.db", "--port", "0"),
        run_cordboard("serve", "--config", file, "--port", "0", BEN_TOKEN=""),
        run_cordboard("serve", "--config", file, "--host", "203.0.113.1", "--port", "0"),
    )

    assert [code for code, _, _ in results] == [1] * len(results)
    assert [out for _, out, _ in results] == [""] * len(results)
    said = [err for _, _, err in results]
    assert all(len(err.splitlines()) == 1 for err in said), said
    newer_said, text_said, folder_said, token_said, host_said = said
    assert "9999" in newer_said
    assert "text.db" in text_said
    assert "folder.db" in folder_said
    assert token_said == f"{file}: reps[1].token: the environment variable 'BEN_TOKEN' is empty\n"
    assert host_said == "cordboard: cannot listen on 203.0.113.1 port 0: Cannot assign requested address\n"


async def test_the_daemon_explains_why_a_conversation_waits(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        assert await daemon.text(CUSTOMER, "Is anybody there?", sid="SM" + "0" * 32) == 200
        explain = ["explain", "1", "--url", daemon.url, "--token-env", "TOKEN"]
        code, out, err = await run_cordboard(*explain, TOKEN=TOKENS["ben"])

        assert (code, err) == (0, "")
        assert "conversation queued to general (fallback queue)" in out
        assert "Nobody of queue 'general' can take it: 1 kept back by being offline." in out
        assert re.search(r"^  ana  offline: offline$", out, re.MULTILINE)


async def test_a_configuration_that_is_applied_is_in_force_at_once(tmp_path: Path, carrier: Carrier) -> None:
    async with running_daemon(tmp_path, carrier) as daemon:
        file = tmp_path / "cordboard.toml"
        apply = ["apply", str(file), "--url", daemon.url, "--token-env", "TOKEN"]
        text = file.read_text(encoding="utf-8")

        file.write_text(text.replace("capacity = 1000", "capacity = 7"), encoding="utf-8")
        said = f"{file}: applied\n  changed  rep ana: capacity\n"
        assert await run_cordboard(*apply, TOKEN=TOKENS["ben"]) == (0, said, "")
        [ana] = [rep for rep in (await daemon.get("/v1/reps"))["items"] if rep["name"] == "ana"]
        assert ana["capacity"] == 7

        code, _, said = await run_cordboard(*apply, TOKEN=TOKENS["ana"])
        assert (code, said) == (1, "cordboard: ana is no administrator\n")

        file.write_text(text.replace('reps = ["ana"]', 'reps = ["anna"]'), encoding="utf-8")
        code, _, said = await run_cordboard(*apply, TOKEN=TOKENS["ben"])
        assert (code, said) == (1, f"{file}: queues[0].reps[0]: there is no rep 'anna' (there is: ana, ben)\n")


async def test_the_demo_checks_itself() -> None:
    code, out, err = await run_cordboard("demo", "--check", cold=True)

    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "ok      the demo stopped in good order"


async def test_a_demo_that_was_killed_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "demo-data"
    async with _running_demo(data) as (demo, client):
        phone = f"/phone/{CUSTOMER}/{DEMO_NUMBER}"
        async with client.post(phone, data={"body": "Hello?"}, headers={"Sec-Fetch-Site": "same-origin"}) as response:
            assert response.ok

        before = await _conversations(client)
        assert [each["customer"] for each in before] == [CUSTOMER]
        demo.kill()

    async with _running_demo(data) as (demo, client):
        code, _, said = await run_cordboard("demo", "--port", "0", "--data", data)
        assert code == 1
        assert said == f"cordboard: another demo keeps its data in {data}; choose another folder with --data DIR\n"

        assert await _conversations(client) == before
        async with client.get(phone) as response:
            assert "Hello?" in await response.text()

        demo.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(demo.wait(), PATIENCE) == 0


@asynccontextmanager
async def _running_demo(data: Path) -> AsyncIterator[tuple[Process, aiohttp.ClientSession]]:
    command = ["-m", "cordboard.daemon", "demo", "--port", "0", "--data", str(data)]
    demo = await start(*command, env=environment(), stdout=asyncio.subprocess.PIPE)
    assert demo.stdout is not None
    try:
        welcome = ""
        while (url := re.search(r"http://\S+/desk/", welcome)) is None:
            line = await asyncio.wait_for(demo.stdout.readline(), PATIENCE)
            assert line, "the demo ended before it was ready"
            welcome += line.decode()

        async with aiohttp.ClientSession(url[0].removesuffix("desk/")) as client:
            yield demo, client
    finally:
        if demo.returncode is None:
            demo.kill()

        await demo.communicate()


async def _conversations(client: aiohttp.ClientSession) -> list[dict[str, object]]:
    headers = {"Authorization": "Bearer demo-token-of-ben"}
    async with client.get("/v1/conversations", headers=headers) as response:
        assert response.ok
        items: list[dict[str, object]] = (await response.json())["items"]
        return items
