"""A simulated carrier can be told over HTTP what to do, from a test in any language."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tests.transports.simulated import ACCOUNT, AUTH_TOKEN, CUSTOMER, NUMBER, Door, RestClient

from cordboard.engine.secret import Secret
from cordboard.transports.simulator.carrier import SimulatedCarrier


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door().opened() as door:
        yield door


@pytest.fixture
async def carrier(door: Door) -> AsyncIterator[SimulatedCarrier]:
    async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), webhook_url=door.url, control=True) as carrier:
        yield carrier


class Control:
    """Asks the control API."""

    def __init__(self, carrier: SimulatedCarrier, session: aiohttp.ClientSession) -> None:
        self.carrier = carrier
        self.session = session

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        url = f"{self.carrier.api_url}/simulator/{path}"
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            told = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, told


@pytest.fixture
async def control(carrier: SimulatedCarrier) -> AsyncIterator[Control]:
    async with aiohttp.ClientSession() as session:
        yield Control(carrier, session)


async def test_a_customer_texts_over_http(control: Control, door: Door) -> None:
    status, told = await control.ask("POST", "texts", {"from": CUSTOMER, "to": NUMBER, "body": "Hi"})

    assert (status, told["status"], told["tries"]) == (201, 200, 1)
    [call] = door.calls
    assert (call.form["MessageSid"], call.form["Body"], call.form["From"]) == (told["sid"], "Hi", CUSTOMER)
    assert call.is_genuine


async def test_a_customer_attaches_something_over_http(control: Control, door: Door) -> None:
    media = [
        {"content_type": "image/png", "data": b64encode(b"\x89PNG").decode()},
        {"content_type": "image/gif", "url": "https://media.example.com/a.gif"},
    ]

    await control.ask("POST", "texts", {"from": CUSTOMER, "to": NUMBER, "media": media})

    form = door.calls[0].form
    assert [form["MediaContentType0"], form["MediaContentType1"]] == ["image/gif", "image/png"]
    assert form["MediaUrl1"].startswith(control.carrier.api_url)


async def test_the_ledger_says_what_was_truly_taken(control: Control, carrier: SimulatedCarrier) -> None:
    rest = RestClient(carrier=carrier, session=control.session)
    status, _ = await control.ask("PUT", "faults", {"to": {CUSTOMER: {"next": ["throttled", "take_and_fail"]}}})
    assert status == 204

    answers = [(await rest.send("Hi")).status for _ in range(3)]
    await control.ask("POST", "texts", {"from": CUSTOMER, "to": NUMBER, "body": "Hello"})
    _, everything = await control.ask("GET", "texts")
    _, ours = await control.ask("GET", "texts?direction=outbound-api&body=Hi")

    assert answers == [429, 500, 201]
    assert [each["body"] for each in everything["texts"]] == ["Hi", "Hi", "Hello"]
    assert ours["count"] == 2
    assert {(each["to"], each["from"], each["carrier"]) for each in ours["texts"]} == {(CUSTOMER, NUMBER, "twilio")}


async def test_it_tells_which_treatments_there_are(control: Control) -> None:
    _, told = await control.ask("GET", "faults")

    assert told["treatments"]["throttled"]["status"] == 429
    assert told["treatments"]["take_and_reset"]["ending"] == "reset"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "texts", {"from": CUSTOMER}),
        ("POST", "texts", {"from": CUSTOMER, "to": NUMBER, "bdy": "Hi"}),
        ("PUT", "faults", {"to": {CUSTOMER: {"next": ["broken"]}}}),
    ],
)
async def test_what_cannot_be_understood_is_refused(control: Control, method: str, path: str, body: Any) -> None:
    status, told = await control.ask(method, path, body)

    assert status == 400
    assert told["error"]


async def test_a_web_page_cannot_trick_a_browser_into_it(control: Control, door: Door) -> None:
    body = {"from": CUSTOMER, "to": NUMBER, "body": "Hi"}

    elsewhere, _ = await control.ask("POST", "texts", body, Host="evil.example.com")
    no_json, _ = await control.ask("POST", "texts", body, **{"Content-Type": "text/plain"})
    reading, _ = await control.ask("GET", "texts", Host="evil.example.com")

    assert (elsewhere, no_json, reading) == (403, 403, 403)
    assert door.calls == []


async def test_a_carrier_of_a_daemon_takes_no_such_orders(door: Door) -> None:
    async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN)) as carrier, aiohttp.ClientSession() as session:
        status, _ = await Control(carrier, session).ask("GET", "texts")

    assert status == 404
