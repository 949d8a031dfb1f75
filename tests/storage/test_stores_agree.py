"""Whatever happens, the store in memory and the one in SQLite tell the same."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from cordboard.engine.ports import Batch, ConversationQuery, Prefetch, Sight, Store
from cordboard.engine.records import Assignment, Conversation, Counters, Message
from cordboard.engine.testing.specimens import AT, BOARD, Specimens, answer, changed, conversation, message, reply
from cordboard.engine.vocabulary import MessageStatus, State
from cordboard.storage.base import ANSWERS_KEPT
from cordboard.storage.memory import MemoryStore
from cordboard.storage.sqlite import SqliteStore

REPS = ("ana", "ben", "sue")
QUEUES = ("general", "second", None)


@pytest.fixture
async def both(path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """Both stores, open and with the board."""
    async with AsyncExitStack() as stack:
        stores = (MemoryStore(), SqliteStore(path))
        for each in stores:
            await stack.enter_async_context(each)
            await each.load(BOARD)

        yield stores


class Life:
    """Batches of a board that lives at random: not one that a board would decide, but any that it may."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self._specimens = Specimens()
        self._seq = 0
        self._at = AT

    def batch(self) -> Batch:
        """Return what happens next."""
        self._at += self.chance.randrange(ANSWERS_KEPT // 4)
        conversations = [self._conversation() for _ in range(self.chance.randrange(6))]
        messages = [self._message() for _ in range(self.chance.randrange(6) if self.conversations else 0)]
        events = self._specimens.events(after=self._seq, conversation=self._some(self.conversations, 1))
        self._seq += len(events)
        answers = [answer(f"key {self.chance.randrange(30)}", at=self._at) for _ in range(self.chance.randrange(3))]
        return changed(
            events=events,
            counters=Counters(seq=self._seq),
            conversations=tuple({each.id: each for each in conversations}.values()),
            messages=tuple({each.id: each for each in messages}.values()),
            answers=tuple({each.key: each for each in answers}.values()),
        )

    def _some(self, known: dict[int, Conversation] | dict[int, Message], otherwise: int) -> int:
        return self.chance.choice(sorted(known)) if known and self.chance.random() < 0.7 else otherwise

    def _conversation(self) -> Conversation:
        number = self._some(self.conversations, len(self.conversations) + 1)
        state = self.chance.choice(list(State))
        rep = self.chance.choice(REPS)
        known = self.conversations.get(number) or conversation(number, customer=f"+1{self.chance.randrange(8)}")
        pair = [each for each in self.conversations.values() if each.customer == known.customer and each.id != number]
        if any(each.state is not State.CLOSED for each in pair):
            state = State.CLOSED  # a customer has one open conversation

        assignment = Assignment(id=1, rep=rep, cost=1, began_at=self._at) if self.chance.random() < 0.5 else None
        holds = state is State.ACTIVE and assignment is not None
        changed = replace(
            known,
            state=state,
            queue=self.chance.choice(QUEUES),
            assignment=assignment,
            updated_at=self._at,
            rep=rep if holds else known.rep,
            held_by=(*known.held_by, rep) if holds and rep not in known.held_by else known.held_by,
        )
        self.conversations[number] = changed
        return changed

    def _message(self) -> Message:
        number = self._some(self.messages, len(self.messages) + 1)
        thread = self.chance.choice([None, *self.conversations])
        known = self.messages.get(number)
        if known is None:
            known = message(number, conversation=thread)
            if self.chance.random() < 0.6:
                known = reply(number, MessageStatus.QUEUED, conversation=thread)
        elif known.status is not MessageStatus.RECEIVED:
            status = self.chance.choice([each for each in MessageStatus if each is not MessageStatus.RECEIVED])
            provider_id = known.provider_id or self.chance.choice([None, f"SM{number}", "SM-the-same"])
            known = replace(known, status=status, provider_id=provider_id, uncertain=self.chance.random() < 0.3)

        self.messages[number] = known
        return known


async def told(store: Store, life: Life) -> list[object]:
    """Return all that a store tells."""
    chance = random.Random(len(life.conversations))  # noqa: S311 - to be repeated, not to be secret
    threads = range(len(life.conversations) + 2)
    queries = [
        ConversationQuery(
            state=chance.choice([None, *State]),
            queue=chance.choice([None, None, "general"]),
            rep=chance.choice([None, None, *REPS]),
            customer=chance.choice([None, None, "+11"]),
            number=chance.choice([None, "+18005550100"]),
            sight=chance.choice([None, Sight(rep="ana", queues=("second",)), Sight(rep="ben", queues=())]),
            before=chance.choice([None, 5]),
            limit=chance.choice([3, 50]),
        )
        for _ in range(30)
    ]
    asked = Prefetch(
        board=BOARD,
        provider_ids=tuple(("main", f"SM{each}") for each in (*range(40), "-the-same")),
        messages=tuple(range(0, 40, 3)),
        conversations=tuple(range(0, 40, 3)),
        pairs=tuple(("+18005550100", f"+1{each}") for each in range(9)),
        keys=tuple(f"key {each}" for each in range(30)),
    )
    known = await store.prefetch(asked)
    return [
        await store.load(BOARD),
        replace(known, answers=tuple(sorted(known.answers, key=lambda each: each.key))),
        *[(each, await store.conversations(BOARD, each)) for each in queries],
        *[await store.messages(BOARD, each, limit=4) for each in threads],
        await store.unroutable(BOARD, after=2, limit=3),
        await store.events(BOARD, after=7, limit=100),
        *[await store.events(BOARD, conversation=each) for each in threads],
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_both_stores_tell_the_same(both: tuple[Store, Store], seed: int) -> None:
    life = Life(seed)
    memory, sqlite = both
    for count in range(1, 31):
        batch = life.batch()
        for store in both:
            await store.commit(batch)

        if count % 3 == 0:  # telling takes far longer than committing
            assert await told(sqlite, life) == await told(memory, life)


async def test_answers_are_kept_for_a_day(both: tuple[Store, Store]) -> None:
    asked = Prefetch(board=BOARD, keys=("first", "second", "third"))
    for store in both:
        for key, at in (("first", AT), ("second", AT + 1), ("third", AT + ANSWERS_KEPT)):
            await store.commit(changed(answers=(answer(key, at=at),)))

        assert {each.key for each in (await store.prefetch(asked)).answers} == {"first", "second", "third"}

        await store.commit(changed(answers=(answer("first", at=AT + ANSWERS_KEPT + 1),)))
        assert {each.key for each in (await store.prefetch(asked)).answers} == {"first", "second", "third"}

        await store.commit(changed(answers=(answer("fourth", at=AT + ANSWERS_KEPT + 2),)))
        assert {each.key for each in (await store.prefetch(asked)).answers} == {"first", "third"}
