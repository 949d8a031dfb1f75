"""When the search for a rep changes by itself: a deadline that follows from the records."""

from __future__ import annotations

from collections.abc import Iterator

from cordboard.engine.board.routing.affinity import awaits_until
from cordboard.engine.board.routing.requirement import waiting_since
from cordboard.engine.config import Queue, Workstream
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import Coming
from cordboard.engine.vocabulary import Timestamp


def widens_yet(conversation: Conversation, workstream: Workstream, queue: Queue) -> bool:
    """Whether there are steps of skill relaxation, or rings, that are to come for a waiting conversation."""
    return conversation.relaxed < len(workstream.skill_relaxation) or conversation.ring + 1 < len(queue.rings)


def next_search_change(conversation: Conversation, workstream: Workstream, queue: Queue) -> Timestamp | None:
    """Return when the search for a waiting conversation's rep changes; None for never."""
    return min((at for at, _ in search_changes(conversation, workstream, queue)), default=None)


def search_changes(
    conversation: Conversation, workstream: Workstream, queue: Queue
) -> Iterator[tuple[Timestamp, Coming]]:
    """Yield when the search for a waiting conversation's rep changes next in each way, in no order.

    Its skills are relaxed, a ring is opened, it is escalated, or it has waited for its last rep for long enough.
    """
    since = waiting_since(conversation)
    if conversation.relaxed < len(workstream.skill_relaxation):
        yield since + workstream.skill_relaxation[conversation.relaxed].after, Coming.RELAXATION

    if conversation.ring + 1 < len(queue.rings):
        yield since + queue.rings[conversation.ring + 1].after, Coming.RING

    if queue.escalate_after is not None and conversation.escalated_at is None:
        yield since + queue.escalate_after, Coming.ESCALATION

    returned = awaits_until(conversation, workstream)
    if returned is not None:
        yield returned, Coming.ANYBODY
