"""The texts that a simulated carrier has carried, whichever protocol they came by: its ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from cordboard.engine.carrier import Media
from cordboard.engine.segments import measure

_MOST_KEPT: Final = 100_000
"""Older texts are forgotten, so that a long load test does not fill the memory."""

_RANKS: Final = {"accepted": 0, "queued": 1, "sending": 2, "sent": 3}
"""How far a text has come by its status; all others are ends."""


class CarriedText(Struct, frozen=True, kw_only=True):
    """One text at the carrier.

    Attributes:
        sid: Its id.
        wire: The protocol that we and the carrier speak about it: `twilio` or `acs`.
        account: Whose it is: the account's sid, or the resource's name.
        sender: Who sent it.
        recipient: Whom it is for.
        body: The text.
        media: Attachments.
        direction: Twilio's word for who sent it: `inbound`, `outbound-api` or `outbound-reply`.
        status: Twilio's word for how far it has come.
        error_code: The carrier's code for why it is not where it should be.
        callback: Twilio's: the URL for reports on it.
        service: Twilio's: the messaging service that chose the sender.
        validity: Twilio's: seconds that it may wait until it is sent; None for no end.
        waits: Seconds that it waits in its number's queue.
        keyword: Twilio's `OptOutType`, where the carrier marks the text.
        tag: ACS's: what is said of it in reports.
        reported: ACS's: whether a report was asked for.
        taken_at: When the carrier took it.
        updated_at: When its status last changed.
    """

    sid: str
    wire: str
    account: str = ""
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...] = ()
    direction: str
    status: str
    error_code: int | None = None
    callback: str = ""
    service: str = ""
    validity: float | None = None
    waits: float = 0.0
    keyword: str = ""
    tag: str | None = None
    reported: bool = True
    taken_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def inbound(self) -> bool:
        """Whether a customer sent it."""
        return self.direction == "inbound"

    @property
    def customer(self) -> str:
        """Whose phone shows it."""
        return self.sender if self.inbound else self.recipient

    @property
    def number(self) -> str:
        """The number of ours that it went to or came from."""
        return self.recipient if self.inbound else self.sender

    @property
    def segments(self) -> int:
        """How many SMS it takes; a picture without words counts as one."""
        return measure(self.body).segments or 1

    @property
    def sent_at(self) -> datetime:
        """When it was sent, as lists are filtered by it."""
        return self.taken_at.replace(microsecond=0)


class CarriedTexts:
    """All texts that the carrier remembers, in the order in which it took them."""

    def __init__(self) -> None:
        self._texts: dict[str, CarriedText] = {}

    def add(self, text: CarriedText) -> CarriedText:
        """Remember a text, and return it."""
        self._texts[text.sid] = text
        if len(self._texts) > _MOST_KEPT:
            del self._texts[next(iter(self._texts))]

        return text

    def get(self, sid: str) -> CarriedText | None:
        """Return a text, or None."""
        return self._texts.get(sid)

    def move(self, text: CarriedText, status: str, error_code: int | None = None) -> CarriedText:
        """Return a text with another status. It is remembered so, unless it has come farther already."""
        moved = replace(text, status=status, error_code=error_code, updated_at=datetime.now(UTC))
        known = self._texts.get(text.sid, text)
        if _rank(known.status) < _rank(status):
            self._texts[text.sid] = moved

        return moved

    def taken(self, *, recipient: str = "", body: str | None = None) -> list[CarriedText]:
        """Return the texts of ours that the carrier truly took, whatever it answered; perhaps some alone.

        ACS takes some that it knows it cannot deliver: their status is `failed` before long.

        Args:
            recipient: The customer; empty for all.
            body: The exact words; None for any.
        """
        return [
            text
            for text in self._texts.values()
            if text.direction == "outbound-api" and recipient in ("", text.recipient) and body in (None, text.body)
        ]

    def listed(self, query: Mapping[str, str]) -> list[CarriedText]:
        """Return the texts that fit a list request's filters (`To`, `From`, `DateSent` with = < or >), newest first.

        Raises:
            ValueError: A date is none.
        """
        fits_dates = [
            _date_filter(query[name], name) for name in ("DateSent", "DateSent<", "DateSent>") if name in query
        ]
        return [
            text
            for text in reversed(self._texts.values())
            if query.get("To", text.recipient) == text.recipient
            and query.get("From", text.sender) == text.sender
            and all(fits(text.sent_at) for fits in fits_dates)
        ]


def _rank(status: str) -> int:
    return _RANKS.get(status, len(_RANKS))


def _date_filter(written: str, name: str) -> Callable[[datetime], bool]:
    """Return the test for one date: a day in UTC, or a moment. `<` and `>` include what they name."""
    first = datetime.fromisoformat(written)
    first = first.replace(tzinfo=first.tzinfo or UTC)
    last = first + timedelta(days=1, microseconds=-1) if "T" not in written else first
    if name == "DateSent<":
        return lambda moment: moment <= last

    if name == "DateSent>":
        return lambda moment: moment >= first

    return lambda moment: first <= moment <= last
