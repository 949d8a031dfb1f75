"""What every event has: its number, its moment, and what it is about."""

from __future__ import annotations

import re

from msgspec import Struct

from cordboard.engine.vocabulary import (
    Timestamp,
)


def _tag(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class BoardEvent(Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag=_tag):
    """A fact of the board.

    Attributes:
        seq: Its number in the board's journal: 1, 2, 3, …
        at: When it happened.
    """

    seq: int
    at: Timestamp


class ConversationEvent(BoardEvent, frozen=True, kw_only=True):
    """A fact of one conversation."""

    conversation: int


class MessageEvent(BoardEvent, frozen=True, kw_only=True):
    """A fact of one outbound message."""

    message: int
    conversation: int | None
