"""Reps' working hours: when they begin, and when they end."""

from __future__ import annotations

from typing import Final

from cordboard.engine.board.decision import Decision
from cordboard.engine.config import DAY
from cordboard.engine.events import ShiftChanged

_AGAIN: Final = 365 * DAY
"""Hours that do not change within what a calendar looks ahead are looked at again, for as long as that holds."""


def review_shift(decision: Decision, name: str) -> None:
    """Note whether a rep works now, and until when, if that is news."""
    state = decision.state
    hours = state.configured.reps[name].hours
    working, until = True, None
    if hours is not None:
        calendar = state.configured.calendars[hours]
        working = calendar.is_open(decision.at)
        until = calendar.next_change(decision.at) or decision.at + _AGAIN

    known = state.reps[name]
    if (known.working, known.works_until) != (working, until):
        decision.emit(ShiftChanged, rep=name, working=working, until=until)
