"""What Twilio's requests mean, and how they are answered."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.transports.conftest import ACCOUNT, AUTH_TOKEN, DOOR, INBOUND, REPORT, signed
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

from cordboard.engine.carrier import DeliveryReported, Failure, Media, TextReceived, WebhookRequest, WebhookUnreadable
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import FailureKind, Keyword, MessageStatus
from cordboard.transports.twilio import TwilioSettings, TwilioTransport
from cordboard.transports.twilio.webhooks import parse_form

SENT_URL = f"{DOOR}?message=41"


@pytest.fixture
def transport() -> TwilioTransport:
    """A transport that never opens: receiving needs nothing."""
    return TwilioTransport(
        TwilioSettings(
            name="main", account_sid=ACCOUNT, auth_token=Secret(AUTH_TOKEN), public_url="https://sms.example.com"
        )
    )


def received(transport: TwilioTransport, form: dict[str, str]) -> TextReceived:
    """Return the text that a form brings."""
    (event,) = transport.receive(signed(form)).events
    assert isinstance(event, TextReceived)
    return event


def reported(transport: TwilioTransport, form: dict[str, str], url: str = SENT_URL) -> DeliveryReported:
    """Return the report that a form brings."""
    (event,) = transport.receive(signed(form, url=url)).events
    assert isinstance(event, DeliveryReported)
    return event


def kept(transport: TwilioTransport, request: WebhookRequest) -> WebhookUnreadable:
    """Return what is kept of a request that nobody can read; Twilio is thanked all the same."""
    reply = transport.receive(request)
    (event,) = reply.events
    assert isinstance(event, WebhookUnreadable)
    assert (reply.status, reply.content_type, reply.body) == (200, "text/xml", b"<Response/>")
    return event


def as_json(said: object) -> WebhookRequest:
    """Return a genuine request with a JSON body."""
    body = json.dumps(said)
    url = f"{DOOR}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {"content-type": "application/json"}
    headers["x-twilio-signature"] = RequestValidator(AUTH_TOKEN).compute_signature(url, {})
    return WebhookRequest(method="POST", url=url, headers=headers, body=body.encode())


def test_a_text_has_everything_that_the_board_wants_to_know(transport: TwilioTransport) -> None:
    assert received(transport, INBOUND) == TextReceived(
        channel="main",
        provider_id="SM" + "1" * 32,
        sender="+14155550123",
        recipient="+18005550100",
        body="Where is my order? Ça va 👋",
        segments=2,
    )


def test_the_answer_to_a_text_texts_nothing_back(transport: TwilioTransport) -> None:
    reply = transport.receive(signed(INBOUND))

    assert (reply.status, reply.content_type, reply.body) == (200, "text/xml", b"<Response/>")


def test_a_text_may_come_by_get(transport: TwilioTransport) -> None:
    assert transport.receive(signed(INBOUND, method="GET")) == transport.receive(signed(INBOUND))


def test_parameters_that_nobody_knows_yet_do_no_harm(transport: TwilioTransport) -> None:
    assert received(transport, {**INBOUND, "Brand New[]": "é&=+%", "": "nameless"}) == received(transport, INBOUND)


def test_attachments_come_in_order(transport: TwilioTransport) -> None:
    form = {
        **INBOUND,
        "Body": "",
        "NumMedia": "2",
        "MediaUrl1": "https://api.twilio.com/two",
        "MediaContentType1": "image/png",
        "MediaUrl0": "https://api.twilio.com/one",
        "MediaContentType0": "image/jpeg",
    }
    text = received(transport, form)

    assert text.body == ""
    assert text.media == (
        Media(url="https://api.twilio.com/one", content_type="image/jpeg"),
        Media(url="https://api.twilio.com/two", content_type="image/png"),
    )


def test_a_picture_without_any_body_is_a_text(transport: TwilioTransport) -> None:
    form = {**INBOUND, "NumMedia": "1", "MediaUrl0": "https://api.twilio.com/one"}
    del form["Body"]

    assert received(transport, form).media == (Media(url="https://api.twilio.com/one"),)


@pytest.mark.parametrize("segments", ["", "-1", "two", "1.5", "\u0661", "9" * 400])
def test_a_strange_count_of_segments_is_no_count(transport: TwilioTransport, segments: str) -> None:
    assert received(transport, {**INBOUND, "NumSegments": segments}).segments == 0


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", MessageStatus.QUEUED),
        ("scheduled", MessageStatus.QUEUED),
        ("queued", MessageStatus.QUEUED),
        ("sending", MessageStatus.SENDING),
        ("sent", MessageStatus.SENT),
        ("delivered", MessageStatus.DELIVERED),
        ("read", MessageStatus.DELIVERED),
        ("undelivered", MessageStatus.UNDELIVERED),
        ("partially_delivered", MessageStatus.UNDELIVERED),
        ("failed", MessageStatus.FAILED),
        ("canceled", MessageStatus.CANCELED),
    ],
)
def test_every_status_has_its_meaning(transport: TwilioTransport, word: str, status: MessageStatus) -> None:
    report = reported(transport, {**REPORT, "MessageStatus": word})

    assert (report.provider_id, report.status, report.message) == ("SM" + "2" * 32, status, 41)
    assert (report.failure is not None) == (status in (MessageStatus.UNDELIVERED, MessageStatus.FAILED))


def test_a_report_is_answered_with_nothing(transport: TwilioTransport) -> None:
    reply = transport.receive(signed(REPORT, url=SENT_URL))

    assert (reply.status, reply.body) == (204, b"")


def test_a_failure_says_why(transport: TwilioTransport) -> None:
    report = reported(transport, {**REPORT, "MessageStatus": "undelivered", "ErrorCode": "30005"})

    assert report.failure == Failure(
        code="30005", text="The customer's number is unknown, or no longer in use.", kind=FailureKind.RECIPIENT
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("21610", FailureKind.OPTED_OUT),
        ("30001", FailureKind.BUSY),
        ("30002", FailureKind.ACCOUNT),
        ("30003", FailureKind.UNREACHABLE),
        ("30004", FailureKind.BLOCKED),
        ("30006", FailureKind.RECIPIENT),
        ("30007", FailureKind.CONTENT),
        ("30008", FailureKind.UNKNOWN),
        ("30019", FailureKind.CONTENT),
        ("30022", FailureKind.LATER),
        ("30023", FailureKind.LATER),
        ("30027", FailureKind.LATER),
        ("30024", FailureKind.CONFIGURATION),
        ("30032", FailureKind.CONFIGURATION),
        ("30034", FailureKind.CONFIGURATION),
        ("30035", FailureKind.CONFIGURATION),
        ("30410", FailureKind.TROUBLE),
        ("30450", FailureKind.LATER),
    ],
)
def test_a_reported_code_has_its_meaning(transport: TwilioTransport, code: str, kind: FailureKind) -> None:
    failure = reported(transport, {**REPORT, "MessageStatus": "undelivered", "ErrorCode": code}).failure

    assert failure is not None
    assert (failure.code, failure.kind) == (code, kind)


def test_a_part_of_a_message_is_no_delivery(transport: TwilioTransport) -> None:
    report = reported(transport, {**REPORT, "MessageStatus": "partially_delivered"})

    assert report.status is MessageStatus.UNDELIVERED
    assert report.failure == Failure(code="partially_delivered", text="Only a part of the message was delivered.")


def test_when_the_carrier_had_its_receipt_changes_nothing(transport: TwilioTransport) -> None:
    assert reported(transport, {**REPORT, "RawDlrDoneDate": "2611240230"}) == reported(transport, REPORT)
    assert reported(transport, {**REPORT, "RawDlrDoneDate": "tomorrow"}) == reported(transport, REPORT)


@pytest.mark.parametrize("word", ["receiving", "received"])
def test_a_customers_text_may_have_a_status_too(transport: TwilioTransport, word: str) -> None:
    assert received(transport, {**INBOUND, "MessageStatus": word}) == received(transport, INBOUND)


@pytest.mark.parametrize("code", ["39999", "0x1", "-3", "\u0663", "9" * 400])
def test_a_code_that_nobody_knows_is_told_as_it_is(transport: TwilioTransport, code: str) -> None:
    failure = reported(transport, {**REPORT, "MessageStatus": "failed", "ErrorCode": code}).failure

    assert failure is not None
    assert failure.code == code
    assert code in failure.text


@pytest.mark.parametrize("code", ["", "0"])
def test_a_failure_without_a_code_is_one_all_the_same(transport: TwilioTransport, code: str) -> None:
    report = reported(transport, {**REPORT, "MessageStatus": "failed", "ErrorCode": code})

    assert report.failure == Failure(code="failed", text="The carrier does not say why.")


def test_a_status_that_nobody_knows_is_kept(transport: TwilioTransport) -> None:
    request = signed({**REPORT, "MessageStatus": "teleported"}, url=SENT_URL)
    unreadable = kept(transport, request)

    assert "teleported" in unreadable.reason
    assert unreadable.body == request.body


@pytest.mark.parametrize("query", ["", "message=", "message=x", "message=-1", "message=%FF", "message", "a=1&" * 1001])
def test_our_id_garbled_is_no_id(transport: TwilioTransport, query: str) -> None:
    assert reported(transport, REPORT, f"{DOOR}?{query}").message is None


@pytest.mark.parametrize("missing", ["MessageSid", "From", "To", "Body"])
def test_a_text_without_what_makes_it_one_is_kept(transport: TwilioTransport, missing: str) -> None:
    form = {name: value for name, value in INBOUND.items() if name not in (missing, "SmsSid")}
    request = signed(form)
    unreadable = kept(transport, request)

    assert missing in unreadable.reason
    assert unreadable.body == request.body
    assert unreadable.content_type == request.headers["content-type"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MessageSid", f"SM{'1' * 32}NumMedia0"),
        ("From", "+14155550123FromCity"),
        ("From", "CitySeattle"),
        ("To", "+18005550100ToZip"),
    ],
)
def test_a_text_that_somebody_cut_elsewhere_under_the_same_signature_is_no_other_text(
    transport: TwilioTransport, name: str, value: str
) -> None:
    kept(transport, signed({**INBOUND, name: value}))


def test_what_came_by_get_is_kept_as_its_query(transport: TwilioTransport) -> None:
    request = signed({"AccountSid": ACCOUNT, "Body": "Hello"}, method="GET")

    assert kept(transport, request).body == request.url.partition("?")[2].encode()


@pytest.mark.parametrize(
    ("word", "keyword"),
    [("STOP", Keyword.STOP), ("START", Keyword.START), ("HELP", Keyword.HELP), ("", None), ("PAUSE", None)],
)
def test_a_word_that_twilio_has_answered_is_told(
    transport: TwilioTransport, word: str, keyword: Keyword | None
) -> None:
    assert received(transport, {**INBOUND, "Body": "stop", "OptOutType": word}).keyword is keyword


def test_stop_without_twilios_word_for_it_is_a_text_like_any_other(transport: TwilioTransport) -> None:
    assert received(transport, {**INBOUND, "Body": "STOP"}).keyword is None


@pytest.mark.parametrize(("code", "incomplete"), [("30009", True), ("", False), ("0", False), ("30008", False)])
def test_a_text_of_which_a_part_never_came_says_so(transport: TwilioTransport, code: str, incomplete: bool) -> None:
    assert received(transport, {**INBOUND, "ErrorCode": code}).incomplete is incomplete


@pytest.mark.parametrize("body", ["👨‍👩‍👧‍👦", "e\u0301\u200d\ufe0f", "🇺🇸", "a\r\nb\u00a0 ", "x" * 1600])
def test_every_character_comes_in_as_it_is(transport: TwilioTransport, body: str) -> None:
    assert received(transport, {**INBOUND, "Body": body}).body == body


def test_a_message_has_ten_attachments_at_most(transport: TwilioTransport) -> None:
    form = {**INBOUND, "Body": "", "NumMedia": "11"}
    form |= {f"MediaUrl{each}": f"https://api.twilio.com/{each}" for each in range(11)}

    assert [each.url[-2:] for each in received(transport, form).media] == [f"/{each}" for each in range(10)]


def test_a_repetition_and_the_fallback_url_bring_the_same_text(transport: TwilioTransport) -> None:
    first = signed(INBOUND)
    again = msgspec.structs.replace(first, headers={**first.headers, "i-twilio-idempotency-token": "another"})
    fallback = signed({**INBOUND, "ErrorCode": "11200", "ErrorUrl": DOOR}, url=f"{DOOR}?fallback=1")

    assert transport.receive(again) == transport.receive(first) == transport.receive(fallback)


def test_a_text_may_come_as_json(transport: TwilioTransport) -> None:
    assert transport.receive(as_json(INBOUND)) == transport.receive(signed(INBOUND))


def test_what_a_json_body_has_beside_strings_does_no_harm(transport: TwilioTransport) -> None:
    assert transport.receive(as_json({**INBOUND, "Extra": {"a": [1]}, "n": None})) == transport.receive(signed(INBOUND))


@pytest.mark.parametrize("said", [[], 7, "text", {}, {"AccountSid": 5}])
def test_a_json_body_that_is_no_message_is_kept(transport: TwilioTransport, said: object) -> None:
    assert kept(transport, as_json(said)).content_type == "application/json"


def test_a_json_body_of_another_account_is_refused(transport: TwilioTransport) -> None:
    assert transport.receive(as_json({**INBOUND, "AccountSid": "AC" + "9" * 32})).status == 403


def test_another_accounts_text_is_refused(transport: TwilioTransport) -> None:
    reply = transport.receive(signed({**INBOUND, "AccountSid": "AC" + "9" * 32}))

    assert (reply.status, reply.events, reply.body, reply.refusal) == (403, (), b"", "forged")


@pytest.mark.parametrize("signature", [None, "", "é", "\udcff", "RSOYDt4T1cUTdK1PDd93/VVr8B8="])
def test_without_the_right_signature_nothing_comes_in(
    transport: TwilioTransport, text: WebhookRequest, signature: str | None
) -> None:
    headers = {name: value for name, value in text.headers.items() if name != "x-twilio-signature"}
    if signature is not None:
        headers["x-twilio-signature"] = signature

    reply = transport.receive(msgspec.structs.replace(text, headers=headers))

    assert (reply.status, reply.events, reply.body, reply.refusal) == (403, (), b"", "forged")


def test_a_shared_keys_algorithm_is_not_taken_on_a_strangers_word(transport: TwilioTransport) -> None:
    request = signed(INBOUND)
    headers = {**request.headers, "x-twilio-webhooks-signature-settings": "key=x,algorithm=NONE"}
    unsigned = {**headers, "x-twilio-signature": ""}

    assert transport.receive(msgspec.structs.replace(request, headers=headers)) == transport.receive(request)
    assert transport.receive(msgspec.structs.replace(request, headers=unsigned)).status == 403


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "HEAD", "post"])
def test_other_methods_are_told_which_there_are(transport: TwilioTransport, text: WebhookRequest, method: str) -> None:
    reply = transport.receive(msgspec.structs.replace(text, method=method))

    assert (reply.status, reply.events, reply.body) == (405, (), b"")
    assert reply.headers == (("Allow", "GET, POST"),)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.dictionaries(
        st.sampled_from([*INBOUND, "MessageStatus", "ErrorCode", "MediaUrl0", "MediaContentType0"]),
        st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(["delivered", "failed", "0", "30003"]),
    ),
    query=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    method=st.sampled_from(["GET", "POST"]),
)
def test_whatever_twilio_signs_is_either_read_or_kept(
    transport: TwilioTransport, form: dict[str, str], query: str, method: str
) -> None:
    form["AccountSid"] = ACCOUNT
    url = DOOR if method == "GET" else f"{DOOR}?{query}"
    reply = transport.receive(signed(form, url=url, method=method))

    assert len(reply.events) == 1
    assert not (reply.body and reply.content_type.startswith("text/plain")), "it would be texted to the customer"


@given(
    form=st.text("ab&=+%;é\x00", max_size=40)
    | st.text("01289abcefABCEF%&=", max_size=40)
    | st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))).map(urlencode)
)
def test_a_form_is_read_as_the_standard_library_reads_it(form: str) -> None:
    try:
        fields = parse_qsl(form, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            parse_form(form)
    else:
        assert parse_form(form) == fields
