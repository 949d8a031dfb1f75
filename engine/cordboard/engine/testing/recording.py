"""A transport without a carrier: it records what it is asked to send and answers what it was told to."""

from __future__ import annotations

from collections import deque
from typing import Self

import anyio
import msgspec

from cordboard.engine.carrier import (
    Accepted,
    Capabilities,
    OutboundMessage,
    SendResult,
    TextReceived,
    WebhookReply,
    WebhookRequest,
)


class RecordingTransport:
    """Takes texts as JSON (`TextReceived`) at its door, and keeps what it sends.

    Attributes:
        name: The channel.
        capabilities: What it claims to do.
        sent: What was handed over, in order.
        answers: What to answer to the next sends; afterwards everything is accepted.
        open: Whether it was entered and not left.
    """

    def __init__(self, name: str = "main", *, capabilities: Capabilities | None = None) -> None:
        self.name = name
        self.capabilities = capabilities or Capabilities(max_characters=1600)
        self.sent: list[OutboundMessage] = []
        self.answers: deque[SendResult | anyio.Event] = deque()
        self.open = False
        self._news = anyio.Event()

    async def __aenter__(self) -> Self:
        """Open."""
        self.open = True
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close."""
        self.open = False

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Take one `TextReceived` or several, as JSON; anything else is refused."""
        try:
            texts = msgspec.json.decode(request.body, type=list[TextReceived])
        except msgspec.DecodeError:
            return WebhookReply(status=403, refusal="forged")

        return WebhookReply(events=tuple(texts))

    async def send(self, message: OutboundMessage) -> SendResult:
        """Record a text; an event among the answers is waited for first."""
        self.sent.append(message)
        self._news.set()
        self._news = anyio.Event()
        while self.answers:
            answer = self.answers.popleft()
            if not isinstance(answer, anyio.Event):
                return answer

            await answer.wait()

        return Accepted(provider_id=f"OUT-{message.attempt_key}-{len(self.sent)}")

    async def has_sent(self, count: int) -> list[OutboundMessage]:
        """Wait until so many texts were handed over, and return them."""
        while len(self.sent) < count:
            await self._news.wait()

        return self.sent
