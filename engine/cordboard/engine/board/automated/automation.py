"""What a conversation remembers of automated messages, so that two machines that answer each other come to an end."""

from __future__ import annotations

from zlib import crc32

from msgspec.structs import replace

from cordboard.engine.config import HOUR, SECOND
from cordboard.engine.records import Automation
from cordboard.engine.vocabulary import Milliseconds, Timestamp

MACHINES_ANSWER_WITHIN: Milliseconds = 10 * SECOND
"""A text so soon after an automated one was written by a machine: a person has to get it, read it and type first."""

WINDOW: Milliseconds = 1 * HOUR
"""In which messages are counted."""


def after_message(known: Automation, at: Timestamp) -> Automation:
    """Return what is remembered once an automated message is queued."""
    return replace(known, recent=(*recent(known, at), at), last_at=at)


def after_reply(known: Automation) -> Automation:
    """Return what is remembered once a person of ours has written: what comes next answers them."""
    return known if known.last_at is None else replace(known, last_at=None, heard=None)


def after_text(known: Automation, body: str) -> Automation:
    """Return what is remembered once the customer has texted."""
    return known if known.last_at is None else replace(known, heard=_checksum(body))


def recent(known: Automation, at: Timestamp) -> tuple[Timestamp, ...]:
    """Return when the automated messages of the last hour were queued."""
    return tuple(each for each in known.recent if each > at - WINDOW)


def is_from_a_machine(known: Automation, body: str, at: Timestamp) -> bool:
    """Whether a customer's text answers an automated message by itself.

    It is one that comes faster than anybody types, or that says within the hour, word for word, what the last one said,
    while nobody of ours has written since. A slow machine that finds new words each time passes for a person; the limit
    of the hour stops it, too.

    Args:
        known: What is remembered from before the text.
        body: The text.
        at: When it came.
    """
    if known.last_at is None:
        return False

    same = known.heard == _checksum(body) and at < known.last_at + WINDOW
    return same or abs(at - known.last_at) < MACHINES_ANSWER_WITHIN  # a clock that was set back hurries nobody


def _checksum(body: str) -> int:
    return crc32(body.encode(errors="surrogatepass"))
