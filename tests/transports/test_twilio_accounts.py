"""Whose signature is taken at a Twilio channel's door: rotated tokens, subaccounts, shared keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.transports.conftest import ACCOUNT, AUTH_TOKEN, DOOR, INBOUND, REPORT, signed
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

from cordboard.engine.carrier import WebhookRequest
from cordboard.engine.secret import Secret
from cordboard.transports.twilio import SharedKey, Subaccount, TwilioSettings, TwilioTransport
from cordboard.transports.twilio.signature import sign

SUBACCOUNT = "AC" + "5" * 32

SUBACCOUNTS_TOKEN = "the-token-of-the-subaccount"

KEY = "webhooks_sharedkey_01"

KEYS_SECRET = "the-secret-of-the-shared-key"

FORMER = "the-token-before"


def settings(**more: Any) -> TwilioSettings:
    return TwilioSettings(
        name="main",
        account_sid=ACCOUNT,
        auth_token=Secret(AUTH_TOKEN),
        public_url="https://sms.example.com",
        **more,
    )


def shared(said: str, *, secret: str = KEYS_SECRET, algorithm: str = "HMAC_SHA256") -> WebhookRequest:
    """Return a request that is signed with a shared key, and says this of it."""
    request = signed(INBOUND)
    signature = RequestValidator(secret).compute_signature(DOOR, INBOUND, algorithm)
    headers = {**request.headers, "x-twilio-signature": signature, "x-twilio-webhooks-signature-settings": said}
    return replace(request, headers=headers)


def is_taken(transport: TwilioTransport, request: WebhookRequest) -> bool:
    reply = transport.receive(request)
    assert (len(reply.events), reply.status, reply.refusal) in ((1, 200, ""), (1, 204, ""), (0, 403, "forged"))
    return reply.status != 403


def test_while_a_token_is_rotated_both_are_taken() -> None:
    transport = TwilioTransport(settings(former_auth_tokens=(Secret("older"), Secret(FORMER))))

    assert is_taken(transport, signed(INBOUND))
    assert is_taken(transport, signed(INBOUND, token=FORMER))
    assert is_taken(transport, signed(INBOUND, token="older", method="GET"))
    assert not is_taken(transport, signed(INBOUND, token="guessed"))


def test_after_the_rotation_the_former_token_is_a_strangers() -> None:
    assert not is_taken(TwilioTransport(settings()), signed(INBOUND, token=FORMER))


@pytest.fixture
def house() -> TwilioTransport:
    """A channel with a subaccount, whose token is being rotated as well."""
    subaccount = Subaccount(
        account_sid=SUBACCOUNT, auth_token=Secret(SUBACCOUNTS_TOKEN), former_auth_tokens=(Secret(FORMER),)
    )
    return TwilioTransport(settings(subaccounts=(subaccount,)))


@pytest.mark.parametrize("form", [INBOUND, REPORT], ids=["text", "report"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subaccount_signs_with_its_own_token(house: TwilioTransport, form: dict[str, str], method: str) -> None:
    own = {**form, "AccountSid": SUBACCOUNT}

    assert is_taken(house, signed(own, method=method, token=SUBACCOUNTS_TOKEN))
    assert is_taken(house, signed(own, method=method, token=FORMER))
    assert not is_taken(house, signed(own, method=method))
    assert not is_taken(house, signed(form, method=method, token=SUBACCOUNTS_TOKEN))
    assert is_taken(house, signed(form, method=method))


def test_an_account_that_nobody_told_of_is_refused_whoever_signs(house: TwilioTransport) -> None:
    stranger = {**INBOUND, "AccountSid": "AC" + "9" * 32}

    for token in (AUTH_TOKEN, SUBACCOUNTS_TOKEN, FORMER):
        assert not is_taken(house, signed(stranger, token=token))


@pytest.fixture
def locked() -> TwilioTransport:
    """A channel whose webhooks are signed with shared keys; one of two is about to go."""
    keys = (
        SharedKey(id=KEY, secret=Secret(KEYS_SECRET)),
        SharedKey(id="webhooks_sharedkey_02", secret=Secret("another")),
    )
    return TwilioTransport(settings(shared_keys=keys, former_auth_tokens=(Secret(FORMER),)))


@pytest.mark.parametrize("said", [f"key={KEY},algorithm=HMAC_SHA256", f" algorithm = HMAC_SHA256 , key = {KEY} ,new=x"])
def test_a_shared_key_signs_with_sha256(locked: TwilioTransport, said: str) -> None:
    assert is_taken(locked, shared(said))


def test_each_of_several_shared_keys_signs_for_itself(locked: TwilioTransport) -> None:
    second = "key=webhooks_sharedkey_02,algorithm=HMAC_SHA256"

    assert is_taken(locked, shared(second, secret="another"))
    assert not is_taken(locked, shared(second))


@pytest.mark.parametrize(
    "said",
    [
        "",
        ",",
        "key",
        f"key={KEY}",
        f"key={KEY},algorithm=",
        f"key={KEY},algorithm=NONE",
        f"key={KEY},algorithm=HMAC_SHA1",
        f"key={KEY},algorithm=HMAC_SHA512",
        f"key={KEY},algorithm=HMAC_SHA256,algorithm=NONE",
        "algorithm=HMAC_SHA256",
        "key=,algorithm=HMAC_SHA256",
        "key=unknown,algorithm=HMAC_SHA256",
        "key=é\udcff,algorithm=HMAC_SHA256",
    ],
)
def test_anything_else_said_of_a_shared_key_is_refused(locked: TwilioTransport, said: str) -> None:
    assert not is_taken(locked, shared(said))


def test_where_a_shared_key_is_due_no_auth_token_will_do(locked: TwilioTransport) -> None:
    for token in (AUTH_TOKEN, FORMER):
        request = signed(INBOUND, token=token)
        said = {**request.headers, "x-twilio-webhooks-signature-settings": "algorithm=HMAC_SHA1"}

        assert not is_taken(locked, request)
        assert not is_taken(locked, replace(request, headers=said))


def test_a_shared_keys_secret_is_none_for_the_older_algorithm(locked: TwilioTransport) -> None:
    assert not is_taken(locked, shared(f"key={KEY},algorithm=HMAC_SHA256", algorithm="HMAC_SHA1"))
    assert not is_taken(locked, shared(f"key={KEY},algorithm=HMAC_SHA1", algorithm="HMAC_SHA1"))


def test_where_no_shared_key_is_configured_none_is_taken() -> None:
    transport = TwilioTransport(settings())
    said = f"key={KEY},algorithm=HMAC_SHA256"

    assert not is_taken(transport, shared(said))
    assert not is_taken(transport, shared(said, secret=AUTH_TOKEN))


def test_a_subaccount_may_have_shared_keys_of_its_own() -> None:
    subaccount = Subaccount(
        account_sid=SUBACCOUNT,
        auth_token=Secret(SUBACCOUNTS_TOKEN),
        shared_keys=(SharedKey(id=KEY, secret=Secret(KEYS_SECRET)),),
    )
    transport = TwilioTransport(settings(subaccounts=(subaccount,)))
    own = {**INBOUND, "AccountSid": SUBACCOUNT}
    headers = {
        "x-twilio-signature": RequestValidator(KEYS_SECRET).compute_signature(DOOR, own, "HMAC_SHA256"),
        "x-twilio-webhooks-signature-settings": f"key={KEY},algorithm=HMAC_SHA256",
    }

    assert is_taken(transport, replace(signed(own), headers=headers))
    assert not is_taken(transport, signed(own, token=SUBACCOUNTS_TOKEN))
    assert is_taken(transport, signed(INBOUND))


@given(
    form=st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), st.text(max_size=9), max_size=6)
)
def test_sha256_is_what_twilios_own_code_makes_it(form: dict[str, str]) -> None:
    expected = RequestValidator(KEYS_SECRET).compute_signature(DOOR, form, "HMAC_SHA256")

    assert sign(KEYS_SECRET.encode(), DOOR, form.items(), algorithm="sha256").decode() == expected


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"api_key_sid": "SK1"}, "api_key_secret: is missing"),
        ({"api_key_secret": Secret("x")}, "api_key_sid: is missing"),
        ({"api_key_sid": "S K", "api_key_secret": Secret("x")}, "api_key_sid: expected"),
        ({"messaging_service_sid": "MG/1"}, "messaging_service_sid: expected"),
        ({"former_auth_tokens": (Secret("x"), Secret(""))}, r"former_auth_tokens\[1\]: is empty"),
        ({"shared_keys": (SharedKey(id="a,b", secret=Secret("x")),)}, r"shared_keys\[0\].id: expected"),
        ({"shared_keys": (SharedKey(id="a", secret=Secret("")),)}, r"shared_keys\[0\].secret: is empty"),
        ({"subaccounts": (Subaccount(account_sid=ACCOUNT, auth_token=Secret("x")),)}, "account_sid: is there already"),
        ({"subaccounts": (Subaccount(account_sid="A C", auth_token=Secret("x")),)}, r"subaccounts\[0\].account_sid: "),
        ({"subaccounts": (Subaccount(account_sid="AC9", auth_token=Secret("")),)}, r"subaccounts\[0\].auth_token: is"),
    ],
)
def test_what_cannot_be_used_is_named(more: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        settings(**more)


def test_no_secret_of_any_account_is_shown() -> None:
    secrets = (AUTH_TOKEN, FORMER, SUBACCOUNTS_TOKEN, KEYS_SECRET)
    made = settings(
        former_auth_tokens=(Secret(FORMER),),
        subaccounts=(Subaccount(account_sid=SUBACCOUNT, auth_token=Secret(SUBACCOUNTS_TOKEN)),),
        shared_keys=(SharedKey(id=KEY, secret=Secret(KEYS_SECRET)),),
    )

    assert [each for each in secrets if each in repr(made)] == []
