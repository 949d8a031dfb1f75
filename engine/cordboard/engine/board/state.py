"""The board's state: its records, and the indexes that follow from them.

Records change in the methods named `put_…` and in `configure` only; each keeps every index right. Only
`cordboard.engine.board.evolve` calls them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from cordboard.engine.board.automated.texts import AutomatedTexts
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.recollection import Recollection
from cordboard.engine.board.routing.affinity import awaits_until, last_rep, requirement_of_return
from cordboard.engine.board.routing.candidates import Candidates
from cordboard.engine.board.routing.conditions import Background
from cordboard.engine.board.routing.methods import Availability
from cordboard.engine.board.routing.profiles import Profiles, Room, has_more_of_today
from cordboard.engine.board.routing.requirement import Costs, Requirement, requirement_of
from cordboard.engine.board.routing.rule_book import RuleBook
from cordboard.engine.board.routing.search import next_search_change
from cordboard.engine.board.routing.waiting import Place, WaitingLists, place_of
from cordboard.engine.board.timers import Timers, conversation_deadline, overflow_deadline
from cordboard.engine.carrier import DeliveryReported
from cordboard.engine.config import BoardConfig, Number, Queue, Rep, Workstream
from cordboard.engine.records import (
    BoardSnapshot,
    ChannelState,
    Consent,
    Conversation,
    Counters,
    Message,
    QueueState,
    RepState,
)
from cordboard.engine.routing_words import AssignmentMethod, Distribution, PreferenceFallback
from cordboard.engine.vocabulary import MessageStatus, Presence, PresenceReason, State, Timestamp

_PRESENT = frozenset(Presence) - {Presence.OFFLINE}


class Changes:
    """What differs from the store: collected for the next commit."""

    def __init__(self) -> None:
        self.conversations: dict[int, Conversation] = {}
        self.messages: dict[int, Message] = {}
        self.reps: dict[str, RepState] = {}
        self.consents: dict[tuple[str, str], Consent] = {}
        self.channels: dict[str, ChannelState] = {}
        self.queues: dict[str, QueueState] = {}
        self.config = False
        self.early_reports = False


class BoardState:
    """Everything a board knows, and where to find it.

    Attributes:
        board: Its name.
        at: The moment of the last event.
        counters: The last numbers given out.
        config: The configuration in force.
        conversations: Live ones, by id.
        messages: Those with which something is still to be done, by id.
        sending: How many of them are being handed over, by channel.
        reps: Everybody configured, by name.
        early_reports: Delivery reports that wait for their message, by channel and provider id.
        opted_out: Customers who want no more texts, by number of ours and customer.
        opted_in: Customers who wanted none, and take them again.
        channel_states: What is known of channels, by name.
        profiles: Capacity profiles, and what reps hold of them.
        queue_states: What is known of queues, by name; of those that are gone too, since they may come back.
        recollection: What else is remembered of the past, for the commands at hand.
        changes: What differs from the store.
        offering_presences: In which reps are offered something, by any workstream.
        working_presences: In which reps take something, by any workstream: who may pick has only to be there.
        stirred_reps: Reps who may be able to take more than before.
        stirred_conversations: Conversations that came onto a queue.
        arrived: Those of them that have not merely come back from an offer: their queue may overflow with them.
        loaded: Reps whose presence may follow from what they hold, and whether they accepted or closed something.
    """

    def __init__(self, board: str) -> None:
        self.board = board
        self.at: Timestamp = 0
        self.counters = Counters()
        self.config = BoardConfig(name=board)
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
        self.stirred_conversations: dict[int, None] = {}
        self.arrived: dict[int, None] = {}
        self.loaded: dict[str, bool] = {}

        self.timers = Timers()
        self.waiting = WaitingLists()
        self.profiles = Profiles()
        self.candidates = Candidates(self.availability)
        self._by_pair: dict[tuple[str, str], int] = {}
        self._loads: dict[str, int] = {}
        self._held: dict[str, dict[int, None]] = {}
        self._presences: dict[str, Counter[Presence]] = {}
        self._index_config()

    # Looking things up

    def conversation(self, conversation: int) -> Conversation | None:
        """Return a conversation that is on the board or remembered."""
        return self.conversations.get(conversation) or self.recollection.conversations.get(conversation)

    def latest(self, number: str, customer: str) -> Conversation | None:
        """Return the latest conversation between two numbers that is on the board or remembered."""
        live = self._by_pair.get((number, customer))
        if live is not None:
            return self.conversations[live]

        return self.recollection.latest.get((number, customer))

    def has_live(self, number: str, customer: str) -> bool:
        """Whether a conversation between two numbers is on the board."""
        return (number, customer) in self._by_pair

    def message(self, message: int) -> Message | None:
        """Return a message with which something is still to be done, or that is remembered."""
        return self.messages.get(message) or self.recollection.messages.get(message)

    def load_of(self, rep: str) -> int:
        """Return the units of capacity a rep holds."""
        return self._loads.get(rep, 0)

    def free_of(self, rep: str) -> int:
        """Return the units of capacity a rep has free.

        They are negative when the configuration took some away, or a supervisor gave the rep more than they can hold.
        """
        settings = self.rep_settings.get(rep)
        return settings.capacity - self.load_of(rep) if settings else 0

    def costs_of(self, conversation: Conversation) -> Costs:
        """Return what a conversation takes of the capacity profiles that are configured."""
        costs = conversation.costs_under(self.workstreams[conversation.workstream])
        return tuple(sorted((name, units) for name, units in costs.items() if name in self.profiles)) if costs else ()

    def room_of(self, rep: str) -> Room | None:
        """Return what a rep has left of capacity profiles; None where none is configured, or the rep is not there."""
        if not self.config.capacity_profiles:
            return None

        known, settings = self.reps.get(rep), self.rep_settings.get(rep)
        return self.profiles.room_of(settings, known) if known and settings else None

    def holds(self, rep: str) -> bool:
        """Whether any conversation's assignment is a rep's."""
        return bool(self._held.get(rep))

    def held_by(self, rep: str) -> tuple[Conversation, ...]:
        """Return the conversations whose assignment is a rep's, the oldest hold first."""
        held = [self.conversations[each] for each in self._held.get(rep, ())]
        return tuple(sorted(held, key=lambda each: each.assignment.id if each.assignment else 0))

    def availability(self, rep: str) -> Availability | None:
        """Return how a rep is now; None for somebody who is not on the board."""
        known = self.reps.get(rep)
        if known is None:
            return None

        presence = self.presence_due(known)
        if presence is not known.presence:  # it is noted when the command is done: see `automatic`
            known = replace(known, presence=presence)

        return Availability(known, self.free_of(rep), self.room_of(rep))

    def presence_due(self, rep: RepState) -> Presence:
        """Return what a rep's presence is by what they hold, where the system has a say in it; as it is otherwise."""
        automatic = self.config.presence.automatic
        follows = rep.why is PresenceReason.CAPACITY or (
            automatic
            and rep.presence in (Presence.AVAILABLE, Presence.BUSY)
            and (rep.why is not None or self.loaded.get(rep.name, False))
        )
        if not follows:
            return rep.presence

        if not automatic or not self.load_of(rep.name):  # who has no capacity at all may do what takes none of it
            return Presence.AVAILABLE

        return Presence.BUSY if self.free_of(rep.name) > 0 else Presence.DO_NOT_DISTURB

    def present_on(self, queue: str, presences: Iterable[Presence]) -> int:
        """Return how many reps of a queue are in one of some presences."""
        counted = self._presences.get(queue)
        return sum(counted[each] for each in presences) if counted else 0

    def awaited_reps(self, conversation: Conversation) -> tuple[str, ...]:
        """Return the reps for whom alone a conversation waits on its queue; none where it waits for anybody."""
        queue = self.queues.get(conversation.queue or "")
        waits = queue is not None and queue.fallback is PreferenceFallback.WAIT
        return self.own_reps(conversation) if waits else ()

    def own_reps(self, conversation: Conversation) -> tuple[str, ...]:
        """Return the reps of its queue whom a conversation's customer prefers, where the queue asks for them."""
        queue = self.queues.get(conversation.queue or "")
        if queue is None or queue.assignment is not AssignmentMethod.PREFERRED_REPS:
            return ()

        preferred = self._preferences.get(conversation.customer, ())
        return tuple(each for each in preferred if queue.name in self.queues_of[each])

    def workstream_of(self, conversation: Conversation) -> Workstream:
        """Return the settings a conversation runs under."""
        return self.workstreams[conversation.workstream]

    # Changing

    def put_conversation(self, new: Conversation) -> None:
        """Let a conversation be `new`; one that is no longer live leaves the board and is only remembered."""
        old = self.conversations.get(new.id)
        self._reindex_waiting(new)
        self._reindex_assignment(old, new)
        self._reindex_search(old, new)
        pair = (new.number, new.customer)
        if new.live:
            self.conversations[new.id] = new
            self._by_pair[pair] = new.id
            self.timers.set(("conversation", new.id), conversation_deadline(new, self.workstreams[new.workstream]))
        else:
            self.conversations.pop(new.id, None)
            if self._by_pair.get(pair) == new.id:  # one in wrap-up may have been followed by another already
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
            self.stirred_reps[new.name] = None
            self._note_load(new.name)
        elif has_more_of_today(old, new):
            self.stirred_reps[new.name] = None

        if old is None:
            self._count_presence(new, 1)
        elif (old.presence, old.why, old.takes_offers) != (new.presence, new.why, new.takes_offers):
            self._count_presence(old, -1)
            self._count_presence(new, 1)

        if old is not None and old.used_since != new.used_since:
            self.timers.set(("day", new.name), self.profiles.day_end(new))

        if old is None or old.gone_at != new.gone_at or old.works_until != new.works_until:
            self._set_rep_timers(new.name)

        self._list_rep(new.name)

    def put_consent(self, new: Consent) -> None:
        """Let a customer take texts from a number of ours, or not."""
        pair = (new.number, new.customer)
        here, there = (self.opted_out, self.opted_in) if new.opted_out else (self.opted_in, self.opted_out)
        there.pop(pair, None)
        here[pair] = new

        self.changes.consents[pair] = new

    def channel_state(self, name: str) -> ChannelState:
        """Return what is known of a channel."""
        return self.channel_states.get(name) or ChannelState(name=name)

    def put_channel(self, new: ChannelState) -> None:
        """Let a channel be `new`."""
        self.channel_states[new.name] = new
        self.changes.channels[new.name] = new

    def queue_state(self, name: str) -> QueueState:
        """Return what is known of a queue."""
        return self.queue_states.get(name) or QueueState(name=name)

    def put_queue(self, new: QueueState) -> None:
        """Let a queue be `new`."""
        self.queue_states[new.name] = new
        self.changes.queues[new.name] = new

    def configure(self, config: BoardConfig) -> None:
        """Put a configuration in force: its reps are there, others are not, and everything is routed anew."""
        self.config = config
        daily_before = self.profiles.daily
        self._index_config()
        self._forget_turns()
        self.changes.config = True
        for name in [each for each in self.reps if each not in self.rep_settings]:
            del self.reps[name]
            self.timers.set(("day", name), None)
            self._set_rep_timers(name)

        for name in self.rep_settings:
            if name not in self.reps:
                self.put_rep(RepState(name=name, since=self.at))

            if self.profiles.daily != daily_before:
                self.put_rep(self.profiles.count_anew(self.reps[name], daily_before, self.at))

            self.timers.set(("day", name), self.profiles.day_end(self.reps[name]))
            self._list_rep(name)
            self._note_load(name)
            self.stirred_reps[name] = None

        self._count_presences()
        for conversation in self.conversations.values():
            workstream = self.workstreams.get(conversation.workstream)
            if workstream is not None:
                due = conversation_deadline(conversation, workstream)
                self.timers.set(("conversation", conversation.id), due)
                self._reindex_search(None, conversation)

    def restore(self, snapshot: BoardSnapshot) -> None:
        """Take over what a store kept, on a state that is new."""
        self.counters = snapshot.counters
        if snapshot.config is not None:
            self.config = snapshot.config
            self._index_config()

        self.reps = {each.name: each for each in snapshot.reps if each.name in self.rep_settings}
        self._count_presences()
        for conversation in snapshot.conversations:
            self.put_conversation(conversation)
            self.at = max(self.at, conversation.updated_at)

        for message in snapshot.messages:
            self.put_message(message)

        for report in snapshot.early_reports:
            self.keep_report(report)

        for consent in snapshot.consents:
            self.put_consent(consent)

        for channel in snapshot.channels:
            self.put_channel(channel)

        for queue in snapshot.queues:
            self.put_queue(queue)

        for name, rep in self.reps.items():
            self.timers.set(("day", name), self.profiles.day_end(rep))
            self._list_rep(name)
            self._set_rep_timers(name)

        self.loaded.clear()
        self.candidates.catch_up()
        self.changes = Changes()
        self.stirred_reps.clear()
        self.stirred_conversations.clear()
        self.arrived.clear()

    def snapshot(self) -> BoardSnapshot:
        """Return the records, from which an equal state can be made."""
        return BoardSnapshot(
            board=self.board,
            counters=self.counters,
            config=self.config,
            conversations=tuple(self.conversations[each] for each in sorted(self.conversations)),
            messages=tuple(self.messages[each] for each in sorted(self.messages)),
            reps=tuple(self.reps[each] for each in sorted(self.reps)),
            early_reports=tuple(report for each in self.early_reports.values() for report in each),
            consents=tuple(each for _, each in sorted({**self.opted_out, **self.opted_in}.items(), key=itemgetter(0))),
            channels=tuple(self.channel_states[each] for each in sorted(self.channel_states)),
            queues=tuple(self.queue_states[each] for each in sorted(self.queue_states)),
        )

    def keep_report(self, report: DeliveryReported) -> None:
        """Keep a delivery report for a message that is not known by its provider id yet."""
        key = (report.channel, report.provider_id)
        self.early_reports[key] = (*self.early_reports.get(key, ()), report)
        self.changes.early_reports = True

    def drop_reports(self, channel: str, provider_id: str) -> None:
        """Forget the kept delivery reports of one message."""
        if self.early_reports.pop((channel, provider_id), None) is not None:
            self.changes.early_reports = True

    # Keeping the indexes right

    def _index_config(self) -> None:
        config = self.config
        self.numbers: dict[str, Number] = {each.address: each for each in config.numbers}
        self.channels = {each.name: each for each in config.channels}
        self.workstreams: dict[str, Workstream] = {each.name: each for each in config.workstreams}
        zone = ZoneInfo(config.time_zone)
        self.presences = {each.name: each for each in config.presences}
        self.calendars = {each.name: Calendar(each, zone) for each in config.hours}
        self.customers = {each.number: each for each in config.customers}
        background = Background(zone=zone, calendars=self.calendars, customers=self.customers)
        self.rule_books = {each.name: RuleBook(each, background) for each in config.workstreams}
        self.profiles.configure(config, zone)
        self.automated_texts = AutomatedTexts(config)
        self.queues: dict[str, Queue] = {each.name: each for each in config.queues}
        self.rep_settings: dict[str, Rep] = {each.name: each for each in config.reps}
        self._preferences = {each.customer: each.reps for each in config.preferences}
        queues_of: dict[str, list[str]] = {each: [] for each in self.rep_settings}
        for queue in config.queues:
            for rep in queue.reps:
                queues_of[rep].append(queue.name)

        self.queues_of: dict[str, tuple[str, ...]] = {rep: tuple(names) for rep, names in queues_of.items()}
        pushing = [each for each in config.workstreams if each.distribution is Distribution.PUSH]
        self.offering_presences = frozenset(presence for each in pushing for presence in each.allowed_presences)
        picked = len(pushing) < len(config.workstreams)
        self.working_presences = _PRESENT if picked else self.offering_presences
        self.candidates.configure(config, self.rep_settings)
        self.waiting.clear()
        for conversation in self.conversations.values():
            entry = self._waiting_entry(conversation)
            if entry is not None:
                self._list_conversation(conversation.id, *entry)

    def _waiting_entry(self, conversation: Conversation) -> tuple[Requirement, Place] | None:
        if conversation.state is not State.QUEUED or conversation.queue is None:
            return None

        # While a new configuration comes into force, a queue may be gone that its conversations are about to leave.
        queue = self.queues.get(conversation.queue) or Queue(name=conversation.queue)
        workstream, costs = self.workstreams[conversation.workstream], self.costs_of(conversation)
        if awaits_until(conversation, workstream) is not None:
            rep = last_rep(conversation, workstream, self.rep_settings)
            if rep is not None:
                return requirement_of_return(conversation, workstream, costs, rep), place_of(conversation, queue)

        requirement = requirement_of(conversation, workstream, costs, self.awaited_reps(conversation))
        return requirement, place_of(conversation, queue)

    def _count_presences(self) -> None:
        self._presences = {each: Counter() for each in self.queues}
        for rep in self.reps.values():
            self._count_presence(rep, 1)

    def _count_presence(self, rep: RepState, change: int) -> None:
        """Count who is there to work: whoever is offered nothing, whatever their presence, is as good as offline.

        And whoever is busy by what they hold is as good as available: they take the next when they have ended one.
        """
        presence = Presence.AVAILABLE if rep.why is PresenceReason.CAPACITY else rep.presence
        if not rep.takes_offers:
            presence = Presence.OFFLINE

        for queue in self.queues_of[rep.name]:
            counted = self._presences.get(queue)
            if counted is not None:  # one that a new configuration brings is counted when all its reps are there
                counted[presence] += change

    def _list_conversation(self, conversation: int, requirement: Requirement, place: Place) -> None:
        self.waiting.add(conversation, requirement, place)
        if requirement.pushed:
            self.candidates.pool(requirement)

    def _forget_turns(self) -> None:
        """Forget whose turn it is on routes that are gone."""
        known = {key for book in self.rule_books.values() for key in book.split_keys}
        splits = {key: turn for key, turn in self.counters.splits.items() if key in known}
        if splits != self.counters.splits:
            self.counters = replace(self.counters, splits=splits)

    def _reindex_waiting(self, new: Conversation) -> None:
        before = self.waiting.entry(new.id)
        after = self._waiting_entry(new)
        if before == after:
            return

        unused = self.waiting.remove(new.id) if before is not None else None
        if after is not None:
            self._list_conversation(new.id, *after)
            self.stirred_conversations[new.id] = None

        if unused is not None and (after is None or after[0] != unused):
            self.candidates.rest(unused)

    def _reindex_search(self, old: Conversation | None, new: Conversation) -> None:
        """Keep the deadline of a waiting conversation's search."""
        queue = self.queues.get(new.queue or "")
        if new.state is State.QUEUED and queue is not None:
            self.timers.set(("search", new.id), next_search_change(new, self.workstream_of(new), queue))
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
            self._loads[before.rep] -= before.cost
            if before.costs:
                self.profiles.let_go(before, offered=old is not None and old.state is State.ASSIGNED)

            del self._held[before.rep][new.id]
            self._note_load(before.rep, turn=new.state is State.CLOSED)

        if after is not None:
            self._loads[after.rep] = self._loads.get(after.rep, 0) + after.cost
            if after.costs:
                self.profiles.hold(after, offered=new.state is State.ASSIGNED)

            self._held.setdefault(after.rep, {})[new.id] = None
            self._note_load(after.rep, turn=new.state is State.ACTIVE)

        if before is not None:
            self._list_rep(before.rep)
            if after is None or after.rep != before.rep or after.cost < before.cost:
                self.stirred_reps[before.rep] = None
                self._note_release(before.rep)

        if after is not None and (before is None or before.rep != after.rep):
            self._list_rep(after.rep)

    def _note_release(self, name: str) -> None:
        rep = self.reps.get(name)
        if rep is not None and rep.released_at != self.at:
            self.put_rep(replace(rep, released_at=self.at))

    def _note_load(self, name: str, *, turn: bool = False) -> None:
        """Have a rep's presence looked at when the command is done. `turn`: they accepted or closed something."""
        rep = self.reps.get(name)
        if rep is not None and (
            self.config.presence.automatic or rep.draining is not None or rep.why is PresenceReason.CAPACITY
        ):
            self.loaded[name] = turn or self.loaded.get(name, False)

    def _set_rep_timers(self, name: str) -> None:
        rep = self.reps.get(name)
        self.timers.set(("desk", name), rep.gone_at if rep else None)
        self.timers.set(("shift", name), rep.works_until if rep else None)

    def _list_rep(self, name: str) -> None:
        rep = self.reps.get(name)
        if rep is None:
            return

        self.candidates.touch(name)
        holds = bool(self._held.get(name))
        self.timers.set(("rep", name), rep.release_at if holds else None)
