"""What every store tells of the past: the words of `cordboard.engine.ports.History`, a test for each sentence.

It is a part of `cordboard.engine.testing.stores.StoreConformance`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final, TypeAlias

import pytest
from msgspec.structs import replace

from cordboard.engine.ports import ConversationQuery, Page, Sight, Store
from cordboard.engine.records import Conversation, Message
from cordboard.engine.testing.specimens import (
    BOARD,
    CUSTOMER,
    Specimens,
    active,
    changed,
    conversation,
    message,
    presences,
)
from cordboard.engine.vocabulary import State

OpenStore: TypeAlias = Callable[[], Store]

BEYOND: Final = 10**30
"""An id that somebody may write into a URL, and that nothing has."""


def ids(found: Page[Conversation] | Page[Message]) -> list[int]:
    """Return the ids on a page."""
    return [each.id for each in found.items]


@pytest.mark.usefixtures("anyio_backend")
class HistoryConformance:
    """The tests. A subclass brings the fixture.

    Fixtures:
        open_store: A function that returns a store that is not open yet: another one at each call, and within one test
            all on the same data, which is empty at first.
    """

    @pytest.fixture
    async def store(self, open_store: OpenStore) -> AsyncIterator[Store]:
        """A store that is open and holds the board."""
        async with open_store() as store:
            await store.load(BOARD)
            yield store

    async def test_one_conversation_is_found_or_not(self, store: Store) -> None:
        closed = conversation(2, state=State.CLOSED)
        await store.commit(changed(conversations=(conversation(1), closed)))

        assert await store.conversation(BOARD, 2) == closed
        for unknown in (3, 0, -1, BEYOND, -BEYOND):
            assert await store.conversation(BOARD, unknown) is None

    async def test_one_message_is_found_or_not(self, store: Store) -> None:
        unroutable = message(2, conversation=None)
        await store.commit(changed(conversations=(conversation(1),), messages=(message(1), unroutable)))

        assert await store.message(BOARD, 1) == message(1)
        assert await store.message(BOARD, 2) == unroutable
        assert await store.message("another", 1) is None
        for unknown in (3, 0, -1, BEYOND, -BEYOND):
            assert await store.message(BOARD, unknown) is None

    async def test_conversations_are_listed_page_by_page_newest_first(self, store: Store) -> None:
        await store.commit(changed(conversations=tuple(conversation(each) for each in range(1, 8))))

        pages: list[Page[Conversation]] = []
        query = ConversationQuery(limit=3)
        while query.before is None or pages[-1].next is not None:
            pages.append(await store.conversations(BOARD, query))
            query = replace(query, before=pages[-1].next or 0)

        assert [ids(each) for each in pages] == [[7, 6, 5], [4, 3, 2], [1]]

    async def test_a_page_that_is_full_by_chance_is_the_last(self, store: Store) -> None:
        await store.commit(changed(conversations=(conversation(1), conversation(2))))

        page = await store.conversations(BOARD, ConversationQuery(limit=2))
        assert ids(page) == [2, 1]
        assert page.next is None

    async def test_conversations_are_listed_by_what_is_asked(self, store: Store) -> None:
        other = "+18005550199"
        last_with_ana: dict[str, object] = {"rep": "ana", "held_by": ("ana",)}
        await store.commit(
            changed(
                conversations=(
                    conversation(1, customer=CUSTOMER, state=State.CLOSED),
                    conversation(2, customer=CUSTOMER, number=other, queue="second"),
                    active(3, "ana"),
                    conversation(4, state=State.CLOSED, **last_with_ana),
                    # Offered to Ben; Ana was the last who had it.
                    active(5, "ben", state=State.ASSIGNED, **last_with_ana, queue="second"),
                    # With Ben; Ana had it, but not last.
                    active(6, "ben", held_by=("ana", "ben")),
                    conversation(7, state=State.NEW, queue=None, number=other),
                )
            )
        )

        async def listed(**asked: object) -> list[int]:
            return ids(await store.conversations(BOARD, replace(ConversationQuery(), **asked)))

        assert await listed() == [7, 6, 5, 4, 3, 2, 1]
        assert await listed(state=State.CLOSED) == [4, 1]
        assert await listed(state=State.NEW) == [7]
        assert await listed(state=State.QUEUED) == [2]
        assert await listed(state=State.ASSIGNED) == [5]
        assert await listed(state=State.ACTIVE) == [6, 3]
        assert await listed(queue="second") == [5, 2]
        assert await listed(rep="ana") == [5, 4, 3]
        assert await listed(rep="ben") == [6, 5]
        assert await listed(customer=CUSTOMER) == [2, 1]
        assert await listed(number=other) == [7, 2]
        assert await listed(rep="ana", state=State.CLOSED) == [4]
        assert await listed(queue="second", state=State.QUEUED) == [2]
        assert await listed(customer=CUSTOMER, number=other) == [2]
        assert await listed(before=5, limit=2) == [4, 3]
        assert await listed(before=BEYOND, limit=1) == [7]
        assert await listed(before=-BEYOND) == []
        assert await listed(queue="third") == await listed(rep="sue") == await listed(customer="+1") == []

    async def test_eyes_see_what_they_may(self, store: Store) -> None:
        everything = (
            conversation(1),
            conversation(2, queue="second"),
            conversation(3, queue="third"),
            active(4, "ana"),
            active(5, "ben"),
            active(6, "ana", state=State.ASSIGNED, held_by=()),
            conversation(7, state=State.CLOSED, rep="ben", held_by=("ana", "ben")),
            conversation(8, state=State.CLOSED, rep="ben", held_by=("ben",)),
            # Wrapping up is not holding; but who wraps up has held it.
            active(9, "ana", state=State.CLOSED, held_by=()),
            conversation(10, queue="third", held_by=("ana",)),
            conversation(11, state=State.NEW, queue=None),
            active(12, "ben"),
        )
        await store.commit(changed(conversations=everything))

        for rep in ("ana", "ben", "sue"):
            for queues in ((), ("general",), ("general", "second"), ("third", "fourth")):
                sight = Sight(rep=rep, queues=queues)
                seen = ids(await store.conversations(BOARD, ConversationQuery(sight=sight)))
                assert seen == [each.id for each in everything[::-1] if sight.includes(each)], sight

        ana = Sight(rep="ana", queues=("general",))
        narrowed = ConversationQuery(sight=ana, before=10, limit=2)
        page = await store.conversations(BOARD, narrowed)
        assert (ids(page), page.next) == ([7, 6], 6)
        assert ids(await store.conversations(BOARD, ConversationQuery(sight=ana, rep="ben"))) == [7]
        assert ids(await store.conversations(BOARD, ConversationQuery(sight=ana, state=State.QUEUED))) == [10, 1]

    async def test_who_ever_held_a_conversation_goes_on_seeing_it(self, store: Store) -> None:
        for held in (active(1, "ana"), active(1, "ben", held_by=("ana", "ben"))):
            await store.commit(changed(conversations=(held,)))

        await store.commit(changed(conversations=(replace(held, state=State.CLOSED, assignment=None),)))
        for rep in ("ana", "ben"):
            assert ids(await store.conversations(BOARD, ConversationQuery(sight=Sight(rep=rep, queues=())))) == [1]

    async def test_messages_are_listed_page_by_page_oldest_first(self, store: Store) -> None:
        mine = [message(each) for each in (2, 3, 5, 8)]
        others = (message(1, conversation=2), message(4, conversation=None), message(6, conversation=2))
        threads = (conversation(1), conversation(2), conversation(3))
        await store.commit(changed(conversations=threads, messages=(*mine[::-1], *others)))

        first = await store.messages(BOARD, 1, limit=3)
        assert (first.items, first.next) == (tuple(mine[:3]), 5)
        assert await store.messages(BOARD, 1, after=5, limit=3) == Page(items=(mine[3],), next=None)
        assert await store.messages(BOARD, 1, limit=4) == Page(items=tuple(mine), next=None)
        for nothing in (3, 99, BEYOND):
            assert await store.messages(BOARD, nothing) == Page(items=(), next=None)

        assert await store.messages(BOARD, 1, after=BEYOND) == Page(items=(), next=None)

    async def test_texts_to_numbers_that_are_not_configured_are_listed(self, store: Store) -> None:
        lost = [message(each, conversation=None) for each in (1, 3, 4)]
        await store.commit(changed(conversations=(conversation(1),), messages=(*lost, message(2))))

        assert await store.unroutable(BOARD, limit=2) == Page(items=tuple(lost[:2]), next=3)
        assert await store.unroutable(BOARD, after=3) == Page(items=(lost[2],), next=None)
        assert await store.unroutable(BOARD, after=4) == Page(items=(), next=None)

    async def test_events_are_told_in_order_from_any_point(self, store: Store) -> None:
        for first in (1, 4, 7):
            await store.commit(changed(events=presences(first, first + 2)))

        async def told(**asked: int) -> list[int]:
            return [each.seq for each in await store.events(BOARD, **asked)]

        assert await told() == list(range(1, 10))
        assert await told(after=4) == [5, 6, 7, 8, 9]
        assert await told(after=2, limit=3) == [3, 4, 5]
        assert await told(after=9) == await told(after=BEYOND) == []

    async def test_events_of_one_conversation_are_told(self, store: Store) -> None:
        specimens = Specimens()
        mine = specimens.events(conversation=1)
        others = specimens.events(after=len(mine), conversation=2)
        again = specimens.events(after=2 * len(mine), conversation=1)
        await store.commit(changed(events=(*mine, *others)))
        await store.commit(changed(events=again))

        about = [each for each in (*mine, *again) if hasattr(each, "conversation")]
        assert await store.events(BOARD, conversation=1) == tuple(about)
        assert await store.events(BOARD, conversation=1, after=about[1].seq, limit=2) == tuple(about[2:4])
        assert await store.events(BOARD, conversation=3) == await store.events(BOARD, conversation=BEYOND) == ()
