"""Attachments as a transcript shows them."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from cordboard.engine.attachment_kinds import in_words
from cordboard.engine.carrier import Media
from cordboard.engine.records import Message
from cordboard.engine.vocabulary import Direction

_IN_A_PAGE: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp", "image/avif"})
"""Pictures that every browser shows; others it may at least save."""


class Shown(Struct, frozen=True, kw_only=True):
    """An attachment as a transcript shows it.

    Attributes:
        url: Where it is; empty where it cannot be had.
        picture: Whether it is shown in the transcript itself.
        about: Its type and size, or why it is not there.
    """

    url: str
    picture: bool
    about: str


def shown(message: Message) -> tuple[Shown, ...]:
    """Return a message's attachments as its transcript shows them."""
    inbound = message.direction is Direction.INBOUND
    return tuple(
        Shown(
            url=f"/desk/messages/{message.id}/media/{index}" if media.key else "" if inbound else _elsewhere(media),
            picture=bool(media.key) and media.content_type in _IN_A_PAGE,
            about=_about(media, inbound=inbound),
        )
        for index, media in enumerate(message.media)
    )


def _elsewhere(media: Media) -> str:
    return media.url if media.url.startswith(("https://", "http://")) else ""


def _about(media: Media, *, inbound: bool) -> str:
    facts = [media.content_type, in_words(media.size) if media.size else ""]
    if media.problem:
        facts.append(f"could not be fetched: {media.problem}")
    elif inbound and media.pending:
        facts.append("is being fetched")

    return " · ".join(filter(None, facts))
