"""A simulated Event Grid shakes hands with our webhook, and brings events until they are taken."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import anyio
import pytest
from tests.transports.simulated import CUSTOMER, NUMBER, SECONDS
from tests.transports.simulated_acs import RECEIVED, VALIDATION, EventDoor, acs_carrier, subscription

from cordboard.transports.simulator.acs.resource import Schema, Spelling
from cordboard.transports.simulator.faults import WEBHOOKS_LOST, WEBHOOKS_TWICE, Treatment
from cordboard.transports.simulator.phones import TextState


@pytest.fixture
async def door() -> AsyncIterator[EventDoor]:
    async with EventDoor().opened() as door:
        yield door


async def test_it_shakes_hands_before_it_brings_anything(door: EventDoor) -> None:
    async with acs_carrier(subscription(door, name="Main")) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "Hi")

    assert (brought.status, brought.tries) == (200, 1)
    [handshake] = door.handshakes
    assert (handshake.method, handshake.url) == ("POST", door.url)
    assert handshake.headers["aeg-event-type"] == "SubscriptionValidation"
    assert handshake.headers["aeg-subscription-name"] == "MAIN"
    [event] = handshake.events
    assert event["eventType"] == VALIDATION
    assert event["data"]["validationUrl"].startswith("http://127.0.0.1:")


async def test_a_customers_text_comes_as_event_grid_would_bring_it(door: EventDoor) -> None:
    async with acs_carrier(subscription(door, headers={"X-Secret": "abc"})) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "Ça va 👋?")

    [delivery] = door.deliveries
    assert delivery.url == door.url
    assert delivery.headers["x-secret"] == "abc"
    assert delivery.headers["aeg-event-type"] == "Notification"
    assert delivery.headers["content-type"].startswith("application/json")
    [event] = delivery.events
    assert set(event) == {
        *("id", "topic", "subject", "data", "eventType", "dataVersion", "metadataVersion", "eventTime"),
    }
    assert event["eventType"] == RECEIVED
    assert event["id"] == event["data"]["messageId"] == brought.sid
    assert brought.sid.startswith("Incoming_")
    assert event["data"]["message"] == "Ça va 👋?"
    assert (event["data"]["from"], event["data"]["to"], event["data"]["segmentCount"]) == (CUSTOMER, NUMBER, 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", event["data"]["receivedTimestamp"])


async def test_a_cloud_event_is_one_object_after_a_handshake_of_its_own(door: EventDoor) -> None:
    async with acs_carrier(subscription(door, schema=Schema.CLOUD_EVENTS)) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "Hi")

    [handshake] = door.handshakes
    assert (handshake.method, handshake.headers["webhook-request-origin"]) == ("OPTIONS", "eventgrid.azure.net")
    [delivery] = door.deliveries
    assert delivery.headers["content-type"].startswith("application/cloudevents+json")
    assert delivery.body.startswith(b"{")
    [event] = delivery.events
    assert (event["specversion"], event["type"], event["id"]) == ("1.0", RECEIVED, brought.sid)
    assert event["data"]["message"] == "Hi"


@pytest.mark.parametrize(
    ("schema", "content_type"),
    [(Schema.EVENT_GRID, "application/json"), (Schema.CLOUD_EVENTS, "application/cloudevents-batch+json")],
)
async def test_events_may_share_a_call(door: EventDoor, schema: Schema, content_type: str) -> None:
    async with acs_carrier(subscription(door, schema=schema, batch=3)) as carrier, anyio.create_task_group() as tasks:
        for index in range(5):
            tasks.start_soon(carrier.text, CUSTOMER, NUMBER, f"text {index}")

    assert sorted(len(each.events) for each in door.deliveries) == [2, 3]
    assert {each["data"]["message"] for each in door.events} == {f"text {index}" for index in range(5)}
    assert all(each.headers["content-type"].startswith(content_type) for each in door.deliveries)


async def test_a_batch_is_taken_or_comes_again_as_a_whole(door: EventDoor) -> None:
    door.answers = [503]
    async with acs_carrier(subscription(door, batch=2)) as carrier, anyio.create_task_group() as tasks:
        for body in ("one", "two"):
            tasks.start_soon(carrier.text, CUSTOMER, NUMBER, body)

    first, second = door.deliveries
    assert len(first.events) == 2
    assert first.body == second.body


async def test_numbers_tags_and_times_are_spelt_in_every_way_that_microsoft_does(door: EventDoor) -> None:
    spelling = Spelling(plus=False, tag="Tag", fraction=2)
    async with acs_carrier(subscription(door, spelling=spelling)) as carrier:
        await carrier.text(CUSTOMER, NUMBER, "Hi")

    data = door.events[0]["data"]
    assert (data["from"], data["to"]) == (CUSTOMER[1:], NUMBER[1:])
    assert re.search(r":\d\d\.\d\dZ$", data["receivedTimestamp"])


async def test_an_event_comes_again_until_it_is_taken(door: EventDoor) -> None:
    door.answers = [503, 0, 500, 404, 202]
    async with acs_carrier(subscription(door)) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "again")

        assert (brought.status, brought.tries) == (202, 5)
        assert [each.headers["aeg-delivery-count"] for each in door.deliveries] == list("01234")
        assert len({each.body for each in door.deliveries}) == 1
        [text] = carrier.phones.thread(CUSTOMER, NUMBER)
        assert text.state is TextState.DELIVERED


async def test_it_waits_as_long_as_it_says(door: EventDoor) -> None:
    door.answers = [503, 500]
    async with acs_carrier(subscription(door, hurry=100.0)) as carrier:
        await carrier.grid.agreed.wait()
        began = anyio.current_time()
        await carrier.text(CUSTOMER, NUMBER, "again")

    # 30 seconds at least after a 503, 30 before the third try: a hundred times as fast.
    assert 0.6 <= anyio.current_time() - began < SECONDS


@pytest.mark.parametrize("status", [400, 401, 403, 413])
async def test_a_refused_event_is_dropped_at_once(door: EventDoor, status: int) -> None:
    door.answers = [status]
    async with acs_carrier(subscription(door)) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "let me in")

        assert (brought.status, brought.tries) == (status, 1)
        [text] = carrier.phones.thread(CUSTOMER, NUMBER)
        assert text.state is TextState.FAILED


async def test_an_event_that_nobody_takes_is_given_up_within_a_day(door: EventDoor) -> None:
    door.answers = [500] * 40
    async with acs_carrier(subscription(door, hurry=200_000.0)) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "again")

    assert brought.status == 500
    assert 9 <= brought.tries <= 12


@pytest.mark.parametrize("schema", Schema)
async def test_a_webhook_that_does_not_agree_gets_nothing(door: EventDoor, schema: Schema) -> None:
    door.agrees = False
    async with acs_carrier(subscription(door, schema=schema)) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "hello?")

        assert (brought.status, brought.tries) == (0, 0)
        assert carrier.grid.refused.is_set()

    assert door.deliveries == []


async def test_the_handshake_wants_200_and_nothing_else(door: EventDoor) -> None:
    door.shakes_with = 202
    async with acs_carrier(subscription(door)) as carrier:
        await carrier.grid.refused.wait()

        assert not carrier.grid.agreed.is_set()


async def test_a_webhook_that_is_not_there_yet_is_asked_again() -> None:
    door = EventDoor()
    async with door.opened():
        pass  # now its port is known, and closed

    async with acs_carrier(subscription(door, hurry=50.0)) as carrier, anyio.create_task_group() as tasks:
        tasks.start_soon(carrier.text, CUSTOMER, NUMBER, "are you there?")
        with anyio.fail_after(SECONDS):
            await carrier.phones.changed(0)

        async with door.opened():
            await door.gets(1)
            with anyio.fail_after(SECONDS):
                await carrier.phones.until(
                    lambda: carrier.phones.thread(CUSTOMER, NUMBER)[0].state is TextState.DELIVERED
                )


@pytest.mark.parametrize("batch", [1, 2])
async def test_a_subscription_can_be_agreed_to_by_hand(door: EventDoor, batch: int) -> None:
    door.agrees = False
    async with acs_carrier(subscription(door, batch=batch)) as carrier, aiohttp.ClientSession() as session:
        await carrier.grid.refused.wait()
        url = door.handshakes[0].events[0]["data"]["validationUrl"]
        async with session.get(f"{url}x") as answer:
            assert answer.status == 404

        async with session.get(url) as answer:
            assert answer.status == 200

        assert (await carrier.text(CUSTOMER, NUMBER, "Hi")).status == 200


async def test_a_subscription_that_is_deleted_says_so(door: EventDoor) -> None:
    async with acs_carrier(subscription(door)) as carrier:
        await carrier.grid.delete()

    [delivery] = door.deliveries
    assert delivery.headers["aeg-event-type"] == "SubscriptionDeletion"
    assert delivery.events[0]["eventType"] == "Microsoft.EventGrid.SubscriptionDeletedEvent"


async def test_events_may_be_lost_come_twice_and_in_the_wrong_order(door: EventDoor) -> None:
    async with acs_carrier(subscription(door)) as carrier:
        carrier.script.texts.next("lost", WEBHOOKS_LOST)
        carrier.script.texts.next("twice", WEBHOOKS_TWICE)
        carrier.script.texts.next("late", Treatment(pause=0.7))
        async with anyio.create_task_group() as tasks:
            for body in ("late", "lost", "twice"):
                tasks.start_soon(carrier.text, CUSTOMER, NUMBER, body)

    assert [each["data"]["message"] for each in door.events] == ["twice", "twice", "late"]
    assert len({each["id"] for each in door.events}) == 2


async def test_a_number_of_the_other_carrier_is_not_the_resources(door: EventDoor) -> None:
    async with acs_carrier(subscription(door)) as carrier:
        brought = await carrier.text(CUSTOMER, "+18005550199", "Hi")

    assert brought.sid.startswith("SM")
    assert door.deliveries == []


async def test_closing_ends_events_that_nobody_takes(door: EventDoor) -> None:
    door.answers = [500] * 100
    with anyio.fail_after(SECONDS):
        async with anyio.create_task_group() as tasks, acs_carrier(subscription(door, hurry=1.0)) as carrier:
            tasks.start_soon(carrier.text, CUSTOMER, NUMBER, "too late")
            await door.gets(1)
            tasks.cancel_scope.cancel()

    assert len(door.deliveries) == 1
