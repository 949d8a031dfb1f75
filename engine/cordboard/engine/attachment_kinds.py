"""What attachments may be: the kinds that are taken, how large those may be that we send, and how files are called."""

from __future__ import annotations

import re
from typing import Final

MOST_IN_A_TEXT: Final = 10
"""Attachments that one text may carry (Twilio's limit for `MediaUrl`)."""

LARGEST_PICTURE: Final = 5_000_000
"""Bytes of a JPEG, PNG or GIF that we send: Twilio takes 5 MB of those, and scales them down for the customer."""

LARGEST_OTHER: Final = 500_000
"""Bytes of anything else that we send (Twilio's limit): nothing on the way makes it smaller."""

_PICTURES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif"})

_DOCUMENTS: Final = frozenset(
    {"application/pdf", "text/vcard", "text/x-vcard", "text/directory", "text/calendar", "text/csv", "text/plain"}
)

_EXTENSIONS: Final = {
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/ogg": ".oga",
    "audio/amr": ".amr",
    "application/pdf": ".pdf",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/directory": ".vcf",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/plain": ".txt",
}

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,62}/[a-z0-9][a-z0-9.+_-]{0,62}")
_ACTIVE: Final = re.compile(r"svg|xml|html|script")


def plain_type(written: str) -> str:
    """Return a MIME type in lower case and without parameters; empty where it is none."""
    kind = written.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else ""


def is_taken(content_type: str) -> bool:
    """Whether attachments of a plain type are kept and sent: pictures, sounds, films and papers, nothing that runs."""
    return is_shown(content_type) or content_type in _DOCUMENTS


def is_shown(content_type: str) -> bool:
    """Whether a browser may show attachments of a plain type in a page, where it would otherwise download them."""
    family = content_type.partition("/")[0]
    return family in ("image", "video", "audio") and not _ACTIVE.search(content_type)


def extension_of(content_type: str) -> str:
    """Return how the name of a file of this plain type ends, with the dot; empty for one that is unusual."""
    return _EXTENSIONS.get(content_type, "")


def problem_of_sending(content_type: str, size: int) -> str:
    """Return why an attachment cannot be sent, in words; empty if nothing is against it, as far as is known.

    Args:
        content_type: Its plain type; empty where nobody says.
        size: Its bytes; 0 where nobody says.
    """
    if content_type and not is_taken(content_type):
        return f"an attachment of type {content_type} cannot be sent: send a picture, a sound, a film, a PDF or a vCard"

    limit = LARGEST_PICTURE if content_type in _PICTURES else LARGEST_OTHER
    if content_type and size > limit:
        kind = "a picture" if content_type in _PICTURES else f"an attachment of type {content_type}"
        return f"{kind} may have at most {in_words(limit)}, and this one has {size:,} bytes: make it smaller"

    return ""


def problem_of_sending_so_many(count: int) -> str:
    """Return why a text cannot carry so many attachments, in words; empty if it can."""
    if count > MOST_IN_A_TEXT:
        return f"a text carries at most {MOST_IN_A_TEXT} attachments, not {count}; send the rest later"

    return ""


def in_words(size: int) -> str:
    """Return a number of bytes as people say it."""
    if size >= 1_000_000_000:
        return f"{size / 1_000_000_000:.1f} GB".replace(".0 ", " ")

    if size >= 1_000_000:
        return f"{size / 1_000_000:.1f} MB".replace(".0 ", " ")

    return f"{max(1, round(size / 1_000))} kB" if size >= 1_000 else f"{size} bytes"
