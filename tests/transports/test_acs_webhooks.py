"""Receiving from Event Grid: both schemas, both handshakes, and every way in which an event can be odd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.transports.event_grid import REPORT, SECRET, TEXT, acs_settings, cloud_event, delivery, event

from cordboard.engine.carrier import (
    ChannelNotice,
    DeliveryReported,
    Failure,
    TextReceived,
    WebhookReply,
    WebhookRequest,
    WebhookUnreadable,
)
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import FailureKind, MessageStatus
from cordboard.transports.acs import AcsTransport

RECEIVED = TextReceived(
    channel="main",
    provider_id="Incoming_20261124_1",
    sender="+14155550123",
    recipient="+18005550100",
    body="Where is my order? Ça va 👋",
    segments=2,
)

DELIVERED = DeliveryReported(
    channel="main", provider_id="Outgoing_20261124_1", status=MessageStatus.DELIVERED, message=41, segments=2
)

VALIDATION = {
    "validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6",
    "validationUrl": "https://rp-eastus2.eventgrid.azure.net:553/eventsubscriptions/estest/validate?id=512d38b6",
}


def receive(request: WebhookRequest, **changes: Any) -> WebhookReply:
    return AcsTransport(acs_settings(**changes)).receive(request)


def report(**changes: Any) -> Any:
    """Receive a delivery report with changed data, and return what it is read as."""
    data = {name: value for name, value in {**REPORT, **changes}.items() if value is not ...}
    (read,) = receive(delivery([event("SMSDeliveryReportReceived", data)])).events
    return read


def text(**changes: Any) -> Any:
    data = {name: value for name, value in {**TEXT, **changes}.items() if value is not ...}
    (read,) = receive(delivery([event("SMSReceived", data)])).events
    return read


def validation(**changes: Any) -> WebhookRequest:
    body = [event("SubscriptionValidationEvent", VALIDATION, name="Microsoft.EventGrid.")]
    return delivery(body, aeg_event_type="SubscriptionValidation", **changes)


def agreement(**changes: Any) -> WebhookRequest:
    return delivery(b"", method="OPTIONS", webhook_request_origin="eventgrid.azure.net", **changes)


# What comes.


@pytest.mark.parametrize(
    "body",
    [
        [event("SMSReceived", TEXT)],
        event("SMSReceived", TEXT),
        cloud_event("SMSReceived", TEXT),
        [cloud_event("SMSReceived", TEXT)],
    ],
    ids=["event grid", "event grid, alone", "cloud event", "cloud events"],
)
@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "application/cloudevents+json", "application/cloudevents-batch+json", ""],
)
def test_a_text_is_the_same_in_every_schema_whatever_the_content_type(body: Any, content_type: str) -> None:
    reply = receive(delivery(body, content_type=content_type))

    assert reply == WebhookReply(events=(RECEIVED,))


@pytest.mark.parametrize("wrap", [event, cloud_event])
def test_a_delivery_report_names_our_message(wrap: Any) -> None:
    assert receive(delivery([wrap("SMSDeliveryReportReceived", REPORT)])).events == (DELIVERED,)


def test_a_batch_of_five_thousand_keeps_its_order() -> None:
    batch = [event("SMSReceived", {**TEXT, "messageId": f"Incoming_{each}"}) for each in range(5_000)]

    assert [getattr(each, "provider_id", None) for each in receive(delivery(batch)).events] == [
        f"Incoming_{each}" for each in range(5_000)
    ]


def test_an_event_that_comes_again_is_read_as_the_same_text() -> None:
    again = delivery([event("SMSReceived", TEXT)] * 2, aeg_delivery_count="3")

    assert receive(again).events == (RECEIVED, RECEIVED)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("14155550123", "+14155550123"),
        ("+14155550123", "+14155550123"),
        (" 14155550123", "+14155550123"),
        ("447700900123", "+447700900123"),
        ("12345", "12345"),
        ("123456", "123456"),
        ("Contoso", "Contoso"),
    ],
)
def test_numbers_have_a_plus_sign_except_short_codes(written: str, read: str) -> None:
    received = text(**{"from": written, "to": written})

    assert (received.sender, received.recipient) == (read, read)


@pytest.mark.parametrize(
    ("written", "read"), [(1, 1), (3, 3), (None, 0), (..., 0), ("2", 0), (-1, 0), (1.5, 0), (True, 0)]
)
def test_a_strange_count_of_segments_spoils_no_text(written: Any, read: int) -> None:
    assert text(segmentCount=written) == msgspec.structs.replace(RECEIVED, segments=read)


@pytest.mark.parametrize("word", ["STOP", "START", "UNSTOP", "HELP"])
def test_stop_comes_without_a_mark_and_as_any_text(word: str) -> None:
    received = text(message=word)

    assert (received.body, received.keyword) == (word, None)


def test_an_empty_text_is_one() -> None:
    assert text(message="").body == ""


def test_a_text_without_an_id_of_its_own_has_its_event_s() -> None:
    body = [{**event("SMSReceived", {**TEXT, "messageId": None}), "id": "event-7"}]

    assert receive(delivery(body)).events == (msgspec.structs.replace(RECEIVED, provider_id="event-7"),)


@pytest.mark.parametrize("time", ["2026-11-24T00:22:20.28Z", "2026-11-24T00:22:20.2855749Z", "yesterday", None, 7])
def test_no_way_to_write_a_time_matters(time: Any) -> None:
    assert report(receivedTimestamp=time) == DELIVERED
    assert text(receivedTimestamp=time) == RECEIVED


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"Tag": "41"}, 41),
        ({"tag": "41", "Tag": ...}, 41),
        ({"tag": "41", "Tag": "42"}, 41),
        ({"Tag": ...}, None),
        ({"Tag": None}, None),
        ({"Tag": ""}, None),
        ({"Tag": "0"}, None),
        ({"Tag": "campaign"}, None),
        ({"Tag": "٤١"}, None),
        ({"Tag": "9" * 30}, None),
        ({"Tag": 41}, None),
        ({"Tag": {"a": 1}}, None),
    ],
)
def test_the_tag_is_our_message_however_it_is_spelt(tags: dict[str, Any], message: int | None) -> None:
    assert report(**tags) == msgspec.structs.replace(DELIVERED, message=message)


@pytest.mark.parametrize("attempts", [None, [], "x", [7], [{"segmentsSucceeded": "2"}], ...])
def test_strange_attempts_spoil_no_report(attempts: Any) -> None:
    assert report(deliveryAttempts=attempts) == msgspec.structs.replace(DELIVERED, segments=0)


# What reports say.


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        ("795", FailureKind.CONFIGURATION, MessageStatus.FAILED),
        ("4000", FailureKind.CONTENT, MessageStatus.FAILED),
        ("4001", FailureKind.CONFIGURATION, MessageStatus.FAILED),
        ("4002", FailureKind.RECIPIENT, MessageStatus.FAILED),
        ("4003", FailureKind.CONFIGURATION, MessageStatus.FAILED),
        ("4004", FailureKind.RECIPIENT, MessageStatus.UNDELIVERED),
        ("4005", FailureKind.BLOCKED, MessageStatus.UNDELIVERED),
        ("4006", FailureKind.UNREACHABLE, MessageStatus.UNDELIVERED),
        ("4007", FailureKind.OPTED_OUT, MessageStatus.FAILED),
        ("4008", FailureKind.LATER, MessageStatus.FAILED),
        ("4009", FailureKind.ACCOUNT, MessageStatus.FAILED),
        ("4010", FailureKind.CONFIGURATION, MessageStatus.FAILED),
        ("4020", FailureKind.LATER, MessageStatus.FAILED),
        ("4795", FailureKind.CONFIGURATION, MessageStatus.FAILED),
        ("5000", FailureKind.TROUBLE, MessageStatus.UNDELIVERED),
        ("5001", FailureKind.TROUBLE, MessageStatus.UNDELIVERED),
        ("9999", FailureKind.UNKNOWN, MessageStatus.UNDELIVERED),
        ("4999", FailureKind.UNKNOWN, MessageStatus.UNDELIVERED),
    ],
)
@pytest.mark.parametrize("words", ["", ": Some words about +14155550123", " - words"])
def test_a_failure_is_known_by_the_code_in_front(
    code: str, words: str, kind: FailureKind, status: MessageStatus
) -> None:
    read = report(deliveryStatus="Failed", deliveryStatusDetails=code + words)

    assert (read.status, read.failure.code, read.failure.kind, read.unknown) == (status, code, kind, False)
    assert read.failure.text.endswith(".")
    assert "5550123" not in read.failure.text


@pytest.mark.parametrize(
    "details", ["Sender blocked for given recipient.", "sender blocked for given recipient", "4007"]
)
def test_a_customer_who_opted_out_is_known_by_code_or_words(details: str) -> None:
    read = report(deliveryStatus="Failed", deliveryStatusDetails=details)

    assert (read.failure.code, read.failure.kind) == ("4007", FailureKind.OPTED_OUT)


@pytest.mark.parametrize("details", [None, "", "Something new about +14155550123", ...])
def test_a_failure_without_a_code_has_words_of_ours(details: Any) -> None:
    read = report(deliveryStatus="Failed", deliveryStatusDetails=details)

    assert read.status is MessageStatus.UNDELIVERED
    assert read.failure == Failure(code="failed", text="The text was not delivered, and Azure does not say why.")


def test_a_carrier_that_reports_nothing_leaves_it_unknown_and_not_failed() -> None:
    read = report(deliveryStatus="Failed", deliveryStatusDetails="5002: No delivery report")

    assert (read.status, read.unknown, read.failure.code) == (MessageStatus.SENT, True, "5002")
    assert "may have arrived" in read.failure.text


def test_a_delivered_text_has_no_failure_whatever_the_details_say() -> None:
    assert report(deliveryStatusDetails="2000: Message Delivered Successfully") == DELIVERED
    assert report(deliveryStatus="delivered", deliveryStatusDetails="4006") == DELIVERED


def test_failed_then_delivered_under_one_event_id_are_two_reports() -> None:
    failed = event("SMSDeliveryReportReceived", {**REPORT, "deliveryStatus": "Failed", "deliveryStatusDetails": "4006"})
    delivered = event("SMSDeliveryReportReceived", REPORT)
    assert failed["id"] == delivered["id"]

    read = receive(delivery([failed, delivered])).events

    assert [getattr(each, "status", None) for each in read] == [MessageStatus.UNDELIVERED, MessageStatus.DELIVERED]


# What cannot be read.


@pytest.mark.parametrize(
    "odd",
    [
        event("SMSReceived", None),
        event("SMSReceived", {}),
        event("SMSReceived", "text"),
        event("SMSReceived", {**TEXT, "from": ""}),
        event("SMSReceived", {**TEXT, "from": " "}),
        event("SMSReceived", {**TEXT, "to": None}),
        event("SMSReceived", {**TEXT, "to": "\t"}),
        event("SMSReceived", {**TEXT, "message": None}),
        event("SMSReceived", {**TEXT, "message": 7}),
        event("SMSDeliveryReportReceived", {**REPORT, "messageId": None}),
        event("SMSDeliveryReportReceived", {**REPORT, "deliveryStatus": "Lost"}),
        event("SMSDeliveryReportReceived", {**REPORT, "deliveryStatus": None}),
        event("CallStarted", {}),
        event("SomethingNew", {}, name="Contoso."),
        {"id": "1"},
        {"id": 7, "eventType": "Microsoft.Communication.SMSReceived", "data": TEXT},
        7,
        None,
        "text",
        [],
    ],
    ids=lambda odd: json.dumps(odd)[:60],
)
def test_an_odd_event_is_kept_and_spoils_none_beside_it(odd: Any) -> None:
    good = event("SMSReceived", TEXT)
    reply = receive(delivery([good, odd, good]))

    first, kept, last = reply.events
    assert (first, last) == (RECEIVED, RECEIVED)
    assert isinstance(kept, WebhookUnreadable)
    assert json.loads(kept.body) == odd
    assert kept.reason
    assert (reply.status, reply.refusal) == (200, "")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[", b"{", b'"text"', b"7", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"[1,]"],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_event_is_kept_as_it_came(body: bytes) -> None:
    reply = receive(delivery(body, content_type="application/cloudevents+json"))

    (kept,) = reply.events
    assert isinstance(kept, WebhookUnreadable)
    assert (kept.body, kept.content_type, kept.channel) == (body, "application/cloudevents+json", "main")
    assert (reply.status, reply.refusal) == (200, "")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"half \ud83d", "half \ufffd"),
        (rb"\ud83d half", "\ufffd half"),
        (rb"\udc4b\ud83d", "\ufffd\ufffd"),
        (rb"whole \ud83d\udc4b half \ud83d", "whole 👋 half \ufffd"),
        (rb"no half: \\ud83d", r"no half: \ud83d"),
        (b"no UTF-8: \xff", "no UTF-8: \ufffd"),
    ],
)
@pytest.mark.parametrize("wrap", [b"[%s]", b"%s"])
def test_half_a_character_spoils_no_text(written: bytes, read: str, wrap: bytes) -> None:
    body = wrap % json.dumps(event("SMSReceived", {**TEXT, "message": "MESSAGE"})).encode().replace(b"MESSAGE", written)

    assert receive(delivery(body)).events == (msgspec.structs.replace(RECEIVED, body=read),)


def test_a_byte_order_mark_spoils_no_text() -> None:
    body = b"\xef\xbb\xbf" + json.dumps([event("SMSReceived", TEXT)]).encode()

    assert receive(delivery(body)).events == (RECEIVED,)


def test_an_empty_batch_says_nothing() -> None:
    assert receive(delivery([])) == WebhookReply()


@pytest.mark.parametrize("kind", ["SubscriptionDeletedEvent", "SubscriptionDeletionEvent"])
def test_a_deleted_subscription_is_told_to_the_administrator(kind: str) -> None:
    body = [event(kind, {"eventSubscriptionId": "/subscriptions/s"}, name="Microsoft.EventGrid.")]

    (notice,) = receive(delivery(body, aeg_event_type="SubscriptionDeletion")).events

    assert isinstance(notice, ChannelNotice)
    assert (notice.channel, notice.code) == ("main", "subscription_deleted")
    assert "'CORDBOARD'" in notice.text


def test_the_page_that_a_notice_names_is_there() -> None:
    assert (Path(__file__).parents[2] / "docs" / "acs.md").is_file()


# Handshakes.


def test_a_subscription_of_ours_hears_its_code() -> None:
    reply = receive(validation())

    assert reply == WebhookReply(
        status=200,
        content_type="application/json",
        body=b'{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}',
    )


@pytest.mark.parametrize("name", ["Cordboard", "CORDBOARD", " cordboard "])
def test_the_name_of_a_subscription_has_no_case(name: str) -> None:
    assert receive(validation(aeg_subscription_name=name)).status == 200


def test_a_subscription_of_somebody_else_hears_nothing() -> None:
    reply = receive(validation(aeg_subscription_name="THEIRS"))

    assert (reply.status, reply.body, reply.events, reply.refusal) == (403, b"", (), "unknown_subscription")


def test_a_subscription_without_a_name_hears_nothing() -> None:
    assert receive(validation(drop=("aeg-subscription-name",))) == WebhookReply(status=403, refusal="forged")


def test_a_handshake_without_the_secret_is_forged() -> None:
    assert receive(validation(drop=("x-cordboard-secret",))) == WebhookReply(status=403, refusal="forged")


def test_a_handshake_without_a_code_is_kept() -> None:
    body = [event("SubscriptionValidationEvent", {}, name="Microsoft.EventGrid.")]

    reply = receive(delivery(body))

    assert ([type(each) for each in reply.events], reply.status) == ([WebhookUnreadable], 200)


def test_a_handshake_among_texts_loses_none() -> None:
    body = [
        event("SMSReceived", TEXT),
        event("SubscriptionValidationEvent", VALIDATION, name="Microsoft.EventGrid."),
        event("SMSReceived", TEXT),
    ]

    reply = receive(delivery(body))

    assert reply.events == (RECEIVED, RECEIVED)
    assert b"validationResponse" in reply.body


def test_cloud_events_are_agreed_to_in_headers() -> None:
    reply = receive(agreement(webhook_request_rate="120", webhook_request_callback="https://evil.example/"))

    assert reply == WebhookReply(
        status=200,
        headers=(
            ("WebHook-Allowed-Origin", "eventgrid.azure.net"),
            ("WebHook-Allowed-Rate", "*"),
            ("Allow", "POST"),
        ),
    )


def test_the_agreement_needs_the_secret_and_no_name() -> None:
    assert receive(agreement(drop=("aeg-subscription-name",))).status == 200
    assert receive(agreement(drop=("x-cordboard-secret",))) == WebhookReply(status=403, refusal="forged")
    assert receive(agreement(aeg_subscription_name="THEIRS")).status == 403


@pytest.mark.parametrize("origin", ["", "two words", "a\r\nSet-Cookie: x", "é", "x" * 300])
def test_an_agreement_with_nobody_is_none(origin: str) -> None:
    request = agreement()
    reply = receive(msgspec.structs.replace(request, headers={**request.headers, "webhook-request-origin": origin}))

    assert reply == WebhookReply(status=400, refusal="malformed")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", ""])
def test_no_other_method_is_taken(method: str) -> None:
    reply = receive(delivery([event("SMSReceived", TEXT)], method=method))

    assert (reply.status, reply.headers, reply.events) == (405, (("Allow", "POST, OPTIONS"),), ())


# Who it is.

GENUINE = [event("SMSReceived", TEXT)]
PLAIN = "a-secret_of.event~grid0"


@pytest.mark.parametrize("name", ["secret", "code"])
@pytest.mark.parametrize("query", ["?{}={}", "?a=b&{}={}", "?{}={}&a=b", "?secret=&{}={}", "?{0}=wrong&{0}={1}"])
def test_the_secret_may_be_in_the_url(name: str, query: str) -> None:
    request = delivery(GENUINE, query=query.format(name, PLAIN), drop=("x-cordboard-secret",))

    assert receive(request, webhook_secret=Secret(PLAIN)).events == (RECEIVED,)


@pytest.mark.parametrize(
    "written", ["a-secret+of/event=grid", "a-secret%2Bof%2Fevent%3Dgrid", "a-secret%2bof/event=grid"]
)
def test_a_secret_is_the_same_escaped_or_not(written: str) -> None:
    assert receive(delivery(GENUINE, query=f"?secret={written}", drop=("x-cordboard-secret",))).status == 200


def test_the_secret_may_be_in_a_header_of_any_name() -> None:
    request = delivery(GENUINE, x_texts=SECRET, drop=("x-cordboard-secret",))

    assert receive(request, webhook_secret_header="x-texts").events == (RECEIVED,)
    assert receive(request).status == 403


@pytest.mark.parametrize("guess", ["", "a", SECRET[:-1], SECRET + "x", SECRET.upper(), "é", "\udcff"])
def test_a_guess_is_refused(guess: str) -> None:
    refused = WebhookReply(status=403, refusal="forged")
    in_header = delivery(GENUINE, x_cordboard_secret=guess)
    in_query = delivery(GENUINE, query=f"?secret={guess}&code={guess}", drop=("x-cordboard-secret",))

    assert receive(in_header) == refused
    assert receive(in_query) == refused


def test_old_secrets_count_while_they_are_listed() -> None:
    request = delivery(GENUINE)

    assert (
        receive(request, webhook_secret=Secret("new"), old_webhook_secrets=(Secret("x"), Secret(SECRET))).status == 200
    )
    assert receive(request, webhook_secret=Secret("new")).status == 403


@pytest.mark.parametrize("wrap", [event, cloud_event])
def test_a_delivery_of_a_subscription_that_is_not_listed_comes_again_and_keeps_nothing(wrap: Any) -> None:
    reply = receive(delivery([wrap("SMSReceived", TEXT)], aeg_subscription_name="THEIRS"))

    assert reply == WebhookReply(status=503, headers=(("Retry-After", "30"),), refusal="unknown_subscription")


def test_a_subscription_that_is_not_listed_is_refused_for_good_without_the_secret() -> None:
    reply = receive(delivery(GENUINE, aeg_subscription_name="THEIRS", drop=("x-cordboard-secret",)))

    assert reply == WebhookReply(status=403, refusal="forged")


def test_a_subscription_that_is_not_listed_is_logged_once_by_its_name() -> None:
    transport = AcsTransport(acs_settings())
    with capture_logs() as logs:
        for name in ("THEIRS", "theirs", "OTHERS", "CORDBOARD", "THEIRS"):
            transport.receive(delivery(GENUINE, aeg_subscription_name=name))

    assert [(each["log_level"], each["channel"], each["subscription"]) for each in logs] == [
        ("warning", "main", "theirs"),
        ("warning", "main", "others"),
    ]
    assert SECRET not in str(logs)


def test_made_up_subscriptions_do_not_fill_the_log() -> None:
    transport = AcsTransport(acs_settings())
    with capture_logs() as logs:
        for each in range(1_000):
            transport.receive(delivery(GENUINE, aeg_subscription_name=f"{each}-" + "x" * 1_000))

    assert len(logs) == 100
    assert max(len(each["subscription"]) for each in logs) == 64


def test_a_delivery_need_not_name_its_subscription() -> None:
    assert receive(delivery(GENUINE, drop=("aeg-subscription-name",))).events == (RECEIVED,)
