"""What every media store does alike: its keys, and what it takes."""

from __future__ import annotations

import re
import secrets
from typing import Final

from cordboard.engine.attachment_kinds import plain_type

_KEY_BYTES: Final = 24
"""Bytes of chance in a key: 192 bits, which nobody guesses."""

_KEY: Final = re.compile(rf"[0-9a-f]{{{2 * _KEY_BYTES}}}")
"""Hexadecimal, since some file systems know no upper case."""


def new_key() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_hex(_KEY_BYTES)


def is_key(text: str) -> bool:
    """Whether a text could be a key of ours."""
    return _KEY.fullmatch(text) is not None


def require_plain(content_type: str) -> None:
    """Return if this is a MIME type in lower case without parameters.

    Raises:
        ValueError: It is not.
    """
    if not content_type or plain_type(content_type) != content_type:
        raise ValueError(f"{content_type!r} is no MIME type in lower case without parameters, such as 'image/jpeg'")
