"""The transport of a Twilio channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import anyio
from anyio import to_thread
from msgspec import Struct

from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    Capabilities,
    DeliveryReported,
    Media,
    MediaContent,
    MediaUnavailable,
    OutboundMessage,
    Pace,
    SendResult,
    TextReceived,
    Throttled,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.clock import SystemClock
from cordboard.engine.ports import Clock
from cordboard.engine.vocabulary import NumberKind, Timestamp
from cordboard.transports.base import ChannelSettings
from cordboard.transports.twilio.settings import TwilioSettings
from cordboard.transports.twilio.webhooks import TwilioWebhooks

if TYPE_CHECKING:
    from cordboard.transports.twilio.client import PooledHttpClient
    from cordboard.transports.twilio.media import MediaFetcher

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
    # Twilio does not say how soon its list has a text. A request that we gave up may still be worked on for as long as
    # we had waited for it (15 s), and a list that is read from a copy is some seconds behind: twice the one has both.
    listed_after=30_000,
)


class Deadlines(Struct, frozen=True, kw_only=True):
    """How long sending waits, in seconds.

    Attributes:
        connect: For a connection, name look-up and TLS included. Twilio gives our webhooks as long.
        total: For the whole answer. Twilio takes less than a second as a rule, and drops us after 15 in the other
            direction; an engine that stops waits 20.
        media: For a whole attachment, redirections included: 5 MB by a slow line.
    """

    connect: float = 5.0
    total: float = 15.0
    media: float = 30.0


class TwilioTransport:
    """Speaks Twilio's protocol for one channel; see `cordboard.engine.ports`.

    It is a `Transport` that `Reconciles`, `LooksUpSends` and `FetchesMedia`.

    Args:
        settings: The channel's.
        deadlines: How long it waits for Twilio.
        clock: Tells whether a text has run out of time.
    """

    Settings: ClassVar[type[ChannelSettings]] = TwilioSettings

    def __init__(
        self, settings: TwilioSettings, *, deadlines: Deadlines | None = None, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._deadlines = deadlines or Deadlines()
        self._clock = clock or SystemClock()
        self._webhooks = TwilioWebhooks(settings)
        self._http: PooledHttpClient | None = None
        self._media: MediaFetcher | None = None
        self._clients: dict[str, Any] = {}

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
        for module in ("sending", "listing", "media"):
            await to_thread.run_sync(import_module, f"cordboard.transports.twilio.{module}")

        from cordboard.transports.twilio.client import PooledHttpClient, connect, credentials
        from cordboard.transports.twilio.media import MediaFetcher

        settings, deadlines = self._settings, self._deadlines
        self._http = PooledHttpClient(api_url=settings.api_url, connect=deadlines.connect, total=deadlines.total)
        self._clients = {sid: connect(settings, each, self._http) for sid, each in settings.accounts.items()}
        self._media = MediaFetcher(
            api_url=settings.api_url,
            accounts={sid: credentials(each) for sid, each in settings.accounts.items()},
            usual=credentials(settings),
            connect=deadlines.connect,
            total=deadlines.media,
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it; a text that has no answer by now may have been sent."""
        open_ = [each for each in (self._http, self._media) if each is not None]
        self._http, self._media, self._clients = None, None, {}
        with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave connections open
            for each in open_:
                await each.close()

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request at the channel's door."""
        return self._webhooks.receive(request)

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand one text to Twilio, once.

        Raises:
            RuntimeError: The transport is not open.
        """
        client = self._client("send")
        from cordboard.transports.twilio.sending import hand_over

        return await hand_over(
            client,
            message,
            channel=self.name,
            report_to=f"{self._settings.webhook_url}?message={message.message}",
            service=self._settings.messaging_service_sid,
            now=self._clock.now(),
        )

    async def missed(self, since: Timestamp) -> AsyncIterator[TextReceived | DeliveryReported]:
        """Yield what Twilio's list has since a moment, oldest first.

        Raises:
            ReconciliationFailed: Twilio does not answer, or not understandably; what was yielded is true.
            RuntimeError: The transport is not open.
        """
        self._client("ask")
        from cordboard.transports.twilio.listing import missed

        api_url = self._settings.api_url
        async for each in missed(self._clients, since, self._clock.now(), channel=self.name, api_url=api_url):
            yield each

    async def look_up(
        self, message: OutboundMessage, *, known: frozenset[str]
    ) -> Accepted | Throttled | Ambiguous | None:
        """Find out in Twilio's list whether a text was taken.

        Raises:
            RuntimeError: The transport is not open.
        """
        client = self._client("ask")
        from cordboard.transports.twilio.listing import look_up

        service = self._settings.messaging_service_sid
        return await look_up(client, message, known=known, channel=self.name, service=service)

    async def fetch_media(self, media: Media, *, limit: int) -> MediaContent | MediaUnavailable:
        """Fetch a customer's attachment.

        Raises:
            RuntimeError: The transport is not open.
        """
        if self._media is None:
            raise RuntimeError(f"channel {self.name!r} is not open: fetch inside its `async with` block")

        return await self._media.fetch(media, limit=limit, channel=self.name)

    def _client(self, what: str) -> Any:
        """Return the SDK's client for the channel's own account."""
        if not self._clients:
            raise RuntimeError(f"channel {self.name!r} is not open: {what} inside its `async with` block")

        return self._clients[self._settings.account_sid]

    def __repr__(self) -> str:
        return f"<TwilioTransport {self.name!r}>"
