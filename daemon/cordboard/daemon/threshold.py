"""What every request passes on its way to the API and the pages: a bounded body, HEAD, headers that browsers heed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from litestar.types import (
    ASGIApp,
    HTTPDisconnectEvent,
    HTTPReceiveMessage,
    HTTPRequestEvent,
    HTTPScope,
    Message,
    Receive,
    Send,
    WebSocketReceiveMessage,
)

from cordboard.daemon.api import problems
from cordboard.daemon.body import LARGEST, LARGEST_UPLOAD, UPLOAD_PATIENCE, BodyRefused, ClientGone, read_body

_POLICY: Final = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

_UPLOADS: Final = frozenset({"/v1/media", "/desk/media"})
"""Where files may come in, which are larger than anything else, and slower."""

_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    # What is answered here is somebody's, and of this moment.
    (b"cache-control", b"no-store"),
)
"""Added to every answer that does not say otherwise itself."""


class Threshold:
    """Wraps an ASGI application.

    Args:
        app: What is behind it.
        patience: Seconds a body may take to arrive.
        known: Tells whether a request shows who sends it: a stranger's file is as small and quick as any other body.
    """

    def __init__(self, app: ASGIApp, *, patience: float, known: Callable[[HTTPScope], bool]) -> None:
        self._app = app
        self._patience = patience
        self._known = known

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        send = _with_headers(send)
        if scope["query_string"]:
            scope = cast("HTTPScope", {**scope, "query_string": _without_blanks(scope["query_string"])})

        if scope["method"] == "HEAD":
            # The web server knows the request as it came, and drops the body of the answer.
            await self._app(cast("HTTPScope", {**scope, "method": "GET"}), _one_body(b"", _gone), send)
            return

        if _has_body(scope):
            try:
                body = await self._read_body(scope, receive)
            except ClientGone:
                return
            except BodyRefused as refusal:
                await _refuse(send, refusal)
                return

            receive = _one_body(body, receive)

        await self._app(scope, receive, send)

    async def _read_body(self, scope: HTTPScope, receive: Receive) -> bytes:
        upload = scope["path"].rstrip("/") in _UPLOADS and self._known(scope)
        return await read_body(
            scope,
            receive,
            patience=max(self._patience, UPLOAD_PATIENCE) if upload else self._patience,
            largest=LARGEST_UPLOAD if upload else LARGEST,
        )


def _without_blanks(query: bytes) -> bytes:
    """Return a query without the parameters that have no value: a filter that is left blank filters nothing."""
    return b"&".join(each for each in query.split(b"&") if each.partition(b"=")[2] or b"=" not in each)


def _has_body(scope: HTTPScope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _one_body(body: bytes, then: Receive) -> Receive:
    """Return a `receive` that hands out a body that is complete, and from then on what `then` does."""
    waiting: list[HTTPRequestEvent] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        return waiting.pop() if waiting else await then()

    return receive


async def _gone() -> HTTPDisconnectEvent:
    return {"type": "http.disconnect"}


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            said = {name.lower() for name, _ in headers}
            headers += [each for each in _HEADERS if each[0] not in said]
            message = {**message, "headers": headers}

        await send(message)

    return send_with_headers


async def _refuse(send: Send, refusal: BodyRefused) -> None:
    kind = problems.BY_STATUS[refusal.status]
    body = problems.encode(kind, str(refusal))
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": kind.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
