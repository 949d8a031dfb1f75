"""Affinity: a conversation that a customer's text brings back is its last rep's, or waits for them for a while."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from cordboard.engine.board.routing.requirement import Costs, Requirement, requirement_of
from cordboard.engine.config import Workstream
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import AffinityTo, Obstacle, SkillMatching
from cordboard.engine.vocabulary import Presence, Timestamp

_THERE: Final = tuple(each for each in Presence if each not in (Presence.OFFLINE, Presence.INACTIVE))


def last_rep(conversation: Conversation, workstream: Workstream, reps: Container[str]) -> str | None:
    """Return the rep to whom a conversation goes back.

    It is the person who counts, whichever queues they serve by now. None where they are not configured any more, have
    declined, missed or given it back since, or the workstream has no affinity.
    """
    rep = conversation.rep
    if rep is None or workstream.affinity.to is AffinityTo.NONE or rep not in reps or rep in conversation.passed:
        return None

    return rep


def awaits_until(conversation: Conversation, workstream: Workstream) -> Timestamp | None:
    """Return until when a conversation waits for its last rep alone; None where it does not."""
    affinity = workstream.affinity
    if conversation.returned_at is None or affinity.to is AffinityTo.NONE or not affinity.wait:
        return None

    return conversation.returned_at + affinity.wait


def requirement_of_return(conversation: Conversation, workstream: Workstream, costs: Costs, rep: str) -> Requirement:
    """Return what a conversation requires while it is its last rep's alone, less what the workstream disregards.

    It is offered where reps pick, too: there is nothing to choose.
    """
    required = requirement_of(conversation, workstream, costs, (rep,))._replace(pushed=True, back=True)
    despite = workstream.affinity.despite
    if Obstacle.PRESENCE in despite:
        required = required._replace(presences=_THERE)

    if Obstacle.CAPACITY in despite:
        required = required._replace(overload=True)

    if Obstacle.SKILLS in despite:
        required = required._replace(matching=SkillMatching.NONE, skills=(), preferred=())

    return required
