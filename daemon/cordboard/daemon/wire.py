"""The wire: what a client may do to us before any request of theirs is one.

uvicorn reads headers of any length, for as long as a client cares to send them. Here they have a size and a deadline.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES: Final = 32 * 1024
"""The longest request line and headers: far more than any carrier or browser sends."""

HEAD_SECONDS: Final = 10.0
"""How long a client may take from connecting, or from the first byte of a later request, to the end of its headers."""

IDLE_SECONDS: Final = 65
"""How long a connection stays open between requests: a little longer than proxies in front of us keep theirs."""

_LINGER_SECONDS: Final = 2.0
"""How long a refused client may go on sending: closing at once would reset the connection before it reads why."""

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class HeadTooLargeError(Exception):
    """Stops the parser."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, where a request's head has a size (431 beyond it) and a deadline (cut off after it)."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0
        """Bytes of the request line and of the headers that are complete, trailers among them."""
        self._pending = 0
        """Bytes received since anything came of them: a head, a body, an end."""
        self._in_head = True
        self._deadline: TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin: the clock runs for the first head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece of what the client sends."""
        if self._refused:
            return

        self._pending += len(data)
        super().data_received(data)
        if self._refused or self.transport.is_closing():
            return

        if self._pending > MAX_HEAD_BYTES:
            self._refuse()
            return

        # Blank lines before a request, and a body that nobody reads any more, get no more time than a head.
        if self._deadline is None and (self._in_head or self.cycle.response_complete):
            self._expect_head()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = True
        self._head = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take the request's target, or a piece of it."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request to the application."""
        self._pending = 0
        self._in_head = False
        self._stop_clock()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._pending = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser stopped at."""
        if self._head > MAX_HEAD_BYTES:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > MAX_HEAD_BYTES:
            raise HeadTooLargeError

    def _refuse(self) -> None:
        self._refused = True
        if self._in_head:  # otherwise somebody's answer may be half written
            self.transport.write(_TOO_LARGE)

        self.transport.write_eof()
        self._stop_clock()
        self._deadline = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
