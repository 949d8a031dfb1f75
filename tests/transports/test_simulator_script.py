"""What goes wrong at a simulated carrier can be told as JSON, or left to a chance that can be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import anyio
import pytest
from tests.transports.simulated import ACCOUNT, AUTH_TOKEN, CUSTOMER, NUMBER

from cordboard.engine.carrier import Accepted, Ambiguous, OutboundMessage, Rejected, SendResult, Throttled
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import IMPATIENT
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.chaos import WEIGHTS, Chaos
from cordboard.transports.simulator.faults import (
    NAMED,
    NORMAL,
    RESET,
    UNREPORTED,
    WEBHOOKS_TWICE,
    Treatment,
    throttle,
    undelivered,
)
from cordboard.transports.simulator.script import EVERYBODY, Script, ScriptUnreadable
from cordboard.transports.twilio import Deadlines, TwilioSettings, TwilioTransport

OTHER = "+14155550199"

WRITTEN = b"""
{
  "to": {"+14155550123": {"next": ["throttled", {"taken": false, "ending": "reset"}], "always": "unreported"}},
  "texts": {"Hello": {"next": ["undelivered"]}},
  "customers": {"everybody": {"always": "webhooks_twice"}}
}
"""


def test_a_script_can_be_told_as_json() -> None:
    script = Script()
    script.read(WRITTEN)

    assert [script.take(CUSTOMER, "Hi") for _ in range(4)] == [throttle(), RESET, UNREPORTED, UNREPORTED]
    assert script.take(OTHER, "Hi") == NORMAL
    assert script.take(OTHER, "Hello") == undelivered()
    assert script.take_from(OTHER, "Hi") == WEBHOOKS_TWICE


def test_what_is_said_of_a_text_goes_before_what_is_said_of_its_customer() -> None:
    script = Script()
    script.always(CUSTOMER, RESET)
    script.texts.next("this one", UNREPORTED)

    assert script.take(CUSTOMER, "this one") == UNREPORTED
    assert script.take(CUSTOMER, "this one") == RESET


def test_another_script_takes_the_place_of_the_first() -> None:
    script = Script(chaos=Chaos(7))
    script.always(EVERYBODY, RESET)

    script.read(b"{}")

    assert script.take(CUSTOMER, "Hi") == NORMAL
    assert script.chaos is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"{", "cannot be read"),
        (b'{"to": {"+14155550123": {"next": ["broken"]}}}', "'broken' (there is: normal"),
        (b'{"to": {"+14155550123": {"next": [{"takn": false}]}}}', "takn"),
        (b'{"to": {"+14155550123": {"always": {"status": 99}}}}', "status"),
        (b'{"too": {}}', "too"),
        (b'{"chaos": {"seed": 1, "weights": {"broken": 1}}}', "names of treatments"),
        (b'{"chaos": {"seed": 1, "weights": {"normal": -1}}}', "weights above 0"),
        (b'{"chaos": {"seed": 1, "weights": {"normal": 0}}}', "weights above 0"),
    ],
)
def test_a_script_that_cannot_be_read_changes_nothing(written: bytes, said: str) -> None:
    script = Script()
    script.always(CUSTOMER, RESET)

    with pytest.raises(ScriptUnreadable) as refused:
        script.read(written)

    assert said in str(refused.value)
    assert script.take(CUSTOMER) == RESET


def draws(seed: int, texts: list[str]) -> dict[str, Treatment]:
    chaos = Chaos(seed)
    return {body: chaos.draw(CUSTOMER, body) for body in texts}


def test_the_same_seed_draws_the_same_in_whatever_order_texts_come() -> None:
    texts = [f"text {index}" for index in range(200)]

    assert draws(7, texts) == draws(7, texts[::-1])
    assert draws(7, texts) != draws(8, texts)


def test_a_text_that_comes_again_draws_again() -> None:
    chaos = Chaos(7)

    assert len({str(chaos.draw(CUSTOMER, "again")) for _ in range(50)}) > 5


def test_everything_happens_sooner_or_later_about_as_often_as_its_weight_says() -> None:
    drawn = Counter(name for each in draws(7, [f"{n}" for n in range(6_000)]).values() for name in _names(each))

    assert set(drawn) == set(WEIGHTS)
    assert 0.45 < drawn["normal"] / 6_000 < 0.6
    assert all(count > 40 for count in drawn.values())


def _names(treatment: Treatment) -> list[str]:
    return [name for name, each in NAMED.items() if each == treatment]


@pytest.fixture
async def carrier() -> AsyncIterator[SimulatedCarrier]:
    async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), script=Script(chaos=Chaos(20261124))) as carrier:
        yield carrier


async def test_in_all_that_chaos_every_text_is_sent_once_or_honestly_said_not_to_be(carrier: SimulatedCarrier) -> None:
    results: dict[str, SendResult] = {}
    settings = TwilioSettings(
        name="main",
        account_sid=ACCOUNT,
        auth_token=Secret(AUTH_TOKEN),
        public_url="http://127.0.0.1:9",
        api_url=carrier.api_url,
    )
    async with TwilioTransport(settings, deadlines=Deadlines(connect=IMPATIENT, total=IMPATIENT)) as transport:

        async def send(index: int) -> None:
            body = f"text {index}"
            results[body] = await transport.send(
                OutboundMessage(
                    message=index, sender=NUMBER, recipient=CUSTOMER, body=body, attempt_key=body, queued_at=0
                )
            )

        for start in range(0, 200, 50):
            async with anyio.create_task_group() as tasks:
                for index in range(start, start + 50):
                    tasks.start_soon(send, index)

    times = {body: len(carrier.texts.taken(body=body)) for body in results}
    for body, result in results.items():
        match result:
            case Accepted():
                assert times[body] == 1, body
            case Rejected() | Throttled():
                assert times[body] == 0, body
            case Ambiguous():
                assert times[body] <= 1, body

    kinds = Counter(type(each) for each in results.values())
    assert set(kinds) == {Accepted, Rejected, Throttled, Ambiguous}
    unsure = Counter(times[body] for body, each in results.items() if isinstance(each, Ambiguous))
    assert set(unsure) == {0, 1}
