"""Times as they look outside: RFC 3339 in UTC, with milliseconds and a Z."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, overload

from cordboard.engine.vocabulary import Timestamp

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def rfc3339(at: Timestamp) -> str: ...
@overload
def rfc3339(at: Timestamp | None) -> str | None: ...
def rfc3339(at: Timestamp | None) -> str | None:
    """Write a moment as `2026-11-23T19:48:25.123Z`."""
    if at is None:
        return None

    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
