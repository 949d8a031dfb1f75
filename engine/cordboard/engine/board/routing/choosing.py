"""Which queue a new conversation goes to: of the routes that apply, the first whose queue can serve it well."""

from __future__ import annotations

from collections.abc import Iterable

from cordboard.engine.board.routing.overflow import overflowing
from cordboard.engine.board.routing.rule_book import Candidate
from cordboard.engine.board.state import BoardState
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import OverflowCondition
from cordboard.engine.rules import PassedQueue, RouteReason
from cordboard.engine.vocabulary import Timestamp


def choose_queue(
    state: BoardState, conversation: Conversation, candidates: Iterable[Candidate], at: Timestamp
) -> tuple[str, RouteReason] | None:
    """Return the first queue that is open and not overflowing.

    Where all overflow, the first that is open, and where none is open, the one that opens the earliest: that one then
    does what it does when it overflows. None where no route applies.
    """
    passed: list[tuple[Candidate, PassedQueue, Timestamp | None]] = []
    for each in candidates:
        found = _pass_over(state, conversation, each, at)
        if found is None:
            return each.queue, _reason(each, each.tried, (it for _, it, _ in passed))

        passed.append((each, found, _opens_at(state, each.queue, at)))

    if not passed:
        return None

    # An open queue opens now, and among equals the first that was written comes first.
    openings = [(opens_at is None, opens_at or 0) for _, _, opens_at in passed]
    chosen = passed[openings.index(min(openings))][0]
    return chosen.queue, _reason(chosen, passed[-1][0].tried, (it for _, it, _ in passed))


def _reason(chosen: Candidate, tried: tuple[str, ...], passed: Iterable[PassedQueue]) -> RouteReason:
    return RouteReason(tried=tried, rule=chosen.route, turn=chosen.turn, passed=tuple(passed))


def _pass_over(
    state: BoardState, conversation: Conversation, candidate: Candidate, at: Timestamp
) -> PassedQueue | None:
    queue = state.configured.queues[candidate.queue]
    found = overflowing(state, queue, conversation, at) if queue.overflow else None
    calendar = state.configured.calendars.get(queue.hours or "")
    if found is None and (calendar is None or calendar.is_open(at)):
        return None

    rule = found.rule if found else None
    return PassedQueue(
        queue=queue.name,
        route=candidate.route,
        turn=candidate.turn,
        when=rule.when if rule else OverflowCondition.OUT_OF_HOURS,
        measured=found.measured if found else None,
        limit=None if rule is None else rule.over if rule.limit is None else rule.limit,
    )


def _opens_at(state: BoardState, queue: str, at: Timestamp) -> Timestamp | None:
    calendar = state.configured.calendars.get(state.configured.queues[queue].hours or "")
    return at if calendar is None else calendar.next_opening(at)
