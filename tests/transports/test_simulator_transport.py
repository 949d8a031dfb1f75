"""A simulated channel runs the real Twilio transport, against a carrier of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from aiohttp import web
from tests.transports.simulated import CUSTOMER, NUMBER, SECONDS

from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    DeliveryReported,
    OutboundMessage,
    Rejected,
    TextReceived,
    Throttled,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.ports import Transport
from cordboard.engine.vocabulary import MessageStatus
from cordboard.transports.base import find_transport
from cordboard.transports.simulator import SimulatorSettings, SimulatorTransport
from cordboard.transports.simulator.faults import REPORTED_EARLY, TAKE_AND_RESET, refuse, throttle, undelivered
from cordboard.transports.simulator.phones import TextState


class Desk:
    """A host of a transport: what it is told at its door it hands to `receive`, and keeps."""

    def __init__(self) -> None:
        self.transport: Transport | None = None
        self.replies: list[WebhookReply] = []
        self.url = ""

    @property
    def events(self) -> list[object]:
        return [event for reply in self.replies for event in reply.events]

    async def take(self, request: web.Request) -> web.Response:
        assert self.transport is not None
        reply = self.transport.receive(
            WebhookRequest(
                method=request.method,
                url=self.url + request.raw_path,
                headers={name.lower(): value for name, value in request.headers.items()},
                body=await request.read(),
            )
        )
        self.replies.append(reply)
        return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.content_type})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    application = web.Application()
    application.add_routes([web.post("/webhooks/demo", desk.take)])
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    desk.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield desk
    await runner.cleanup()


@pytest.fixture
async def transport(desk: Desk) -> AsyncIterator[SimulatorTransport]:
    async with SimulatorTransport(SimulatorSettings(name="demo", public_url=desk.url)) as transport:
        desk.transport = transport
        yield transport


def outbound(body: str = "Hi, Ana here", *, message: int = 41) -> OutboundMessage:
    return OutboundMessage(
        message=message, sender=NUMBER, recipient=CUSTOMER, body=body, attempt_key=f"demo:{message}", queued_at=0
    )


async def settled(transport: SimulatorTransport, state: TextState) -> None:
    """Wait until the last text on the customer's phone has come so far."""
    phones = transport.carrier.phones
    with anyio.fail_after(SECONDS):
        await phones.until(lambda: phones.thread(CUSTOMER, NUMBER)[-1:] != () and _last(transport) is state)


def _last(transport: SimulatorTransport) -> TextState:
    return transport.carrier.phones.thread(CUSTOMER, NUMBER)[-1].state


async def test_a_customers_text_passes_the_real_signature_check(transport: SimulatorTransport, desk: Desk) -> None:
    brought = await transport.carrier.text(CUSTOMER, NUMBER, "Ça va 👋?")

    assert brought.status == 200
    assert desk.events == [
        TextReceived(
            channel="demo", provider_id=brought.sid, sender=CUSTOMER, recipient=NUMBER, body="Ça va 👋?", segments=1
        )
    ]
    assert _last(transport) is TextState.DELIVERED


async def test_an_answer_reaches_the_phone_and_its_reports_come_back(transport: SimulatorTransport, desk: Desk) -> None:
    transport.carrier.script.next(CUSTOMER, REPORTED_EARLY)

    result = await transport.send(outbound())

    assert isinstance(result, Accepted)
    assert desk.events == [
        DeliveryReported(channel="demo", provider_id=result.provider_id, status=status, message=41)
        for status in (MessageStatus.SENT, MessageStatus.DELIVERED)
    ]
    await settled(transport, TextState.DELIVERED)


async def test_what_goes_wrong_at_the_carrier_is_what_the_transport_says(transport: SimulatorTransport) -> None:
    transport.carrier.script.next(CUSTOMER, throttle(2), refuse(503), TAKE_AND_RESET, refuse(400, 21610))

    results = [await transport.send(outbound()) for _ in range(4)]

    assert [type(each) for each in results] == [Throttled, Ambiguous, Ambiguous, Rejected]
    assert isinstance(results[0], Throttled)
    assert results[0].retry_after == 2_000


async def test_an_undeliverable_text_says_why(transport: SimulatorTransport, desk: Desk) -> None:
    transport.carrier.script.next(CUSTOMER, undelivered(30005))

    await transport.send(outbound())
    await settled(transport, TextState.FAILED)
    [text] = transport.carrier.phones.thread(CUSTOMER, NUMBER)

    assert text.failure is not None
    assert text.failure.code == "30005"


async def test_two_channels_do_not_take_each_others_texts(transport: SimulatorTransport, desk: Desk) -> None:
    async with SimulatorTransport(SimulatorSettings(name="demo", public_url=desk.url)) as other:
        brought = await other.carrier.text(CUSTOMER, NUMBER, "is this the other one?")

    assert brought.status == 403
    assert desk.events == []


async def test_phones_are_kept_in_the_file_that_the_settings_name(desk: Desk, tmp_path: Path) -> None:
    settings = SimulatorSettings(name="demo", public_url=desk.url, phones=str(tmp_path / "phones.jsonl"))
    for body in ("first", "second"):
        async with SimulatorTransport(settings) as transport:
            desk.transport = transport
            await transport.carrier.text(CUSTOMER, NUMBER, body)
            shown = [each.body for each in transport.carrier.phones.thread(CUSTOMER, NUMBER)]

    assert shown == ["first", "second"]


async def test_a_daemon_may_tell_its_url_when_it_knows_it(desk: Desk) -> None:
    early = SimulatorTransport(SimulatorSettings(name="demo"))
    assert early.public_url == "http://127.0.0.1:8080"

    async with early.with_public_url(desk.url) as transport:
        desk.transport = transport
        brought = await transport.carrier.text(CUSTOMER, NUMBER, "found you")

    assert (transport.name, transport.public_url, brought.status) == ("demo", desk.url, 200)


async def test_a_closed_channel_has_no_carrier_and_can_be_opened_again(desk: Desk) -> None:
    transport = SimulatorTransport(SimulatorSettings(name="demo", public_url=desk.url))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not open"):
            _ = transport.carrier

        with pytest.raises(RuntimeError, match="not open"):
            await transport.send(outbound())

        assert transport.capabilities.max_characters == 1600
        async with transport:
            assert transport.carrier.api_url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("public_url", ["nowhere", "ftp://sms.example.com", "http://my_host:8080"])
def test_settings_that_cannot_be_used_are_refused(public_url: str) -> None:
    with pytest.raises(ValueError, match="public_url"):
        SimulatorSettings(name="demo", public_url=public_url)


def test_the_simulator_is_found_by_its_name() -> None:
    assert find_transport("simulator") is SimulatorTransport
    assert SimulatorTransport.Settings is SimulatorSettings
    assert SimulatorSettings(name="demo").provider == "simulator"


def test_importing_the_simulator_imports_neither_the_sdk_nor_a_web_server() -> None:
    program = (
        "import sys, cordboard.transports.simulator; "
        "print([each for each in ('aiohttp', 'twilio') if each in sys.modules])"
    )
    finished = subprocess.run(  # noqa: S603 - this Python, with a program of ours
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert finished.stderr == ""
    assert finished.stdout.strip() == "[]"
