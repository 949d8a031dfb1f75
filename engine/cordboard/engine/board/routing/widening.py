"""What changes by itself while a conversation waits.

Skills are relaxed, rings are opened, its last rep is not waited for any more, and it is escalated.
"""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.affinity import awaits_until
from cordboard.engine.board.routing.requirement import waiting_since
from cordboard.engine.board.routing.search import next_search_change
from cordboard.engine.config import Queue
from cordboard.engine.events import ConversationEscalated, SearchWidened
from cordboard.engine.records import Conversation


def widen(decision: Decision, conversation: Conversation) -> bool:
    """Let what is due with a waiting conversation's search be, and tell whether anything was."""
    workstream = decision.workstream(conversation)
    queue = decision.state.configured.queues.get(conversation.queue or "") or Queue(name="gone")
    due = next_search_change(conversation, workstream, queue)
    in_vain = _waits_in_vain(decision, conversation)
    if not in_vain and (due is None or due > decision.at):
        return False

    waited = decision.at - waiting_since(conversation)
    relaxed = sum(1 for each in workstream.skill_relaxation if each.after <= waited)
    ring = sum(1 for each in queue.rings[1:] if each.after <= waited)
    returned = awaits_until(conversation, workstream)
    anybody = in_vain or (returned is not None and returned <= decision.at)
    if relaxed > conversation.relaxed or ring > conversation.ring or anybody:
        decision.emit(
            SearchWidened,
            conversation=conversation.id,
            relaxed=max(relaxed, conversation.relaxed),
            ring=max(ring, conversation.ring),
            anybody=anybody,
        )

    if queue.escalate_after is not None and conversation.escalated_at is None and waited >= queue.escalate_after:
        escalate(decision, conversation, why="nobody has taken it for too long")

    return True


def _waits_in_vain(decision: Decision, conversation: Conversation) -> bool:
    """Whether a conversation waits for its last rep alone, who finishes what they have or is off work."""
    entry = decision.state.waiting.entry(conversation.id)
    return entry is not None and entry[0].back and not decision.state.reps[entry[0].only[0]].takes_offers


def escalate(decision: Decision, conversation: Conversation, *, why: str) -> None:
    """Let a conversation go before everything else, and tell supervisors; once, until somebody takes it."""
    decision.emit(ConversationEscalated, conversation=conversation.id, why=why)
