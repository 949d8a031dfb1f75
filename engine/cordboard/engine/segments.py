"""How many SMS a text takes, and where it is cut into them.

An SMS carries 140 octets: 160 septets of GSM-7 or 70 code units of UCS-2. A text of several loses six octets of each to
the header that puts them together again, which leaves 153 septets or 67 code units (3GPP TS 23.038 and TS 23.040). The
count is that of Twilio's segment calculator: no character that people see as one is cut into two segments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import regex
from msgspec import Struct

from cordboard.engine.vocabulary import Word

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM-7's alphabet: each takes one septet."""

EXTENSION: Final = "\f^{}\\[~]|€"
"""GSM-7's extension table: each takes two septets, the first of which is an escape."""

_ESCAPE: Final = "\x1b"
_EXTENDED: Final = re.compile(f"[{re.escape(EXTENSION)}]")
_GSM_7: Final = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*")

_CHARACTER: Final = regex.compile(r"\r(?=\n)|\X")
"""What people see as one (Unicode's extended grapheme clusters), but for CR LF, which carriers count as two."""


class Encoding(Word):
    """How the characters of a text travel."""

    GSM_7 = "GSM-7"
    """Seven bits each: every character of the text is in GSM-7's alphabet or its extension table."""

    UCS_2 = "UCS-2"
    """Sixteen bits each, an emoji's twice or more: what every other text needs. Phones read it as UTF-16."""


_ALONE: Final = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
"""The units that fit into a segment that is alone."""

_JOINED: Final = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}
"""The units that fit into one of several."""


class Measure(Struct, frozen=True, kw_only=True):
    """What a text takes. Its units are septets in GSM-7, and code units of UTF-16 in UCS-2.

    Attributes:
        encoding: How it travels.
        segments: How many SMS it takes; none if it is empty.
        characters: Its length as carriers tell it: in UCS-2, whatever people see as one is one; in GSM-7, each of the
            extension table is two.
        used: Units in the last segment.
        left: Units that still fit into it.
    """

    encoding: Encoding
    segments: int
    characters: int
    used: int
    left: int


def measure(text: str) -> Measure:
    """Return what a text takes. Never fails, not for half a character (a lone surrogate) either."""
    septets = _to_septets(text)
    if septets is not None:
        sizes = [len(part) for part in _cut_septets(septets)]
        return _measured(Encoding.GSM_7, len(septets), sizes)

    characters = _CHARACTER.findall(text)
    sizes = [_code_units(part) for part in _cut_characters(characters)]
    return _measured(Encoding.UCS_2, len(characters), sizes)


def split(text: str) -> tuple[str, ...]:
    """Return the text of each segment. Joined they are `text`, and each fits.

    No escape sequence and no surrogate pair is split over two segments; nor is what people see as one character, unless
    it alone is longer than a segment.
    """
    septets = _to_septets(text)
    if septets is not None:
        return tuple(part.replace(_ESCAPE, "") for part in _cut_septets(septets))

    return tuple(_cut_characters(_CHARACTER.findall(text)))


def fits_gsm_7(text: str) -> bool:
    """Whether a text can travel in GSM-7."""
    return _GSM_7.fullmatch(text) is not None


def _measured(encoding: Encoding, characters: int, sizes: Sequence[int]) -> Measure:
    used = sizes[-1] if sizes else 0
    room = _JOINED[encoding] if len(sizes) > 1 else _ALONE[encoding]
    return Measure(encoding=encoding, segments=len(sizes), characters=characters, used=used, left=room - used)


def _to_septets(text: str) -> str | None:
    """Return a text with an escape before each character that needs one, or None if it does not fit GSM-7."""
    return _EXTENDED.sub(rf"{_ESCAPE}\g<0>", text) if fits_gsm_7(text) else None


def _cut_septets(septets: str) -> Iterator[str]:
    if len(septets) <= _ALONE[Encoding.GSM_7]:
        yield from [septets] if septets else []
        return

    start = 0
    while start < len(septets):
        end = start + _JOINED[Encoding.GSM_7]
        if septets[end - 1 : end] == _ESCAPE:
            end -= 1

        yield septets[start:end]
        start = end


def _cut_characters(characters: Sequence[str]) -> Iterator[str]:
    whole = "".join(characters)
    if _code_units(whole) <= _ALONE[Encoding.UCS_2]:
        yield whole
        return

    part, room = "", _JOINED[Encoding.UCS_2]
    for each, width in _unbreakable(characters):
        if width > room:
            yield part
            part, room = "", _JOINED[Encoding.UCS_2]

        part += each
        room -= width

    yield part


def _unbreakable(characters: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield what is kept together, and how wide it is: characters, but the code points of one that fits no segment."""
    for each in characters:
        width = _code_units(each)
        if width <= _JOINED[Encoding.UCS_2]:
            yield each, width
        else:
            yield from ((point, _code_units(point)) for point in each)


def _code_units(text: str) -> int:
    if len(text) == 1:  # most by far
        return 1 if text < "\U00010000" else 2

    return len(text.encode("utf-16-le", "surrogatepass")) // 2
