"""A simulated carrier's surroundings: our door, as it finds it, and the carrier itself."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import anyio
from aiohttp import web
from msgspec.structs import replace
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it has no py.typed

from cordboard.engine.secret import Secret
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.twilio.caller import PATIENT

ACCOUNT = "AC" + "5" * 32
AUTH_TOKEN = "a-token-for-tests"

NUMBER = "+18005550100"
CUSTOMER = "+14155550123"

SECONDS = 60
"""Within which everything has to be over."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A webhook call, as it came."""

    url: str
    headers: dict[str, str]
    form: dict[str, str]

    @property
    def is_genuine(self) -> bool:
        """What the SDK says of its signature."""
        genuine: bool = RequestValidator(AUTH_TOKEN).validate(self.url, self.form, self.headers["x-twilio-signature"])
        return genuine


@dataclass(kw_only=True, eq=False)
class Door:
    """Our webhooks on loopback.

    Attributes:
        calls: What came.
        answers: What to answer to the next calls; 200 and an empty TwiML after them. A status of 0 hangs up.
    """

    calls: list[Call] = field(default_factory=list)
    answers: list[web.Response | int] = field(default_factory=list)
    port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/main"

    @property
    def reports(self) -> list[str]:
        """The statuses that were reported, in order."""
        return [each.form["MessageStatus"] for each in self.calls if "MessageStatus" in each.form]

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(SECONDS):
            async with self._news:
                await self._news.wait_for(condition)

    async def is_called(self, times: int) -> None:
        await self.until(lambda: len(self.calls) >= times)

    async def take(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(url=f"http://127.0.0.1:{self.port}{request.raw_path}", headers=headers, form=form)
        async with self._news:
            self.calls.append(call)
            self._news.notify_all()

        answer = self.answers.pop(0) if self.answers else web.Response(text="<Response/>", content_type="text/xml")
        if isinstance(answer, web.Response):
            return answer

        if answer == 0:
            assert request.transport is not None
            request.transport.abort()

        return web.Response(status=answer or 200)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Door]:
        """Listen: on the same port as before, if it was open before."""
        application = web.Application()
        application.add_routes([web.post("/{anything:.*}", self.take)])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()


def simulated_carrier(door: Door) -> SimulatedCarrier:
    """Return a carrier that calls a door; it is not alive yet."""
    patience = replace(PATIENT, first_pause=0.01)
    return SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), webhook_url=door.url, patience=patience)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the carrier's API answered."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, kw_only=True)
class RestClient:
    """Asks the carrier's API with nothing between: no SDK, no retries."""

    carrier: SimulatedCarrier
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None, *, token: str = "") -> Answered:
        credentials = b64encode(f"{ACCOUNT}:{token or AUTH_TOKEN}".encode()).decode()
        async with self.session.request(
            method,
            f"{self.carrier.api_url}/2010-04-01/Accounts/{ACCOUNT}/{path}",
            data=form,
            headers={"Authorization": f"Basic {credentials}"},
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        ) as answer:
            return Answered(status=answer.status, headers=dict(answer.headers), body=await answer.text())

    async def send(self, body: str = "Hi", *, to: str = CUSTOMER, callback: str = "", **more: str) -> Answered:
        form = {"To": to, "From": NUMBER, "Body": body, "StatusCallback": callback, **more}
        return await self.ask("POST", "Messages.json", {name: value for name, value in form.items() if value})
