"""A simulated carrier: Twilio's REST API on loopback, and its calls of our webhooks, over real HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self

import anyio
from aiohttp import web
from anyio.abc import TaskGroup
from msgspec import Struct
from msgspec.structs import replace

from cordboard.engine.carrier import Failure, Media
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.caller import Patience, WebhookAnswer, WebhookCaller
from cordboard.transports.simulator.faults import Report, Script
from cordboard.transports.simulator.messages import CarriedText, CarriedTexts
from cordboard.transports.simulator.phones import Phones, PhoneText, TextState
from cordboard.transports.simulator.rest import RestApi
from cordboard.transports.twilio.codes import failure

_HOST: Final = "127.0.0.1"

_SHUTDOWN: Final = 1.0
"""Seconds that requests get to end when the carrier closes; those that hang are let go of before."""

_UNROUTED: Final = Failure(code="unrouted", text="The number has no webhook.")
_STOPPED: Final = Failure(code="stopped", text="Nobody waited until the text was taken.")

_FAR: Final = {"delivered": TextState.DELIVERED, "undelivered": TextState.FAILED, "failed": TextState.FAILED}


class Brought(Struct, frozen=True, kw_only=True):
    """What became of a customer's text.

    Attributes:
        sid: The text's id.
        status: What the webhook answered in the end: an HTTP status, or 0 when nobody answered.
        tries: How often the webhook was called.
    """

    sid: str
    status: int
    tries: int


class SimulatedCarrier:
    """Carries texts between customers' phones and us, as Twilio would. Alive inside `async with`.

    Attributes:
        account_sid: The account.
        webhooks: The webhook for texts to a number, where it is not `webhook_url`.
        webhook_url: The webhook for texts to all other numbers; where it is empty they go nowhere.
        numbers: The numbers that the account may send from; None for any.
        script: What goes wrong, and for whom.
        phones: What the customers see.
        texts: The texts it has carried.

    Args:
        account_sid: The account.
        auth_token: Its token: the password of the REST API, and the key of the signatures.
        webhook_url: See above.
        phones: The phones, or a file to keep what they show; without either, it is forgotten.
        port: Where the REST API listens on loopback; 0 for any port that is free.
        patience: How webhooks are called. Customers' texts are tried again after a 5xx, too.
        script: What goes wrong; nothing at first, where it is not given.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: Secret,
        *,
        webhook_url: str = "",
        phones: Phones | Path | None = None,
        port: int = 0,
        patience: Patience | None = None,
        script: Script | None = None,
    ) -> None:
        self.account_sid = account_sid
        self.webhooks: dict[str, str] = {}
        self.webhook_url = webhook_url
        self.numbers: Collection[str] | None = None
        self.script = script or Script()
        self.phones = phones if isinstance(phones, Phones) else Phones(phones)
        self.texts = CarriedTexts()
        self._auth_token = auth_token
        self._port = port
        self._patience = patience or Patience()
        self._stack = AsyncExitStack()
        self._tasks: TaskGroup | None = None
        self._caller: WebhookCaller | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def connections(self) -> int:
        """How many connections to the REST API are open."""
        server = self._runner.server if self._runner is not None else None
        return len(server.connections) if server is not None else 0

    @property
    def api_url(self) -> str:
        """Where the REST API is, once the carrier is alive."""
        return f"http://{_HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            OSError: The port cannot be had, or the phones' file cannot be used.
        """
        async with AsyncExitStack() as stack:
            await self.phones.open()
            self._caller = WebhookCaller(self._auth_token)
            stack.push_async_callback(_close, self._caller.close)
            self._tasks = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(self._tasks.cancel_scope.cancel)
            api = RestApi(
                account=self.account_sid,
                auth_token=self._auth_token,
                texts=self.texts,
                script=self.script,
                owns=lambda number: self.numbers is None or number in self.numbers,
                bring=self._bring,
                later=self._bring_later,
            )
            runner = web.AppRunner(
                api.application(),
                access_log=None,
                handle_signals=False,
                handler_cancellation=True,  # a request that hangs ends when nobody waits for it any more
                shutdown_timeout=_SHUTDOWN,
            )
            await runner.setup()
            self._runner = runner
            stack.push_async_callback(_close, runner.cleanup)
            stack.callback(api.close)
            self._site = web.TCPSite(runner, _HOST, self._port)
            await self._site.start()
            self._port = runner.addresses[0][1]
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
        self, sender: str, recipient: str, body: str, media: Sequence[Media] = (), *, sid: str = ""
    ) -> Brought:
        """Have a customer text a number of ours, and return what became of it.

        While nobody answers the webhook, or it answers 5xx, the same text is brought again, for some seconds.

        Args:
            sender: The customer.
            recipient: The number of ours.
            body: The text.
            media: Attachments.
            sid: The text's id, to bring a text that was brought before; a new one without it.
        """
        assert self._caller is not None, "texts are carried inside the block"  # noqa: S101 - states an invariant
        text = self.texts.add(
            sender=sender,
            recipient=recipient,
            body=body,
            media=tuple(media),
            direction="inbound",
            status="received",
            sid=sid,
        )
        await self._show(text, TextState.SENDING)
        url = self._url_for(text)
        patience = replace(self._patience, on=self._patience.on | {"5xx"})
        answer = WebhookAnswer(failure="rt", tries=0)
        try:
            if url:
                answer = await self._caller.call(url, text.webhook(self.account_sid), patience)
        finally:
            with anyio.CancelScope(shield=True):  # a phone must not show a text as on its way for ever
                await self._show_as_brought(text, answer)

        if answer.content_type == "text/plain" and answer.body:
            await self._reply_with_the_body(text, answer.body)

        return Brought(sid=text.sid, status=answer.status, tries=answer.tries)

    def _url_for(self, text: CarriedText) -> str:
        return self.webhooks.get(text.recipient, self.webhook_url)

    def _bring_later(self, text: CarriedText, reports: tuple[Report, ...]) -> None:
        assert self._tasks is not None, "texts are taken inside the block"  # noqa: S101 - states an invariant
        self._tasks.start_soon(self._bring, text, reports)

    async def _bring(self, text: CarriedText, reports: Sequence[Report]) -> None:
        """Bring a text to the customer's phone, and report on it."""
        assert self._caller is not None, "texts are brought inside the block"  # noqa: S101 - states an invariant
        shown = TextState.RECEIVED
        await self._show(text, shown)
        self.texts.move(text, "sent")
        for report in reports:
            if report.after:
                await anyio.sleep(report.after)

            moved = self.texts.move(text, report.status, report.code)
            if shown is TextState.RECEIVED and report.status in _FAR:
                shown = _FAR[report.status]
                await self._show(text, shown, _why(report) if shown is TextState.FAILED else None)

            if text.callback:
                await self._caller.call(text.callback, moved.report(self.account_sid), self._patience)

    async def _show_as_brought(self, text: CarriedText, answer: WebhookAnswer) -> None:
        if 200 <= answer.status < 300:
            await self._show(text, TextState.DELIVERED)
        elif answer.tries == 0:
            await self._show(
                text, TextState.FAILED, Failure(code="unrouted", text="Nobody was asked to take the text.")
            )
        else:
            what = f"answered with HTTP status {answer.status}" if answer.status else "did not answer"
            why = Failure(code="11200", text=f"The webhook for the text {what}.")
            await self._show(text, TextState.FAILED, why)

    async def _reply_with_the_body(self, text: CarriedText, body: str) -> None:
        """Text a webhook's plain answer to the customer, as Twilio does: it is no use to say `ok` to it."""
        reply = self.texts.add(
            sender=text.recipient, recipient=text.sender, body=body, direction="outbound-reply", status="delivered"
        )
        await self._show(reply, TextState.DELIVERED)

    async def _show(self, text: CarriedText, state: TextState, why: Failure | None = None) -> None:
        await self.phones.show(
            PhoneText(
                sid=text.sid,
                customer=text.sender if text.inbound else text.recipient,
                number=text.recipient if text.inbound else text.sender,
                from_customer=text.inbound,
                body=text.body,
                media=text.media,
                at=round(text.taken_at.timestamp() * 1000),
                state=state,
                failure=why,
            )
        )


async def _close(close: Callable[[], Awaitable[None]]) -> None:
    with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave connections open
        await close()


def _why(report: Report) -> Failure:
    if report.code is None:
        return Failure(code=report.status, text="The carrier does not say why.")

    return failure(str(report.code))
