"""Counting segments, beside `smsutil`, which does the same by going over every letter (and keeps no emoji whole)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import smsutil  # type: ignore[import-untyped]

from benchmarks.measuring import print_machine, rates, ratio, summary
from cordboard.engine.segments import measure

ROUNDS: Final = 5
TIMES: Final = 5_000

TEXTS: Final = {
    "160 characters of GSM-7": "Your order will be with you on Monday. " * 4 + "Bye.",
    "1,600 characters of GSM-7": "Your order will be with you on Monday. " * 41 + "x",
    "70 characters of UCS-2": "本日は晴天なり" * 10,
    "160 characters of UCS-2": "本日は晴天なり。" * 20,
}


def main() -> None:
    """Measure, and print."""
    print_machine()
    for name, text in TEXTS.items():
        ours = rates(ROUNDS, _rate_of(measure, text))
        theirs = rates(ROUNDS, _rate_of(smsutil.split, text))
        print(summary(name, ours, "counts/s"))
        print(ratio("Cordboard / smsutil", ours, theirs))


def _rate_of(count: Callable[[str], object], text: str) -> Callable[[], float]:
    def once() -> float:
        began = time.perf_counter()
        for _ in range(TIMES):
            count(text)

        return TIMES / (time.perf_counter() - began)

    return once


if __name__ == "__main__":
    main()
