"""Twilio's signature: whether a request is truly the carrier's.

Twilio signs the URL it calls, followed by the name and value of every form field in the order of their names, with
HMAC-SHA1 under the account's auth token. A request that is signed with a shared key instead is not taken: it does not
match. The header that says so is not even looked at, since whoever forges a request writes its headers.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

HEADER: Final = "x-twilio-signature"

_URL: Final = re.compile(
    r"(?P<scheme>https?://)(?:[^/?#]*@)?(?P<host>\[[^]/?#]*\]|[^:/?#]*)(?P<port>:\d*)?(?P<rest>.*)", re.DOTALL
)

_DEFAULT_PORT: Final = {"http://": ":80", "https://": ":443"}


def sign(key: bytes, url: str, fields: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return the signature of a URL and form fields. A value that a field has twice counts once.

    Raises:
        UnicodeEncodeError: There is a lone surrogate in it.
    """
    signed = url + "".join(chain.from_iterable(sorted(set(fields))))
    return b64encode(hmac.digest(key, signed.encode(), "sha1"))


def is_genuine(signature: str, key: bytes, url: str, fields: Iterable[tuple[str, str]] = ()) -> bool:
    """Whether a signature is right.

    Args:
        signature: What the request's header says.
        key: The auth token.
        url: The URL as the carrier called it.
        fields: The form's fields; none for a GET request, whose URL has them all.

    Raises:
        UnicodeEncodeError: There is a lone surrogate in the URL or a field.
    """
    claimed = signature.encode(errors="replace")
    return any(hmac.compare_digest(sign(key, each, fields), claimed) for each in _spellings(url))


def _spellings(url: str) -> Iterator[str]:
    """Yield the ways in which Twilio may have written a URL: never with user and password, with or without port."""
    match = _URL.fullmatch(url)
    if match is None:
        yield url
        return

    scheme, host, port, rest = match.groups()
    yield f"{scheme}{host}{port or ''}{rest}"
    yield f"{scheme}{host}{'' if port else _DEFAULT_PORT[scheme]}{rest}"
