"""What docs/embedding.md shows is a host: customers who text it are answered."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from tests.repository.conftest import PARTS

from cordboard.daemon.listening import listening
from cordboard.engine.carrier import MediaContent
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.twilio.caller import PATIENT

ACCOUNT = "AC" + "0" * 32
CUSTOMER, NUMBER = "+14155550123", "+18005550100"
SECONDS = 60


@pytest.fixture
async def carrier() -> AsyncIterator[SimulatedCarrier]:
    """A carrier that calls the host; it is patient, for a host that is about to start."""
    with listening("127.0.0.1", 0) as [listener]:
        port = listener.getsockname()[1]

    url = f"http://127.0.0.1:{port}/webhooks/main"
    async with SimulatedCarrier(ACCOUNT, Secret("secret"), webhook_url=url, patience=PATIENT) as carrier:
        yield carrier


async def test_the_host_of_the_page_answers_customers_and_keeps_what_they_attach(
    root: Path, tmp_path: Path, carrier: SimulatedCarrier
) -> None:
    [program] = re.findall(
        r"^```python\n(.*?)^```", (root / "docs/embedding.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    url = carrier.account.webhook_url.removesuffix("/webhooks/main")
    host = await anyio.open_process(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(root / part) for part in PARTS),
            "PORT": url.rpartition(":")[2],
            "PUBLIC_URL": url,
            "TWILIO_API_URL": carrier.api_url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "secret",
        },
        stderr=subprocess.PIPE,
    )
    async with host:
        try:
            with anyio.fail_after(SECONDS):
                while not await listens(url):
                    assert host.returncode is None, "the host has ended"
                    await anyio.sleep(0.05)

                picture = MediaContent(data=b"\x89PNG\r\n\x1a\n", content_type="image/png")
                brought = await carrier.text(CUSTOMER, NUMBER, "Where is my order?", files=[picture])
                said = b""
                assert host.stdout is not None
                while b"attached" not in said or not said.endswith(b"\n"):
                    said += await host.stdout.receive()

                while len(carrier.phones.thread(CUSTOMER, NUMBER)) < 2:
                    await carrier.phones.changed(carrier.phones.version)
        finally:
            if host.returncode is None:
                host.terminate()

    assert brought.status == 200
    assert said.splitlines() == [b"received: Where is my order?", b"attached: image/png 8"]
    assert carrier.phones.thread(CUSTOMER, NUMBER)[1].body == "We are looking into it."


async def listens(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        stream = await anyio.connect_tcp(host, int(port))
    except OSError:
        return False

    await stream.aclose()
    return True
