"""What a simulated carrier does wrong, as data: how it treats a text that is sent to a customer.

A treatment says how the request is answered, whether the text is taken, and which reports follow. New behaviour is
made of new combinations, not of new code.
"""

from __future__ import annotations

import enum
from collections import deque
from typing import Final

from msgspec import Struct


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


class Report(Struct, frozen=True, kw_only=True):
    """One delivery report.

    Attributes:
        status: Twilio's word.
        code: Twilio's error code, where it failed.
        after: Seconds since the report before it, or since the text was taken.
    """

    status: str
    code: int | None = None
    after: float = 0.0


SENT: Final = Report(status="sent")
DELIVERED: Final = Report(status="delivered")


class Treatment(Struct, frozen=True, kw_only=True):
    """How the carrier treats one text.

    Attributes:
        taken: Whether it takes the text, whatever it answers.
        ending: How the request ends.
        status: The answer's HTTP status.
        code: Twilio's error code in the answer, for another status than 201.
        retry_after: The answer's Retry-After header, in seconds; None for no such header.
        page: Answer with this page of HTML instead.
        reports: What is reported of a text that was taken, in order. What is listed twice is reported twice.
        early: Whether all reports are made before the request is answered.
    """

    taken: bool = True
    ending: Ending = Ending.ANSWER
    status: int = 201
    code: int | None = None
    retry_after: int | None = None
    page: str = ""
    reports: tuple[Report, ...] = (SENT, DELIVERED)
    early: bool = False


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


EVERYBODY: Final = "everybody"
"""In the place of a customer's number: whoever has nothing of their own in the script."""


class Script:
    """How the next texts are treated; normally, where nothing else is said.

    A text takes one treatment: the next one for its customer; else what always holds for that customer; else the same
    for everybody.
    """

    def __init__(self) -> None:
        self._next: dict[str, deque[Treatment]] = {}
        self._always: dict[str, Treatment] = {}

    def next(self, recipient: str, *treatments: Treatment) -> None:
        """Treat the next texts to a customer so, one each."""
        self._next.setdefault(recipient, deque()).extend(treatments)

    def always(self, recipient: str, treatment: Treatment) -> None:
        """Treat every text to a customer so, once what `next` was told is over; `NORMAL` ends it."""
        self._always[recipient] = treatment

    def take(self, recipient: str) -> Treatment:
        """Return how to treat a text that has just come."""
        for whose in (recipient, EVERYBODY):
            scripted = self._next.get(whose)
            if scripted:
                return scripted.popleft()

            if whose in self._always:
                return self._always[whose]

        return NORMAL
