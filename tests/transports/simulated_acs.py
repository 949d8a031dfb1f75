"""A simulated Communication Services resource's surroundings: our door for its events, and clients of its API."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import aiohttp
import anyio
from aiohttp import web
from tests.transports.simulated import ACCOUNT, AUTH_TOKEN, CUSTOMER, NUMBER, SECONDS

from cordboard.engine.secret import Secret
from cordboard.transports.simulator.acs.resource import Resource, Subscription
from cordboard.transports.simulator.carrier import SimulatedCarrier

KEY = base64.b64encode(b"a key that nobody but these tests knows").decode()

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
RECEIVED = "Microsoft.Communication.SMSReceived"
REPORTED = "Microsoft.Communication.SMSDeliveryReportReceived"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A call of the webhook, as it came."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        told = json.loads(self.body) if self.body else []
        return told if isinstance(told, list) else [told]


@dataclass(kw_only=True, eq=False)
class EventDoor:
    """Our webhook for events, on loopback.

    Attributes:
        deliveries: What came, handshakes aside.
        handshakes: Those.
        answers: What to answer to the next deliveries; 200 after them. 0 hangs up.
        agrees: Whether to agree to subscriptions.
        shakes_with: The status of handshakes.
    """

    deliveries: list[Delivery] = field(default_factory=list)
    handshakes: list[Delivery] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    agrees: bool = True
    shakes_with: int = 200
    port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/azure?secret=abc%2Fdef"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for each in self.deliveries for event in each.events]

    @property
    def reports(self) -> list[str]:
        return [each["data"]["deliveryStatus"] for each in self.events if "deliveryStatus" in each["data"]]

    async def until(self, condition: Callable[[], bool]) -> None:
        with anyio.fail_after(SECONDS):
            async with self._news:
                await self._news.wait_for(condition)

    async def gets(self, deliveries: int) -> None:
        await self.until(lambda: len(self.deliveries) >= deliveries)

    async def take(self, request: web.Request) -> web.Response:
        delivery = Delivery(
            method=request.method,
            url=f"http://127.0.0.1:{self.port}{request.raw_path}",
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        shaking = request.method == "OPTIONS" or delivery.headers.get("aeg-event-type") == "SubscriptionValidation"
        async with self._news:
            (self.handshakes if shaking else self.deliveries).append(delivery)
            self._news.notify_all()

        if shaking:
            return self._shake(delivery)

        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            assert request.transport is not None
            request.transport.abort()

        return web.Response(status=status or 200)

    def _shake(self, delivery: Delivery) -> web.Response:
        if not self.agrees:
            return web.Response(status=self.shakes_with)

        if delivery.method == "OPTIONS":
            return web.Response(headers={"WebHook-Allowed-Origin": "eventgrid.azure.net", "WebHook-Allowed-Rate": "*"})

        code = delivery.events[0]["data"]["validationCode"]
        return web.json_response({"validationResponse": code}, status=self.shakes_with)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[EventDoor]:
        """Listen: on the same port as before, if it was open before."""
        application = web.Application()
        application.add_routes([web.route("*", "/{anything:.*}", self.take)])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()


def subscription(door: EventDoor, **more: Any) -> Subscription:
    """A subscription that is a thousand times as impatient as Azure's."""
    return Subscription(**{"url": door.url, "hurry": 1_000.0, **more})


def acs_carrier(given: Subscription | None) -> SimulatedCarrier:
    """Return a carrier with a resource; it is not alive yet."""
    resource = Resource(access_key=Secret(KEY), numbers={NUMBER}, subscription=given)
    return SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), resource=resource)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def items(self) -> list[dict[str, Any]]:
        value: list[dict[str, Any]] = self.body["value"]
        return value


@dataclass(frozen=True, kw_only=True)
class AcsClient:
    """Asks the API with nothing between, signing with code of its own."""

    carrier: SimulatedCarrier
    session: aiohttp.ClientSession

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: str = KEY,
        at: datetime | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answered:
        host = self.carrier.api_url.removeprefix("http://")
        date = format_datetime(at or datetime.now(UTC), usegmt=True)
        content = base64.b64encode(hashlib.sha256(body).digest()).decode()
        signed = f"{method}\n{path}\n{date};{host};{content}"
        digest = hmac.new(base64.b64decode(key), signed.encode(), hashlib.sha256).digest()
        names = "x-ms-date;host;x-ms-content-sha256"
        sent = {
            "Content-Type": "application/json",
            "x-ms-date": date,
            "x-ms-content-sha256": content,
            "Authorization": f"HMAC-SHA256 SignedHeaders={names}&Signature={base64.b64encode(digest).decode()}",
            **(headers or {}),
        }
        async with self.session.request(
            method,
            self.carrier.api_url + path,
            data=body,
            headers=sent,
            timeout=aiohttp.ClientTimeout(total=SECONDS),
        ) as answer:
            text = await answer.text()
            told = json.loads(text) if answer.content_type == "application/json" else text
            return Answered(status=answer.status, headers=dict(answer.headers), body=told)

    async def send(self, message: str = "Hi", *recipients: dict[str, str], **options: Any) -> Answered:
        asked = {
            "from": NUMBER,
            "smsRecipients": list(recipients) or [recipient()],
            "message": message,
            "smsSendOptions": {"enableDeliveryReport": True, **options},
        }
        return await self.ask("POST", "/sms?api-version=2021-03-07", json.dumps(asked).encode())


def recipient(to: str = CUSTOMER, *, request_id: str = "", ago: timedelta = timedelta()) -> dict[str, str]:
    """Return a recipient as the API wants it."""
    return {
        "to": to,
        "repeatabilityRequestId": request_id or str(uuid4()),
        "repeatabilityFirstSent": format_datetime(datetime.now(UTC) - ago, usegmt=True),
    }
