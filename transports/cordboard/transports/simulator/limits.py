"""How fast the carrier sends, and what it makes of those who want more."""

from __future__ import annotations

from typing import Annotated, Final

import anyio
from msgspec import Meta, Struct

_MINUTE: Final = 60.0


class Limits(Struct, frozen=True, kw_only=True):
    """What the carrier lets through; nothing is held back where nothing is said.

    Attributes:
        segments_per_second: What is sent from one number; more waits in that number's queue. 0 for no limit.
        longest_queue: Seconds of segments that a queue holds; what comes then Twilio turns away with 21611. Ten hours
            by default, as there.
        requests_at_once: How many requests of one Twilio account may be in the works; more get 429. 0 for no limit.
        messages_per_minute: What ACS takes from one number; more gets 429 until the minute is over. 0 for no limit.
    """

    segments_per_second: Annotated[float, Meta(ge=0)] = 0.0
    longest_queue: float = 36_000.0
    requests_at_once: int = 0
    messages_per_minute: int = 0


class Queues:
    """What waits to be sent from each number."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._free_at: dict[str, float] = {}
        self._minutes: dict[str, tuple[float, int]] = {}

    def is_full(self, number: str) -> bool:
        """Whether a number's queue takes no more texts."""
        waiting = self._free_at.get(number, 0.0) - anyio.current_time()
        return bool(self._limits.segments_per_second) and waiting >= self._limits.longest_queue

    def join(self, number: str, segments: int) -> float:
        """Put a text into a number's queue, and return the seconds until its turn."""
        if not self._limits.segments_per_second:
            return 0.0

        now = anyio.current_time()
        turn = max(self._free_at.get(number, now), now)
        self._free_at[number] = turn + segments / self._limits.segments_per_second
        return turn - now

    def admit(self, number: str, messages: int) -> float:
        """Count messages to the number's minute; where they are too many, return the seconds until the next one."""
        if not self._limits.messages_per_minute:
            return 0.0

        now = anyio.current_time()
        began, count = self._minutes.get(number, (now, 0))
        if now - began >= _MINUTE:
            began, count = now, 0

        # All requests count, those that are turned away too: ACS says so, to keep us from trying again at once.
        self._minutes[number] = (began, count + messages)
        return began + _MINUTE - now if count + messages > self._limits.messages_per_minute else 0.0
