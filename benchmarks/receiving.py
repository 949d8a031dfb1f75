"""What a transport makes of a carrier's request: verified and read, beside the plain parsing of the same body.

Run as `python -m benchmarks.receiving`.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl, urlencode

import msgspec

from benchmarks.measuring import in_turn, print_machine, ratio, summary
from cordboard.engine.carrier import TextReceived, WebhookRequest
from cordboard.engine.secret import Secret
from cordboard.transports.acs import AcsSettings, AcsTransport
from cordboard.transports.twilio import TwilioSettings, TwilioTransport
from cordboard.transports.twilio.signature import HEADER, sign

COUNT = 20_000
"""Requests in one round."""


def twilio() -> tuple[TwilioTransport, WebhookRequest]:
    """Return a Twilio channel, and a text as Twilio sends it there."""
    account = "AC" + "0" * 32
    settings = TwilioSettings(
        name="main", account_sid=account, auth_token=Secret("12345"), public_url="https://sms.example.com"
    )
    sid = "SM" + "1" * 32
    form = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "94105",
        "SmsSid": sid,
        "FromState": "CA",
        "SmsStatus": "received",
        "FromCity": "SAN FRANCISCO",
        "Body": "Where is my order? It was to come yesterday.",
        "FromCountry": "US",
        "To": "+18005550100",
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": account,
        "From": "+14155550123",
        "ApiVersion": "2010-04-01",
    }
    signature = sign(b"12345", settings.webhook_url, form.items()).decode()
    request = WebhookRequest(
        method="POST",
        url=settings.webhook_url,
        headers={"content-type": "application/x-www-form-urlencoded", HEADER: signature},
        body=urlencode(form).encode(),
    )
    return TwilioTransport(settings), request


def acs() -> tuple[AcsTransport, WebhookRequest]:
    """Return an Azure channel, and a text as Event Grid brings it there: one event, the secret in the query."""
    settings = AcsSettings(
        name="main",
        public_url="https://sms.example.com",
        endpoint="https://contoso.communication.azure.com",
        access_key=Secret("YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywgc2F5Li4="),
        webhook_secret=Secret("0123456789abcdef0123456789abcdef"),
        event_grid_subscriptions=("cordboard",),
    )
    name = "Incoming_20261124002745_2f1e7a64-7d3f-4d83-a5a7-1c9a8d0d36b8"
    event = {
        "id": name,
        "topic": "/subscriptions/50ad1522-5c2c-4d9a-a6c8-67c11ecb75b8/resourceGroups/contact-centre"
        "/providers/microsoft.communication/communicationservices/contoso",
        "subject": "/phonenumber/18005550100",
        "data": {
            "messageId": name,
            "from": "14155550123",
            "to": "18005550100",
            "message": "Where is my order? It was to come yesterday.",
            "receivedTimestamp": "2026-11-24T00:27:45.32Z",
            "segmentCount": 1,
        },
        "eventType": "Microsoft.Communication.SMSReceived",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": "2026-11-24T00:27:47.1234567Z",
    }
    request = WebhookRequest(
        method="POST",
        url=f"{settings.webhook_url}?secret=0123456789abcdef0123456789abcdef",
        headers={
            "content-type": "application/json; charset=utf-8",
            "aeg-subscription-name": "CORDBOARD",
            "aeg-event-type": "Notification",
            "aeg-delivery-count": "0",
        },
        body=json.dumps([event]).encode(),
    )
    return AcsTransport(settings), request


def receive(transport: TwilioTransport | AcsTransport, request: WebhookRequest) -> float:
    """Receive one request again and again, and return how often a second."""
    began = perf_counter()
    for _ in range(COUNT):
        reply = transport.receive(request)

    seconds = perf_counter() - began
    assert [type(each) for each in reply.events] == [TextReceived]
    return COUNT / seconds


def parse(body: bytes) -> float:
    """Parse one form again and again, and return how often a second."""
    began = perf_counter()
    for _ in range(COUNT):
        parse_qsl(body.decode(), keep_blank_values=True)

    return COUNT / (perf_counter() - began)


def decode(body: bytes) -> float:
    """Decode one piece of JSON again and again, and return how often a second."""
    began = perf_counter()
    for _ in range(COUNT):
        msgspec.json.decode(body)

    return COUNT / (perf_counter() - began)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print_machine()
    transport, request = twilio()
    ours, theirs = in_turn(rounds, partial(receive, transport, request), partial(parse, request.body))
    print(summary("Twilio: a text verified and read", ours, "requests/s"))
    print(summary("`parse_qsl` of its body", theirs, "forms/s"))
    print(ratio("Twilio: time / time of `parse_qsl`", theirs, ours))
    azure, event = acs()
    ours, theirs = in_turn(rounds, partial(receive, azure, event), partial(decode, event.body))
    print(summary("Azure: an event verified and read", ours, "requests/s"))
    print(summary("`msgspec.json.decode` of its body", theirs, "documents/s"))
    print(ratio("Azure: time / time of `msgspec.json.decode`", theirs, ours))


if __name__ == "__main__":
    main()
