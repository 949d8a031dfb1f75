"""Calls of our webhooks, one at a time, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from msgspec import Struct
from yarl import URL


class WebhookAnswer(Struct, frozen=True, kw_only=True):
    """What a webhook answered.

    Attributes:
        status: The HTTP status; 0 when nobody answered.
        content_type: The body's MIME type.
        headers: The answer's headers, by names in lower case.
        body: The body.
        failure: `ct` (no connection), `rt` (no answer), `3xx`, `4xx`, `5xx`, or empty.
        tries: How often it was called.
    """

    status: int = 0
    content_type: str = ""
    headers: dict[str, str] = {}
    body: str = ""
    failure: str = ""
    tries: int = 1


class Webhooks:
    """A pool of connections to webhooks. To be made inside a running loop, and closed."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    @property
    def closed(self) -> bool:
        """Whether nobody is called any more."""
        return self._session.closed

    async def close(self) -> None:
        """Close every connection; whoever waits for an answer gets none."""
        await self._session.close()

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        connect: float,
        read: float,
    ) -> WebhookAnswer:
        """Call a webhook once. Never raises for what it does.

        Args:
            method: `POST` or `OPTIONS`.
            url: Where it is.
            headers: The request's headers.
            body: The request's body.
            connect: Seconds until a connection must be there.
            read: Seconds until the answer must begin.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return WebhookAnswer(
                    status=answer.status,
                    content_type=answer.content_type,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=(await answer.read()).decode(errors="replace"),
                    failure="" if 200 <= answer.status < 300 else f"{answer.status // 100}xx",
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return WebhookAnswer(failure="ct")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):  # ValueError: the URL is none
            return WebhookAnswer(failure="rt")
