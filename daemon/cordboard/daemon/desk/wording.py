"""How the desk says things: numbers, times, states and refusals in words that a representative reads at a glance."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from cordboard.engine.config import HOUR, MINUTE, SECOND
from cordboard.engine.errors import (
    CordboardError,
    IllegalTransition,
    InvalidMessage,
    KeyReused,
    MessageTooLong,
    NotAllowed,
    NotFound,
)
from cordboard.engine.records import Message
from cordboard.engine.vocabulary import (
    Direction,
    MessageStatus,
    Milliseconds,
    Presence,
    State,
    Timestamp,
    Trigger,
)

_NORTH_AMERICAN_DIGITS: Final = 11
_COUNTRY: Final = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
"""The country code that a number begins with: which have one digit and which two is settled, all others have three."""

_SHORTEST_LAST_GROUP: Final = 2

PRESENCES: Final = {
    Presence.AVAILABLE: "Available",
    Presence.BUSY: "Busy",
    Presence.DO_NOT_DISTURB: "Do not disturb",
    Presence.AWAY: "Away",
    Presence.OFFLINE: "Offline",
}

STATES: Final = {
    State.NEW: "new",
    State.QUEUED: "waiting on a queue",
    State.ASSIGNED: "offered to a representative",
    State.ACTIVE: "with a representative",
    State.CLOSED: "ended",
}

TRIGGERS: Final = {
    Trigger.ACCEPT: "accepted",
    Trigger.DECLINE: "declined",
    Trigger.PICK: "taken from the queue",
    Trigger.PARK: "parked",
    Trigger.RESUME: "resumed",
    Trigger.RELEASE: "put back on its queue",
    Trigger.TRANSFER: "transferred",
    Trigger.CLOSE: "ended",
}


def phone_number(address: str) -> str:
    """Return a number in groups that can be read out: `+14155550123` becomes `+1 415 555 0123`.

    Short codes, and whatever else is no E.164 number, stay as they are.
    """
    digits = address[1:]
    if not address.startswith("+") or not digits.isdigit():
        return address

    if digits[0] == "1" and len(digits) == _NORTH_AMERICAN_DIGITS:
        return f"+1 {digits[1:4]} {digits[4:7]} {digits[7:]}"

    country = _COUNTRY.match(digits)
    code = country.group() if country else ""
    rest = digits[len(code) :]
    groups = [rest[start : start + 3] for start in range(0, len(rest), 3)]
    if len(groups) > 1 and len(groups[-1]) < _SHORTEST_LAST_GROUP:
        last = groups.pop()
        groups[-1] += last

    return " ".join([f"+{code}", *groups])


def length_of_time(length: Milliseconds) -> str:
    """Return a length of time in its largest unit: `3 min`, `2 h`, `5 d`. Seconds would only make a page restless."""
    if length < MINUTE:
        return "< 1 min"

    if length < HOUR:
        return f"{length // MINUTE} min"

    if length < 48 * HOUR:
        return f"{length // HOUR} h"

    return f"{length // (24 * HOUR)} d"


def countdown(left: Milliseconds) -> str:
    """Return what is left of a deadline as minutes and seconds: `1:58`. A second that has begun counts."""
    seconds = max(-(-left // SECOND), 0)
    return f"{seconds // 60}:{seconds % 60:02}"


class Times:
    """Says when things happened, in the board's time zone, as seen from one moment.

    A contact centre works by one clock: everybody reads the same time, whatever their browser's zone.

    Args:
        zone: An IANA time zone.
        now: The moment everything is seen from.
    """

    def __init__(self, zone: str, now: Timestamp) -> None:
        self._zone = ZoneInfo(zone)
        self.now = now

    def clock(self, at: Timestamp) -> str:
        """Return the time of day: `14:32`."""
        return f"{self._local(at):%H:%M}"

    def day(self, at: Timestamp) -> str:
        """Return the day: `Today`, `Yesterday` or `Mon 23 Nov 2026`."""
        day, today = self._local(at).date(), self._local(self.now).date()
        if day == today:
            return "Today"

        if day == today - timedelta(days=1):
            return "Yesterday"

        return f"{day:%a} {day.day} {day:%b %Y}"

    def short(self, at: Timestamp) -> str:
        """Return the time of day if it is today, else the day."""
        day = self.day(at)
        return self.clock(at) if day == "Today" else day

    def full(self, at: Timestamp) -> str:
        """Return day, time to the second, and zone."""
        local = self._local(at)
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S} {local.tzname()}"

    def iso(self, at: Timestamp) -> str:
        """Return it as machines read it: RFC 3339 in UTC."""
        return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def since(self, at: Timestamp) -> str:
        """Return how long ago it was, in its largest unit."""
        return length_of_time(self.now - at)

    def left(self, at: Timestamp) -> str:
        """Return how long it is until then, as a countdown."""
        return countdown(at - self.now)

    def _local(self, at: Timestamp) -> datetime:
        return datetime.fromtimestamp(at / 1000, self._zone)


class Delivery(Struct, frozen=True, kw_only=True):
    """How far a text of ours has come.

    Attributes:
        word: In a word or two.
        tone: `pending`, `good`, `unsure` or `bad`.
        why: More, where there is more to say.
    """

    word: str
    tone: str
    why: str = ""


_DELIVERIES: Final = {
    MessageStatus.QUEUED: ("queued", "pending"),
    MessageStatus.SENDING: ("sending", "pending"),
    MessageStatus.SENT: ("sent", "good"),
    MessageStatus.DELIVERED: ("delivered", "good"),
    MessageStatus.UNDELIVERED: ("not delivered", "bad"),
    MessageStatus.FAILED: ("not sent", "bad"),
    MessageStatus.CANCELED: ("canceled", "bad"),
}


def delivery_of(message: Message, times: Times) -> Delivery | None:
    """Return how far a text of ours has come; None for a customer's."""
    if message.direction is Direction.INBOUND:
        return None

    why = message.failure.text if message.failure else ""
    if message.uncertain and message.status is MessageStatus.SENDING:
        return Delivery(word="may not have been sent", tone="unsure", why=why)

    if message.status is MessageStatus.QUEUED and message.not_before is not None:
        again = f"will be tried again at {times.clock(message.not_before)}"
        return Delivery(word="queued", tone="pending", why=f"{again}: {why}" if why else again)

    word, tone = _DELIVERIES[message.status]
    return Delivery(word=word, tone=tone, why=why if tone == "bad" else "")


def refusal(error: CordboardError) -> tuple[int, str]:
    """Return the HTTP status of an error, and what to tell the person who ran into it."""
    match error:
        case IllegalTransition(state=state, trigger=trigger):
            verb = TRIGGERS.get(trigger, trigger.value) if trigger else "answered"
            return 409, f"This conversation is {STATES[state]} now, so it cannot be {verb}. The page shows how it is."
        case MessageTooLong(length=length, limit=limit):
            return 422, f"Your text has {length} characters; {limit} is the most that can be sent. Send it in parts."
        case KeyReused():
            return 409, "A different text was sent from here just before. Look at the transcript, then send again."
        case InvalidMessage():
            return 422, sentence(error)
        case NotFound():
            return 404, sentence(error)
        case NotAllowed():
            return 403, sentence(error)
        case CordboardError(retryable=True):
            return 503, "Cordboard could not do this just now, and nothing has changed. Try again in a moment."
        case _:
            return 409, sentence(error)


def sentence(error: Exception) -> str:
    """Return an error's own words as a sentence."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
