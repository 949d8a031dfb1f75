"""How many SMS a text takes: a simulated carrier has to say so."""

from __future__ import annotations

from typing import Final

_GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION: Final = frozenset("^{}\\[~]|€\f")
"""Each takes two places."""


def count_segments(body: str) -> int:
    """Return how many SMS a text takes."""
    if _GSM.issuperset(letter for letter in body if letter not in _GSM_EXTENSION):
        return _parts([2 if letter in _GSM_EXTENSION else 1 for letter in body], alone=160, joined=153)

    return _parts([2 if ord(letter) > 0xFFFF else 1 for letter in body], alone=70, joined=67)


def _parts(widths: list[int], *, alone: int, joined: int) -> int:
    """Count parts of a text whose letters are so wide. No letter is split over two parts."""
    if sum(widths) <= alone:
        return 1

    parts, room = 1, joined
    for width in widths:
        if width > room:
            parts, room = parts + 1, joined

        room -= width

    return parts
