"""What slugs stand for, in words that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cordboard.engine.automated_messages import CONTEXT, Part
from cordboard.engine.board.automated.occasions import Occasion
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.routing.expected_wait import expected_wait
from cordboard.engine.board.state import BoardState
from cordboard.engine.config import HOUR, MINUTE
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import Milliseconds, Timestamp

LONGEST_VALUE: Final = 160
"""Characters of one value: what a text says must not go under in what is filled in."""

_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


_MINUTES: Final = {
    "": ("minute", "minutes"),
    "en": ("minute", "minutes"),
    "de": ("Minute", "Minuten"),
    "es": ("minuto", "minutos"),
    "fr": ("minute", "minutes"),
    "it": ("minuto", "minuti"),
    "nl": ("minuut", "minuten"),
    "pt": ("minuto", "minutos"),
}
_HOURS: Final = {
    "": "hours",
    "en": "hours",
    "de": "Stunden",
    "es": "horas",
    "fr": "heures",
    "it": "ore",
    "nl": "uur",
    "pt": "horas",
}
"""Several: one hour is told in minutes. In other languages these are `min` and `h`, the same in all of them."""


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


def length_of_time(length: Milliseconds, language: str) -> str:
    """Return a length of time as people say it, rounded up: whoever waits is rather served too early.

    Exact to the minute up to ten, to five minutes up to an hour and a half, and to the hour beyond: no estimate is
    worth more.
    """
    primary = language.partition("-")[0]
    minutes = max(1, -(-length // MINUTE))
    if minutes > 10:
        minutes = -(-minutes // 5) * 5

    if minutes <= 90:
        one, several = _MINUTES.get(primary, ("min", "min"))
        return f"{minutes} {one if minutes == 1 else several}"

    return f"{-(-length // HOUR)} {_HOURS.get(primary, 'h')}"


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
                return length_of_time(wait, self._language) if wait is not None else ""
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
        """Return a moment by the clocks of the place, in figures that are the same in every language."""
        if moment is None:
            return ""

        zone = calendar.zone if calendar is not None else ZoneInfo(self._state.configured.config.time_zone)
        then, now = (datetime.fromtimestamp(each / 1000, zone) for each in (moment, self._at))
        return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"


def _visible(value: str) -> str:
    return _UNSEEN.sub(" ", value).strip()[:LONGEST_VALUE]
