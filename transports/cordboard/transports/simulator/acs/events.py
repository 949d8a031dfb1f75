"""The events of Communication Services in Event Grid's two schemas."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from cordboard.transports.simulator.acs.resource import Resource, Schema, Spelling
from cordboard.transports.simulator.codes import DETAILS
from cordboard.transports.simulator.messages import CarriedText

_RECEIVED: Final = "Microsoft.Communication.SMSReceived"
_REPORTED: Final = "Microsoft.Communication.SMSDeliveryReportReceived"
VALIDATION: Final = "Microsoft.EventGrid.SubscriptionValidationEvent"
DELETION: Final = "Microsoft.EventGrid.SubscriptionDeletedEvent"


def received(resource: Resource, text: CarriedText, schema: Schema, spelling: Spelling) -> dict[str, Any]:
    """Return the event of a customer's text."""
    data = {
        "messageId": text.sid,
        "from": _number(text.sender, spelling),
        "to": _number(text.recipient, spelling),
        "message": text.body,
        "receivedTimestamp": moment(text.taken_at, spelling),
        "segmentCount": text.segments,
    }
    return event(
        resource, _RECEIVED, text.sid, f"/phonenumber/{_number(text.recipient, spelling)}", data, schema, spelling
    )


def reported(resource: Resource, text: CarriedText, schema: Schema, spelling: Spelling) -> dict[str, Any]:
    """Return the event of a delivery report."""
    report = delivery_report(text, spelling)
    data = {
        **{name: value for name, value in report.items() if name != "tag"},
        "from": _number(text.sender, spelling),
        "to": _number(text.recipient, spelling),
        spelling.tag: text.tag,
    }
    if text.status == "delivered":
        data["deliveryStatusDetails"] = "No error."  # as Microsoft's sample of the event has it

    return event(
        resource, _REPORTED, text.sid, f"/phonenumber/{_number(text.recipient, spelling)}", data, schema, spelling
    )


def delivery_report(text: CarriedText, spelling: Spelling) -> dict[str, Any]:
    """Return a text's report as the REST API shows it."""
    delivered = text.status == "delivered"
    code = 2000 if delivered else text.error_code or 5000
    at = moment(text.updated_at, spelling)
    return {
        "messageId": text.sid,
        "from": text.sender,
        "to": text.recipient,
        "deliveryStatus": "Delivered" if delivered else "Failed",
        "deliveryStatusDetails": f"{code}: {DETAILS.get(code, DETAILS[9999])}",
        "deliveryAttempts": [
            {
                "timestamp": at,
                "segmentsSucceeded": text.segments if delivered else 0,
                "segmentsFailed": 0 if delivered else text.segments,
            }
        ],
        "receivedTimestamp": at,
        "tag": text.tag,
    }


def event(
    resource: Resource, kind: str, name: str, subject: str, data: dict[str, Any], schema: Schema, spelling: Spelling
) -> dict[str, Any]:
    """Return an event in one of the schemas."""
    at = moment(datetime.now(UTC), spelling)
    if schema is Schema.CLOUD_EVENTS:
        return {
            "specversion": "1.0",
            "id": name,
            "source": resource.topic,
            "subject": subject,
            "type": kind,
            "time": at,
            "data": data,
        }

    return {
        "id": name,
        "topic": resource.topic,
        "subject": subject,
        "data": data,
        "eventType": kind,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": at,
    }


def new_name() -> str:
    """Return an id for an event that is about no text."""
    return str(uuid.uuid4())


def moment(at: datetime, spelling: Spelling) -> str:
    """Return a moment as events write it."""
    fraction = f"{at.microsecond:06}0"[: spelling.fraction]
    return f"{at:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def _number(number: str, spelling: Spelling) -> str:
    return number if spelling.plus else number.removeprefix("+")
