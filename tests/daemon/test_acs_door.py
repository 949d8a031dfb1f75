"""Event Grid at the daemon's door: over HTTP, with a real engine behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio
import pytest
from tests.transports.event_grid import REPORT, TEXT, cloud_event, event

from cordboard.engine.errors import StoreUnavailable
from cordboard.engine.events import ChannelNoticed

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon, Serve

TOML = """
[board]
name = "contoso"

[[channels]]
name = "main"
provider = "acs"
endpoint = "https://contoso.communication.azure.com"
access_key = "YSBrZXk="
webhook_secret = "a-secret-of-event-grid"
event_grid_subscriptions = ["cordboard"]

[[numbers]]
address = "+18005550100"
channel = "main"
kind = "toll_free"
workstream = "support"

[[workstreams]]
name = "support"
queue = "general"

[[queues]]
name = "general"
"""

DOOR = "/webhooks/main?secret=a-secret-of-event-grid"

OURS = {"aeg-subscription-name": "CORDBOARD", "aeg-event-type": "Notification"}

BUDGET = 30.0
"""Seconds after which Event Grid takes an answer for none."""


async def kept(daemon: Daemon) -> list[str]:
    return [each.body for each in (await daemon.store.messages("contoso", 1, limit=5_000)).items]


async def notice(daemon: Daemon) -> ChannelNoticed:
    """Return what an administrator is told of the channel, once they are."""
    with anyio.fail_after(60):
        async for each in daemon.engine.feed.events(0):
            if isinstance(each, ChannelNoticed):
                return each

    raise AssertionError("the feed ended")


async def test_a_subscription_is_made_used_and_deleted(serve: Serve) -> None:
    handshake = event("SubscriptionValidationEvent", {"validationCode": "A1"}, name="Microsoft.EventGrid.")
    deletion = event("SubscriptionDeletedEvent", {}, name="Microsoft.EventGrid.")
    async with serve(TOML) as daemon:
        grid = daemon.as_("")
        agreed = await grid.post(DOOR, json=[handshake], headers={**OURS, "aeg-event-type": "SubscriptionValidation"})
        assert (agreed.status_code, agreed.json()) == (200, {"validationResponse": "A1"})

        assert (await grid.post(DOOR, json=[event("SMSReceived", TEXT)], headers=OURS)).status_code == 200
        assert (await grid.post(DOOR, json=[event("SMSReceived", TEXT)], headers=OURS)).status_code == 200
        assert await kept(daemon) == [TEXT["message"]], "what comes again is kept once"

        assert (await grid.post(DOOR, json=[deletion], headers=OURS)).status_code == 200
        assert (await notice(daemon)).code == "subscription_deleted"


async def test_cloud_events_are_agreed_to_and_taken(serve: Serve) -> None:
    headers = {"WebHook-Request-Origin": "eventgrid.azure.net", "WebHook-Request-Rate": "120"}
    async with serve(TOML) as daemon:
        agreed = await daemon.as_("").request("OPTIONS", DOOR, headers=headers)
        sent = await daemon.as_("").post(
            DOOR,
            content=json.dumps(cloud_event("SMSReceived", TEXT)),
            headers={"Content-Type": "application/cloudevents+json; charset=utf-8"},
        )
        messages = await kept(daemon)

    assert agreed.status_code == 200
    assert agreed.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
    assert agreed.headers["webhook-allowed-rate"] == "*"
    assert sent.status_code == 200
    assert messages == [TEXT["message"]]


@pytest.mark.parametrize("door", ["/webhooks/main", "/webhooks/main?secret=guessed"])
async def test_a_stranger_gets_403_and_nothing_else(serve: Serve, door: str) -> None:
    async with serve(TOML) as daemon:
        for method in ("POST", "OPTIONS"):
            answer = await daemon.as_("").request(method, door, json=[event("SMSReceived", TEXT)], headers=OURS)
            assert (answer.status_code, answer.content) == (403, b"")


async def test_a_batch_is_kept_in_order_and_in_time(serve: Serve) -> None:
    texts = [event("SMSReceived", {**TEXT, "messageId": f"I{each}", "message": str(each)}) for each in range(1_500)]
    async with serve(TOML) as daemon:
        with anyio.fail_after(BUDGET):
            answer = await daemon.as_("").post(DOOR, json=texts, headers=OURS)

        assert answer.status_code == 200
        assert await kept(daemon) == [str(each) for each in range(1_500)]


async def test_trouble_of_ours_has_event_grid_come_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    batch = [event("SMSReceived", TEXT), event("SMSDeliveryReportReceived", REPORT)]
    async with serve(TOML) as daemon:
        with monkeypatch.context() as patched:
            patched.setattr(daemon.store, "commit", fail)
            answer = await daemon.as_("").post(DOOR, json=batch, headers=OURS)
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)

        again = await daemon.as_("").post(DOOR, json=batch, headers=OURS)
        assert again.status_code == 200
        assert await kept(daemon) == [TEXT["message"]]
