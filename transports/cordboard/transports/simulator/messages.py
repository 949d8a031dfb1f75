"""The texts that a simulated carrier has carried, in Twilio's shapes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from cordboard.engine.carrier import Media
from cordboard.engine.segments import measure
from cordboard.transports.twilio.codes import ERRORS

API_VERSION: Final = "2010-04-01"

_MOST_KEPT: Final = 100_000
"""Older texts are forgotten, so that a long load test does not fill the memory."""

_RANKS: Final = {"queued": 0, "sending": 1, "sent": 2}
"""How far a text has come by its status; all others are ends."""


class CarriedText(Struct, frozen=True, kw_only=True):
    """One text at the carrier.

    Attributes:
        sid: Its id.
        sender: Who sent it.
        recipient: Whom it is for.
        body: The text.
        media: Attachments.
        direction: Twilio's word for who sent it: `inbound`, `outbound-api` or `outbound-reply`.
        status: Twilio's word for how far it has come.
        error_code: Twilio's word for why it is not where it should be.
        callback: The URL for reports on it.
        taken_at: When the carrier took it.
        updated_at: When its status last changed.
    """

    sid: str
    sender: str
    recipient: str
    body: str
    media: tuple[Media, ...]
    direction: str
    status: str
    error_code: int | None = None
    callback: str = ""
    taken_at: datetime
    updated_at: datetime

    @property
    def inbound(self) -> bool:
        """Whether a customer sent it."""
        return self.direction == "inbound"

    @property
    def segments(self) -> int:
        """How many SMS it takes; a picture without words counts as one."""
        return measure(self.body).segments or 1

    @property
    def sent_at(self) -> datetime:
        """When it was sent, as lists are filtered by it."""
        return self.taken_at.replace(microsecond=0)

    def resource(self, account: str) -> dict[str, Any]:
        """Return it as the REST API shows it."""
        uri = f"/{API_VERSION}/Accounts/{account}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": format_datetime(self.taken_at),
            "date_updated": format_datetime(self.updated_at),
            "date_sent": None if self.status == "queued" else format_datetime(self.sent_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else ERRORS.get(self.error_code, "Unknown error"),
            "from": self.sender,
            "to": self.recipient,
            "messaging_service_sid": None,
            "num_media": str(len(self.media)),
            "num_segments": str(self.segments),
            "price": None,
            "price_unit": "USD",
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "uri": f"{uri}.json",
        }

    def webhook(self, account: str) -> dict[str, str]:
        """Return the form that a webhook gets for it, if a customer sent it."""
        fields = {
            **self._form(account),
            "Body": self.body,
            "NumMedia": str(len(self.media)),
            "NumSegments": str(self.segments),
            "SmsMessageSid": self.sid,
            "SmsStatus": "received",
        }
        for whose, number in (("From", self.sender), ("To", self.recipient)):
            fields[f"{whose}Country"] = "US" if number.startswith("+1") else ""
            fields |= dict.fromkeys(
                (f"{whose}City", f"{whose}State", f"{whose}Zip"), ""
            )  # sent and signed though empty

        for index, media in enumerate(self.media):
            fields[f"MediaUrl{index}"] = media.url
            fields[f"MediaContentType{index}"] = media.content_type

        return fields

    def report(self, account: str) -> dict[str, str]:
        """Return the form that reports its status."""
        fields = {**self._form(account), "MessageStatus": self.status, "SmsStatus": self.status}
        if self.status in ("delivered", "undelivered"):
            fields["RawDlrDoneDate"] = f"{self.updated_at:%y%m%d%H%M}"

        if self.error_code is not None:
            fields["ErrorCode"] = str(self.error_code)

        return fields

    def _form(self, account: str) -> dict[str, str]:
        return {
            "AccountSid": account,
            "ApiVersion": API_VERSION,
            "From": self.sender,
            "MessageSid": self.sid,
            "SmsSid": self.sid,
            "To": self.recipient,
        }


class CarriedTexts:
    """All texts that the carrier remembers, in the order in which it took them."""

    def __init__(self) -> None:
        self._texts: dict[str, CarriedText] = {}

    def add(
        self,
        *,
        sender: str,
        recipient: str,
        body: str,
        media: tuple[Media, ...] = (),
        direction: str,
        status: str,
        callback: str = "",
        sid: str = "",
    ) -> CarriedText:
        """Remember a new text, and return it. Its id is one that no text ever had, unless one is given."""
        now = datetime.now(UTC)
        text = CarriedText(
            sid=sid or ("MM" if media else "SM") + uuid.uuid4().hex,
            sender=sender,
            recipient=recipient,
            body=body,
            media=media,
            direction=direction,
            status=status,
            callback=callback,
            taken_at=now,
            updated_at=now,
        )
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
