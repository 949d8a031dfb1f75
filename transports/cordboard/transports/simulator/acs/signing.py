"""Whether a request is signed with a resource's key, as Azure checks it.

Written from the carrier's documentation, apart from the SDK and from what we sign with, so that each tests the other:
https://learn.microsoft.com/en-us/azure/communication-services/tutorials/hmac-header-tutorial
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from aiohttp import web

from cordboard.engine.secret import Secret

LARGEST_SKEW: Final = timedelta(minutes=5)
"""How far the clock of whoever signs may be off. What Azure bears is not documented."""

_AUTHORIZATION: Final = re.compile(
    r"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=(?P<signature>[A-Za-z0-9+/]{43}=)"
)


def problem_of(request: web.Request, body: bytes, key: Secret) -> str:
    """Return what is wrong with a request's signature, in words; nothing where it is right."""
    authorization = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    date = request.headers.get("x-ms-date", "")
    claimed = request.headers.get("x-ms-content-sha256", "")
    if authorization is None:
        return "The Authorization header is missing, or no HMAC-SHA256 of x-ms-date, host and x-ms-content-sha256."

    content = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if not hmac.compare_digest(claimed.encode(), content.encode()):
        return "x-ms-content-sha256 is not the hash of the body."

    try:
        off = abs(parsedate_to_datetime(date) - datetime.now(UTC))
    except (ValueError, TypeError):  # TypeError: it has no time zone
        return "x-ms-date is no date of RFC 1123."

    if off > LARGEST_SKEW:
        return f"x-ms-date is off by {round(off.total_seconds())} seconds: is the clock right?"

    signed = f"{request.method}\n{request.raw_path}\n{date};{request.headers.get('Host', '')};{claimed}"
    signature = base64.b64encode(hmac.digest(_decoded(key), signed.encode(), "sha256"))
    if not hmac.compare_digest(signature, authorization["signature"].encode()):
        return "The signature is wrong: the key, the host, the path or the query is another."

    return ""


def _decoded(key: Secret) -> bytes:
    try:
        return base64.b64decode(key.reveal(), validate=True)
    except binascii.Error:
        raise ValueError("an access key of Communication Services is base64") from None
