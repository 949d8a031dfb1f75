"""What a waiting conversation requires of a rep. Conversations that require the same are one class to the matcher."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from cordboard.engine.config import Workstream
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import Distribution, LanguageMatching, SkillMatching
from cordboard.engine.vocabulary import Presence, Timestamp

Skills: TypeAlias = tuple[tuple[str, int], ...]
"""Skills and ratings, in the order of their names."""

Costs: TypeAlias = tuple[tuple[str, int], ...]
"""Capacity profiles and units, in the order of their names."""


class Requirement(NamedTuple):
    """A class of conversations: whoever can take one of them can take any other.

    Attributes:
        queue: Where they wait.
        pushed: Whether they are offered; otherwise reps pick them.
        presences: In which a rep gets them.
        max_declines: Who declined or missed one of them so often is not offered it again.
        cost: Units of capacity that each takes.
        costs: Units of capacity profiles that each takes beside.
        matching: What the skills decide.
        skills: What they need.
        preferred: What would be good to have.
        language: What their customers write; empty where that does not matter.
        only_speakers: Whether only those reps get them who speak it; otherwise they go first.
        ring: How many rings of the queue are open beside the first.
        only: The reps for whom they wait, the first first; anybody where it is empty.
        back: Whether it is their last rep for whom they wait: a queue does not choose then, and need not be theirs.
        overload: Whether a rep gets them however little capacity they have free.
    """

    queue: str
    pushed: bool
    presences: tuple[Presence, ...]
    max_declines: int
    cost: int
    costs: Costs
    matching: SkillMatching
    skills: Skills
    preferred: Skills
    language: str
    only_speakers: bool
    ring: int
    only: tuple[str, ...]
    back: bool = False
    overload: bool = False


def requirement_of(
    conversation: Conversation, workstream: Workstream, costs: Costs, only: tuple[str, ...] = ()
) -> Requirement:
    """Return what a conversation on a queue requires; `costs` is what it takes of the profiles that are configured."""
    matching, skills = required_skills(conversation, workstream)
    ignored = matching is SkillMatching.NONE
    return Requirement(
        queue=conversation.queue or "",
        pushed=workstream.distribution is Distribution.PUSH,
        presences=workstream.allowed_presences,
        max_declines=workstream.max_declines,
        cost=units_of(conversation, workstream, costs),
        costs=costs,
        matching=matching,
        skills=skills,
        preferred=() if ignored else tuple(sorted(workstream.preferred_skills.items())),
        language=required_language(conversation, workstream),
        only_speakers=workstream.language_matching is LanguageMatching.REQUIRED,
        ring=conversation.ring,
        only=only,
    )


def units_of(conversation: Conversation, workstream: Workstream, costs: Costs) -> int:
    """Return the units of a rep's capacity that a conversation takes: one where it would take nothing of anything.

    Rules that are each right, or a profile that is no longer configured, may together leave nothing; and a rep would
    get all such conversations at once.
    """
    return conversation.cost_under(workstream) or (0 if costs else 1)


def required_skills(conversation: Conversation, workstream: Workstream) -> tuple[SkillMatching, Skills]:
    """Return what a conversation needs now, and what that decides: its workstream's, its own, less what was relaxed."""
    matching = workstream.skill_matching
    lower_by = 0
    for step in workstream.skill_relaxation[: conversation.relaxed]:
        lower_by += step.lower_by
        matching = step.skill_matching or matching

    needed = workstream.skills
    if conversation.skills:
        needed = {**needed, **conversation.skills}

    if not needed or matching is SkillMatching.NONE:
        return matching, ()

    return matching, tuple(sorted((name, rating - lower_by) for name, rating in needed.items() if rating > lower_by))


def required_language(conversation: Conversation, workstream: Workstream) -> str:
    """Return what a conversation's customer writes; empty where that does not matter."""
    return "" if workstream.language_matching is LanguageMatching.NONE else conversation.language


def waiting_since(conversation: Conversation) -> Timestamp:
    """Return since when a queued conversation's customer waits: everything that depends on waiting counts from here.

    Counting from the oldest unanswered text rather than the last one, a customer who texts again keeps their place.
    """
    since = conversation.unanswered_since
    return since if since is not None else conversation.queued_at or conversation.updated_at
