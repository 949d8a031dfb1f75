"""How the desk says things: numbers, times, states and refusals in words that a representative reads at a glance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from cordboard.engine.config import HOUR, MINUTE, SECOND
from cordboard.engine.records import Consent, Message
from cordboard.engine.routing_words import OverflowCondition
from cordboard.engine.states import ChannelState
from cordboard.engine.vocabulary import (
    SYSTEM,
    CloseReason,
    ConsentSource,
    Direction,
    FailureKind,
    MessageStatus,
    MessageTrigger,
    Milliseconds,
    PresenceReason,
    Timestamp,
)

_NORTH_AMERICAN_DIGITS: Final = 11
_COUNTRY: Final = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
"""The country code that a number begins with: which have one digit and which two is settled, all others have three."""

_SHORTEST_LAST_GROUP: Final = 2

_LISTED: Final = 6
"""Names that are listed before the rest is only counted."""

PRESENCE_NOTICES: Final = {
    PresenceReason.MISSED: "You missed an offer, so nothing more is offered to you.",
    PresenceReason.DECLINED: "You declined an offer, so nothing more is offered to you.",
}
"""What a rep is told whom the system has taken out."""

_TOLD: Final = {
    MessageTrigger.GREETING: "greeting",
    MessageTrigger.HOLIDAY: "closed for a holiday",
    MessageTrigger.OUT_OF_HOURS: "closed at this hour",
    MessageTrigger.POSITION: "place in line",
    MessageTrigger.NEXT_IN_LINE: "next in line",
    MessageTrigger.EXPECTED_WAIT: "expected wait",
    MessageTrigger.UNASSIGNABLE: "nobody could be found",
    MessageTrigger.OVERFLOW_END: "ended, its queue is too busy",
    MessageTrigger.OVERFLOW_LATER: "answered later",
    MessageTrigger.ASSIGNED: "a representative is asked",
    MessageTrigger.JOINED: "a representative has joined",
    MessageTrigger.TRANSFER_ACCEPTED: "transferred",
    MessageTrigger.LEFT: "the representative has left",
    MessageTrigger.DISCONNECTED: "the representative is gone",
    MessageTrigger.ENDED: "ended",
    MessageTrigger.INACTIVITY: "ended, nothing happened",
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

    def moment(self, at: Timestamp) -> str:
        """Return the time of day, with the day where it is not today."""
        day = self.day(at)
        return self.clock(at) if day == "Today" else f"{day}, {self.clock(at)}"

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

    def coming(self, at: Timestamp) -> str:
        """Return a time to come: that of the day, with the day in front if it is not today."""
        local = self._local(at)
        today = local.date() == self._local(self.now).date()
        return self.clock(at) if today else f"{local:%a} {local.day} {local:%b}, {self.clock(at)}"

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


CLOSE_REASONS: Final = {
    CloseReason.REP: "",
    CloseReason.SUPERVISOR: "",
    CloseReason.INACTIVITY: "nothing happened for long enough",
    CloseReason.OVERFLOW: "its queue was overflowing",
    CloseReason.OPT_OUT: "the customer wants no more texts",
    CloseReason.KEYWORD: "it was only a word that is answered by itself",
}
"""Why a conversation ended, where the name of who ended it does not say it."""

OVERFLOWS: Final = {
    OverflowCondition.OUT_OF_HOURS: "it is closed",
    OverflowCondition.LENGTH: "too many wait there",
    OverflowCondition.EXPECTED_WAIT: "waiting there would take too long",
    OverflowCondition.WAITED: "nobody has taken this conversation for too long",
}
"""Why a queue overflows."""

ADVICE: Final = {
    FailureKind.RECIPIENT: "This number cannot be texted. Reach the customer another way.",
    FailureKind.OPTED_OUT: "Nothing can be sent until the customer texts START.",
    FailureKind.BLOCKED: "Sending it again will not help: the customer may have opted out with their own carrier.",
    FailureKind.CONTENT: "The same text will not come through. Word it differently, or leave the attachment out.",
    FailureKind.CONFIGURATION: "Ask your administrator: the number or the account has to be set up for this.",
    FailureKind.ACCOUNT: "Ask your administrator: nothing goes through on this channel.",
    FailureKind.BUSY: "It can be sent again.",
    FailureKind.LATER: "It can be sent again later.",
    FailureKind.UNREACHABLE: "It can be sent again later; the phone may be switched off.",
    FailureKind.TROUBLE: "It can be sent again.",
    FailureKind.EXPIRED: "It can be sent again.",
    FailureKind.DEFECT: "Tell your administrator: this is a fault of Cordboard.",
    FailureKind.UNKNOWN: "It can be sent again.",
}
"""What a rep can do about a text that failed, by what the failure means."""


class Delivery(Struct, frozen=True, kw_only=True):
    """How far a text of ours has come.

    Attributes:
        word: In a word or two.
        tone: `pending`, `good`, `unsure` or `bad`.
        why: More, where there is more to say.
        advice: What a rep can do about it.
        again: Whether it makes sense to write it again.
    """

    word: str
    tone: str
    why: str = ""
    advice: str = ""
    again: bool = False


_DELIVERIES: Final = {
    MessageStatus.QUEUED: ("queued", "pending"),
    MessageStatus.SENDING: ("sending", "pending"),
    MessageStatus.SENT: ("sent", "good"),
    MessageStatus.DELIVERED: ("delivered", "good"),
    MessageStatus.UNDELIVERED: ("not delivered", "bad"),
    MessageStatus.FAILED: ("not sent", "bad"),
    MessageStatus.CANCELED: ("taken back", "bad"),
}

_IN_DOUBT: Final = "It may not have been sent: "
"""How the engine begins what is said of such a text; the desk has said it already."""


def delivery_of(
    message: Message, times: Times, *, report_timeout: Milliseconds, channel: ChannelState
) -> Delivery | None:
    """Return how far a text of ours has come; None for a customer's.

    Args:
        message: The text.
        times: The board's clock.
        report_timeout: How long its carrier may say nothing until nobody knows what became of it.
        channel: The channel it goes on.
    """
    if message.direction is Direction.INBOUND:
        return None

    why = message.failure.text if message.failure else ""
    if message.doubted:
        why = f"{why.removeprefix(_IN_DOUBT)} The carrier is being asked."
        return Delivery(word="may not have been sent", tone="unsure", why=why)

    if message.uncertain and message.status is MessageStatus.SENDING:
        return Delivery(
            word="may not have been sent",
            tone="unsure",
            why=why.removeprefix(_IN_DOUBT),
            advice="Ask the customer whether they have it before you send it again.",
        )

    if message.status is MessageStatus.QUEUED:
        return Delivery(word="queued", tone="pending", why=_what_it_waits_for(message, times, channel))

    if message.delivery_unknown(times.now, report_timeout):
        silent = f"the carrier has said nothing for {length_of_time(report_timeout)}; it may have arrived"
        return Delivery(word="delivery unknown", tone="unsure", why=why or silent)

    word, tone = _DELIVERIES[message.status]
    if message.disputed is not None:
        other = _DELIVERIES[message.disputed][0]
        why = f"the carrier said so first, and later “{other}”"
        return Delivery(word=f"{word}, disputed", tone="unsure", why=why)

    if tone != "bad":
        return Delivery(word=word, tone=tone)

    kind = message.failure.kind if message.failure else FailureKind.UNKNOWN
    if message.author == SYSTEM:  # nobody here wrote it, and nobody has to write it again
        return Delivery(word=word, tone=tone, why=why)

    again = kind.may_pass or kind is FailureKind.CONTENT
    return Delivery(word=word, tone=tone, why=why, advice=ADVICE[kind], again=again)


def _what_it_waits_for(message: Message, times: Times, channel: ChannelState) -> str:
    if channel.stopped_at is not None:
        return f"texts wait, {stoppage(channel, times)}"

    if message.not_before is None:
        return ""

    again = f"will be tried again at {times.clock(message.not_before)}"
    return f"{again}: {message.failure.text}" if message.failure else again


def stoppage(channel: ChannelState, times: Times) -> str:
    """Return since when a stopped channel is stopped, and what its carrier says."""
    since = times.short(channel.stopped_at or times.now)
    said = f": {channel.failure.text}" if channel.failure else ""
    return f"the channel is stopped since {since}{said}"


def automated(message: Message) -> str:
    """Return that nobody wrote a text, and what it tells of."""
    return "Sent automatically" if message.trigger is None else f"Sent automatically: {_TOLD[message.trigger]}"


def how_opted_out(consent: Consent, times: Times) -> str:
    """Return when, and by which word, a customer opted out."""
    said = f"with “{consent.word}”" if consent.source is ConsentSource.KEYWORD else "as their carrier says"
    return f"{times.day(consent.at).lower()} at {times.clock(consent.at)}, {said}"


def in_short(things: Sequence[str]) -> str:
    """Return the first few of a list, and how many more there are."""
    shown = ", ".join(things[:_LISTED])
    return shown if len(things) <= _LISTED else f"{shown} and {len(things) - _LISTED} more"
