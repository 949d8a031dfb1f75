"""A simulated carrier speaks the protocol of Azure Communication Services, to Microsoft's own SDK and to raw HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import anyio
import pytest
from azure.communication.sms.aio import SmsClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from tests.transports.simulated import CUSTOMER, NUMBER
from tests.transports.simulated_acs import KEY, AcsClient, EventDoor, acs_carrier, recipient, subscription

from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.faults import (
    CORRECTED,
    LANDLINE,
    NONSENSE,
    OPTED_OUT,
    RESET,
    TAKE_AND_FAIL,
    TAKE_AND_HANG,
    TAKE_AND_RESET,
    UNREPORTED,
    WEBHOOKS_LOST,
    WEBHOOKS_TWICE,
    Treatment,
    Value,
    one_item,
    refuse,
    throttle,
    undelivered,
)
from cordboard.transports.simulator.limits import Limits
from cordboard.transports.simulator.phones import TextState

OTHER = "+14155550199"


@pytest.fixture
async def door() -> AsyncIterator[EventDoor]:
    async with EventDoor().opened() as door:
        yield door


@pytest.fixture
async def carrier(door: EventDoor) -> AsyncIterator[SimulatedCarrier]:
    async with acs_carrier(subscription(door)) as carrier:
        yield carrier


@pytest.fixture
async def client(carrier: SimulatedCarrier) -> AsyncIterator[AcsClient]:
    async with aiohttp.ClientSession() as session:
        yield AcsClient(carrier=carrier, session=session)


@pytest.fixture
async def sdk(carrier: SimulatedCarrier) -> AsyncIterator[SmsClient]:
    async with SmsClient(carrier.api_url, AzureKeyCredential(KEY), retry_total=0) as sdk:
        yield sdk


def shown(carrier: SimulatedCarrier) -> list[tuple[str, TextState]]:
    """What the customer's phone shows."""
    return [(each.body, each.state) for each in carrier.phones.thread(CUSTOMER, NUMBER)]


def taken(carrier: SimulatedCarrier) -> list[tuple[str, str]]:
    return [(each.recipient, each.body) for each in carrier.texts.taken()]


async def test_the_sdk_sends_a_text_and_the_customer_has_it(
    carrier: SimulatedCarrier, sdk: SmsClient, door: EventDoor
) -> None:
    [result] = await sdk.send(NUMBER, CUSTOMER, "Grüße 👋", enable_delivery_report=True, tag="7")

    assert (result.successful, result.http_status_code, result.to) == (True, 202, CUSTOMER)
    assert str(result.message_id).startswith("Outgoing_")
    await door.gets(1)
    assert shown(carrier) == [("Grüße 👋", TextState.DELIVERED)]
    [event] = door.events
    assert event["eventType"] == "Microsoft.Communication.SMSDeliveryReportReceived"
    assert event["data"]["messageId"] == result.message_id
    assert (event["data"]["deliveryStatus"], event["data"]["tag"]) == ("Delivered", "7")


async def test_the_sdk_sends_to_many(carrier: SimulatedCarrier, sdk: SmsClient) -> None:
    results = await sdk.send(NUMBER, [CUSTOMER, OTHER], "to both")

    assert [each.to for each in results] == [CUSTOMER, OTHER]
    assert sorted(taken(carrier)) == [(CUSTOMER, "to both"), (OTHER, "to both")]


async def test_the_sdk_with_another_key_is_denied(carrier: SimulatedCarrier) -> None:
    async with SmsClient(carrier.api_url, AzureKeyCredential("Z3Vlc3NlZA=="), retry_total=0) as sdk:
        with pytest.raises(ClientAuthenticationError) as denied:
            await sdk.send(NUMBER, CUSTOMER, "Hi")

    assert denied.value.status_code == 401
    assert taken(carrier) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"headers": {"Authorization": "Bearer abc"}}, "Authorization"),
        ({"headers": {"x-ms-content-sha256": "AAAA"}}, "not the hash"),
        ({"headers": {"Host": "contoso.communication.azure.com"}}, "the host"),
        ({"headers": {"x-ms-date": "yesterday"}}, "RFC 1123"),
        ({"at": datetime.now(UTC) - timedelta(minutes=20)}, "clock"),
        ({"at": datetime.now(UTC) + timedelta(minutes=20)}, "clock"),
        ({"key": "Z3Vlc3NlZA=="}, "the key"),
    ],
)
async def test_a_request_that_is_signed_wrong_is_denied_and_told_why(
    client: AcsClient, carrier: SimulatedCarrier, wrong: dict[str, Any], said: str
) -> None:
    answer = await client.ask("POST", "/sms?api-version=2021-03-07", b"{}", **wrong)

    assert answer.status == 401
    assert said in answer.body["error"]["message"]
    assert taken(carrier) == []


@pytest.mark.parametrize(
    "change",
    [
        {"smsRecipients": []},
        {"smsRecipients": [{"to": f"+1415555{index:04}"} for index in range(101)]},
        {"message": "x" * 2049},
        {"message": ""},
        {"message": None},
        {"from": "nobody at all"},
        {"smsSendOptions": {"tag": "7"}},
    ],
)
async def test_a_request_that_is_not_valid_is_refused_as_a_whole(
    client: AcsClient, carrier: SimulatedCarrier, change: dict[str, Any]
) -> None:
    asked = {"from": NUMBER, "smsRecipients": [{"to": CUSTOMER}], "message": "Hi", **change}

    answer = await client.ask("POST", "/sms?api-version=2021-03-07", json.dumps(asked).encode())

    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert answer.headers["x-ms-request-id"]
    assert taken(carrier) == []


@pytest.mark.parametrize("query", ["", "?api-version=1999-01-01"])
async def test_the_api_version_has_to_be_one(client: AcsClient, query: str) -> None:
    answer = await client.ask("POST", f"/sms{query}", b"{}")

    assert answer.status == 400
    assert "api-version" in answer.body["error"]["message"]


async def test_the_largest_request_goes_through(client: AcsClient, carrier: SimulatedCarrier) -> None:
    everybody = [recipient(f"+1415555{index:04}") for index in range(100)]

    answer = await client.send("x" * 2048, *everybody)

    assert answer.status == 202
    assert [each["to"] for each in answer.items] == [each["to"] for each in everybody]
    assert len(taken(carrier)) == 100


async def test_each_recipient_has_a_result_of_its_own(client: AcsClient, carrier: SimulatedCarrier) -> None:
    half = {"to": "+14155550101", "repeatabilityRequestId": str(uuid4())}
    odd = {**recipient("+14155550102"), "repeatabilityRequestId": "one"}

    answer = await client.send("Hi", recipient(), recipient("abc"), half, odd)

    assert answer.status == 202
    assert [(each["httpStatusCode"], each["successful"]) for each in answer.items] == [
        (202, True),
        (400, False),
        (400, False),
        (400, False),
    ]
    assert [each["repeatabilityResult"] for each in answer.items] == ["accepted", "rejected", "rejected", "rejected"]
    assert "DateTime" in answer.items[2]["errorMessage"]
    assert "messageId" not in answer.items[1]
    assert taken(carrier) == [(CUSTOMER, "Hi")]


async def test_a_repeated_request_gets_the_first_result_and_texts_nobody_again(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor
) -> None:
    same = recipient()

    first = await client.send("once", same)
    again = await client.send("once", same)
    another = await client.send("once", recipient())

    assert first.body == again.body
    assert first.items[0]["messageId"] != another.items[0]["messageId"]
    assert len(carrier.texts.taken(body="once")) == 2
    await door.gets(2)
    assert len({each["data"]["messageId"] for each in door.events}) == 2


@pytest.mark.parametrize("treatment", [TAKE_AND_RESET, TAKE_AND_FAIL])
async def test_a_text_that_was_taken_unheard_is_not_taken_again(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor, treatment: Treatment
) -> None:
    carrier.script.next(CUSTOMER, treatment)
    same = recipient()
    try:
        assert (await client.send("once", same)).status == 500
    except aiohttp.ClientError:
        assert treatment is TAKE_AND_RESET

    answer = await client.send("once", same)

    assert (answer.status, answer.items[0]["repeatabilityResult"]) == (202, "accepted")
    assert taken(carrier) == [(CUSTOMER, "once")]
    await door.gets(1)
    assert door.events[0]["data"]["messageId"] == answer.items[0]["messageId"]


@pytest.mark.parametrize("treatment", [throttle(), refuse(503, 20503), RESET, one_item(503)])
async def test_a_text_that_was_not_taken_can_be_sent_again_under_the_same_id(
    client: AcsClient, carrier: SimulatedCarrier, treatment: Treatment
) -> None:
    carrier.script.next(CUSTOMER, treatment)
    same = recipient()
    try:
        await client.send("at last", same)
    except aiohttp.ClientError:
        assert treatment is RESET

    assert taken(carrier) == []
    answer = await client.send("at last", same)

    assert answer.items[0]["successful"] is True
    assert taken(carrier) == [(CUSTOMER, "at last")]


@pytest.mark.parametrize(
    ("treatment", "status", "retry_after"),
    [
        (throttle(), 429, None),
        (throttle(3), 429, "3"),
        (refuse(500, 20500), 500, None),
        (refuse(503, 20503, retry_after=1), 503, "1"),
        (refuse(401, 20003), 401, None),
    ],
)
async def test_a_whole_request_is_turned_away(
    client: AcsClient,
    carrier: SimulatedCarrier,
    treatment: Treatment,
    status: int,
    retry_after: str | None,
) -> None:
    carrier.script.next(CUSTOMER, treatment)

    answer = await client.send("Hi", recipient(OTHER), recipient())

    assert answer.status == status
    assert answer.headers.get("Retry-After") == retry_after
    assert answer.body["error"]["code"]
    assert taken(carrier) == []


@pytest.mark.parametrize(("treatment", "status"), [(refuse(502), 502), (NONSENSE, 202)])
async def test_a_page_of_html_comes_instead(
    client: AcsClient, carrier: SimulatedCarrier, treatment: Treatment, status: int
) -> None:
    carrier.script.next(CUSTOMER, treatment)

    answer = await client.send()

    assert answer.status == status
    assert answer.body.startswith("<html>")
    assert taken(carrier) == []


async def test_some_recipients_of_a_request_fail(client: AcsClient, carrier: SimulatedCarrier) -> None:
    carrier.script.next(OTHER, one_item(503))

    answer = await client.send("Hi", recipient(OTHER), recipient())

    assert answer.status == 202
    assert [each["httpStatusCode"] for each in answer.items] == [503, 202]
    assert taken(carrier) == [(CUSTOMER, "Hi")]


async def test_the_list_of_results_may_be_null_short_or_in_the_wrong_order(
    client: AcsClient, carrier: SimulatedCarrier
) -> None:
    carrier.script.next(CUSTOMER, *(Treatment(value=each) for each in (Value.NULL, Value.SHORT, Value.REVERSED)))

    null, short, backwards = [await client.send("Hi", recipient(), recipient(OTHER)) for _ in range(3)]

    assert null.body == {"value": None}
    assert [each["to"] for each in short.items] == [CUSTOMER]
    assert [each["to"] for each in backwards.items] == [OTHER, CUSTOMER]
    assert len(taken(carrier)) == 6


async def test_a_request_may_hang_though_its_text_goes_its_way(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor
) -> None:
    carrier.script.next(CUSTOMER, TAKE_AND_HANG)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.send, "in vain")
        await door.gets(1)
        tasks.cancel_scope.cancel()

    assert shown(carrier) == [("in vain", TextState.DELIVERED)]


@pytest.mark.parametrize(
    ("treatment", "details"),
    [
        (undelivered(30003), "4006: The phone cannot be reached"),
        (undelivered(4010), "4010: The toll-free number is not verified"),
        (LANDLINE, "4004: The number does not exist"),
        (OPTED_OUT, "4007: Sender blocked for given recipient."),
    ],
)
async def test_a_text_that_cannot_be_delivered_is_taken_and_reported(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor, treatment: Treatment, details: str
) -> None:
    carrier.script.next(CUSTOMER, treatment)

    answer = await client.send("unheard")
    await door.gets(1)

    assert answer.items[0]["successful"] is True
    data = door.events[0]["data"]
    assert (data["deliveryStatus"], data["deliveryStatusDetails"]) == ("Failed", details)
    assert data["deliveryAttempts"][0]["segmentsFailed"] == 1
    [text] = carrier.phones.thread(CUSTOMER, NUMBER)
    assert text.state is TextState.FAILED
    assert text.failure is not None
    assert text.failure.code == details[:4]


async def test_a_number_of_somebody_else_cannot_send(
    carrier: SimulatedCarrier, client: AcsClient, door: EventDoor
) -> None:
    assert carrier.resource is not None
    carrier.resource.numbers = {OTHER}

    await client.send()
    await door.gets(1)

    assert door.events[0]["data"]["deliveryStatusDetails"].startswith("4001")


async def test_a_report_is_shown_to_who_asks_for_it(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor
) -> None:
    carrier.script.next(OTHER, UNREPORTED)
    heard, unheard = (await client.send("Hi", recipient(), recipient(OTHER), tag="7")).items
    await door.gets(1)

    def path(item: dict[str, Any], version: str = "2026-01-23") -> str:
        return f"/deliveryReports/{item['messageId']}?api-version={version}"

    report = await client.ask("GET", path(heard))
    none_yet = await client.ask("GET", path(unheard))
    too_old = await client.ask("GET", path(heard, "2021-03-07"))

    assert (report.status, none_yet.status, too_old.status) == (200, 404, 400)
    assert report.body["deliveryStatus"] == "Delivered"
    assert report.body["deliveryStatusDetails"] == "2000: No Error"
    assert (report.body["messageId"], report.body["to"], report.body["tag"]) == (heard["messageId"], CUSTOMER, "7")


async def test_nothing_is_reported_that_nobody_asked_about(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor
) -> None:
    quiet = (await client.send("quiet", enableDeliveryReport=False)).items[0]
    loud = (await client.send("loud")).items[0]
    await door.gets(1)

    assert [each["data"]["messageId"] for each in door.events] == [loud["messageId"]]
    assert (await client.ask("GET", f"/deliveryReports/{quiet['messageId']}?api-version=2026-01-23")).status == 404


async def test_a_customer_who_texts_stop_is_blocked_and_start_lifts_it(
    client: AcsClient, carrier: SimulatedCarrier, door: EventDoor
) -> None:
    for keyword in ("Stop", "START"):
        await carrier.text(CUSTOMER, NUMBER, keyword)
        await client.send(f"after {keyword}")

    await door.until(lambda: len(door.reports) == 2)

    assert door.reports == ["Failed", "Delivered"]
    assert [each["data"]["message"] for each in door.events if "message" in each["data"]] == ["Stop", "START"]


async def test_reports_may_be_lost_or_come_twice(client: AcsClient, carrier: SimulatedCarrier, door: EventDoor) -> None:
    carrier.script.texts.next("lost", WEBHOOKS_LOST)
    carrier.script.texts.next("twice", WEBHOOKS_TWICE)

    await client.send("lost")
    sent = await client.send("twice")
    await door.gets(2)

    assert {each["data"]["messageId"] for each in door.events} == {sent.items[0]["messageId"]}


async def test_a_report_may_be_corrected(client: AcsClient, carrier: SimulatedCarrier, door: EventDoor) -> None:
    carrier.script.next(CUSTOMER, CORRECTED)

    await client.send()
    await door.gets(2)

    assert door.reports == ["Failed", "Delivered"]
    assert len({each["id"] for each in door.events}) == 1


async def test_more_than_a_minutes_worth_is_throttled(door: EventDoor) -> None:
    carrier = acs_carrier(subscription(door))
    carrier = SimulatedCarrier(
        "AC1", carrier.account.auth_token, resource=carrier.resource, limits=Limits(messages_per_minute=2)
    )
    async with carrier, aiohttp.ClientSession() as session:
        client = AcsClient(carrier=carrier, session=session)
        answers = [await client.send() for _ in range(3)]

    assert [each.status for each in answers] == [202, 202, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 61


async def test_the_sdk_hears_of_an_error(sdk: SmsClient, carrier: SimulatedCarrier) -> None:
    carrier.script.next(CUSTOMER, refuse(503, 20503))

    with pytest.raises(HttpResponseError) as failed:
        await sdk.send(NUMBER, CUSTOMER, "Hi")

    assert failed.value.status_code == 503


async def test_it_listens_on_loopback_alone(carrier: SimulatedCarrier) -> None:
    assert carrier._runner is not None
    assert [each[0] for each in carrier._runner.addresses] == ["127.0.0.1"]
