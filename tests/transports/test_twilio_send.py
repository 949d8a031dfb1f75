"""Sending by Twilio: the requests that its SDK writes, and what every answer comes to."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs
from tests.transports.carrier import Answer, TwilioStandIn
from tests.transports.conftest import ACCOUNT, AUTH_TOKEN

import cordboard
from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    Failure,
    Media,
    OutboundMessage,
    Rejected,
    SendResult,
    Throttled,
)
from cordboard.engine.clock import ManualClock
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import IMPATIENT, PATIENCE, PATIENT, Behaviour, outbound
from cordboard.engine.vocabulary import FailureKind
from cordboard.transports.twilio import Deadlines, TwilioSettings, TwilioTransport
from cordboard.transports.twilio.codes import MEANINGS

UNREACHABLE = Throttled(
    failure=Failure(code="unreachable", text="Twilio could not be reached.", kind=FailureKind.TROUBLE)
)

NO_ANSWER = Ambiguous(
    failure=Failure(
        code="ambiguous", text="Twilio did not answer: the text may not have been sent.", kind=FailureKind.TROUBLE
    )
)

UNINTELLIGIBLE = Ambiguous(
    failure=Failure(
        code="ambiguous",
        text="Twilio's answer cannot be understood: the text may not have been sent.",
        kind=FailureKind.TROUBLE,
    )
)

NOW = 1_795_521_600_000  # 24 November 2026, 12:00 in UTC


async def answered(transport: TwilioTransport, carrier: TwilioStandIn, answer: Answer) -> SendResult:
    """Send a text that gets this answer."""
    carrier.answer = answer
    async with transport:
        return await transport.send(outbound())


def towards(api_url: str, *, deadline: float = PATIENT) -> TwilioTransport:
    """Return a transport to somewhere, which gives a text up after some seconds."""
    settings = TwilioSettings(
        name="main",
        account_sid=ACCOUNT,
        auth_token=Secret(AUTH_TOKEN),
        public_url="https://sms.example.com",
        api_url=api_url,
    )
    return TwilioTransport(settings, deadlines=Deadlines(connect=deadline / 2, total=deadline))


# The request.


async def test_a_text_is_asked_for_as_twilio_documents_it(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    async with transport:
        result = await transport.send(outbound("Hé + & = 👋\n", message=41))

    (asked,) = carrier.requests
    assert asked.line == f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["user-agent"].startswith("twilio-python/")
    assert asked.form == {
        "To": ["+14155550123"],
        "From": ["+18005550100"],
        "Body": ["Hé + & = 👋\n"],
        "StatusCallback": ["https://sms.example.com/webhooks/main?message=41"],
    }
    assert result == Accepted(provider_id="SM" + "1".zfill(32), segments=2)


async def test_attachments_repeat_their_name(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    message = OutboundMessage(
        message=1,
        sender="+18005550100",
        recipient="+14155550123",
        body="",
        media=(Media(url="https://a.example/1?x=1&y=2"), Media(url="https://a.example/2")),
        attempt_key="contoso-1",
        queued_at=0,
    )
    async with transport:
        await transport.send(message)

    (asked,) = carrier.requests
    assert asked.form["MediaUrl"] == ["https://a.example/1?x=1&y=2", "https://a.example/2"]


async def test_a_message_has_ten_attachments_and_perhaps_no_words(
    transport: TwilioTransport, carrier: TwilioStandIn
) -> None:
    media = tuple(Media(url=f"https://sms.example.com/media/{each}") for each in range(10))
    async with transport:
        result = await transport.send(replace(outbound(""), media=media))

    (asked,) = carrier.requests
    assert asked.form["MediaUrl"] == [each.url for each in media]
    assert asked.form["Body"] == [""]
    assert isinstance(result, Accepted)


@pytest.mark.parametrize(
    "body", ["👨‍👩‍👧‍👦", "e\u0301\u200d\ufe0f", "🇺🇸🏳️‍🌈", "\u202eabc", "a\r\nb\tc\u00a0", "x" * 1600]
)
async def test_every_character_goes_out_as_it_is(transport: TwilioTransport, carrier: TwilioStandIn, body: str) -> None:
    async with transport:
        await transport.send(outbound(body))

    (asked,) = carrier.requests
    assert asked.form["Body"] == [body]


async def test_a_text_that_is_too_long_for_twilio_is_refused_as_such(
    transport: TwilioTransport, carrier: TwilioStandIn
) -> None:
    carrier.answer = Answer(status=400, body={"code": 21617, "message": "The concatenated message body exceeds 1600"})
    async with transport:
        result = await transport.send(outbound("x" * 1601))

    assert transport.capabilities.max_characters == 1600
    assert isinstance(result, Rejected)
    assert (result.failure.code, result.failure.kind) == ("21617", FailureKind.CONTENT)


async def test_a_messaging_service_sends_from_the_number_that_the_customer_knows(
    settings: TwilioSettings, carrier: TwilioStandIn
) -> None:
    carrier.answer = Answer(body={"sid": "SM1", "from": None, "num_segments": "0", "status": "accepted"})
    service = "MG" + "7" * 32
    async with TwilioTransport(replace(settings, messaging_service_sid=service)) as transport:
        result = await transport.send(outbound())

    (asked,) = carrier.requests
    assert (asked.form["MessagingServiceSid"], asked.form["From"]) == ([service], ["+18005550100"])
    assert result == Accepted(provider_id="SM1", segments=0)


@pytest.mark.parametrize("status", ["accepted", "scheduled", "queued", "sending", "brand-new", None])
async def test_twilio_may_accept_a_text_in_any_status(
    transport: TwilioTransport, carrier: TwilioStandIn, status: str | None
) -> None:
    result = await answered(transport, carrier, Answer(body={"sid": "SM1", "status": status, "num_segments": "1"}))

    assert result == Accepted(provider_id="SM1", segments=1)


@pytest.mark.parametrize(
    ("left", "asked_for"),
    [(600_000, "600"), (600_999, "600"), (1, "5"), (4_999, "5"), (36_000_001, "36000"), (10**12, "36000")],
)
async def test_a_text_waits_at_twilio_no_longer_than_it_helps(
    settings: TwilioSettings, carrier: TwilioStandIn, left: int, asked_for: str
) -> None:
    async with TwilioTransport(settings, clock=ManualClock(NOW)) as transport:
        await transport.send(replace(outbound(), expires_at=NOW + left))

    (asked,) = carrier.requests
    assert asked.form["ValidityPeriod"] == [asked_for]


@pytest.mark.parametrize("late", [0, 1, 86_400_000])
async def test_a_text_whose_time_is_over_is_not_even_asked_for(
    settings: TwilioSettings, carrier: TwilioStandIn, late: int
) -> None:
    async with TwilioTransport(settings, clock=ManualClock(NOW)) as transport:
        result = await transport.send(replace(outbound(), expires_at=NOW - late))

    assert isinstance(result, Rejected)
    assert (result.failure.kind, result.channel_down) == (FailureKind.EXPIRED, False)
    assert carrier.asked == 0


async def test_an_api_key_speaks_for_the_account(settings: TwilioSettings, carrier: TwilioStandIn) -> None:
    keyed = replace(settings, api_key_sid="SK" + "3" * 32, api_key_secret=Secret("the-keys-secret"))
    async with TwilioTransport(keyed) as transport:
        await transport.send(outbound())

    (asked,) = carrier.requests
    expected = base64.b64encode(f"SK{'3' * 32}:the-keys-secret".encode()).decode()
    assert asked.line == f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"
    assert asked.headers["authorization"] == f"Basic {expected}"
    assert "the-keys-secret" not in repr(transport.settings)


async def test_an_api_with_a_path_keeps_it(carrier: TwilioStandIn) -> None:
    async with towards(f"{carrier.url}/behind/a/gateway/") as transport:
        await transport.send(outbound())

    (asked,) = carrier.requests
    assert asked.line == f"POST /behind/a/gateway/2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"


async def test_texts_one_after_the_other_share_a_connection(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    async with transport:
        for message in range(1, 4):
            await transport.send(outbound(message=message))

    assert carrier.met == 1


async def test_a_proxy_of_this_machine_is_used(carrier: TwilioStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", carrier.url)
    monkeypatch.setenv("no_proxy", "")
    async with towards("http://api.twilio.example") as transport:
        result = await transport.send(outbound())

    (asked,) = carrier.requests
    assert asked.line == f"POST http://api.twilio.example/2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"
    assert isinstance(result, Accepted)


async def test_a_netrc_file_does_not_come_in_the_way(
    transport: TwilioTransport, carrier: TwilioStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with transport:
        assert isinstance(await transport.send(outbound()), Accepted)


async def test_a_region_in_the_environment_changes_no_host(
    transport: TwilioTransport, carrier: TwilioStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    async with transport:
        assert isinstance(await transport.send(outbound()), Accepted)


async def test_half_a_character_is_refused_before_anything_is_written(
    transport: TwilioTransport, carrier: TwilioStandIn
) -> None:
    async with transport:
        result = await transport.send(outbound("half \ud83d"))

    assert isinstance(result, Rejected)
    assert carrier.asked == 0


# What an answer means.


@pytest.mark.parametrize("code", [21211, 21408, 21606, 21610, 21614, 21617])
async def test_a_refused_text_is_rejected_with_twilios_code_in_our_words(
    transport: TwilioTransport, carrier: TwilioStandIn, code: int
) -> None:
    body = {"code": code, "message": "The number +14155550123 is not …", "status": 400}
    result = await answered(transport, carrier, Answer(status=400, body=body))

    assert isinstance(result, Rejected)
    assert not result.channel_down
    assert result.failure.code == str(code)
    assert "+1415" not in result.failure.text


async def test_twilios_newer_shape_of_errors_is_read_too(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    body = {"type": "https://…", "title": "Opted out", "status": 400, "code": 21610, "detail": "…"}
    result = await answered(transport, carrier, Answer(status=400, body=body))

    assert result == Rejected(
        failure=Failure(
            code="21610", text="The customer has opted out of texts from this number.", kind=FailureKind.OPTED_OUT
        )
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, ""),
        (401, {"code": 20003}),
        (403, {"code": 20003}),
        (403, {"code": 20005}),
        (404, {"code": 20404}),
        (404, "<html>"),
        (302, ""),
        (308, ""),
    ],
)
async def test_what_is_wrong_with_the_account_takes_the_channel_down(
    transport: TwilioTransport, carrier: TwilioStandIn, status: int, body: str | dict[str, object]
) -> None:
    result = await answered(transport, carrier, Answer(status=status, body=body))

    assert isinstance(result, Rejected)
    assert result.channel_down


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, ""), (400, {"code": "21211"}), (400, '{"a":' * 100_000), (410, "null"), (422, '{"code": {}}')],
)
async def test_a_refusal_that_nobody_can_read_is_one(
    transport: TwilioTransport, carrier: TwilioStandIn, status: int, body: str | dict[str, object]
) -> None:
    result = await answered(transport, carrier, Answer(status=status, body=body))

    assert result == Rejected(failure=Failure(code=str(status), text=f"Twilio answered with HTTP status {status}."))
    assert result.failure.kind is FailureKind.UNKNOWN


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ({"Retry-After": "3"}, 3_000),
        ({"retry-after": "0"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
async def test_twilio_may_say_how_long_to_wait(
    transport: TwilioTransport, carrier: TwilioStandIn, header: dict[str, str], wait: int | None
) -> None:
    result = await answered(transport, carrier, Answer(status=429, body={"code": 20429}, headers=header))

    assert isinstance(result, Throttled)
    assert result.failure.code == "20429"
    assert result.retry_after == wait


async def test_a_storm_of_refusals_for_haste_loses_nothing(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    results: list[SendResult] = []

    async def send(number: int) -> None:
        results.append(await transport.send(outbound(message=number)))

    await carrier.behave(Behaviour.THROTTLE)
    async with transport:
        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(send, number)

        assert {type(each) for each in results} == {Throttled}
        assert carrier.asked == 60, "nothing is repeated in here: the outbox paces"

        await carrier.behave(Behaviour.ACCEPT)
        assert isinstance(await transport.send(outbound(message=61)), Accepted)


async def test_a_redirection_is_not_followed(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    await answered(transport, carrier, Answer(status=307, headers={"Location": f"{carrier.url}/elsewhere"}))

    assert carrier.asked == 1


async def test_a_full_queue_at_twilio_is_waited_for(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    result = await answered(transport, carrier, Answer(status=400, body={"code": 21611}))

    assert isinstance(result, Throttled)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
@pytest.mark.parametrize("body", ["<html>", {"code": 20003}], ids=["page", "json"])
async def test_an_error_of_twilios_leaves_it_open_whether_the_text_was_sent(
    transport: TwilioTransport, carrier: TwilioStandIn, status: int, body: str | dict[str, object]
) -> None:
    if status == 408:
        body = "<html>"

    result = await answered(transport, carrier, Answer(status=status, body=body))

    assert isinstance(result, Ambiguous)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "null",
        "[]",
        "7",
        "{}",
        '{"sid": null}',
        '{"sid": ""}',
        '{"sid": 5}',
        '{"sid": "SM1", "date_created": 7}',
        '{"sid": "SM1", "date_created": "Tue, 24 Nov 99999999999999999999 02:00:00 +0000"}',
        '{"sid": "SM1", "date_created": "Tue, 31 Feb 2026 02:00:00 +0000"}',
        "[" * 100_000,
        "9" * 10_000,
        b"\xff\xfe",
    ],
    ids=lambda body: repr(body[:60]),
)
@pytest.mark.parametrize("status", [200, 201, 204])
async def test_success_without_a_message_is_no_answer(
    transport: TwilioTransport, carrier: TwilioStandIn, body: str | bytes, status: int
) -> None:
    answer = Answer(status=status, body=b"" if status == 204 else body)

    assert await answered(transport, carrier, answer) == UNINTELLIGIBLE


@pytest.mark.parametrize("defect", [TypeError, ValueError, KeyError])
@pytest.mark.parametrize("where", ["sending._validity", "client.urlencode", "client.basic"])
async def test_a_defect_of_ours_is_not_taken_for_an_answer(
    transport: TwilioTransport,
    carrier: TwilioStandIn,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    defect: type[Exception],
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise defect("a defect")

    async with transport:
        await transport.send(outbound())
        monkeypatch.setattr(f"cordboard.transports.twilio.{where}", break_down)
        with pytest.raises(defect, match="a defect"):
            await transport.send(outbound())

    assert carrier.asked == 1, "the first one's answer is not the second one's"


@pytest.mark.parametrize("segments", [None, "0", "x", -1, 1.5, [], True])
async def test_a_strange_count_of_segments_spoils_nothing(
    transport: TwilioTransport, carrier: TwilioStandIn, segments: object
) -> None:
    result = await answered(transport, carrier, Answer(body={"sid": "SM1", "num_segments": segments}))

    assert result == Accepted(provider_id="SM1", segments=0)


@pytest.mark.parametrize(
    ("code", "kind"), [(code, kind) for kind, codes in MEANINGS.items() for code in codes], ids=lambda each: str(each)
)
async def test_every_code_is_told_by_what_it_means(
    transport: TwilioTransport, carrier: TwilioStandIn, code: int, kind: FailureKind
) -> None:
    result = await answered(transport, carrier, Answer(status=400, body={"code": code}))

    assert not isinstance(result, Accepted)
    assert result.failure.kind is kind
    assert isinstance(result, Throttled) == (kind is FailureKind.BUSY)
    assert (isinstance(result, Rejected) and result.channel_down) == (kind is FailureKind.ACCOUNT)


async def test_a_code_that_nobody_knows_is_rejected_as_unknown(
    transport: TwilioTransport, carrier: TwilioStandIn
) -> None:
    result = await answered(transport, carrier, Answer(status=400, body={"code": 29999}))

    assert result == Rejected(
        failure=Failure(code="29999", text="Twilio's error 29999: https://www.twilio.com/docs/errors/29999")
    )


# No answer.


@pytest.mark.parametrize("behaviour", [Behaviour.RESET, Behaviour.HANG, Behaviour.STALL])
async def test_without_an_answer_nobody_knows(carrier: TwilioStandIn, behaviour: Behaviour) -> None:
    await carrier.behave(behaviour)
    async with towards(carrier.url, deadline=IMPATIENT) as transport:
        assert await transport.send(outbound()) == NO_ANSWER


async def test_a_host_that_does_not_exist_was_not_reached() -> None:
    async with towards("http://no-such-host.invalid") as transport:
        assert await transport.send(outbound()) == UNREACHABLE


async def test_a_server_without_tls_was_not_reached(carrier: TwilioStandIn) -> None:
    async with towards(carrier.url.replace("http:", "https:"), deadline=IMPATIENT) as transport:
        assert await transport.send(outbound()) == UNREACHABLE

    assert carrier.asked == 0


async def test_a_server_that_never_ends_its_greeting_was_not_reached() -> None:
    async def keep_quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_quiet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with anyio.fail_after(PATIENCE):
            async with towards(f"https://127.0.0.1:{port}", deadline=IMPATIENT) as transport:
                assert await transport.send(outbound()) == UNREACHABLE


async def test_a_proxy_that_refuses_was_not_passed(carrier: TwilioStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        async with towards("https://api.twilio.example") as transport:
            assert await transport.send(outbound()) == UNREACHABLE


# The rest.


async def test_a_closed_transport_sends_nothing(transport: TwilioTransport, carrier: TwilioStandIn) -> None:
    with pytest.raises(RuntimeError, match="'main' is not open"):
        await transport.send(outbound())

    async with transport:
        pass

    with pytest.raises(RuntimeError, match="'main' is not open"):
        await transport.send(outbound())

    assert carrier.asked == 0


async def test_leaving_in_the_middle_of_a_send_leaves_it_open(
    transport: TwilioTransport, carrier: TwilioStandIn
) -> None:
    results: list[SendResult] = []

    async def send() -> None:
        results.append(await transport.send(outbound()))

    await carrier.behave(Behaviour.HANG)
    async with anyio.create_task_group() as tasks, transport:
        tasks.start_soon(send)
        await carrier.has_been_asked(1)

    assert results == [NO_ANSWER]


async def test_the_log_has_twilios_request_id_and_no_customer(
    transport: TwilioTransport, carrier: TwilioStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    answer = Answer(status=400, body={"code": 21211, "message": "+14155550123"}, headers={"Twilio-Request-Id": "RQ1"})
    with capture_logs() as logs:
        await answered(transport, carrier, answer)

    (entry,) = logs
    assert (entry["event"], entry["channel"], entry["status"], entry["code"]) == (
        "carrier_refused",
        "main",
        400,
        "21211",
    )
    assert entry["request_id"] == "RQ1"
    said = json.dumps(logs) + caplog.text
    assert [each for each in (outbound().body, "5550123", AUTH_TOKEN) if each in said] == []


def test_importing_the_transport_does_not_import_the_sdk() -> None:
    program = (
        "import sys, cordboard.transports.twilio;"
        "print(sorted({'twilio', 'aiohttp', 'requests'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    path = os.pathsep.join(str(Path(part).parent) for part in cordboard.__path__)
    ended = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=True,
        text=True,
    )

    assert ended.stdout == "[]\n"
