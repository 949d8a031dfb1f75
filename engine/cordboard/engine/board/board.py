"""The board: commands in, events out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import merge, nlargest
from itertools import islice
from operator import attrgetter
from typing import Any, Self

from cordboard.engine import commands
from cordboard.engine.board import (
    attachments,
    channels,
    configuring,
    deadlines,
    delivery,
    desks,
    handling,
    inbound,
    replies,
    reps,
    skills,
    supervising,
)
from cordboard.engine.board.automated.telling import tell
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.changes import Changes
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.evolve import evolve
from cordboard.engine.board.recollection import Recollection
from cordboard.engine.board.routing import explaining
from cordboard.engine.board.routing.expected_wait import expected_wait, expected_wait_on
from cordboard.engine.board.routing.matching import reserved_for, settle
from cordboard.engine.board.routing.profiles import ProfileUse
from cordboard.engine.board.routing.requirement import required_skills
from cordboard.engine.board.snapshots import snapshot_of, state_of
from cordboard.engine.board.state import BoardState
from cordboard.engine.board.timers import TimerKey
from cordboard.engine.carrier import ChannelNotice, DeliveryReported, TextReceived, WebhookUnreadable
from cordboard.engine.commands import Command
from cordboard.engine.config import USUAL_REPORT_TIMEOUT, BoardConfig, Number
from cordboard.engine.errors import BoardBroken, NotFound, Thing
from cordboard.engine.events import Event
from cordboard.engine.explanations import RepExplanation, WaitingExplanation
from cordboard.engine.records import BoardSnapshot, Consent, Conversation, Counters, Message
from cordboard.engine.states import ChannelState, RepState
from cordboard.engine.vocabulary import Milliseconds, Timestamp

_DECIDERS: dict[type[Any], Callable[[Decision, Any], None]] = {
    commands.Configure: configuring.configure,
    commands.Tick: deadlines.tick,
    TextReceived: inbound.receive_text,
    DeliveryReported: delivery.report_delivery,
    WebhookUnreadable: inbound.keep_webhook,
    ChannelNotice: channels.note,
    commands.AcceptOffer: handling.accept,
    commands.DeclineOffer: handling.decline,
    commands.PickConversation: handling.pick,
    commands.ParkConversation: handling.park,
    commands.ResumeConversation: handling.resume,
    commands.ReleaseConversation: handling.release,
    commands.TransferConversation: handling.transfer,
    commands.TakeOver: supervising.take_over,
    commands.SetSkills: skills.set_skills,
    commands.CloseConversation: handling.close,
    commands.EndWrapUp: handling.end_wrap_up,
    commands.Reply: replies.reply,
    commands.BeginBulk: supervising.begin_bulk,
    commands.SetPresence: reps.set_presence,
    commands.RepConnected: desks.connect,
    commands.RepDisconnected: desks.disconnect,
    commands.DesksLost: desks.lose_all,
    commands.StartSending: delivery.start_sending,
    commands.RecordSend: delivery.record_send,
    commands.RecordDoubt: delivery.record_doubt,
    commands.RecordMedia: attachments.record_media,
    commands.RecordReconciled: channels.record_reconciled,
}
"""Which room decides which command."""

_when_and_who = attrgetter("at", "number", "customer")


class Board:
    """One routing domain: its configuration, its live state, and every decision about them.

    Pure and deterministic: time is an argument, ids are counted, chance does not exist. The same commands at the same
    times give the same events, and the same events give the same board.
    """

    def __init__(self, name: str) -> None:
        self._state = BoardState(name)
        self._broken = False

    @classmethod
    def restore(cls, snapshot: BoardSnapshot) -> Self:
        """Return a board that goes on from a snapshot."""
        board = cls(snapshot.board)
        board._state = state_of(snapshot)
        return board

    @classmethod
    def replay(cls, name: str, events: Iterable[Event]) -> Self:
        """Return the board that a whole journal leads to."""
        board = cls(name)
        for event in events:
            evolve(board._state, event)

        board._state.let_rest()
        return board

    def apply(self, command: Command, at: Timestamp) -> tuple[Event, ...]:
        """Decide what a command makes happen, and let it have happened.

        Args:
            command: What is asked.
            at: The moment it is. A clock may be set back: events are in the order of their numbers, not of their times.

        Raises:
            CordboardError: It cannot be done, and nothing has changed.
            BoardBroken: A decision failed half-way before; the board must be restored from what was kept.
        """
        if self._broken:
            raise BoardBroken(f"board {self.name!r} failed in the middle of a decision; restore it from its store")

        state = self._state
        decision = Decision(state, at)
        done = False
        try:
            _DECIDERS[type(command)](decision, command)
            if state.arrived or state.stirred_reps or state.stirred_conversations or state.loaded:
                settle(decision)

            if decision.told:
                tell(decision)

            done = True
        finally:
            self._broken = not done and bool(decision.events)

        return tuple(decision.events)

    def check(self, config: BoardConfig) -> None:
        """Return if a configuration could be put in force now; nothing changes.

        Raises:
            InvalidConfiguration: It could not; every reason is in it.
        """
        configuring.check_fit(self._state, config)

    def recall(self, conversations: Iterable[Conversation] = (), messages: Iterable[Message] = ()) -> None:
        """Remember, for the next commands, what the store knows of the past, and nothing else."""
        self._state.recollection = Recollection(conversations, messages)

    def set_aside(self, key: TimerKey, until: Timestamp) -> None:
        """Let a deadline rest whose decision has a defect."""
        self._state.timers.set(key, until)

    @property
    def last_due(self) -> TimerKey | None:
        """The deadline that a `Tick` took up last; None while it matches what came of several."""
        return self._state.timers.last_taken

    def take_changes(self) -> Changes:
        """Return what has changed since the last time, for the store."""
        changes, self._state.changes = self._state.changes, Changes()
        return changes

    def snapshot(self) -> BoardSnapshot:
        """Return the live state as records."""
        return snapshot_of(self._state)

    @property
    def name(self) -> str:
        """The board's name."""
        return self._state.board

    @property
    def broken(self) -> bool:
        """Whether a decision failed half-way: the board must not be used any more."""
        return self._broken

    @property
    def next_deadline(self) -> Timestamp | None:
        """When a `Tick` is due."""
        return self._state.timers.next()

    @property
    def config(self) -> BoardConfig:
        """The configuration in force."""
        return self._state.configured.config

    @property
    def counters(self) -> Counters:
        """The last numbers given out."""
        return self._state.counters

    @property
    def early_reports(self) -> tuple[DeliveryReported, ...]:
        """The delivery reports that wait for their message."""
        return tuple(report for each in self._state.early_reports.values() for report in each)

    @property
    def conversations(self) -> Mapping[int, Conversation]:
        """The live conversations, by id."""
        return self._state.conversations

    @property
    def messages(self) -> Mapping[int, Message]:
        """The messages with which something is still to be done, by id: to be sent, or to have attachments fetched."""
        return self._state.messages

    @property
    def reps(self) -> Mapping[str, RepState]:
        """Everybody configured, by name."""
        return self._state.reps

    def number(self, address: str) -> Number | None:
        """Return a number of ours, if it is configured."""
        return self._state.configured.numbers.get(address)

    def channel(self, name: str) -> ChannelState:
        """Return what is known of a channel."""
        return self._state.channel_state(name)

    def customer_name(self, number: str) -> str | None:
        """Return a customer's name; None where nobody knows."""
        known = self._state.configured.customers.get(number)
        return known.name or None if known is not None else None

    def calendar(self, hours: str | None) -> Calendar | None:
        """Return operating hours, ready to be asked; None where there are none of that name, or none are named."""
        return self._state.configured.calendars.get(hours or "")

    def opted_out(self, number: str, customer: str) -> Consent | None:
        """Return how a customer opted out of texts from a number of ours; None if they have not."""
        return self._state.opted_out.get((number, customer))

    def opt_outs(
        self,
        *,
        number: str | None = None,
        customer: str | None = None,
        before: tuple[Timestamp, str, str] | None = None,
        limit: int,
    ) -> tuple[Consent, ...]:
        """List who has opted out, the latest first. It looks at each of them: for people, not for the hot path.

        Args:
            number: Of texts from this number of ours; None for any.
            customer: This customer; None for any.
            before: What comes after this moment, number and customer in the list: the last of the page before.
            limit: At most so many.
        """
        found = [
            each
            for each in reversed(self._state.opted_out.values())  # the latest are the last: least to sort
            if (before is None or each.at < before[0] or (each.at == before[0] and _when_and_who(each) < before))
            and (number is None or number == each.number)
            and (customer is None or customer == each.customer)
        ]
        return tuple(nlargest(limit, found, key=_when_and_who))

    def report_timeout(self, channel: str) -> Milliseconds:
        """Return how long a channel's carrier may say nothing until nobody knows what became of a text."""
        settings = self._state.configured.channels.get(channel)
        return settings.report_timeout if settings else USUAL_REPORT_TIMEOUT

    def conversation(self, conversation: int) -> Conversation | None:
        """Return a conversation that is live or remembered."""
        return self._state.conversation(conversation)

    def has_open(self, number: str, customer: str) -> bool:
        """Whether a conversation of these two numbers is open: then there is no later one."""
        return self._state.has_open(number, customer)

    def message(self, message: int) -> Message | None:
        """Return a message that is unsent or remembered."""
        return self._state.message(message)

    def text_of(self, channel: str, provider_id: str) -> Message | None:
        """Return the customer's text that a carrier knows by `provider_id`, if it is remembered."""
        known = self._state.recollection.inbound.get((channel, provider_id))
        return self._state.message(known) if known is not None else None

    def load_of(self, rep: str) -> int:
        """Return the units of capacity a rep holds."""
        return self._state.holdings.load_of(rep)

    def profile_use(self, rep: str, profile: str) -> ProfileUse:
        """Return how a rep stands with a configured capacity profile."""
        return self._state.holdings.profiles.use_of(self._state.configured.reps[rep], self._state.reps[rep], profile)

    def held_by(self, rep: str) -> tuple[Conversation, ...]:
        """Return the conversations whose assignment is a rep's (offers, active, wrap-up), the oldest hold first."""
        return self._state.held_by(rep)

    def waiting_on(self, queue: str) -> int:
        """Return how many conversations wait on a queue."""
        return self._state.waiting.count(queue)

    def expected_wait(self, conversation: int, at: Timestamp) -> Milliseconds | None:
        """Return how much longer a conversation waits for somebody to take it.

        None where nothing is known, or it does not wait.
        """
        found = self._state.conversations.get(conversation)
        return expected_wait(self._state, found, at) if found is not None else None

    def expected_wait_on(self, queue: str, at: Timestamp) -> Milliseconds | None:
        """Return how long somebody would wait who came onto a queue now; None where nothing is known."""
        found = self._state.configured.queues.get(queue)
        return expected_wait_on(self._state, found, at) if found is not None else None

    def waiting(self, queue: str, *, limit: int) -> tuple[Conversation, ...]:
        """Return the first conversations that wait on a queue, in its order."""
        lists = self._state.waiting
        places = merge(*(lists.places(requirement) for requirement in lists.requirements(queue)))
        return tuple(self._state.conversations[place[-1]] for place in islice(places, limit))

    def awaited_rep(self, conversation: int) -> str | None:
        """Return the last rep for whom alone a conversation waits on its queue; None where anybody may have it."""
        found = self._state.conversations.get(conversation)
        return reserved_for(self._state, found) if found is not None else None

    def skills_needed(self, conversation: Conversation) -> Mapping[str, int]:
        """Return the skills that a live conversation asks of a rep now, less what was relaxed."""
        return dict(required_skills(conversation, self._state.configured.workstream_of(conversation))[1])

    def explain_waiting(self, conversation: int, at: Timestamp | None = None) -> WaitingExplanation:
        """Return why a live conversation still waits, with the reason why each rep of its queue does not get it.

        Args:
            conversation: Which.
            at: The moment it is; without it nothing is said of hours that begin or end.

        Raises:
            NotFound: It is not on the board.
        """
        found = self._state.conversations.get(conversation)
        if found is None:
            raise NotFound(f"conversation {conversation} is not on board {self.name!r}", what=Thing.CONVERSATION)

        return explaining.explain_waiting(self._state, found, at)

    def explain_rep(self, rep: str) -> RepExplanation:
        """Return why a rep gets nothing of what waits on their queues.

        Raises:
            NotFound: There is nobody of this name.
        """
        if rep not in self._state.reps:
            raise NotFound(f"there is no rep {rep!r} on board {self.name!r}", what=Thing.REP)

        return explaining.explain_rep(self._state, rep)

    def queues_of(self, rep: str) -> tuple[str, ...]:
        """Return the queues a rep serves."""
        return self._state.configured.queues_of.get(rep, ())
