"""Every queued conversation is on the waiting list of what it requires, and what is required has its candidates."""

from __future__ import annotations

from collections.abc import Iterable

from cordboard.engine.board.configured import Configured
from cordboard.engine.board.routing.affinity import awaits_until, last_rep, requirement_of_return
from cordboard.engine.board.routing.candidates import Candidates
from cordboard.engine.board.routing.requirement import Requirement, requirement_of
from cordboard.engine.board.routing.waiting import Place, WaitingLists, place_of
from cordboard.engine.config import Queue
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import State


def relist(new: Conversation, waiting: WaitingLists, candidates: Candidates, configured: Configured) -> bool:
    """List a conversation as it is now; return whether it came onto a list, or to another place."""
    before = waiting.entry(new.id)
    after = _entry_of(new, configured)
    if before == after:
        return False

    unused = waiting.remove(new.id) if before is not None else None
    if after is not None:
        _list(new.id, *after, waiting, candidates)

    if unused is not None and (after is None or after[0] != unused):
        candidates.rest(unused)

    return after is not None


def list_anew(
    conversations: Iterable[Conversation], waiting: WaitingLists, candidates: Candidates, configured: Configured
) -> None:
    """List everything that waits as a new configuration has it."""
    waiting.clear()
    for conversation in conversations:
        entry = _entry_of(conversation, configured)
        if entry is not None:
            _list(conversation.id, *entry, waiting, candidates)


def _list(
    conversation: int, requirement: Requirement, place: Place, waiting: WaitingLists, candidates: Candidates
) -> None:
    waiting.add(conversation, requirement, place)
    if requirement.pushed:
        candidates.pool(requirement)


def _entry_of(conversation: Conversation, configured: Configured) -> tuple[Requirement, Place] | None:
    if conversation.state is not State.QUEUED or conversation.queue is None:
        return None

    # While a new configuration comes into force, a queue may be gone that its conversations are about to leave.
    queue = configured.queues.get(conversation.queue) or Queue(name=conversation.queue)
    workstream, costs = configured.workstream_of(conversation), configured.costs_of(conversation)
    if awaits_until(conversation, workstream) is not None:
        rep = last_rep(conversation, workstream, configured.reps)
        if rep is not None:
            return requirement_of_return(conversation, workstream, costs, rep), place_of(conversation, queue)

    requirement = requirement_of(conversation, workstream, costs, configured.awaited_reps(conversation))
    return requirement, place_of(conversation, queue)
