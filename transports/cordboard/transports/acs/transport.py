"""The transport of an Azure Communication Services channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Final, Self

import anyio
from anyio import to_thread
from msgspec import Struct

from cordboard.engine.carrier import (
    Capabilities,
    DeliveryReported,
    OutboundMessage,
    Pace,
    SendResult,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.vocabulary import NumberKind
from cordboard.transports.acs.settings import AcsSettings, Credential, EventGridToken
from cordboard.transports.acs.tokens import TokenCheck
from cordboard.transports.acs.webhooks import AcsWebhooks
from cordboard.transports.base import ChannelSettings

if TYPE_CHECKING:
    from jwt import PyJWK

    from cordboard.transports.acs.client import AcsClient
    from cordboard.transports.acs.keys import SigningKeys
    from cordboard.transports.acs.reports import ReportDesk

_MINUTE: Final = 60_000

CAPABILITIES: Final = Capabilities(
    max_characters=2048,
    mms=False,
    idempotent_send=True,  # the ids of an attempt are ours, and persisted: Azure knows a repetition by them
    # Azure does not say how long it knows the ids of a text. Those of e-mails and rooms its same service knows for five
    # minutes (https://learn.microsoft.com/rest/api/communication/repeatable-requests): one of them is for clocks that
    # differ, and for the way.
    repeatable_for=4 * _MINUTE,
    max_recipients=100,
    pace={
        # Segments, which Azure calls message units. Past them it answers 429, and each request more makes it worse.
        NumberKind.TOLL_FREE: Pace(amount=200, per=_MINUTE),
        NumberKind.SHORT_CODE: Pace(amount=6_000, per=_MINUTE),
        # Azure documents none for these; the least that it allows any number will do until somebody knows better.
        NumberKind.MOBILE: Pace(amount=200, per=_MINUTE),
        NumberKind.LOCAL_10DLC: Pace(amount=200, per=_MINUTE),
    },
)


class Deadlines(Struct, frozen=True, kw_only=True):
    """How long things wait, in seconds.

    Attributes:
        connect: For a connection, TLS included.
        total: For the whole answer. Giving up early costs nothing, since a repetition texts nobody twice; an engine
            that stops waits 20.
        keys_apart: Between two looks at Entra's keys, at least.
    """

    connect: float = 5.0
    total: float = 15.0
    keys_apart: float = 10.0


class AcsTransport:
    """Speaks Azure's protocol for one channel; see `cordboard.engine.ports.Transport`.

    It also `SendsMany` and `PullsReports`. Azure cannot be asked for customers' texts that its webhooks did not bring.

    Args:
        settings: The channel's.
        deadlines: How long things wait.
    """

    Settings: ClassVar[type[ChannelSettings]] = AcsSettings

    def __init__(self, settings: AcsSettings, *, deadlines: Deadlines | None = None) -> None:
        self._settings = settings
        self._deadlines = deadlines or Deadlines()
        self._keys = _KeyRing()
        token = settings.event_grid_token
        self._webhooks = AcsWebhooks(settings, TokenCheck(token, self._keys) if token else None)
        self._client: AcsClient | None = None
        self._reports: ReportDesk | None = None
        self._stack = AsyncExitStack()

    @property
    def name(self) -> str:
        """The channel's name."""
        return self._settings.name

    @property
    def settings(self) -> AcsSettings:
        """What the channel was told."""
        return self._settings

    @property
    def public_url(self) -> str:
        """Where Event Grid finds this Cordboard."""
        return self._settings.public_url

    @property
    def capabilities(self) -> Capabilities:
        """What Azure can do."""
        return CAPABILITIES

    async def __aenter__(self) -> Self:
        """Open a pool of connections, and begin to keep the keys that Event Grid's tokens are signed with."""
        # Importing the SDK takes half a second; in a thread, the loop goes on meanwhile.
        await to_thread.run_sync(_import_all, self._settings)
        from cordboard.transports.acs.client import connect
        from cordboard.transports.acs.reports import ReportDesk

        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                connect(self._settings, connect=self._deadlines.connect, total=self._deadlines.total)
            )
            if self._settings.event_grid_token:
                self._keep_keys(self._settings.event_grid_token, stack)

            self._client, self._reports = client, ReportDesk(client, self.name)
            self._stack = stack.pop_all()

        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it all; a text that has no answer by now may have been sent."""
        self._client = self._reports = None
        with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave connections open
            await self._stack.aclose()

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request at the channel's door."""
        return self._webhooks.receive(request)

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand one text to Azure, once.

        Raises:
            RuntimeError: The transport is not open.
        """
        (result,) = await self.send_many([message])
        return result

    async def send_many(self, messages: Sequence[OutboundMessage]) -> tuple[SendResult, ...]:
        """Hand over texts that differ in recipient and keys alone, in one request; see `SendsMany`.

        Raises:
            RuntimeError: The transport is not open.
            ValueError: They differ in more, or are too many: a defect of the caller.
        """
        if self._client is None:
            raise RuntimeError(f"channel {self.name!r} is not open: send inside its `async with` block")

        if len(messages) > CAPABILITIES.max_recipients or len({(each.sender, each.body) for each in messages}) > 1:
            raise ValueError(
                f"send_many takes at most {CAPABILITIES.max_recipients} texts with one sender and one body"
            )

        from cordboard.transports.acs.sending import hand_over

        return await hand_over(self._client, messages, channel=self.name)

    async def pull_report(self, message: int, provider_id: str) -> DeliveryReported | None:
        """Ask how far one text has come; see `PullsReports`.

        Raises:
            RuntimeError: The transport is not open.
        """
        if self._reports is None:
            raise RuntimeError(f"channel {self.name!r} is not open: ask inside its `async with` block")

        return await self._reports.pull(message, provider_id)

    def _keep_keys(self, token: EventGridToken, stack: AsyncExitStack) -> None:
        from cordboard.transports.acs.keys import SigningKeys

        patience, apart = self._deadlines.total, self._deadlines.keys_apart
        self._keys.kept = SigningKeys(self.name, token.source, patience=patience, apart=apart)
        # Not in a task group: a transport may be closed by another task than opened it.
        task = asyncio.create_task(self._keys.kept.keep())
        stack.push_async_callback(_end, task)

    def __repr__(self) -> str:
        return f"<AcsTransport {self.name!r}>"


class _KeyRing:
    """Where the keys are once the transport is open; before, none is known.

    Attributes:
        kept: The keys.
    """

    def __init__(self) -> None:
        self.kept: SigningKeys | None = None

    def find(self, key_id: str) -> PyJWK | None:
        return self.kept.find(key_id) if self.kept else None


def _import_all(settings: AcsSettings) -> None:
    import_module("phonenumbers")
    import_module("cordboard.transports.acs.reports")
    import_module("cordboard.transports.acs.sending")
    if settings.event_grid_token:
        import_module("cordboard.transports.acs.keys")

    if settings.credential is Credential.ENTRA:
        import_module("azure.identity.aio")


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
