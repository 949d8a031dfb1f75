"""Any carrier with an HTTP API, by settings alone: it keeps every promise of the port, and says what it is told to."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
import pytest
from tests.transports.carrier import Answer, Asked, TwilioStandIn

from cordboard.daemon import config_file
from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    DeliveryReported,
    Failure,
    Media,
    Pace,
    Rejected,
    SendResult,
    TextReceived,
    Throttled,
    WebhookReply,
    WebhookRequest,
    WebhookUnreadable,
)
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import PATIENT, TransportConformance, outbound
from cordboard.engine.vocabulary import FailureKind, MessageStatus, NumberKind, PaceUnit
from cordboard.transports.http import Deadlines, HttpSettings, HttpTransport
from cordboard.transports.http.settings import Answers, Digits, Format, Method, Proof, Receiving, Sending
from cordboard.transports.http.words import ReportWord

API_KEY = "key-0123456789abcdef"

KEY = "webhooks-0123456789abcdef"

DOOR = "https://sms.example.com/webhooks/gateway"

INBOUND = {"id": "mo-1", "from": "+14155550123", "to": "+18005550100", "text": "Where is it? Ça va 👋", "segments": 2}

REPORT = {"id": "mt-1", "status": "DELIVRD", "reference": "41"}


class GatewayStandIn(TwilioStandIn):
    """A gateway on loopback that takes JSON, or a query. What it does when it takes no text is Twilio's stand-in's."""

    def _take(self, request: Asked) -> dict[str, object]:
        provider_id = f"gw-{len(self.taken) + 1}"
        query = dict(parse_qsl(urlsplit(request.line.split(" ")[1]).query))
        self.taken[provider_id] = (json.loads(request.body) if request.body else query)["text"]
        return {"messages": [{"id": provider_id}]}


def told(url: str = "https://gateway.example/send", **changes: Any) -> HttpSettings:
    given: dict[str, Any] = {
        "name": "gateway",
        "public_url": "https://sms.example.com",
        "secrets": {"key": Secret(API_KEY)},
        "send": Sending(
            url=url,
            headers={"X-Api-Key": "{secrets.key}"},
            body={"to": "{to}", "from": "{from}", "text": "{text}", "ref": "{id}"},
        ),
        "answer": Answers(id="messages.0.id"),
        "receive": Receiving(proof=Proof.HMAC_SHA256, header="X-Signature", prefix="sha256=", keys=(Secret(KEY),)),
    }
    return HttpSettings(**{**given, **changes})


def sign(body: bytes, key: str = KEY) -> str:
    return f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"


def signed(said: object, *, url: str = DOOR, key: str = KEY) -> WebhookRequest:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = {"content-type": "application/json", "x-signature": sign(body, key)}
    return WebhookRequest(method="POST", url=url, headers=headers, body=body)


@pytest.fixture
async def carrier() -> AsyncIterator[GatewayStandIn]:
    carrier = GatewayStandIn()
    await carrier.start()
    yield carrier
    await carrier.stop()


@pytest.fixture
def transport(carrier: GatewayStandIn, deadline: float) -> HttpTransport:
    return HttpTransport(told(f"{carrier.url}/send"), deadlines=Deadlines(connect=deadline, total=deadline))


@pytest.fixture
def text() -> WebhookRequest:
    return signed(INBOUND)


@pytest.fixture
def report() -> WebhookRequest:
    return signed(REPORT)


@pytest.fixture
def forged() -> WebhookRequest:
    return signed(INBOUND, key="guessed")


@pytest.fixture
def secrets() -> tuple[str, ...]:
    return API_KEY, KEY


class TestHttp(TransportConformance):
    """The fixtures are above."""


@pytest.mark.parametrize("method", Method)
async def test_a_text_is_handed_over_once_whatever_the_method(carrier: GatewayStandIn, method: Method) -> None:
    fields: dict[str, Any] = {"query" if method is Method.GET else "body": {"to": "{to}", "text": "{text}"}}
    sending = Sending(url=f"{carrier.url}/send", method=method, **fields)
    transport = HttpTransport(told(send=sending), deadlines=Deadlines(connect=PATIENT, total=PATIENT))

    await TestHttp().test_a_text_on_a_used_connection_that_breaks_is_handed_over_once(transport, carrier)


# What goes out.


async def send(carrier: GatewayStandIn, sending: dict[str, Any], **changes: Any) -> tuple[Asked, SendResult]:
    """Send a text as a channel is told to, and return what came of it."""
    carrier.answer = carrier.answer or Answer(body={"messages": [{"id": "gw-1"}]})
    message = msgspec.structs.replace(outbound("Çà & là=100% 👋"), **changes.pop("message", {}))
    settings = told(send=Sending(**{"url": f"{carrier.url}/send", **sending}), **changes)
    async with HttpTransport(settings) as transport:
        result = await transport.send(message)

    return carrier.requests[-1], result


async def test_a_json_body_keeps_its_shape_and_its_types(carrier: GatewayStandIn) -> None:
    body = {
        "messages": [{"from": "{from_digits}", "to": ["{to}"], "text": "{text}", "media": "{media}"}],
        "flash": False,
        "retries": 3,
        "ref": "order-{message}",
        "message": "{message}",
        "expires": "{valid_seconds}",
        "literal": "{{to}}",
    }
    asked, _ = await send(carrier, {"body": body})

    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {
        "messages": [{"from": "18005550100", "to": ["+14155550123"], "text": "Çà & là=100% 👋"}],
        "flash": False,
        "retries": 3,
        "ref": "order-41",
        "message": 41,
        "literal": "{to}",
    }, "what has nothing to say is left out"


async def test_a_text_cannot_write_placeholders_of_its_own(carrier: GatewayStandIn) -> None:
    asked, _ = await send(carrier, {"body": {"to": "{to}", "text": "{text}"}}, message={"body": "{secrets.key} {id}"})

    assert json.loads(asked.body)["text"] == "{secrets.key} {id}"


async def test_a_form_is_escaped_and_repeats_what_there_are_several_of(carrier: GatewayStandIn) -> None:
    media = tuple(Media(url=f"https://sms.example.com/media/{each}?a=1&b") for each in "xy")
    body = {"to": "{to}", "text": "{text}", "media": "{media}", "flash": True}
    asked, _ = await send(carrier, {"format": Format.FORM, "body": body}, message={"media": media}, mms=True)

    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.form == {
        "to": ["+14155550123"],
        "text": ["Çà & là=100% 👋"],
        "media": [each.url for each in media],
        "flash": ["true"],
    }


async def test_a_gateway_may_be_asked_by_its_address_alone(carrier: GatewayStandIn) -> None:
    carrier.answer = Answer(status=202, body="0: Accepted for delivery")
    query = {"to": "{to}", "text": "{text}", "password": "{secrets.key}", "dlr-url": "{report_url}&id={id}&status=%d"}
    sending = {"method": Method.GET, "url": f"{carrier.url}/cgi-bin/sendsms", "query": query}
    receive = Receiving(query="token", keys=(Secret("s3cret & more"),))
    asked, result = await send(carrier, sending, answer=Answers(), receive=receive)

    method, target, _ = asked.line.split(" ")
    fields = parse_qs(urlsplit(target).query, strict_parsing=True)
    assert (method, urlsplit(target).path) == ("GET", "/cgi-bin/sendsms")
    assert fields["text"] == ["Çà & là=100% 👋"]
    assert fields["password"] == [API_KEY]
    assert fields["dlr-url"] == [f"{DOOR}?message=41&token=s3cret+%26+more&id=conformance-41&status=%d"]
    assert result == Accepted(provider_id="conformance-41"), "the attempt key is the id where the gateway gives none"


async def test_a_value_in_a_path_cannot_leave_its_place(carrier: GatewayStandIn) -> None:
    asked, _ = await send(
        carrier,
        {"url": f"{carrier.url}/to/{{to}}/send", "body": {"text": "{text}"}},
        message={"recipient": "../admin?x=1#"},
    )

    assert asked.line == "POST /to/..%2Fadmin%3Fx%3D1%23/send HTTP/1.1"


async def test_basic_authentication_is_a_user_and_a_password(carrier: GatewayStandIn) -> None:
    asked, _ = await send(
        carrier, {"user": "contoso", "password": Secret("püss"), "body": {"to": "{to}", "text": "{text}"}}
    )

    assert asked.headers["authorization"] == "Basic " + b64encode("contoso:püss".encode()).decode()


@pytest.mark.parametrize(("body", "word"), [("Price: 5 € [net]\n~^", "text"), ("Größe ñ ø", "text"), ("ç", "unicode")])
async def test_a_carrier_that_has_to_know_the_alphabet_is_told(carrier: GatewayStandIn, body: str, word: str) -> None:
    fields = {"to": "{to}", "text": "{text}", "type": "{alphabet}"}
    asked, _ = await send(carrier, {"body": fields}, message={"body": body})

    assert json.loads(asked.body)["type"] == word


async def test_a_carrier_is_told_for_how_long_a_text_is_of_use(carrier: GatewayStandIn) -> None:
    fields = {"to": "{to}", "text": "{text}", "ttl": "{valid_seconds}"}
    asked, _ = await send(carrier, {"body": fields}, message={"expires_at": 1})

    assert json.loads(asked.body)["ttl"] == 1, "it is past, and nobody takes less than a second"


async def test_half_a_character_is_refused_here(carrier: GatewayStandIn) -> None:
    async with HttpTransport(told(f"{carrier.url}/send")) as transport:
        result = await transport.send(outbound("\ud83d"))

    assert isinstance(result, Rejected)
    assert result.failure.kind is FailureKind.CONTENT
    assert carrier.asked == 0


async def test_a_redirect_is_not_followed(carrier: GatewayStandIn) -> None:
    carrier.answer = Answer(status=307, headers={"Location": f"{carrier.url}/elsewhere"})
    _, result = await send(carrier, {"body": {"to": "{to}", "text": "{text}"}})

    assert isinstance(result, Rejected)
    assert result.channel_down
    assert carrier.asked == 1


VONAGE = Answers(
    id="messages.0.message-id",
    error="messages.0.status",
    fine=("0",),
    errors={"1": FailureKind.BUSY, "4": FailureKind.ACCOUNT, "5": FailureKind.TROUBLE, "7": FailureKind.OPTED_OUT},
)


@pytest.mark.parametrize(
    ("answers", "answer", "result"),
    [
        (Answers(), Answer(status=200, body="anything"), Accepted(provider_id="conformance-41")),
        (Answers(id="id"), Answer(status=200, body='{"id": 7}'), Accepted(provider_id="7")),
        (Answers(id="id"), Answer(status=200, body='{"id": true}'), Ambiguous),
        (Answers(id="id"), Answer(status=200, body='{"id": ""}'), Ambiguous),
        (Answers(id="id"), Answer(status=200, body="[" * 9_000), Ambiguous),
        (Answers(id_pattern='Success "(.+)"'), Answer(status=200, body='Success "abc"'), Accepted(provider_id="abc")),
        (Answers(id_pattern='Success "(.+)"'), Answer(status=200, body='Error "abc"'), Ambiguous),
        (VONAGE, Answer(body='{"messages":[{"status":"0","message-id":"v1"}]}'), Accepted(provider_id="v1")),
        (VONAGE, Answer(body='{"messages":[{"status":"1"}]}', headers={"Retry-After": "2"}), Throttled),
        (VONAGE, Answer(body='{"messages":[{"status":"4"}]}'), Rejected),
        (VONAGE, Answer(body='{"messages":[{"status":"5"}]}'), Ambiguous),
        (VONAGE, Answer(body='{"messages":[{"status":"7"}]}'), Rejected),
        (VONAGE, Answer(body='{"messages":[{"status":"99","message-id":"v1"}]}'), Ambiguous),
        (Answers(), Answer(status=400), Rejected),
        (Answers(), Answer(status=402), Rejected),
        (Answers(), Answer(status=408), Ambiguous),
        (Answers(), Answer(status=429), Throttled),
        (Answers(), Answer(status=500), Ambiguous),
        (Answers(), Answer(status=303), Ambiguous),
        (Answers(errors={"503": FailureKind.BUSY}), Answer(status=503), Throttled),
        (Answers(errors={"403": FailureKind.OPTED_OUT}), Answer(status=403), Rejected),
        (Answers(error="code", errors={"12": FailureKind.CONTENT}), Answer(status=500, body='{"code":12}'), Rejected),
    ],
)
async def test_an_answer_means_what_the_channel_was_told(
    carrier: GatewayStandIn, answers: Answers, answer: Answer, result: object
) -> None:
    carrier.answer = answer
    _, got = await send(carrier, {"body": {"to": "{to}", "text": "{text}"}}, answer=answers)

    assert type(got) is result if isinstance(result, type) else got == result


async def test_a_code_of_the_carriers_is_told_with_what_it_means(carrier: GatewayStandIn) -> None:
    carrier.answer = Answer(body='{"messages":[{"status":"7"}]}')
    _, result = await send(carrier, {"body": {"to": "{to}", "text": "{text}"}}, answer=VONAGE)

    text = "The customer has opted out of texts from this number."
    assert result == Rejected(failure=Failure(code="7", text=text, kind=FailureKind.OPTED_OUT))


# What comes in.


def receive(said: object, **changes: Any) -> WebhookReply:
    """Return what a channel with a signature makes of a genuine request."""
    given: dict[str, Any] = {
        "proof": Proof.HMAC_SHA256,
        "header": "x-signature",
        "prefix": "sha256=",
        "keys": (Secret(KEY),),
    }
    return HttpTransport(told(receive=Receiving(**{**given, **changes}))).receive(signed(said))


def test_a_text_is_read_by_the_names_of_its_fields() -> None:
    reply = receive(INBOUND | {"media": ["https://media.example/1.jpg"]})

    assert reply == WebhookReply(
        events=(
            TextReceived(
                channel="gateway",
                provider_id="mo-1",
                sender="+14155550123",
                recipient="+18005550100",
                body="Where is it? Ça va 👋",
                media=(Media(url="https://media.example/1.jpg"),),
                segments=2,
            ),
        )
    )


def test_fields_may_be_anywhere_and_events_in_a_list() -> None:
    results = [
        {"messageId": each, "from": {"number": 14155550123}, "to": "18005550100", "body": each} for each in "abc"
    ]
    reply = receive({"results": results}, events="results", id="messageId", sender="from.number", text="body")

    texts = [each for each in reply.events if isinstance(each, TextReceived)]
    assert [(each.provider_id, each.sender, each.recipient, each.body) for each in texts] == [
        (each, "+14155550123", "+18005550100", each) for each in "abc"
    ]


@pytest.mark.parametrize(
    ("written", "plus", "number"),
    [
        ("+14155550123", True, "+14155550123"),
        ("14155550123", True, "+14155550123"),
        (14155550123, True, "+14155550123"),
        ("14155550123", False, "14155550123"),
        ("72345", True, "72345"),
        ("12345678", True, "12345678"),
        ("0014155550123", True, "0014155550123"),
        ("Contoso", True, "Contoso"),
    ],
)
def test_a_number_without_its_plus_sign_gets_it(written: object, plus: bool, number: str) -> None:
    [text] = receive(INBOUND | {"from": written}, plus=plus).events

    assert isinstance(text, TextReceived)
    assert text.sender == number


@pytest.mark.parametrize(
    ("said", "status", "unknown"),
    [
        ("DELIVRD", MessageStatus.DELIVERED, False),
        ("delivered", MessageStatus.DELIVERED, False),
        ("8", MessageStatus.SENT, False),
        (8, MessageStatus.SENT, False),
        ("UNKNOWN", MessageStatus.SENT, True),
        ("EXPIRED", MessageStatus.UNDELIVERED, False),
        ("REJECTD", MessageStatus.FAILED, False),
        ("queued", MessageStatus.CANCELED, False),
    ],
)
def test_a_report_says_how_far_a_text_has_come(said: object, status: MessageStatus, unknown: bool) -> None:
    words = {ReportWord.SENT: ("8",), ReportWord.CANCELED: ("QUEUED",)}
    [report] = receive(REPORT | {"status": said}, words=words).events

    assert isinstance(report, DeliveryReported)
    assert (report.provider_id, report.message) == ("mt-1", 41)
    assert (report.status, report.unknown) == (status, unknown)


def test_a_report_says_why_no_further() -> None:
    [report] = receive(REPORT | {"status": "UNDELIV", "error": 17}, errors={"17": FailureKind.UNREACHABLE}).events

    assert isinstance(report, DeliveryReported)
    assert report.failure == Failure(
        code="17",
        text="The handset could not be reached: it may be switched off or have no signal.",
        kind=FailureKind.UNREACHABLE,
    )


def test_a_text_may_have_a_status_too() -> None:
    [text] = receive(INBOUND | {"status": "received"}).events

    assert isinstance(text, TextReceived)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\xff", "the body is no json"),
        (b"[" * 100_000, "the body is no json"),
        ([], "it has 0 events"),
        ([INBOUND] * 1_001, "it has 1001 events"),
        ("hello", "an event is no table"),
        (INBOUND | {"id": ""}, "a text needs an id in 'id', or it could not be told from its repetition"),
        (INBOUND | {"id": {"a": 1}}, "a text needs an id in 'id', or it could not be told from its repetition"),
        (INBOUND | {"id": "a\0"}, "a text needs an id in 'id', or it could not be told from its repetition"),
        (INBOUND | {"to": None}, "a text needs its numbers in 'from' and 'to'"),
        (INBOUND | {"text": None}, "a text needs words in 'text', or addresses of attachments in 'media'"),
        (INBOUND | {"text": ["a"]}, "a text needs words in 'text', or addresses of attachments in 'media'"),
        (
            INBOUND | {"media": ["file:///etc/passwd"]},
            "a text needs words in 'text', or addresses of attachments in 'media'",
        ),
        (REPORT | {"status": "lost"}, "the status 'lost' in 'status' is unknown"),
        (REPORT | {"status": {}}, "the status '' in 'status' is unknown"),
        (REPORT | {"id": None}, "a report needs an id in 'id'"),
    ],
)
def test_what_is_the_carriers_and_cannot_be_read_is_kept(said: object, reason: str) -> None:
    reply = receive(said)

    [kept] = reply.events
    assert isinstance(kept, WebhookUnreadable)
    assert (kept.reason, kept.content_type, reply.status) == (reason, "application/json", 200)
    assert kept.body == (said if isinstance(said, bytes) else json.dumps(said).encode())


def test_one_event_that_cannot_be_read_spoils_no_other() -> None:
    first, second, third = receive([INBOUND, {"id": 5}, REPORT]).events

    assert isinstance(first, TextReceived)
    assert isinstance(second, WebhookUnreadable)
    assert second.body == b'{"id":5}'
    assert isinstance(third, DeliveryReported)


def test_a_carrier_gets_the_answer_that_it_waits_for() -> None:
    assert receive(INBOUND, answer="ACK/Jasmin").body == b"ACK/Jasmin"


def test_a_signature_may_be_base64() -> None:
    body = json.dumps(INBOUND).encode()
    digest = b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
    proof = Receiving(proof=Proof.HMAC_SHA256, header="X-Sig", digits=Digits.BASE64, keys=(Secret(KEY),))
    request = WebhookRequest(method="POST", url=DOOR, headers={"x-sig": digest}, body=body)

    assert HttpTransport(told(receive=proof)).receive(request).refusal == ""


def test_what_is_not_signed_says_nothing() -> None:
    report = signed({"id": "mt-1", "status": "sent"}, url=f"{DOOR}?message=41")
    [event] = HttpTransport(told()).receive(report).events

    assert isinstance(event, DeliveryReported)
    assert event.message is None


@pytest.mark.parametrize("key", ["old", "new"])
def test_one_key_can_take_over_from_another(key: str) -> None:
    receiving = Receiving(header="Authorization", prefix="Bearer ", keys=(Secret("new"), Secret("old")))
    transport = HttpTransport(told(receive=receiving))
    request = signed(INBOUND)
    request.headers["authorization"] = f"Bearer {key}"

    assert [type(each) for each in transport.receive(request).events] == [TextReceived]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer "},
        {"authorization": "new"},
        {"authorization": "Bearer nEw"},
    ],
)
def test_without_the_secret_a_request_is_forged(headers: dict[str, str]) -> None:
    receiving = Receiving(header="Authorization", prefix="Bearer ", keys=(Secret("new"),))
    request = msgspec.structs.replace(signed(INBOUND), headers=headers)

    assert HttpTransport(told(receive=receiving)).receive(request) == WebhookReply(status=403, refusal="forged")


def test_a_report_may_come_in_the_address() -> None:
    receiving = Receiving(query="token", keys=(Secret("s"),), words={ReportWord.DELIVERED: ("1",)})
    query = urlencode({"message": 41, "token": "s", "id": "mt-1", "status": "1"})
    [report] = (
        HttpTransport(told(receive=receiving))
        .receive(WebhookRequest(method="GET", url=f"{DOOR}?{query}", headers={}))
        .events
    )

    assert report == DeliveryReported(channel="gateway", provider_id="mt-1", status=MessageStatus.DELIVERED, message=41)


def test_a_secret_in_the_address_is_not_kept_with_what_cannot_be_read() -> None:
    receiving = Receiving(query="token", keys=(Secret("s3cret"),))
    [kept] = (
        HttpTransport(told(receive=receiving))
        .receive(WebhookRequest(method="GET", url=f"{DOOR}?a=1&token=s3cret&token=s3cret", headers={}))
        .events
    )

    assert isinstance(kept, WebhookUnreadable)
    assert kept.body == b"a=1"


def test_half_a_character_in_the_address_is_a_stranger_s() -> None:
    receiving = Receiving(query="token", keys=(Secret("s3cret"),))
    request = WebhookRequest(method="GET", url=f"{DOOR}?token=s3cret&\ud83d=1", headers={})

    assert HttpTransport(told(receive=receiving)).receive(request).refusal == "forged"


def test_a_form_is_read_as_a_form_whatever_its_header_says() -> None:
    receiving = Receiving(header="X-Key", keys=(Secret("k"),), format=Format.FORM)
    request = WebhookRequest(
        method="POST",
        url=DOOR,
        headers={"x-key": "k", "content-type": "application/json"},
        body=urlencode(INBOUND).encode(),
    )
    [text] = HttpTransport(told(receive=receiving)).receive(request).events

    assert isinstance(text, TextReceived)
    assert text.body == INBOUND["text"]


# What it is told.


def test_it_can_do_what_it_was_told() -> None:
    able = told(max_characters=700, mms=True, idempotent=True, pace=Pace(amount=5, unit=PaceUnit.MESSAGES)).capabilities

    assert (able.max_characters, able.mms, able.idempotent_send) == (700, True, True)
    assert able.pace[NumberKind.TOLL_FREE] == Pace(amount=5, unit=PaceUnit.MESSAGES)


SENDING: dict[str, Any] = {"url": "https://gateway.example", "body": {"to": "{to}", "text": "{text}"}}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"public_url": ""}, "public_url: is empty"),
        ({"send": Sending()}, "send.url: is missing"),
        ({"send": Sending(**SENDING | {"url": "https://{to}.example"})}, "send.url: expected an http or https URL"),
        ({"send": Sending(**SENDING | {"method": Method.GET})}, "send.body: a GET request has none"),
        ({"send": Sending(**SENDING | {"body": {"to": "{to}"}})}, "send: nothing of it has {text}"),
        ({"send": Sending(**SENDING, query={"a": "{two}"})}, "send.query.a: there is no placeholder {two}"),
        ({"send": Sending(**SENDING, query={"a": "{to!r}"})}, "send.query.a: is no template"),
        ({"send": Sending(**SENDING, query={"a": "{to"})}, "send.query.a: is no template"),
        ({"send": Sending(**SENDING, headers={"A": "{to}"})}, "send.headers.A: {to} cannot stand here"),
        ({"send": Sending(**SENDING, headers={"A b": "1"})}, "send.headers.A b: 'A b' is no name of a header"),
        ({"send": Sending(**SENDING, headers={"A": "é"})}, "send.headers.A: has a character"),
        ({"send": Sending(**SENDING, headers={"Host": "a"})}, "send.headers.Host: is set by itself"),
        ({"send": Sending(**SENDING, headers={"Api-Key": "a"})}, "send.headers.Api-Key: keep what is secret"),
        ({"send": Sending(**SENDING, user="a")}, "send.password: basic authentication needs"),
        ({"send": Sending(**SENDING, format=Format.FORM), "idempotent": True}, "idempotent: needs {id}"),
        (
            {"send": Sending(url="https://gateway.example", format=Format.FORM, body={"a": {"to": "{to}{text}"}})},
            "send.body.a: a form has no tables",
        ),
        ({"secrets": {"key": Secret("a\nb")}}, "secrets.key: has a character that a header cannot carry"),
        ({"answer": Answers(id_pattern="(")}, "answer.id_pattern: is no regular expression"),
        ({"answer": Answers(id_pattern="a")}, "answer.id_pattern: needs a group"),
        ({"answer": Answers(id_pattern="(a)", id="a")}, "answer.id_pattern: answer.id says already"),
        ({"answer": Answers(fine=("0",))}, "answer.fine: needs answer.error"),
        ({"receive": Receiving(header="A")}, "receive.keys: is missing"),
        ({"receive": Receiving(header="A", keys=(Secret(""),))}, "receive.keys: one of them is empty"),
        ({"receive": Receiving(keys=(Secret("a"),))}, "receive.header: name the header"),
        ({"receive": Receiving(keys=(Secret("a"),), header="a", query="b")}, "receive.header: name the header"),
        ({"receive": Receiving(keys=(Secret("a"),), header="a:")}, "receive.header: 'a:' is no name"),
        (
            {"receive": Receiving(keys=(Secret("a"),), query="b", proof=Proof.HMAC_SHA256)},
            "receive.query: a signature comes in a header",
        ),
        ({"receive": Receiving(keys=(Secret("a"),), header="a", id="")}, "receive.id: is empty"),
        ({"receive": Receiving(keys=(Secret("a"),), header="a", answer="ä")}, "receive.answer: expected"),
        (
            {
                "receive": Receiving(
                    keys=(Secret("a"),), header="a", words={ReportWord.SENT: ("x",), ReportWord.FAILED: ("X",)}
                )
            },
            "receive.words.failed[0]: 'X' means something else already",
        ),
    ],
)
def test_what_is_wrong_is_told_by_key(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=": ") as caught:
        told(**changes)

    assert [each for each in str(caught.value).splitlines() if each.startswith(problem)], str(caught.value)


def test_no_secret_is_shown() -> None:
    shown = repr(told(send=Sending(**SENDING, user="a", password=Secret("hush-hush"))))

    assert [each for each in (API_KEY, KEY, "hush-hush") if each in shown] == []


@pytest.mark.parametrize("example", range(3))
def test_the_documentation_s_examples_are_fine(example: int, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    for name in re.findall(r'env = "(\w+)"', examples[example]):
        monkeypatch.setenv(name, "0123456789abcdef")

    [settings] = config_file.parse(f'[board]\nname = "contoso"\n{examples[example]}', source="http.md").channels

    assert len(examples) == 3
    assert isinstance(settings, HttpSettings)
