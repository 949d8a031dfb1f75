"""Sending by Azure: the requests that its SDK writes, and what every answer comes to."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from azure.communication.sms._shared.policy import HMACCredentialsPolicy
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import HttpRequest
from msgspec.structs import replace
from structlog.testing import capture_logs
from tests.transports.azure import ACCESS_KEY, AzureStandIn, is_signed, running_azure
from tests.transports.carrier import Answer
from tests.transports.event_grid import SECRET, acs_settings

from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    DeliveryReported,
    Failure,
    Media,
    OutboundMessage,
    Rejected,
    SendResult,
    Throttled,
)
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import IMPATIENT, PATIENCE, PATIENT, Behaviour, outbound
from cordboard.engine.vocabulary import FailureKind, MessageStatus, NumberKind
from cordboard.transports.acs import AcsTransport, Credential, Deadlines
from cordboard.transports.acs.signature import sign

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"

FIRST_TRIED = 1_795_000_000_123

NO_ANSWER = Failure(
    code="ambiguous", text="Azure did not answer: the text may not have been sent.", kind=FailureKind.TROUBLE
)

UNREACHABLE = Throttled(
    failure=Failure(code="unreachable", text="Azure could not be reached.", kind=FailureKind.TROUBLE)
)


def message(number: int = 41, **changes: Any) -> OutboundMessage:
    given = {
        "message": number,
        "sender": "+18005550100",
        "recipient": "+14155550123",
        "body": "Hé + & = 👋\n",
        "attempt_key": KEY,
        "queued_at": FIRST_TRIED - 5_000,
        "first_tried_at": FIRST_TRIED,
    }
    return OutboundMessage(**{**given, **changes})


def crowd(*recipients: str) -> list[OutboundMessage]:
    return [
        message(at, recipient=each, attempt_key=str(uuid.UUID(int=at))) for at, each in enumerate(recipients, start=1)
    ]


def towards(url: str, *, deadline: float = PATIENT, **changes: Any) -> AcsTransport:
    """Return a transport to somewhere, which gives a text up after some seconds."""
    settings = acs_settings(endpoint=url, **{"access_key": Secret(ACCESS_KEY), **changes})
    return AcsTransport(settings, deadlines=Deadlines(connect=deadline / 2, total=deadline))


@pytest.fixture
async def azure() -> AsyncIterator[AzureStandIn]:
    async with running_azure() as running:
        yield running


async def answered(azure: AzureStandIn, answer: Answer, text: OutboundMessage | None = None) -> SendResult:
    """Send a text that gets this answer."""
    azure.answer = answer
    async with towards(azure.url) as transport:
        return await transport.send(text or message())


async def itemised(azure: AzureStandIn, items: Any, messages: list[OutboundMessage]) -> tuple[SendResult, ...]:
    """Send texts that get these items for an answer."""
    azure.answer = Answer(status=202, body={"value": items})
    async with towards(azure.url) as transport:
        return await transport.send_many(messages)


def item(to: str, provider_id: str | None = "Outgoing_1", **changes: Any) -> dict[str, Any]:
    given = {"to": to, "messageId": provider_id, "httpStatusCode": 202, "successful": True}
    return {**given, "repeatabilityResult": "accepted", **changes}


# The request.


async def test_a_text_is_asked_for_as_azure_documents_it(azure: AzureStandIn) -> None:
    async with towards(azure.url) as transport:
        result = await transport.send(message())

    (asked,) = azure.requests
    assert asked.line == "POST /sms?api-version=2021-03-07 HTTP/1.1"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["user-agent"].startswith("azsdk-python-communication-sms/")
    assert json.loads(asked.body) == {
        "from": "+18005550100",
        "smsRecipients": [
            {
                "to": "+14155550123",
                "repeatabilityRequestId": KEY,
                "repeatabilityFirstSent": "Wed, 18 Nov 2026 11:06:40 GMT",
            }
        ],
        "message": "Hé + & = 👋\n",
        "smsSendOptions": {"enableDeliveryReport": True, "tag": "41"},
    }
    assert result == Accepted(provider_id="Outgoing_00000001")


async def test_the_signature_is_over_the_bytes_that_are_sent(azure: AzureStandIn) -> None:
    async with towards(azure.url) as transport:
        await transport.send(message())

    (asked,) = azure.requests
    assert is_signed(asked)
    assert not is_signed(asked, base64.b64encode(b"another key").decode())
    assert abs((parsedate_to_datetime(asked.headers["x-ms-date"]) - datetime.now(UTC)).total_seconds()) < 60


async def test_a_text_is_the_same_for_azure_after_a_restart(azure: AzureStandIn) -> None:
    await azure.behave(Behaviour.HANG)
    async with towards(azure.url, deadline=IMPATIENT) as transport:
        assert isinstance(await transport.send(message()), Ambiguous)

    await azure.behave(Behaviour.ACCEPT)
    async with towards(azure.url) as another:
        first = await another.send(message())
        again = await another.send(message())

    repeated = {json.dumps(each["smsRecipients"]) for each in azure.bodies}
    assert len(azure.bodies) == 3
    assert len(repeated) == 1
    assert first == again == Accepted(provider_id="Outgoing_00000001")
    assert len(azure.taken) == 1, "the customer got one text"


async def test_a_text_that_nobody_timed_was_first_tried_when_it_was_queued(azure: AzureStandIn) -> None:
    async with towards(azure.url) as transport:
        await transport.send(message(first_tried_at=0, queued_at=0))

    assert azure.bodies[0]["smsRecipients"][0]["repeatabilityFirstSent"] == "Thu, 01 Jan 1970 00:00:00 GMT"


async def test_short_codes_are_sent_from_as_they_are(azure: AzureStandIn) -> None:
    async with towards(azure.url) as transport:
        await transport.send(message(sender="12345", sender_kind=NumberKind.SHORT_CODE))

    assert azure.bodies[0]["from"] == "12345"


async def test_many_texts_go_in_one_request_each_under_its_own_id(azure: AzureStandIn) -> None:
    texts = crowd(*(f"+1415555{each:04}" for each in range(100)))
    async with towards(azure.url) as transport:
        results = await transport.send_many(texts)

    (body,) = azure.bodies
    sent = [(each["to"], each["repeatabilityRequestId"]) for each in body["smsRecipients"]]
    assert sent == [(each.recipient, each.attempt_key) for each in texts]
    assert body["smsSendOptions"] == {"enableDeliveryReport": True}, "one tag cannot name a hundred texts"
    assert [getattr(each, "provider_id", None) for each in results] == [f"Outgoing_{at:08}" for at in range(1, 101)]


@pytest.mark.parametrize(
    "texts", [[message(1, body="a"), message(2, body="b")], [message(each) for each in range(101)]]
)
async def test_texts_that_do_not_fit_in_one_request_are_a_defect(
    azure: AzureStandIn, texts: list[OutboundMessage]
) -> None:
    async with towards(azure.url) as transport:
        with pytest.raises(ValueError, match="at most 100 texts with one sender and one body"):
            await transport.send_many(texts)

        assert await transport.send_many([]) == ()

    assert azure.asked == 0


async def test_texts_one_after_the_other_share_a_connection(azure: AzureStandIn) -> None:
    async with towards(azure.url) as transport:
        for number in range(3):
            await transport.send(message(number + 1, attempt_key=str(number)))

    assert azure.met == 1


async def test_a_proxy_of_this_machine_is_used(azure: AzureStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", azure.url)
    monkeypatch.setenv("no_proxy", "")
    async with towards("http://contoso.example") as transport:
        result = await transport.send(message())

    assert azure.requests[0].line == "POST http://contoso.example/sms?api-version=2021-03-07 HTTP/1.1"
    assert isinstance(result, Accepted | Rejected)


# How the endpoint may be written.


@pytest.mark.parametrize("write", ["{}/", "{}//", "HTTP://{host}", "Http://{host}/"])
async def test_no_way_to_write_the_endpoint_spoils_the_signature(azure: AzureStandIn, write: str) -> None:
    endpoint = write.format(azure.url, host=azure.url.removeprefix("http://"))
    async with towards(endpoint) as transport:
        assert isinstance(await transport.send(message()), Accepted)


@pytest.mark.parametrize(
    "write", ["endpoint={}/;accesskey={}", "AccessKey={1};Endpoint={0};", " endpoint = {} ; accesskey = {} "]
)
async def test_a_connection_string_may_lead_to_a_fake(azure: AzureStandIn, write: str) -> None:
    settings = acs_settings(endpoint="", access_key=None, connection_string=Secret(write.format(azure.url, ACCESS_KEY)))
    async with AcsTransport(settings, deadlines=Deadlines(connect=PATIENT, total=PATIENT)) as transport:
        assert isinstance(await transport.send(message()), Accepted)


# Refusals.


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=400, body={"error": {"code": "InvalidInput", "message": "from"}}), FailureKind.CONFIGURATION),
        (Answer(status=400, body="<html>"), FailureKind.CONFIGURATION),
        (Answer(status=403, body={"error": {"code": "Forbidden", "message": "x"}}), FailureKind.CONFIGURATION),
        (Answer(status=422, body="{}"), FailureKind.UNKNOWN),
    ],
)
async def test_what_azure_refuses_is_refused_and_the_channel_goes_on(
    azure: AzureStandIn, answer: Answer, kind: FailureKind
) -> None:
    result = await answered(azure, answer)

    assert isinstance(result, Rejected)
    assert (result.channel_down, result.failure.kind) == (False, kind)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=401, body={"error": {"code": "Denied", "message": "x"}}),
        Answer(status=401, body="<html>"),
        Answer(status=403, body="<html>"),
        Answer(status=404, body="<html>"),
        Answer(status=307, headers={"Location": "http://127.0.0.1:9/"}),
        Answer(status=407, body="<html>"),
    ],
    ids=lambda answer: f"{answer.status} {answer.body}",
)
async def test_what_is_wrong_with_the_account_stops_the_channel(azure: AzureStandIn, answer: Answer) -> None:
    result = await answered(azure, answer)

    assert isinstance(result, Rejected)
    assert result.channel_down
    assert azure.asked == 1, "no redirection is followed"


async def test_refused_credentials_are_logged_with_the_time_it_is_here(azure: AzureStandIn) -> None:
    answer = Answer(status=401, body="", headers={"Date": "Tue, 24 Nov 2026 20:00:00 GMT"})
    with capture_logs() as logs:
        await answered(azure, answer)

    (entry,) = logs
    assert (entry["event"], entry["log_level"]) == ("carrier_refused_credentials", "warning")
    assert entry["carrier_time"] == "Tue, 24 Nov 2026 20:00:00 GMT"
    assert abs((datetime.fromisoformat(entry["local_time"]) - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3_000),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "3600"}, 3_600_000),
        ({"retry-after-ms": "250"}, 250),
        ({"x-ms-retry-after-ms": "250"}, 250),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "9" * 30}, None),
        ({"Retry-After": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, None),
    ],
)
async def test_azure_may_say_how_long_to_wait_and_nobody_waits_inside(
    azure: AzureStandIn, headers: dict[str, str], wait: int | None
) -> None:
    with anyio.fail_after(60):
        result = await answered(azure, Answer(status=429, body="{}", headers=headers))

    assert isinstance(result, Throttled)
    assert (result.retry_after, result.failure.kind) == (wait, FailureKind.BUSY)
    assert azure.asked == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("body", ["<html>", {"error": {"code": "InternalError"}}], ids=["page", "json"])
async def test_an_error_of_azures_leaves_it_open_and_is_not_repeated_behind_our_back(
    azure: AzureStandIn, status: int, body: Any
) -> None:
    result = await answered(azure, Answer(status=status, body=body, headers={"Retry-After": "1"}))

    assert isinstance(result, Ambiguous)
    assert azure.asked == 1


@pytest.mark.parametrize("behaviour", [Behaviour.RESET, Behaviour.HANG, Behaviour.STALL])
async def test_without_an_answer_nobody_knows(azure: AzureStandIn, behaviour: Behaviour) -> None:
    await azure.behave(behaviour)
    async with towards(azure.url, deadline=IMPATIENT) as transport:
        assert await transport.send(message()) == Ambiguous(failure=NO_ANSWER)

    assert azure.asked == 1


async def test_a_connection_that_broke_while_it_rested_leaves_it_open(azure: AzureStandIn) -> None:
    async with towards(azure.url) as transport:
        assert isinstance(await transport.send(message()), Accepted)
        await azure.behave(Behaviour.RESET)
        assert await transport.send(message(42)) == Ambiguous(failure=NO_ANSWER)


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "http://127.0.0.1:1"])
async def test_a_host_that_is_not_there_was_not_reached(url: str) -> None:
    async with towards(url) as transport:
        assert await transport.send(message()) == UNREACHABLE


async def test_a_server_without_tls_was_not_reached(azure: AzureStandIn) -> None:
    async with towards(azure.url.replace("http:", "https:"), deadline=IMPATIENT) as transport:
        assert await transport.send(message()) == UNREACHABLE

    assert azure.asked == 0


async def test_a_server_that_never_ends_its_greeting_was_not_reached() -> None:
    async def keep_quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_quiet, "127.0.0.1", 0)
    async with server:
        with anyio.fail_after(PATIENCE):
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with towards(url, deadline=IMPATIENT) as transport:
                assert await transport.send(message()) == UNREACHABLE


# A success that is none, or for some alone.


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "null",
        "[]",
        "7",
        "{}",
        '{"value": null}',
        '{"value": {}}',
        '{"value": 7}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_success_without_a_list_is_no_answer(azure: AzureStandIn, body: Any) -> None:
    result = await answered(azure, Answer(status=202, body=body))

    assert isinstance(result, Ambiguous)
    assert "cannot be understood" in result.failure.text


async def test_each_recipient_of_one_request_gets_an_answer_of_its_own(azure: AzureStandIn) -> None:
    texts = crowd("+14155550001", "+14155550002", "+14155550003", "+14155550004", "+14155550005")
    bad = {"httpStatusCode": 400, "successful": False, "errorMessage": "Invalid To phone number format +14155550002."}
    items = [
        item("+14155550001"),
        item("+14155550002", None, **bad),
        item("+14155550003", None, httpStatusCode=503, successful=False),
        item("+14155550004", None, httpStatusCode=429, successful=False),
        item("+14155550005", "Outgoing_5"),
    ]

    results = await itemised(azure, items, texts)

    assert [type(each) for each in results] == [Accepted, Rejected, Ambiguous, Throttled, Accepted]
    assert isinstance(results[1], Rejected)
    assert results[1].failure.kind is FailureKind.RECIPIENT
    assert "5550002" not in repr(results)


async def test_answers_are_matched_by_number_in_any_order_with_or_without_a_plus(azure: AzureStandIn) -> None:
    texts = crowd("+14155550001", "+14155550002")

    results = await itemised(azure, [item("14155550002", "B"), item("+14155550001", "A")], texts)

    assert results == (Accepted(provider_id="A"), Accepted(provider_id="B"))


async def test_a_number_that_is_there_twice_is_answered_in_order(azure: AzureStandIn) -> None:
    texts = crowd("+14155550001", "+14155550002", "+14155550001")

    results = await itemised(
        azure, [item("+14155550001", "A"), item("+14155550001", "C"), item("+14155550002", "B")], texts
    )

    assert results == (Accepted(provider_id="A"), Accepted(provider_id="B"), Accepted(provider_id="C"))


@pytest.mark.parametrize(
    "items", [[], [item("+14155550001")], [item("+14155550001"), 7, None, {"to": 7}, item("+1999")]]
)
async def test_who_is_left_out_may_or_may_not_have_been_texted(azure: AzureStandIn, items: list[Any]) -> None:
    first, second = await itemised(azure, items, crowd("+14155550001", "+14155550002"))

    assert isinstance(first, Accepted if items else Ambiguous)
    assert isinstance(second, Ambiguous)
    assert "leaves this text out" in second.failure.text


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, Accepted),
        ({"repeatabilityResult": None}, Accepted),
        ({"repeatabilityResult": "rejected"}, Accepted),  # sent, though not under the id
        ({"successful": None}, Accepted),
        ({"messageId": None}, Ambiguous),
        ({"messageId": ""}, Ambiguous),
        ({"successful": False, "httpStatusCode": 400}, Rejected),
        ({"successful": False, "httpStatusCode": 409}, Rejected),
        ({"successful": False, "httpStatusCode": 408}, Ambiguous),
        ({"successful": False, "httpStatusCode": 500}, Ambiguous),
        ({"successful": False, "httpStatusCode": 202}, Ambiguous),
        ({"successful": False, "httpStatusCode": None}, Ambiguous),
    ],
)
async def test_an_item_is_what_it_says(azure: AzureStandIn, changes: dict[str, Any], result: type[SendResult]) -> None:
    (only,) = await itemised(azure, [item("+14155550123", **changes)], [message()])

    assert type(only) is result


async def test_a_repetition_that_azure_does_not_take_is_a_defect_of_ours(azure: AzureStandIn) -> None:
    refused = item(
        "+14155550123",
        None,
        httpStatusCode=400,
        successful=False,
        repeatabilityResult="rejected",
        errorMessage="Invalid DateTime in RepeatabilityFirstSent; RFC1123 expected",
    )

    (only,) = await itemised(azure, [refused], [message()])

    assert isinstance(only, Rejected)
    assert (only.failure.code, only.failure.kind) == ("repeatability_rejected", FailureKind.DEFECT)


async def test_a_customer_who_opted_out_is_known_at_once_where_azure_says_so(azure: AzureStandIn) -> None:
    refused = item(
        "+14155550123", None, httpStatusCode=400, successful=False, errorMessage="Sender blocked for given recipient."
    )

    (only,) = await itemised(azure, [refused], [message()])

    assert isinstance(only, Rejected)
    assert only.failure.kind is FailureKind.OPTED_OUT


# What Azure need not be asked.


@pytest.mark.parametrize(
    ("kind", "recipient"),
    [
        (NumberKind.TOLL_FREE, "+447700900123"),
        (NumberKind.TOLL_FREE, "12345"),
        (NumberKind.SHORT_CODE, "+18005550199"),
        (NumberKind.SHORT_CODE, "+17875550123"),
        (NumberKind.SHORT_CODE, "+33612345678"),
        (NumberKind.MOBILE, "+14155550123"),
        (NumberKind.LOCAL_10DLC, "+447700900123"),
    ],
)
async def test_a_text_that_cannot_arrive_is_not_sent(azure: AzureStandIn, kind: NumberKind, recipient: str) -> None:
    async with towards(azure.url) as transport:
        result = await transport.send(message(sender_kind=kind, recipient=recipient))

    assert isinstance(result, Rejected)
    assert (result.channel_down, result.failure.kind) == (False, FailureKind.CONFIGURATION)
    assert recipient not in result.failure.text
    assert azure.asked == 0


async def test_who_cannot_be_texted_keeps_no_other_from_it(azure: AzureStandIn) -> None:
    texts = [
        replace(each, sender_kind=NumberKind.TOLL_FREE)
        for each in crowd("+14155550001", "+33612345678", "+14165550001")
    ]
    async with towards(azure.url) as transport:
        results = await transport.send_many(texts)

    assert [type(each) for each in results] == [Accepted, Rejected, Accepted]
    assert [each["to"] for each in azure.bodies[0]["smsRecipients"]] == ["+14155550001", "+14165550001"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"body": "half \ud83d"}, "unencodable"), ({"media": (Media(url="https://a.example/1"),)}, "no_media")],
)
async def test_what_no_text_can_carry_is_refused(azure: AzureStandIn, changes: dict[str, Any], code: str) -> None:
    async with towards(azure.url) as transport:
        result = await transport.send(message(**changes))

    assert isinstance(result, Rejected)
    assert (result.failure.code, result.failure.kind) == (code, FailureKind.CONTENT)
    assert azure.asked == 0


# Entra.


class Identity:
    """Stands in for Entra's identity of this process."""

    def __init__(self, error: Exception | None = None) -> None:
        self.scopes: list[str] = []
        self.closed = False
        self._error = error

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        if self._error:
            raise self._error

        return AccessToken("a-token", 5_000_000_000)

    async def __aenter__(self) -> Identity:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.closed = True

    async def close(self) -> None:
        self.closed = True


def by_entra(url: str, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> AcsTransport:
    monkeypatch.setattr("azure.identity.aio.DefaultAzureCredential", lambda: identity)
    return towards(url, access_key=None, credential=Credential.ENTRA)


async def test_a_token_of_entra_takes_the_place_of_the_key(
    azure: AzureStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Identity()
    azure.reports = Answer(status=200, body={"deliveryStatus": "Delivered"})
    async with by_entra(azure.url, identity, monkeypatch) as transport:
        result = await transport.send(message())
        await transport.pull_report(41, "Outgoing_1")

    assert isinstance(result, Accepted)
    assert [each.headers["authorization"] for each in azure.requests] == ["Bearer a-token"] * 2
    assert set(identity.scopes) == {"https://communication.azure.com//.default"}
    assert identity.closed


async def test_without_a_token_nothing_is_sent(azure: AzureStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = Identity(ClientAuthenticationError("no identity here"))
    async with by_entra(azure.url, identity, monkeypatch) as transport:
        result = await transport.send(message())

    assert isinstance(result, Rejected)
    assert (result.channel_down, result.failure.code) == (True, "no_token")
    assert azure.asked == 0


# Asking what became of a text.


async def pulled(azure: AzureStandIn, answer: Answer) -> DeliveryReported | None:
    azure.reports = answer
    async with towards(azure.url) as transport:
        return await transport.pull_report(41, "Outgoing_1/é")


@pytest.mark.parametrize(
    ("status", "details", "read", "unknown"),
    [
        ("Delivered", "2000: No Error", MessageStatus.DELIVERED, False),
        ("Failed", "4006: Unreachable", MessageStatus.UNDELIVERED, False),
        ("Failed", "5002", MessageStatus.SENT, True),
        ("Pending", None, MessageStatus.SENT, False),
        ("Unknown", None, MessageStatus.SENT, True),
    ],
)
async def test_azure_can_be_asked_what_became_of_a_text(
    azure: AzureStandIn, status: str, details: str | None, read: MessageStatus, unknown: bool
) -> None:
    body = {"deliveryStatus": status, "deliveryStatusDetails": details, "messageId": "Outgoing_1", "tag": "x"}
    result = await pulled(azure, Answer(status=200, body=body))

    (asked,) = azure.requests
    assert asked.line == "GET /deliveryReports/Outgoing_1%2F%C3%A9?api-version=2026-01-23 HTTP/1.1"
    assert is_signed(asked)
    assert result is not None
    assert (result.channel, result.message, result.provider_id) == ("main", 41, "Outgoing_1/é")
    assert (result.status, result.unknown) == (read, unknown)


@pytest.mark.parametrize(
    ("answer", "asked"),
    [
        (Answer(status=404, body={"error": {"code": "NotFound", "message": "There is no report of it yet"}}), 2),
        (Answer(status=429, body="{}"), 2),
        (Answer(status=500, body="<html>"), 2),
        (Answer(status=401, body="{}"), 2),
        (Answer(status=400, body={"error": {"code": "BadRequest", "message": "odd id"}}), 2),
        (Answer(status=200, body="<html>"), 2),
        (Answer(status=200, body={"deliveryStatus": "Lost"}), 2),
        (Answer(status=404, body="<html>"), 1),
        (Answer(status=404, body=""), 1),
        (Answer(status=405, body=""), 1),
        (Answer(status=400, body={"error": {"code": "UnsupportedApiVersion", "message": "no"}}), 1),
        (Answer(status=400, body={"error": {"code": "BadRequest", "message": "api-version 2026-01-23?"}}), 1),
    ],
    ids=lambda each: f"{each.status} {each.body!r}" if isinstance(each, Answer) else str(each),
)
async def test_what_azure_does_not_know_is_asked_again_only_if_it_understood(
    azure: AzureStandIn, answer: Answer, asked: int
) -> None:
    azure.reports = answer
    async with towards(azure.url) as transport:
        assert await transport.pull_report(41, "Outgoing_1") is None
        assert await transport.pull_report(41, "Outgoing_1") is None

    assert azure.asked == asked


async def test_a_question_that_gets_no_answer_is_none(azure: AzureStandIn) -> None:
    await azure.behave(Behaviour.UNREACHABLE)
    async with towards(azure.url) as transport:
        assert await transport.pull_report(41, "Outgoing_1") is None


def test_our_signature_is_the_sdk_s(monkeypatch: pytest.MonkeyPatch) -> None:
    date = "Tue, 24 Nov 2026 20:00:00 GMT"
    monkeypatch.setattr("azure.communication.sms._shared.policy.get_current_utc_time", lambda: date)
    request = SimpleNamespace(
        http_request=HttpRequest(
            "GET", "https://contoso.example:8443/deliveryReports/Outgoing_1?api-version=2026-01-23"
        ),
        context=SimpleNamespace(transport=None),
    )
    HMACCredentialsPolicy("https://contoso.example:8443", ACCESS_KEY).on_request(request)  # type: ignore[no-untyped-call]
    theirs = request.http_request.headers

    ours = sign(
        ACCESS_KEY,
        method="GET",
        host="contoso.example:8443",
        path="/deliveryReports/Outgoing_1?api-version=2026-01-23",
        date=date,
    )

    assert ours == {name: theirs[name] for name in ours}


# The rest.


async def test_a_closed_transport_sends_nothing(azure: AzureStandIn) -> None:
    transport = towards(azure.url)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="'main' is not open"):
            await transport.send(message())

        with pytest.raises(RuntimeError, match="'main' is not open"):
            await transport.pull_report(41, "Outgoing_1")

        async with transport:
            pass

    assert azure.asked == 0


async def test_a_defect_of_ours_is_not_taken_for_an_answer(
    azure: AzureStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise TypeError("a defect")

    async with towards(azure.url) as transport:
        monkeypatch.setattr("cordboard.transports.acs.client._make_repeatable", break_down)
        with pytest.raises(TypeError, match="a defect"):
            await transport.send(message())


async def test_the_log_has_azures_request_id_and_no_customer(
    azure: AzureStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = Answer(
        status=400,
        body={"error": {"code": "InvalidInput", "message": "+14155550123"}},
        headers={"x-ms-request-id": "R1"},
    )
    with capture_logs() as logs:
        await answered(azure, answer, outbound())

    (entry,) = logs
    assert (entry["event"], entry["status"], entry["request_id"]) == ("carrier_refused", 400, "R1")
    said = json.dumps(logs) + caplog.text
    assert [each for each in (outbound().body, "5550123", ACCESS_KEY, SECRET) if each in said] == []


def test_importing_the_transport_imports_neither_the_sdk_nor_an_http_library() -> None:
    program = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parents[2] / part) for part in ('engine', 'transports')]!r}\n"
        "import cordboard.transports.acs\n"
        "heavy = ('azure', 'aiohttp', 'msrest', 'jwt', 'cryptography', 'phonenumbers')\n"
        "print([each for each in sys.modules if each.partition('.')[0] in heavy])"
    )
    ended = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, check=True, text=True)  # noqa: S603 - a program of ours

    assert re.sub(r"\s", "", ended.stdout) == "[]"
