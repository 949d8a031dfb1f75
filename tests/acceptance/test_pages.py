"""What README.md and docs/simulator.md print can be typed as it stands: a daemon, and the simulator as its carrier."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shlex import split
from typing import Any

import aiohttp
import pytest
from tests.acceptance.harness import environment
from tests.acceptance.processes import start

from cordboard.daemon.listening import listening

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60
TEXT = {"from": "+14155550123", "to": "+18005550100", "body": "Where is my order?"}
TOKEN = "ana-token-0123456789"

PAGE = (ROOT / "docs/simulator.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

REST = """
[board]
name = "contoso"

[[numbers]]
address = "+18005550100"
channel = "{channel}"
kind = "toll_free"
workstream = "support"

[[workstreams]]
name = "support"
queue = "general"

[[queues]]
name = "general"
"""


@pytest.fixture
def ports() -> dict[str, str]:
    """Free ports for those of the pages."""
    with listening("127.0.0.1", 0) as [daemon], listening("127.0.0.1", 0) as [simulator]:
        return {"8080": str(daemon.getsockname()[1]), "8090": str(simulator.getsockname()[1])}


def here(text: str, ports: dict[str, str]) -> str:
    return re.sub("80[89]0", lambda found: ports[found[0]], text)


def the_commands(language: str, page: str, word: str) -> list[str]:
    """Return the commands of a page that begin with a word, each in one line."""
    blocks = "".join(re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)).replace("\\\n", "")
    return re.findall(rf"^\$ ({word} .*)$", blocks, re.MULTILINE)


@asynccontextmanager
async def running(
    command: str, folder: Path, ready: str, *, cold: bool = False, **variables: str
) -> AsyncIterator[None]:
    """Run a command of a page until the block ends; it begins when the command has said that it is ready."""
    word, *arguments = split(command)
    assert word == "cordboard"
    process = await start(
        *["-m", "cordboard.daemon", *arguments],
        cwd=folder,
        env=environment() | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cold=cold,
    )
    assert process.stdout is not None
    said = b""
    try:
        while ready.encode() not in said:
            line = await asyncio.wait_for(process.stdout.readline(), SECONDS)
            assert line, said.decode()
            said += line

        yield
    finally:
        if process.returncode is None:
            process.terminate()

        await process.communicate()


async def be_a_customer(port: str) -> Any:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as client,
        client.post(f"http://127.0.0.1:{port}/simulator/texts", json=TEXT) as answer,
    ):
        return await answer.json()


@pytest.mark.parametrize(("at", "channel"), [(0, "main"), (1, "azure")])
async def test_cordboard_takes_texts_of_the_simulator_as_its_page_says(
    tmp_path: Path, ports: dict[str, str], at: int, channel: str
) -> None:
    written = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[at]
    (tmp_path / "contoso.toml").write_text(REST.format(channel=channel) + here(written, ports), encoding="utf-8")
    serve = here(the_commands("console", PAGE, "cordboard serve")[at], ports)
    [simulate] = [
        here(each, ports)
        for each in the_commands("console", PAGE, "cordboard simulator")
        if f"/webhooks/{channel}" in each
    ]

    async with running(serve, tmp_path, "daemon_ready"), running(simulate, tmp_path, "/simulator/faults"):
        brought = await be_a_customer(ports["8090"])

    assert (brought["status"], brought["tries"]) == (200, 1)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl")
async def test_the_readmes_way_from_a_text_to_its_answer_works_as_printed(
    tmp_path: Path, ports: dict[str, str]
) -> None:
    [written] = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    written = re.sub('"https://sms.example.com"', '"http://127.0.0.1:8080"\napi_url = "http://127.0.0.1:8090"', written)
    (tmp_path / "contoso.toml").write_text(here(written, ports), encoding="utf-8")
    [serve] = the_commands("console", README, "cordboard serve")
    simulate = the_commands("console", PAGE, "cordboard simulator")[1]
    secrets = {"TWILIO_AUTH_TOKEN": "secret", "ANA_TOKEN": TOKEN, "BEN_TOKEN": TOKEN.replace("ana", "ben")}
    be_available, *handle = [here(each, ports) for each in the_commands("console", README, "curl")]

    async with (
        running(here(serve, ports), tmp_path, "daemon_ready", cold=True, **secrets),
        running(here(simulate, ports), tmp_path, "/simulator/faults", cold=True),
    ):
        await ask(be_available)
        await be_a_customer(ports["8090"])
        listed, accepted, replied = [await ask(each) for each in handle]

    assert [each["state"] for each in listed["items"]] == ["assigned"]
    assert accepted["state"] == "active"
    assert (replied["body"], replied["status"]) == ("Hello!", "queued")


async def ask(curl: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        *["sh", "-c", curl.replace("curl", "curl --silent --show-error", 1)],
        stdout=asyncio.subprocess.PIPE,
        env=environment() | {"ANA_TOKEN": TOKEN},
    )
    out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    return json.loads(out)
