"""A Twilio channel, and what Twilio would send it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from tests.transports.carrier import TwilioStandIn, running_twilio
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

from cordboard.engine.carrier import WebhookRequest
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import PATIENT
from cordboard.transports.twilio import Deadlines, TwilioSettings, TwilioTransport

ACCOUNT = "AC" + "0" * 32

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"

DOOR = "https://sms.example.com/webhooks/main"

INBOUND = {
    "MessageSid": "SM" + "1" * 32,
    "SmsSid": "SM" + "1" * 32,
    "SmsMessageSid": "SM" + "1" * 32,
    "AccountSid": ACCOUNT,
    "From": "+14155550123",
    "To": "+18005550100",
    "Body": "Where is my order? Ça va 👋",
    "NumMedia": "0",
    "NumSegments": "2",
    "SmsStatus": "received",
    "ApiVersion": "2010-04-01",
    "FromCity": "",
    "FromCountry": "US",
}

REPORT = {
    "MessageSid": "SM" + "2" * 32,
    "SmsSid": "SM" + "2" * 32,
    "MessageStatus": "delivered",
    "SmsStatus": "delivered",
    "AccountSid": ACCOUNT,
    "From": "+18005550100",
    "To": "+14155550123",
    "ApiVersion": "2010-04-01",
}


def signed(form: dict[str, str], *, url: str = DOOR, method: str = "POST", token: str = AUTH_TOKEN) -> WebhookRequest:
    """Return a genuine request, as a form or, for GET, as a query."""
    validator = RequestValidator(token)
    if method == "GET":
        url = f"{url}?{urlencode(form)}"
        headers = {"x-twilio-signature": validator.compute_signature(url, {})}
        return WebhookRequest(method="GET", url=url, headers=headers)

    return WebhookRequest(
        method=method,
        url=url,
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=utf-8",
            "x-twilio-signature": validator.compute_signature(url, form),
        },
        body=urlencode(form).encode(),
    )


@pytest.fixture
async def carrier() -> AsyncIterator[TwilioStandIn]:
    async with running_twilio() as running:
        yield running


@pytest.fixture
def settings(carrier: TwilioStandIn) -> TwilioSettings:
    return TwilioSettings(
        name="main",
        account_sid=ACCOUNT,
        auth_token=Secret(AUTH_TOKEN),
        public_url="https://sms.example.com",
        api_url=carrier.url,
    )


@pytest.fixture
def deadline() -> float:
    """Seconds after which a text is given up, where `TransportConformance` does not say it."""
    return PATIENT


@pytest.fixture
def transport(settings: TwilioSettings, deadline: float) -> TwilioTransport:
    """A transport that is not open."""
    return TwilioTransport(settings, deadlines=Deadlines(connect=deadline, total=deadline))


@pytest.fixture
def text() -> WebhookRequest:
    return signed(INBOUND)


@pytest.fixture
def report() -> WebhookRequest:
    return signed(REPORT, url=f"{DOOR}?message=41")


@pytest.fixture
def forged() -> WebhookRequest:
    request = signed(INBOUND)
    return WebhookRequest(
        method="POST",
        url=request.url,
        headers={**request.headers, "x-twilio-signature": RequestValidator("guessed").compute_signature(DOOR, INBOUND)},
        body=request.body,
    )


@pytest.fixture
def secrets() -> tuple[str, ...]:
    return (AUTH_TOKEN,)
