"""The living engine: what is acknowledged is kept, what is kept is sent, and nothing twice."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, cast

import anyio
import msgspec
import pytest
from msgspec.structs import replace

from cordboard.engine import Engine, Limits, ManualClock
from cordboard.engine.board import board, deadlines
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.matching import settle
from cordboard.engine.carrier import (
    Ambiguous,
    Capabilities,
    DeliveryReported,
    Failure,
    OutboundMessage,
    SendResult,
    TextReceived,
    Throttled,
    WebhookRequest,
)
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    Command,
    Reply,
    SetPresence,
    StartSending,
    Tick,
)
from cordboard.engine.config import DAY, HOUR
from cordboard.engine.errors import (
    BoardInUse,
    ChannelUnavailable,
    CommitFailed,
    IllegalTransition,
    InvalidConfiguration,
    InvalidMessage,
    KeyReused,
    NotFound,
    NotRunning,
    Overloaded,
    StoreUnavailable,
)
from cordboard.engine.events import ConversationParked, Event
from cordboard.engine.ports import Batch, ConversationQuery, Prefetch, Prefetched
from cordboard.engine.records import BoardSnapshot, Conversation, Once, Outcome
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS
from cordboard.engine.testing.recording import RecordingTransport
from cordboard.engine.vocabulary import AmbiguousSends, MessageStatus, Presence, State
from cordboard.storage.memory import MemoryStore
from cordboard.storage.sqlite import SqliteStore


def text(provider_id: str, *, customer: str = CUSTOMER, body: str = "hello") -> TextReceived:
    return TextReceived(channel="main", provider_id=provider_id, sender=customer, recipient=OURS, body=body)


def request(*texts: TextReceived) -> WebhookRequest:
    return WebhookRequest(method="POST", url="http://host/webhooks/main", headers={}, body=msgspec.json.encode(texts))


async def answered(engine: Engine, customer: str = CUSTOMER, provider_id: str = "SM1") -> int:
    """Bring a conversation to ana, active."""
    await engine.submit(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
    outcome = await engine.submit(text(provider_id, customer=customer))
    assert outcome.conversation is not None
    await engine.submit(AcceptOffer(conversation=outcome.conversation.id, by="ana"))
    return outcome.conversation.id


async def when(engine: Engine, kind: str, *, after: int = 0) -> Event:
    """Wait until something has happened."""
    with anyio.fail_after(60):
        async for event in engine.feed.events(after):
            if type(event).__name__ == kind:
                return event

    raise AssertionError(f"the feed ended before {kind}")


class UnwellStore(MemoryStore):
    """A store that can be made to fail, and to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.unwell = False
        self.gate: anyio.Event | None = None
        self.waiting = anyio.Event()
        self.commits = 0

    async def prefetch(self, request: Prefetch) -> Prefetched:
        return await super().prefetch(request)

    async def load(self, board: str) -> BoardSnapshot:
        if self.unwell:
            raise StoreUnavailable("the disk is gone")

        return await super().load(board)

    async def commit(self, batch: Batch) -> None:
        if self.gate is not None:
            self.waiting.set()
            await self.gate.wait()

        if self.unwell:
            raise StoreUnavailable("the disk is full")

        self.commits += 1
        await super().commit(batch)


async def test_the_main_job(engine: Engine, carrier: RecordingTransport) -> None:
    await engine.submit(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
    reply = await engine.receive("main", request(text("SM1", body="Where is my order?")))
    assert reply.status == 200

    await engine.submit(AcceptOffer(conversation=1, by="ana"))
    outcome = await engine.submit(Reply(conversation=1, by="ana", body="On its way."))
    assert outcome.message is not None
    assert outcome.message.status is MessageStatus.QUEUED

    with anyio.fail_after(60):
        (sent,) = await carrier.has_sent(1)

    assert (sent.sender, sent.recipient, sent.body) == (OURS, CUSTOMER, "On its way.")
    await when(engine, "MessageSent")
    messages = await engine.history.messages(CONFIG.name, 1)
    assert [(each.body, each.status.value) for each in messages.items] == [
        ("Where is my order?", "received"),
        ("On its way.", "sent"),
    ]


async def test_a_text_delivered_twice_is_kept_once(engine: Engine) -> None:
    first = await engine.submit(text("SM1"))
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(engine.submit, text("SM1"))

    again = await engine.submit(text("SM1"))

    assert again.message == first.message
    messages = await engine.history.messages(CONFIG.name, 1)
    assert len(messages.items) == 1


async def test_a_text_delivered_again_after_a_restart_is_kept_once(store: MemoryStore, clock: ManualClock) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        await engine.submit(text("SM1"))

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        outcome = await engine.submit(text("SM1"))
        assert (outcome.first_seq, outcome.message is not None) == (0, True)
        assert len((await engine.history.messages(CONFIG.name, 1)).items) == 1


async def test_a_restarted_engine_goes_on_where_it_was(store: MemoryStore, clock: ManualClock) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        await answered(engine)
        before = engine.board.snapshot()

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        assert engine.board.snapshot() == before
        await engine.submit(text("SM2", body="and another thing"))
        assert len((await engine.history.messages(CONFIG.name, 1)).items) == 2


async def test_a_closed_conversation_reopens_though_the_board_has_let_it_go(
    store: MemoryStore, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        await answered(engine)
        await engine.submit(CloseConversation(conversation=1, by="ana"))

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        assert not engine.board.conversations
        outcome = await engine.submit(text("SM2"))

    assert outcome.conversation is not None
    assert (outcome.conversation.id, outcome.conversation.holder) == (1, "ana")


async def test_what_was_closed_says_so_instead_of_being_unknown(engine: Engine) -> None:
    await answered(engine)
    await engine.submit(CloseConversation(conversation=1, by="ana"))
    await engine.submit(Tick())
    with pytest.raises(IllegalTransition) as refused:
        await engine.submit(CloseConversation(conversation=1, by="ana"))

    assert refused.value.state is State.CLOSED
    with pytest.raises(NotFound):
        await engine.submit(CloseConversation(conversation=2, by="ana"))


async def test_replies_of_a_conversation_are_sent_in_order_one_at_a_time(
    engine: Engine, carrier: RecordingTransport
) -> None:
    conversation = await answered(engine)
    gate = anyio.Event()
    carrier.answers.append(gate)
    for body in ("one", "two", "three"):
        await engine.submit(Reply(conversation=conversation, by="ana", body=body))

    with anyio.fail_after(60):
        await carrier.has_sent(1)
        await anyio.wait_all_tasks_blocked()
        assert [each.body for each in carrier.sent] == ["one"]
        gate.set()
        await carrier.has_sent(3)

    assert [each.body for each in carrier.sent] == ["one", "two", "three"]


async def test_a_slow_conversation_does_not_hold_up_another(engine: Engine, carrier: RecordingTransport) -> None:
    first = await answered(engine)
    second = await answered(engine, customer="+14155550124", provider_id="SM2")
    gate = anyio.Event()
    carrier.answers.append(gate)
    await engine.submit(Reply(conversation=first, by="ana", body="slow"))
    with anyio.fail_after(60):
        await carrier.has_sent(1)
        await engine.submit(Reply(conversation=second, by="ana", body="quick"))
        await carrier.has_sent(2)

    gate.set()
    assert [each.body for each in carrier.sent] == ["slow", "quick"]


async def test_a_throttled_text_is_sent_again_under_the_same_key(
    engine: Engine, carrier: RecordingTransport, clock: ManualClock
) -> None:
    conversation = await answered(engine)
    carrier.answers.append(Throttled(failure=Failure(code="429", text="too many requests")))
    await engine.submit(Reply(conversation=conversation, by="ana", body="hello"))
    await when(engine, "SendDeferred")
    clock.move(1_000)
    with anyio.fail_after(60):
        first, second = await carrier.has_sent(2)

    assert first.attempt_key == second.attempt_key


async def test_an_ambiguous_text_is_not_sent_again_and_the_next_goes_on(
    engine: Engine, carrier: RecordingTransport
) -> None:
    conversation = await answered(engine)
    carrier.answers.append(Ambiguous(failure=Failure(code="timeout", text="no answer")))
    await engine.submit(Reply(conversation=conversation, by="ana", body="maybe"))
    await engine.submit(Reply(conversation=conversation, by="ana", body="surely"))
    with anyio.fail_after(60):
        await carrier.has_sent(2)

    await when(engine, "MessageSent")
    assert [each.body for each in carrier.sent] == ["maybe", "surely"]
    messages = (await engine.history.messages(CONFIG.name, conversation)).items
    assert [(each.status.value, each.uncertain) for each in messages[1:]] == [("sending", True), ("sent", False)]


async def test_what_was_being_sent_when_the_process_died_is_uncertain_and_what_was_not_is_sent(
    store: MemoryStore, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:  # no transport: replies stay queued
        conversation = await answered(engine)
        for body in ("one", "two"):
            await engine.submit(Reply(conversation=conversation, by="ana", body=body))

        await engine.submit(StartSending(message=2))

    carrier = RecordingTransport()
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        with anyio.fail_after(60):
            await carrier.has_sent(1)

        await when(engine, "MessageSent")
        messages = (await engine.history.messages(CONFIG.name, conversation)).items

    assert [each.body for each in carrier.sent] == ["two"]
    assert [(each.body, each.uncertain) for each in messages[1:]] == [("one", True), ("two", False)]


async def test_where_the_carrier_takes_a_key_once_an_interrupted_text_is_sent_again(
    store: MemoryStore, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        conversation = await answered(engine)
        await engine.submit(Reply(conversation=conversation, by="ana", body="one"))
        await engine.submit(StartSending(message=2))

    clock.move(60_000)
    carrier = RecordingTransport(capabilities=Capabilities(max_characters=1600, idempotent_send=True))
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await when(engine, "SendDeferred")
        clock.move(60_000)
        with anyio.fail_after(60):
            await carrier.has_sent(1)


async def test_an_idempotency_key_gives_the_first_answer_also_after_a_restart(
    store: MemoryStore, clock: ManualClock
) -> None:
    once = Once(key="ana:k1", fingerprint="f1")
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        conversation = await answered(engine)
        reply = Reply(conversation=conversation, by="ana", body="once")
        answers: list[Outcome] = []

        async def ask() -> None:
            answers.append(await engine.submit(reply, once=once))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(ask)

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        await ask()
        with pytest.raises(KeyReused):
            await engine.submit(reply, once=Once(key="ana:k1", fingerprint="f2"))

        messages = (await engine.history.messages(CONFIG.name, conversation)).items

    assert len(messages) == 2
    assert all(each == answers[0] for each in answers)


async def test_commands_share_a_commit_while_one_is_under_way(clock: ManualClock) -> None:
    store = UnwellStore()
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        store.gate = anyio.Event()
        before = store.commits
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.submit, text("SM0"))
            await store.waiting.wait()
            for each in range(1, 50):
                tasks.start_soon(engine.submit, text(f"SM{each}", customer=f"+1415555{each:04d}"))

            await anyio.wait_all_tasks_blocked()
            store.gate.set()

        assert store.commits - before == 2


async def test_nothing_is_acknowledged_or_published_before_it_is_committed(clock: ManualClock) -> None:
    store = UnwellStore()
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        cursor = engine.feed.cursor
        store.gate = anyio.Event()
        done = anyio.Event()

        async def ask() -> None:
            await engine.submit(text("SM1"))
            done.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await store.waiting.wait()
            await anyio.wait_all_tasks_blocked()
            assert (done.is_set(), engine.feed.cursor) == (False, cursor)
            store.gate.set()

        assert engine.feed.cursor > cursor


async def test_a_batch_that_cannot_be_kept_fails_its_callers_and_leaves_nothing(clock: ManualClock) -> None:
    store = UnwellStore()
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        await engine.submit(text("SM1"))
        before = engine.board.snapshot()
        store.unwell = True
        with pytest.raises(CommitFailed) as failed:
            await engine.submit(text("SM2", customer="+14155550177"))

        with pytest.raises(NotRunning) as away:
            await engine.submit(text("SM3", customer="+14155550177"))

        assert (failed.value.retryable, away.value.retryable) == (True, True)
        with pytest.raises(NotRunning):
            await engine.probe()

        store.unwell = False
        with anyio.fail_after(60):
            while not engine.running:
                await anyio.lowlevel.checkpoint()

        with pytest.raises(StoreUnavailable):
            await engine.probe()

        outcome = await engine.submit(text("SM2", customer="+14155550177"))

        assert outcome.conversation is not None
        assert outcome.conversation.id == 2
        page = await engine.history.conversations(CONFIG.name, ConversationQuery())
        assert len(page.items) == 2
        assert before.conversations[0] in engine.board.snapshot().conversations


async def test_a_text_that_breaks_the_store_leaves_the_engine_alive(tmp_path: Path) -> None:
    async with Engine(CONFIG, store=SqliteStore(tmp_path / "board.db")) as engine:
        with pytest.raises(InvalidMessage):
            await engine.submit(text("SM1", body="half \ud83d"))

        with pytest.raises(InvalidMessage):
            await engine.submit(text("SM1"), once=Once(key="half \ud83d", fingerprint=""))

        outcome = await engine.submit(text("SM2", body="whole 😀"))

    assert outcome.message is not None
    assert outcome.message.id == 1


async def test_a_full_mailbox_says_so_at_once(clock: ManualClock) -> None:
    store = UnwellStore()
    async with Engine(CONFIG, store=store, clock=clock, limits=Limits(mailbox=3, batch=1)) as engine:
        store.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.submit, text("SM0"))
            await store.waiting.wait()
            for each in range(1, 4):
                tasks.start_soon(engine.submit, text(f"SM{each}"))

            await anyio.wait_all_tasks_blocked()
            with pytest.raises(Overloaded):
                await engine.submit(text("SM9"))

            store.gate.set()

        await engine.submit(text("SM9"))
        assert len((await engine.history.messages(CONFIG.name, 1)).items) == 5


async def test_closing_finishes_what_was_taken(store: MemoryStore, clock: ManualClock) -> None:
    results: list[Outcome] = []

    async def ask(engine: Engine, each: int) -> None:
        results.append(await engine.submit(text(f"SM{each}")))

    async with anyio.create_task_group() as tasks:
        async with Engine(CONFIG, store=store, clock=clock) as engine:
            for each in range(100):
                tasks.start_soon(ask, engine, each)

            await anyio.lowlevel.checkpoint()

        with pytest.raises(NotRunning):
            await engine.submit(text("late"))

    assert len(results) == 100
    async with store:
        assert len((await store.messages(CONFIG.name, 1, limit=200)).items) == 100


async def test_closing_waits_for_the_answer_of_a_text_on_its_way(
    store: MemoryStore, clock: ManualClock, carrier: RecordingTransport
) -> None:
    gate = anyio.Event()
    carrier.answers.append(gate)
    engine = Engine(CONFIG, store=store, transports=[carrier], clock=clock)
    async with anyio.create_task_group() as tasks, engine:
        conversation = await answered(engine)
        await engine.submit(Reply(conversation=conversation, by="ana", body="hello"))
        with anyio.fail_after(60):
            await carrier.has_sent(1)

        tasks.start_soon(_set_when_closing, engine, gate)

    async with store:
        messages = (await store.messages(CONFIG.name, conversation)).items

    assert messages[-1].status is MessageStatus.SENT


async def _set_when_closing(engine: Engine, gate: anyio.Event) -> None:
    while engine.running:
        await anyio.lowlevel.checkpoint()

    gate.set()


async def test_a_cancelled_host_leaves_everything_closed(store: MemoryStore, carrier: RecordingTransport) -> None:
    with anyio.move_on_after(5) as scope:
        async with Engine(CONFIG, store=store, transports=[carrier]) as engine:
            await engine.submit(text("SM1"))
            scope.cancel()
            await anyio.sleep_forever()

    assert not carrier.open
    async with Engine(CONFIG, store=store) as engine:
        assert engine.board.conversations[1].state is State.QUEUED


async def test_an_error_of_the_host_comes_out_as_it_is(store: MemoryStore) -> None:
    with pytest.raises(ZeroDivisionError):
        async with Engine(CONFIG, store=store):
            raise ZeroDivisionError


async def test_a_configuration_that_cannot_be_used_is_refused_at_the_door(store: MemoryStore) -> None:
    wrong = replace(CONFIG, queues=())
    with pytest.raises(InvalidConfiguration) as refused:
        async with Engine(wrong, store=store):
            raise AssertionError("it must not start")

    assert any("workstreams[0].queue" in each for each in refused.value.problems)


async def test_a_board_is_held_by_one_engine(engine: Engine, store: MemoryStore) -> None:
    with pytest.raises(BoardInUse):
        async with Engine(CONFIG, store=store):
            raise AssertionError("it must not start")

    await engine.submit(text("SM1"))


async def test_offers_expire_by_the_clock_without_being_asked(store: MemoryStore) -> None:
    config = replace(CONFIG, workstreams=(replace(CONFIG.workstreams[0], offer_timeout=1_000),))
    async with Engine(config, store=store) as engine:
        await engine.submit(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
        await engine.submit(text("SM1"))
        event = await when(engine, "OfferExpired")
        offered = await when(engine, "ConversationOffered")

    assert 0 <= event.at - offered.at - 1_000 < 1_000


async def test_the_feed_resumes_without_a_gap_from_the_ring_and_from_the_store(clock: ManualClock) -> None:
    async with Engine(CONFIG, store=MemoryStore(), clock=clock, limits=Limits(ring=5)) as engine:
        for each in range(20):
            await engine.submit(text(f"SM{each}"))

        async def read(after: int) -> list[int]:
            seen: list[int] = []
            async for event in engine.feed.events(after):
                seen.append(event.seq)
                if event.seq == engine.feed.cursor:
                    break

            return seen

        last = engine.feed.cursor
        for after in (0, 1, last - 12, last - 5, last - 1):
            assert await read(after) == list(range(after + 1, last + 1))


async def test_the_feed_ends_when_the_engine_does(store: MemoryStore) -> None:
    seen: list[str] = []

    async def follow(events: AsyncIterator[Event]) -> None:
        seen.extend([type(event).__name__ async for event in events])

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks, Engine(CONFIG, store=store) as engine:
            tasks.start_soon(follow, engine.feed.events(0))
            await engine.submit(text("SM1"))

    assert seen == ["BoardConfigured", "ConversationOpened", "MessageReceived", "ConversationQueued"]


async def test_a_changed_configuration_works_on_the_next_command_and_brings_its_transports(
    engine: Engine, carrier: RecordingTransport
) -> None:
    conversation = await answered(engine)
    other = RecordingTransport()
    await engine.configure(replace(CONFIG, time_zone="Europe/Vienna"), transports=[other])
    await engine.submit(Reply(conversation=conversation, by="ana", body="hello"))
    with anyio.fail_after(60):
        await other.has_sent(1)

    assert (carrier.sent, engine.board.config.time_zone) == ([], "Europe/Vienna")


async def test_a_transport_is_replaced_only_when_nothing_is_on_its_way_on_it(
    engine: Engine, carrier: RecordingTransport
) -> None:
    conversation = await answered(engine)
    gate = anyio.Event()
    carrier.answers.append(gate)
    for body in ("by the old one", "by the new one"):
        await engine.submit(Reply(conversation=conversation, by="ana", body=body))

    other = RecordingTransport()
    with anyio.fail_after(60):
        await carrier.has_sent(1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: engine.configure(CONFIG, transports=[other]))
            await anyio.wait_all_tasks_blocked()
            assert carrier.open
            assert not other.sent
            gate.set()

        await other.has_sent(1)

        while carrier.open:
            await anyio.lowlevel.checkpoint()

    assert [each.body for each in (*carrier.sent, *other.sent)] == ["by the old one", "by the new one"]


async def test_a_report_that_overtakes_a_retry_stops_neither_the_outbox_nor_the_engine(
    store: MemoryStore, clock: ManualClock, carrier: RecordingTransport
) -> None:
    again = replace(CONFIG.workstreams[0], ambiguous_sends=AmbiguousSends.AT_LEAST_ONCE)
    async with Engine(replace(CONFIG, workstreams=(again,)), store=store, transports=[carrier], clock=clock) as engine:
        conversation = await answered(engine)
        carrier.answers.append(Ambiguous(failure=Failure(code="500", text="unwell")))
        await engine.submit(Reply(conversation=conversation, by="ana", body="once"))
        deferred = await when(engine, "SendDeferred")
        clock.move(2_000)
        report = DeliveryReported(channel="main", provider_id="OUT1", status=MessageStatus.DELIVERED, message=2)
        await engine.submit(report)
        await engine.submit(Reply(conversation=conversation, by="ana", body="twice"))
        await when(engine, "MessageSent", after=deferred.seq)

    assert [each.body for each in carrier.sent if each.body == "twice"] == ["twice"]


async def test_a_commit_that_was_kept_although_it_failed_leaves_no_gap_and_no_stuck_text(
    clock: ManualClock, carrier: RecordingTransport
) -> None:
    class Deceptive(MemoryStore):
        deceives = False

        async def commit(self, batch: Batch) -> None:
            await super().commit(batch)
            if self.deceives:
                self.deceives = False
                raise StoreUnavailable("the connection broke")

    store = Deceptive()
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        conversation = await answered(engine)
        cursor = engine.feed.cursor
        store.deceives = True
        with pytest.raises(CommitFailed):
            await engine.submit(Reply(conversation=conversation, by="ana", body="kept"))

        with anyio.fail_after(60):
            await carrier.has_sent(1)

        await when(engine, "MessageSent")
        seen: list[int] = []
        async for event in engine.feed.events(cursor):
            seen.append(event.seq)
            if event.seq == engine.feed.cursor:
                break

        assert seen == list(range(cursor + 1, engine.feed.cursor + 1))


async def test_a_deadline_that_breaks_is_set_aside_and_everybody_else_goes_on(
    store: MemoryStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(decision: Decision, conversation: Conversation) -> None:
        raise RuntimeError("a defect")

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        await engine.submit(text("SM1"))
        monkeypatch.setattr(deadlines, "_conversation_due", breaks)
        clock.move(31 * DAY)
        with pytest.raises(CommitFailed):
            await engine.submit(text("SM2", customer="+14155550177"))

        await engine.submit(text("SM3", customer="+14155550177"))
        assert len(engine.board.conversations) == 2


async def test_a_deadline_after_which_the_match_breaks_is_found_among_all_that_are_due(
    store: MemoryStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conversation 2 of three, all of which end at the same moment."""

    def breaks(decision: Decision) -> None:
        settle(decision)
        if 2 not in decision.state.conversations:
            raise RuntimeError("a defect")

    async with Engine(CONFIG, store=store, clock=clock) as engine:
        for each in (1, 2, 3):
            await engine.submit(text(f"SM{each}", customer=f"+1415555017{each}"))

        monkeypatch.setattr(deadlines, "settle", breaks)
        clock.move(31 * DAY)
        tries = 0
        while set(engine.board.conversations) != {2}:
            tries += 1
            assert tries < 9
            with suppress(CommitFailed):
                await engine.submit(SetPresence(rep="ana", presence=Presence.AWAY, by="ana"))

        assert engine.board.next_deadline == clock.now() + HOUR, "it rests, and is tried again"


async def test_a_cancelled_change_of_transports_does_not_keep_the_engine_from_closing(
    store: MemoryStore, carrier: RecordingTransport
) -> None:
    gate = anyio.Event()
    carrier.answers.append(gate)
    with anyio.fail_after(60):
        async with Engine(CONFIG, store=store, transports=[carrier]) as engine:
            conversation = await answered(engine)
            await engine.submit(Reply(conversation=conversation, by="ana", body="hello"))
            await carrier.has_sent(1)
            await engine.configure(CONFIG, transports=[RecordingTransport()])
            gate.set()

    assert not carrier.open


async def test_a_transport_that_cannot_be_opened_leaves_everything_as_it_was(
    engine: Engine, carrier: RecordingTransport
) -> None:
    class Shut(RecordingTransport):
        async def __aenter__(self) -> Self:
            raise OSError("the port is taken")

    before = engine.board.config
    with pytest.raises(ChannelUnavailable, match="'main' cannot be opened: the port is taken"):
        await engine.configure(replace(CONFIG, time_zone="Europe/Vienna"), transports=[Shut()])

    conversation = await answered(engine)
    await engine.submit(Reply(conversation=conversation, by="ana", body="hello"))
    with anyio.fail_after(60):
        await carrier.has_sent(1)

    assert engine.board.config == before


async def test_a_configuration_that_is_refused_closes_the_transports_it_brought(engine: Engine) -> None:
    other = RecordingTransport()
    with pytest.raises(InvalidConfiguration):
        await engine.configure(replace(CONFIG, queues=()), transports=[other])

    with anyio.fail_after(60):
        while other.open:
            await anyio.lowlevel.checkpoint()


async def test_a_decision_that_breaks_the_board_is_undone_and_only_its_asker_is_told_why(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(decision: Decision, command: CloseConversation) -> None:
        decision.emit(ConversationParked, conversation=command.conversation, rep=command.by, by=command.by)
        raise RuntimeError("a defect")

    store = UnwellStore()
    async with Engine(CONFIG, store=store, clock=clock) as engine:
        conversation = await answered(engine)
        monkeypatch.setitem(cast("dict[Any, Any]", board._DECIDERS), CloseConversation, breaks)
        errors: list[Exception] = []

        async def ask(command: Command) -> None:
            try:
                await engine.submit(command)
            except (RuntimeError, CommitFailed) as error:
                errors.append(error)

        store.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, text("SM7"))
            await store.waiting.wait()
            tasks.start_soon(ask, text("SM8"))
            tasks.start_soon(ask, CloseConversation(conversation=conversation, by="ana"))
            tasks.start_soon(ask, text("SM9"))
            await anyio.wait_all_tasks_blocked()
            store.gate.set()

        assert sorted(type(each).__name__ for each in errors) == ["CommitFailed", "CommitFailed", "RuntimeError"]
        for provider_id in ("SM8", "SM9"):
            await engine.submit(text(provider_id))

        assert not engine.board.conversations[conversation].parked
        assert len((await engine.history.messages(CONFIG.name, conversation)).items) == 4


async def test_a_cursor_from_beyond_the_journal_counts_as_its_end(engine: Engine) -> None:
    seen: list[int] = []
    end = engine.feed.cursor

    async def follow() -> None:
        async for event in engine.feed.events(end + 1_000):
            seen.append(event.seq)
            return

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await anyio.wait_all_tasks_blocked()
            await engine.submit(text("SM1"))

    assert seen == [end + 1]


async def test_a_transport_that_breaks_its_word_leaves_its_text_uncertain_and_the_engine_alive(
    store: MemoryStore,
) -> None:
    class Broken(RecordingTransport):
        async def send(self, message: OutboundMessage) -> SendResult:
            raise RuntimeError("a defect")

    async with Engine(CONFIG, store=store, transports=[Broken()]) as engine:
        conversation = await answered(engine)
        await engine.submit(Reply(conversation=conversation, by="ana", body="hello"))
        await when(engine, "SendUncertain")
        assert engine.running


async def test_embedding_leaves_the_hosts_signals_alone(store: MemoryStore) -> None:
    assert threading.current_thread() is threading.main_thread()
    every = [each for each in signal.Signals if each not in (signal.SIGKILL, signal.SIGSTOP)]
    before = [signal.getsignal(each) for each in every]
    async with Engine(CONFIG, store=store):
        assert [signal.getsignal(each) for each in every] == before

    assert [signal.getsignal(each) for each in every] == before
