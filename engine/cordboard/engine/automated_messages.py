"""Automated messages as records, and the language that their texts are written in: words, and slugs in braces.

When they are sent, and what slugs stand for, is worked out in `cordboard.engine.board.automated`.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from cordboard.engine.vocabulary import MessageTrigger

CONTEXT: Final = "context."
"""What the slugs of context variables begin with."""

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}|]*)(?:\|([^{}]*))?\}|[{}]")


class AutomatedMessage(Struct, frozen=True, kw_only=True):
    """What customers are told when something happens, without anybody writing it.

    The one of a number goes before its channel's, and that before the general one.

    Attributes:
        trigger: What it tells of.
        text: The text, with slugs such as `{rep_name}`, or `{rep_name|somebody}` with what stands there without one.
        locales: The same in other languages, by language tag.
        channel: Only on the numbers of this channel.
        number: Only on this number.
        active: Whether it is sent. One that is not keeps the more general ones from being sent, too.
    """

    trigger: MessageTrigger
    text: Annotated[str, Meta(min_length=1)]
    locales: dict[str, Annotated[str, Meta(min_length=1)]] = {}
    channel: str | None = None
    number: str | None = None
    active: bool = True


class Slug(Struct, frozen=True, kw_only=True):
    """What is filled in when a text is sent.

    Attributes:
        name: What.
        fallback: What stands there when there is nothing to fill in.
    """

    name: str
    fallback: str = ""


Part: TypeAlias = str | Slug


def parse(text: str) -> tuple[Part, ...]:
    """Return the words and slugs of a text, in their order. Braces that are meant are doubled, `{{`.

    Raises:
        ValueError: A brace opens or closes nothing; the message says which.
    """
    parts: list[Part] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts.append(text[end : token.start()])
        end = token.end()
        found = token[0]
        if found in ("{", "}"):
            what = "is not closed" if found == "{" else "closes nothing"
            raise ValueError(f"the {found!r} at character {token.start() + 1} {what}; a brace that is meant is doubled")

        if found in ("{{", "}}"):
            parts.append(found[0])
        else:
            parts.append(Slug(name=token[1], fallback=token[2] or ""))

    return tuple(each for each in (*parts, text[end:]) if each)
