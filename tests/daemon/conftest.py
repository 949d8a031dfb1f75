"""A daemon on loopback: real HTTP, a real engine, a memory store, and a carrier that speaks plain JSON."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Self, TypeAlias

import httpx
import pytest
import uvicorn
from litestar.types import ASGIApp
from tests.daemon.prompt import PromptServer

from cordboard.daemon import config_file
from cordboard.daemon.access import Access
from cordboard.daemon.app import create_app
from cordboard.daemon.house import House
from cordboard.daemon.wire import GuardedProtocol
from cordboard.engine import BoardConfig, Channel, Engine, Limits, Number, Queue, Rep, Workstream
from cordboard.engine.carrier import (
    Accepted,
    Capabilities,
    Media,
    MediaContent,
    MediaUnavailable,
    OutboundMessage,
    SendResult,
    TextReceived,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.config import Skill
from cordboard.engine.routing_words import Distribution
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import NumberKind, Presence, Role
from cordboard.storage.media_memory import MediaMemory
from cordboard.storage.memory import MemoryStore

PUSHED = "+18005550100"
"""Its texts are offered to ana and ben."""

PICKED = "+18005550101"
"""Its texts wait on queue `general` until ana or ben picks them."""

BILLING = "+18005550102"
"""Its texts wait on queue `billing` until cleo picks them."""

CUSTOMER = "+14155550123"

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: making one of its own, with all the authorities in the world, costs a client 40 ms."""

PEOPLE = {
    "ana": (Role.REP,),
    "ben": (Role.REP,),
    "cleo": (Role.REP,),
    "sue": (Role.REP, Role.SUPERVISOR),
    "adam": (Role.ADMIN,),
}

CONFIG = BoardConfig(
    name="test",
    channels=(Channel(name="main", provider="plain"),),
    numbers=tuple(
        Number(address=address, channel="main", kind=NumberKind.TOLL_FREE, workstream=workstream)
        for address, workstream in ((PUSHED, "support"), (PICKED, "self-service"), (BILLING, "billing"))
    ),
    workstreams=(
        Workstream(name="support", queue="general"),
        Workstream(name="self-service", queue="general", distribution=Distribution.PICK),
        Workstream(name="billing", queue="billing", distribution=Distribution.PICK),
    ),
    queues=(Queue(name="general", reps=("ana", "ben")), Queue(name="billing", reps=("cleo",))),
    reps=tuple(Rep(name=name, roles=roles, capacity=5) for name, roles in PEOPLE.items()),
    skills=(Skill(name="billing"),),
)


class PlainCarrier:
    """Texts come as JSON with the right secret in a header; sending works, where `results` has nothing else to say."""

    def __init__(self, name: str = "main", public_url: str = "https://sms.example.com") -> None:
        self.name = name
        self.public_url = public_url
        self.capabilities = Capabilities(max_characters=1600, mms=True)
        self.files: dict[str, MediaContent] = {}
        self.requests: list[WebhookRequest] = []
        self.sent: list[OutboundMessage] = []
        self.results: list[SendResult] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        pass

    def receive(self, request: WebhookRequest) -> WebhookReply:
        self.requests.append(request)
        if request.headers.get("x-secret") != "right":
            return WebhookReply(status=403, refusal="forged")

        text = json.loads(request.body or b"{}")
        if not text:
            return WebhookReply(status=204)

        event = TextReceived(
            channel=self.name,
            provider_id=text["id"],
            sender=text.get("from", CUSTOMER),
            recipient=text.get("to", PUSHED),
            body=text.get("body", "Hello"),
            media=tuple(Media(url=each) for each in text.get("media", ())),
        )
        return WebhookReply(events=(event,), content_type="text/xml", body=b"<ok/>", headers=(("X-Carrier", "yes"),))

    async def send(self, message: OutboundMessage) -> SendResult:
        self.sent.append(message)
        if self.results:
            return self.results.pop(0)

        return Accepted(provider_id=f"SM{message.message}", segments=1)

    async def fetch_media(self, media: Media, *, limit: int) -> MediaContent | MediaUnavailable:
        return self.files.get(media.url) or MediaUnavailable(reason="It is not there yet.", final=False)


@dataclass
class Daemon:
    """A running daemon, and hands to use it with."""

    pushed: ClassVar = PUSHED
    picked: ClassVar = PICKED
    billing: ClassVar = BILLING
    customer: ClassVar = CUSTOMER

    house: House
    carrier: PlainCarrier
    store: MemoryStore
    url: str
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    _ids: int = 0

    @property
    def engine(self) -> Engine:
        return self.house.engine

    def as_(self, name: str) -> httpx.AsyncClient:
        """A client that shows somebody's token; nobody's for an empty name."""
        if name not in self.clients:
            headers = {"Authorization": f"Bearer {token_of(name)}"} if name else {}
            self.clients[name] = httpx.AsyncClient(base_url=self.url, headers=headers, verify=NO_TLS, timeout=60)

        return self.clients[name]

    def webhook(
        self, body: str = "Hello", *, to: str = PUSHED, customer: str = CUSTOMER, media: Sequence[str] = ()
    ) -> WebhookRequest:
        """What the carrier's webhook brings with a customer's text."""
        self._ids += 1
        text = {"id": f"IN{self._ids}", "from": customer, "to": to, "body": body, "media": list(media)}
        return WebhookRequest(
            method="POST", url="/webhooks/main", headers={"x-secret": "right"}, body=json.dumps(text).encode()
        )

    async def text(
        self, body: str = "Hello", *, to: str = PUSHED, customer: str = CUSTOMER, media: Sequence[str] = ()
    ) -> None:
        """Have a customer's text come in through the door."""
        request = self.webhook(body, to=to, customer=customer, media=media)
        answer = await self.as_("").post("/webhooks/main", content=request.body, headers=dict(request.headers))
        assert answer.status_code == 200, answer.text

    async def reply(self, body: str = "Hi", *, after: str = "MessageSent") -> None:
        """Have ana, who holds conversation 1, text its customer; return when an event of a kind has followed."""
        seen = self.engine.feed.cursor
        answer = await self.as_("ana").post("/v1/conversations/1/messages", json={"body": body})
        assert answer.status_code == 202, answer.text
        async for event in self.engine.feed.events(seen):
            if type(event).__name__ == after:
                return

    async def say(self, name: str, presence: Presence = Presence.AVAILABLE) -> None:
        """Have somebody set their presence."""
        answer = await self.as_(name).put("/v1/me/presence", json={"presence": presence.value})
        assert answer.status_code == 200, answer.text


def token_of(name: str) -> str:
    return f"{name}-token-that-is-long-enough"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on loopback, and yield its address."""
    config = uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = PromptServer(config)
    listener = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        await running


@asynccontextmanager
async def running(house: House, store: MemoryStore, carrier: PlainCarrier, **options: float) -> AsyncIterator[Daemon]:
    """Serve a house."""
    async with served(create_app(house, **options)) as url:
        daemon = Daemon(house, carrier, store, url)
        try:
            yield daemon
        finally:
            house.stopping.set()
            for client in daemon.clients.values():
                await client.aclose()


@asynccontextmanager
async def daemon_of(
    config: BoardConfig = CONFIG, *, limits: Limits | None = None, **options: float
) -> AsyncIterator[Daemon]:
    """Run a daemon for a configuration, with the plain carrier."""
    store, carrier = MemoryStore(), PlainCarrier()
    tokens = {each.name: Secret(token_of(each.name)) for each in config.reps}
    async with Engine(config, store=store, transports=[carrier], media=MediaMemory(), limits=limits) as engine:
        house = House(engine=engine, access=Access(config, tokens), uploads=MediaMemory())
        async with running(house, store, carrier, **options) as daemon:
            yield daemon


@asynccontextmanager
async def daemon_of_file(toml: str) -> AsyncIterator[Daemon]:
    """Run a daemon for a configuration file, with the carriers it names."""
    configuration = config_file.parse(toml, source="test.toml")
    store = MemoryStore()
    async with Engine(configuration.board, store=store, transports=configuration.build_transports()) as engine:
        access = Access(configuration.board, configuration.tokens)
        house = House(engine=engine, access=access, channels=configuration.channels)
        async with running(house, store, PlainCarrier()) as daemon:
            yield daemon


Serve: TypeAlias = Callable[[str], AbstractAsyncContextManager[Daemon]]


@pytest.fixture
def serve() -> Serve:
    """Runs a daemon for a configuration file."""
    return daemon_of_file


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    """A daemon with everybody offline."""
    async with daemon_of() as daemon:
        yield daemon


@pytest.fixture
async def crowded() -> AsyncIterator[Daemon]:
    """A daemon where two commands may wait, and no more."""
    async with daemon_of(limits=Limits(mailbox=2)) as daemon:
        yield daemon


@pytest.fixture
async def impatient() -> AsyncIterator[Daemon]:
    """A daemon that waits for a body no longer than a test can."""
    async with daemon_of(patience=0.3) as daemon:
        yield daemon
