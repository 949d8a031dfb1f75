"""A channel whose carrier is simulated in the process."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self
from urllib.parse import urlsplit

from anyio import to_thread
from msgspec import Meta
from msgspec.structs import replace

from cordboard.engine.carrier import (
    Capabilities,
    Media,
    MediaContent,
    MediaUnavailable,
    OutboundMessage,
    SendResult,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.secret import Secret
from cordboard.transports.base import ChannelSettings
from cordboard.transports.simulator.opt_outs import KeywordHandling
from cordboard.transports.twilio import TwilioSettings, TwilioTransport

if TYPE_CHECKING:
    from cordboard.transports.simulator.carrier import SimulatedCarrier


USUAL_URL = "http://127.0.0.1:8080"
"""Where a daemon listens unless it is told otherwise."""


class SimulatorSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a simulated channel is told.

    Attributes:
        public_url: Where the simulated carrier finds this Cordboard; empty: where the daemon listens.
        port: Where its REST API listens on loopback; 0 for any port that is free.
        phones: A file for what the phones show; where it is empty, that is forgotten.
    """

    provider: str = "simulator"
    public_url: str = ""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    phones: str = ""

    def find_problems(self) -> Iterator[str]:
        """Yield everything that is wrong, each as `key: reason`."""
        yield from super().find_problems()
        if "_" in (urlsplit(self.public_url).hostname or ""):
            yield "public_url: a carrier calls no host with an underscore in its name; use another name for it"


class SimulatorTransport:
    """A simulated carrier, and the Twilio transport that speaks to it; see `cordboard.engine.ports.Transport`.

    Its carrier is not asked for what was missed, nor whether it has a text: it lives and dies with this process, and
    what it took before a restart is not on its list.

    Args:
        settings: The channel's.
    """

    Settings: ClassVar[type[ChannelSettings]] = SimulatorSettings

    def __init__(self, settings: SimulatorSettings) -> None:
        self._settings = settings
        self._twilio_settings = TwilioSettings(
            name=settings.name,
            public_url=settings.public_url or USUAL_URL,
            account_sid="AC" + hashlib.sha256(settings.name.encode()).hexdigest()[:32],
            auth_token=Secret(secrets.token_hex(16)),  # nobody but the carrier in this process knows it
            api_url="http://127.0.0.1",  # its port is known once the carrier listens
        )
        self._twilio = TwilioTransport(self._twilio_settings)
        self._carrier: SimulatedCarrier | None = None
        self._stack = AsyncExitStack()

    def with_public_url(self, public_url: str) -> SimulatorTransport:
        """Return a transport that is told the same, but is found elsewhere; it is not open.

        For a daemon that does not know its port before it listens.

        Raises:
            ValueError: The URL cannot be used.
        """
        return SimulatorTransport(replace(self._settings, public_url=public_url))

    @property
    def name(self) -> str:
        """The channel's name."""
        return self._settings.name

    @property
    def public_url(self) -> str:
        """Where the carrier finds this Cordboard."""
        return self._settings.public_url or USUAL_URL

    @property
    def capabilities(self) -> Capabilities:
        """What the carrier can do."""
        return self._twilio.capabilities

    @property
    def carrier(self) -> SimulatedCarrier:
        """The carrier, once the transport is open.

        Raises:
            RuntimeError: It is not.
        """
        if self._carrier is None:
            raise RuntimeError(f"channel {self.name!r} is not open: its carrier lives inside its `async with` block")

        return self._carrier

    async def __aenter__(self) -> Self:
        """Start the carrier, and open the way to it."""
        # Importing a web server takes a while; in a thread, the loop goes on meanwhile.
        await to_thread.run_sync(import_module, "cordboard.transports.simulator.carrier")
        from cordboard.transports.simulator.carrier import SimulatedCarrier
        from cordboard.transports.simulator.twilio.caller import PATIENT

        path = self._settings.phones
        carrier = SimulatedCarrier(
            self._twilio_settings.account_sid,
            self._twilio_settings.auth_token,
            webhook_url=self._settings.webhook_url,
            phones=Path(path) if path else None,
            port=self._settings.port,
            patience=PATIENT,
            keywords=KeywordHandling.DEFAULT if self._settings.answers_keywords else KeywordHandling.NONE,
        )
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(carrier)
            twilio = TwilioTransport(replace(self._twilio_settings, api_url=carrier.api_url))
            self._twilio = await stack.enter_async_context(twilio)
            self._carrier = carrier
            self._stack = stack.pop_all()

        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close the way to the carrier, and stop it."""
        self._carrier = None
        await self._stack.aclose()

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request at the channel's door."""
        return self._twilio.receive(request)

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand one text to the carrier, once.

        Raises:
            RuntimeError: The transport is not open.
        """
        return await self._twilio.send(message)

    async def fetch_media(self, media: Media, *, limit: int) -> MediaContent | MediaUnavailable:
        """Fetch a customer's attachment.

        Raises:
            RuntimeError: The transport is not open.
        """
        return await self._twilio.fetch_media(media, limit=limit)

    def __repr__(self) -> str:
        return f"<SimulatorTransport {self.name!r}>"
