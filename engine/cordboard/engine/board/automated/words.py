"""What slugs stand for, in words that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cordboard.engine.automated_messages import CONTEXT, Part
from cordboard.engine.board.automated.occasions import Occasion
from cordboard.engine.board.automated.texts import times_in
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.routing.expected_wait import expected_wait
from cordboard.engine.board.state import BoardState
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import Timestamp

LONGEST_VALUE: Final = 160
"""Characters of one value: what a text says must not go under in what is filled in."""

_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def fill(parts: Iterable[Part], slugs: Slugs) -> str:
    """Return a text with its slugs filled in, once: what a value says is never read as a slug."""
    return "".join(
        part if isinstance(part, str) else (_visible(slugs.value(part.name)) or part.fallback) for part in parts
    )


def cut(text: str, *, to: int) -> str:
    """Return a text of at most `to` characters, cut before a word where it has words."""
    if len(text) <= to:
        return text

    kept = text[: to + 1]
    return kept.rsplit(maxsplit=1)[0] if len(kept.split()) > 1 else text[:to]


class Slugs:
    """What can be filled in at one occasion.

    Args:
        state: The board's.
        conversation: The conversation, as it is now.
        occasion: What it is told of.
        calendar: The hours of its number, if it has any.
        language: The language of the text, a language tag; empty where nobody said.
        at: The moment it is.
    """

    def __init__(
        self,
        state: BoardState,
        conversation: Conversation,
        occasion: Occasion,
        calendar: Calendar | None,
        language: str,
        at: Timestamp,
    ) -> None:
        self._state = state
        self._conversation = conversation
        self._occasion = occasion
        self._calendar = calendar
        self._language = language
        self._at = at

    def value(self, name: str) -> str:
        """Return what a slug stands for; nothing where there is nothing to fill in."""
        conversation = self._conversation
        if name.startswith(CONTEXT):
            return str(conversation.context.get(name.removeprefix(CONTEXT), ""))

        match name:
            case "customer_name":  # a phone number is not a name
                customer = self._state.configured.customers.get(conversation.customer)
                return (customer.name if customer is not None else "") or str(conversation.context.get(name, ""))
            case "number":
                return conversation.number
            case "queue_name":
                return conversation.queue or ""
            case "rep_name":
                return self._rep_name()
            case "position":
                entry = self._state.waiting.entry(conversation.id)
                return str(self._state.waiting.ahead_of(conversation.id) + 1) if entry is not None else ""
            case "expected_wait":
                wait = expected_wait(self._state, conversation, self._at)
                return times_in(self._language).length(wait) if wait is not None else ""
            case "holiday":
                holiday = self._calendar.holiday_on(self._at) if self._calendar is not None else None
                return holiday.name if holiday is not None else ""
            case "opens_at":
                opens_at = self._calendar.next_opening(self._at) if self._calendar is not None else None
                return self._local(opens_at, self._calendar)
            case "answer_at":
                settings = self._state.configured.queues.get(conversation.queue or "")
                hours = settings.hours if settings is not None else None
                return self._local(self._occasion.answer_at, self._state.configured.calendars.get(hours or ""))
            case _:
                return ""

    def _rep_name(self) -> str:
        settings = self._state.configured.reps.get(self._occasion.rep or "")
        return settings.display_name or settings.name if settings is not None else ""

    def _local(self, moment: Timestamp | None, calendar: Calendar | None) -> str:
        """Return a moment by the clocks of the place, as it is said there now."""
        if moment is None:
            return ""

        zone = calendar.zone if calendar is not None else ZoneInfo(self._state.configured.config.time_zone)
        then, now = (datetime.fromtimestamp(each / 1000, zone) for each in (moment, self._at))
        return times_in(self._language).moment(then, now)


def _visible(value: str) -> str:
    return _UNSEEN.sub(" ", value).strip()[:LONGEST_VALUE]
