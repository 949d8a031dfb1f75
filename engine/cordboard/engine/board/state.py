"""The board's state: its records, and the indexes that follow from them.

Records change in the methods named `put_…` and in `configure` only; each keeps every index right. Only
`cordboard.engine.board.evolve` calls them.
"""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from cordboard.engine.board.attendance import Attendance
from cordboard.engine.board.changes import Changes
from cordboard.engine.board.configured import Configured
from cordboard.engine.board.holdings import Holdings
from cordboard.engine.board.presence_by_load import may_follow_load, presence_by_load
from cordboard.engine.board.recollection import Recollection
from cordboard.engine.board.routing.arrivals import Arrivals
from cordboard.engine.board.routing.candidates import Candidates
from cordboard.engine.board.routing.listing import list_anew, relist
from cordboard.engine.board.routing.methods import Availability
from cordboard.engine.board.routing.profiles import Room, has_more_of_today
from cordboard.engine.board.routing.search import next_search_change
from cordboard.engine.board.routing.waiting import WaitingLists
from cordboard.engine.board.timers import Timers, conversation_deadline, overflow_deadline
from cordboard.engine.carrier import DeliveryReported
from cordboard.engine.config import BoardConfig
from cordboard.engine.records import GAVE_BACK, Consent, Conversation, Counters, Message
from cordboard.engine.states import ChannelState, QueueState, RepState
from cordboard.engine.vocabulary import MessageStatus, Presence, State, Timestamp


class BoardState:
    """Everything a board knows, and where to find it.

    Attributes:
        board: Its name.
        at: The moment of the last event.
        counters: The last numbers given out.
        configured: The configuration in force.
        conversations: Live ones, by id.
        messages: Those with which something is still to be done, by id.
        sending: How many of them are being handed over, by channel.
        reps: Everybody configured, by name.
        early_reports: Delivery reports that wait for their message, by channel and provider id.
        opted_out: Customers who want no more texts, by number of ours and customer.
        opted_in: Customers who wanted none, and take them again.
        channel_states: What is known of channels, by name.
        queue_states: What is known of queues, by name; of those that are gone too, since they may come back.
        holdings: What reps hold.
        attendance: Who is there to work.
        waiting: The waiting lists.
        candidates: Who could take what waits.
        timers: Deadlines.
        recollection: What else is remembered of the past, for the commands at hand.
        changes: What differs from the store.
        stirred_reps: Reps who may be able to take more than before.
        newly_able: Those of them who have not ended anything for it: they have come, or were given more.
        stirred_conversations: Conversations that came onto a queue.
        arrived: Those of them that have not merely come back from an offer: their queue may overflow with them.
        loaded: Reps whose presence may follow from what they hold, and whether they accepted or closed something.
        declined: Conversations that wait and with which somebody is through, not escalated yet.
    """

    def __init__(self, board: str) -> None:
        self.board = board
        self.at: Timestamp = 0
        self.counters = Counters()
        self.configured = Configured(BoardConfig(name=board))
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.reps: dict[str, RepState] = {}
        self.sending: Counter[str] = Counter()
        self.early_reports: dict[tuple[str, str], tuple[DeliveryReported, ...]] = {}
        self.opted_out: dict[tuple[str, str], Consent] = {}
        self.opted_in: dict[tuple[str, str], Consent] = {}
        self.channel_states: dict[str, ChannelState] = {}
        self.queue_states: dict[str, QueueState] = {}
        self.recollection = Recollection()
        self.changes = Changes()
        self.stirred_reps: dict[str, None] = {}
        self.newly_able: set[str] = set()
        self.stirred_conversations: dict[int, None] = {}
        self.arrived = Arrivals()
        self.loaded: dict[str, bool] = {}
        self.declined: dict[int, None] = {}

        self.timers = Timers()
        self.waiting = WaitingLists()
        self.holdings = Holdings()
        self.attendance = Attendance()
        self.candidates = Candidates(self.availability)
        self._by_pair: dict[tuple[str, str], int] = {}

    # Looking things up

    def conversation(self, conversation: int) -> Conversation | None:
        """Return a conversation that is on the board or remembered."""
        return self.conversations.get(conversation) or self.recollection.conversations.get(conversation)

    def latest(self, number: str, customer: str) -> Conversation | None:
        """Return the latest conversation between two numbers that is on the board or remembered."""
        live = self._by_pair.get((number, customer))
        past = self.recollection.latest.get((number, customer))
        if live is None or (past is not None and past.id > live):  # what is live may be an earlier one's wrap-up
            return past

        return self.conversations[live]

    def has_open(self, number: str, customer: str) -> bool:
        """Whether a conversation between two numbers is open: then there is no later one."""
        live = self._by_pair.get((number, customer))
        return live is not None and self.conversations[live].state is not State.CLOSED

    def message(self, message: int) -> Message | None:
        """Return a message with which something is still to be done, or that is remembered."""
        return self.messages.get(message) or self.recollection.messages.get(message)

    def held_by(self, rep: str) -> tuple[Conversation, ...]:
        """Return the conversations whose assignment is a rep's, the oldest hold first."""
        held = [self.conversations[each] for each in self.holdings.conversations_of(rep)]
        return tuple(sorted(held, key=lambda each: each.assignment.id if each.assignment else 0))

    def room_of(self, rep: str) -> Room | None:
        """Return what a rep has left of capacity profiles; None where none is configured, or the rep is not there."""
        known = self.reps.get(rep)
        return self.holdings.room_of(known) if known else None

    def availability(self, rep: str) -> Availability | None:
        """Return how a rep is now; None for somebody who is not on the board."""
        known = self.reps.get(rep)
        if known is None:
            return None

        presence = self.presence_due(known)
        if presence is not known.presence:  # it is noted when the command is done: see `automatic`
            known = replace(known, presence=presence)

        return Availability(known, self.holdings.free_of(rep), self.holdings.room_of(known))

    def presence_due(self, rep: RepState) -> Presence:
        """Return what a rep's presence is by what they hold; as it is, where the system has no say in it."""
        rules, turn = self.configured.config.presence, self.loaded.get(rep.name, False)
        return presence_by_load(rep, rules, self.holdings, turn=turn)

    def channel_state(self, name: str) -> ChannelState:
        """Return what is known of a channel."""
        return self.channel_states.get(name) or ChannelState(name=name)

    def queue_state(self, name: str) -> QueueState:
        """Return what is known of a queue."""
        return self.queue_states.get(name) or QueueState(name=name)

    # Changing

    def put_config(self, new: BoardConfig) -> None:
        """Let the configuration be `new`, and the indexes as it has them; `configure` does what follows for reps."""
        self.configured = Configured(new)
        self.holdings.configure(self.configured)
        self.candidates.configure(new, self.configured.reps)
        self.attendance.count_anew(self.configured, self.reps.values())
        list_anew(self.conversations.values(), self.waiting, self.candidates, self.configured)
        self.changes.config = True

    def put_conversation(self, new: Conversation) -> None:
        """Let a conversation be `new`; one that is no longer live leaves the board and is only remembered."""
        old = self.conversations.get(new.id)
        if relist(new, self.waiting, self.candidates, self.configured):
            self.stirred_conversations[new.id] = None

        self._reindex_assignment(old, new)
        self._reindex_search(old, new)
        self._note_declines(new)
        pair = (new.number, new.customer)
        if new.live:
            self.conversations[new.id] = new
            self._by_pair[pair] = max(new.id, self._by_pair.get(pair, 0))  # an earlier one may be in wrap-up still
            workstream = self.configured.workstreams[new.workstream]
            self.timers.set(("conversation", new.id), conversation_deadline(new, workstream))
        else:
            self.conversations.pop(new.id, None)
            if self._by_pair.get(pair) == new.id:
                del self._by_pair[pair]

            self.timers.set(("conversation", new.id), None)
            self.recollection.add_conversation(new)

        self.changes.conversations[new.id] = new

    def put_message(self, new: Message) -> None:
        """Let a message be `new`; one with which nothing more is to be done is only remembered."""
        old = self.messages.pop(new.id, None)
        if old is not None and old.status is MessageStatus.SENDING:
            self.sending[old.channel] -= 1

        if new.in_hand:
            self.messages[new.id] = new
            if new.status is MessageStatus.SENDING:
                self.sending[new.channel] += 1

        self.recollection.add_message(new)
        self.changes.messages[new.id] = new

    def put_rep(self, new: RepState) -> None:
        """Let a rep be `new`."""
        old = self.reps.get(new.name)
        self.reps[new.name] = new
        self.changes.reps[new.name] = new
        if old is None or old.presence is not new.presence or old.takes_offers is not new.takes_offers:
            self._note_ability(new.name)
            self._note_load(new.name)
        elif has_more_of_today(old, new):
            self._note_ability(new.name)

        self.attendance.note(old, new)
        if (
            old is None
            or old.gone_at != new.gone_at
            or old.works_until != new.works_until
            or old.used_since != new.used_since
        ):
            self._set_rep_timers(new.name)

        self._list_rep(new.name)

    def put_consent(self, new: Consent) -> None:
        """Let a customer take texts from a number of ours, or not."""
        pair = (new.number, new.customer)
        here, there = (self.opted_out, self.opted_in) if new.opted_out else (self.opted_in, self.opted_out)
        there.pop(pair, None)
        here[pair] = new

        self.changes.consents[pair] = new

    def put_channel(self, new: ChannelState) -> None:
        """Let a channel be `new`."""
        self.channel_states[new.name] = new
        self.changes.channels[new.name] = new

    def put_queue(self, new: QueueState) -> None:
        """Let a queue be `new`."""
        self.queue_states[new.name] = new
        self.changes.queues[new.name] = new

    def configure(self, config: BoardConfig) -> None:
        """Put a configuration in force: its reps are there, others are not, and everything is routed anew."""
        daily_before = self.holdings.profiles.daily
        self.put_config(config)
        self._forget_turns()
        for name in [each for each in self.reps if each not in self.configured.reps]:
            del self.reps[name]
            self._set_rep_timers(name)

        for name in self.configured.reps:
            if name not in self.reps:
                self.put_rep(RepState(name=name, since=self.at))

            if self.holdings.profiles.daily != daily_before:
                self.put_rep(self.holdings.profiles.count_anew(self.reps[name], daily_before, self.at))

            self._set_rep_timers(name)
            self._list_rep(name)
            self._note_load(name)
            self._note_ability(name)

        for conversation in self.conversations.values():
            workstream = self.configured.workstreams.get(conversation.workstream)
            if workstream is not None:
                self.timers.set(("conversation", conversation.id), conversation_deadline(conversation, workstream))
                self._reindex_search(None, conversation)

            self._note_declines(conversation)

        for declined in sorted(self.declined):  # in an order that a restored board has, too
            self.stirred_conversations[declined] = None  # whoever was left may be gone

    def keep_report(self, report: DeliveryReported) -> None:
        """Keep a delivery report for a message that is not known by its provider id yet."""
        key = (report.channel, report.provider_id)
        self.early_reports[key] = (*self.early_reports.get(key, ()), report)
        self.changes.early_reports = True

    def drop_reports(self, channel: str, provider_id: str) -> None:
        """Forget the kept delivery reports of one message."""
        if self.early_reports.pop((channel, provider_id), None) is not None:
            self.changes.early_reports = True

    def let_rest(self) -> None:
        """Have nothing looked at any more: what is there was settled already.

        Everybody is ranked anew: they were while not everything was there, or while their presence was looked at yet.
        """
        self.stirred_reps.clear()
        self.newly_able.clear()
        self.stirred_conversations.clear()
        self.arrived.clear()
        self.loaded.clear()
        for name in self.reps:
            self.candidates.touch(name)

        self.candidates.catch_up()

    # Keeping the indexes right

    def _note_declines(self, new: Conversation) -> None:
        """Note whether somebody is through with a waiting conversation that is not escalated."""
        if new.passed and new.state is State.QUEUED and new.escalated_at is None:
            workstream = self.configured.workstreams.get(new.workstream)
            most = workstream.max_declines if workstream is not None else GAVE_BACK
            if any(most <= declines < GAVE_BACK for declines in new.passed.values()):
                self.declined[new.id] = None
                return

        self.declined.pop(new.id, None)

    def _forget_turns(self) -> None:
        """Forget whose turn it is on routes that are gone."""
        known = {key for book in self.configured.rule_books.values() for key in book.split_keys}
        splits = {key: turn for key, turn in self.counters.splits.items() if key in known}
        if splits != self.counters.splits:
            self.counters = replace(self.counters, splits=splits)

    def _reindex_search(self, old: Conversation | None, new: Conversation) -> None:
        """Keep the deadline of a waiting conversation's search."""
        queue = self.configured.queues.get(new.queue or "")
        if new.state is State.QUEUED and queue is not None:
            self.timers.set(("search", new.id), next_search_change(new, self.configured.workstream_of(new), queue))
            self.timers.set(("overflow", new.id), overflow_deadline(new, queue))
        elif old is not None and old.state is State.QUEUED:
            self.timers.set(("search", new.id), None)
            self.timers.set(("overflow", new.id), None)

    def _reindex_assignment(self, old: Conversation | None, new: Conversation) -> None:
        before = old.assignment if old else None
        after = new.assignment
        if before is after:
            return

        if before is not None:
            self.holdings.let_go(new.id, before, offered=old is not None and old.state is State.ASSIGNED)
            self._note_load(before.rep, turn=new.state is State.CLOSED)

        if after is not None:
            self.holdings.take(new.id, after, offered=new.state is State.ASSIGNED)
            self._note_load(after.rep, turn=new.state is State.ACTIVE)

        if before is not None:
            self._list_rep(before.rep)
            if after is None or after.rep != before.rep or after.cost < before.cost:
                self.stirred_reps[before.rep] = None
                self._note_release(before.rep)

        if after is not None and (before is None or before.rep != after.rep):
            self._list_rep(after.rep)

    def _note_ability(self, name: str) -> None:
        self.stirred_reps[name] = None
        self.newly_able.add(name)

    def _note_release(self, name: str) -> None:
        rep = self.reps.get(name)
        if rep is not None and rep.released_at != self.at:
            self.put_rep(replace(rep, released_at=self.at))

    def _note_load(self, name: str, *, turn: bool = False) -> None:
        """Have a rep's presence looked at when the command is done. `turn`: they accepted or closed something."""
        rep = self.reps.get(name)
        if rep is not None and may_follow_load(rep, self.configured.config.presence):
            self.loaded[name] = turn or self.loaded.get(name, False)

    def _set_rep_timers(self, name: str) -> None:
        rep = self.reps.get(name)
        self.timers.set(("desk", name), rep.gone_at if rep else None)
        self.timers.set(("shift", name), rep.works_until if rep else None)
        self.timers.set(("day", name), self.holdings.profiles.day_end(rep) if rep else None)

    def _list_rep(self, name: str) -> None:
        rep = self.reps.get(name)
        if rep is None:
            return

        self.candidates.touch(name)
        loses = rep.release_at is not None and self.holdings.holds(name)
        self.timers.set(("rep", name), rep.release_at if loses else None)
