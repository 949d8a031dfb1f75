"""What a Twilio channel is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from cordboard.engine.secret import Secret
from cordboard.transports.base import ChannelSettings, url_problems

_ACCOUNT: Final = re.compile(r"[A-Za-z0-9-]+")
"""Twilio's are AC and 32 hexadecimal digits; compatible providers have UUIDs. So are their other SIDs."""

_KEY: Final = re.compile(r"[!-+\--~]+")
"""A shared key's id stands in a header, before a comma."""


class SharedKey(Struct, frozen=True, kw_only=True):
    """A key that webhooks are signed with in place of an auth token, with HMAC-SHA256.

    Attributes:
        id: As the webhooks' header names it.
        secret: The key itself.
    """

    id: str
    secret: Secret


class Subaccount(Struct, frozen=True, kw_only=True):
    """Another account whose webhooks come in at the same door, signed with a token of its own.

    Attributes:
        account_sid: The subaccount.
        auth_token: Its primary auth token.
        former_auth_tokens: See `TwilioSettings`.
        shared_keys: See `TwilioSettings`.
    """

    account_sid: str
    auth_token: Secret
    former_auth_tokens: tuple[Secret, ...] = ()
    shared_keys: tuple[SharedKey, ...] = ()


class TwilioSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a Twilio channel is told.

    Attributes:
        account_sid: The account (or subaccount) that owns the numbers and sends the texts.
        auth_token: That account's primary auth token: it signs webhooks, and is the REST API's password unless an API
            key is given.
        former_auth_tokens: Tokens that webhooks may still be signed with, while `auth_token` takes their place.
        api_key_sid: An API key for the REST API; empty for none.
        api_key_secret: That key's secret.
        shared_keys: Keys that webhooks are signed with. Where there is one, no auth token will do: which of the two a
            webhook is signed with is said by a header that anybody can write.
        subaccounts: Other accounts whose webhooks come in here.
        messaging_service_sid: The messaging service that texts are sent by, from the number that they come from all the
            same; empty for none.
        api_url: Where the REST API is: another base for an edge, a compatible provider or a simulated carrier.
    """

    provider: str = "twilio"
    public_url: str  # Twilio has to call us
    account_sid: str
    auth_token: Secret
    former_auth_tokens: tuple[Secret, ...] = ()
    api_key_sid: str = ""
    api_key_secret: Secret | None = None
    shared_keys: tuple[SharedKey, ...] = ()
    subaccounts: tuple[Subaccount, ...] = ()
    messaging_service_sid: str = ""
    api_url: str = "https://api.twilio.com"

    @property
    def accounts(self) -> dict[str, TwilioSettings | Subaccount]:
        """The account and its subaccounts, by SID."""
        return {self.account_sid: self, **{each.account_sid: each for each in self.subaccounts}}

    def find_problems(self) -> Iterator[str]:
        """Yield everything that is wrong, each as `key: reason`."""
        if not self.public_url:
            yield "public_url: is empty; Twilio calls this URL, and signs it"

        yield from super().find_problems()
        if "_" in (urlsplit(self.public_url).hostname or ""):
            yield "public_url: Twilio calls no host with an underscore in its name; use another name for it"

        yield from _account_problems(self, "")
        seen = {self.account_sid}
        for at, subaccount in enumerate(self.subaccounts):
            yield from _account_problems(subaccount, f"subaccounts[{at}].")
            if subaccount.account_sid in seen:
                yield f"subaccounts[{at}].account_sid: is there already"

            seen.add(subaccount.account_sid)

        if bool(self.api_key_sid) != (self.api_key_secret is not None):
            missing = "api_key_secret" if self.api_key_sid else "api_key_sid"
            yield f"{missing}: is missing; an API key is its SID and its secret"

        for key in ("api_key_sid", "messaging_service_sid"):
            if not _ACCOUNT.fullmatch(getattr(self, key) or "-"):
                yield f"{key}: expected letters and digits"

        yield from url_problems("api_url", self.api_url)


def _account_problems(account: TwilioSettings | Subaccount, prefix: str) -> Iterator[str]:
    if not _ACCOUNT.fullmatch(account.account_sid):
        yield f"{prefix}account_sid: expected letters and digits, such as 'AC00000000000000000000000000000000'"

    if not account.auth_token.reveal():
        yield f"{prefix}auth_token: is empty"

    for at, token in enumerate(account.former_auth_tokens):
        if not token.reveal():
            yield f"{prefix}former_auth_tokens[{at}]: is empty"

    for at, key in enumerate(account.shared_keys):
        if not _KEY.fullmatch(key.id):
            yield f"{prefix}shared_keys[{at}].id: expected what Twilio shows as the key's id, without spaces or commas"

        if not key.secret.reveal():
            yield f"{prefix}shared_keys[{at}].secret: is empty"
