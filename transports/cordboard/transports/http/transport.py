"""The transport of an HTTP channel."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Self
from urllib.parse import urlencode

import anyio
from anyio import to_thread
from msgspec import Struct

from cordboard.engine.carrier import Capabilities, OutboundMessage, SendResult, WebhookReply, WebhookRequest
from cordboard.transports.base import ChannelSettings
from cordboard.transports.http.settings import HttpSettings
from cordboard.transports.http.webhooks import HttpWebhooks

if TYPE_CHECKING:
    import aiohttp

    from cordboard.transports.http.sending import HttpSender


class Deadlines(Struct, frozen=True, kw_only=True):
    """How long sending waits, in seconds.

    Attributes:
        connect: For a connection, name look-up and TLS included.
        total: For the whole answer; an engine that stops waits 20.
    """

    connect: float = 5.0
    total: float = 15.0


class HttpTransport:
    """Speaks to any HTTP API for one channel; see `cordboard.engine.ports.Transport`.

    Args:
        settings: The channel's.
        deadlines: How long sending waits.
    """

    Settings: ClassVar[type[ChannelSettings]] = HttpSettings

    def __init__(self, settings: HttpSettings, *, deadlines: Deadlines | None = None) -> None:
        self._settings = settings
        self._deadlines = deadlines or Deadlines()
        self._webhooks = HttpWebhooks(settings)
        self._pool: aiohttp.ClientSession | None = None
        self._sender: HttpSender | None = None

    @property
    def name(self) -> str:
        """The channel's name."""
        return self._settings.name

    @property
    def settings(self) -> HttpSettings:
        """What the channel was told."""
        return self._settings

    @property
    def public_url(self) -> str:
        """Where the carrier finds this Cordboard."""
        return self._settings.public_url

    @property
    def capabilities(self) -> Capabilities:
        """What the carrier can do, as far as the channel was told."""
        return self._settings.capabilities

    async def __aenter__(self) -> Self:
        """Open a pool of connections."""
        # Importing an HTTP library takes a while; in a thread, the loop goes on meanwhile.
        await to_thread.run_sync(import_module, "cordboard.transports.http.sending")
        from cordboard.transports.http.sending import HttpSender
        from cordboard.transports.pool import open_pool

        self._pool = open_pool(connect=self._deadlines.connect, total=self._deadlines.total)
        self._sender = HttpSender(self._settings, self._pool)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it; a text that has no answer by now may have been sent."""
        pool, self._pool, self._sender = self._pool, None, None
        if pool is not None:
            with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave connections open
                await pool.close()

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request at the channel's door."""
        return self._webhooks.receive(request)

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand one text to the carrier, once.

        Raises:
            RuntimeError: The transport is not open.
        """
        if self._sender is None:
            raise RuntimeError(f"channel {self.name!r} is not open: send inside its `async with` block")

        query = urlencode({"message": message.message, **self._webhooks.report_query})
        return await self._sender.hand_over(message, report_to=f"{self._settings.webhook_url}?{query}")

    def __repr__(self) -> str:
        return f"<HttpTransport {self.name!r}>"
