"""Event Grid's tokens: which are believed, and what becomes of one that cannot be judged yet."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import anyio
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from structlog.testing import capture_logs
from tests.transports.azure import AzureStandIn, running_azure
from tests.transports.carrier import Answer
from tests.transports.event_grid import SECRET, TEXT, acs_settings, delivery, event

from cordboard.engine.carrier import TextReceived, WebhookReply, WebhookRequest
from cordboard.engine.testing.transports import PATIENCE, PATIENT
from cordboard.transports.acs import AcsTransport, Deadlines, EventGridToken

TENANT = "8a1f3c2e-0000-4000-8000-000000000001"
AUDIENCE = "api://cordboard"
EVENT_GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"

Sign: TypeAlias = Callable[..., WebhookRequest]


@pytest.fixture(scope="module")
def signer() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def stranger() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def key_set(*keys: tuple[str, RSAPrivateKey]) -> Answer:
    """Return the page on which a tenant lists its keys."""
    listed = [
        {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": name, "use": "sig"}
        for name, key in keys
    ]
    return Answer(status=200, body={"keys": listed})


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {
        "aud": AUDIENCE,
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "azp": EVENT_GRID,
        "roles": ["AzureEventGridSecureWebhookSubscriber"],
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        **changes,
    }
    return {name: value for name, value in given.items() if value is not ...}


def shown(key: Any, *, key_id: str = "k1", algorithm: str = "RS256", **changes: Any) -> WebhookRequest:
    """Return a text that comes with a token."""
    token = jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": key_id})
    return delivery([event("SMSReceived", TEXT)], authorization=f"Bearer {token}", drop=("x-cordboard-secret",))


@pytest.fixture
async def entra(signer: RSAPrivateKey) -> AsyncIterator[AzureStandIn]:
    async with running_azure() as running:
        running.reports = key_set(("k1", signer))
        yield running


def towards(entra: AzureStandIn, *, secret: bool = False, **changes: Any) -> AcsTransport:
    given = {"tenant": TENANT, "audience": AUDIENCE, "keys_url": f"{entra.url}/keys", **changes}
    settings = acs_settings(event_grid_token=EventGridToken(**given))
    if not secret:
        settings = msgspec.structs.replace(settings, webhook_secret=None)

    return AcsTransport(settings, deadlines=Deadlines(connect=PATIENT, total=PATIENT, keys_apart=0))


async def judged(transport: AcsTransport, request: WebhookRequest) -> WebhookReply:
    """Return what an open transport answers once it knows the key: nothing tells when it does."""
    with anyio.fail_after(PATIENCE):
        while not transport._keys.find(jwt.get_unverified_header(token_of(request))["kid"]):  # noqa: ASYNC110 - see above
            await anyio.sleep(0.01)

    return transport.receive(request)


def token_of(request: WebhookRequest) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


async def opened(transport: AcsTransport, request: WebhookRequest) -> WebhookReply:
    async with transport:
        return await judged(transport, request)


async def test_a_token_of_event_grid_lets_a_text_in(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    reply = await opened(towards(entra), shown(signer))

    assert [type(each) for each in reply.events] == [TextReceived]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "api://somebody-else"},
        {"aud": ...},
        {"iss": "https://login.microsoftonline.com/another/v2.0"},
        {"iss": ...},
        {"exp": ...},
        {"azp": "another-app"},
        {"azp": ...},
        {"roles": ["Another"]},
        {"roles": "AzureEventGridSecureWebhookSubscriber"},
        {"roles": ...},
        {"exp": "soon"},
    ],
    ids=str,
)
async def test_a_token_that_says_something_else_is_refused(
    entra: AzureStandIn, signer: RSAPrivateKey, changes: dict[str, Any]
) -> None:
    reply = await opened(towards(entra), shown(signer, **changes))

    assert reply == WebhookReply(status=403, refusal="forged")


async def test_older_tokens_name_issuer_and_app_otherwise(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    request = shown(signer, iss=f"https://sts.windows.net/{TENANT}/", azp=..., appid=EVENT_GRID)

    assert (await opened(towards(entra), request)).status == 200


async def test_what_a_token_must_say_can_be_configured(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    request = shown(signer, iss="https://login.microsoftonline.us/x/v2.0", azp="gov", roles=...)
    transport = towards(entra, issuers=("https://login.microsoftonline.us/x/v2.0",), app_id="gov", role="")

    assert (await opened(transport, request)).status == 200


async def test_a_token_that_somebody_else_signed_is_refused(entra: AzureStandIn, stranger: RSAPrivateKey) -> None:
    assert await opened(towards(entra), shown(stranger)) == WebhookReply(status=403, refusal="forged")


async def test_no_other_algorithm_is_believed(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    transport = towards(entra)
    async with transport:
        await entra.has_been_asked(1)
        for request in (
            shown("x" * 64, algorithm="HS256"),
            shown(None, algorithm="none"),
            shown(signer, algorithm="PS256"),
        ):
            assert transport.receive(request) == WebhookReply(status=403, refusal="forged")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic eA==", "Bearer é.é.é", "Bearer " + "a" * 20_000],
)
async def test_what_is_no_token_is_refused(entra: AzureStandIn, header: str) -> None:
    request = delivery([event("SMSReceived", TEXT)], authorization=header, drop=("x-cordboard-secret",))
    async with towards(entra) as transport:
        assert transport.receive(request) == WebhookReply(status=403, refusal="forged")


@pytest.mark.parametrize("times", [{"exp": 1_000}, {"nbf": 5_000_000_000}])
async def test_a_token_of_another_time_may_come_again(
    entra: AzureStandIn, signer: RSAPrivateKey, times: dict[str, Any]
) -> None:
    reply = await opened(towards(entra), shown(signer, **times))

    assert (reply.status, reply.refusal, reply.events) == (503, "token_not_verifiable", ())
    assert dict(reply.headers)["Retry-After"] == "30"


async def test_clocks_may_differ_by_some_minutes(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    reply = await opened(towards(entra), shown(signer, exp=int(time.time()) - 240))

    assert reply.status == 200


async def test_a_token_with_a_new_key_comes_again_and_has_the_keys_fetched(
    entra: AzureStandIn, signer: RSAPrivateKey, stranger: RSAPrivateKey
) -> None:
    request = shown(stranger, key_id="k2")
    async with towards(entra) as transport:
        await entra.has_been_asked(1)
        entra.reports = key_set(("k1", signer), ("k2", stranger))
        waiting = transport.receive(request)
        reply = await judged(transport, request)

    assert (waiting.status, waiting.events, waiting.body) == (503, (), b"")
    assert [type(each) for each in reply.events] == [TextReceived]


async def test_before_it_is_open_a_channel_asks_everybody_to_come_again(
    entra: AzureStandIn, signer: RSAPrivateKey
) -> None:
    assert towards(entra).receive(shown(signer)).status == 503
    assert entra.asked == 0


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, body="<html>"),
        Answer(status=200, body="<html>"),
        Answer(status=200, body="[]"),
        Answer(status=200, body="{}"),
        Answer(status=200, body='{"keys": []}'),
        Answer(status=200, body='{"keys": [7]}'),
        Answer(status=200, body=b"\xff"),
        Answer(status=302, body="", headers={"Location": "http://169.254.169.254/"}),
    ],
    ids=lambda answer: repr(answer.body)[:20],
)
async def test_keys_that_cannot_be_fetched_are_asked_for_again(
    entra: AzureStandIn, signer: RSAPrivateKey, answer: Answer
) -> None:
    good, entra.reports = entra.reports, answer
    with capture_logs() as logs:
        async with towards(entra) as transport:
            await entra.has_been_asked(2)
            assert transport.receive(shown(signer)).status == 503
            entra.reports = good
            assert (await judged(transport, shown(signer))).status == 200

    assert {"entra_keys_not_fetched"} == {each["event"] for each in logs}


async def test_where_both_are_configured_both_are_needed(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    with_token = shown(signer)
    with_both = msgspec.structs.replace(with_token, headers={**with_token.headers, "x-cordboard-secret": SECRET})
    with_secret = delivery([event("SMSReceived", TEXT)])
    transport = towards(entra, secret=True)

    assert (await opened(transport, with_both)).status == 200
    assert transport.receive(with_token).status == 403
    assert transport.receive(with_secret).status == 403


async def test_the_agreement_on_cloud_events_comes_before_any_token(entra: AzureStandIn, signer: RSAPrivateKey) -> None:
    agreement = delivery(b"", method="OPTIONS", webhook_request_origin="eventgrid.azure.net")

    assert towards(entra, secret=True).receive(agreement).status == 200
    assert towards(entra).receive(agreement).status == 403, "where there is no secret, a token is asked for"
