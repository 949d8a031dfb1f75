"""Twilio's signature: whether a request is truly the carrier's.

Twilio signs the URL it calls, followed by the name and value of every form field in the order of their names: with
HMAC-SHA1 under the account's auth token, or with HMAC-SHA256 under a key that it shares with us. A header of the
request says which. Whoever forges a request writes its headers, so the header never chooses: an account that has shared
keys takes nothing else, and one that has none takes no shared key.
See https://www.twilio.com/docs/usage/security and https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from cordboard.transports.twilio.settings import Subaccount, TwilioSettings

HEADER: Final = "x-twilio-signature"

SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"
"""Says `key=<id>,algorithm=HMAC_SHA256` where a shared key signed."""

_URL: Final = re.compile(
    r"(?P<scheme>https?://)(?:[^/?#]*@)?(?P<host>\[[^]/?#]*\]|[^:/?#]*)(?P<port>:\d*)?(?P<rest>.*)", re.DOTALL
)

_DEFAULT_PORT: Final = {"http://": ":80", "https://": ":443"}


class Signatory:
    """Whoever signs an account's webhooks.

    Args:
        account: The account's tokens and keys.
    """

    def __init__(self, account: TwilioSettings | Subaccount) -> None:
        self._tokens = tuple(each.reveal().encode() for each in (account.auth_token, *account.former_auth_tokens))
        self._shared_keys = {each.id: each.secret.reveal().encode() for each in account.shared_keys}

    def signed(self, headers: Mapping[str, str], url: str, fields: Iterable[tuple[str, str]] = ()) -> bool:
        """Whether a request is signed as this account's are.

        Args:
            headers: The request's, names in lower case.
            url: The URL as the carrier called it.
            fields: The form's fields; none for a GET request, whose URL has them all.

        Raises:
            UnicodeEncodeError: There is a lone surrogate in the URL or a field.
        """
        signature = headers.get(HEADER, "")
        if self._shared_keys:
            key = self._shared_keys.get(_key_named_in(headers.get(SETTINGS_HEADER, "")))
            return key is not None and is_genuine(signature, key, url, fields, algorithm="sha256")

        return any(is_genuine(signature, token, url, fields) for token in self._tokens)


def sign(key: bytes, url: str, fields: Iterable[tuple[str, str]] = (), *, algorithm: str = "sha1") -> bytes:
    """Return the signature of a URL and form fields. A value that a field has twice counts once.

    Raises:
        UnicodeEncodeError: There is a lone surrogate in it.
    """
    signed = url + "".join(chain.from_iterable(sorted(set(fields))))
    return b64encode(hmac.digest(key, signed.encode(), algorithm))


def is_genuine(
    signature: str, key: bytes, url: str, fields: Iterable[tuple[str, str]] = (), *, algorithm: str = "sha1"
) -> bool:
    """Whether a signature is right.

    Args:
        signature: What the request's header says.
        key: The auth token, or the shared key.
        url: The URL as the carrier called it.
        fields: The form's fields; none for a GET request, whose URL has them all.
        algorithm: `sha1` with an auth token, `sha256` with a shared key.

    Raises:
        UnicodeEncodeError: There is a lone surrogate in the URL or a field.
    """
    claimed = signature.encode(errors="replace")
    return any(hmac.compare_digest(sign(key, each, fields, algorithm=algorithm), claimed) for each in _spellings(url))


def _key_named_in(header: str) -> str:
    """Return the id of the shared key that signed with the algorithm that we know; nothing for any other header."""
    said = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in header.split(","))}
    return said.get("key", "") if said.get("algorithm") == "HMAC_SHA256" else ""


def _spellings(url: str) -> Iterator[str]:
    """Yield the ways in which Twilio may have written a URL: never with user and password, with or without port."""
    match = _URL.fullmatch(url)
    if match is None:
        yield url
        return

    scheme, host, port, rest = match.groups()
    yield f"{scheme}{host}{port or ''}{rest}"
    yield f"{scheme}{host}{'' if port else _DEFAULT_PORT[scheme]}{rest}"
