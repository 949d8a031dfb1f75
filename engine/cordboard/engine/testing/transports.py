"""What every transport is tested against: the words of `cordboard.engine.ports.Transport`, a test for each sentence.

Subclass `TransportConformance` in a test module, and bring the fixtures that it names: a transport, a few requests, and
a stand-in for the carrier that behaves as it is told. Needs pytest and Hypothesis, and anyio's pytest plugin in its
automatic mode.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import ClassVar, Final, Protocol

import anyio
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    DeliveryReported,
    Failure,
    OutboundMessage,
    Rejected,
    SendResult,
    TextReceived,
    Throttled,
    WebhookReply,
    WebhookRequest,
    WebhookUnreadable,
)
from cordboard.engine.ports import Transport

IMPATIENT: Final = 2.0
"""Seconds that a transport waits for a carrier that never answers: time enough for one text, on any machine."""

PATIENCE: Final = 30.0
"""Seconds within which everything has to be over. Only what hangs needs them."""

PATIENT: Final = 60.0
"""Seconds that a transport may wait for any other carrier: so many that it answers by itself, or not in time."""

CROWD: Final = 50
"""Texts under way at once: more than an engine has."""

RECIPIENT: Final = "+14155550123"

BODY: Final = "Your order is on its way 👋"


class Behaviour(enum.Enum):
    """What the stand-in for the carrier does with every text from now on."""

    ACCEPT = "accept"
    """Takes it, and gives it an id."""

    REJECT = "reject"
    """Refuses it for ever: the customer's number is not valid, say."""

    THROTTLE = "throttle"
    """Asks to come again in three seconds."""

    UNAUTHORISED = "unauthorised"
    """Refuses the credentials."""

    FAIL = "fail"
    """Answers that it has an internal error."""

    GARBAGE = "garbage"
    """Answers with success and a page that says nothing."""

    RESET = "reset"
    """Reads it and drops the connection."""

    STALL = "stall"
    """Begins to answer with success and never ends."""

    HANG = "hang"
    """Reads it and never answers."""

    UNREACHABLE = "unreachable"
    """Listens no more: connections are refused. This is for good."""


UNANSWERING: Final = frozenset({Behaviour.STALL, Behaviour.HANG})
"""What only a deadline ends."""

ANSWERS: Final[dict[Behaviour, type[SendResult]]] = {
    Behaviour.ACCEPT: Accepted,
    Behaviour.REJECT: Rejected,
    Behaviour.THROTTLE: Throttled,
    Behaviour.UNAUTHORISED: Rejected,
    Behaviour.FAIL: Ambiguous,
    Behaviour.GARBAGE: Ambiguous,
    Behaviour.RESET: Ambiguous,
    Behaviour.STALL: Ambiguous,
    Behaviour.HANG: Ambiguous,
    Behaviour.UNREACHABLE: Throttled,
}
"""What a transport has to make of it."""


class CarrierStandIn(Protocol):
    """A server on loopback that speaks the provider's protocol, as far as sending goes.

    Attributes:
        asked: How many requests to send a text have come.
        taken: The bodies of the texts that were accepted, by the provider ids that they were given.
    """

    @property
    def asked(self) -> int: ...
    @property
    def taken(self) -> Mapping[str, str]: ...

    async def behave(self, behaviour: Behaviour) -> None:
        """Do this with every text from now on."""
        ...

    async def has_been_asked(self, count: int) -> None:
        """Return when so many requests have come in all."""
        ...

    async def is_alone(self) -> None:
        """Return when no connection is open."""
        ...


def outbound(body: str = BODY, *, message: int = 41) -> OutboundMessage:
    """Return a text to send."""
    return OutboundMessage(
        message=message,
        sender="+18005550100",
        recipient=RECIPIENT,
        body=body,
        attempt_key=f"conformance-{message}",
        queued_at=1_750_000_000_000,
    )


def is_refusal(reply: WebhookReply) -> bool:
    """Whether a reply turns a request away and tells it nothing."""
    return not reply.events and 400 <= reply.status < 500 and reply.body == b"" and reply.refusal != ""


def brings_nothing_else(reply: WebhookReply, genuine: WebhookReply) -> bool:
    """Whether a reply is the genuine one, or keeps what came as unreadable.

    Carriers do not sign everything, nor always unambiguously (Twilio signs `To=x` as it would `T=&o=x`): a change may
    make a request unreadable, but never another text.
    """
    return reply == genuine or all(isinstance(each, WebhookUnreadable) for each in reply.events)


TEXT: Final = st.text(max_size=40)

RUBBISH: Final = st.builds(
    WebhookRequest,
    method=st.sampled_from(["GET", "POST", "OPTIONS", "PUT", "get", ""]),
    url=TEXT | TEXT.map(lambda query: f"https://sms.example.com/webhooks/main?{query}"),
    headers=st.dictionaries(TEXT.map(str.lower), TEXT, max_size=4),
    body=st.binary(max_size=200),
)


@st.composite
def tampered(draw: st.DrawFn, request: WebhookRequest, *, signed: bool) -> WebhookRequest:
    """Change one thing about a request, perhaps to what it was; its body only where that is signed."""
    match draw(st.sampled_from([*(["body"] if signed else []), "url", "header", "no header", "method"])):
        case "body":
            start = draw(st.integers(0, len(request.body)))
            end = draw(st.integers(start, min(len(request.body), start + 20)))
            put = draw(st.binary(max_size=20) | st.sampled_from([b"&", b"=", b"%", b"&&", b"&Body=", b"&x=%FF"]))
            return msgspec.structs.replace(request, body=request.body[:start] + put + request.body[end:])
        case "url":
            return msgspec.structs.replace(request, url=request.url + draw(TEXT | TEXT.map("?{}".format)))
        case "header":
            name = draw(st.sampled_from(sorted(request.headers)))
            return msgspec.structs.replace(request, headers={**request.headers, name: draw(TEXT)})
        case "no header":
            name = draw(st.sampled_from(sorted(request.headers)))
            rest = {each: value for each, value in request.headers.items() if each != name}
            return msgspec.structs.replace(request, headers=rest)
        case _:
            return msgspec.structs.replace(request, method=draw(st.sampled_from(["GET", "POST", "OPTIONS", "PUT"])))


on_rubbish = settings(
    max_examples=100,
    deadline=None,  # a machine that has others to serve is no defect of the transport
    # Receiving keeps nothing, so all examples may share the fixtures, and subclasses the test.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


@pytest.mark.usefixtures("anyio_backend")  # so that tests that do not wait can have fixtures that do
class TransportConformance:
    """The tests. A subclass brings the fixtures.

    Fixtures:
        carrier: A `CarrierStandIn`, running; it accepts at first.
        transport: A transport that sends to it, not open yet; it gives a text up after `deadline` seconds.
        text: A `WebhookRequest` that brings a customer's text, genuine.
        report: A genuine one that brings a delivery report.
        forged: One that any stranger could have written, with the content of `text`.
        secrets: Everything that must never be shown, as strings.

    Attributes:
        signed: Whether the carrier signs what it says. One that only shows a secret can say anything with it.
    """

    signed: ClassVar[bool] = True

    @pytest.fixture
    def behaviour(self) -> Behaviour:
        """What the carrier is going to do, where a test does not say it."""
        return Behaviour.ACCEPT

    @pytest.fixture
    def deadline(self, behaviour: Behaviour) -> float:
        """Seconds after which the transport gives a text up: short only where that is waited for.

        A crowd of texts on a busy machine may take any time.
        """
        return IMPATIENT if behaviour in UNANSWERING else PATIENT

    # What comes in.

    def test_a_customers_text_is_received(self, transport: Transport, text: WebhookRequest) -> None:
        reply = transport.receive(text)

        assert [type(each) for each in reply.events] == [TextReceived]
        assert [each.channel for each in reply.events] == [transport.name]
        assert 200 <= reply.status < 300
        assert reply.refusal == ""

    def test_a_delivery_report_is_received(self, transport: Transport, report: WebhookRequest) -> None:
        reply = transport.receive(report)

        assert [type(each) for each in reply.events] == [DeliveryReported]
        assert [each.channel for each in reply.events] == [transport.name]
        assert 200 <= reply.status < 300
        assert reply.refusal == ""

    def test_receiving_is_pure(self, transport: Transport, text: WebhookRequest, report: WebhookRequest) -> None:
        first = transport.receive(text), transport.receive(report)

        assert (transport.receive(text), transport.receive(report)) == first

    def test_a_forged_request_is_refused_and_told_nothing(self, transport: Transport, forged: WebhookRequest) -> None:
        reply = transport.receive(forged)

        assert (reply.events, reply.status, reply.body, reply.refusal) == ((), 403, b"", "forged")

    def test_the_proof_of_one_request_is_none_for_another(
        self, transport: Transport, text: WebhookRequest, report: WebhookRequest
    ) -> None:
        for proof, said in ((text, report), (report, text)):
            swapped = msgspec.structs.replace(proof, body=said.body, url=said.url)
            assert is_refusal(transport.receive(swapped)) is self.signed

    @on_rubbish
    @given(request=RUBBISH)
    def test_rubbish_neither_breaks_it_nor_comes_in(self, transport: Transport, request: WebhookRequest) -> None:
        reply = transport.receive(request)

        assert reply.events == ()
        assert reply.body == b""

    @on_rubbish
    @given(data=st.data())
    def test_a_genuine_text_comes_in_as_it_is_or_not_at_all(
        self, transport: Transport, text: WebhookRequest, data: st.DataObject
    ) -> None:
        reply = transport.receive(data.draw(tampered(text, signed=self.signed)))

        assert is_refusal(reply) or brings_nothing_else(reply, transport.receive(text))

    @on_rubbish
    @given(data=st.data())
    def test_a_genuine_report_comes_in_as_it_is_or_not_at_all(
        self, transport: Transport, report: WebhookRequest, data: st.DataObject
    ) -> None:
        reply = transport.receive(data.draw(tampered(report, signed=self.signed)))

        assert is_refusal(reply) or brings_nothing_else(reply, transport.receive(report))

    # What goes out.

    async def test_opening_sends_nothing(self, transport: Transport, carrier: CarrierStandIn) -> None:
        async with transport:
            pass

        assert carrier.asked == 0

    @pytest.mark.parametrize("behaviour", Behaviour)
    async def test_every_answer_is_told_for_what_it_is(
        self, transport: Transport, carrier: CarrierStandIn, behaviour: Behaviour
    ) -> None:
        await carrier.behave(behaviour)
        async with transport:
            with anyio.fail_after(PATIENCE):
                result = await transport.send(outbound())

        assert type(result) is ANSWERS[behaviour]
        assert carrier.asked == (0 if behaviour is Behaviour.UNREACHABLE else 1), "once, and no more"

    async def test_an_accepted_text_has_the_carriers_id(self, transport: Transport, carrier: CarrierStandIn) -> None:
        async with transport:
            result = await transport.send(outbound("Hello"))

        assert isinstance(result, Accepted)
        assert carrier.taken == {result.provider_id: "Hello"}

    @pytest.mark.parametrize("body", ["👨‍👩‍👧‍👦 🇺🇸", "e\u0301\u200d\ufe0f", "a\r\nb\tc\u00a0&=+%", "x" * 1600])
    async def test_every_character_goes_out_as_it_is(
        self, transport: Transport, carrier: CarrierStandIn, body: str
    ) -> None:
        async with transport:
            await transport.send(outbound(body))

        assert list(carrier.taken.values()) == [body]

    async def test_only_refused_credentials_take_the_channel_down(
        self, transport: Transport, carrier: CarrierStandIn
    ) -> None:
        async with transport:
            await carrier.behave(Behaviour.REJECT)
            rejected = await transport.send(outbound())
            await carrier.behave(Behaviour.UNAUTHORISED)
            unauthorised = await transport.send(outbound())

        assert isinstance(rejected, Rejected)
        assert not rejected.channel_down
        assert isinstance(unauthorised, Rejected)
        assert unauthorised.channel_down

    async def test_a_busy_carrier_says_how_long_to_wait(self, transport: Transport, carrier: CarrierStandIn) -> None:
        await carrier.behave(Behaviour.THROTTLE)
        async with transport:
            result = await transport.send(outbound())

        assert isinstance(result, Throttled)
        assert result.retry_after == 3_000

    @pytest.mark.parametrize("behaviour", [each for each in Behaviour if each is not Behaviour.UNREACHABLE])
    async def test_a_bad_answer_spoils_no_later_one(
        self, transport: Transport, carrier: CarrierStandIn, behaviour: Behaviour
    ) -> None:
        async with transport:
            await carrier.behave(behaviour)
            await transport.send(outbound("One", message=1))
            await carrier.behave(Behaviour.ACCEPT)
            result = await transport.send(outbound("Two", message=2))

        assert isinstance(result, Accepted)
        assert carrier.taken[result.provider_id] == "Two"

    async def test_a_text_on_a_used_connection_that_breaks_is_handed_over_once(
        self, transport: Transport, carrier: CarrierStandIn
    ) -> None:
        """Many an HTTP library repeats a request by itself if the connection it was written to had been used before."""
        async with transport:
            await transport.send(outbound("One", message=1))
            await carrier.behave(Behaviour.RESET)
            result = await transport.send(outbound("Two", message=2))

        assert type(result) is Ambiguous
        assert carrier.asked == 2, "once each"

    async def test_each_of_many_texts_at_once_gets_its_own_answer(
        self, transport: Transport, carrier: CarrierStandIn
    ) -> None:
        results: dict[str, SendResult] = {}

        async def send(number: int) -> None:
            body = f"Text {number}"
            results[body] = await transport.send(outbound(body, message=number))

        async with transport, anyio.create_task_group() as tasks:
            for number in range(1, CROWD + 1):
                tasks.start_soon(send, number)

        got = {each.provider_id: body for body, each in results.items() if isinstance(each, Accepted)}
        assert len(got) == CROWD
        assert got == carrier.taken

    async def test_a_cancelled_send_ends_without_an_answer(self, transport: Transport, carrier: CarrierStandIn) -> None:
        answers: list[SendResult] = []

        async def send() -> None:
            answers.append(await transport.send(outbound()))

        await carrier.behave(Behaviour.HANG)
        with anyio.fail_after(PATIENCE):
            async with transport, anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                await carrier.has_been_asked(1)
                tasks.cancel_scope.cancel()

        assert answers == []

    @pytest.mark.parametrize("behaviour", [Behaviour.ACCEPT, Behaviour.REJECT, Behaviour.HANG, Behaviour.STALL])
    async def test_leaving_closes_every_connection(
        self, transport: Transport, carrier: CarrierStandIn, behaviour: Behaviour
    ) -> None:
        await carrier.behave(behaviour)
        async with transport:
            await transport.send(outbound())

        with anyio.fail_after(PATIENCE):
            await carrier.is_alone()

    # What it says of itself.

    def test_it_says_what_it_can_do(self, transport: Transport) -> None:
        able = transport.capabilities

        assert able.max_characters > 0
        assert able.max_recipients > 0
        assert set(able.pace) <= set(able.number_kinds)
        assert all(pace.amount > 0 and pace.per > 0 for pace in able.pace.values())

    def test_it_shows_no_secret(self, transport: Transport, secrets: tuple[str, ...]) -> None:
        shown = repr(transport) + str(transport) + repr(getattr(transport, "settings", None))

        assert [each for each in secrets if each in shown] == []

    @pytest.mark.parametrize("behaviour", [each for each in Behaviour if each is not Behaviour.ACCEPT])
    async def test_a_failure_is_told_in_words_that_give_nobody_away(
        self, transport: Transport, carrier: CarrierStandIn, secrets: tuple[str, ...], behaviour: Behaviour
    ) -> None:
        await carrier.behave(behaviour)
        async with transport:
            result = await transport.send(outbound())

        assert not isinstance(result, Accepted)
        assert isinstance(result.failure, Failure)
        assert result.failure.code
        assert result.failure.text
        assert [each for each in (*secrets, RECIPIENT, BODY) if each in repr(result)] == []
