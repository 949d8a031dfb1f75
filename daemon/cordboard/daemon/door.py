"""The carriers' door, `/webhooks/{channel}`: plain ASGI, since every text comes through it."""

from __future__ import annotations

from typing import Final

import structlog
from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, HTTPScope, Receive, Send

from cordboard.daemon.api import problems
from cordboard.daemon.api.problems import Kind
from cordboard.daemon.body import PATIENCE, BodyRefused, ClientGone, read_body
from cordboard.daemon.house import House
from cordboard.daemon.metrics import Metrics
from cordboard.engine.carrier import WebhookReply, WebhookRequest
from cordboard.engine.errors import CommitFailed, CordboardError, NotFound, NotRunning, Thing

log = structlog.get_logger(__name__)

PREFIX: Final = "/webhooks/"

_METHODS: Final = ("GET", "POST", "OPTIONS")

_BODILESS: Final = (204, 304)

_UNAVAILABLE: Final = problems.BY_ERROR[CommitFailed]


class Door:
    """Takes carriers' requests in, and answers each after what it says is committed.

    Args:
        house: The engine and its transports.
        metrics: Counts what is turned away.
        patience: Seconds a body may take to arrive.
    """

    def __init__(self, house: House, metrics: Metrics, *, patience: float = PATIENCE) -> None:
        self._house = house
        self._metrics = metrics
        self._patience = patience

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        channel = scope["path"][len(PREFIX) :]
        missing = self._missing(channel)
        if missing is not None:
            await _refuse(send, problems.kind_of(missing), str(missing))
            return

        if scope["method"] not in _METHODS:
            allow = ("allow", ", ".join(_METHODS))
            await _refuse(send, problems.BY_STATUS[405], "carriers use GET, POST or OPTIONS here", allow)
            return

        try:
            request = self._request(channel, scope, await read_body(scope, receive, patience=self._patience))
            reply = await self._house.engine.receive(channel, request)
        except ClientGone:
            return
        except BodyRefused as refusal:
            kind = problems.BY_STATUS[refusal.status]
            self._note_refusal(channel, kind.slug, kind.status)
            await _refuse(send, kind, str(refusal), ("connection", "close"))
            return
        except CordboardError as error:
            # Whatever keeps us from taking a text is our fault here, and a carrier tries again only after a 5xx.
            kind = problems.kind_of(error)
            kind = kind if kind.status == _UNAVAILABLE.status else _UNAVAILABLE
            self._metrics.count_refusal(channel, kind.slug)
            await _refuse(send, kind, problems.explain_outage(kind))
            return

        if reply.refusal:
            self._note_refusal(channel, reply.refusal, reply.status)

        await _answer(send, reply)

    def _missing(self, channel: str) -> CordboardError | None:
        """Return why nothing can be taken for a channel, None if it can.

        A channel whose transport is just being replaced is not unknown: a carrier does not come back after a 404.
        """
        engine = self._house.engine
        if not engine.running:
            return NotRunning("Cordboard is starting or stopping; send it again")

        if channel in engine.transports:
            return None

        if any(each.name == channel for each in engine.board.config.channels):
            return NotRunning(f"channel {channel!r} is being changed; send it again")

        return NotFound("there is no such channel here", what=Thing.CHANNEL)

    def _request(self, channel: str, scope: HTTPScope, body: bytes) -> WebhookRequest:
        """Return the request as the carrier sees it: its raw path and query are signed, so they stay as they came."""
        public_url: str = getattr(self._house.engine.transports.get(channel), "public_url", "")
        url = public_url.rstrip("/") + scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            url = f"{url}?{scope['query_string'].decode('latin-1')}"

        return WebhookRequest(
            method=scope["method"],
            url=url,
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )

    def _note_refusal(self, channel: str, reason: str, status: int) -> None:
        self._metrics.count_refusal(channel, reason)
        log.warning("webhook_refused", channel=channel, reason=reason, status=status)


async def _refuse(send: Send, kind: Kind, detail: str, *headers: tuple[str, str]) -> None:
    reply = WebhookReply(
        status=kind.status,
        content_type=problems.MEDIA_TYPE,
        body=problems.encode(kind, detail),
        headers=(*problems.headers_of(kind).items(), *headers),
    )
    await _answer(send, reply)


async def _answer(send: Send, reply: WebhookReply) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    if reply.status not in _BODILESS:
        headers.append((b"content-length", str(len(reply.body)).encode()))
        if reply.body:
            headers.append((b"content-type", reply.content_type.encode("latin-1")))

    start: HTTPResponseStartEvent = {"type": "http.response.start", "status": reply.status, "headers": headers}
    body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": reply.body, "more_body": False}
    await send(start)
    await send(body)
