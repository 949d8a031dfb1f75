"""The configuration in force, found by what it is asked for."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cordboard.engine.board.automated.texts import AutomatedTexts
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.routing.conditions import Background
from cordboard.engine.board.routing.requirement import Costs, units_of
from cordboard.engine.board.routing.rule_book import RuleBook
from cordboard.engine.config import BoardConfig, Workstream
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import AssignmentMethod, Distribution, PreferenceFallback
from cordboard.engine.vocabulary import Presence

_PRESENT: Final = frozenset(Presence) - {Presence.OFFLINE}


class Configured:
    """What is configured of a board. It never changes: another configuration makes another one.

    Attributes:
        config: The configuration itself.
        zone: The board's time zone.
        numbers: By address.
        channels: By name, as is everything where nothing else is said.
        workstreams: Settings of conversations.
        queues: Waiting lists.
        reps: People.
        queues_of: The queues that each rep serves.
        customers: By number.
        presences: Those with names of their own.
        calendars: Operating hours.
        rule_books: The rules of workstreams.
        automated_texts: What customers are told by itself.
        offering_presences: In which reps are offered something, by any workstream.
        working_presences: In which reps take something, by any workstream: who may pick has only to be there.
    """

    def __init__(self, config: BoardConfig) -> None:
        self.config = config
        self.zone = ZoneInfo(config.time_zone)
        self.numbers = {each.address: each for each in config.numbers}
        self.channels = {each.name: each for each in config.channels}
        self.workstreams = {each.name: each for each in config.workstreams}
        self.queues = {each.name: each for each in config.queues}
        self.reps = {each.name: each for each in config.reps}
        self.queues_of = _queues_of(config)
        self.customers = {each.number: each for each in config.customers}
        self.presences = {each.name: each for each in config.presences}
        self.calendars = {each.name: Calendar(each, self.zone) for each in config.hours}
        background = Background(zone=self.zone, calendars=self.calendars, customers=self.customers)
        self.rule_books = {each.name: RuleBook(each, background) for each in config.workstreams}
        self.automated_texts = AutomatedTexts(config)
        pushing = [each for each in config.workstreams if each.distribution is Distribution.PUSH]
        self.offering_presences = frozenset(presence for each in pushing for presence in each.allowed_presences)
        picked = len(pushing) < len(config.workstreams)
        self.working_presences = _PRESENT if picked else self.offering_presences
        self._preferred = {each.customer: each.reps for each in config.preferences}
        self._profiles = frozenset(each.name for each in config.capacity_profiles)

    def workstream_of(self, conversation: Conversation) -> Workstream:
        """Return the settings a conversation runs under."""
        return self.workstreams[conversation.workstream]

    def cost_of(self, conversation: Conversation) -> int:
        """Return the units of a rep's capacity that a conversation takes."""
        return units_of(conversation, self.workstreams[conversation.workstream], self.costs_of(conversation))

    def costs_of(self, conversation: Conversation) -> Costs:
        """Return what a conversation takes of the capacity profiles that are configured."""
        costs = conversation.costs_under(self.workstreams[conversation.workstream])
        return tuple(sorted((name, units) for name, units in costs.items() if name in self._profiles)) if costs else ()

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

        preferred = self._preferred.get(conversation.customer, ())
        return tuple(each for each in preferred if queue.name in self.queues_of[each])


def _queues_of(config: BoardConfig) -> dict[str, tuple[str, ...]]:
    queues_of: dict[str, list[str]] = {each.name: [] for each in config.reps}
    for queue in config.queues:
        for rep in queue.reps:
            queues_of[rep].append(queue.name)

    return {rep: tuple(names) for rep, names in queues_of.items()}
