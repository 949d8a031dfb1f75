"""The webhook door: signed texts over HTTP, verified, kept on disk and answered, beside an empty ASGI application.

Each is served in a process of its own, just as `cordboard serve` serves: on its event loop, behind its web server, with
its log of every text (which goes nowhere here). The texts come from this process, over as many connections as there are
in flight. Run as `python -m benchmarks.door`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped] # Twilio ships no types

from benchmarks.measuring import in_turn, print_machine, ratio, summary
from cordboard.daemon.access import Access
from cordboard.daemon.app import create_app
from cordboard.daemon.house import House
from cordboard.daemon.logs import configure_logging
from cordboard.daemon.process import run
from cordboard.daemon.serve import web_settings
from cordboard.engine import BoardConfig, Channel, Engine, Number, Queue, Workstream
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import NumberKind
from cordboard.storage.sqlite import SqliteStore
from cordboard.transports.twilio import TwilioSettings, TwilioTransport

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
OURS = "+18005550100"
PUBLIC_URL = "https://sms.example.com"
TARGET = "/webhooks/main"
WIDTH = 256
"""Requests in flight."""

COUNT = 10_000
"""Requests in one round."""

CONFIG = BoardConfig(
    name="bench",
    channels=(Channel(name="main", provider="twilio"),),
    numbers=(Number(address=OURS, channel="main", kind=NumberKind.TOLL_FREE, workstream="support"),),
    workstreams=(Workstream(name="support", queue="general"),),
    queues=(Queue(name="general"),),
)


async def empty_app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Read the body and answer 200 with nothing: the least that any application does."""
    if scope["type"] != "http":
        return  # it has nothing to start

    while (await receive()).get("more_body"):
        pass

    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def serve(what: str) -> None:
    """Serve one of the two on a free port, print it, and go on until the process is ended."""
    if what == "empty":
        await _serve_app(empty_app)
        return

    settings = TwilioSettings(
        name="main", provider="twilio", account_sid=ACCOUNT, auth_token=Secret(TOKEN), public_url=PUBLIC_URL
    )
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        store = SqliteStore(Path(folder) / "door.db")
        async with Engine(CONFIG, store=store, transports=[TwilioTransport(settings)]) as engine:
            await _serve_app(create_app(House(engine=engine, access=Access(CONFIG, {}))))


async def _serve_app(app: Any) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2 * WIDTH)
    print(listener.getsockname()[1], flush=True)
    await uvicorn.Server(web_settings(app)).serve([listener])


def requests(first: int) -> list[bytes]:
    """Return signed webhooks as bytes for the wire, each of a text that was not sent before."""
    validator = RequestValidator(TOKEN)
    made = []
    for each in range(first, first + COUNT):
        sid = f"SM{each:032x}"
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": f"+1415{each // 2 % 10_000_000:07d}",
            "To": OURS,
            "Body": "Where is my order? It was to come yesterday.",
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "FromCountry": "US",
            "FromState": "CA",
            "FromCity": "SAN FRANCISCO",
            "FromZip": "94105",
            "ToCountry": "US",
            "ToState": "",
            "ToCity": "",
            "ToZip": "",
        }
        body = urlencode(form).encode()
        signature = validator.compute_signature(PUBLIC_URL + TARGET, form)
        head = (
            f"POST {TARGET} HTTP/1.1\r\nHost: sms.example.com\r\nX-Twilio-Signature: {signature}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)

    return made


async def send_all(port: int, waiting: list[bytes]) -> float:
    """Send requests over `WIDTH` connections and return how many a second were answered with 2xx."""

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            writer.write(waiting.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 2"), head
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if length and length != b"0":
                await reader.readexactly(int(length))

        writer.close()
        await writer.wait_closed()

    count = len(waiting)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(WIDTH):
            tasks.create_task(work())

    return count / (time.perf_counter() - began)


@contextmanager
def served(what: str, rounds: int) -> Iterator[Callable[[], float]]:
    """Start one of the two in a process of its own, and yield what measures it once."""
    process = subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-m", "benchmarks.door", "--serve", what], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        batches = iter([requests(each * COUNT) for each in range(rounds + 1)])
        yield lambda: asyncio.run(send_all(port, next(batches)))
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", choices=["door", "empty"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.serve:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            configure_logging(stream=nowhere)
            run(partial(serve, options.serve))

        return

    print_machine()
    with served("empty", options.rounds) as ask_empty, served("door", options.rounds) as ask_door:
        empty, door = in_turn(options.rounds, ask_empty, ask_door)

    print(summary(f"an empty ASGI app, {WIDTH} in flight", empty, "requests/s"))
    print(summary(f"the webhook door, {WIDTH} in flight", door, "texts/s"))
    print(ratio("door / empty", door, empty))


if __name__ == "__main__":
    main()
