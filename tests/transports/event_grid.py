"""What Event Grid would send to the channel `main`, in both of its schemas, as in Microsoft's samples."""

from __future__ import annotations

import json
from typing import Any

from cordboard.engine.carrier import WebhookRequest
from cordboard.engine.secret import Secret
from cordboard.transports.acs import AcsSettings

DOOR = "https://sms.example.com/webhooks/main"

SECRET = "a-secret+of/event=grid"

TOPIC = "/subscriptions/s/resourceGroups/g/providers/microsoft.communication/communicationservices/contoso"

TEXT: dict[str, Any] = {
    "messageId": "Incoming_20261124_1",
    "from": "14155550123",
    "to": "18005550100",
    "message": "Where is my order? Ça va 👋",
    "receivedTimestamp": "2026-11-24T00:27:45.32Z",
    "segmentCount": 2,
}

REPORT: dict[str, Any] = {
    "messageId": "Outgoing_20261124_1",
    "from": "18005550100",
    "to": "+14155550123",
    "deliveryStatus": "Delivered",
    "deliveryStatusDetails": "No error.",
    "deliveryAttempts": [{"timestamp": "2026-11-24T00:22:20.2855749Z", "segmentsSucceeded": 2, "segmentsFailed": 0}],
    "receivedTimestamp": "2026-11-24T00:22:20.2855749Z",
    "Tag": "41",
}


def event(kind: str, data: Any, *, name: str = "Microsoft.Communication.") -> dict[str, Any]:
    """Return an event in Event Grid's own schema."""
    return {
        "id": data.get("messageId", "e1") if isinstance(data, dict) else "e1",
        "topic": TOPIC,
        "subject": "/phonenumber/18005550100",
        "data": data,
        "eventType": name + kind,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": "2026-11-24T00:27:47.1234567Z",
    }


def cloud_event(kind: str, data: Any) -> dict[str, Any]:
    """Return the same as a CloudEvent."""
    return {
        "specversion": "1.0",
        "type": f"Microsoft.Communication.{kind}",
        "source": TOPIC,
        "id": data.get("messageId", "e1"),
        "time": "2026-11-24T00:27:47.1234567Z",
        "subject": "/phonenumber/18005550100",
        "data": data,
    }


def delivery(
    body: Any,
    *,
    query: str = "",
    content_type: str = "application/json; charset=utf-8",
    method: str = "POST",
    drop: tuple[str, ...] = (),
    **headers: str,
) -> WebhookRequest:
    """Return a genuine request: with the secret in its header, unless it is dropped."""
    given = {
        "content-type": content_type,
        "aeg-subscription-name": "CORDBOARD",
        "aeg-event-type": "Notification",
        "aeg-delivery-count": "0",
        "x-cordboard-secret": SECRET,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return WebhookRequest(
        method=method,
        url=DOOR + query,
        headers={name: value for name, value in given.items() if name not in drop},
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def acs_settings(**changes: Any) -> AcsSettings:
    """Return the settings of the channel."""
    given: dict[str, Any] = {
        "name": "main",
        "public_url": "https://sms.example.com",
        "endpoint": "https://contoso.communication.azure.com",
        "access_key": Secret("YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywgc2F5Li4="),
        "webhook_secret": Secret(SECRET),
        "event_grid_subscriptions": ("cordboard",),
    }
    return AcsSettings(**{**given, **changes})
