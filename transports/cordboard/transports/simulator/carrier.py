"""A simulated carrier: it speaks Twilio's protocol and that of Azure Communication Services, over HTTP on loopback."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

import anyio
from aiohttp import web

from cordboard.engine.carrier import Media, MediaContent
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.acs.event_grid import EventGrid
from cordboard.transports.simulator.acs.resource import Resource
from cordboard.transports.simulator.acs.rest import RestApi as AcsApi
from cordboard.transports.simulator.acs.wire import AcsWire
from cordboard.transports.simulator.carriage import Brought, Carriage
from cordboard.transports.simulator.control import ControlApi
from cordboard.transports.simulator.limits import Limits
from cordboard.transports.simulator.messages import CarriedTexts
from cordboard.transports.simulator.opt_outs import KeywordHandling, OptOuts
from cordboard.transports.simulator.phones import Phones
from cordboard.transports.simulator.script import Script
from cordboard.transports.simulator.twilio.accounts import Account, Accounts
from cordboard.transports.simulator.twilio.caller import Patience
from cordboard.transports.simulator.twilio.forms import API_VERSION
from cordboard.transports.simulator.twilio.media_api import MediaApi
from cordboard.transports.simulator.twilio.rest import RestApi as TwilioApi
from cordboard.transports.simulator.twilio.rest import error
from cordboard.transports.simulator.twilio.wire import TwilioWire
from cordboard.transports.simulator.webhooks import Webhooks

_HOST: Final = "127.0.0.1"

_BACKLOG: Final = 1_024
"""Connections that may wait to be accepted: a load test opens many at once."""

_SHUTDOWN: Final = 1.0
"""Seconds that requests get to end when the carrier closes; those that hang are let go of before."""

_LARGEST_BODY: Final = 8 * 1024 * 1024
"""Bytes of a request: the control API takes attachments."""


class SimulatedCarrier:
    """Carries texts between customers' phones and us. Alive inside `async with`.

    Attributes:
        account: The account at its Twilio; see `Account` for numbers, webhooks, services and keys.
        accounts: All of them; subaccounts are added here.
        resource: The resource at its Communication Services; None for none.
        script: What goes wrong, and for whom.
        phones: What the customers see.
        texts: The texts it has carried: its ledger.

    Args:
        account_sid: The account at its Twilio.
        auth_token: Its token: the password of the REST API, and the key of the signatures.
        webhook_url: The account's webhook.
        resource: See above.
        phones: The phones, or a file to keep what they show; without either, it is forgotten.
        port: Where the REST APIs listen on loopback; 0 for any port that is free.
        patience: How Twilio's webhooks are called: as Twilio does it, where it is not given.
        script: What goes wrong; nothing at first, where it is not given.
        keywords: What is done about STOP, START and HELP.
        limits: How fast it sends.
        control: Whether it can be told what to do over HTTP; see `ControlApi`.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: Secret,
        *,
        webhook_url: str = "",
        resource: Resource | None = None,
        phones: Phones | Path | None = None,
        port: int = 0,
        patience: Patience | None = None,
        script: Script | None = None,
        keywords: KeywordHandling = KeywordHandling.DEFAULT,
        limits: Limits | None = None,
        control: bool = False,
    ) -> None:
        self.account = Account(sid=account_sid, auth_token=auth_token, webhook_url=webhook_url)
        self.accounts = Accounts(self.account)
        self.resource = resource
        self.script = script or Script()
        self.phones = phones if isinstance(phones, Phones) else Phones(phones)
        self._carriage = Carriage(
            phones=self.phones, script=self.script, opt_outs=OptOuts(keywords), limits=limits or Limits()
        )
        self._port = port
        self._patience = patience or Patience()
        self._control = control
        self._stack = AsyncExitStack()
        self._twilio: TwilioWire | None = None
        self._acs: AcsWire | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None

    @property
    def texts(self) -> CarriedTexts:
        """The texts it has carried."""
        return self._carriage.texts

    @property
    def account_sid(self) -> str:
        """The account at its Twilio."""
        return self.account.sid

    @property
    def grid(self) -> EventGrid:
        """What brings the resource's events, once the carrier is alive.

        Raises:
            RuntimeError: Nobody has subscribed to any.
        """
        if self._acs is None or self._acs.grid is None:
            raise RuntimeError("the simulated carrier has no subscription to events: give its resource one")

        return self._acs.grid

    @property
    def connections(self) -> int:
        """How many connections to the REST APIs are open."""
        server = self._runner.server if self._runner is not None else None
        return len(server.connections) if server is not None else 0

    @property
    def api_url(self) -> str:
        """Where the REST APIs are, once the carrier is alive: Twilio's base, and the endpoint of ACS."""
        return f"http://{_HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Listen, and shake hands with whoever has subscribed to events.

        Raises:
            OSError: The port cannot be had, or the phones' file cannot be used.
        """
        async with AsyncExitStack() as stack:
            await self.phones.open()
            # Outside the task group, which would wrap the error of a port that is taken.
            listener = socket.create_server((_HOST, self._port), backlog=_BACKLOG)
            stack.callback(listener.close)
            self._port = listener.getsockname()[1]
            webhooks = Webhooks()
            stack.push_async_callback(_close, webhooks.close)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(tasks.cancel_scope.cancel)
            self._carriage.tasks = tasks
            closing = anyio.Event()
            routes = self._speak_twilio(webhooks, closing) + self._speak_acs(closing)
            if self._control:
                routes += ControlApi(self).routes()

            application = web.Application(client_max_size=_LARGEST_BODY)
            application.add_routes([*routes, web.route("*", "/{anything:.*}", _find_nothing)])
            application.on_response_prepare.append(_name_request)
            runner = web.AppRunner(
                application,
                access_log=None,
                handle_signals=False,
                handler_cancellation=True,  # a request that hangs ends when nobody waits for it any more
                shutdown_timeout=_SHUTDOWN,
            )
            await runner.setup()
            self._runner = runner
            stack.push_async_callback(_close, runner.cleanup)
            stack.callback(closing.set)
            self._site = web.SockSite(runner, listener)
            await self._site.start()
            if self._acs is not None and self.resource is not None and self.resource.subscription is not None:
                self._acs.grid = EventGrid(
                    self.resource, self.resource.subscription, webhooks, f"{self.api_url}/eventgrid/validate?id="
                )
                tasks.start_soon(self._acs.grid.run)

            self._stack = stack.pop_all()

        return self

    async def __aexit__(self, *exc: object) -> None:
        """Listen no more. Reports that were not delivered yet never will be."""
        await self._stack.aclose()

    async def stop_listening(self) -> None:
        """Take no more connections, as a carrier that cannot be reached."""
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()

    async def text(
        self,
        sender: str,
        recipient: str,
        body: str,
        media: Sequence[Media] = (),
        *,
        files: Sequence[MediaContent] = (),
        sid: str = "",
    ) -> Brought:
        """Have a customer text a number of ours, and return what became of it.

        A text to a number of the resource comes as an event, every other as Twilio brings it. Where the webhook fails,
        the same text is brought again: as the webhook's `Patience` has it, or as long as Event Grid does.

        Args:
            sender: The customer.
            recipient: The number of ours.
            body: The text.
            media: Attachments that lie somewhere else.
            files: Attachments that the carrier keeps for us, as Twilio does.
            sid: The text's id, to bring a text that was brought before; a new one without it.

        Raises:
            ValueError: A number of Communication Services gets no attachments.
        """
        assert self._twilio is not None, "texts are carried inside the block"  # noqa: S101 - states an invariant
        if self._acs is not None and self._is_the_resources(recipient):
            if media or files:
                raise ValueError("Communication Services bring no attachments: text a number at Twilio")

            return await self._acs.text(sender, recipient, body, sid=sid)

        return await self._twilio.text(sender, recipient, body, media=media, files=files, api_url=self.api_url, sid=sid)

    def _is_the_resources(self, number: str) -> bool:
        """Whether texts to a number are events. A number that nobody claims is Twilio's, if that has a webhook."""
        if self.resource is None:
            return False

        if self.resource.numbers is not None:
            return number in self.resource.numbers

        return not self.accounts.owner_of(number).webhook_for(number)

    def _speak_twilio(self, webhooks: Webhooks, closing: anyio.Event) -> list[web.RouteDef]:
        self._twilio = TwilioWire(self.accounts, self._carriage, webhooks, self._patience)
        self._carriage.wires["twilio"] = self._twilio
        api = TwilioApi(self.accounts, self._carriage, closing)
        return [*api.routes(), *MediaApi(self.accounts, self._carriage, self._twilio.media).routes()]

    def _speak_acs(self, closing: anyio.Event) -> list[web.RouteDef]:
        if self.resource is None:
            return []

        self._acs = AcsWire(self.resource, self._carriage, None)
        self._carriage.wires["acs"] = self._acs
        validate = web.get("/eventgrid/validate", self._agree)
        return [*AcsApi(self.resource, self._carriage, closing).routes(), validate]

    async def _agree(self, request: web.Request) -> web.Response:
        """Agree to a subscription by hand, as whoever got its URL may."""
        return web.Response(status=200 if self.grid.agree(request.query.get("id", "")) else 404)


async def _find_nothing(request: web.Request) -> web.Response:  # noqa: ARG001 - a handler's signature
    return error(20404)


async def _name_request(request: web.Request, answer: web.StreamResponse) -> None:
    """Give an answer the id by which the carrier's support would find it."""
    if request.path.startswith(f"/{API_VERSION}/"):
        answer.headers["Twilio-Request-Id"] = f"RQ{uuid4().hex}"
    else:
        answer.headers["x-ms-request-id"] = str(uuid4())


async def _close(close: Callable[[], Awaitable[None]]) -> None:
    with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave connections open
        await close()
