"""Azure's signature of a request: HMAC-SHA256 under the access key, of method, path, date, host and the body's hash.

The SDK signs what it sends; this signs what it has no method for. The date is part of it, so a wrong clock is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Final

_SIGNED: Final = "x-ms-date;host;x-ms-content-sha256"


def sign(key: str, *, method: str, host: str, path: str, date: str, body: bytes = b"") -> dict[str, str]:
    """Return the headers that a request needs.

    Args:
        key: The access key, in base64.
        method: GET, say.
        host: As in the Host header: with its port, unless that is the usual one.
        path: With its query.
        date: Now, as HTTP writes it.
        body: The bytes as they are sent.
    """
    content_hash = b64encode(hashlib.sha256(body).digest()).decode()
    said = f"{method}\n{path}\n{date};{host};{content_hash}"
    signature = b64encode(hmac.digest(b64decode(key), said.encode(), "sha256")).decode()
    return {
        "x-ms-date": date,
        "x-ms-content-sha256": content_hash,
        "Authorization": f"HMAC-SHA256 SignedHeaders={_SIGNED}&Signature={signature}",
    }
