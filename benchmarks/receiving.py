"""What a transport makes of a carrier's request: verified and read, beside the plain parsing of the same body.

Run as `python -m benchmarks.receiving`.
"""

from __future__ import annotations

import argparse
from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl, urlencode

from benchmarks.measuring import in_turn, print_machine, ratio, summary
from cordboard.engine.carrier import TextReceived, WebhookRequest
from cordboard.engine.secret import Secret
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


def receive(transport: TwilioTransport, request: WebhookRequest) -> float:
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


if __name__ == "__main__":
    main()
