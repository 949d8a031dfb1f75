"""What will change by itself for a conversation that waits: worked out when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from cordboard.engine.board.routing.overflow import what_keeps
from cordboard.engine.board.routing.requirement import required_skills
from cordboard.engine.board.routing.search import search_changes
from cordboard.engine.board.state import BoardState
from cordboard.engine.board.timers import conversation_deadline
from cordboard.engine.config import Queue
from cordboard.engine.explanations import ComingChange
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import Coming, OverflowAction
from cordboard.engine.vocabulary import Timestamp


def coming_changes(
    state: BoardState, conversation: Conversation, queue: Queue, at: Timestamp | None
) -> tuple[ComingChange, ...]:
    """Return what comes for a conversation that waits on a queue, the first first.

    Args:
        state: The board's.
        conversation: Which.
        queue: Where it waits.
        at: The moment it is; None where what comes by hours is not asked for.
    """
    coming = [*_by_waiting(state, conversation, queue)]
    if at is not None:
        coming += _by_hours(state, queue, at)

    return tuple(sorted(coming, key=lambda each: each.at))


def _by_waiting(state: BoardState, conversation: Conversation, queue: Queue) -> Iterator[ComingChange]:
    workstream = state.configured.workstream_of(conversation)
    _, skills = required_skills(conversation, workstream)
    for due, what in search_changes(conversation, workstream, queue):
        if what is Coming.RELAXATION and not skills:  # nothing is left to relax
            continue

        yield ComingChange(at=due, what=what, of=(conversation.rep or "") if what is Coming.ANYBODY else "")

    yield from _by_overflow(conversation, queue)
    ends = conversation_deadline(conversation, workstream)
    if ends is not None:
        yield ComingChange(at=ends, what=Coming.END)


def _by_overflow(conversation: Conversation, queue: Queue) -> Iterator[ComingChange]:
    """Yield the next overflow that will do something."""
    done = conversation.overflowed
    while conversation.entered_at is not None and (rule := queue.next_after_waiting(done)) is not None:
        over = rule.over or 0
        if not what_keeps(conversation, rule):
            yield ComingChange(at=conversation.entered_at + over, what=Coming.OVERFLOW, of=rule.do.value)
            return

        done = (*done, (OverflowAction.QUEUE, over))


def _by_hours(state: BoardState, queue: Queue, at: Timestamp) -> Iterator[ComingChange]:
    shifts = dict.fromkeys(state.configured.reps[each].hours for each in queue.reps)  # many reps share their hours
    for hours, opens, closes, of in (
        (queue.hours, Coming.QUEUE_OPENS, Coming.QUEUE_CLOSES, queue.name),
        *((each, Coming.WORK_BEGINS, Coming.WORK_ENDS, each) for each in shifts),
    ):
        calendar = state.configured.calendars.get(hours or "")
        change = calendar.next_change(at) if calendar is not None else None
        if calendar is not None and change is not None:
            yield ComingChange(at=change, what=closes if calendar.is_open(at) else opens, of=of or "")
