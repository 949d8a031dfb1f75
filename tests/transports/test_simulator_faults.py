"""A simulated carrier does wrong what it is told to, once for each text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import aiohttp
import anyio
import pytest
from tests.transports.simulated import CUSTOMER, NUMBER, SECONDS, Door, RestClient, simulated_carrier

from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.faults import (
    HANG,
    NONSENSE,
    NORMAL,
    REPORTED_BACKWARDS,
    REPORTED_EARLY,
    REPORTED_TWICE,
    RESET,
    TAKE_AND_FAIL,
    TAKE_AND_HANG,
    TAKE_AND_RESET,
    TAKE_IN_SILENCE,
    UNREPORTED,
    Treatment,
    refuse,
    report_late,
    throttle,
    undelivered,
)
from cordboard.transports.simulator.phones import PhoneText, TextState
from cordboard.transports.simulator.script import EVERYBODY, Script

OTHER = "+14155550199"


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door().opened() as door:
        yield door


@pytest.fixture
async def carrier(door: Door) -> AsyncIterator[SimulatedCarrier]:
    async with simulated_carrier(door) as carrier:
        yield carrier


@pytest.fixture
async def rest(carrier: SimulatedCarrier) -> AsyncIterator[RestClient]:
    async with aiohttp.ClientSession() as session:
        yield RestClient(carrier=carrier, session=session)


async def delivered(carrier: SimulatedCarrier, body: str) -> PhoneText:
    """Wait until the customer has a text."""

    def texts() -> list[PhoneText]:
        return [each for each in carrier.phones.thread(CUSTOMER, NUMBER) if each.body == body]

    with anyio.fail_after(SECONDS):
        await carrier.phones.until(lambda: any(each.state is TextState.DELIVERED for each in texts()))

    [text] = texts()
    return text


@pytest.mark.parametrize(
    ("treatment", "status", "code", "retry_after"),
    [
        (throttle(), 429, 20429, None),
        (throttle(3), 429, 20429, "3"),
        (refuse(500, 20500), 500, 20500, None),
        (refuse(503, 20503, retry_after=1), 503, 20503, "1"),
        (refuse(400, 21610), 400, 21610, None),
    ],
)
async def test_a_text_is_turned_away_once(
    rest: RestClient,
    carrier: SimulatedCarrier,
    treatment: Treatment,
    status: int,
    code: int,
    retry_after: str | None,
) -> None:
    carrier.script.next(CUSTOMER, treatment)

    first, second = await rest.send("one"), await rest.send("two")

    assert (first.status, second.status) == (status, 201)
    assert json.loads(first.body)["code"] == code
    assert first.headers.get("Retry-After") == retry_after
    await delivered(carrier, "two")
    assert len(carrier.phones.thread(CUSTOMER, NUMBER)) == 1


@pytest.mark.parametrize(("treatment", "status"), [(refuse(502), 502), (NONSENSE, 201)])
async def test_a_page_of_html_comes_instead(
    rest: RestClient, carrier: SimulatedCarrier, treatment: Treatment, status: int
) -> None:
    carrier.script.next(CUSTOMER, treatment)

    answer = await rest.send()

    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith("<html>")
    assert carrier.phones.threads() == ()


@pytest.mark.parametrize("treatment", [TAKE_AND_HANG, TAKE_AND_RESET, TAKE_AND_FAIL])
async def test_a_text_may_go_its_way_though_no_answer_says_so(
    rest: RestClient, carrier: SimulatedCarrier, door: Door, treatment: Treatment
) -> None:
    carrier.script.next(CUSTOMER, treatment)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_send_in_vain, rest, door.url)
        await door.is_called(2)
        await delivered(carrier, "in vain")
        tasks.cancel_scope.cancel()

    assert door.reports == ["sent", "delivered"]


async def _send_in_vain(rest: RestClient, callback: str) -> None:
    try:
        answer = await rest.send("in vain", callback=callback)
    except aiohttp.ClientError:
        return

    assert answer.status == 500


async def test_a_text_may_go_its_way_and_nothing_is_ever_heard_of_it(
    rest: RestClient, carrier: SimulatedCarrier, door: Door
) -> None:
    carrier.script.next(CUSTOMER, TAKE_IN_SILENCE)
    with pytest.raises(aiohttp.ClientError):
        await rest.send("in silence", callback=door.url)

    await delivered(carrier, "in silence")
    assert [each.body for each in carrier.texts.taken()] == ["in silence"]
    assert door.calls == []


@pytest.mark.parametrize("treatment", [RESET, TAKE_AND_RESET])
async def test_the_connection_is_reset_in_the_middle_of_the_answer(
    rest: RestClient, carrier: SimulatedCarrier, treatment: Treatment
) -> None:
    carrier.script.next(CUSTOMER, treatment)

    with pytest.raises((aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)):
        await rest.send("one")

    assert (await rest.send("two")).status == 201
    await delivered(carrier, "two")
    taken = {each.body for each in carrier.phones.thread(CUSTOMER, NUMBER)}
    assert ("one" in taken) is treatment.taken


async def test_a_request_hangs_until_whoever_asked_goes_away(
    rest: RestClient, carrier: SimulatedCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = anyio.Event()
    carrier.script.next(CUSTOMER, HANG)
    take = carrier.script.take

    def take_and_tell(recipient: str, body: str) -> Treatment:
        asked.set()
        return take(recipient, body)

    monkeypatch.setattr(carrier.script, "take", take_and_tell)
    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_in_vain, rest, "")
            await asked.wait()
            assert (await rest.send("two")).status == 201
            tasks.cancel_scope.cancel()

    await delivered(carrier, "two")
    assert [each.body for each in carrier.phones.thread(CUSTOMER, NUMBER)] == ["two"]


async def test_a_carrier_that_closes_lets_go_of_requests_that_hang(door: Door) -> None:
    async with aiohttp.ClientSession() as session, anyio.create_task_group() as tasks:
        with anyio.fail_after(SECONDS):
            async with simulated_carrier(door) as carrier:
                rest = RestClient(carrier=carrier, session=session)
                carrier.script.next(CUSTOMER, TAKE_AND_HANG)
                tasks.start_soon(_send_in_vain, rest, door.url)
                await door.is_called(2)


async def test_an_undeliverable_text_is_reported_with_its_code(
    rest: RestClient, carrier: SimulatedCarrier, door: Door
) -> None:
    carrier.script.next(CUSTOMER, undelivered(30003))

    sid = json.loads((await rest.send("unheard", callback=door.url)).body)["sid"]
    await door.is_called(2)

    assert door.reports == ["sent", "undelivered"]
    assert door.calls[1].form["ErrorCode"] == "30003"
    assert all(each.is_genuine for each in door.calls)
    [text] = carrier.phones.thread(CUSTOMER, NUMBER)
    assert text.state is TextState.FAILED
    assert text.failure is not None
    assert text.failure.code == "30003"
    message = json.loads((await rest.ask("GET", f"Messages/{sid}.json")).body)
    assert (message["status"], message["error_code"]) == ("undelivered", 30003)


async def test_a_text_may_never_be_reported(rest: RestClient, carrier: SimulatedCarrier, door: Door) -> None:
    carrier.script.next(CUSTOMER, UNREPORTED)

    sid = json.loads((await rest.send("silent", callback=door.url)).body)["sid"]
    await rest.send("heard", callback=door.url)
    await door.is_called(2)

    assert sid not in {each.form["MessageSid"] for each in door.calls}
    assert json.loads((await rest.ask("GET", f"Messages/{sid}.json")).body)["status"] == "sent"
    assert carrier.phones.thread(CUSTOMER, NUMBER)[0].state is TextState.RECEIVED


async def test_every_report_may_come_twice(rest: RestClient, carrier: SimulatedCarrier, door: Door) -> None:
    carrier.script.next(CUSTOMER, REPORTED_TWICE)

    await rest.send(callback=door.url)
    await door.is_called(4)

    assert door.reports == ["sent", "sent", "delivered", "delivered"]


async def test_reports_may_come_in_the_wrong_order(rest: RestClient, carrier: SimulatedCarrier, door: Door) -> None:
    carrier.script.next(CUSTOMER, REPORTED_BACKWARDS)

    sid = json.loads((await rest.send("backwards", callback=door.url)).body)["sid"]
    await door.is_called(2)

    assert door.reports == ["delivered", "sent"]
    assert (await delivered(carrier, "backwards")).sid == sid
    assert json.loads((await rest.ask("GET", f"Messages/{sid}.json")).body)["status"] == "delivered"


async def test_a_report_may_come_late(rest: RestClient, carrier: SimulatedCarrier, door: Door) -> None:
    carrier.script.next(CUSTOMER, report_late(0.2))

    await rest.send("late", callback=door.url)
    await door.is_called(1)
    began = anyio.current_time()
    assert carrier.phones.thread(CUSTOMER, NUMBER)[0].state is TextState.RECEIVED
    await door.is_called(2)

    assert anyio.current_time() - began > 0.1
    assert door.reports == ["sent", "delivered"]


async def test_reports_may_come_before_the_answer(rest: RestClient, carrier: SimulatedCarrier, door: Door) -> None:
    carrier.script.next(CUSTOMER, REPORTED_EARLY)

    answer = await rest.send("early", callback=door.url)

    assert door.reports == ["sent", "delivered"]
    assert {each.form["MessageSid"] for each in door.calls} == {json.loads(answer.body)["sid"]}


async def test_a_carrier_that_listens_no_more_cannot_be_reached(rest: RestClient, carrier: SimulatedCarrier) -> None:
    await carrier.stop_listening()
    await carrier.stop_listening()

    with pytest.raises(aiohttp.ClientConnectorError):
        await rest.send()


def test_a_customers_own_treatments_come_before_those_of_everybody() -> None:
    script = Script()
    script.next(EVERYBODY, throttle(), HANG)
    script.always(EVERYBODY, UNREPORTED)
    script.next(CUSTOMER, undelivered())

    assert [script.take(CUSTOMER) for _ in range(2)] == [undelivered(), throttle()]
    assert [script.take(OTHER) for _ in range(3)] == [HANG, UNREPORTED, UNREPORTED]


def test_what_always_holds_for_a_customer_ends_when_it_is_told_to() -> None:
    script = Script()
    script.always(CUSTOMER, RESET)
    assert [script.take(CUSTOMER), script.take(CUSTOMER), script.take(OTHER)] == [RESET, RESET, NORMAL]

    script.always(CUSTOMER, NORMAL)
    assert script.take(CUSTOMER) == NORMAL
