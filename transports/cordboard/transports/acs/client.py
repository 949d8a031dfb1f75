"""The SDK's client, on a pool and policies of ours. Importing this imports the SDK and aiohttp, half a second's work.

Left to itself, the SDK gives a text that is sent again a new id, so that the customer gets it twice; sleeps inside
`send` for as long as Azure asks; waits five minutes for a server that hangs; calls a connection that broke in
mid-answer one that was never made; and drops half of what Azure says. So what is sent, and what comes back, passes
through a policy here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import anyio
from azure.communication.sms.aio import SmsClient
from azure.core import AsyncPipelineClient
from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    AsyncRetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from msrest.exceptions import ClientException

from cordboard.engine.carrier import OutboundMessage
from cordboard.transports.acs.settings import AcsSettings, Credential
from cordboard.transports.acs.signature import sign

SCOPE: Final = "https://communication.azure.com//.default"
"""What a token is asked for; the two slashes are Azure's."""

REPORTS_SINCE: Final = "2026-01-23"
"""The version of the API that can be asked for a delivery report."""

_NO_ANSWER: Final = (AzureError, aiohttp.ClientError, TimeoutError, OSError)

_ODD_ANSWER: Final = (ClientException, ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What the SDK raises over an answer that is no JSON, null, too deep, or otherwise not as it should be."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What Azure said, as it came.

    Attributes:
        status: The HTTP status.
        headers: Its headers, names in lower case.
        body: Its body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(kw_only=True, eq=False)
class Exchange:
    """One request, and what became of it.

    Attributes:
        messages: The texts in it.
        written: Whether anything of it may have reached Azure.
        no_token: Whether Entra gave us no token for it.
        error: The name of what went wrong, for the log.
        answer: What Azure said; None while, or if, it said nothing.
    """

    messages: Sequence[OutboundMessage] = ()
    written: bool = False
    no_token: bool = False
    error: str = ""
    answer: Answer | None = field(default=None)


_current: ContextVar[Exchange] = ContextVar("exchange")
"""The exchange that a task is in: the SDK has no way to hand one to its policies."""


class Faithful(AsyncHTTPPolicy[Any, Any]):
    """Puts the ids into a request that Azure knows a repetition by, and keeps the answer as it came.

    It comes before the policy that signs the request.

    Args:
        plain_http: Whether a token may travel over http: to a fake on this machine.
    """

    def __init__(self, *, plain_http: bool) -> None:
        super().__init__()
        self._plain_http = plain_http

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send a request on its way."""
        exchange = _current.get()
        if exchange.messages:
            _make_repeatable(request.http_request, exchange.messages)

        if self._plain_http:
            request.context.options["enforce_https"] = False

        response = await self.next.send(request)
        answer = response.http_response
        exchange.answer = Answer(
            status=answer.status_code,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=_body_of(answer),
        )
        return response


class Signed(SansIOHTTPPolicy[Any, Any]):
    """Signs a request that has no body with the access key."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Sign it."""
        url = urlsplit(request.http_request.url)
        path = f"{url.path}?{url.query}"
        headers = sign(self._key, method="GET", host=url.netloc, path=path, date=formatdate(usegmt=True))
        request.http_request.headers.update(headers)


class AcsClient:
    """Speaks to one resource. To be made by `connect`.

    Args:
        sms: The SDK's client.
        rest: A pipeline of the SDK's, for what that has no method for.
        url: Where the resource is.
        total: Seconds until the whole answer must be there.
    """

    def __init__(self, sms: SmsClient, rest: AsyncPipelineClient[Any, Any], *, url: str, total: float) -> None:
        self._sms = sms
        self._rest = rest
        self._url = url
        self._total = total

    async def send(self, messages: Sequence[OutboundMessage]) -> Exchange:
        """Hand over texts that differ in recipient and keys alone, once."""
        first = messages[0]
        exchange = Exchange(messages=messages)
        async with self._conducted(exchange):
            await self._sms.send(
                from_=first.sender,
                to=[each.recipient for each in messages],
                message=first.body,
                enable_delivery_report=True,
                # It comes back with the delivery report, perhaps before the answer. All recipients share one.
                tag=str(first.message) if len(messages) == 1 else None,
            )

        return exchange

    async def ask_for_report(self, provider_id: str) -> Exchange:
        """Ask what became of a text."""
        exchange = Exchange()
        async with self._conducted(exchange):
            url = f"{self._url}/deliveryReports/{quote(provider_id, safe='')}"
            await self._rest.send_request(HttpRequest("GET", url, params={"api-version": REPORTS_SINCE}))

        return exchange

    @asynccontextmanager
    async def _conducted(self, exchange: Exchange) -> AsyncIterator[None]:
        token = _current.set(exchange)
        try:
            with anyio.fail_after(self._total):
                yield
        except ClientAuthenticationError as error:
            exchange.no_token = exchange.answer is None  # otherwise it was Azure that refused
            exchange.error = type(error).__name__
        except _NO_ANSWER as error:
            exchange.error = type(error).__name__
        except _ODD_ANSWER as error:
            if exchange.answer is None:
                raise  # it is no carrier's fault

            exchange.error = type(error).__name__
        finally:
            _current.reset(token)


@asynccontextmanager
async def connect(settings: AcsSettings, *, connect: float, total: float) -> AsyncIterator[AcsClient]:
    """Open a pool of connections to a channel's resource, and close it.

    Args:
        settings: The channel's.
        connect: Seconds until a connection must be there.
        total: Seconds until the whole answer must be there.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=100,  # the engine has 16 requests under way; a host that has more than 100 waits within `total`
            keepalive_timeout=15,  # below the minutes after which load balancers hang up on us in mid-request
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_tracing()],
    )
    async with session:
        transport = AioHttpTransport(
            session=session, session_owner=False, connection_timeout=connect, read_timeout=total
        )
        plain_http = settings.credential is Credential.ENTRA and settings.on_loopback
        async with _credential(settings) as credential:
            sms = SmsClient(
                settings.url,
                credential,
                transport=transport,
                per_call_policies=[Faithful(plain_http=plain_http)],
                retry_policy=AsyncRetryPolicy.no_retries(),
                permit_redirects=False,
                http_logging_policy=SansIOHTTPPolicy(),  # it would log each URL; nothing is logged
                **_proxies(settings.url),
            )
            signing = (
                Signed(credential.key)
                if isinstance(credential, AzureKeyCredential)
                else AsyncBearerTokenCredentialPolicy(credential, SCOPE)
            )
            rest: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(
                settings.url,
                policies=[UserAgentPolicy(), Faithful(plain_http=plain_http), signing],
                transport=transport,
            )
            yield AcsClient(sms, rest, url=settings.url, total=total)


@asynccontextmanager
async def _credential(settings: AcsSettings) -> AsyncIterator[AzureKeyCredential | AsyncTokenCredential]:
    if settings.credential is Credential.ENTRA:
        from azure.identity.aio import DefaultAzureCredential

        async with DefaultAzureCredential() as identity:
            yield identity
    else:
        assert settings.key is not None  # noqa: S101 - the settings were refused otherwise
        yield AzureKeyCredential(settings.key.reveal())


def _make_repeatable(request: Any, messages: Sequence[OutboundMessage]) -> None:
    """Give each recipient the id that its text has for ever, and the time that it was first tried.

    Both travel together, and both were persisted before the first attempt.
    """
    body = json.loads(request.body)
    for recipient, message in zip(body["smsRecipients"], messages, strict=True):
        recipient["repeatabilityRequestId"] = message.attempt_key
        first = message.first_tried_at or message.queued_at
        recipient["repeatabilityFirstSent"] = formatdate(first / 1000, usegmt=True)

    request.set_json_body(body)


def _body_of(answer: Any) -> bytes:
    """Return an answer's body. The SDK has two kinds of answer: one with a method for it, one with a property."""
    content = getattr(answer, "content", None)
    return content if isinstance(content, bytes) else answer.body()


def _tracing() -> aiohttp.TraceConfig:
    """Return a configuration that notes when a request begins to be written: before, it certainly reached nobody."""

    async def note(_session: aiohttp.ClientSession, _context: SimpleNamespace, _request: Any) -> None:
        _current.get().written = True

    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(note)
    return config


def _proxies(url: str) -> dict[str, dict[str, str]]:
    """Return the proxy that this machine's settings name for a URL, as the SDK wants to be told."""
    target = urlsplit(url)
    proxy = None if proxy_bypass(target.netloc) else getproxies().get(target.scheme)
    return {"proxies": {target.scheme: proxy}} if proxy else {}
