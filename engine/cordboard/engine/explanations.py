"""Why a conversation went to a rep, waits, or passes a rep by: as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from cordboard.engine.routing_words import AssignmentMethod, Coming, PassedOver, SkillMatching
from cordboard.engine.vocabulary import Presence, State, Timestamp


class OfferReason(Struct, frozen=True, kw_only=True):
    """How a rep was chosen.

    Attributes:
        method: The queue's.
        skills: What was required, after relaxation.
        skill_matching: What that decided.
        ring: How many rings were open beside the first.
        free: The rep's free units of capacity, before.
        profiles: The rep's free units of the capacity profiles that it takes, before.
        language: What its customer writes, where that mattered.
        order: How they stood: what is compared, the smallest first.
        last_assignment: The id of the rep's last assignment, which decides between equals.
        candidates: How many could have taken it.
        tied: Somebody else stood equal, and was assigned something later.
        preferred: The rep is one of the customer's own.
        declines: How often the rep had declined or missed it, and was asked again since nobody else was left.
        transferred: The rep had transferred it to this queue, and was asked since nobody else could take it.
    """

    method: AssignmentMethod
    skills: dict[str, int]
    skill_matching: SkillMatching
    ring: int
    free: int
    order: tuple[int, ...]
    last_assignment: int
    candidates: int
    tied: bool
    preferred: bool
    declines: int
    profiles: dict[str, int] = {}
    language: str = ""
    transferred: bool = False


class RepStanding(Struct, frozen=True, kw_only=True):
    """What a rep is to a conversation.

    Attributes:
        rep: Who.
        reason: What keeps it from them.
        detail: The same in a sentence.
    """

    rep: str
    reason: PassedOver
    detail: str


class ComingChange(Struct, frozen=True, kw_only=True):
    """Something that will change by itself, if nothing else happens before.

    Attributes:
        at: When.
        what: What changes.
        of: What of: the queue that opens or closes, the hours that begin or end, the rep who is not awaited alone any
            more, what the overflow does; empty where there is nothing to name.
    """

    at: Timestamp
    what: Coming
    of: str = ""


class WaitingExplanation(Struct, frozen=True, kw_only=True):
    """Why a conversation still waits.

    Attributes:
        conversation: Which.
        state: Where it is in its life; it waits while it is queued.
        queue: Where it waits.
        method: How the queue chooses.
        ahead: How many on the queue go before it.
        since: Since when its customer waits.
        skills: What is required now.
        preferred_skills: What would be good to have.
        skill_matching: What the skills decide now.
        language: What its customer writes, where that matters.
        costs: Units of capacity profiles that it takes.
        relaxed: How many steps of the skill relaxation have been taken.
        ring: How many rings are open beside the first.
        next_change_at: When the search widens, or it is escalated, by itself.
        escalated_at: When it went before everything else.
        coming: Everything that changes by itself, the first first.
        reps: Everybody who serves the queue, and what keeps it from them.
        summary: In a sentence.
    """

    conversation: int
    state: State
    queue: str | None
    method: AssignmentMethod | None
    ahead: int
    since: Timestamp | None
    skills: dict[str, int]
    preferred_skills: dict[str, int]
    skill_matching: SkillMatching
    language: str
    costs: dict[str, int]
    relaxed: int
    ring: int
    next_change_at: Timestamp | None
    escalated_at: Timestamp | None
    reps: tuple[RepStanding, ...]
    summary: str
    coming: tuple[ComingChange, ...] = ()


_KEPT_BACK_BY: Final = {
    PassedOver.OFFLINE: "being offline",
    PassedOver.HOURS: "working hours",
    PassedOver.DRAINING: "finishing what they have",
    PassedOver.PRESENCE: "presence",
    PassedOver.CAPACITY: "capacity",
    PassedOver.PROFILE: "a capacity profile",
    PassedOver.BLOCKED: "a capacity profile that blocks",
    PassedOver.SKILLS: "skills",
    PassedOver.LANGUAGE: "language",
    PassedOver.RING: "rings that are not open yet",
    PassedOver.PREFERENCE: "whom its customer prefers",
    PassedOver.AFFINITY: "the wait for its last rep",
    PassedOver.FILTER: "the queue's custom assignment",
    PassedOver.DECLINED: "having declined",
    PassedOver.PICK: "being left for reps to pick",
    PassedOver.NOTHING: "nothing",
}


def kept_back(reasons: Mapping[PassedOver, int]) -> str:
    """Return in words what keeps how many back, reps or conversations: `2 kept back by working hours, 1 by skills`."""
    counted = ", ".join(f"{count} by {_KEPT_BACK_BY[reason]}" for reason, count in reasons.items())
    return counted.replace(" by ", " kept back by ", 1)


class QueueStanding(Struct, frozen=True, kw_only=True):
    """What a queue has for a rep.

    Attributes:
        queue: Which.
        waiting: How many wait there.
        reasons: What keeps how many of them from the rep.
    """

    queue: str
    waiting: int
    reasons: dict[PassedOver, int]


class RepExplanation(Struct, frozen=True, kw_only=True):
    """Why a rep gets nothing.

    Attributes:
        rep: Who.
        presence: What they say of themselves.
        free: Their free units of capacity.
        queues: What their queues have for them.
        summary: In a sentence.
    """

    rep: str
    presence: Presence
    free: int
    queues: tuple[QueueStanding, ...]
    summary: str
