"""What a simulated carrier does wrong, as data: how it treats a text.

A treatment says how the request is answered, whether the text is taken, and which reports follow. It means the same in
both protocols, as far as both have a word for it; what only one has is said so. New behaviour is made of new
combinations, not of new code.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Ending(enum.Enum):
    """How a request to the carrier ends."""

    ANSWER = "answer"
    """With an answer."""

    HANG = "hang"
    """It never ends."""

    STALL = "stall"
    """The answer begins and never ends."""

    RESET = "reset"
    """The connection is reset in the middle of the answer."""


class Value(enum.Enum):
    """What ACS makes of the list of results in its answer; Twilio's has none."""

    WHOLE = "whole"
    """One result for each recipient, in their order."""

    NULL = "null"
    """No list: `null` in its place."""

    SHORT = "short"
    """The last result is missing."""

    REVERSED = "reversed"
    """The results come in the wrong order."""


class Report(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One delivery report.

    Attributes:
        status: Twilio's word. ACS reports the last ones alone: `delivered`, `undelivered` and `failed`.
        code: Why it failed: Twilio's error code (five digits) or ACS's delivery code (four). Each carrier says its own
            for it; see `codes`.
        after: Seconds since the report before it, or since the text was taken.
    """

    status: str
    code: int | None = None
    after: Seconds = 0.0


SENT: Final = Report(status="sent")
DELIVERED: Final = Report(status="delivered")


class Treatment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the carrier treats one text.

    Attributes:
        taken: Whether it takes the text, whatever it answers.
        ending: How the request ends.
        status: The answer's HTTP status, if it is no success.
        code: Twilio's error code in the answer, for another status than 201.
        retry_after: The answer's Retry-After header, in seconds; None for no such header.
        page: Answer with this page of HTML instead.
        reports: What is reported of a text that was taken, in order. What is listed twice is reported twice.
        early: Whether all reports are made before the request is answered.
        item: ACS answers 202, and the status stands in this recipient's result alone. Twilio's has one recipient.
        value: What ACS makes of the list of results.
        pause: Seconds before anything happens: before the request is answered, or a customer's text is brought to us.
        copies: How often each call of our webhook about the text is made: 0 loses it, 2 makes it twice.
    """

    taken: bool = True
    ending: Ending = Ending.ANSWER
    status: Annotated[int, Meta(ge=200, le=599)] = 201
    code: int | None = None
    retry_after: int | None = None
    page: str = ""
    reports: tuple[Report, ...] = (SENT, DELIVERED)
    early: bool = False
    item: bool = False
    value: Value = Value.WHOLE
    pause: Seconds = 0.0
    copies: Annotated[int, Meta(ge=0, le=10)] = 1


NORMAL: Final = Treatment()
"""Taken, answered, sent and delivered."""

HANG: Final = Treatment(taken=False, ending=Ending.HANG)
"""No answer, and the text is not taken."""

TAKE_AND_HANG: Final = Treatment(ending=Ending.HANG)
"""No answer, but the text goes its way."""

STALL: Final = Treatment(taken=False, ending=Ending.STALL)
"""The answer begins and never ends, and the text is not taken."""

RESET: Final = Treatment(taken=False, ending=Ending.RESET)
"""The answer breaks off, and the text is not taken."""

TAKE_AND_RESET: Final = Treatment(ending=Ending.RESET)
"""The answer breaks off, but the text goes its way."""

TAKE_AND_FAIL: Final = Treatment(status=500, code=20500)
"""An internal error, it says, but the text goes its way."""

TAKE_IN_SILENCE: Final = Treatment(ending=Ending.RESET, copies=0)
"""The answer breaks off and nothing is ever heard of the text, but it goes its way."""

NONSENSE: Final = Treatment(taken=False, page="<html><body>It works!</body></html>")
"""Success, it says, with a page of HTML; the text is not taken."""

UNREPORTED: Final = Treatment(reports=())
"""Taken, and nothing is ever heard of it again."""

REPORTED_TWICE: Final = Treatment(reports=(SENT, SENT, DELIVERED, DELIVERED))
REPORTED_BACKWARDS: Final = Treatment(reports=(DELIVERED, SENT))

REPORTED_EARLY: Final = Treatment(early=True)
"""Delivered and reported before the request is answered."""


def refuse(status: int, code: int | None = None, *, retry_after: int | None = None) -> Treatment:
    """Return the treatment that turns a text away; without a code, with a page of HTML."""
    page = "" if code else f"<html><body><h1>{status}</h1></body></html>"
    return Treatment(taken=False, status=status, code=code, retry_after=retry_after, page=page)


def throttle(retry_after: int | None = None) -> Treatment:
    """Return the treatment that turns a text away for now."""
    return refuse(429, 20429, retry_after=retry_after)


def undelivered(code: int = 30003) -> Treatment:
    """Return the treatment that takes a text and fails to deliver it."""
    return Treatment(reports=(SENT, Report(status="undelivered", code=code)))


def report_late(seconds: float) -> Treatment:
    """Return the treatment whose last report takes its time."""
    return Treatment(reports=(SENT, Report(status="delivered", after=seconds)))


def one_item(status: int) -> Treatment:
    """Return the treatment that turns one recipient of many away, as ACS may."""
    return Treatment(taken=False, status=status, code=20503 if status >= 500 else 21211, item=True)


CORRECTED: Final = Treatment(reports=(Report(status="failed", code=30008), DELIVERED))
"""Failed, it says first, and then that it was delivered after all."""

LANDLINE: Final = refuse(400, 21614)
"""Twilio turns the text away; ACS takes it, and fails to deliver it."""

OPTED_OUT: Final = refuse(400, 21610)
"""Twilio turns the text away; ACS takes it, and fails to deliver it."""

WEBHOOKS_LOST: Final = Treatment(copies=0)
"""Everything goes well, and we never hear of it."""

WEBHOOKS_TWICE: Final = Treatment(copies=2)
"""Every call of our webhook is made twice."""

NAMED: Final[Mapping[str, Treatment]] = {
    "normal": NORMAL,
    "hang": HANG,
    "take_and_hang": TAKE_AND_HANG,
    "stall": STALL,
    "reset": RESET,
    "take_and_reset": TAKE_AND_RESET,
    "take_and_fail": TAKE_AND_FAIL,
    "take_in_silence": TAKE_IN_SILENCE,
    "nonsense": NONSENSE,
    "slow": Treatment(pause=1.0),
    "throttled": throttle(),
    "throttled_for_a_second": throttle(1),
    "internal_error": refuse(500, 20500),
    "bad_gateway": refuse(502),
    "unavailable": refuse(503, 20503),
    "invalid_number": refuse(400, 21211),
    "item_unavailable": one_item(503),
    "value_null": Treatment(value=Value.NULL),
    "value_short": Treatment(value=Value.SHORT),
    "value_reversed": Treatment(value=Value.REVERSED),
    "landline": LANDLINE,
    "opted_out": OPTED_OUT,
    "undelivered": undelivered(),
    "unreported": UNREPORTED,
    "reported_early": REPORTED_EARLY,
    "reported_late": report_late(1.0),
    "reported_twice": REPORTED_TWICE,
    "reported_backwards": REPORTED_BACKWARDS,
    "corrected": CORRECTED,
    "webhooks_lost": WEBHOOKS_LOST,
    "webhooks_twice": WEBHOOKS_TWICE,
}
"""Treatments as scripts name them."""
