"""A store in memory: real, and as strict as the others, for tests and load benches. It lives as long as its object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self, TypeVar

from cordboard.engine.carrier import DeliveryReported
from cordboard.engine.config import HOUR, BoardConfig
from cordboard.engine.errors import BoardInUse, StoreUnavailable
from cordboard.engine.events import ConversationEvent, Event, MessageEvent
from cordboard.engine.ports import Batch, ConversationQuery, Page, Prefetch, Prefetched
from cordboard.engine.records import Answer, BoardSnapshot, Conversation, Counters, Message, RepState

T = TypeVar("T", Conversation, Message)

ANSWERS_KEPT = 24 * HOUR
"""How long a first answer is kept: far longer than any client goes on trying."""


class _Board:
    """What is kept of one board."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.config: BoardConfig | None = None
        self.early_reports: tuple[DeliveryReported, ...] = ()
        self.conversations: dict[int, Conversation] = {}
        self.latest: dict[tuple[str, str], int] = {}
        self.messages: dict[int, Message] = {}
        self.by_provider: dict[tuple[str, str], int] = {}
        self.reps: dict[str, RepState] = {}
        self.events: list[Event] = []
        self.answers: dict[str, Answer] = {}


class MemoryStore:
    """Keeps boards for as long as the object lives; it may be entered again, as after a restart."""

    def __init__(self) -> None:
        self._boards: dict[str, _Board] = {}
        self._open = False

    async def __aenter__(self) -> Self:
        """Open it.

        Raises:
            BoardInUse: It is open already: its boards are held.
        """
        if self._open:
            raise BoardInUse("this store is open already, and its boards are held; leave it first")

        self._open = True
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close it."""
        self._open = False

    async def load(self, board: str) -> BoardSnapshot:
        """Return a board's live state."""
        kept = self._kept(board)
        return BoardSnapshot(
            board=board,
            counters=kept.counters,
            config=kept.config,
            conversations=_in_order(each for each in kept.conversations.values() if each.live),
            messages=_in_order(each for each in kept.messages.values() if each.unsent),
            reps=tuple(kept.reps[name] for name in sorted(kept.reps)),
            early_reports=kept.early_reports,
        )

    async def prefetch(self, request: Prefetch) -> Prefetched:
        """Return what is known of what a batch may need."""
        kept = self._kept(request.board)
        messages = {kept.by_provider[key] for key in request.provider_ids if key in kept.by_provider}
        messages.update(each for each in request.messages if each in kept.messages)
        conversations = {kept.latest[pair] for pair in request.pairs if pair in kept.latest}
        conversations.update(each for each in request.conversations if each in kept.conversations)
        return Prefetched(
            messages=tuple(kept.messages[each] for each in sorted(messages)),
            conversations=tuple(kept.conversations[each] for each in sorted(conversations)),
            answers=tuple(kept.answers[key] for key in request.keys if key in kept.answers),
        )

    async def commit(self, batch: Batch) -> None:
        """Keep a batch."""
        kept = self._kept(batch.board)
        kept.counters = batch.counters
        kept.events.extend(batch.events)
        for conversation in batch.conversations:
            kept.conversations[conversation.id] = conversation
            pair = (conversation.number, conversation.customer)
            kept.latest[pair] = max(conversation.id, kept.latest.get(pair, 0))

        for message in batch.messages:
            kept.messages[message.id] = message
            if message.provider_id is not None:
                kept.by_provider[message.channel, message.provider_id] = message.id

        kept.reps.update({each.name: each for each in batch.reps})
        kept.config = batch.config or kept.config
        if batch.early_reports is not None:
            kept.early_reports = batch.early_reports

        for answer in batch.answers:
            kept.answers[answer.key] = answer

        if batch.answers:
            oldest = max(each.at for each in batch.answers) - ANSWERS_KEPT
            kept.answers = {key: each for key, each in kept.answers.items() if each.at >= oldest}

    async def probe(self) -> None:
        """Return if it is open."""
        self._require_open()

    async def conversation(self, board: str, conversation: int) -> Conversation | None:
        """Return one conversation, or None."""
        return self._kept(board).conversations.get(conversation)

    async def conversations(self, board: str, query: ConversationQuery) -> Page[Conversation]:
        """List conversations, newest id first."""
        kept = self._kept(board).conversations
        found = [kept[each] for each in sorted(kept, reverse=True) if _matches(kept[each], query)]
        return _page(found, query.limit)

    async def messages(self, board: str, conversation: int, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a conversation's messages, oldest first."""
        return self._page_of_messages(board, lambda each: each.conversation == conversation, after, limit)

    async def unroutable(self, board: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List texts to numbers that were not configured, oldest first."""
        return self._page_of_messages(board, lambda each: each.conversation is None, after, limit)

    async def events(
        self, board: str, *, after: int = 0, limit: int = 1000, conversation: int | None = None
    ) -> tuple[Event, ...]:
        """Return events numbered above `after`, in order."""
        later = self._kept(board).events[after:]
        if conversation is not None:
            later = [each for each in later if conversation_of(each) == conversation]

        return tuple(later[:limit])

    def _page_of_messages(self, board: str, wanted: Callable[[Message], bool], after: int, limit: int) -> Page[Message]:
        kept = self._kept(board).messages
        return _page([kept[each] for each in sorted(kept) if each > after and wanted(kept[each])], limit)

    def _kept(self, board: str) -> _Board:
        self._require_open()
        return self._boards.setdefault(board, _Board())

    def _require_open(self) -> None:
        if not self._open:
            raise StoreUnavailable("the store in memory is not open; use it inside `async with`")


def conversation_of(event: Event) -> int | None:
    """Return the conversation an event is about, if it is about one."""
    return event.conversation if isinstance(event, ConversationEvent | MessageEvent) else None


def _in_order(records: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(records, key=lambda each: each.id))


def _page(found: list[T], limit: int) -> Page[T]:
    items = tuple(found[:limit])
    return Page(items=items, next=items[-1].id if len(found) > limit else None)


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
