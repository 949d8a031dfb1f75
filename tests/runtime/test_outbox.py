"""What the outbox does when carriers do not simply say yes: doubts, expiry, stopped channels, paces."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from cordboard.engine import Engine, Limits, ManualClock
from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    Capabilities,
    DeliveryReported,
    Failure,
    OutboundMessage,
    Pace,
    Rejected,
    TextReceived,
    Throttled,
)
from cordboard.engine.commands import AcceptOffer, RecordReconciled, Reply, SetPresence, StartSending
from cordboard.engine.config import MINUTE, Channel
from cordboard.engine.errors import ReconciliationFailed
from cordboard.engine.events import Event
from cordboard.engine.records import Message
from cordboard.engine.runtime import outbox
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS
from cordboard.engine.testing.recording import RecordingTransport
from cordboard.engine.vocabulary import FailureKind, MessageStatus, Presence, Timestamp
from cordboard.storage.memory import MemoryStore

HUNG = Ambiguous(failure=Failure(code="ambiguous", text="no answer"))
NOT_TAKEN = Throttled(failure=Failure(code="not_taken", text="the carrier has no such text"))
ELSEWHERE = "+18005550199"
REFUSED = Rejected(failure=Failure(code="401", text="refused", kind=FailureKind.ACCOUNT), channel_down=True)


class AskableTransport(RecordingTransport):
    """A transport whose carrier can be asked for texts in doubt, and for what was missed.

    Attributes:
        found: What to answer to the next questions for a text in doubt; afterwards nothing can be told.
        asked: The ids of other texts that came with each question.
        listed: What to tell when asked for what was missed; an error is raised.
        since: From when each such question asked.
    """

    def __init__(self) -> None:
        super().__init__(capabilities=Capabilities(max_characters=1600, listed_after=0))
        self.found: deque[Accepted | Throttled | Ambiguous] = deque()
        self.asked: list[frozenset[str]] = []
        self.listed: list[TextReceived | DeliveryReported | ReconciliationFailed] = []
        self.since: list[Timestamp] = []

    async def look_up(self, message: OutboundMessage, *, known: frozenset[str]) -> Accepted | Throttled | Ambiguous:
        self.asked.append(known)
        return self.found.popleft() if self.found else HUNG

    async def missed(self, since: Timestamp) -> AsyncIterator[TextReceived | DeliveryReported]:
        self.since.append(since)
        for each in self.listed:
            if isinstance(each, ReconciliationFailed):
                raise each

            yield each


@pytest.fixture
def carrier() -> AskableTransport:
    return AskableTransport()


def text(provider_id: str, *, customer: str = CUSTOMER, recipient: str = OURS, body: str = "hello") -> TextReceived:
    return TextReceived(channel="main", provider_id=provider_id, sender=customer, recipient=recipient, body=body)


async def reply(engine: Engine, body: str = "hi", *, customer: str = CUSTOMER, provider_id: str = "SM1") -> int:
    """Bring a conversation to ana, if it is not with her yet, and have her reply; return the reply's id."""
    await engine.submit(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
    conversation = (await engine.submit(text(provider_id, customer=customer))).conversation
    assert conversation is not None
    if conversation.state.value == "assigned":
        await engine.submit(AcceptOffer(conversation=conversation.id, by="ana"))

    message = (await engine.submit(Reply(conversation=conversation.id, by="ana", body=body))).message
    assert message is not None
    return message.id


async def when(engine: Engine, kind: str, *, after: int = 0) -> Event:
    with anyio.fail_after(60):
        async for event in engine.feed.events(after):
            if type(event).__name__ == kind:
                return event

    raise AssertionError(f"the feed ended before {kind}")


async def message(engine: Engine, which: int) -> Message:
    found = [each for each in (await engine.history.messages("contoso", 1)).items if each.id == which]
    return found[0]


# Doubts


async def test_a_text_in_doubt_is_not_sent_again_to_who_has_opted_out_meanwhile(
    store: MemoryStore, clock: ManualClock
) -> None:
    carrier = RecordingTransport(capabilities=Capabilities(max_characters=1600, idempotent_send=True))
    carrier.answers.append(HUNG)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await reply(engine, "one")
        deferred = await when(engine, "SendDeferred")
        await engine.submit(text("SM2", body="STOP"))
        clock.move(1_000)
        await when(engine, "SendUncertain", after=deferred.seq)
        await anyio.wait_all_tasks_blocked()

    assert [each.body for each in carrier.sent].count("one") == 1


async def test_a_text_in_doubt_is_not_sent_again_once_it_helps_nobody(store: MemoryStore, clock: ManualClock) -> None:
    carrier = RecordingTransport(capabilities=Capabilities(max_characters=1600, idempotent_send=True))
    carrier.answers.append(HUNG)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await reply(engine)
        await when(engine, "SendDeferred")
        clock.move(120 * MINUTE)
        await when(engine, "SendUncertain")
        await anyio.wait_all_tasks_blocked()

    assert len(carrier.sent) == 1


async def test_a_text_in_doubt_that_the_carrier_has_is_sent_and_not_sent_again(
    engine: Engine, carrier: AskableTransport
) -> None:
    carrier.answers.append(HUNG)
    carrier.found.append(Accepted(provider_id="FOUND"))
    which = await reply(engine)
    await when(engine, "MessageSent")

    assert len(carrier.sent) == 1
    assert ((await message(engine, which)).status, (await message(engine, which)).provider_id) == (
        MessageStatus.SENT,
        "FOUND",
    )


async def test_a_text_in_doubt_that_the_carrier_has_not_is_sent_again_under_the_same_key(
    engine: Engine, carrier: AskableTransport, clock: ManualClock
) -> None:
    carrier.answers.append(HUNG)
    carrier.found.append(NOT_TAKEN)
    await reply(engine)
    await when(engine, "SendDeferred")
    clock.move(MINUTE)
    await when(engine, "MessageSent")

    assert len(carrier.sent) == 2
    assert len({each.attempt_key for each in carrier.sent}) == 1


async def test_the_next_text_waits_behind_the_doubt_and_does_not_overtake(
    engine: Engine, carrier: AskableTransport
) -> None:
    carrier.answers.append(HUNG)
    carrier.found += [HUNG, Accepted(provider_id="FOUND")]
    await reply(engine, "one")
    await engine.submit(Reply(conversation=1, by="ana", body="two"))
    with anyio.fail_after(60):
        await carrier.has_sent(2)

    assert [each.body for each in carrier.sent] == ["one", "two"]
    assert len(carrier.asked) == 2


async def test_the_carrier_is_asked_with_the_ids_of_other_texts_to_the_customer(
    engine: Engine, carrier: AskableTransport
) -> None:
    await reply(engine, "ok")
    first = await when(engine, "MessageSent")
    carrier.answers.append(HUNG)
    carrier.found.append(Accepted(provider_id="FOUND"))
    await engine.submit(Reply(conversation=1, by="ana", body="ok"))
    await when(engine, "MessageSent", after=first.seq)

    assert [set(each) for each in carrier.asked] == [{"SM1", (await message(engine, 2)).provider_id}]


async def test_a_doubt_is_resolved_after_a_restart(store: MemoryStore, clock: ManualClock) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:  # no transport: replies stay queued
        which = await reply(engine)
        await engine.submit(StartSending(message=which, key="the key"))

    clock.move(1_000)
    carrier = AskableTransport()
    carrier.found.append(Accepted(provider_id="FOUND"))
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await when(engine, "MessageSent")

        assert (await message(engine, which)).provider_id == "FOUND"
        assert carrier.sent == []


ONCE = Capabilities(max_characters=1600, idempotent_send=True, repeatable_for=1 * MINUTE)


async def test_a_text_in_doubt_is_sent_again_while_the_carrier_knows_its_key(
    store: MemoryStore, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:  # no transport: replies stay queued
        which = await reply(engine)
        await engine.submit(StartSending(message=which, key="the key"))

    clock.move(1 * MINUTE - 2_000)
    carrier = RecordingTransport(capabilities=ONCE)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await when(engine, "SendDeferred")
        clock.move(2_000)
        await when(engine, "MessageSent")

    assert [each.attempt_key for each in carrier.sent] == ["the key"]


async def test_a_text_in_doubt_is_left_to_the_policy_once_the_carrier_may_not_know_its_key(
    store: MemoryStore, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        which = await reply(engine)
        await engine.submit(StartSending(message=which, key="the key"))

    clock.move(1 * MINUTE + 1)
    carrier = RecordingTransport(capabilities=ONCE)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await when(engine, "SendUncertain")

    assert carrier.sent == []


async def test_a_text_that_waits_until_the_carrier_may_not_know_its_key_is_not_sent_again(
    store: MemoryStore, clock: ManualClock
) -> None:
    carrier = RecordingTransport(capabilities=ONCE)
    carrier.answers.append(HUNG)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await reply(engine)
        await when(engine, "SendDeferred")
        clock.move(1 * MINUTE + 1)
        await when(engine, "SendUncertain")

    assert len(carrier.sent) == 1


async def test_that_the_carrier_has_it_not_is_believed_only_when_its_list_is_complete(
    engine: Engine, carrier: AskableTransport, clock: ManualClock
) -> None:
    carrier.capabilities = Capabilities(max_characters=1600, listed_after=50)
    carrier.answers.append(HUNG)
    carrier.found += [NOT_TAKEN, Accepted(provider_id="FOUND")]
    which = await reply(engine)
    await when(engine, "SendDoubted")
    doubted = await message(engine, which)
    await when(engine, "MessageSent")

    assert (doubted.status, doubted.doubted) == (MessageStatus.SENDING, True)
    assert not (await message(engine, which)).doubted
    assert len(carrier.sent) == 1


async def test_a_carrier_that_answers_no_such_question_leaves_it_to_the_policy_at_once(
    store: MemoryStore, clock: ManualClock
) -> None:
    class Mute(AskableTransport):
        async def look_up(self, message: OutboundMessage, *, known: frozenset[str]) -> None:  # type: ignore[override]
            self.asked.append(known)

    carrier = Mute()
    carrier.capabilities = Capabilities(max_characters=1600, listed_after=3_600_000)
    carrier.answers.append(HUNG)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        which = await reply(engine)
        await when(engine, "SendUncertain")

        assert (await message(engine, which)).uncertain
        assert len(carrier.asked) == 1


async def test_two_texts_in_doubt_with_the_same_words_are_not_taken_for_each_other(
    engine: Engine, carrier: AskableTransport
) -> None:
    carrier.answers += [HUNG, HUNG]
    carrier.found += [HUNG] * 3 + [Accepted(provider_id="FOUND")] * 3
    await reply(engine, "ok")
    await engine.submit(Reply(conversation=1, by="ana", body="ok"))
    first = await when(engine, "SendUncertain")
    await when(engine, "SendUncertain", after=first.seq)

    assert [(each.provider_id, each.uncertain) for each in (await message(engine, 2), await message(engine, 3))] == [
        (None, True),
        (None, True),
    ]


async def test_a_lane_that_breaks_is_tried_again_and_nothing_overtakes(
    store: MemoryStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_TRY_AGAIN_EVERY", 0.01)
    carrier = RecordingTransport()
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        whole, broken = engine._outbox._pace_of, [True, True]

        def pace_of(*given: Any) -> Any:
            if broken:
                broken.pop()
                raise RuntimeError("a defect")

            return whole(*given)

        monkeypatch.setattr(engine._outbox, "_pace_of", pace_of)
        await reply(engine, "one")
        await engine.submit(Reply(conversation=1, by="ana", body="two"))
        with anyio.fail_after(60):
            await carrier.has_sent(2)

    assert [each.body for each in carrier.sent] == ["one", "two"]


async def test_one_channel_s_silent_carrier_keeps_no_other_from_being_asked(
    store: MemoryStore, clock: ManualClock
) -> None:
    class Silent(AskableTransport):
        async def missed(self, since: Timestamp) -> AsyncIterator[TextReceived | DeliveryReported]:
            await anyio.sleep_forever()
            yield text("never")

    silent, second = Silent(), AskableTransport()
    second.name = "second"
    config = replace(CONFIG, channels=(*CONFIG.channels, Channel(name="second", provider="twilio")))
    async with Engine(config, store=store, transports=[silent, second], clock=clock) as engine:
        for each in ("main", "second"):
            await engine.submit(RecordReconciled(channel=each, until=clock.now()))

    async with Engine(config, store=store, transports=[silent, second], clock=clock):
        with anyio.fail_after(60):
            while not second.since:
                await anyio.lowlevel.checkpoint()


async def test_a_report_ends_a_doubt_before_the_carrier_is_asked_again(
    engine: Engine, carrier: AskableTransport
) -> None:
    carrier.capabilities = Capabilities(max_characters=1600, listed_after=3_600_000)
    carrier.answers.append(HUNG)
    which = await reply(engine, "one")
    await engine.submit(Reply(conversation=1, by="ana", body="two"))
    await when(engine, "SendDoubted")
    await anyio.wait_all_tasks_blocked()
    delivered = MessageStatus.DELIVERED
    await engine.submit(DeliveryReported(channel="main", provider_id="SM9", status=delivered, message=which))
    with anyio.fail_after(60):
        await carrier.has_sent(2)

    assert len(carrier.asked) == 1, "at once; the next question would come after an hour"
    assert (await message(engine, which)).status is delivered


async def test_a_doubt_that_nobody_can_end_is_left_after_some_questions(
    engine: Engine, carrier: AskableTransport
) -> None:
    carrier.answers.append(HUNG)
    which = await reply(engine)
    await when(engine, "SendUncertain")

    assert len(carrier.asked) == 3

    assert (await message(engine, which)).uncertain


# Time


async def test_a_reply_that_could_not_be_sent_in_time_is_not_sent_and_says_so(
    store: MemoryStore, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        which = await reply(engine)

    clock.move(61 * MINUTE)
    carrier = RecordingTransport()
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await when(engine, "SendFailed")
        failed = await message(engine, which)

    assert carrier.sent == []
    assert failed.failure is not None
    assert (failed.status, failed.failure.kind) == (MessageStatus.FAILED, FailureKind.EXPIRED)
    assert "not sent within 60 min" in failed.failure.text


async def test_a_text_that_waits_for_its_turn_expires_on_time(store: MemoryStore) -> None:
    config = replace(
        CONFIG,
        numbers=(replace(CONFIG.numbers[0], pace=Pace(amount=1, per=3_600_000)),),
        workstreams=(replace(CONFIG.workstreams[0], reply_expiry=1_000),),
    )
    carrier = RecordingTransport()
    async with Engine(config, store=store, transports=[carrier]) as engine:
        await reply(engine, "one")
        late = await reply(engine, "two", provider_id="SM2")
        await when(engine, "SendFailed")

        assert (await message(engine, late)).status is MessageStatus.FAILED
        assert [each.body for each in carrier.sent] == ["one"]


async def test_the_carrier_is_told_until_when_a_text_is_of_use(engine: Engine, carrier: AskableTransport) -> None:
    await reply(engine)
    (sent,) = await carrier.has_sent(1)

    assert sent.expires_at == sent.queued_at + 60 * MINUTE


# Channels


async def test_a_channel_that_refuses_the_account_stops_instead_of_burning_the_queue(
    engine: Engine, carrier: AskableTransport
) -> None:
    carrier.answers.append(REFUSED)
    for each in range(2):
        await reply(engine, customer=f"+1415555020{each}", provider_id=f"SM{each}")

    await when(engine, "ChannelStopped")
    await anyio.wait_all_tasks_blocked()

    assert len(carrier.sent) == 1
    assert engine.board.channel("main").failure == REFUSED.failure


async def test_a_stopped_channel_goes_on_when_its_configuration_is_mended(
    engine: Engine, carrier: AskableTransport, clock: ManualClock
) -> None:
    carrier.answers.append(REFUSED)
    await reply(engine, "one")
    await when(engine, "ChannelStopped")
    mended = RecordingTransport()
    await engine.configure(replace(CONFIG, time_zone="Europe/Vienna"), transports=[mended])
    clock.move(MINUTE)
    await when(engine, "ChannelResumed")

    assert [each.body for each in mended.sent] == ["one"]
    assert engine.board.channel("main").stopped_at is None


async def test_a_stopped_channel_is_known_after_a_restart(store: MemoryStore, clock: ManualClock) -> None:
    carrier = AskableTransport()
    carrier.answers.append(REFUSED)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await reply(engine)
        await when(engine, "ChannelStopped")

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        assert engine.board.channel("main").failure == REFUSED.failure


# What was missed


async def test_what_webhooks_did_not_bring_is_asked_for_after_a_restart(store: MemoryStore, clock: ManualClock) -> None:
    carrier = AskableTransport()
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        which = await reply(engine)
        await when(engine, "MessageSent")
        await when(engine, "ChannelReconciled")
        taken = (await message(engine, which)).provider_id or ""

    config = replace(
        CONFIG,
        channels=(*CONFIG.channels, Channel(name="second", provider="twilio")),
        numbers=(*CONFIG.numbers, replace(CONFIG.numbers[0], address=ELSEWHERE, channel="second")),
    )
    first_asked = list(carrier.since)
    clock.move(30 * MINUTE)
    carrier.listed = [
        text("SM1", body="known already"),
        text("SM2", body="missed"),
        DeliveryReported(channel="main", provider_id=taken, status=MessageStatus.DELIVERED),
        text("SM3", body="missed as well"),
        text("SM4", recipient="+18005559999", body="of another program's number"),
        text("SM5", recipient=ELSEWHERE, body="of a number of ours on another channel"),
        DeliveryReported(channel="main", provider_id="SM77", status=MessageStatus.DELIVERED),
    ]
    async with Engine(config, store=store, transports=[carrier], clock=clock) as engine:
        before = engine.board.counters.seq
        await when(engine, "ChannelReconciled", after=before)
        messages = (await engine.history.messages("contoso", 1)).items
        unroutable = (await engine.history.unroutable("contoso")).items

    assert first_asked == [], "a new channel has no past"
    assert [each.body for each in messages] == ["hello", "hi", "missed", "missed as well"]
    assert messages[1].status is MessageStatus.DELIVERED
    assert unroutable == ()
    assert len(carrier.since) == 1
    assert carrier.since[0] < clock.now() - 30 * MINUTE


async def test_a_carrier_that_cannot_be_asked_is_asked_again_for_the_same_time(
    store: MemoryStore, clock: ManualClock
) -> None:
    carrier = AskableTransport()
    limits = Limits(reconcile_every=1)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock, limits=limits) as engine:
        await when(engine, "ChannelReconciled")
        mark = engine.board.channel("main").reconciled_to
        carrier.listed = [text("SM1"), ReconciliationFailed("no answer")]
        await when(engine, "MessageReceived")
        clock.move(MINUTE)
        with anyio.fail_after(60):
            while len(carrier.since) < 4:
                await anyio.lowlevel.checkpoint()

        assert engine.board.channel("main").reconciled_to == mark
        carrier.listed = []
        clock.move(MINUTE)
        await when(engine, "ChannelReconciled", after=engine.board.counters.seq)

    assert len(set(carrier.since)) == 1


async def test_reconciling_never_goes_back(engine: Engine) -> None:
    await engine.submit(RecordReconciled(channel="main", until=10**15))
    outcome = await engine.submit(RecordReconciled(channel="main", until=10))

    assert outcome.first_seq == 0
    assert engine.board.channel("main").reconciled_to == 10**15
