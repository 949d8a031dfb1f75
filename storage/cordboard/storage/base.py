"""What every store does alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from cordboard.engine.config import HOUR
from cordboard.engine.events import Event
from cordboard.engine.ports import Batch, Page
from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import Milliseconds, Timestamp

T = TypeVar("T", Conversation, Message)

ANSWERS_KEPT: Milliseconds = 24 * HOUR
"""How long a first answer is kept. Programs repeat a request for minutes, and a person's page that was left open may do
so the next morning; nobody expects the same key to mean the same request after that."""


def answers_from(batch: Batch) -> Timestamp:
    """Return the age limit of answers, as seen from the newest of a batch that has some: older ones may go.

    Time is what the board says it is. A store asks no clock.
    """
    return max(each.at for each in batch.answers) - ANSWERS_KEPT


def conversation_of(event: Event) -> int | None:
    """Return the conversation an event is about, if it is about one."""
    about: int | None = getattr(event, "conversation", None)
    return about


def page(found: Sequence[T], limit: int) -> Page[T]:
    """Return a page of what was found, where up to one more than `limit` was looked for."""
    items = tuple(found[:limit])
    return Page(items=items, next=items[-1].id if items and len(found) > limit else None)
