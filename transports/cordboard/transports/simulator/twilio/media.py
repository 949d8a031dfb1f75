"""What customers attach to their texts, as Twilio keeps it for whoever has the account's credentials."""

from __future__ import annotations

import uuid
from typing import Final

from msgspec import Struct

from cordboard.engine.carrier import MediaContent

_MOST_KEPT: Final = 1_000
"""Older ones are forgotten, as whoever deletes them at Twilio would have it."""


class KeptMedia(Struct, frozen=True, kw_only=True):
    """One attachment.

    Attributes:
        sid: Its id.
        text: The text's id.
        content: What it is.
        ticket: Lets whoever has it see this one.
    """

    sid: str
    text: str
    content: MediaContent
    ticket: str


class MediaShelf:
    """All attachments that have content."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptMedia] = {}

    def put(self, text: str, content: MediaContent) -> KeptMedia:
        """Keep an attachment of a text."""
        kept = KeptMedia(sid=f"ME{uuid.uuid4().hex}", text=text, content=content, ticket=uuid.uuid4().hex)
        self._kept[kept.sid] = kept
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]

        return kept

    def get(self, text: str, sid: str) -> KeptMedia | None:
        """Return an attachment of a text."""
        kept = self._kept.get(sid)
        return kept if kept is not None and kept.text == text else None

    def get_by_ticket(self, ticket: str) -> KeptMedia | None:
        """Return the attachment that a ticket is for."""
        return next((each for each in self._kept.values() if each.ticket == ticket), None)

    def of(self, text: str) -> list[KeptMedia]:
        """Return all attachments of a text, in order."""
        return [each for each in self._kept.values() if each.text == text]
