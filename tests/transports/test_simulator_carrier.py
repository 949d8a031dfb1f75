"""A simulated carrier speaks Twilio's protocol, over real HTTP, to Twilio's own SDK and to our webhooks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import anyio
import pytest
from aiohttp import web
from anyio import to_thread
from tests.transports.simulated import (
    ACCOUNT,
    AUTH_TOKEN,
    CUSTOMER,
    NUMBER,
    SECONDS,
    Door,
    RestClient,
    simulated_carrier,
)
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # it has no py.typed
from twilio.rest import Client  # type: ignore[import-untyped]

from cordboard.daemon.listening import listening
from cordboard.engine.carrier import Media
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.phones import TextState
from cordboard.transports.simulator.twilio.caller import Patience


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


@pytest.fixture
def sdk(carrier: SimulatedCarrier) -> Client:
    client = Client(ACCOUNT, AUTH_TOKEN)
    client.api.base_url = carrier.api_url
    return client


def shown(carrier: SimulatedCarrier) -> list[tuple[str, TextState]]:
    """What the customer's phone shows."""
    return [(each.body, each.state) for each in carrier.phones.thread(CUSTOMER, NUMBER)]


async def test_the_sdk_sends_a_text_and_the_customer_has_it(carrier: SimulatedCarrier, sdk: Client, door: Door) -> None:
    message = await to_thread.run_sync(
        lambda: sdk.messages.create(to=CUSTOMER, from_=NUMBER, body="Grüße 👋", status_callback=f"{door.url}?message=7")
    )

    assert (message.status, message.direction, message.body) == ("queued", "outbound-api", "Grüße 👋")
    assert (message.num_segments, message.num_media, message.error_code) == ("1", "0", None)
    assert message.sid.startswith("SM")
    assert len(message.sid) == 34
    await door.is_called(2)
    assert shown(carrier) == [("Grüße 👋", TextState.DELIVERED)]


async def test_reports_say_sent_then_delivered_and_are_signed_as_twilio_signs(rest: RestClient, door: Door) -> None:
    answer = await rest.send(callback=f"{door.url}?message=7&blank=")
    await door.is_called(2)

    assert door.reports == ["sent", "delivered"]
    for call in door.calls:
        assert call.is_genuine
        assert call.url == f"{door.url}?message=7&blank="
        assert call.form["MessageSid"] == call.form["SmsSid"] == json.loads(answer.body)["sid"]
        assert call.form["SmsStatus"] == call.form["MessageStatus"]
        assert (call.form["From"], call.form["To"], call.form["AccountSid"]) == (NUMBER, CUSTOMER, ACCOUNT)
        assert "ErrorCode" not in call.form

    assert "RawDlrDoneDate" in door.calls[1].form


async def test_a_text_without_a_callback_is_delivered_in_silence(
    carrier: SimulatedCarrier, rest: RestClient, door: Door
) -> None:
    await rest.send("no news")
    with anyio.fail_after(SECONDS):
        await carrier.phones.until(lambda: shown(carrier) == [("no news", TextState.DELIVERED)])

    assert door.calls == []


async def test_a_customers_text_comes_as_twilio_would_bring_it(carrier: SimulatedCarrier, door: Door) -> None:
    brought = await carrier.text(CUSTOMER, NUMBER, "Wo ist mein Paket? 1+1=2 & more")

    assert (brought.status, brought.tries) == (200, 1)
    [call] = door.calls
    assert call.is_genuine
    assert call.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert call.headers["i-twilio-idempotency-token"]
    assert brought.sid.startswith("SM")
    assert call.form == {
        "MessageSid": brought.sid,
        "SmsSid": brought.sid,
        "SmsMessageSid": brought.sid,
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": CUSTOMER,
        "To": NUMBER,
        "Body": "Wo ist mein Paket? 1+1=2 & more",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        **{f"{whose}{what}": "" for whose in ("From", "To") for what in ("City", "State", "Zip")},
        "FromCountry": "US",
        "ToCountry": "US",
    }
    assert shown(carrier) == [("Wo ist mein Paket? 1+1=2 & more", TextState.DELIVERED)]


async def test_a_text_with_pictures_names_each(carrier: SimulatedCarrier, door: Door) -> None:
    pictures = [Media(url=f"https://media.example.com/{each}", content_type="image/png") for each in "ab"]

    brought = await carrier.text(CUSTOMER, NUMBER, "", pictures)

    form = door.calls[0].form
    assert brought.sid.startswith("MM")
    assert (form["NumMedia"], form["Body"]) == ("2", "")
    assert [form["MediaUrl0"], form["MediaUrl1"]] == [each.url for each in pictures]
    assert form["MediaContentType1"] == "image/png"
    assert door.calls[0].is_genuine


async def test_each_number_may_have_a_webhook_of_its_own(carrier: SimulatedCarrier, door: Door) -> None:
    carrier.account.webhooks["+18005550199"] = f"{door.url}-other"

    await carrier.text(CUSTOMER, NUMBER, "to the one")
    await carrier.text(CUSTOMER, "+18005550199", "to the other")

    assert [each.url for each in door.calls] == [door.url, f"{door.url}-other"]


async def test_a_text_to_a_number_without_a_webhook_fails_on_the_phone(carrier: SimulatedCarrier, door: Door) -> None:
    carrier.account.webhook_url = ""

    brought = await carrier.text(CUSTOMER, NUMBER, "hello?")

    assert (brought.status, brought.tries, door.calls) == (0, 0, [])
    [text] = carrier.phones.thread(CUSTOMER, NUMBER)
    assert text.state is TextState.FAILED
    assert text.failure is not None


async def test_a_text_is_brought_again_under_the_same_id_while_the_daemon_is_in_trouble(
    carrier: SimulatedCarrier, door: Door
) -> None:
    door.answers = [503, 0, 500]

    brought = await carrier.text(CUSTOMER, NUMBER, "again")

    assert (brought.status, brought.tries) == (200, 4)
    assert {each.form["MessageSid"] for each in door.calls} == {brought.sid}
    assert len({each.headers["i-twilio-idempotency-token"] for each in door.calls}) == 1
    assert shown(carrier) == [("again", TextState.DELIVERED)]


async def test_a_daemon_that_starts_while_it_is_texted_gets_the_text() -> None:
    door = Door()
    async with door.opened():
        pass  # now its port is known, and closed

    async with simulated_carrier(door) as carrier, anyio.create_task_group() as tasks:
        tasks.start_soon(carrier.text, CUSTOMER, NUMBER, "are you there?")
        with anyio.fail_after(SECONDS):
            await carrier.phones.changed(0)

        async with door.opened():
            await door.is_called(1)
            with anyio.fail_after(SECONDS):
                await carrier.phones.until(lambda: shown(carrier) == [("are you there?", TextState.DELIVERED)])


async def test_a_text_that_nobody_takes_fails_after_so_many_tries() -> None:
    door = Door()
    async with door.opened():
        pass

    async with simulated_carrier(door) as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "hello?")

        assert (brought.status, brought.tries) == (0, 6)
        assert shown(carrier) == [("hello?", TextState.FAILED)]


@pytest.mark.parametrize("status", [400, 403, 404, 302])
async def test_a_refused_text_is_not_brought_again(carrier: SimulatedCarrier, door: Door, status: int) -> None:
    door.answers = [status]

    brought = await carrier.text(CUSTOMER, NUMBER, "let me in")

    assert (brought.status, brought.tries) == (status, 1)
    [text] = carrier.phones.thread(CUSTOMER, NUMBER)
    assert text.state is TextState.FAILED
    assert text.failure is not None
    assert str(status) in text.failure.text


async def test_a_text_that_nobody_waits_for_any_more_has_failed(carrier: SimulatedCarrier, door: Door) -> None:
    door.answers = [503] * 6
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(carrier.text, CUSTOMER, NUMBER, "never mind")
            await door.is_called(1)
            scope.cancel()

    assert shown(carrier) == [("never mind", TextState.FAILED)]


async def test_the_urls_fragment_says_how_often_and_is_not_signed(carrier: SimulatedCarrier, door: Door) -> None:
    door.answers = [500, 500]
    carrier.account.webhook_url = f"{door.url}#rc=1&rp=5xx&ct=2000&rt=x"

    brought = await carrier.text(CUSTOMER, NUMBER, "twice")

    assert (brought.status, brought.tries) == (500, 2)
    assert all(each.is_genuine and each.url == door.url for each in door.calls)


async def test_a_plain_answer_is_texted_to_the_customer_as_twilio_does(carrier: SimulatedCarrier, door: Door) -> None:
    door.answers = [web.Response(text="ok")]

    await carrier.text(CUSTOMER, NUMBER, "hello")

    assert [each.body for each in carrier.phones.thread(CUSTOMER, NUMBER)] == ["hello", "ok"]


async def test_reports_are_made_again_to_a_daemon_that_hangs_up(rest: RestClient, door: Door) -> None:
    door.answers = [0, 0]

    await rest.send(callback=door.url)
    await door.is_called(4)

    assert door.reports == ["sent", "sent", "sent", "delivered"]


async def test_what_is_no_url_is_never_called(rest: RestClient, door: Door) -> None:
    await rest.send("first", callback="http://[nowhere")
    await rest.send("second", callback=door.url)
    await door.is_called(2)

    assert door.reports == ["sent", "delivered"]


async def test_a_port_that_is_taken_is_an_error_of_the_system(carrier: SimulatedCarrier) -> None:
    port = int(carrier.api_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), port=port):
            pass


async def test_a_wrong_token_is_refused(rest: RestClient, carrier: SimulatedCarrier, sdk: Client) -> None:
    answer = await rest.ask("POST", "Messages.json", {"To": CUSTOMER, "From": NUMBER, "Body": "Hi"}, token="guessed")

    assert answer.status == 401
    assert json.loads(answer.body)["code"] == 20003
    assert carrier.phones.threads() == ()
    sdk.auth = (ACCOUNT, "guessed")
    with pytest.raises(TwilioRestException) as refused:
        await to_thread.run_sync(lambda: sdk.messages.create(to=CUSTOMER, from_=NUMBER, body="Hi"))

    assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_credentials_are_asked_for(carrier: SimulatedCarrier) -> None:
    url = f"{carrier.api_url}/2010-04-01/Accounts/{ACCOUNT}/Messages"
    async with aiohttp.ClientSession() as session:
        for method, path in (("GET", ".json"), ("POST", ".json"), ("GET", "/SM1.json")):
            async with session.request(method, url + path) as answer:
                assert answer.status == 401


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": NUMBER, "Body": "Hi"}, 21604),
        ({"To": "abc", "From": NUMBER, "Body": "Hi"}, 21211),
        ({"To": NUMBER, "From": NUMBER, "Body": "Hi"}, 21211),
        ({"To": CUSTOMER, "Body": "Hi"}, 21603),
        ({"To": CUSTOMER, "MessagingServiceSid": "MG" + "0" * 32, "Body": "Hi"}, 21705),
        ({"To": CUSTOMER, "From": "+18005550177", "Body": "Hi"}, 21606),
        ({"To": CUSTOMER, "From": NUMBER}, 21602),
        ({"To": CUSTOMER, "From": NUMBER, "Body": "x" * 1601}, 21617),
        ({"To": CUSTOMER, "From": NUMBER, "MediaUrl": "ftp://example.com/a.png"}, 21620),
        ({"To": CUSTOMER, "From": NUMBER, "Body": "Hi", "StatusCallback": "/webhooks/main"}, 21609),
        ({"To": "+15005550004", "From": NUMBER, "Body": "Hi"}, 21610),
    ],
)
async def test_a_text_that_twilio_would_not_take_is_refused(
    rest: RestClient, carrier: SimulatedCarrier, form: dict[str, str], code: int
) -> None:
    carrier.account.numbers = {NUMBER}

    answer = await rest.ask("POST", "Messages.json", form)

    assert answer.status == 400
    error = json.loads(answer.body)
    assert (error["code"], error["status"]) == (code, 400)
    assert error["more_info"].endswith(f"/{code}")
    assert error["message"]
    assert carrier.phones.threads() == ()


async def test_the_longest_text_goes_through(rest: RestClient) -> None:
    answer = await rest.send("x" * 1600)

    assert answer.status == 201
    assert json.loads(answer.body)["num_segments"] == "11"
    assert answer.headers["Twilio-Request-Id"].startswith("RQ")


async def test_a_text_is_found_by_its_id(rest: RestClient, door: Door) -> None:
    sid = json.loads((await rest.send(callback=door.url)).body)["sid"]
    await door.is_called(2)

    found = json.loads((await rest.ask("GET", f"Messages/{sid}.json")).body)
    missing = await rest.ask("GET", f"Messages/SM{'0' * 32}.json")

    assert (found["sid"], found["status"], found["to"]) == (sid, "delivered", CUSTOMER)
    assert (missing.status, json.loads(missing.body)["code"]) == (404, 20404)
    assert (await rest.ask("GET", "Calls.json")).status == 404


async def test_the_sdk_pages_through_texts_of_both_directions(carrier: SimulatedCarrier, sdk: Client) -> None:
    for number in range(5):
        await carrier.text(CUSTOMER, NUMBER, f"in {number}")

    await carrier.text("+14155550199", NUMBER, "somebody else")

    found = await to_thread.run_sync(lambda: sdk.messages.list(from_=CUSTOMER, to=NUMBER, page_size=2))

    assert [each.body for each in found] == [f"in {number}" for number in (4, 3, 2, 1, 0)]
    assert {(each.direction, each.status) for each in found} == {("inbound", "received")}


async def test_a_page_does_not_shift_when_another_text_comes(carrier: SimulatedCarrier, rest: RestClient) -> None:
    for number in range(4):
        await carrier.text(CUSTOMER, NUMBER, f"in {number}")

    first = json.loads((await rest.ask("GET", "Messages.json?PageSize=2")).body)
    await carrier.text(CUSTOMER, NUMBER, "in between")
    rest_of_it = first["next_page_uri"].partition(f"{ACCOUNT}/")[2]
    second = json.loads((await rest.ask("GET", rest_of_it)).body)

    assert [each["body"] for each in first["messages"] + second["messages"]] == [f"in {n}" for n in (3, 2, 1, 0)]
    assert second["next_page_uri"] is None


async def test_the_sdk_lists_texts_by_when_they_were_sent(carrier: SimulatedCarrier, sdk: Client) -> None:
    await carrier.text(CUSTOMER, NUMBER, "hello")
    now, hour, day = datetime.now(UTC), timedelta(hours=1), timedelta(days=1)

    def count(**dates: object) -> int:
        return len(sdk.messages.list(**dates))

    assert await to_thread.run_sync(lambda: count(date_sent_after=now - hour)) == 1
    assert await to_thread.run_sync(lambda: count(date_sent_after=now + hour)) == 0
    assert await to_thread.run_sync(lambda: count(date_sent_before=now + hour)) == 1
    assert await to_thread.run_sync(lambda: count(date_sent_before=now - hour)) == 0
    assert await to_thread.run_sync(lambda: count(date_sent_after=(now - day).date(), date_sent_before=now + hour)) == 1
    assert await to_thread.run_sync(lambda: count(date_sent=(now - 2 * day).date())) == 0


async def test_a_text_that_never_reached_us_is_in_the_list(carrier: SimulatedCarrier, rest: RestClient) -> None:
    carrier.account.webhook_url = ""
    await carrier.text(CUSTOMER, NUMBER, "lost")

    [message] = json.loads((await rest.ask("GET", f"Messages.json?To=%2B{NUMBER[1:]}")).body)["messages"]

    assert (message["body"], message["status"]) == ("lost", "received")


async def test_dates_and_sizes_that_are_none_are_refused(rest: RestClient) -> None:
    for query in ("DateSent=yesterday", "PageSize=many"):
        answer = await rest.ask("GET", f"Messages.json?{query}")
        assert (answer.status, json.loads(answer.body)["code"]) == (400, 20001)


async def test_leaving_the_block_ends_reports_that_nobody_takes(door: Door) -> None:
    async with aiohttp.ClientSession() as session:
        with anyio.fail_after(SECONDS):
            async with simulated_carrier(door) as carrier:
                door.answers = [0] * 100
                await RestClient(carrier=carrier, session=session).send(callback=door.url)
                await door.is_called(1)

    calls = len(door.calls)
    await anyio.wait_all_tasks_blocked()
    assert len(door.calls) == calls


async def test_a_text_that_is_on_its_way_when_the_carrier_closes_has_failed(door: Door) -> None:
    door.answers = [503] * 6
    async with anyio.create_task_group() as tasks, simulated_carrier(door) as carrier:
        tasks.start_soon(carrier.text, CUSTOMER, NUMBER, "too late")
        await door.is_called(1)

    assert shown(carrier) == [("too late", TextState.FAILED)]
    assert len(door.calls) < 6


async def test_nothing_is_logged_of_bodies_numbers_or_secrets(
    door: Door, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async with simulated_carrier(door) as carrier, aiohttp.ClientSession() as session:
        rest = RestClient(carrier=carrier, session=session)
        door.answers = [500] * 6
        await carrier.text(CUSTOMER, NUMBER, "my secret")
        await rest.send("your secret", callback=f"{door.url}#rc=0")
        await rest.ask("GET", "Messages.json", token="guessed")
        await door.is_called(8)

    told = "".join([*capsys.readouterr(), caplog.text])
    assert "webhook_call_failed" in told
    for secret in ("my secret", "your secret", CUSTOMER[1:], NUMBER[1:], AUTH_TOKEN):
        assert secret not in told


@pytest.mark.parametrize(
    ("fragment", "tries", "status"), [("", 1, 503), ("#rp=5xx", 2, 503), ("#rc=3&rp=ct,rt,5xx", 3, 200)]
)
async def test_a_carrier_comes_again_as_often_as_twilio_does(
    door: Door, fragment: str, tries: int, status: int
) -> None:
    door.answers = [503, 503]
    async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), webhook_url=f"{door.url}{fragment}") as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "Hi")

    assert (brought.tries, brought.status) == (tries, status)


async def test_a_carrier_comes_once_more_where_nobody_listens() -> None:
    with listening("127.0.0.1", 0) as [listener]:
        port = listener.getsockname()[1]

    async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), webhook_url=f"http://127.0.0.1:{port}/") as carrier:
        brought = await carrier.text(CUSTOMER, NUMBER, "Hi")

    assert (brought.tries, brought.status) == (2, 0)


def test_what_a_fragment_says_is_kept_within_bounds() -> None:
    patience = Patience().overridden("rc=99&rp=all&tt=3000")

    assert (patience.retries, patience.total, patience.connect) == (5, 3.0, 5.0)
    assert patience.repeats("4xx")
    assert not patience.repeats("")
