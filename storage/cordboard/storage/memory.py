"""A store in memory: real, and as strict as the others, for tests and load benches. It lives as long as its object."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Self, TypeVar

from anyio.lowlevel import checkpoint

from cordboard.engine.carrier import DeliveryReported
from cordboard.engine.config import BoardConfig
from cordboard.engine.errors import BoardInUse, StoreUnavailable
from cordboard.engine.events import Event
from cordboard.engine.ports import Batch, ConversationQuery, Page, Prefetch, Prefetched
from cordboard.engine.records import Answer, BoardSnapshot, Consent, Conversation, Counters, Message
from cordboard.engine.states import ChannelState, QueueState, RepState
from cordboard.storage.base import answers_from, conversation_of, page

T = TypeVar("T", Conversation, Message)


class _Board:
    """What is kept of one board, and where to find it."""

    def __init__(self) -> None:
        self.holder: MemoryStore | None = None
        self.counters = Counters()
        self.config: BoardConfig | None = None
        self.early_reports: tuple[DeliveryReported, ...] = ()
        self.reps: dict[str, RepState] = {}
        self.consents: dict[tuple[str, str], Consent] = {}
        self.channels: dict[str, ChannelState] = {}
        self.queues: dict[str, QueueState] = {}
        self.conversations: dict[int, Conversation] = {}
        self.live: set[int] = set()
        self.latest: dict[tuple[str, str], int] = {}
        self.messages: dict[int, Message] = {}
        self.in_hand: set[int] = set()
        self.awaiting_report: defaultdict[str, set[int]] = defaultdict(set)
        self.by_provider: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self.messages_of: defaultdict[int | None, list[int]] = defaultdict(list)
        self.events: list[Event] = []
        self.events_of: defaultdict[int, list[Event]] = defaultdict(list)
        self.answers: dict[str, Answer] = {}

    def keep(self, batch: Batch) -> None:
        self.counters = batch.counters
        self.config = batch.config or self.config
        if batch.early_reports is not None:
            self.early_reports = batch.early_reports

        self.reps.update({each.name: each for each in batch.reps})
        self.consents.update({(each.number, each.customer): each for each in batch.consents})
        self.channels.update({each.name: each for each in batch.channels})
        self.queues.update({each.name: each for each in batch.queues})
        for conversation in batch.conversations:
            self._keep_conversation(conversation)

        for message in batch.messages:
            self._keep_message(message)

        for event in batch.events:
            self.events.append(event)
            if (about := conversation_of(event)) is not None:
                self.events_of[about].append(event)

        if batch.answers:
            self._keep_answers(batch)

    def _keep_conversation(self, new: Conversation) -> None:
        self.conversations[new.id] = new
        (self.live.add if new.live else self.live.discard)(new.id)
        pair = (new.number, new.customer)
        self.latest[pair] = max(new.id, self.latest.get(pair, new.id))

    def _keep_message(self, new: Message) -> None:
        if new.id not in self.messages:
            self.messages_of[new.conversation].append(new.id)

        self.messages[new.id] = new
        (self.in_hand.add if new.in_hand else self.in_hand.discard)(new.id)
        awaiting = self.awaiting_report[new.channel]
        (awaiting.add if new.awaits_report else awaiting.discard)(new.id)
        if new.provider_id is not None:
            self.by_provider[new.channel, new.provider_id].add(new.id)

    def _keep_answers(self, batch: Batch) -> None:
        for answer in batch.answers:
            self.answers.pop(answer.key, None)  # so that the oldest stay first
            self.answers[answer.key] = answer

        limit = answers_from(batch)
        while (oldest := next(iter(self.answers.values()))).at < limit:
            del self.answers[oldest.key]


class MemoryStore:
    """Keeps boards for as long as the object lives; it may be entered again, as after a restart.

    Args:
        sharing: Another store in memory, whose boards this one opens too, as two processes open one database.
    """

    def __init__(self, *, sharing: MemoryStore | None = None) -> None:
        self._boards: dict[str, _Board] = {}
        if sharing is not None:
            self._boards = sharing._boards  # noqa: SLF001 - one of its own kind
        self._open = False

    async def __aenter__(self) -> Self:
        """Open it.

        Raises:
            BoardInUse: It is open already: its boards are held.
        """
        if self._open:
            raise BoardInUse("this store is open already, and its boards are held: give each engine a store of its own")

        self._open = True
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it, and let its boards go."""
        self._open = False
        for board in self._boards.values():
            if board.holder is self:
                board.holder = None

    async def load(self, board: str) -> BoardSnapshot:
        """Take hold of a board and return its live state: nothing but its name if it is new.

        Raises:
            BoardInUse: Another store that shares its boards with this one holds the board.
            StoreUnavailable: The store is not open.
        """
        await self._opened()
        kept = self._boards.setdefault(board, _Board())
        if kept.holder not in (None, self):
            raise BoardInUse(f"board {board!r} is held by another store that shares its boards with this one")

        kept.holder = self
        return BoardSnapshot(
            board=board,
            counters=kept.counters,
            config=kept.config,
            conversations=_those(kept.conversations, kept.live),
            messages=_those(kept.messages, kept.in_hand),
            reps=tuple(kept.reps[each] for each in sorted(kept.reps)),
            early_reports=kept.early_reports,
            consents=tuple(each for _, each in sorted(kept.consents.items())),
            channels=tuple(kept.channels[each] for each in sorted(kept.channels)),
            queues=tuple(kept.queues[each] for each in sorted(kept.queues)),
        )

    async def prefetch(self, request: Prefetch) -> Prefetched:
        """Return what is known of what a batch may need."""
        kept = await self._kept(request.board)
        messages = {each for key in request.provider_ids for each in kept.by_provider.get(key, ())}
        messages.update(each for each in request.messages if each in kept.messages)
        conversations = {kept.latest[pair] for pair in request.pairs if pair in kept.latest}
        conversations.update(each for each in request.conversations if each in kept.conversations)
        return Prefetched(
            messages=_those(kept.messages, messages),
            conversations=_those(kept.conversations, conversations),
            answers=tuple(kept.answers[key] for key in request.keys if key in kept.answers),
        )

    async def commit(self, batch: Batch) -> None:
        """Keep a batch.

        Raises:
            StoreUnavailable: Nothing of it was kept: the board is not held, or its journal has these events already.
        """
        kept = await self._kept(batch.board)
        if kept.holder is not self:
            raise StoreUnavailable(f"board {batch.board!r} is not held by this store: load it first")

        last = kept.events[-1].seq if kept.events else 0
        for event in batch.events:
            if event.seq <= last:
                raise StoreUnavailable(f"the journal of board {batch.board!r} already has an event {event.seq}")

            last = event.seq

        kept.keep(batch)

    async def probe(self) -> None:
        """Return if it is open."""
        await self._opened()

    async def conversation(self, board: str, conversation: int) -> Conversation | None:
        """Return one conversation, or None."""
        return (await self._kept(board)).conversations.get(conversation)

    async def conversations(self, board: str, query: ConversationQuery) -> Page[Conversation]:
        """List conversations, newest id first; the page's cursor is the next query's `before`."""
        kept = (await self._kept(board)).conversations
        found = [kept[each] for each in sorted(kept, reverse=True) if _matches(kept[each], query)]
        return page(found, query.limit)

    async def messages(self, board: str, conversation: int, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a conversation's messages with ids above `after`, oldest first; the cursor is the next `after`."""
        return await self._page_of_messages(board, conversation, after, limit)

    async def message(self, board: str, message: int) -> Message | None:
        """Return one message, or None."""
        return (await self._kept(board)).messages.get(message)

    async def awaiting_report(self, board: str, channel: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a channel's texts of which the carrier has not said yet what became of them, as `messages` does."""
        kept = await self._kept(board)
        ids = [each for each in sorted(kept.awaiting_report.get(channel, ())) if each > after]
        return page([kept.messages[each] for each in ids[: limit + 1]], limit)

    async def unroutable(self, board: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List texts to numbers that were not configured, as `messages` does."""
        return await self._page_of_messages(board, None, after, limit)

    async def events(
        self, board: str, *, after: int = 0, limit: int = 1000, conversation: int | None = None
    ) -> tuple[Event, ...]:
        """Return events numbered above `after`, in order; all of the board's or one conversation's."""
        kept = await self._kept(board)
        events: Sequence[Event] = kept.events if conversation is None else kept.events_of.get(conversation, ())
        start = bisect_right(events, after, key=lambda each: each.seq)
        return tuple(events[start : start + limit])

    async def _page_of_messages(self, board: str, conversation: int | None, after: int, limit: int) -> Page[Message]:
        kept = await self._kept(board)
        ids = sorted(kept.messages_of.get(conversation, ()))
        start = bisect_right(ids, after)
        return page([kept.messages[each] for each in ids[start : start + limit + 1]], limit)

    async def _kept(self, board: str) -> _Board:
        await self._opened()
        return self._boards.get(board) or _Board()

    async def _opened(self) -> None:
        await checkpoint()  # as any store, it lets others go on meanwhile
        if not self._open:
            raise StoreUnavailable("the store in memory is not open; use it inside `async with`")


def _those(records: dict[int, T], ids: Iterable[int]) -> tuple[T, ...]:
    return tuple(records[each] for each in sorted(ids))


def _matches(conversation: Conversation, query: ConversationQuery) -> bool:
    return (
        (query.before is None or conversation.id < query.before)
        and (query.state is None or conversation.state is query.state)
        and (query.queue is None or conversation.queue == query.queue)
        and (query.rep is None or query.rep in (conversation.holder, conversation.rep))
        and (query.customer is None or conversation.customer == query.customer)
        and (query.number is None or conversation.number == query.number)
        and (query.sight is None or query.sight.includes(conversation))
    )
