"""What a Twilio channel is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from cordboard.engine.secret import Secret
from cordboard.transports.base import ChannelSettings, url_problems

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9-]+")
"""Twilio's are AC and 32 hexadecimal digits; compatible providers have UUIDs."""


class TwilioSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a Twilio channel is told.

    Attributes:
        account_sid: The account (or subaccount) that owns the numbers.
        auth_token: That account's primary auth token: it signs webhooks, and it is the password of the REST API.
        api_url: Where the REST API is: another base for an edge, a compatible provider or a simulated carrier.
    """

    provider: str = "twilio"
    public_url: str  # Twilio has to call us
    account_sid: str
    auth_token: Secret
    api_url: str = "https://api.twilio.com"

    def find_problems(self) -> Iterator[str]:
        """Yield everything that is wrong, each as `key: reason`."""
        if not self.public_url:
            yield "public_url: is empty; Twilio calls this URL, and signs it"

        yield from super().find_problems()
        if "_" in (urlsplit(self.public_url).hostname or ""):
            yield "public_url: Twilio calls no host with an underscore in its name; use another name for it"

        if not _ACCOUNT.fullmatch(self.account_sid):
            yield "account_sid: expected letters and digits, such as 'AC00000000000000000000000000000000'"

        if not self.auth_token.reveal():
            yield "auth_token: is empty"

        yield from url_problems("api_url", self.api_url)
