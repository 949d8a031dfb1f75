"""A stand-in for Twilio's REST API on loopback: it keeps what it is sent byte for byte, and behaves as it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from cordboard.engine.testing.transports import Behaviour


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request, as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What to answer, instead of what the behaviour would."""

    status: int = 201
    body: bytes | str | Mapping[str, object] = ""
    headers: Mapping[str, str] = field(default_factory=dict)


ERRORS = {
    Behaviour.REJECT: Answer(status=400, body={"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}),
    Behaviour.THROTTLE: Answer(
        status=429, body={"code": 20429, "message": "Too Many Requests", "status": 429}, headers={"Retry-After": "3"}
    ),
    Behaviour.UNAUTHORISED: Answer(status=401, body={"code": 20003, "message": "Authenticate", "status": 401}),
    Behaviour.FAIL: Answer(status=503, body="<html><h1>Service Unavailable</h1></html>"),
    Behaviour.GARBAGE: Answer(status=200, body="<html><h1>It works!</h1></html>"),
}


class TwilioStandIn:
    """Takes texts on one port; see `cordboard.engine.testing.transports.CarrierStandIn`.

    Attributes:
        url: Where it is.
        requests: All that came.
        answer: What to answer to every request; None for what the behaviour says.
        taken: The bodies of accepted texts by id.
        met: How many connections have been made.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Asked] = []
        self.answer: Answer | None = None
        self.taken: dict[str, str] = {}
        self.met = 0
        self._behaviour = Behaviour.ACCEPT
        self._connections: set[asyncio.StreamWriter] = set()
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def asked(self) -> int:
        return len(self.requests)

    async def behave(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        if behaviour is Behaviour.UNREACHABLE:
            await self.stop()

    async def has_been_asked(self, count: int) -> None:
        async with self._news:
            await self._news.wait_for(lambda: self.asked >= count)

    async def is_alone(self) -> None:
        async with self._news:
            await self._news.wait_for(lambda: not self._connections)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for each in self._connections:
                each.transport.abort()

            await self._server.wait_closed()

        await self.is_alone()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        self.met += 1
        try:
            while True:
                request = await self._read(reader)
                async with self._news:
                    self.requests.append(request)
                    self._news.notify_all()

                await self._respond(request, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has gone
        finally:
            writer.close()
            self._connections.discard(writer)
            async with self._news:
                self._news.notify_all()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        return Asked(line=line, headers=headers, body=await reader.readexactly(int(headers.get("content-length", 0))))

    async def _respond(self, request: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.answer is not None:
            _write(writer, self.answer)
        elif self._behaviour in ERRORS:
            _write(writer, ERRORS[self._behaviour])
        elif self._behaviour is Behaviour.RESET:
            writer.transport.abort()
        elif self._behaviour is Behaviour.STALL:
            writer.write(b'HTTP/1.1 201 Created\r\nContent-Length: 9999\r\n\r\n{"sid": "SM')
            await reader.readexactly(1)
        elif self._behaviour is Behaviour.HANG:
            await reader.readexactly(1)
        else:
            _write(writer, Answer(body=self._take(request)))

    def _take(self, request: Asked) -> dict[str, object]:
        """Accept a text, and return the message as Twilio describes it."""
        sid = f"SM{len(self.taken) + 1:032x}"
        (body,) = request.form["Body"]
        self.taken[sid] = body
        return {
            "account_sid": "AC" + "0" * 32,
            "api_version": "2010-04-01",
            "body": body,
            "date_created": "Tue, 24 Nov 2026 02:00:00 +0000",
            "date_sent": None,
            "date_updated": "Tue, 24 Nov 2026 02:00:00 +0000",
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": request.form["From"][0],
            "messaging_service_sid": None,
            "num_media": str(len(request.form.get("MediaUrl", []))),
            "num_segments": "2",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "queued",
            "subresource_uris": {},
            "to": request.form["To"][0],
            "uri": f"/2010-04-01/Accounts/AC{'0' * 32}/Messages/{sid}.json",
        }


def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    body = answer.body
    if isinstance(body, Mapping):
        body = json.dumps(body)

    if isinstance(body, str):
        body = body.encode()

    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} Whatever", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + body)


@asynccontextmanager
async def running_twilio() -> AsyncIterator[TwilioStandIn]:
    """Run the stand-in on a free port."""
    carrier = TwilioStandIn()
    await carrier.start()
    try:
        yield carrier
    finally:
        await carrier.stop()
