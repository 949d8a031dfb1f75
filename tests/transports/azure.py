"""A stand-in for Azure Communication Services on loopback: it checks signatures itself, and behaves as it is told.

It is written from Azure's documentation and shares no code with what it tests.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.transports.carrier import Answer, Asked, TwilioStandIn, _write

from cordboard.engine.testing.transports import Behaviour

ACCESS_KEY = base64.b64encode(b"a key of thirty-two bytes, say..").decode()

ERRORS = {
    Behaviour.THROTTLE: Answer(
        status=429, body={"error": {"code": "TooManyRequests", "message": "Slow down"}}, headers={"Retry-After": "3"}
    ),
    Behaviour.UNAUTHORISED: Answer(status=401, body={"error": {"code": "Denied", "message": "Denied"}}),
    Behaviour.FAIL: Answer(status=503, body="<html><h1>Service Unavailable</h1></html>"),
    Behaviour.GARBAGE: Answer(status=202, body="<html><h1>It works!</h1></html>"),
}


def is_signed(request: Asked, access_key: str = ACCESS_KEY) -> bool:
    """Check a signature as Azure documents it, from the bytes that came."""
    method, path, _ = request.line.split(" ")
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    said = f"{method}\n{path}\n{request.headers['x-ms-date']};{request.headers['host']};{digest}"
    signature = base64.b64encode(hmac.digest(base64.b64decode(access_key), said.encode(), "sha256")).decode()
    claimed = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=" + signature
    return request.headers["authorization"] == claimed and request.headers["x-ms-content-sha256"] == digest


class AzureStandIn(TwilioStandIn):
    """Takes texts on one port; see `cordboard.engine.testing.transports.CarrierStandIn`.

    Attributes:
        reports: What to answer to requests for reports.
        texts: Every text that was taken, by the id it repeats under: a repetition is answered and not sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reports: Answer | None = None
        self.texts: dict[tuple[str, str], dict[str, object]] = {}

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.body) for each in self.requests if each.body]

    async def _respond(self, request: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.answer is None and request.line.startswith("GET "):
            _write(writer, self.reports or Answer(status=404, body="<html>no such page</html>"))
        elif self.answer is None and self._behaviour in ERRORS:
            _write(writer, ERRORS[self._behaviour])
        elif self.answer is None and self._behaviour in (Behaviour.ACCEPT, Behaviour.REJECT):
            _write(writer, self._judge(request))
        else:
            await super()._respond(request, reader, writer)

    def _judge(self, request: Asked) -> Answer:
        if "hmac" in request.headers["authorization"].lower() and not is_signed(request):
            return ERRORS[Behaviour.UNAUTHORISED]

        asked = json.loads(request.body)
        refusing = self._behaviour is Behaviour.REJECT
        items = [self._refuse(each) if refusing else self._keep(each, asked) for each in asked["smsRecipients"]]
        return Answer(status=202, body={"value": items})

    def _refuse(self, recipient: Mapping[str, str]) -> dict[str, object]:
        return {
            "to": recipient["to"],
            "httpStatusCode": 400,
            "errorMessage": f"Invalid To phone number format: {recipient['to']}",
            "successful": False,
        }

    def _keep(self, recipient: Mapping[str, str], asked: Mapping[str, Any]) -> dict[str, object]:
        key = (recipient["repeatabilityRequestId"], recipient["repeatabilityFirstSent"])
        if key not in self.texts:
            provider_id = f"Outgoing_{len(self.taken) + 1:08}"
            self.taken[provider_id] = asked["message"]
            self.texts[key] = {
                "to": recipient["to"],
                "messageId": provider_id,
                "httpStatusCode": 202,
                "successful": True,
                "repeatabilityResult": "accepted",
            }

        return self.texts[key]


@asynccontextmanager
async def running_azure() -> AsyncIterator[AzureStandIn]:
    """Run the stand-in on a free port."""
    azure = AzureStandIn()
    await azure.start()
    try:
        yield azure
    finally:
        await azure.stop()
