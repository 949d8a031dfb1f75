"""The waiting lists: for each queue, what waits there, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sortedcontainers import SortedList

from cordboard.engine.board.routing.requirement import Requirement, waiting_since
from cordboard.engine.config import Queue
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import QueueOrder

Place: TypeAlias = tuple[bool, int, int, int, int]
"""A place among all that waits: the smallest is first.

Whether it is not escalated, its queue's priority, its own (negated), since when it waits or until when it is to be
answered, its id. Nothing of it changes while the conversation waits, so nothing has to be sorted again.
"""


def place_of(conversation: Conversation, queue: Queue) -> Place:
    """Return a queued conversation's place.

    Ageing is a matter of the key, too: who has waited `ageing` longer stands where one step more of priority would be,
    and stays ahead of or behind each other for ever.
    """
    moment = waiting_since(conversation)
    priority = -conversation.priority
    if queue.order is QueueOrder.DEADLINE:
        moment += queue.service_level or 0

    if queue.ageing is not None:
        moment += priority * queue.ageing
        priority = 0

    return (conversation.escalated_at is None, queue.priority, priority, moment, conversation.id)


class WaitingLists:
    """Queued conversations, listed by what they require: whoever can take one of a list can take all of it."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[Requirement, SortedList[Place]]] = {}
        self._entries: dict[int, tuple[Requirement, Place]] = {}
        self._counts: dict[str, int] = {}

    def add(self, conversation: int, requirement: Requirement, place: Place) -> None:
        """Put a conversation on its queue's list."""
        self._entries[conversation] = (requirement, place)
        lists = self._lists.setdefault(requirement.queue, {})
        places = lists.get(requirement)
        if places is None:
            places = lists[requirement] = SortedList()

        places.add(place)
        self._counts[requirement.queue] = self._counts.get(requirement.queue, 0) + 1

    def remove(self, conversation: int) -> Requirement | None:
        """Take a conversation off its list, and return what it required if nothing else requires that any more."""
        requirement, place = self._entries.pop(conversation)
        lists = self._lists[requirement.queue]
        places = lists[requirement]
        places.remove(place)
        self._counts[requirement.queue] -= 1
        if places:
            return None

        del lists[requirement]
        return requirement

    def clear(self) -> None:
        """Take everything off every list."""
        self._lists.clear()
        self._entries.clear()
        self._counts.clear()

    def entry(self, conversation: int) -> tuple[Requirement, Place] | None:
        """Return what a conversation requires, and its place; None where it does not wait."""
        return self._entries.get(conversation)

    def count(self, queue: str) -> int:
        """Return how many wait on a queue."""
        return self._counts.get(queue, 0)

    def ahead_of(self, conversation: int) -> int:
        """Return how many on its queue go before a conversation."""
        requirement, place = self._entries[conversation]
        return self.ahead_of_place(requirement.queue, place)

    def ahead_of_place(self, queue: str, place: Place) -> int:
        """Return how many on a queue go before a place."""
        return sum(places.bisect_left(place) for places in self._lists.get(queue, {}).values())

    def first(self, queue: str) -> int | None:
        """Return the conversation that goes first on a queue."""
        place = min((places[0] for places in self._lists.get(queue, {}).values()), default=None)
        return place[-1] if place is not None else None

    def has(self, requirement: Requirement) -> bool:
        """Whether anything waits that requires this."""
        return requirement in self._lists.get(requirement.queue, ())

    def reserved_for(self, rep: str) -> list[int]:
        """Return what waits for a rep alone, since they had it last, the first first.

        It looks at all that is required anywhere.
        """
        reserved = [
            place
            for lists in self._lists.values()
            for requirement, places in lists.items()
            if requirement.back and requirement.only == (rep,)
            for place in places
        ]
        return [place[-1] for place in sorted(reserved)]

    def requirements(self, queue: str) -> Iterator[Requirement]:
        """Yield what the conversations of a queue require."""
        return iter(self._lists.get(queue, ()))

    def places(self, requirement: Requirement) -> Iterator[Place]:
        """Yield the places of the conversations that require this, the first first."""
        return iter(self._lists.get(requirement.queue, {}).get(requirement, ()))
