"""The pool of connections by which transports send over HTTP. Importing this imports aiohttp."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from cordboard.engine.vocabulary import Milliseconds

NOT_REACHED: Final = (
    aiohttp.ClientConnectorError,  # refused, no such name, or no TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,  # the proxy would not connect us
    aiohttp.InvalidURL,  # the address looks like a URL and is none
)
"""Nothing had been written when these were raised: whatever was to be sent certainly has not been."""


class ConnectionLost(aiohttp.ClientError):
    """A connection broke, and whatever was asked by it may have been done."""


async def ask_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Ask, and keep aiohttp from asking again.

    It does so by itself for methods that HTTP calls idempotent, GET and PUT among them, when the connection breaks
    without an answer. Many a gateway is sent texts by GET, and has sent two then.

    Raises:
        ConnectionLost: The connection broke; aiohttp does not know this error for one to try again after.
    """
    try:
        return await handler(request)
    except NOT_REACHED:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionLost(str(error)) from error


def open_pool(*, connect: float, total: float) -> aiohttp.ClientSession:
    """Return a pool. To be made inside a running loop, and closed.

    Whatever is asked by it is asked once, whatever the method; `middlewares=()` has a single request repeated.

    Args:
        connect: Seconds until a connection must be there, name look-up and TLS included.
        total: Seconds until the whole answer must be there.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=100,  # the engine has 16 requests under way; a host that has more than 100 waits within `connect`
            keepalive_timeout=15,  # below the minute after which load balancers hang up on us in mid-request
        ),
        timeout=aiohttp.ClientTimeout(total=total, connect=connect),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(ask_once,),
    )


def proxy_to(url: str) -> str | None:
    """Return the proxy that this machine's settings name for a URL.

    aiohttp's `trust_env` would find the same, but anew for each request; and it fails on one with an Authorization
    header if there is a `.netrc` file with an entry for the host.
    """
    target = urlsplit(url)
    return None if proxy_bypass(target.netloc) else getproxies().get(target.scheme)


def wait_asked_for(retry_after: str) -> Milliseconds | None:
    """Return how long a Retry-After header asks to wait: it has seconds, or a date; None for anything else."""
    if retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 10:
        return int(retry_after) * 1000

    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None

    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)

    return max(0, round((until - datetime.now(UTC)).total_seconds() * 1000))
