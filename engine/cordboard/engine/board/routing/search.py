"""When the search for a rep changes by itself: a deadline that follows from the records."""

from __future__ import annotations

from cordboard.engine.board.routing.affinity import awaits_until
from cordboard.engine.board.routing.requirement import waiting_since
from cordboard.engine.config import Queue, Workstream
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import Timestamp


def widens_yet(conversation: Conversation, workstream: Workstream, queue: Queue) -> bool:
    """Whether there are steps of skill relaxation, or rings, that are to come for a waiting conversation."""
    return conversation.relaxed < len(workstream.skill_relaxation) or conversation.ring + 1 < len(queue.rings)


def next_search_change(conversation: Conversation, workstream: Workstream, queue: Queue) -> Timestamp | None:
    """Return when the search for a waiting conversation's rep changes; None for never.

    Its skills are relaxed, a ring is opened, it is escalated, or it has waited for its last rep for long enough.
    """
    waits: list[int] = []
    if conversation.relaxed < len(workstream.skill_relaxation):
        waits.append(workstream.skill_relaxation[conversation.relaxed].after)

    if conversation.ring + 1 < len(queue.rings):
        waits.append(queue.rings[conversation.ring + 1].after)

    if queue.escalate_after is not None and conversation.escalated_at is None:
        waits.append(queue.escalate_after)

    changes = [waiting_since(conversation) + min(waits)] if waits else []
    returned = awaits_until(conversation, workstream)
    if returned is not None:
        changes.append(returned)

    return min(changes, default=None)
