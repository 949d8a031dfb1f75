"""A daemon in a process of its own, and the carrier at the other end: what the acceptance tests stand on."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from tests.acceptance.processes import Process, start
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

import cordboard

ACCOUNT = "AC00000000000000000000000000000000"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC_URL = "https://sms.example.com"
TOKENS = {"ana": "ana-token-0123456789", "ben": "ben-token-0123456789"}

PATIENCE = 120.0
"""Seconds after which something hangs: far more than the slowest machine takes."""

OFFERED = "+18005550100"
"""Its texts are offered to ana."""

AT_ONCE = "+18005550101"
"""Its texts are with ana at once: nobody has to accept."""

CONFIGURATION = f"""
[board]
name = "contoso"
time_zone = "America/Los_Angeles"

[[channels]]
name = "main"
provider = "twilio"
account_sid = "{ACCOUNT}"
auth_token = {{ env = "TWILIO_AUTH_TOKEN" }}
public_url = "{PUBLIC_URL}"
api_url = "CARRIER"

[[numbers]]
address = "{OFFERED}"
channel = "main"
kind = "toll_free"
workstream = "support"

[[numbers]]
address = "{AT_ONCE}"
channel = "main"
kind = "toll_free"
workstream = "chat"

[[workstreams]]
name = "support"
queue = "general"

[[workstreams]]
name = "chat"
queue = "general"
auto_accept = true

[[queues]]
name = "general"
reps = ["ana"]

[[reps]]
name = "ana"
display_name = "Ana"
capacity = 1000
token = "{TOKENS["ana"]}"

[[reps]]
name = "ben"
display_name = "Ben"
roles = ["rep", "supervisor", "admin"]
token = {{ env = "BEN_TOKEN" }}
"""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A text that the carrier was asked to send."""

    sid: str
    sender: str
    recipient: str
    body: str
    status_callback: str
    at: str


@dataclass
class Carrier:
    """A stand-in for Twilio's REST API: takes every text, and remembers it before it answers."""

    url: str
    sent: list[Sent] = field(default_factory=list)
    delay: float = 0.0
    """Seconds between taking a text and saying so."""

    async def take(self, request: web.Request) -> web.Response:
        """Answer `POST …/Messages.json`."""
        credentials = base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {credentials}":
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)

        form = await request.post()
        text = Sent(
            sid=f"SM{len(self.sent):032x}",
            sender=str(form["From"]),
            recipient=str(form["To"]),
            body=str(form["Body"]),
            status_callback=str(form.get("StatusCallback", "")),
            at=formatdate(),
        )
        self.sent.append(text)
        await asyncio.sleep(self.delay)
        return web.json_response(_described(text), status=201)

    async def list(self, request: web.Request) -> web.Response:
        """Answer `GET …/Messages.json`."""
        wanted = {name: request.query[name] for name in ("From", "To") if name in request.query}
        found = [
            _described(text)
            for text in reversed(self.sent)
            if wanted.items() <= {"From": text.sender, "To": text.recipient}.items()
        ]
        return web.json_response({"messages": found, "next_page_uri": None})


def _described(text: Sent) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "account_sid": ACCOUNT,
        "status": "queued",
        "from": text.sender,
        "to": text.recipient,
        "body": text.body,
        "date_created": text.at,
        "num_segments": "1",
        "num_media": "0",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
    }


@asynccontextmanager
async def running_carrier() -> AsyncIterator[Carrier]:
    """Run the stand-in on a free port."""
    carrier = Carrier("")
    application = web.Application()
    application.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", carrier.take)
    application.router.add_get("/2010-04-01/Accounts/{account}/Messages.json", carrier.list)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    carrier.url = f"http://{host}:{port}"
    try:
        yield carrier
    finally:
        await runner.cleanup()


@dataclass
class Daemon:
    """A running `cordboard serve`."""

    process: Process
    client: aiohttp.ClientSession
    url: str
    log: list[dict[str, Any]]

    async def call(self, person: str, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Call the API as somebody; return the status and the answer."""
        headers = {"Authorization": f"Bearer {TOKENS[person]}", **options.pop("headers", {})}
        async with self.client.request(method, self.url + path, headers=headers, **options) as response:
            return response.status, await response.json(content_type=None)

    async def get(self, path: str, person: str = "ben") -> Any:
        """Read something that is there."""
        status, answer = await self.call(person, "GET", path)
        assert status == 200, answer
        return answer

    async def list_all(self, path: str) -> list[dict[str, Any]]:
        """Read a whole list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: Any = None
        for _ in range(1000):
            more = "" if cursor is None else f"{'&' if '?' in path else '?'}cursor={cursor}"
            page = await self.get(path + more)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break

        return items

    async def post_signed(self, path: str, form: dict[str, str]) -> int:
        """Have the carrier post a form, signed over the address as the carrier knows it; return the status."""
        signature = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, form)
        headers = {"X-Twilio-Signature": signature}
        async with self.client.post(self.url + path, data=form, headers=headers) as response:
            await response.read()
            return response.status

    async def text(self, customer: str, body: str, *, sid: str, number: str = OFFERED) -> int:
        """Have a customer text one of our numbers."""
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": ACCOUNT,
            "From": customer,
            "To": number,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        return await self.post_signed("/webhooks/main", form)

    async def report(self, text: Sent, status: str) -> int:
        """Have the carrier report how far a text has come, where it was asked to."""
        form = {
            "MessageSid": text.sid,
            "MessageStatus": status,
            "AccountSid": ACCOUNT,
            "From": text.sender,
            "To": text.recipient,
        }
        return await self.post_signed(text.status_callback.removeprefix(PUBLIC_URL), form)

    async def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code once it is gone."""
        self.process.send_signal(by)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


def environment() -> dict[str, str]:
    """Return the environment of a process that imports the same Cordboard as this one."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(part).parent) for part in cordboard.__path__),
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "BEN_TOKEN": TOKENS["ben"],
    }


def write_configuration(folder: Path, carrier: Carrier) -> Path:
    """Write the configuration file into a folder, and return where it is."""
    file = folder / "cordboard.toml"
    file.write_text(CONFIGURATION.replace("CARRIER", carrier.url), encoding="utf-8")
    return file


async def run_cordboard(*arguments: str | Path, cold: bool = False, **variables: str) -> tuple[int, str, str]:
    """Run a command to its end; return its exit code, and what it wrote to standard output and standard error."""
    process = await start(
        *["-m", "cordboard.daemon", *map(str, arguments)],
        env=environment() | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cold=cold,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    except TimeoutError:
        process.kill()
        raise

    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def running_daemon(folder: Path, carrier: Carrier, *, cold: bool = False) -> AsyncIterator[Daemon]:
    """Run the daemon on the database in a folder, and wait until it says that it is ready."""
    file = write_configuration(folder, carrier)
    async with serving(file, folder / "cordboard.db", cold=cold) as daemon:
        yield daemon


@asynccontextmanager
async def serving(
    file: Path, db: Path, *, port: int = 0, program: Sequence[str] = ("-m", "cordboard.daemon"), cold: bool = False
) -> AsyncIterator[Daemon]:
    """Run the daemon with a configuration file on a database, and wait until it says that it is ready."""
    process = await start(
        *[*program, "serve", "--config", str(file), "--db", str(db), "--port", str(port)],
        env=environment(),
        stderr=asyncio.subprocess.PIPE,
        cold=cold,
    )
    log: list[dict[str, Any]] = []
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    listening = asyncio.create_task(_listen(process, log, ready))
    try:
        url = await asyncio.wait_for(ready, PATIENCE)
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=PATIENCE)
        ) as client:
            yield Daemon(process=process, client=client, url=url, log=log)
    finally:
        if process.returncode is None:
            process.kill()

        await process.wait()
        await listening


async def _listen(process: Process, log: list[dict[str, Any]], ready: asyncio.Future[str]) -> None:
    assert process.stderr is not None
    others: list[str] = []
    async for line in process.stderr:
        try:
            entry = json.loads(line)
        except ValueError:
            others.append(line.decode())
            continue

        log.append(entry)
        if entry["event"] == "daemon_ready" and not ready.done():
            ready.set_result(entry["url"])

    if not ready.done():
        ready.set_exception(AssertionError("the daemon ended before it was ready:\n" + "".join(others)))


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE) -> None:
    """Wait until something is so that nothing tells us of."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.02)


SIDS = itertools.count(1)


def new_sid() -> str:
    """Return an id that the carrier gives to a customer's text."""
    return f"SM{next(SIDS):032x}"
