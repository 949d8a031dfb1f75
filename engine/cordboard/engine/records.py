"""What a board knows of each conversation and message, as it is at one moment, and what it keeps and answers.

Records are frozen: a change makes a new record, so whoever holds one (a batch being written, an answer on its way out)
holds the truth of its moment. Frozen records cannot form cycles, so what a board has many of is kept out of the garbage
collector's rounds (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct

from cordboard.engine.carrier import DeliveryReported, Failure, Media
from cordboard.engine.config import BoardConfig, Workstream
from cordboard.engine.routing_words import OverflowAction
from cordboard.engine.states import ChannelState, QueueState, RepState
from cordboard.engine.vocabulary import (
    CloseReason,
    ConsentSource,
    Direction,
    MessageStatus,
    MessageTrigger,
    Milliseconds,
    State,
    Status,
    Timestamp,
    Trigger,
)

GAVE_BACK = 1_000_000
"""Counts as more declines than any workstream allows: who put a conversation back on its queue is not offered it."""

TRANSFERRED = 0
"""Counts as no decline: who transferred a conversation to a queue is still asked after everybody else who serves it."""


class Assignment(Struct, frozen=True, kw_only=True, gc=False):
    """One attempt to put a conversation with a rep; it holds the rep's capacity while it exists.

    A conversation's assignment is an offer while the conversation is assigned, accepted while it is active, and
    wrap-up while it is closed.

    Attributes:
        id: Counted by the board.
        rep: Whose it is.
        cost: Units of capacity it holds.
        costs: Units of capacity profiles that it holds beside, whatever the configuration has become since.
        began_at: When the offer was made, or the conversation picked.
        origin: The move that it came of.
        newly_able: Whether its rep had just come, or been given more, when it was offered: see `ConversationOffered`.
        expires_at: When the offer ends by itself, or the wrap-up does; None for an accepted one, and for a wrap-up that
            its rep ends.
    """

    id: int
    rep: str
    cost: int
    costs: dict[str, int] = {}
    began_at: Timestamp
    origin: Trigger | None = None
    newly_able: bool = False
    expires_at: Timestamp | None = None


class Automation(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What was lately texted to a customer by itself; the next conversation of the same two numbers goes on with it.

    Attributes:
        recent: When each automated message of the last hour was queued.
        last_at: When the last one was, if nobody of ours has written since.
        heard: The checksum (CRC-32) of what the customer texted last since then.
    """

    recent: tuple[Timestamp, ...] = ()
    last_at: Timestamp | None = None
    heard: int | None = None


class Conversation(Struct, frozen=True, kw_only=True, gc=False):
    """One exchange between a number of ours and a customer.

    Attributes:
        id: Counted by the board.
        number: Our address.
        customer: Theirs.
        channel: The channel of our number.
        workstream: The settings it runs under.
        state: Where it is in its life.
        opened_at: When its first text came.
        updated_at: When anything last happened to it; auto-close counts from here.
        queue: The queue it waits on, or was last taken from; None while it is new.
        priority: More is sooner.
        skills: What it needs beside what its workstream asks; a rating of 0 says that it does not need that.
        relaxed: How many steps of its workstream's skill relaxation have been taken.
        ring: How many rings of its queue have been opened beside the first.
        escalated_at: When it went before everything else, since nobody took it.
        cost: Units of a rep's capacity that it takes; None for its workstream's.
        costs: Units of capacity profiles that it takes, in place of its workstream's; 0 for none of one.
        language: What its customer writes, as a rule found: a language tag such as `es`; empty where none did.
        context: What else rules noted of it.
        queued_at: When it last came onto a queue.
        returned_at: When a text brought it back to the rep who last had it, and it may wait for them from then on; None
            once somebody has taken it, and from when on anybody may.
        entered_at: When it came onto this queue: offers that come to nothing do not count. None since somebody has it.
        overflowed: What its queue has done with it for waiting since it came onto it: each with the wait after which;
            `queue` where that was in vain.
        visited: The queues on which it has been since a rep last had it, in that order.
        unanswered_since: When the oldest text came that nobody has answered; the place in the queue counts from here.
        assignment: The live assignment, if any.
        rep: The last rep who had it active; affinity asks for them.
        parked: Active, but its rep has left it; it has no assignment then.
        heard_at: When the customer last texted; quiet parking counts from the latest of this and the next two.
        active_at: When it last became active, since it began or was taken up again; 0 before.
        replied_at: When a person of ours last texted the customer.
        helped_at: When the customer's HELP was last answered by itself.
        passed: Who is asked for it after all others, since it was last active: how often each rep has declined or
            missed it, or that they put it back or transferred it to its queue.
        held_by: Every rep who ever had it active, in that order.
        closed_at: When it was closed.
        close_reason: Why.
        next_on: The queue on which its customer was told that they are next, since somebody last had it.
        automation: What was lately texted to its customer by itself.
    """

    id: int
    number: str
    customer: str
    channel: str
    workstream: str
    state: State
    opened_at: Timestamp
    updated_at: Timestamp
    queue: str | None = None
    priority: int = 0
    skills: dict[str, int] = {}
    relaxed: int = 0
    ring: int = 0
    escalated_at: Timestamp | None = None
    cost: int | None = None
    costs: dict[str, int] = {}
    language: str = ""
    context: dict[str, str | int] = {}
    queued_at: Timestamp | None = None
    returned_at: Timestamp | None = None
    entered_at: Timestamp | None = None
    overflowed: tuple[tuple[OverflowAction, Milliseconds], ...] = ()
    visited: tuple[str, ...] = ()
    unanswered_since: Timestamp | None = None
    assignment: Assignment | None = None
    rep: str | None = None
    parked: bool = False
    heard_at: Timestamp = 0
    active_at: Timestamp = 0
    replied_at: Timestamp = 0
    helped_at: Timestamp = 0
    passed: dict[str, int] = {}
    held_by: tuple[str, ...] = ()
    closed_at: Timestamp | None = None
    close_reason: CloseReason | None = None
    next_on: str | None = None
    automation: Automation = Automation()

    @property
    def live(self) -> bool:
        """Whether the board still has something to do with it: it is open, or its rep is wrapping up."""
        return self.state is not State.CLOSED or self.assignment is not None

    @property
    def status(self) -> Status:
        """Dynamics 365's name for where the conversation is."""
        match self.state:
            case State.NEW | State.QUEUED:
                return Status.OPEN
            case State.ASSIGNED:
                return Status.ACTIVE
            case State.ACTIVE:
                return Status.WAITING if self.parked else Status.ACTIVE
            case State.CLOSED:
                return Status.CLOSED if self.assignment is None else Status.WRAP_UP

    def concerns(self, rep: str, queues: Container[str]) -> bool:
        """Whether it is a rep's business: they have it, have ever held it, or may pick it from one of `queues`."""
        return self.holder == rep or rep in self.held_by or (self.state is State.QUEUED and self.queue in queues)

    def cost_under(self, workstream: Workstream) -> int:
        """Return the units of a rep's capacity that it takes: its own number, or its workstream's."""
        return workstream.capacity_cost if self.cost is None else self.cost

    def costs_under(self, workstream: Workstream) -> dict[str, int]:
        """Return the units of capacity profiles that it takes: its workstream's, and its own in their place."""
        if not self.costs:
            return workstream.costs

        return {name: units for name, units in {**workstream.costs, **self.costs}.items() if units}

    @property
    def holder(self) -> str | None:
        """The rep it is with now, at least as an offer; None while it waits, is parked or is closed."""
        if self.assignment is None or self.state is State.CLOSED:
            return None

        return self.assignment.rep


class Message(Struct, frozen=True, kw_only=True, gc=False):
    """One text.

    Attributes:
        id: Counted by the board; messages of a conversation are in the order of their ids.
        conversation: The conversation it belongs to; None for a text to a number that is not configured.
        channel: The channel it came or goes on.
        number: Our address.
        customer: Theirs.
        direction: Which way it goes.
        author: A rep's name, `customer` or `system`.
        body: The text.
        at: When it came, or was queued.
        status: How far it has come.
        media: Attachments.
        segments: How many SMS it takes: as the carrier says, or as we count until it does; 0 when nobody has said.
        provider_id: The carrier's id of it, once known.
        failure: Why it is not on its way as it should be.
        attempts: How often sending has begun.
        not_before: A deferred message waits until then.
        maybe_sent: Some attempt may have come through.
        uncertain: It may have been sent, nobody knows, and it is not tried again.
        doubted: It may have been sent, and the carrier is being asked.
        attempt_key: Names it to the carrier in every attempt; given with the first.
        first_tried_at: When sending first began.
        tried_at: When sending last began.
        sent_at: When the carrier took it, as far as we know.
        expires_at: From then on it is not sent any more; None for a text that came in.
        bulk: It is one of many, and replies go before it.
        compliance: It confirms what the customer asked with a keyword: the one text that may follow a STOP.
        unreported: The carrier says that nothing more will be heard of it: it may have arrived.
        disputed: Another ending that the carrier reported later; the first one stands.
        incomplete: Parts of a customer's text never came.
        trigger: What it tells of, if it is an automated message.
    """

    id: int
    conversation: int | None
    channel: str
    number: str
    customer: str
    direction: Direction
    author: str
    body: str
    at: Timestamp
    status: MessageStatus
    media: tuple[Media, ...] = ()
    segments: int = 0
    provider_id: str | None = None
    failure: Failure | None = None
    attempts: int = 0
    not_before: Timestamp | None = None
    maybe_sent: bool = False
    uncertain: bool = False
    doubted: bool = False
    attempt_key: str = ""
    first_tried_at: Timestamp | None = None
    tried_at: Timestamp | None = None
    sent_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    bulk: bool = False
    compliance: bool = False
    unreported: bool = False
    disputed: MessageStatus | None = None
    incomplete: bool = False
    trigger: MessageTrigger | None = None

    def delivery_unknown(self, at: Timestamp, timeout: Milliseconds) -> bool:
        """Whether the carrier has it and nobody knows what became of it, `timeout` after it was sent or for ever."""
        waited = self.sent_at is not None and at >= self.sent_at + timeout
        return self.unreported or (self.awaits_report and waited)

    @property
    def unsent(self) -> bool:
        """Whether the outbox still has it in hand."""
        return self.status is MessageStatus.QUEUED or (self.status is MessageStatus.SENDING and not self.uncertain)

    @property
    def awaits_media(self) -> bool:
        """Whether attachments of a customer's have yet to be fetched."""
        return self.direction is Direction.INBOUND and any(each.pending for each in self.media)

    @property
    def in_hand(self) -> bool:
        """Whether something is still to be done with it, so that the board keeps it."""
        return self.unsent or self.awaits_media

    @property
    def awaits_report(self) -> bool:
        """Whether the carrier has it, and has not said yet what became of it."""
        return self.status is MessageStatus.SENT and self.direction is Direction.OUTBOUND and not self.unreported


class Consent(Struct, frozen=True, kw_only=True, gc=False):
    """Whether a customer takes texts from a number of ours. Who never said anything has no record, and does.

    Attributes:
        number: Our address.
        customer: Theirs.
        opted_out: Whether they want none.
        at: Since when.
        source: How we know.
        word: The text, or the carrier's code, that said so.
    """

    number: str
    customer: str
    opted_out: bool
    at: Timestamp
    source: ConsentSource
    word: str = ""


class Counters(Struct, frozen=True, kw_only=True):
    """The last numbers a board has given out. `splits`: the turn that comes next, by each route that shares out."""

    seq: int = 0
    conversation: int = 0
    message: int = 0
    assignment: int = 0
    splits: dict[str, int] = {}


class BoardSnapshot(Struct, frozen=True, kw_only=True):
    """The live state of a board: all it needs to go on.

    Attributes:
        board: Whose.
        counters: The last numbers given out.
        config: The configuration in force; None on a board that never had one.
        conversations: Those that are open or in wrap-up, by id.
        messages: Those with which something is still to be done, by id.
        reps: Everybody configured, by name.
        early_reports: Delivery reports that came before their message's send result.
        consents: What customers have said of texts from us, by number and customer.
        channels: What is known of channels, by name.
        queues: What is known of queues, by name.
    """

    board: str
    counters: Counters = Counters()
    config: BoardConfig | None = None
    conversations: tuple[Conversation, ...] = ()
    messages: tuple[Message, ...] = ()
    reps: tuple[RepState, ...] = ()
    early_reports: tuple[DeliveryReported, ...] = ()
    consents: tuple[Consent, ...] = ()
    channels: tuple[ChannelState, ...] = ()
    queues: tuple[QueueState, ...] = ()


class Outcome(Struct, frozen=True, kw_only=True):
    """What a command did.

    Attributes:
        first_seq: The number of its first event; 0 when nothing happened.
        last_seq: The number of its last event.
        conversation: The conversation it was about, as it was then.
        message: The message it was about, as it was then.
        conversations: The conversations that a bulk is about.
        more: Whether the bulk was meant for more than are acted on at once.
    """

    first_seq: int = 0
    last_seq: int = 0
    conversations: tuple[int, ...] = ()
    more: bool = False
    conversation: Conversation | None = None
    message: Message | None = None


class Once(Struct, frozen=True, kw_only=True):
    """Marks a request that may come again and must take effect once.

    Attributes:
        key: Who asks, and the idempotency key they gave.
        fingerprint: What they ask, so that the same key with another request is noticed.
    """

    key: str
    fingerprint: str


class Answer(Struct, frozen=True, kw_only=True):
    """The first outcome of a request that may be repeated.

    Attributes:
        key: Who asked, and the idempotency key they gave.
        fingerprint: What they asked, so that the same key with another request is noticed.
        at: When.
        outcome: What it did.
    """

    key: str
    fingerprint: str
    at: Timestamp
    outcome: Outcome
