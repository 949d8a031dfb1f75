"""The SDK's client, on an HTTP client of ours. Importing this imports the SDK and aiohttp, a third of a second's work.

The SDK's own asynchronous HTTP client waits for ever for a server that hangs, repeats requests that may have been
carried out, ignores proxies, and mixes up answers when it does not pool connections. This one takes its place.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from urllib.parse import urlencode

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # annotated, but without py.typed
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from twilio.rest.api.v2010.account import (  # type: ignore[import-untyped]
    message as _message,  # noqa: F401 - the SDK imports it with the first send: too late
)

from cordboard.transports.pool import open_pool, proxy_to
from cordboard.transports.twilio.settings import Subaccount, TwilioSettings

UNINTELLIGIBLE: Final = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    TwilioException,
)
"""What the SDK raises over an answer that is no JSON, no object, no list, too deep, or has dates that are none."""


_heard: ContextVar[bool] = ContextVar("heard", default=False)
"""Whether Twilio has answered what a task asks for: the SDK has no way to tell."""


class Unintelligible(Exception):
    """Twilio answered with success, and the SDK broke over the answer."""


@contextmanager
def reading_answer() -> Iterator[None]:
    """Tell an answer that cannot be understood from a defect of ours: the SDK raises the same over both.

    Raises:
        Unintelligible: There was an answer. Whatever breaks before there is one is raised as it is.
    """
    token = _heard.set(False)
    try:
        yield
    except UNINTELLIGIBLE as error:
        if not _heard.get():
            raise

        raise Unintelligible(type(error).__name__) from error
    finally:
        _heard.reset(token)


class NotTaken(Exception):
    """Twilio answered with something else than success.

    Args:
        status: The HTTP status.
        headers: The answer's headers; any case finds them.
        body: The answer's body: JSON of one of two shapes, or anything.
    """

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status
        self.headers = headers
        self.body = body


class PooledHttpClient(AsyncHttpClient):  # type: ignore[misc]  # see the imports
    """Sends the SDK's requests by a pool of connections. To be made inside a running loop, and closed.

    Args:
        api_url: Where the requests go, and nowhere else; decides on the proxy.
        connect: Seconds until a connection must be there, name look-up and TLS included.
        total: Seconds until the whole answer must be there.
    """

    def __init__(self, *, api_url: str, connect: float, total: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)  # the SDK asks for a logger; nothing is logged
        self._api_url = api_url
        self._proxy = proxy_to(api_url)
        self._session = open_pool(connect=connect, total=total)

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the SDK's signature; the pool's deadlines hold
        allow_redirects: bool = False,
    ) -> Response:
        """Send a request, and return a successful answer; what may send a text is sent once.

        Raises:
            NotTaken: The answer is no success.
            aiohttp.ClientError: There is no answer.
            TimeoutError: There is none in time.
            ValueError: The URL is not the API's: an answer named one for its next page that must not get credentials.
        """
        if not uri.startswith(f"{self._api_url.rstrip('/')}/"):
            raise ValueError("a page of the list is said to be somewhere else than the API")

        headers = dict(headers or {})
        if auth is not None:
            headers["Authorization"] = basic(*auth)

        async with self._session.request(
            method,
            uri,
            params=params,
            data=urlencode(data, doseq=True).encode() if data else None,
            headers=headers,
            allow_redirects=allow_redirects,
            proxy=self._proxy,
            middlewares=() if method == "GET" else None,  # a list may be asked for again: it sends nothing
        ) as answer:
            body = (await answer.read()).decode(errors="replace")
            if not 200 <= answer.status < 300:
                raise NotTaken(answer.status, answer.headers, body)

            _heard.set(True)
            return Response(answer.status, body, answer.headers)

    async def close(self) -> None:
        """Close every connection; whoever waits for an answer gets none."""
        await self._session.close()


def connect(settings: TwilioSettings, account: TwilioSettings | Subaccount, http_client: PooledHttpClient) -> Client:
    """Return the SDK's client for the channel's account, or a subaccount."""
    username, password = credentials(account)
    client = Client(
        username,
        password,
        account.account_sid,
        http_client=http_client,
        environment={"TWILIO_REGION": ""},  # a region in the real environment would change hosts behind our back
    )
    client.api.base_url = settings.api_url
    return client


def credentials(account: TwilioSettings | Subaccount) -> tuple[str, str]:
    """Return user and password for the REST API."""
    if isinstance(account, TwilioSettings) and account.api_key_secret is not None:
        return account.api_key_sid, account.api_key_secret.reveal()

    return account.account_sid, account.auth_token.reveal()


def basic(user: str, password: str) -> str:
    """Return user and password as the header that carries them."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
