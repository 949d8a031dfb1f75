"""Twilio's signature: its published examples, and its own code as the judge."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

from cordboard.engine.carrier import WebhookRequest, WebhookUnreadable
from cordboard.engine.secret import Secret
from cordboard.transports.twilio import TwilioSettings, TwilioTransport
from cordboard.transports.twilio.signature import is_genuine, sign

PUBLISHED = json.loads((Path(__file__).parent.parent / "vectors" / "twilio_signatures.json").read_text("utf-8"))

KEY = PUBLISHED["auth_token"].encode()

FORMS = [each for each in PUBLISHED["cases"] if "params" in each]

DOOR = "https://sms.example.com/webhooks/main"

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)

VALUES = st.text(st.characters(codec="utf-8"), max_size=20)


class Repeating(dict[str, list[str]]):
    """A form whose names may come more than once, as Twilio's code expects it from web frameworks."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


@pytest.fixture
def transport() -> TwilioTransport:
    return TwilioTransport(
        TwilioSettings(name="main", account_sid="AC1", auth_token=Secret("12345"), public_url="https://sms.example.com")
    )


@pytest.mark.parametrize("case", FORMS, ids=[each["url"] for each in FORMS])
def test_a_published_form_is_genuine(case: dict[str, Any]) -> None:
    assert is_genuine(case["signature"], KEY, case["url"], case["params"].items())


@pytest.mark.parametrize("case", FORMS, ids=[each["url"] for each in FORMS])
def test_a_published_form_with_another_value_is_not(case: dict[str, Any]) -> None:
    changed = {**case["params"], "Digits": "4321"}

    assert not is_genuine(case["signature"], KEY, case["url"], changed.items())


def test_values_of_a_repeated_name_count_once_each_and_in_order() -> None:
    fields = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]

    assert sign(KEY, FORMS[0]["url"], fields) == b"IK+Dwps556ElfBT0I3Rgjkr1wJU="


def test_a_published_json_body_is_genuine_and_kept_since_it_is_no_text(transport: TwilioTransport) -> None:
    (case,) = [each for each in PUBLISHED["cases"] if "json_body" in each]
    request = WebhookRequest(
        method="POST",
        url=case["url"],
        headers={"content-type": "application/json", "x-twilio-signature": case["signature"]},
        body=case["json_body"].encode(),
    )
    reply = transport.receive(request)

    assert [type(each) for each in reply.events] == [WebhookUnreadable]
    assert (reply.status, reply.content_type, reply.body) == (200, "text/xml", b"<Response/>")


@pytest.mark.parametrize(
    "query",
    ["", "?bodySHA256=", "?bodySHA256=" + "0" * 64, "?bodySHA256=%C3%A9", "?bodySHA256=%FF"],
    ids=["missing", "empty", "wrong", "no ASCII", "no UTF-8"],
)
def test_a_json_body_whose_hash_is_not_signed_is_refused(transport: TwilioTransport, query: str) -> None:
    url = DOOR + query
    headers = {"content-type": "application/json", "x-twilio-signature": sign(KEY, url).decode()}
    reply = transport.receive(WebhookRequest(method="POST", url=url, headers=headers, body=b'{"a": 1}'))

    assert (reply.status, reply.events, reply.refusal) == (403, (), "forged")


def test_a_json_body_that_was_changed_is_refused(transport: TwilioTransport) -> None:
    url = f"{DOOR}?bodySHA256={hashlib.sha256(b'{}').hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": sign(KEY, url).decode()}
    genuine = transport.receive(WebhookRequest(method="POST", url=url, headers=headers, body=b"{}"))
    changed = transport.receive(WebhookRequest(method="POST", url=url, headers=headers, body=b"[]"))

    assert (genuine.status, changed.status) == (200, 403)


@given(fields=st.lists(st.tuples(NAMES, VALUES), max_size=8), query=st.dictionaries(NAMES, VALUES, max_size=3))
def test_any_form_is_signed_as_twilios_own_code_does(fields: list[tuple[str, str]], query: dict[str, str]) -> None:
    url = f"{DOOR}?{urlencode(query)}"
    form = Repeating()
    for name, value in fields:
        form.setdefault(name, []).append(value)

    assert sign(KEY, url, fields).decode() == RequestValidator("12345").compute_signature(url, form)


@given(
    scheme=st.sampled_from(["http", "https"]),
    signed_port=st.sampled_from(["", ":80", ":443", ":8443"]),
    seen_port=st.sampled_from(["", ":80", ":443", ":8443"]),
    form=st.dictionaries(NAMES, VALUES, max_size=4),
)
def test_ports_are_forgiven_as_twilios_own_code_forgives_them(
    scheme: str, signed_port: str, seen_port: str, form: dict[str, str]
) -> None:
    signature = sign(KEY, f"{scheme}://sms.example.com{signed_port}/webhooks/main?message=41", form.items()).decode()
    seen = f"{scheme}://sms.example.com{seen_port}/webhooks/main?message=41"

    assert is_genuine(signature, KEY, seen, form.items()) == RequestValidator("12345").validate(seen, form, signature)


@pytest.mark.parametrize(
    ("seen", "signed"),
    [
        ("https://user:pass@sms.example.com/a", "https://sms.example.com/a"),
        ("https://user:pass@sms.example.com:8443/a", "https://sms.example.com:8443/a"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a"),
        ("https://sms.example.com/a?", "https://sms.example.com/a?"),
        ("https://sms.example.com/a?b=c@d:e", "https://sms.example.com/a?b=c@d:e"),
    ],
)
def test_urls_that_twilios_own_code_mangles_are_taken(seen: str, signed: str) -> None:
    assert is_genuine(sign(KEY, signed).decode(), KEY, seen)


@given(signature=st.text(max_size=40) | st.text("ABCabc+/=", min_size=28, max_size=28))
def test_no_other_signature_will_do(signature: str) -> None:
    assume(signature != sign(KEY, DOOR).decode())

    assert not is_genuine(signature, KEY, DOOR)


def test_names_and_values_that_twilio_signs_alike_are_at_least_kept(transport: TwilioTransport) -> None:
    genuine = [("AccountSid", "AC1"), ("Body", "Hello"), ("From", "+1"), ("MessageSid", "SM1"), ("To", "+2")]
    alike = [*genuine[:-1], ("T", ""), ("o", "+2")]
    headers = {"x-twilio-signature": sign(KEY, DOOR, genuine).decode()}
    reply = transport.receive(WebhookRequest(method="POST", url=DOOR, headers=headers, body=urlencode(alike).encode()))

    assert [type(each) for each in reply.events] == [WebhookUnreadable]


def test_empty_values_are_signed_too(transport: TwilioTransport) -> None:
    body = "AccountSid=AC1&MessageSid=SM1&From=%2B14155550123&To=%2B18005550100&Body=&FromCity=&ToZip="
    headers = {"x-twilio-signature": sign(KEY, DOOR, parse_qsl(body, keep_blank_values=True)).decode()}
    reply = transport.receive(WebhookRequest(method="POST", url=DOOR, headers=headers, body=body.encode()))

    assert (reply.status, len(reply.events)) == (200, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_signature_of_a_form_does_not_count_for_a_url_that_spells_the_form_out(
    transport: TwilioTransport, method: str
) -> None:
    smuggled = "&MessageSid=SMevil1&From=%2B14158888888&To=%2B18005550100&Body=forged&AccountSid=AC1&x="
    if method == "POST":
        smuggled += "&bodySHA256=" + hashlib.sha256(b"{}").hexdigest()

    caught = {"AccountSid": "AC1", "Body": smuggled, "MessageSid": "SM1", "From": "+14155550123", "To": "+18005550100"}
    url = DOOR + "?fallback=1"
    signature = sign(KEY, url, caught.items()).decode()
    forged = WebhookRequest(
        method=method,
        url=url + "".join(name + caught[name] for name in sorted(caught)),
        headers={"content-type": "application/json", "x-twilio-signature": signature},
        body=b"{}" if method == "POST" else b"",
    )

    assert is_genuine(signature, KEY, forged.url), "what is signed is the same"
    assert transport.receive(forged).status == 403
