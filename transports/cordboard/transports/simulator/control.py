"""Telling a simulated carrier over HTTP what to do, from a test in any language.

POST /simulator/texts   {"from": "+14155550123", "to": "+18005550100", "body": "Hi"}   be a customer
GET  /simulator/texts   ?to= &from= &body= &direction=                                   what it has carried
PUT  /simulator/faults  a script, see `Script.read`                                      what goes wrong next
GET  /simulator/faults                                                                   the names of treatments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web
from msgspec import Struct, field

from cordboard.engine.carrier import Media, MediaContent
from cordboard.transports.simulator.faults import NAMED
from cordboard.transports.simulator.messages import CarriedText
from cordboard.transports.simulator.script import ScriptUnreadable

if TYPE_CHECKING:
    from cordboard.transports.simulator.carrier import SimulatedCarrier

_OURSELVES = frozenset({"127.0.0.1", "localhost"})


class Attachment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a customer attaches.

    Attributes:
        content_type: Its MIME type.
        data: What it is, base64.
        url: Where it lies, if not with the carrier.
    """

    content_type: str
    data: bytes = b""
    url: str = ""


class CustomersText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text to send as a customer.

    Attributes:
        sender: The customer.
        recipient: The number of ours.
        body: The text.
        media: Attachments.
        sid: The id of a text that comes again.
    """

    sender: str = field(name="from")
    recipient: str = field(name="to")
    body: str = ""
    media: list[Attachment] = []
    sid: str = ""


class ControlApi:
    """Answers requests about the simulation itself, from this machine alone.

    Args:
        carrier: The carrier.
    """

    def __init__(self, carrier: SimulatedCarrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers to."""
        return [
            web.post("/simulator/texts", self._text),
            web.get("/simulator/texts", self._ledger),
            web.put("/simulator/faults", self._follow),
            web.get("/simulator/faults", self._treatments),
        ]

    async def _text(self, request: web.Request) -> web.Response:
        if not _is_meant(request):
            return _refused(403, _ELSEWHERE)

        try:
            text = msgspec.json.decode(await request.read(), type=CustomersText)
            brought = await self._carrier.text(
                text.sender,
                text.recipient,
                text.body,
                [Media(url=each.url, content_type=each.content_type) for each in text.media if each.url],
                files=[
                    MediaContent(data=each.data, content_type=each.content_type) for each in text.media if not each.url
                ],
                sid=text.sid,
            )
        except (msgspec.DecodeError, ValueError) as error:
            return _refused(400, str(error))

        return web.json_response({"sid": brought.sid, "status": brought.status, "tries": brought.tries}, status=201)

    async def _ledger(self, request: web.Request) -> web.Response:
        if not _is_meant(request):
            return _refused(403, _ELSEWHERE)

        asked = {name: request.query[name] for name in _FILTERS if name in request.query}
        shown = [_entry(each) for each in reversed(self._carrier.texts.listed({}))]
        found = [each for each in shown if all(each[name] == value for name, value in asked.items())]
        return web.json_response({"count": len(found), "texts": found})

    async def _follow(self, request: web.Request) -> web.Response:
        if not _is_meant(request):
            return _refused(403, _ELSEWHERE)

        try:
            self._carrier.script.read(await request.read())
        except ScriptUnreadable as error:
            return _refused(400, str(error))

        return web.Response(status=204)

    async def _treatments(self, request: web.Request) -> web.Response:
        if not _is_meant(request):
            return _refused(403, _ELSEWHERE)

        return web.json_response({"treatments": {name: msgspec.to_builtins(each) for name, each in NAMED.items()}})


_FILTERS = ("from", "to", "body", "direction", "status")

_ELSEWHERE = "the simulator is told what to do from this machine alone: ask 127.0.0.1, with JSON for its content type"


def _entry(text: CarriedText) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "carrier": text.wire,
        "direction": text.direction,
        "from": text.sender,
        "to": text.recipient,
        "body": text.body,
        "media": [each.url for each in text.media],
        "segments": text.segments,
        "status": text.status,
        "error_code": text.error_code,
    }


def _is_meant(request: web.Request) -> bool:
    """Whether a request is no trick of a web page, which can neither name this host nor send JSON unasked."""
    host = request.url.host or ""
    return host in _OURSELVES and (request.method == "GET" or request.content_type == "application/json")


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
