"""How long somebody waits on a queue, from how fast it was served lately.

While a queue's reps have all they can take, conversations leave its list one after the other, each time somebody is
done with another. How long that takes on the average is the queue's pace, and whoever is third waits three times as
long. So only what had to wait counts: what goes to a rep who is free says when customers came, and not how fast they
are served. And only waiting on an open queue with somebody there counts: a night is not slow service, and what a rep
takes as soon as they come, or are given more, is not fast service.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from cordboard.engine.board.routing.requirement import requirement_of
from cordboard.engine.board.routing.waiting import place_of
from cordboard.engine.board.state import BoardState
from cordboard.engine.config import DAY, Queue
from cordboard.engine.records import Assignment, Conversation
from cordboard.engine.routing_words import Distribution
from cordboard.engine.states import QueueState, Taking
from cordboard.engine.vocabulary import Milliseconds, Presence, State, Timestamp

REMEMBERED: Final = 20
"""Takings that make a pace: their average is off by a fifth (1/√20), and after twenty more it is that of today."""

RECENT: Final[Milliseconds] = DAY
"""Older takings say nothing: yesterday's pace is better than none when a queue opens, last week's is not."""

ENOUGH: Final = 3
"""With fewer takings nothing is said: chance alone would make half of it or twice of it."""


def expected_wait(state: BoardState, conversation: Conversation, at: Timestamp) -> Milliseconds | None:
    """Return how much longer a waiting conversation waits for somebody to take it; None where nothing is known.

    Nothing is known of what does not wait, of a queue that is open with nobody there, of one that never opens, and of
    one from which too little was taken lately.
    """
    entry = state.waiting.entry(conversation.id)
    queue = state.configured.queues.get(conversation.queue or "")
    if entry is None or queue is None:
        return None

    ahead = state.waiting.ahead_of(conversation.id)
    return _until_served(state, queue, ahead, _bringing_work(state, conversation), at)


def expected_wait_on(
    state: BoardState, queue: Queue, at: Timestamp, conversation: Conversation | None = None
) -> Milliseconds | None:
    """Return how long somebody would wait who came onto a queue now: 0 where somebody can take it; None as above.

    Args:
        state: The board's.
        queue: The queue.
        at: The moment it is.
        conversation: What would come; without it, anything that asks for nothing in particular.
    """
    if conversation is None:
        presences = state.configured.working_presences
        free = not state.waiting.count(queue.name) and _has_free(state, queue)
        return 0 if free else _until_served(state, queue, state.waiting.count(queue.name), presences, at)

    coming = replace(conversation, state=State.QUEUED, queue=queue.name, ring=0)
    workstream = state.configured.workstream_of(coming)
    requirement = requirement_of(
        coming, workstream, state.configured.costs_of(coming), state.configured.awaited_reps(coming)
    )
    if requirement.pushed:
        most = requirement.max_declines
        can_take_it = any(coming.passed.get(each[2], 0) < most for each in state.candidates.pool(requirement))
        if not state.waiting.has(requirement):
            state.candidates.rest(requirement)  # it may never come

        if can_take_it:
            return 0

    ahead = state.waiting.ahead_of_place(queue.name, place_of(coming, queue))
    return _until_served(state, queue, ahead, _bringing_work(state, coming), at)


def after_taking(state: BoardState, taken: Conversation, grant: Assignment) -> QueueState | None:
    """Return what is known of a queue once a rep has a conversation from it; None where that teaches nothing.

    It counts when it is accepted or picked, since an offer may come to nothing; but from the offer on it was on the
    list no more.

    Args:
        state: The board's.
        taken: The conversation, as it was while it was queued or offered.
        grant: The assignment by which the rep has it.
    """
    queue = state.configured.queues.get(taken.queue or "")
    came, left = taken.queued_at, grant.began_at
    waited = came is not None and taken.active_at < came < left
    if queue is None or came is None or not waited:
        return None

    known = state.queue_state(queue.name)
    since = max(came, known.last_taken_at)
    takings = known.takings
    if not grant.newly_able and _is_open_throughout(state, queue, since, left):
        takings = (*takings[1 - REMEMBERED :], Taking(at=left, gap=max(0, left - since)))

    return replace(known, takings=takings, last_taken_at=max(left, known.last_taken_at))


def _until_served(
    state: BoardState, queue: Queue, ahead: int, presences: frozenset[Presence], at: Timestamp
) -> Milliseconds | None:
    calendar = state.configured.calendars.get(queue.hours or "")
    opens_at = at if calendar is None else calendar.next_opening(at)
    if opens_at is None or (opens_at == at and not state.attendance.present_on(queue.name, presences)):
        return None

    recent = [each.gap for each in state.queue_state(queue.name).takings if each.at > at - RECENT]
    if len(recent) < ENOUGH:
        return None

    pace = (sum(recent) + _already_waited(state, queue, at)) / len(recent)
    return opens_at - at + round((ahead + 1) * pace)


def _already_waited(state: BoardState, queue: Queue, at: Timestamp) -> Milliseconds:
    """Return for how long nothing has been taken although something waits: a queue that stops is slow at once."""
    first = state.waiting.first(queue.name)
    if first is None:
        return 0

    came = state.conversations[first].queued_at or at
    since = max(came, state.queue_state(queue.name).last_taken_at)
    return max(0, at - since) if _is_open_throughout(state, queue, since, at) else 0


def _is_open_throughout(state: BoardState, queue: Queue, since: Timestamp, until: Timestamp) -> bool:
    calendar = state.configured.calendars.get(queue.hours or "")
    return calendar is None or calendar.is_open_throughout(since, until)


def _bringing_work(state: BoardState, conversation: Conversation) -> frozenset[Presence]:
    """Return the presences in which reps take such a conversation: who picks has only to be there."""
    workstream = state.configured.workstream_of(conversation)
    if workstream.distribution is Distribution.PICK:
        return state.configured.working_presences

    return frozenset(workstream.allowed_presences)


def _has_free(state: BoardState, queue: Queue) -> bool:
    """Whether somebody who serves a queue would be offered what came now: looks at its reps, for people who ask."""
    offering = state.configured.offering_presences
    return any(_is_free(state, each, offering) for each in queue.reps)


def _is_free(state: BoardState, rep: str, offering: frozenset[Presence]) -> bool:
    known, room = state.reps[rep], state.room_of(rep)
    blocked = room is not None and room.blocked is not None
    return known.takes_offers and known.presence in offering and state.holdings.free_of(rep) > 0 and not blocked
