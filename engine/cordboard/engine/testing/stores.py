"""What every store is tested against: the words of `cordboard.engine.ports.Store`, a test for each sentence.

Subclass `StoreConformance` in a test module, and bring the fixture that it names. Needs pytest, and anyio's pytest
plugin in its automatic mode.
"""

from __future__ import annotations

from typing import Final

import pytest
from msgspec.structs import replace

from cordboard.engine.carrier import DeliveryReported
from cordboard.engine.config import BoardConfig
from cordboard.engine.errors import BoardInUse, StoreUnavailable
from cordboard.engine.events import MessageReceived
from cordboard.engine.ports import Batch, ConversationQuery, Page, Prefetch, Prefetched, Sight, Store
from cordboard.engine.records import Answer, Assignment, BoardSnapshot, Conversation, Counters, Message
from cordboard.engine.states import ChannelState, QueueState, RepState
from cordboard.engine.testing.histories import BEYOND, HistoryConformance, OpenStore, ids
from cordboard.engine.testing.specimens import (
    AT,
    BOARD,
    CUSTOMER,
    OURS,
    Specimens,
    active,
    answer,
    changed,
    conversation,
    message,
    presences,
    reply,
)
from cordboard.engine.vocabulary import MessageStatus, Presence, State

ODD_TEXTS: Final = (
    "",
    " ",
    "Grüße 👋🏽 👩‍👩‍👧‍👦",
    "nul \x00 and bell \x07 and escape \x1b[31m",
    "line\nfeed\r\n\ttab \u2028 \u2029 \x85",
    "'); DROP TABLE messages; -- \" ` \\ % _ ? :name",
    "مرحبا שלום e\u0301 \u202e \ufeff \ufffe \U0010ffff",
    '{"type": "message_received"}',
)
"""Texts and ids that a store has to give back as they were."""


async def everything(store: Store, board: str = BOARD) -> list[object]:
    """Return all that a store tells about the first few of everything on a board."""
    several = range(1, 6)
    queries = [ConversationQuery(state=each) for each in (None, *State)]
    queries += [ConversationQuery(customer=conversation(each).customer) for each in several]
    queries += [ConversationQuery(number=OURS), ConversationQuery(queue="general")]
    for rep in ("ana", "ben"):
        queries += [ConversationQuery(rep=rep), ConversationQuery(sight=Sight(rep=rep, queues=("general",)))]

    asked = Prefetch(
        board=board,
        provider_ids=tuple(("main", f"SM{each}") for each in several),
        messages=tuple(several),
        conversations=tuple(several),
        pairs=tuple((OURS, conversation(each).customer) for each in several),
        keys=("key",),
    )
    return [
        await store.load(board),
        await store.prefetch(asked),
        await store.unroutable(board),
        await store.events(board),
        *[await store.conversations(board, each) for each in queries],
        *[await store.conversation(board, each) for each in several],
        *[await store.messages(board, each) for each in several],
        *[await store.events(board, conversation=each) for each in several],
    ]


class StoreConformance(HistoryConformance):
    """The tests. A subclass brings the fixture.

    Fixtures:
        open_store: A function that returns a store that is not open yet: another one at each call, and within one test
            all on the same data, which is empty at first.
    """

    # Holding a board.

    async def test_a_new_board_is_nothing_but_its_name(self, open_store: OpenStore) -> None:
        async with open_store() as store:
            assert await store.load(BOARD) == BoardSnapshot(board=BOARD)

    async def test_a_board_that_somebody_holds_is_refused(self, store: Store, open_store: OpenStore) -> None:
        async with open_store() as second:
            with pytest.raises(BoardInUse, match=BOARD):
                await second.load(BOARD)

            await second.load("fabrikam")

        await store.commit(changed(events=presences(1, 1)))

    @pytest.mark.usefixtures("store")
    async def test_who_was_refused_has_taken_nothing_away(self, open_store: OpenStore) -> None:
        for _ in range(2):
            async with open_store() as second:
                with pytest.raises(BoardInUse):
                    await second.load(BOARD)

    async def test_leaving_lets_the_board_go(self, open_store: OpenStore) -> None:
        async with open_store() as second:
            async with open_store() as first:
                await first.load(BOARD)

            await second.load(BOARD)

    async def test_a_store_can_be_entered_again(self, open_store: OpenStore) -> None:
        store = open_store()
        for last in (1, 2, 3):
            async with store:
                assert (await store.load(BOARD)).counters.seq == last - 1
                await store.commit(changed(events=presences(last, last)))

    async def test_a_store_is_entered_by_one_engine_at_a_time(self, store: Store) -> None:
        with pytest.raises(BoardInUse):
            await store.__aenter__()

        await store.probe()

    async def test_a_board_that_is_not_held_cannot_be_committed_to(self, store: Store) -> None:
        with pytest.raises(StoreUnavailable, match="fabrikam"):
            await store.commit(changed("fabrikam", events=presences(1, 1)))

        assert await store.events("fabrikam") == ()

    async def test_a_store_that_is_not_open_says_so(self, open_store: OpenStore) -> None:
        store = open_store()
        with pytest.raises(StoreUnavailable):
            await store.probe()

        async with store:
            await store.probe()

        with pytest.raises(StoreUnavailable):
            await store.load(BOARD)

    # Keeping.

    async def test_every_event_comes_back_as_it_was(self, store: Store) -> None:
        events = Specimens().events()
        await store.commit(changed(events=events))

        assert await store.events(BOARD) == events

    async def test_every_record_comes_back_as_it_was_after_a_restart(self, open_store: OpenStore) -> None:
        specimens = Specimens()
        kept = BoardSnapshot(
            board=BOARD,
            counters=specimens.make(Counters),
            config=specimens.make(BoardConfig),
            conversations=(specimens.make(Conversation, id=7, state=State.ACTIVE),),
            messages=(specimens.make(Message, id=9, conversation=7, status=MessageStatus.QUEUED),),
            reps=(specimens.make(RepState, name="ana"), specimens.make(RepState, name="ben")),
            early_reports=(specimens.make(DeliveryReported), specimens.make(DeliveryReported)),
            channels=(specimens.make(ChannelState, name="main"), specimens.make(ChannelState, name="second")),
            queues=(specimens.make(QueueState, name="general"), specimens.make(QueueState, name="second")),
        )
        answered = specimens.make(Answer)
        async with open_store() as store:
            await store.load(BOARD)
            await store.commit(
                Batch(
                    board=BOARD,
                    events=tuple(presences(1, 1)),
                    counters=kept.counters,
                    conversations=kept.conversations,
                    messages=kept.messages,
                    reps=kept.reps[::-1],
                    config=kept.config,
                    early_reports=kept.early_reports,
                    answers=(answered,),
                    channels=kept.channels[::-1],
                    queues=kept.queues[::-1],
                )
            )

        async with open_store() as store:
            assert await store.load(BOARD) == kept
            assert (await store.prefetch(Prefetch(board=BOARD, keys=(answered.key,)))).answers == (answered,)

    async def test_what_a_later_batch_does_not_mention_stays(self, store: Store) -> None:
        config = BoardConfig(name=BOARD, time_zone="Europe/Berlin")
        report = DeliveryReported(channel="main", provider_id="SM1", status=MessageStatus.SENT)
        reps = (RepState(name="ana"), RepState(name="ben"))
        queues = (QueueState(name="general", last_taken_at=AT),)
        first = changed(config=config, early_reports=(report,), reps=reps, queues=queues)
        await store.commit(replace(first, conversations=(conversation(1),)))
        ben = RepState(name="ben", presence=Presence.AVAILABLE)
        await store.commit(changed(events=presences(1, 1), reps=(ben,)))

        snapshot = await store.load(BOARD)
        assert snapshot.config == config
        assert snapshot.early_reports == (report,)
        assert snapshot.reps == (reps[0], ben)
        assert snapshot.queues == queues
        assert ids(await store.conversations(BOARD, ConversationQuery())) == [1]

    async def test_the_last_batch_has_the_last_word(self, store: Store) -> None:
        for zone in ("Europe/Berlin", "America/Los_Angeles"):
            report = DeliveryReported(channel="main", provider_id=zone, status=MessageStatus.SENT)
            config = BoardConfig(name=BOARD, time_zone=zone)
            await store.commit(
                changed(
                    config=config,
                    early_reports=(report,),
                    conversations=(conversation(1, queue=zone),),
                    queues=(QueueState(name="general", last_taken_at=len(zone)),),
                )
            )

        snapshot = await store.load(BOARD)
        assert snapshot.config is not None
        assert snapshot.config.time_zone == zone
        assert snapshot.early_reports == (report,)
        assert [each.queue for each in snapshot.conversations] == [zone]
        assert snapshot.queues == (QueueState(name="general", last_taken_at=len(zone)),)

        await store.commit(changed(early_reports=()))
        assert (await store.load(BOARD)).early_reports == ()

    async def test_a_batch_is_kept_as_a_whole_or_not_at_all(self, store: Store) -> None:
        await store.commit(changed(events=presences(1, 2), conversations=(conversation(1),), messages=(message(1),)))
        before = await everything(store)

        with pytest.raises(StoreUnavailable):
            await store.commit(
                changed(
                    events=presences(2, 3),  # the journal has a 2 already
                    counters=Counters(seq=3, conversation=2),
                    conversations=(conversation(1, queue="second"), conversation(2)),
                    messages=(message(1, body="Another"), message(2)),
                    reps=(RepState(name="ana"),),
                    queues=(QueueState(name="general"),),
                    config=BoardConfig(name=BOARD),
                    early_reports=(DeliveryReported(channel="main", provider_id="SM9", status=MessageStatus.SENT),),
                    answers=(answer("key"),),
                )
            )

        assert await everything(store) == before
        asked = Prefetch(board=BOARD, keys=("key",), conversations=(2,), messages=(2,), provider_ids=(("main", "SM2"),))
        assert await store.prefetch(asked) == Prefetched()

    async def test_after_a_failed_commit_the_board_is_loaded_and_goes_on(self, store: Store) -> None:
        await store.commit(changed(events=presences(1, 2), conversations=(conversation(1),)))
        with pytest.raises(StoreUnavailable):
            await store.commit(changed(events=presences(2, 2), conversations=(conversation(2),)))

        snapshot = await store.load(BOARD)
        assert snapshot.counters.seq == 2
        assert [each.id for each in snapshot.conversations] == [1]

        await store.commit(changed(events=presences(3, 3), conversations=(conversation(2),)))
        assert [each.id for each in (await store.load(BOARD)).conversations] == [1, 2]

    async def test_what_was_committed_is_there_after_a_restart(self, open_store: OpenStore) -> None:
        async with open_store() as store:
            await store.load(BOARD)
            await store.commit(changed(events=presences(1, 2), conversations=(conversation(1),)))
            await store.commit(changed(events=presences(3, 4), messages=(message(1),)))
            before = await everything(store)

        async with open_store() as store:
            assert await everything(store) == before

    @pytest.mark.parametrize("odd", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
    async def test_odd_texts_come_back_as_they_were(self, store: Store, odd: str) -> None:
        text = message(1, body=odd, provider_id=odd, customer=odd)
        thread = conversation(1, customer=odd)
        event = MessageReceived(
            seq=1,
            at=AT,
            conversation=1,
            message=1,
            channel="main",
            number=OURS,
            customer=odd,
            body=odd,
            media=(),
            segments=1,
            provider_id=odd,
        )
        batch = changed(events=(event,), conversations=(thread,), messages=(text,), answers=(answer(odd),))
        await store.commit(batch)

        asked = Prefetch(board=BOARD, provider_ids=(("main", odd),), pairs=((OURS, odd),), keys=(odd,))
        assert await store.prefetch(asked) == Prefetched(
            messages=(text,), conversations=(thread,), answers=(answer(odd),)
        )
        assert (await store.messages(BOARD, 1)).items == (text,)
        assert (await store.conversations(BOARD, ConversationQuery(customer=odd))).items == (thread,)
        assert await store.events(BOARD) == (event,)

    async def test_a_thousand_texts_are_one_batch(self, store: Store) -> None:
        several = range(1, 1001)
        conversations = tuple(conversation(each) for each in several)
        messages = tuple(message(each, conversation=each) for each in several)
        await store.commit(changed(events=presences(1, 3000), conversations=conversations, messages=messages))

        assert [each.seq for each in await store.events(BOARD, limit=5000)] == list(range(1, 3001))
        assert (await store.load(BOARD)).conversations == conversations
        known = await store.prefetch(
            Prefetch(
                board=BOARD,
                provider_ids=tuple(("main", f"SM{each}") for each in range(1, 2001)),
                pairs=tuple((OURS, each.customer) for each in conversations),
            )
        )
        assert known.messages == messages
        assert known.conversations == conversations

    # What is live.

    async def test_conversations_load_while_they_are_open_or_in_wrap_up(self, store: Store) -> None:
        wrap_up = Assignment(id=1, rep="ana", cost=1, began_at=AT, expires_at=AT + 1)
        live = (
            conversation(1, state=State.NEW, queue=None),
            conversation(2),
            conversation(3, state=State.ASSIGNED, assignment=wrap_up),
            active(4, "ana"),
            conversation(5, state=State.ACTIVE, parked=True),
            conversation(6, state=State.CLOSED, assignment=wrap_up, closed_at=AT),
        )
        closed = conversation(7, state=State.CLOSED, closed_at=AT)
        await store.commit(changed(conversations=(closed, *live[::-1])))
        assert (await store.load(BOARD)).conversations == live

        await store.commit(
            changed(conversations=(replace(live[5], assignment=None), replace(closed, state=State.QUEUED)))
        )
        assert [each.id for each in (await store.load(BOARD)).conversations] == [1, 2, 3, 4, 5, 7]

    async def test_messages_load_while_they_are_unsent(self, store: Store) -> None:
        sendable = (MessageStatus.QUEUED, MessageStatus.SENDING)
        unsent = (reply(1, MessageStatus.QUEUED), reply(2, MessageStatus.SENDING, attempts=1))
        others = (
            message(3),
            reply(4, MessageStatus.SENDING, uncertain=True),
            *(reply(5 + place, status) for place, status in enumerate(MessageStatus) if status not in sendable),
        )
        await store.commit(changed(conversations=(conversation(1),), messages=(*others, *unsent[::-1])))
        assert (await store.load(BOARD)).messages == unsent

        await store.commit(changed(messages=(replace(unsent[0], status=MessageStatus.SENT, provider_id="SM1"),)))
        assert (await store.load(BOARD)).messages == unsent[1:]

    # What a batch may need to know.

    async def test_messages_are_known_by_their_carriers_ids(self, store: Store) -> None:
        texts = (message(1), message(2, channel="second", provider_id="SM1"), message(3))
        sent = reply(4, MessageStatus.QUEUED)
        await store.commit(changed(conversations=(conversation(1),), messages=(*texts, sent)))
        sent = replace(sent, status=MessageStatus.SENT, provider_id="SM4")
        await store.commit(changed(messages=(sent,)))

        asked = (("main", "SM1"), ("main", "SM4"), ("second", "SM3"), ("third", "SM1"), ("main", "SM"))
        known = await store.prefetch(Prefetch(board=BOARD, provider_ids=asked))
        assert known == Prefetched(messages=(texts[0], sent))

    async def test_messages_and_conversations_are_known_by_their_ids(self, store: Store) -> None:
        threads = (conversation(1), conversation(2, state=State.CLOSED, closed_at=AT), conversation(3))
        texts = (message(1), message(2, conversation=None), message(3))
        await store.commit(changed(conversations=threads, messages=texts))

        known = await store.prefetch(Prefetch(board=BOARD, messages=(3, 2, 99, 0, -1), conversations=(2, 99, 1, 0, -1)))
        assert known == Prefetched(messages=texts[1:], conversations=threads[:2])

    async def test_the_latest_conversation_of_two_numbers_is_known(self, store: Store) -> None:
        other = "+18005550199"
        threads = (
            conversation(1, customer=CUSTOMER, state=State.CLOSED),
            conversation(2, customer=CUSTOMER, state=State.CLOSED),
            conversation(3, customer=CUSTOMER, number=other, state=State.CLOSED),
            conversation(4, customer=OURS, number=CUSTOMER),
            conversation(5),
        )
        await store.commit(changed(conversations=threads))

        async def latest(*pairs: tuple[str, str]) -> list[int]:
            known = await store.prefetch(Prefetch(board=BOARD, pairs=pairs))
            return [each.id for each in known.conversations]

        assert await latest((OURS, CUSTOMER)) == [2]
        assert await latest((other, CUSTOMER), (OURS, threads[4].customer), (other, OURS)) == [3, 5]

    async def test_what_is_asked_for_twice_is_told_once(self, store: Store) -> None:
        thread, text = conversation(1), message(1)
        await store.commit(changed(conversations=(thread,), messages=(text,)))

        known = await store.prefetch(
            Prefetch(
                board=BOARD,
                provider_ids=(("main", "SM1"),),
                messages=(1,),
                conversations=(1,),
                pairs=((OURS, thread.customer),),
            )
        )
        assert known == Prefetched(messages=(text,), conversations=(thread,))

    async def test_answers_are_known_by_their_keys(self, store: Store) -> None:
        await store.commit(changed(answers=(answer("ana:1"), answer("ana:2"), answer("ben:1"))))

        known = await store.prefetch(Prefetch(board=BOARD, keys=("ben:1", "ana:1", "ana:3")))
        assert set(known.answers) == {answer("ana:1"), answer("ben:1")}

    async def test_of_what_it_does_not_know_it_says_nothing(self, store: Store) -> None:
        asked = Prefetch(
            board=BOARD,
            provider_ids=(("main", "SM1"),),
            messages=(1, BEYOND, -BEYOND),
            conversations=(1, BEYOND, -BEYOND),
            pairs=((OURS, CUSTOMER),),
            keys=("key",),
        )
        assert await store.prefetch(asked) == Prefetched()
        assert await store.prefetch(Prefetch(board=BOARD)) == Prefetched()

    # Many boards.

    async def test_boards_see_nothing_of_one_another(self, open_store: OpenStore) -> None:
        specimens = Specimens()
        report = DeliveryReported(channel="main", provider_id="SM9", status=MessageStatus.SENT)
        ours = changed(
            events=specimens.events(conversation=1),
            conversations=(conversation(1), active(2, "ana")),
            messages=(message(1), reply(2, MessageStatus.QUEUED)),
            reps=(RepState(name="ana"),),
        )
        theirs = changed(
            "fabrikam",
            events=specimens.events(conversation=2),
            conversations=(active(1, "ana"), active(2, "ben"), conversation(3), conversation(4)),
            messages=(message(1, conversation=None), message(3, conversation=2), reply(4, MessageStatus.QUEUED)),
            reps=(RepState(name="ana", since=AT), RepState(name="ben")),
            queues=(QueueState(name="general", last_taken_at=AT),),
            config=BoardConfig(name="fabrikam"),
            early_reports=(report,),
            answers=(answer("key"),),
        )
        async with open_store() as store:
            await store.load(BOARD)
            await store.commit(ours)
            before = await everything(store)

            await store.load("fabrikam")
            await store.commit(theirs)
            assert await everything(store) == before
            assert await everything(store, "fabrikam") != before

    async def test_a_board_that_nobody_has_heard_of_has_no_past(self, store: Store) -> None:
        assert await store.conversation("nobody", 1) is None
        assert await store.conversations("nobody", ConversationQuery()) == Page(items=(), next=None)
        assert await store.messages("nobody", 1) == await store.unroutable("nobody") == Page(items=(), next=None)
        assert await store.events("nobody") == ()
        assert await store.prefetch(Prefetch(board="nobody", messages=(1,))) == Prefetched()
