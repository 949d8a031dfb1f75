"""The transport of a Twilio channel."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import anyio
from anyio import to_thread
from msgspec import Struct

from cordboard.engine.carrier import Capabilities, OutboundMessage, Pace, SendResult, WebhookReply, WebhookRequest
from cordboard.engine.vocabulary import NumberKind
from cordboard.transports.base import ChannelSettings
from cordboard.transports.twilio.settings import TwilioSettings
from cordboard.transports.twilio.webhooks import TwilioWebhooks

if TYPE_CHECKING:
    from cordboard.transports.twilio.client import PooledHttpClient

CAPABILITIES: Final = Capabilities(
    max_characters=1600,
    mms=True,
    idempotent_send=False,  # Twilio has no idempotency key: a text that is sent twice arrives twice
    pace={
        # Segments. Past them Twilio queues, for ten hours at most, and a reply to a customer grows stale.
        NumberKind.TOLL_FREE: Pace(amount=3),
        NumberKind.SHORT_CODE: Pace(amount=100),
        NumberKind.MOBILE: Pace(amount=10),
        NumberKind.LOCAL_10DLC: Pace(amount=1),  # the least that any campaign gets; its trust score may allow far more
    },
)


class Deadlines(Struct, frozen=True, kw_only=True):
    """How long sending waits, in seconds.

    Attributes:
        connect: For a connection, name look-up and TLS included. Twilio gives our webhooks as long.
        total: For the whole answer. Twilio takes less than a second as a rule, and drops us after 15 in the other
            direction; an engine that stops waits 20.
    """

    connect: float = 5.0
    total: float = 15.0


class TwilioTransport:
    """Speaks Twilio's protocol for one channel; see `cordboard.engine.ports.Transport`.

    Args:
        settings: The channel's.
        deadlines: How long sending waits.
    """

    Settings: ClassVar[type[ChannelSettings]] = TwilioSettings

    def __init__(self, settings: TwilioSettings, *, deadlines: Deadlines | None = None) -> None:
        self._settings = settings
        self._deadlines = deadlines or Deadlines()
        self._webhooks = TwilioWebhooks(settings)
        self._http: PooledHttpClient | None = None
        self._client: Any = None

    @property
    def name(self) -> str:
        """The channel's name."""
        return self._settings.name

    @property
    def settings(self) -> TwilioSettings:
        """What the channel was told."""
        return self._settings

    @property
    def public_url(self) -> str:
        """Where Twilio finds this Cordboard."""
        return self._settings.public_url

    @property
    def capabilities(self) -> Capabilities:
        """What Twilio can do."""
        return CAPABILITIES

    async def __aenter__(self) -> Self:
        """Open a pool of connections."""
        # Importing the SDK takes a third of a second; in a thread, the loop goes on meanwhile.
        await to_thread.run_sync(import_module, "cordboard.transports.twilio.sending")
        from cordboard.transports.twilio.client import PooledHttpClient, connect

        self._http = PooledHttpClient(
            api_url=self._settings.api_url, connect=self._deadlines.connect, total=self._deadlines.total
        )
        self._client = connect(self._settings, self._http)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it; a text that has no answer by now may have been sent."""
        http, self._http, self._client = self._http, None, None
        if http is not None:
            with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave connections open
                await http.close()

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request at the channel's door."""
        return self._webhooks.receive(request)

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand one text to Twilio, once.

        Raises:
            RuntimeError: The transport is not open.
        """
        if self._client is None:
            raise RuntimeError(f"channel {self.name!r} is not open: send inside its `async with` block")

        from cordboard.transports.twilio.sending import hand_over

        report_to = f"{self._settings.webhook_url}?message={message.message}"
        return await hand_over(self._client, message, channel=self.name, report_to=report_to)

    def __repr__(self) -> str:
        return f"<TwilioTransport {self.name!r}>"
