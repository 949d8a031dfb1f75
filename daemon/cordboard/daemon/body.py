"""Reading a request's body: so much, and no longer than so long."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from litestar.types import HTTPScope, Receive

from cordboard.engine.attachment_kinds import LARGEST_PICTURE

LARGEST: Final = 1024 * 1024
"""Bytes a body may have."""

LARGEST_UPLOAD: Final = LARGEST_PICTURE + 64 * 1024
"""Bytes a body may have that brings a file: the largest that can be sent, and the form around it."""

PATIENCE: Final = 10.0
"""Seconds a body may take to arrive: carriers give up on us after 15."""

UPLOAD_PATIENCE: Final = 120.0
"""Seconds a file may take: 5 MB over half a megabit, a phone's uplink on a bad day."""

_DRAINED: Final = 8 * LARGEST
"""Bytes of a body that is too large that are read and dropped, so that its sender gets to read the refusal."""


class BodyRefused(Exception):
    """A body cannot be taken.

    Attributes:
        status: The HTTP status that says so.
    """

    status = 400


class BodyTooLarge(BodyRefused):
    """It has more bytes than it may, whatever its Content-Length says."""

    status = 413

    def __init__(self, largest: int) -> None:
        super().__init__(f"a body may have at most {largest} bytes here")


class BodyTooSlow(BodyRefused):
    """It did not arrive in time."""

    status = 408


class ClientGone(Exception):
    """Nobody is there any more to answer to."""


async def read_body(scope: HTTPScope, receive: Receive, *, patience: float = PATIENCE, largest: int = LARGEST) -> bytes:
    """Return the whole body of a request.

    Args:
        scope: The request.
        receive: Brings its body.
        patience: Seconds the body may take to arrive.
        largest: Bytes it may have.

    Raises:
        BodyRefused: It is too large or too slow. Answer, and close the connection: some of it may still be coming.
        ClientGone: The client left before it was complete.
    """
    if _announced(scope) > _DRAINED:
        raise BodyTooLarge(largest)

    try:
        async with asyncio.timeout(patience):
            message = await _next(receive)
            if not message.get("more_body"):
                body: bytes = message.get("body", b"")
            else:
                body = await _join(message.get("body", b""), receive, largest)
    except TimeoutError:
        raise BodyTooSlow(f"the body did not arrive within {patience:g} seconds") from None

    if len(body) > largest:
        raise BodyTooLarge(largest)

    return body


async def _join(first: bytes, receive: Receive, largest: int) -> bytes:
    parts, size, more = [first], len(first), True
    while more and size <= _DRAINED:
        message = await _next(receive)
        part: bytes = message.get("body", b"")
        size += len(part)
        more = message.get("more_body", False)
        if size <= largest:
            parts.append(part)

    if size > largest:
        raise BodyTooLarge(largest)

    return b"".join(parts)


async def _next(receive: Receive) -> dict[str, Any]:
    message: dict[str, Any] = await receive()  # type: ignore[assignment]
    if message["type"] == "http.disconnect":
        raise ClientGone

    return message


def _announced(scope: HTTPScope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0

    return 0
