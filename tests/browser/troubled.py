"""A daemon whose carrier does what a text says: for what a browser should show of trouble. `python -m` runs it."""

from __future__ import annotations

import json
import signal
from typing import Final

import anyio
from msgspec.structs import replace
from tests.daemon.conftest import CONFIG, PlainCarrier, running, token_of

from cordboard.daemon.access import Access
from cordboard.daemon.house import House
from cordboard.engine import Engine
from cordboard.engine.carrier import (
    ChannelNotice,
    DeliveryReported,
    Failure,
    OutboundMessage,
    Rejected,
    SendResult,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.config import SECOND
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import FailureKind, MessageStatus
from cordboard.storage.memory import MemoryStore

REPORT_TIMEOUT: Final = 8 * SECOND
"""Long enough for a page on a busy machine to show that a text was sent."""

_REFUSALS: Final = {
    "landline": Rejected(failure=Failure(code="21614", text="The number is a landline.", kind=FailureKind.RECIPIENT)),
    "trouble": Rejected(failure=Failure(code="30008", text="The carrier had trouble.", kind=FailureKind.TROUBLE)),
    "suspended": Rejected(
        failure=Failure(code="20005", text="The account is suspended.", kind=FailureKind.ACCOUNT), channel_down=True
    ),
}


class TroubledCarrier(PlainCarrier):
    """Refuses the texts that have a word of `_REFUSALS` in them; delivers others when it is told to."""

    async def send(self, message: OutboundMessage) -> SendResult:
        for word, refusal in _REFUSALS.items():
            if word in message.body:
                return refusal

        return await super().send(message)

    def receive(self, request: WebhookRequest) -> WebhookReply:
        told = json.loads(request.body)
        if "delivered" in told:
            report = DeliveryReported(
                channel=self.name, provider_id=f"SM{told['delivered']}", status=MessageStatus.DELIVERED
            )
            return WebhookReply(events=(report,))

        if "notice" in told:
            return WebhookReply(events=(ChannelNotice(channel=self.name, code="told", text=told["notice"]),))

        return super().receive(request)


async def serve() -> None:
    """Run it until SIGTERM, and print its address."""
    config = replace(CONFIG, channels=(replace(CONFIG.channels[0], report_timeout=REPORT_TIMEOUT),))
    store, carrier = MemoryStore(), TroubledCarrier()
    tokens = {each.name: Secret(token_of(each.name)) for each in config.reps}
    with anyio.open_signal_receiver(signal.SIGTERM) as signals:
        async with Engine(config, store=store, transports=[carrier]) as engine:
            house = House(engine=engine, access=Access(config, tokens), demo=True)
            async with running(house, store, carrier) as daemon:
                print(daemon.url, flush=True)
                await anext(signals)


if __name__ == "__main__":
    anyio.run(serve)
