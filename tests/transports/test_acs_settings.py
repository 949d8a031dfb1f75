"""What an Azure channel may be told, and which numbers it can serve."""

from __future__ import annotations

from typing import Any

import pytest
from tests.transports.event_grid import acs_settings

from cordboard.engine.config import Number
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Capability, NumberKind
from cordboard.transports.acs import AcsTransport, Credential, EventGridToken
from cordboard.transports.acs.numbers import cannot_text, countries_of

KEY = "YSBrZXk="


def problems(**changes: Any) -> list[str]:
    """Return the keys that are blamed."""
    with pytest.raises(ValueError, match=": ") as caught:
        acs_settings(**changes)

    return [each.partition(": ")[0] for each in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://contoso.communication.azure.com", "https://contoso.communication.azure.com"),
        ("https://contoso.communication.azure.com/", "https://contoso.communication.azure.com"),
        ("HTTPS://Contoso.Communication.Azure.com/", "https://contoso.communication.azure.com"),
        ("https://contoso.communication.azure.com:443/", "https://contoso.communication.azure.com"),
        ("https://contoso.example:8443", "https://contoso.example:8443"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://fake:80", "http://fake"),
    ],
)
def test_an_endpoint_is_called_and_signed_in_one_spelling(written: str, url: str) -> None:
    assert acs_settings(endpoint=written).url == url
    in_one = Secret(f"endpoint={written};accesskey={KEY}")
    assert acs_settings(endpoint="", access_key=None, connection_string=in_one).url == url


def test_a_connection_string_has_the_key() -> None:
    settings = acs_settings(
        endpoint="", access_key=None, connection_string=Secret(f"endpoint=https://a.example/;accesskey={KEY}")
    )

    assert settings.key == Secret(KEY)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"endpoint": ""}, ["endpoint"]),
        ({"endpoint": "contoso.communication.azure.com"}, ["endpoint"]),
        ({"endpoint": "https://user:hunter2@contoso.example"}, ["endpoint"]),
        ({"endpoint": "https://contoso.example/a/path"}, ["endpoint"]),
        ({"access_key": None}, ["access_key"]),
        ({"access_key": Secret("no base64!")}, ["access_key"]),
        ({"access_key": Secret("")}, ["access_key"]),
        ({"connection_string": Secret("endpoint=https://a.example;accesskey=YQ==")}, ["connection_string"]),
        ({"endpoint": "", "access_key": None, "connection_string": Secret("hunter2")}, ["connection_string"]),
        (
            {"endpoint": "", "access_key": None, "connection_string": Secret("endpoint=https://a.example;accesskey=!")},
            ["connection_string"],
        ),
        (
            {"endpoint": "", "access_key": None, "connection_string": Secret("endpoint=a.example;accesskey=YQ==")},
            ["connection_string"],
        ),
        ({"credential": Credential.ENTRA}, ["credential"]),
        (
            {"credential": Credential.ENTRA, "access_key": None, "endpoint": "http://contoso.example"},
            ["endpoint"],
        ),
        ({"webhook_secret": None}, ["webhook_secret"]),
        ({"webhook_secret": Secret("")}, ["webhook_secret"]),
        ({"old_webhook_secrets": (Secret("x"), Secret(""))}, ["webhook_secret"]),
        ({"webhook_secret_header": "X-Secret"}, ["webhook_secret_header"]),
        ({"event_grid_subscriptions": ()}, ["event_grid_subscriptions"]),
        ({"event_grid_subscriptions": ("a", " ")}, ["event_grid_subscriptions"]),
        ({"event_grid_token": EventGridToken(tenant="", audience="api://x")}, ["event_grid_token.tenant"]),
        (
            {"event_grid_token": EventGridToken(tenant="a/b", audience="")},
            ["event_grid_token.tenant", "event_grid_token.audience"],
        ),
        ({"event_grid_token": EventGridToken(tenant="t", audience="a", app_id="")}, ["event_grid_token.app_id"]),
        ({"event_grid_token": EventGridToken(tenant="t", audience="a", keys_url="x")}, ["event_grid_token.keys_url"]),
        ({"public_url": "nowhere"}, ["public_url"]),
        (
            {"endpoint": "", "webhook_secret": None, "event_grid_subscriptions": ()},
            ["endpoint", "webhook_secret", "event_grid_subscriptions"],
        ),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_named(changes: dict[str, Any], keys: list[str]) -> None:
    assert problems(**changes) == keys


def test_no_problem_repeats_a_secret() -> None:
    for changes in (
        {"endpoint": "https://user:hunter2@contoso.example"},
        {"access_key": Secret("hunter2!")},
        {
            "endpoint": "",
            "access_key": None,
            "connection_string": Secret("endpoint=https://hunter2/x;accesskey=hunter2!"),
        },
    ):
        with pytest.raises(ValueError, match=": ") as caught:
            acs_settings(**changes)

        assert "hunter2" not in str(caught.value)


def test_a_token_takes_the_place_of_the_secret() -> None:
    settings = acs_settings(webhook_secret=None, event_grid_token=EventGridToken(tenant="t", audience="api://x"))

    assert settings.webhook_secrets == ()


def test_a_token_may_travel_over_http_to_this_machine_alone() -> None:
    for endpoint in ("http://127.0.0.1:80", "http://localhost:1", "http://[::1]:1", "https://contoso.example"):
        assert acs_settings(endpoint=endpoint, access_key=None, credential=Credential.ENTRA).key is None


def test_settings_do_not_show_their_secrets() -> None:
    settings = acs_settings(
        access_key=None, endpoint="", connection_string=Secret(f"endpoint=https://a.example;accesskey={KEY}")
    )

    shown = repr(settings) + repr(AcsTransport(settings)) + str(settings)
    assert [each for each in (KEY, "event=grid") if each in shown] == []


# Numbers.


def number_problems(address: str, kind: NumberKind, **changes: Any) -> list[str]:
    number = Number(address=address, channel="main", kind=kind, workstream="support", **changes)
    return list(acs_settings().find_number_problems(number))


SERVED = {
    "US": ("+14155550123", {NumberKind.TOLL_FREE, NumberKind.SHORT_CODE, NumberKind.LOCAL_10DLC}),
    "CA": ("+14165550123", {NumberKind.TOLL_FREE, NumberKind.SHORT_CODE}),
    "PR": ("+17875550123", {NumberKind.TOLL_FREE}),
    "GB": ("+447400123456", {NumberKind.SHORT_CODE, NumberKind.MOBILE}),
    "AU": ("+61412345678", {NumberKind.MOBILE}),
    "IE": ("+353851234567", {NumberKind.MOBILE}),
    "FI": ("+358412345678", {NumberKind.MOBILE}),
    "DK": ("+4532123456", {NumberKind.MOBILE}),
    "NL": ("+31612345678", {NumberKind.MOBILE}),
    "SE": ("+46701234567", {NumberKind.MOBILE}),
    "PL": ("+48512345678", {NumberKind.MOBILE}),
    "BE": ("+32470123456", {NumberKind.MOBILE}),
    "LV": ("+37121234567", {NumberKind.MOBILE}),
    "FR": ("+33612345678", set()),
    "GU": ("+16715550123", set()),
    "DE": ("+4915123456789", set()),
}


@pytest.mark.parametrize("country", SERVED)
@pytest.mark.parametrize("kind", NumberKind)
def test_a_number_of_a_kind_texts_the_countries_that_azure_serves(country: str, kind: NumberKind) -> None:
    number, kinds = SERVED[country]

    assert (cannot_text(kind, number) == "") is (kind in kinds)
    assert countries_of(number) == {country}


@pytest.mark.parametrize("country", SERVED)
@pytest.mark.parametrize("kind", [each for each in NumberKind if each is not NumberKind.SHORT_CODE])
def test_a_number_of_ours_is_of_a_country_where_azure_has_its_kind(country: str, kind: NumberKind) -> None:
    number, kinds = SERVED[country]
    found = number_problems(number, kind)

    assert [each.partition(": ")[0] for each in found] == ([] if kind in kinds else ["kind"])
    assert all(country in each for each in found)


def test_short_codes_have_no_country() -> None:
    assert number_problems("12345", NumberKind.SHORT_CODE) == []


def test_toll_free_numbers_are_of_the_united_states() -> None:
    assert number_problems("+18005550100", NumberKind.TOLL_FREE) == []
    assert number_problems("+448001234567", NumberKind.TOLL_FREE) != []


def test_short_codes_and_toll_free_numbers_cannot_text_each_other() -> None:
    assert cannot_text(NumberKind.SHORT_CODE, "+18005550100") != ""
    assert cannot_text(NumberKind.TOLL_FREE, "12345") != ""
    assert cannot_text(NumberKind.TOLL_FREE, "+18885550100") == ""


@pytest.mark.parametrize("number", ["+15555550123", "+1", "", "nobody", "+999123456789", "Contoso"])
@pytest.mark.parametrize("kind", [NumberKind.TOLL_FREE, NumberKind.SHORT_CODE, None])
def test_what_nobody_knows_is_left_to_azure(number: str, kind: NumberKind | None) -> None:
    assert cannot_text(kind, number) == ""


def test_a_number_that_no_plan_has_counts_for_all_countries_of_its_code() -> None:
    assert cannot_text(NumberKind.MOBILE, "+15555550123") != ""


def test_azure_carries_no_attachments() -> None:
    both = (Capability.SMS, Capability.MMS)

    assert number_problems("+18005550100", NumberKind.TOLL_FREE, capabilities=both) == [
        "capabilities: Azure carries no attachments; remove 'mms'"
    ]
