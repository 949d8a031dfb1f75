"""The board's deadlines: which there are, and the queue that finds the next.

A deadline is never stored: it follows from the records, so it is there again after a restart.
"""

from __future__ import annotations

import heapq
from typing import TypeAlias

from cordboard.engine.config import Queue, Workstream
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import State, Timestamp

TimerKey: TypeAlias = tuple[str, int | str]
"""What a deadline belongs to: `("conversation", id)`, `("search", id)`, `("overflow", id)`, or, of a rep by name:
`("rep", …)` when they lose what they hold, `("desk", …)` when theirs counts as gone, `("shift", …)` when it begins or
ends, `("day", …)` when it does."""


_SLACK = 64
"""Reminders too many that are not worth a sweep."""


def conversation_deadline(conversation: Conversation, workstream: Workstream) -> Timestamp | None:
    """Return when something happens to a conversation by itself, or None."""
    close = workstream.auto_close
    match conversation.state:
        case State.NEW | State.QUEUED:
            return conversation.updated_at + close.queued
        case State.ASSIGNED:
            return conversation.assignment.expires_at if conversation.assignment else None
        case State.CLOSED:
            ends_at = conversation.assignment.expires_at if conversation.assignment else None
            return conversation.updated_at + close.wrap_up if ends_at is None else ends_at
        case State.ACTIVE:
            if conversation.parked:
                return conversation.updated_at + close.parked

            quiet, closing = quiet_at(conversation, workstream), conversation.updated_at + close.active
            return closing if quiet is None else min(quiet, closing)


def overflow_deadline(conversation: Conversation, queue: Queue) -> Timestamp | None:
    """Return when a waiting conversation has been on its queue for as long as it may, or None."""
    if not queue.overflow or conversation.entered_at is None:
        return None

    rule = queue.next_after_waiting(conversation.overflowed)
    return conversation.entered_at + (rule.over or 0) if rule is not None else None


def quiet_at(conversation: Conversation, workstream: Workstream) -> Timestamp | None:
    """Return when an active conversation is parked if nobody says anything more.

    None while the customer waits for an answer: it is the rep who is silent then, and nobody would remind them.
    """
    if conversation.unanswered_since is not None:
        return None

    spoken = max(conversation.heard_at, conversation.active_at, conversation.replied_at)
    return spoken + workstream.quiet_after


class Timers:
    """A queue of deadlines, one for each key.

    Most deadlines move later again and again (every text postpones quiet parking), so an entry of the heap is only a
    reminder to look: one that comes up before its time is put back at the right one.

    Attributes:
        last_taken: What `take` returned last; None once that is of no more account than what it returned before.
    """

    def __init__(self) -> None:
        self._due: dict[TimerKey, Timestamp] = {}
        self._reminder: dict[TimerKey, Timestamp] = {}
        self._heap: list[tuple[Timestamp, TimerKey]] = []
        self.last_taken: TimerKey | None = None

    def set(self, key: TimerKey, due: Timestamp | None) -> None:
        """Let `key` be due at a moment, or never."""
        if due is None:
            self._due.pop(key, None)
            if len(self._heap) > 2 * len(self._due) + _SLACK:
                self._sweep()

            return

        self._due[key] = due
        reminder = self._reminder.get(key)
        if reminder is None or reminder > due:
            self._remind(key, due)

    def next(self) -> Timestamp | None:
        """Return the earliest deadline."""
        while self._heap:
            reminder, key = self._heap[0]
            due = self._due.get(key)
            if due == reminder:
                return due

            heapq.heappop(self._heap)
            if self._reminder.get(key) == reminder:
                del self._reminder[key]
                if due is not None:
                    self._remind(key, due)

        return None

    def take(self, at: Timestamp) -> TimerKey | None:
        """Remove and return the key whose deadline passed first, if any has passed by `at`."""
        due = self.next()
        if due is None or due > at:
            return None

        _, key = heapq.heappop(self._heap)
        self.last_taken = key
        self._reminder.pop(key, None)
        del self._due[key]
        return key

    def _sweep(self) -> None:
        """Forget the reminders of what is not due any more: some would be kept for a month."""
        self._reminder = dict(self._due)
        self._heap = [(due, key) for key, due in self._due.items()]
        heapq.heapify(self._heap)

    def _remind(self, key: TimerKey, due: Timestamp) -> None:
        self._reminder[key] = due
        heapq.heappush(self._heap, (due, key))
