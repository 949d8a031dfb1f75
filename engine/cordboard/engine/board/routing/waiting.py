"""The waiting lists: for each queue, what waits there, in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sortedcontainers import SortedList

from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import Timestamp

Place: TypeAlias = tuple[int, Timestamp, int]
"""A place in a waiting list: the smallest is first. Priority (negated), since when the customer waits, id."""


def place_of(conversation: Conversation) -> Place:
    """Return a queued conversation's place: priority first, then whose oldest unanswered text is the oldest.

    Counting from the unanswered text rather than from the last one, a customer who texts again keeps their place.
    """
    since = conversation.unanswered_since
    if since is None:
        since = conversation.queued_at or conversation.updated_at

    return (-conversation.priority, since, conversation.id)


class WaitingLists:
    """Queued conversations, listed by queue and, within it, by what they require: their workstream's terms."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, SortedList[Place]]] = {}
        self._entries: dict[int, tuple[str, str, Place]] = {}
        self._counts: dict[str, int] = {}

    def add(self, queue: str, conversation: Conversation) -> None:
        """Put a conversation on a queue's list."""
        place = place_of(conversation)
        self._entries[conversation.id] = (queue, conversation.workstream, place)
        by_workstream = self._lists.setdefault(queue, {})
        places = by_workstream.get(conversation.workstream)
        if places is None:
            places = by_workstream[conversation.workstream] = SortedList()

        places.add(place)
        self._counts[queue] = self._counts.get(queue, 0) + 1

    def remove(self, conversation: int) -> None:
        """Take a conversation off its list."""
        queue, workstream, place = self._entries.pop(conversation)
        self._lists[queue][workstream].remove(place)
        self._counts[queue] -= 1

    def __contains__(self, conversation: int) -> bool:
        return conversation in self._entries

    def count(self, queue: str) -> int:
        """Return how many wait on a queue."""
        return self._counts.get(queue, 0)

    def workstreams(self, queue: str) -> Iterator[str]:
        """Yield the workstreams that have conversations waiting on a queue."""
        return (name for name, places in self._lists.get(queue, {}).items() if places)

    def places(self, queue: str, workstream: str) -> Iterator[Place]:
        """Yield the places of one workstream's conversations on a queue, the first first."""
        return iter(self._lists[queue][workstream])
