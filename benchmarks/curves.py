"""A picture of curves on logarithmic scales, as SVG: a few lines are enough for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Final

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 420, 70, 40, 190, 50
_COLOURS: Final = ("#0b6e4f", "#b5651d", "#7b2d8b", "#1f5fa8", "#777777")


def draw(path: Path, title: str, labels: Sequence[str], curves: Mapping[str, Sequence[float]], unit: str) -> None:
    """Draw curves through the same places, each named at its end.

    Args:
        path: The file.
        title: What is shown.
        labels: The places, from left to right.
        curves: For each name a positive value at each place.
        unit: What the values are.
    """
    values = [each for curve in curves.values() for each in curve]
    low, high = int(log10(min(values)) // 1), int(-(-log10(max(values)) // 1))
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(labels) - 1, 1)

    def x(place: int) -> float:
        return _LEFT + place * step

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (log10(value) - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="14">{title}</text>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{_LEFT} {at:.0f}H{_WIDTH - _RIGHT}" stroke="#dddddd"/>')
        parts.append(
            f'<text x="{_LEFT - 8}" font-size="12" y="{at + 4:.0f}" text-anchor="end">{10**power:,} {unit}</text>'
        )

    for place, label in enumerate(labels):
        parts.append(f'<text x="{x(place):.0f}" y="{_HEIGHT - 24}" font-size="12" text-anchor="middle">{label}</text>')

    for (name, curve), colour in zip(curves.items(), _COLOURS, strict=False):
        line = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(curve))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        end = (x(len(curve) - 1) + 8, y(curve[-1]) + 4)
        parts.append(f'<text x="{end[0]:.0f}" y="{end[1]:.0f}" font-size="12" fill="{colour}">{name}</text>')

    path.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")
