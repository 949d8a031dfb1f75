"""The shapes of the API: why things went where they went, or wait."""

from __future__ import annotations

from typing import Any, Self

from msgspec import Struct

from cordboard.daemon.api.times import rfc3339
from cordboard.engine.explanations import QueueStanding, RepExplanation, RepStanding, WaitingExplanation
from cordboard.engine.routing_words import AssignmentMethod, Coming, SkillMatching
from cordboard.engine.vocabulary import (
    Milliseconds,
    Presence,
)


class ComingView(Struct, frozen=True, kw_only=True):
    """What will change by itself, if nothing else happens before. `of`: the queue, the hours, the rep or the action."""

    at: str
    what: Coming
    of: str


class WaitingView(Struct, frozen=True, kw_only=True):
    """Why a conversation still waits.

    Attributes:
        ahead: How many on its queue go before it.
        expected_wait: Milliseconds until somebody takes it, as far as can be told; null where nothing is known.
        next_change_at: When the search for a rep next changes; null where it does not.
        coming: Everything that changes by itself, the first first, with what begins or ends by hours.
        reps: What keeps it from each.
    """

    summary: str
    queue: str | None
    method: AssignmentMethod | None
    ahead: int
    since: str | None
    expected_wait: Milliseconds | None
    skills: dict[str, int]
    preferred_skills: dict[str, int]
    skill_matching: SkillMatching
    language: str
    costs: dict[str, int]
    relaxed: int
    ring: int
    next_change_at: str | None
    coming: tuple[ComingView, ...]
    escalated_at: str | None
    reps: tuple[RepStanding, ...]

    @classmethod
    def of(cls, it: WaitingExplanation, expected_wait: Milliseconds | None) -> Self:
        """Show what was worked out."""
        return cls(
            summary=it.summary,
            queue=it.queue,
            method=it.method,
            ahead=it.ahead,
            since=rfc3339(it.since),
            expected_wait=expected_wait,
            skills=it.skills,
            preferred_skills=it.preferred_skills,
            skill_matching=it.skill_matching,
            language=it.language,
            costs=it.costs,
            relaxed=it.relaxed,
            ring=it.ring,
            next_change_at=rfc3339(it.next_change_at),
            coming=tuple(ComingView(at=rfc3339(each.at), what=each.what, of=each.of) for each in it.coming),
            escalated_at=rfc3339(it.escalated_at),
            reps=it.reps,
        )


class RepRoutingView(Struct, frozen=True, kw_only=True):
    """Why a rep gets nothing: how many wait on each of their `queues`, and what keeps how many of them from the rep."""

    rep: str
    summary: str
    presence: Presence
    free: int
    queues: tuple[QueueStanding, ...]

    @classmethod
    def of(cls, it: RepExplanation) -> Self:
        """Show what was worked out."""
        return cls(rep=it.rep, summary=it.summary, presence=it.presence, free=max(0, it.free), queues=it.queues)


class RoutingView(Struct, frozen=True, kw_only=True):
    """Why a conversation went where it went. `waiting`: why it still waits; null where it does not wait.

    Attributes:
        items: The facts of its way.
        next: The `cursor` that continues them; null at their end.
        waiting: Why it still waits.
    """

    items: list[dict[str, Any]]
    next: str | None
    waiting: WaitingView | None
