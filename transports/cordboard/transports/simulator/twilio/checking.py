"""What Twilio finds wrong with a text before it takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cordboard.engine.config import E164
from cordboard.transports.simulator.carriage import Carriage
from cordboard.transports.simulator.twilio.accounts import Account

_LONGEST_BODY: Final = 1_600
_MOST_MEDIA: Final = 10
_LONGEST_URL: Final = 4_000
_LONGEST_VALIDITY: Final = 36_000

# What follows a number always, as with Twilio's test credentials:
# https://www.twilio.com/docs/iam/test-credentials
_MAGIC_RECIPIENTS: Final = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_MAGIC_SENDERS: Final = {"+15005550001": 21212, "+15005550006": None, "+15005550007": 21606, "+15005550008": 21611}
"""With `+15005550006` nothing is wrong, whatever numbers the account has."""


class Senders:
    """The numbers that messaging services choose: a customer keeps theirs."""

    def __init__(self) -> None:
        self._chosen: dict[tuple[str, str], str] = {}

    def choose(self, account: Account, fields: Mapping[str, str]) -> str:
        """Return the number that a text is sent from: the one it names, or one of its service; or nothing."""
        service = fields.get("MessagingServiceSid", "")
        numbers = account.services.get(service, ())
        named = fields.get("From", "")
        if named or not numbers:
            return named

        pair = (service, fields.get("To", ""))
        return self._chosen.setdefault(pair, numbers[len(self._chosen) % len(numbers)])


def problem_of(
    account: Account, fields: Mapping[str, str], media: Sequence[str], sender: str, carriage: Carriage
) -> int | None:
    """Return the code of what is wrong with a text, as Twilio checks it; None for nothing."""
    recipient, body = fields.get("To", ""), fields.get("Body", "")
    service, callback = fields.get("MessagingServiceSid", ""), fields.get("StatusCallback", "")
    magic = sender in _MAGIC_SENDERS
    scope = account.service_of(sender) or sender
    checks = {
        21604: not recipient,
        21211: not E164.fullmatch(recipient) or recipient == sender,
        21705: bool(service) and service not in account.services,
        21704: bool(service) and not account.services.get(service),
        21603: not sender,
        21606: not magic and not service and not account.owns(sender),
        21602: not body and not media,
        21617: len(body) > _LONGEST_BODY,
        21623: len(media) > _MOST_MEDIA,
        21620: not all(map(_is_url, media)),
        21609: bool(callback) and not _is_url(callback),
        90007: not _is_validity(fields.get("ValidityPeriod", "1")),
        21610: carriage.opt_outs.blocks(recipient, scope),
    }
    return (
        next((code for code, wrong in checks.items() if wrong), None)
        or _MAGIC_SENDERS.get(sender)
        or _MAGIC_RECIPIENTS.get(recipient)
        or (21611 if carriage.queues.is_full(sender) and not service else None)
    )


def _is_url(written: str) -> bool:
    return written.startswith(("http://", "https://")) and len(written) <= _LONGEST_URL


def _is_validity(written: str) -> bool:
    return written.isascii() and written.isdecimal() and 1 <= int(written) <= _LONGEST_VALIDITY
