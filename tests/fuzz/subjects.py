"""Whose `receive` is tried: a channel of each transport, and requests that truly are its carrier's.

A new transport adds one function here, and its name to `SUBJECTS`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from msgspec.structs import replace
from tests.transports import event_grid
from tests.transports.event_grid import acs_settings, cloud_event, event

from cordboard.engine.carrier import WebhookRequest
from cordboard.engine.ports import Transport
from cordboard.engine.secret import Secret
from cordboard.transports.acs import AcsTransport
from cordboard.transports.http import HttpSettings, HttpTransport
from cordboard.transports.http.settings import Format, Proof, Receiving, Sending
from cordboard.transports.twilio import TwilioSettings, TwilioTransport
from cordboard.transports.twilio.signature import HEADER, sign

KEY: Final = "0123456789abcdef0123456789abcdef"

PUBLIC: Final = "https://sms.example.com"

DOOR: Final = f"{PUBLIC}/webhooks/main"


class Subject(Struct, frozen=True, kw_only=True):
    """A channel that is tried.

    Attributes:
        transport: Its transport.
        genuine: Requests of its carrier's, with their proof.
        prove: Gives a request the proof that its carrier would.
        shows: Whether a request has the proof, where that says nothing of the rest of it (a secret, not a signature):
            whoever has it may say anything. None where the proof is a signature.
    """

    transport: Transport
    genuine: tuple[WebhookRequest, ...]
    prove: Callable[[WebhookRequest], WebhookRequest]
    shows: Callable[[WebhookRequest], bool] | None = None


def twilio() -> Subject:
    """Twilio: forms under a signature, texts with and without attachments, reports, a GET and a signed JSON body."""
    account = "AC" + 32 * "0"
    text = {
        "MessageSid": "SM" + 32 * "1",
        "AccountSid": account,
        "From": "+14155550123",
        "To": "+18005550100",
        "Body": "Where is my order? Ça va 👋",
        "NumSegments": "2",
        "SmsStatus": "received",
        "OptOutType": "STOP",
        "FromCity": "",
    }
    media = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media/1", "MediaContentType0": "image/jpeg"}
    report = {
        "MessageSid": "SM" + 32 * "2",
        "MessageStatus": "undelivered",
        "ErrorCode": "30003",
        "AccountSid": account,
    }

    def prove(request: WebhookRequest) -> WebhookRequest:
        fields: list[tuple[str, str]] = []
        url = request.url
        try:
            if request.method == "POST" and "bodySHA256=" not in url:
                fields = parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")
            elif "bodySHA256=" in url:
                url = f"{url.partition('bodySHA256=')[0]}bodySHA256={hashlib.sha256(request.body).hexdigest()}"

            signature = sign(KEY.encode(), url, fields).decode()
        except ValueError:
            signature = ""  # nobody can sign it

        return replace(request, url=url, headers={**request.headers, HEADER: signature})

    return Subject(
        transport=TwilioTransport(
            TwilioSettings(name="main", public_url=PUBLIC, account_sid=account, auth_token=Secret(KEY))
        ),
        genuine=(
            prove(_form(text)),
            prove(_form(text | media)),
            prove(_form(report, url=f"{DOOR}?message=41")),
            prove(WebhookRequest(method="GET", url=f"{DOOR}?{urlencode(text)}", headers={})),
            prove(replace(_json(report), url=f"{DOOR}?bodySHA256=")),
        ),
        prove=prove,
    )


TEXT: Final = {"id": "mo-1", "from": "14155550123", "to": "+18005550100", "text": "Ça va 👋", "segments": 1}

REPORT: Final = {"id": "mt-1", "status": "UNDELIV", "error": "17", "reference": 41}


def http_signed() -> Subject:
    """A JSON API under a signature: one event, and a list of them."""

    def prove(request: WebhookRequest) -> WebhookRequest:
        signature = hmac.digest(KEY.encode(), request.body, hashlib.sha256).hex()
        return replace(request, headers={**request.headers, "x-signature": f"sha256={signature}"})

    receive = Receiving(proof=Proof.HMAC_SHA256, header="X-Signature", prefix="sha256=", keys=(Secret(KEY),))
    return Subject(
        transport=_http(receive),
        genuine=tuple(
            prove(_json(each))
            for each in (TEXT, TEXT | {"media": ["https://media.example/1.jpg"]}, REPORT, [TEXT, REPORT])
        ),
        prove=prove,
    )


def http_secret() -> Subject:
    """A JSON API with a secret in a header, whose fields are deep in what it says."""
    receive = Receiving(
        header="Authorization",
        prefix="Bearer ",
        keys=(Secret("other"), Secret(KEY)),
        events="results",
        sender="from.number",
        media="attachments",
    )
    said = [{**TEXT, "from": {"number": "14155550123"}}, REPORT]

    def prove(request: WebhookRequest) -> WebhookRequest:
        return replace(request, headers={**request.headers, "authorization": f"Bearer {KEY}"})

    return Subject(
        transport=_http(receive),
        genuine=(prove(_json({"results": said})), prove(_json({"results": said[0]}))),
        prove=prove,
        shows=lambda request: request.headers.get("authorization") in (f"Bearer {KEY}", "Bearer other"),
    )


def http_form() -> Subject:
    """A gateway that says everything in forms and queries, with a secret among them."""

    def prove(request: WebhookRequest) -> WebhookRequest:
        path, mark, query = request.url.partition("?")
        return replace(request, url=f"{path}?{query}{'&' if mark else ''}token={KEY}")

    def shows(request: WebhookRequest) -> bool:
        return KEY in request.url.partition("?")[2]

    report = WebhookRequest(method="GET", url=f"{DOOR}?{urlencode(REPORT)}", headers={})
    return Subject(
        transport=_http(Receiving(query="token", keys=(Secret(KEY),), format=Format.FORM)),
        genuine=(prove(_form(TEXT)), prove(report), prove(_form(REPORT))),
        prove=prove,
        shows=shows,
    )


def acs_query() -> Subject:
    """Azure through Event Grid's own schema, with the secret in the query: texts, reports, batches and a handshake."""

    def prove(request: WebhookRequest) -> WebhookRequest:
        path, mark, query = request.url.partition("?")
        return replace(request, url=f"{path}?{query}{'&' if mark else ''}secret={KEY}")

    validation = {"validationCode": "512d38b6-c7b8", "validationUrl": "https://rp-eastus2.eventgrid.azure.net:553/v"}
    text = event("SMSReceived", event_grid.TEXT)
    report = event("SMSDeliveryReportReceived", event_grid.REPORT)
    handshake = event("SubscriptionValidationEvent", validation, name="Microsoft.EventGrid.")
    deletion = event("SubscriptionDeletedEvent", {"eventSubscriptionId": "/s"}, name="Microsoft.EventGrid.")
    return Subject(
        transport=_acs(),
        genuine=tuple(
            prove(_from_event_grid(each))
            for each in ([text], [report], [text, report], [handshake], [deletion], [text, handshake])
        ),
        prove=prove,
        shows=_shows_to_azure,
    )


def acs_header() -> Subject:
    """Azure through CloudEvents, with the secret in a header: one event, a batch, and the handshake, an OPTIONS."""

    def prove(request: WebhookRequest) -> WebhookRequest:
        return replace(request, headers={**request.headers, "x-cordboard-secret": KEY})

    text = cloud_event("SMSReceived", event_grid.TEXT)
    report = cloud_event("SMSDeliveryReportReceived", event_grid.REPORT)
    lost = {**event_grid.REPORT, "deliveryStatus": "Failed", "deliveryStatusDetails": "5002: No delivery report"}
    handshake = {"webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "120"}
    return Subject(
        transport=_acs(),
        genuine=(
            *[prove(_from_event_grid(each, kind="cloudevents")) for each in (text, report)],
            prove(_from_event_grid([text, report], kind="cloudevents-batch")),
            prove(_from_event_grid(cloud_event("SMSDeliveryReportReceived", lost), kind="cloudevents")),
            prove(WebhookRequest(method="OPTIONS", url=DOOR, headers=handshake)),
        ),
        prove=prove,
        shows=_shows_to_azure,
    )


SUBJECTS: Final[dict[str, Callable[[], Subject]]] = {
    each.__name__: each for each in (twilio, http_signed, http_secret, http_form, acs_query, acs_header)
}


def _http(receive: Receiving) -> HttpTransport:
    send = Sending(url="https://gateway.example", body={"to": "{to}", "text": "{text}"})
    return HttpTransport(HttpSettings(name="main", public_url=PUBLIC, send=send, receive=receive))


def _acs() -> AcsTransport:
    return AcsTransport(acs_settings(webhook_secret=Secret(KEY)))


def _shows_to_azure(request: WebhookRequest) -> bool:
    """Whether a request has the secret; the channel takes it from either place, whichever is the subject's."""
    return KEY in request.url.partition("?")[2] or request.headers.get("x-cordboard-secret") == KEY


def _from_event_grid(said: object, *, kind: str = "") -> WebhookRequest:
    headers = {
        "content-type": f"application/{kind}+json; charset=utf-8" if kind else "application/json; charset=utf-8",
        "aeg-subscription-name": "CORDBOARD",
        "aeg-event-type": "Notification",
        "aeg-delivery-count": "0",
    }
    return replace(_json(said), headers=headers)


def _form(fields: dict[str, Any], *, url: str = DOOR) -> WebhookRequest:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8", "user-agent": "carrier/1.0"}
    return WebhookRequest(method="POST", url=url, headers=headers, body=urlencode(fields).encode())


def _json(said: object) -> WebhookRequest:
    headers = {"content-type": "application/json", "user-agent": "carrier/1.0"}
    return WebhookRequest(method="POST", url=DOOR, headers=headers, body=json.dumps(said, ensure_ascii=False).encode())
