"""Tells open phone pages that some phone has changed."""

from __future__ import annotations

from litestar.types import Receive, Scope, Send

from cordboard.daemon.desk.signals import EVERYTHING, Signals, stream
from cordboard.daemon.phone.exchange import Exchange
from cordboard.engine.ports import Clock


class PhoneStream:
    """The stream of one open page of phones: the ASGI application of a single response.

    Args:
        exchange: The phones.
        after: The version of them that the page shows.
        clock: Tells the page what time it is here.
    """

    def __init__(self, exchange: Exchange, *, after: int, clock: Clock) -> None:
        self._exchange = exchange
        self._signals = Signals(position=lambda: exchange.version, clock=clock)
        if after != exchange.version:
            self._signals.tell(EVERYTHING)

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Tell, until the page or the daemon goes."""
        await stream(receive, send, self._follow(), self._signals.speak(send), self._exchange.stopped())

    async def _follow(self) -> None:
        while True:
            await self._exchange.changed()
            self._signals.tell(EVERYTHING)
