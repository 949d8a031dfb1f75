"""What the engine asks of the world: a clock, stores, transports. Each Protocol is a specification.

The suites in `cordboard.engine.testing` test an implementation against these words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

from msgspec import Struct

from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    Capabilities,
    DeliveryReported,
    Media,
    MediaContent,
    MediaUnavailable,
    OutboundMessage,
    SendResult,
    TextReceived,
    Throttled,
    WebhookReply,
    WebhookRequest,
)
from cordboard.engine.config import BoardConfig
from cordboard.engine.events import Event
from cordboard.engine.records import Answer, BoardSnapshot, Consent, Conversation, Counters, Message
from cordboard.engine.states import ChannelState, QueueState, RepState
from cordboard.engine.vocabulary import State, Timestamp

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Timestamp:
        """Return the moment it is now. It may stand still or jump, back too."""
        ...


class Transport(Protocol):
    """Speaks one provider's protocol for one channel.

    Attributes:
        name: The channel's name.
        capabilities: What it can do.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - documented on the class
    @property
    def capabilities(self) -> Capabilities: ...  # noqa: D102 - documented on the class

    async def __aenter__(self) -> Self:
        """Open what sending needs (connection pools). Nothing is sent before."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Close it. What is being sent by then has been answered or cancelled."""
        ...

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request at the channel's door. Pure: no I/O, no waiting.

        Never raises. Anything forged is refused with 403 and an empty body, and has no events. What is truly the
        carrier's but cannot be read becomes `WebhookUnreadable`, unless nothing can be understood and the carrier
        would not retry anyway: then 400. The events are in the carrier's order. The reply is given after they are
        committed; if that fails, the caller answers 503 instead.
        """
        ...

    async def send(self, message: OutboundMessage) -> SendResult:
        """Hand one text to the carrier, once.

        Never raises for anything a carrier or a network does: `Accepted` when the carrier has it, `Rejected` when it
        certainly has not and never will, `Throttled` when it certainly has not and may be asked again, `Ambiguous`
        when nobody can tell. Every wait inside has a deadline.
        """
        ...


@runtime_checkable
class Reconciles(Protocol):
    """The optional ability to ask the carrier for what its webhooks did not bring."""

    def missed(self, since: Timestamp) -> AsyncIterator[TextReceived | DeliveryReported]:
        """Yield what happened since a moment, oldest first; what is known already may be among it.

        Raises:
            ReconciliationFailed: The carrier does not answer, or not understandably; what was yielded is true.
        """
        ...


@runtime_checkable
class LooksUpSends(Protocol):
    """The optional ability to find out whether a text that may have been sent was."""

    async def look_up(
        self, message: OutboundMessage, *, known: frozenset[str]
    ) -> Accepted | Throttled | Ambiguous | None:
        """Ask the carrier for a text whose attempt ended without an answer. Never raises for what a carrier does.

        `known` are the carrier's ids of other texts to this customer, so that the same words sent twice are not taken
        for one. `Accepted` when the carrier has it; `Throttled` when it has not, which is believed once
        `capabilities.listed_after` has passed since the attempt; `Ambiguous` when that cannot be told now; None when
        this carrier does not answer such questions at all.
        """
        ...


@runtime_checkable
class PullsReports(Protocol):
    """The optional ability to ask how far one text has come."""

    async def pull_report(self, message: int, provider_id: str) -> DeliveryReported | None:
        """Return what the carrier knows of a text; None when it says nothing (now). Never raises for a carrier."""
        ...


@runtime_checkable
class SendsMany(Protocol):
    """The optional ability to hand over many texts with the same words in one request."""

    async def send_many(self, messages: Sequence[OutboundMessage]) -> tuple[SendResult, ...]:
        """Hand over at most `capabilities.max_recipients` texts that differ in recipient and keys alone.

        Returns a result for each, in their order; as `send` does for one.
        """
        ...


@runtime_checkable
class FetchesMedia(Protocol):
    """The optional ability to fetch customers' attachments, with the channel's credentials."""

    async def fetch_media(self, media: Media, *, limit: int) -> MediaContent | MediaUnavailable:
        """Return an attachment of at most `limit` bytes. Never raises for what a carrier or a network does.

        Only the carrier's own addresses get credentials, and nothing on this machine or in a private network is asked.
        """
        ...


class Prefetch(Struct, frozen=True, kw_only=True):
    """What a batch of commands may need to know of the past.

    Attributes:
        board: Whose past.
        provider_ids: (channel, provider id) of messages that may be known already.
        messages: Ids of messages that are not on the board.
        conversations: Ids of conversations that are not on the board.
        pairs: (number of ours, customer) whose last conversation is asked for.
        keys: Idempotency keys that may have been answered already.
    """

    board: str
    provider_ids: tuple[tuple[str, str], ...] = ()
    messages: tuple[int, ...] = ()
    conversations: tuple[int, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()


class Prefetched(Struct, frozen=True, kw_only=True):
    """What the store knows of it; nothing is listed for what it does not know.

    Attributes:
        messages: The messages asked for, by provider id or by id.
        conversations: The conversations asked for by id, and the latest of each pair.
        answers: The answers already given to the keys.
    """

    messages: tuple[Message, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    answers: tuple[Answer, ...] = ()


class Batch(Struct, frozen=True, kw_only=True):
    """What one group of commands changed: everything in it is kept, or nothing.

    Attributes:
        board: Whose.
        events: What happened, in order; appended to the journal, which takes no number twice.
        conversations: The conversations that changed, as they are now.
        messages: The messages that are new or changed, as they are now.
        reps: The reps who changed, as they are now.
        counters: The last numbers given out.
        config: The configuration, where it changed.
        early_reports: All delivery reports waiting for their message, where they changed.
        answers: First answers to requests that may be repeated.
        consents: What customers have said anew of texts from us.
        channels: The channels of which something changed, as they are now.
        queues: The queues of which something changed, as they are now.
    """

    board: str
    events: tuple[Event, ...]
    counters: Counters
    conversations: tuple[Conversation, ...] = ()
    messages: tuple[Message, ...] = ()
    reps: tuple[RepState, ...] = ()
    config: BoardConfig | None = None
    early_reports: tuple[DeliveryReported, ...] | None = None
    answers: tuple[Answer, ...] = ()
    consents: tuple[Consent, ...] = ()
    channels: tuple[ChannelState, ...] = ()
    queues: tuple[QueueState, ...] = ()


class Sight(Struct, frozen=True, kw_only=True):
    """Whose eyes look: a rep sees what they hold or are offered, have ever held, or may pick.

    Attributes:
        rep: Who looks.
        queues: The queues they serve: what is queued there, they may pick.
    """

    rep: str
    queues: tuple[str, ...]

    def includes(self, conversation: Conversation) -> bool:
        """Whether they may see this conversation."""
        return conversation.concerns(self.rep, self.queues)


class ConversationQuery(Struct, frozen=True, kw_only=True):
    """Which conversations to list; None asks for any.

    Attributes:
        state: In this state.
        queue: On or last from this queue.
        rep: With this rep, or last with them.
        customer: With this customer.
        number: On this number of ours.
        sight: Only what these eyes may see.
        before: Only ids smaller than this: the cursor of the next page.
        limit: At most so many.
    """

    state: State | None = None
    queue: str | None = None
    rep: str | None = None
    customer: str | None = None
    number: str | None = None
    sight: Sight | None = None
    before: int | None = None
    limit: int = 50


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """Some of a list. `next` is the cursor that continues it; None at the end."""

    items: tuple[T, ...]
    next: int | None = None


class History(Protocol):
    """What can be asked of the past: paged, committed truth only, never in the way of a commit."""

    async def conversation(self, board: str, conversation: int) -> Conversation | None:
        """Return one conversation, or None."""
        ...

    async def conversations(self, board: str, query: ConversationQuery) -> Page[Conversation]:
        """List conversations, newest id first; the page's cursor is the next query's `before`."""
        ...

    async def messages(self, board: str, conversation: int, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a conversation's messages with ids above `after`, oldest first; the cursor is the next `after`."""
        ...

    async def message(self, board: str, message: int) -> Message | None:
        """Return one message, or None."""
        ...

    async def awaiting_report(self, board: str, channel: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List a channel's texts of which the carrier has not said yet what became of them, as `messages` does."""
        ...

    async def unroutable(self, board: str, *, after: int = 0, limit: int = 100) -> Page[Message]:
        """List texts to numbers that were not configured, as `messages` does."""
        ...

    async def events(
        self, board: str, *, after: int = 0, limit: int = 1000, conversation: int | None = None
    ) -> tuple[Event, ...]:
        """Return events numbered above `after`, in order; all of the board's or one conversation's."""
        ...


class Store(History, Protocol):
    """Keeps boards durable. Used inside `async with`, by one engine at a time for each board."""

    async def __aenter__(self) -> Self:
        """Open it, and bring its schema up to date.

        Raises:
            StoreTooNew: A newer Cordboard wrote it.
            StoreUnavailable: It cannot be opened.
        """
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Close it, and let its boards go."""
        ...

    async def load(self, board: str) -> BoardSnapshot:
        """Take hold of a board and return its live state: nothing but its name if it is new.

        Live are conversations that are open or hold an assignment, reps, messages that are `in_hand`, consents,
        channels and queues.
        Loading again, after a commit failed, gives the state of the last commit that did not.

        Raises:
            BoardInUse: Another process, or another store of this one, holds the board.
            StoreUnavailable: It cannot be read.
        """
        ...

    async def prefetch(self, request: Prefetch) -> Prefetched:
        """Return what the store knows of what a batch may need.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        ...

    async def commit(self, batch: Batch) -> None:
        """Keep a batch: when it returns, all of it is on disk, and a power cut cannot take it back.

        Raises:
            StoreUnavailable: Nothing of it was kept.
        """
        ...

    async def probe(self) -> None:
        """Return if a commit could be made now.

        Raises:
            StoreUnavailable: It could not.
        """
        ...


class MediaFacts(Struct, frozen=True, kw_only=True):
    """What can be said of an attachment without reading it.

    Attributes:
        content_type: Its MIME type.
        size: Its bytes.
    """

    content_type: str
    size: int


class MediaStore(Protocol):
    """Keeps attachments: bytes and their MIME type, each under a key that it gives.

    What is kept never changes. Nothing is deleted: what no message names any more stays until whoever runs this
    Cordboard removes it.
    """

    async def put(self, data: bytes, content_type: str) -> str:
        """Keep an attachment and return its key: when it returns, all of it is on disk, and so is its name.

        The key has at least 128 bits of chance: who was not told it cannot find it. It is made of lower-case letters
        and digits, so that it can stand in an address. The same bytes kept twice have two keys.

        Raises:
            ValueError: `content_type` is no MIME type, or one with parameters.
            StoreFull: There is too little room. Where boards share the room, the last of it is theirs.
            StoreUnavailable: Nothing was kept.
        """
        ...

    async def probe(self) -> None:
        """Return if an attachment could be kept now, as far as can be told without one.

        Raises:
            StoreFull: There is too little room.
            StoreUnavailable: It could not.
        """
        ...

    async def get(self, key: str) -> MediaContent | None:
        """Return what is kept under a key; None for anything else, whoever made it up.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        ...

    async def about(self, key: str) -> MediaFacts | None:
        """Return the type and size of what is kept under a key, without its content; None where `get` returns None.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        ...
