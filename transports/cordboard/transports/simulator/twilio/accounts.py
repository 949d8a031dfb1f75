"""The accounts at the simulated Twilio: who may ask for what, whose number is whose, and who signs."""

from __future__ import annotations

import hmac
from base64 import b64decode
from binascii import Error
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from cordboard.engine.secret import Secret


class SharedKey(Struct, frozen=True, kw_only=True):
    """What webhooks are signed with in the place of the auth token.

    Attributes:
        id: Its id, which every call names.
        secret: Its secret.
    """

    id: str
    secret: Secret


@dataclass(kw_only=True, eq=False)
class Account:
    """An account, or a subaccount.

    Attributes:
        sid: Its id.
        auth_token: The password of the REST API, and the key of the signatures.
        parent: The account that may ask in its name; empty for none.
        api_keys: Other credentials for the REST API: secrets by `SK…`.
        shared_key: Signs in the place of the auth token.
        numbers: The numbers it may send from; None for any.
        services: Its messaging services: the numbers each chooses from, by `MG…`.
        webhooks: The webhook for texts to a number, where it is not `webhook_url`.
        webhook_url: The webhook for texts to all other numbers; where it is empty they go nowhere.
        media_elsewhere: Whether attachments lie on another host, to which the REST API sends whoever asks for one.
            There the URL is the credential, and whoever shows the account's is refused.
    """

    sid: str
    auth_token: Secret
    parent: str = ""
    api_keys: dict[str, Secret] = field(default_factory=dict)
    shared_key: SharedKey | None = None
    numbers: Collection[str] | None = None
    services: dict[str, Sequence[str]] = field(default_factory=dict)
    webhooks: dict[str, str] = field(default_factory=dict)
    webhook_url: str = ""
    media_elsewhere: bool = False

    def owns(self, number: str) -> bool:
        """Whether it may send from a number."""
        return self.numbers is None or number in self.numbers

    def service_of(self, number: str) -> str:
        """Return the messaging service that a number belongs to, or nothing."""
        return next((sid for sid, numbers in self.services.items() if number in numbers), "")

    def webhook_for(self, number: str) -> str:
        """Return where texts to a number go, or nothing."""
        return self.webhooks.get(number, self.webhook_url)


class Accounts:
    """All accounts.

    Attributes:
        primary: The first; it gets the texts to numbers that nobody claims.

    Args:
        primary: See above.
    """

    def __init__(self, primary: Account) -> None:
        self.primary = primary
        self._accounts = {primary.sid: primary}

    def add(self, account: Account) -> None:
        """Open an account."""
        self._accounts[account.sid] = account

    def get(self, sid: str) -> Account | None:
        """Return an account."""
        return self._accounts.get(sid)

    def owner_of(self, number: str) -> Account:
        """Return the account that texts to a number are for."""
        for each in self._accounts.values():
            if (each.numbers is not None and number in each.numbers) or each.service_of(number):
                return each

        return self.primary

    def authenticate(self, authorization: str) -> Account | None:
        """Return the account of a request's Basic credentials; None if they are nobody's."""
        try:
            shown = b64decode(authorization.removeprefix("Basic "), validate=True)
        except Error:
            return None

        user = shown.partition(b":")[0].decode(errors="replace")
        for account in self._accounts.values():
            for name, secret in _credentials(account):
                if name == user and hmac.compare_digest(shown, f"{name}:{secret.reveal()}".encode()):
                    return account

        return None

    def named(self, sid: str, asked_by: Account) -> Account | None:
        """Return the account that a path names; None if there is none, or it is none of the asker's business."""
        account = self._accounts.get(sid)
        return account if account is not None and asked_by.sid in (account.sid, account.parent) else None


def _credentials(account: Account) -> Iterator[tuple[str, Secret]]:
    yield account.sid, account.auth_token
    yield from account.api_keys.items()
