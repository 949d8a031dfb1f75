"""Texts in Twilio's shapes: as the REST API shows them, and as webhooks are told of them."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any, Final

from cordboard.transports.simulator.messages import CarriedText
from cordboard.transports.twilio.codes import failure

API_VERSION: Final = "2010-04-01"


def resource(text: CarriedText) -> dict[str, Any]:
    """Return a text as the REST API shows it."""
    undecided = text.status == "accepted"  # the messaging service has not chosen the sender yet
    uri = uri_of(text)
    return {
        "sid": text.sid,
        "account_sid": text.account,
        "api_version": API_VERSION,
        "body": text.body,
        "date_created": format_datetime(text.taken_at),
        "date_updated": format_datetime(text.updated_at),
        "date_sent": None if text.status in ("accepted", "queued") else format_datetime(text.sent_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": None if text.error_code is None else failure(str(text.error_code)).text,
        "from": None if undecided else text.sender,
        "to": text.recipient,
        "messaging_service_sid": text.service or None,
        "num_media": str(len(text.media)),
        "num_segments": "0" if undecided else str(text.segments),
        "price": None,
        "price_unit": "USD",
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "uri": f"{uri}.json",
    }


def uri_of(text: CarriedText) -> str:
    """Return a text's path, without the extension."""
    return f"/{API_VERSION}/Accounts/{text.account}/Messages/{text.sid}"


def inbound(text: CarriedText) -> dict[str, str]:
    """Return the form that a webhook gets for a customer's text."""
    fields = {
        **_common(text),
        "Body": text.body,
        "NumMedia": str(len(text.media)),
        "NumSegments": str(text.segments),
        "SmsMessageSid": text.sid,
        "SmsStatus": "received",
    }
    for whose, number in (("From", text.sender), ("To", text.recipient)):
        fields[f"{whose}Country"] = "US" if number.startswith("+1") else ""
        fields |= dict.fromkeys((f"{whose}City", f"{whose}State", f"{whose}Zip"), "")  # sent and signed though empty

    for index, media in enumerate(text.media):
        fields[f"MediaUrl{index}"] = media.url
        fields[f"MediaContentType{index}"] = media.content_type

    if text.keyword:
        fields["OptOutType"] = text.keyword

    return fields


def report(text: CarriedText) -> dict[str, str]:
    """Return the form that reports a text's status."""
    fields = {**_common(text), "MessageStatus": text.status, "SmsStatus": text.status}
    if text.status in ("delivered", "undelivered"):
        fields["RawDlrDoneDate"] = f"{text.updated_at:%y%m%d%H%M}"

    if text.error_code is not None:
        fields["ErrorCode"] = str(text.error_code)

    return fields


def _common(text: CarriedText) -> dict[str, str]:
    fields = {
        "AccountSid": text.account,
        "ApiVersion": API_VERSION,
        "From": text.sender,
        "MessageSid": text.sid,
        "SmsSid": text.sid,
        "To": text.recipient,
    }
    return {**fields, "MessagingServiceSid": text.service} if text.service else fields
