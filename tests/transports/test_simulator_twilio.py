"""What a simulated Twilio has besides sending: services, subaccounts, keys, attachments, opt-outs, limits."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator

import aiohttp
import anyio
import pytest
from anyio import to_thread
from msgspec.structs import replace
from tests.transports.simulated import (
    ACCOUNT,
    AUTH_TOKEN,
    CUSTOMER,
    NUMBER,
    Door,
    RestClient,
    simulated_carrier,
)
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # it has no py.typed
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from cordboard.engine.carrier import MediaContent
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.faults import WEBHOOKS_LOST, WEBHOOKS_TWICE, Treatment
from cordboard.transports.simulator.limits import Limits
from cordboard.transports.simulator.opt_outs import KeywordHandling
from cordboard.transports.simulator.phones import TextState
from cordboard.transports.simulator.twilio.accounts import Account, SharedKey
from cordboard.transports.simulator.twilio.caller import PATIENT

SUBACCOUNT = "AC" + "6" * 32
SERVICE = "MG" + "7" * 32
OTHER = "+14155550199"
SECOND = "+18005550101"
PICTURE = MediaContent(data=b"\x89PNG\r\n\x1a\n not quite", content_type="image/png")


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with Door().opened() as door:
        yield door


@pytest.fixture
async def carrier(door: Door) -> AsyncIterator[SimulatedCarrier]:
    async with simulated_carrier(door) as carrier:
        yield carrier


@pytest.fixture
async def rest(carrier: SimulatedCarrier) -> AsyncIterator[RestClient]:
    async with aiohttp.ClientSession() as session:
        yield RestClient(carrier=carrier, session=session)


def sdk_of(
    carrier: SimulatedCarrier, user: str = ACCOUNT, password: str = AUTH_TOKEN, account: str = ACCOUNT
) -> Client:
    client = Client(user, password, account)
    client.api.base_url = carrier.api_url
    return client


def special(door: Door, **more: object) -> SimulatedCarrier:
    """A carrier that is not like others; it is not alive yet."""
    return SimulatedCarrier(
        ACCOUNT,
        Secret(AUTH_TOKEN),
        **{"webhook_url": door.url, "patience": replace(PATIENT, first_pause=0.01), **more},  # type: ignore[arg-type]
    )


async def test_a_messaging_service_chooses_the_sender_after_it_has_answered(
    carrier: SimulatedCarrier, door: Door
) -> None:
    carrier.account.services[SERVICE] = [NUMBER, SECOND]
    sdk = sdk_of(carrier)

    message = await to_thread.run_sync(
        lambda: sdk.messages.create(to=CUSTOMER, messaging_service_sid=SERVICE, body="Hi", status_callback=door.url)
    )
    await door.is_called(3)

    assert (message.status, message.from_, message.num_segments) == ("accepted", None, "0")
    assert message.messaging_service_sid == SERVICE
    assert door.reports == ["queued", "sent", "delivered"]
    assert {(each.form["From"], each.form["MessagingServiceSid"]) for each in door.calls} == {(NUMBER, SERVICE)}
    found = await to_thread.run_sync(lambda: sdk.messages(message.sid).fetch())
    assert (found.from_, found.num_segments, found.status) == (NUMBER, "1", "delivered")


async def test_a_customer_keeps_the_number_that_a_service_chose(carrier: SimulatedCarrier, rest: RestClient) -> None:
    carrier.account.services[SERVICE] = [NUMBER, SECOND]
    for to in (CUSTOMER, OTHER, CUSTOMER):
        form = {"To": to, "MessagingServiceSid": SERVICE, "Body": "Hi"}
        assert (await rest.ask("POST", "Messages.json", form)).status == 201

    assert [each.sender for each in carrier.texts.taken()] == [NUMBER, SECOND, NUMBER]


async def test_a_service_without_numbers_sends_nothing(carrier: SimulatedCarrier, rest: RestClient) -> None:
    carrier.account.services[SERVICE] = []
    answer = await rest.ask("POST", "Messages.json", {"To": CUSTOMER, "MessagingServiceSid": SERVICE, "Body": "Hi"})

    assert json.loads(answer.body)["code"] == 21704


async def test_a_text_to_a_number_of_a_service_names_it(carrier: SimulatedCarrier, door: Door) -> None:
    carrier.account.services[SERVICE] = [NUMBER]

    await carrier.text(CUSTOMER, NUMBER, "Hi")

    assert door.calls[0].form["MessagingServiceSid"] == SERVICE
    assert door.calls[0].is_genuine


async def test_a_subaccount_has_texts_numbers_and_signatures_of_its_own(carrier: SimulatedCarrier, door: Door) -> None:
    subaccount = Account(
        sid=SUBACCOUNT, auth_token=Secret("another token"), parent=ACCOUNT, numbers={SECOND}, webhook_url=door.url
    )
    carrier.accounts.add(subaccount)
    own = sdk_of(carrier, SUBACCOUNT, "another token", SUBACCOUNT)
    parents = sdk_of(carrier, account=SUBACCOUNT)

    await carrier.text(CUSTOMER, SECOND, "to the subaccount")
    await to_thread.run_sync(lambda: own.messages.create(to=CUSTOMER, from_=SECOND, body="from the subaccount"))

    [call] = door.calls
    assert call.form["AccountSid"] == SUBACCOUNT
    assert not call.is_genuine
    signature = call.headers["x-twilio-signature"]
    assert RequestValidator("another token").validate(call.url, call.form, signature)
    for client in (own, parents):
        found = await to_thread.run_sync(client.messages.list)
        assert [each.body for each in found] == ["from the subaccount", "to the subaccount"]

    assert await to_thread.run_sync(sdk_of(carrier).messages.list) == []
    stranger = sdk_of(carrier, SUBACCOUNT, "another token", ACCOUNT)
    with pytest.raises(TwilioRestException) as refused:
        await to_thread.run_sync(stranger.messages("SM1").fetch)

    assert (refused.value.status, refused.value.code) == (404, 20404)


async def test_an_api_key_does_as_well_as_the_token(carrier: SimulatedCarrier) -> None:
    carrier.account.api_keys["SK" + "8" * 32] = Secret("of the key")

    sdk = sdk_of(carrier, "SK" + "8" * 32, "of the key")
    message = await to_thread.run_sync(lambda: sdk.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi"))
    assert message.account_sid == ACCOUNT

    guessing = sdk_of(carrier, "SK" + "8" * 32, "guessed")
    with pytest.raises(TwilioRestException):
        await to_thread.run_sync(lambda: guessing.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi"))


async def test_credentials_that_are_none_are_refused(carrier: SimulatedCarrier) -> None:
    url = f"{carrier.api_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    async with aiohttp.ClientSession() as session:
        for shown in ("", "Basic", "Basic ???", "Bearer abc", "Basic " + b64encode(b"\xff:\xff").decode()):
            async with session.get(url, headers={"Authorization": shown}) as answer:
                assert answer.status == 401


async def test_a_shared_key_signs_with_sha256(carrier: SimulatedCarrier, door: Door) -> None:
    carrier.account.shared_key = SharedKey(id="webhooks_sharedkey_1", secret=Secret("of the shared key"))

    await carrier.text(CUSTOMER, NUMBER, "Hi")

    [call] = door.calls
    settings = call.headers["x-twilio-webhooks-signature-settings"]
    assert settings == "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    signature = call.headers["x-twilio-signature"]
    assert RequestValidator("of the shared key").validate(call.url, call.form, signature, "HMAC_SHA256")
    assert not call.is_genuine


async def test_what_a_customer_attaches_is_kept_for_who_has_the_credentials(
    carrier: SimulatedCarrier, door: Door
) -> None:
    brought = await carrier.text(CUSTOMER, NUMBER, "look", files=[PICTURE])

    form = door.calls[0].form
    assert brought.sid.startswith("MM")
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "image/png")
    url = form["MediaUrl0"]
    assert url.startswith(f"{carrier.api_url}/2010-04-01/Accounts/{ACCOUNT}/Messages/{brought.sid}/Media/ME")
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert answer.status == 401

        credentials = {"Authorization": f"Basic {b64encode(f'{ACCOUNT}:{AUTH_TOKEN}'.encode()).decode()}"}
        async with session.get(url, headers=credentials) as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert await answer.read() == PICTURE.data

        async with session.get(f"{url}0", headers=credentials) as answer:
            assert answer.status == 404


async def test_attachments_may_lie_on_another_host_that_wants_no_credentials(
    carrier: SimulatedCarrier, door: Door
) -> None:
    carrier.account.media_elsewhere = True
    await carrier.text(CUSTOMER, NUMBER, "look", files=[PICTURE])
    url = door.calls[0].form["MediaUrl0"]
    credentials = {"Authorization": f"Basic {b64encode(f'{ACCOUNT}:{AUTH_TOKEN}'.encode()).decode()}"}

    async with aiohttp.ClientSession() as session:
        async with session.get(url, headers=credentials, allow_redirects=False) as answer:
            assert answer.status == 307
            elsewhere = answer.headers["Location"]

        assert elsewhere.startswith("http://localhost:")
        async with session.get(elsewhere, headers=credentials) as answer:
            assert answer.status == 400

        async with session.get(elsewhere + "0") as answer:
            assert answer.status == 403

        async with session.get(url, headers=credentials) as answer:  # it shows credentials to no other host
            assert (answer.status, await answer.read()) == (200, PICTURE.data)


async def test_the_sdk_lists_attachments(carrier: SimulatedCarrier) -> None:
    brought = await carrier.text(CUSTOMER, NUMBER, "", files=[PICTURE, MediaContent(data=b"{}", content_type="text/x")])
    sdk = sdk_of(carrier)

    found = await to_thread.run_sync(lambda: sdk.messages(brought.sid).media.list())
    fetched = await to_thread.run_sync(lambda: sdk.messages(brought.sid).media(found[1].sid).fetch())

    assert [each.content_type for each in found] == ["image/png", "text/x"]
    assert {each.parent_sid for each in found} == {brought.sid}
    assert (fetched.sid, fetched.content_type) == (found[1].sid, "text/x")


@pytest.mark.parametrize("keyword", ["STOP", " stop ", "Quit", "REVOKE"])
async def test_a_customer_who_has_opted_out_gets_nothing_until_they_opt_in(
    carrier: SimulatedCarrier, rest: RestClient, door: Door, keyword: str
) -> None:
    await carrier.text(CUSTOMER, NUMBER, keyword)
    blocked = await rest.send("too late")
    elsewhere = await rest.send("to another", to=OTHER)
    await carrier.text(CUSTOMER, NUMBER, "START")
    welcome = await rest.send("welcome back")

    assert (blocked.status, json.loads(blocked.body)["code"]) == (400, 21610)
    assert (elsewhere.status, welcome.status) == (201, 201)
    assert "OptOutType" not in door.calls[0].form
    carriers_own = [each for each in carrier.texts.listed({}) if each.direction == "outbound-reply"]
    assert len(carriers_own) == 2
    assert "unsubscribed" in carriers_own[1].body


async def test_no_more_than_the_keyword_may_be_in_the_text(carrier: SimulatedCarrier, rest: RestClient) -> None:
    await carrier.text(CUSTOMER, NUMBER, "STOP PLEASE")

    assert (await rest.send("still here")).status == 201


async def test_yes_does_not_opt_in_to_a_toll_free_number(carrier: SimulatedCarrier, rest: RestClient) -> None:
    local = "+14155550111"
    answers = {}
    for number in (NUMBER, local):
        await carrier.text(CUSTOMER, number, "STOP")
        await carrier.text(CUSTOMER, number, "YES")
        answer = await rest.ask("POST", "Messages.json", {"To": CUSTOMER, "From": number, "Body": "Hi"})
        answers[number] = answer.status

    assert answers == {NUMBER: 400, local: 201}


async def test_whoever_opts_out_of_a_number_opts_out_of_its_service(
    carrier: SimulatedCarrier, rest: RestClient
) -> None:
    carrier.account.services[SERVICE] = [NUMBER, SECOND]
    await carrier.text(CUSTOMER, NUMBER, "STOP")

    answer = await rest.ask("POST", "Messages.json", {"To": CUSTOMER, "From": SECOND, "Body": "Hi"})

    assert json.loads(answer.body)["code"] == 21610


async def test_advanced_opt_out_marks_what_it_has_answered(door: Door) -> None:
    async with special(door, keywords=KeywordHandling.ADVANCED) as carrier:
        for body in ("STOP", "unstop", "HELP", "hello"):
            await carrier.text(CUSTOMER, NUMBER, body)

    assert [each.form.get("OptOutType") for each in door.calls] == ["STOP", "START", "HELP", None]
    assert all(each.is_genuine for each in door.calls)


async def test_keywords_may_be_texts_like_any_other(door: Door) -> None:
    async with special(door, keywords=KeywordHandling.NONE) as carrier, aiohttp.ClientSession() as session:
        await carrier.text(CUSTOMER, NUMBER, "STOP")
        answer = await RestClient(carrier=carrier, session=session).send()

        assert answer.status == 201
        assert len(carrier.phones.thread(CUSTOMER, NUMBER)) == 2


@pytest.mark.parametrize("validity", ["0", "36001", "-1", "soon", "1.5", ""])
async def test_a_validity_that_is_none_is_refused(rest: RestClient, validity: str) -> None:
    answer = await rest.ask(
        "POST", "Messages.json", {"To": CUSTOMER, "From": NUMBER, "Body": "Hi", "ValidityPeriod": validity}
    )

    assert (answer.status, json.loads(answer.body)["code"]) == (400, 90007)


async def test_a_number_sends_so_many_segments_a_second(door: Door) -> None:
    limits = Limits(segments_per_second=10)
    async with special(door, limits=limits) as carrier, aiohttp.ClientSession() as session:
        rest = RestClient(carrier=carrier, session=session)
        began = anyio.current_time()
        for each in range(4):
            await rest.send(f"{each}", callback=door.url)

        await door.is_called(8)
        assert anyio.current_time() - began >= 0.3


async def test_a_text_that_waits_for_longer_than_it_is_valid_fails(door: Door) -> None:
    limits = Limits(segments_per_second=0.1)
    async with special(door, limits=limits) as carrier, aiohttp.ClientSession() as session:
        rest = RestClient(carrier=carrier, session=session)
        await rest.send("first")
        answer = await rest.send("second", callback=door.url, ValidityPeriod="1")
        await door.is_called(1)

        assert door.reports == ["failed"]
        assert door.calls[0].form["ErrorCode"] == "30036"
        message = json.loads((await rest.ask("GET", f"Messages/{json.loads(answer.body)['sid']}.json")).body)
        assert (message["status"], message["error_code"]) == ("failed", 30036)


async def test_a_queue_that_is_full_takes_nothing_more(door: Door) -> None:
    limits = Limits(segments_per_second=0.01, longest_queue=150)
    async with special(door, limits=limits) as carrier, aiohttp.ClientSession() as session:
        rest = RestClient(carrier=carrier, session=session)
        answers = [await rest.send(f"{each}") for each in range(3)]

    assert [each.status for each in answers] == [201, 201, 429]
    assert json.loads(answers[-1].body)["code"] == 21611


async def test_more_requests_at_once_than_allowed_are_throttled(door: Door) -> None:
    async with special(door, limits=Limits(requests_at_once=1)) as carrier, aiohttp.ClientSession() as session:
        rest = RestClient(carrier=carrier, session=session)
        carrier.script.next(CUSTOMER, Treatment(pause=1.0))
        answers = []

        async def send(body: str) -> None:
            answers.append(await rest.send(body))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, "one")
            tasks.start_soon(send, "two")

        assert [each.status for each in answers] == [429, 201]
        assert json.loads(answers[0].body)["code"] == 20429
        assert len(carrier.texts.taken()) == 1


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": "+15005550001"}, 400, 21211),
        ({"To": "+15005550002"}, 400, 21612),
        ({"To": "+15005550003"}, 400, 21408),
        ({"To": "+15005550004"}, 400, 21610),
        ({"To": "+15005550009"}, 400, 21614),
        ({"From": "+15005550001"}, 400, 21212),
        ({"From": "+15005550006"}, 201, None),
        ({"From": "+15005550007"}, 400, 21606),
        ({"From": "+15005550008"}, 429, 21611),
    ],
)
async def test_magic_numbers_behave_as_twilios(
    rest: RestClient, carrier: SimulatedCarrier, form: dict[str, str], status: int, code: int | None
) -> None:
    carrier.account.numbers = {NUMBER}

    answer = await rest.ask("POST", "Messages.json", {"To": CUSTOMER, "From": NUMBER, "Body": "Hi", **form})

    assert answer.status == status
    assert json.loads(answer.body).get("code") == code


async def test_calls_of_a_webhook_may_be_lost_or_made_twice(
    carrier: SimulatedCarrier, rest: RestClient, door: Door
) -> None:
    carrier.script.texts.next("lost", WEBHOOKS_LOST, WEBHOOKS_LOST)
    carrier.script.texts.next("twice", WEBHOOKS_TWICE, WEBHOOKS_TWICE)

    lost = await carrier.text(CUSTOMER, NUMBER, "lost")
    twice = await carrier.text(CUSTOMER, NUMBER, "twice")
    await rest.send("lost", callback=door.url)
    await rest.send("twice", callback=door.url)
    await door.is_called(6)

    assert (lost.status, lost.tries) == (0, 0)
    assert carrier.phones.thread(CUSTOMER, NUMBER)[0].state is TextState.FAILED
    assert [each.form["MessageSid"] for each in door.calls[:2]] == [twice.sid] * 2
    assert door.reports == ["sent", "sent", "delivered", "delivered"]
