"""Fetches customers' attachments: from Twilio with its credentials, from where Twilio sends us without.

Twilio sends us to a signed URL of another host. Whoever could make it name another one must not have this machine, or
its private network, asked for anything: so every address is looked at where it counts, as the connection is made.
Importing this imports aiohttp.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import anyio
import structlog
from yarl import URL

from cordboard.engine.carrier import Media, MediaContent, MediaUnavailable
from cordboard.transports.pool import proxy_to
from cordboard.transports.twilio.client import basic

log = structlog.get_logger(__name__)

_MOST_HOPS: Final = 5
"""Twilio needs one redirection, or two."""

_REDIRECTIONS: Final = frozenset({301, 302, 303, 307, 308})

_CHUNK: Final = 64 * 1024

_USUAL_TYPE: Final = "application/octet-stream"

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
"""Where a network without IPv4 puts IPv4's addresses (RFC 6052)."""

_GONE: Final = MediaUnavailable(reason="The attachment is no longer at the carrier.", final=True)
_LATE: Final = MediaUnavailable(reason="The carrier did not answer in time.", final=False)
_CUT_OFF: Final = MediaUnavailable(reason="The carrier could not be reached, or broke off.", final=False)
_NOWHERE: Final = MediaUnavailable(reason="The attachment's address is none that can be fetched.", final=True)
_PRIVATE: Final = MediaUnavailable(reason="The attachment's address is in a private network.", final=True)
_ASTRAY: Final = MediaUnavailable(reason="The carrier sends us from one address to the next.", final=True)


class _NotPublic(OSError):
    """An address is not one of the public internet."""


class MediaFetcher:
    """Fetches attachments. To be made inside a running loop, and closed.

    Args:
        api_url: Where the REST API is; what it serves itself is fetched, wherever it is.
        accounts: User and password for the REST API, by the account in an attachment's URL.
        usual: The same for every other URL of the API.
        connect: Seconds until a connection must be there.
        total: Seconds until the attachment must be there, redirections included.
    """

    def __init__(
        self,
        *,
        api_url: str,
        accounts: Mapping[str, tuple[str, str]],
        usual: tuple[str, str],
        connect: float,
        total: float,
    ) -> None:
        self._api = URL(api_url).origin()
        self._accounts = accounts
        self._usual = usual
        self._total = total
        timeout = aiohttp.ClientTimeout(total=total, connect=connect)
        self._public = _session(aiohttp.TCPConnector(socket_factory=_public_socket), timeout)
        self._trusting = _session(aiohttp.TCPConnector(), timeout)

    async def fetch(self, media: Media, *, limit: int, channel: str) -> MediaContent | MediaUnavailable:
        """Return an attachment; see `cordboard.engine.ports.FetchesMedia`."""
        try:
            with anyio.fail_after(self._total):
                return await self._follow(media, limit)
        except TimeoutError:
            return _LATE
        except (aiohttp.InvalidURL, ValueError):  # a look at it before would be no look by the same eyes
            return _NOWHERE
        except (aiohttp.ClientError, OSError) as error:
            log.debug("media_not_fetched", channel=channel, error=type(error).__name__)
            cause = getattr(error, "os_error", error)
            return _PRIVATE if isinstance(cause, _NotPublic) else _CUT_OFF

    async def close(self) -> None:
        """Close every connection."""
        await self._public.close()
        await self._trusting.close()

    async def _follow(self, media: Media, limit: int) -> MediaContent | MediaUnavailable:
        url = _read_url(media.url)
        headers = {"Accept": "*/*"}
        if self._is_carriers(url):
            headers["Authorization"] = basic(*self._credentials_for(url))

        for _ in range(_MOST_HOPS):
            if url.scheme not in ("http", "https") or not url.host:
                return _NOWHERE

            url = url.with_user(None)  # or it would be sent as credentials
            session, proxy = self._way_to(url)
            async with session.get(url, headers=headers, proxy=proxy, allow_redirects=False) as answer:
                if answer.status not in _REDIRECTIONS or "Location" not in answer.headers:
                    return await _content(answer, media, limit)

                url = url.join(_read_url(answer.headers["Location"]))

            headers.pop("Authorization", None)  # a signed URL needs none, and nobody else may see them

        return _ASTRAY

    def _is_carriers(self, url: URL) -> bool:
        return url.origin() == self._api or (url.scheme == "https" and (url.host or "").lower().endswith(".twilio.com"))

    def _credentials_for(self, url: URL) -> tuple[str, str]:
        return next((self._accounts[part] for part in url.parts if part in self._accounts), self._usual)

    def _way_to(self, url: URL) -> tuple[aiohttp.ClientSession, str | None]:
        """Return who asks, and through which proxy.

        Raises:
            _NotPublic: A proxy would be asked for an address that is not public. Names are the proxy's to look up.
        """
        proxy = proxy_to(str(url))
        if url.origin() == self._api:
            return self._trusting, proxy

        if proxy is None:
            return self._public, None

        if _is_address(url.host or "") and not _is_public(url.host or ""):
            raise _NotPublic("not a public address")

        return self._trusting, proxy


def _session(connector: aiohttp.BaseConnector, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


async def _content(answer: aiohttp.ClientResponse, media: Media, limit: int) -> MediaContent | MediaUnavailable:
    if answer.status in (404, 410):
        return _GONE

    if answer.status != 200:
        # Credentials can be mended, and a signed URL that has run out is replaced by another one.
        passing = answer.status >= 500 or answer.status in (401, 403, 407, 408, 429)
        return MediaUnavailable(reason=f"The carrier answered with HTTP status {answer.status}.", final=not passing)

    data = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > limit:
            return MediaUnavailable(reason=f"The attachment has more than {limit} bytes.", final=True)

    said = answer.headers.get("Content-Type", media.content_type).partition(";")[0].strip().lower()
    return MediaContent(data=bytes(data), content_type=said or _USUAL_TYPE)


def _read_url(url: str) -> URL:
    """Return a URL to be asked for exactly as it is: a signed one must not be written in another way.

    Raises:
        ValueError: It is none.
    """
    exact = url.isascii() and url.isprintable() and " " not in url
    return URL(url, encoded=exact).with_fragment(None)


def _public_socket(address: tuple[Any, ...]) -> socket.socket:
    """Return a socket for an address that is about to be connected to.

    Raises:
        _NotPublic: It is not public.
    """
    family, kind, protocol, _, (host, *_) = address
    if not _is_public(host):
        raise _NotPublic("not a public address")

    return socket.socket(family, kind, protocol)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False

    return True


def _is_public(host: str) -> bool:
    """Whether an address is one of the public internet, also where an IPv6 address has an IPv4 one in it."""
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)

        if inner is not None:
            address = inner

    return address.is_global and not address.is_multicast
