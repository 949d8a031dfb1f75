"""What has come onto queues and has yet to be looked at by them, in the order in which it came."""

from __future__ import annotations

from collections import Counter


class Arrivals:
    """Conversations that their queues may overflow with: several at once, where a rep or a queue is gone."""

    def __init__(self) -> None:
        self._queues: dict[int, str | None] = {}
        self._counts: Counter[str | None] = Counter()

    def add(self, conversation: int, queue: str | None) -> None:
        """Note that a conversation has come onto a queue; one that is noted already has gone on to this one."""
        if conversation in self._queues:
            self._counts[self._queues[conversation]] -= 1

        self._queues[conversation] = queue
        self._counts[queue] += 1

    def take(self) -> int:
        """Return who came first, and note them no more."""
        conversation = next(iter(self._queues))
        self._counts[self._queues.pop(conversation)] -= 1
        return conversation

    def count(self, queue: str) -> int:
        """Return how many have yet to be looked at by a queue."""
        return self._counts[queue]

    def clear(self) -> None:
        """Note nobody any more."""
        self._queues.clear()
        self._counts.clear()

    def __bool__(self) -> bool:
        return bool(self._queues)
