"""The match: every conversation that can be assigned is assigned before the command that made it possible ends.

Only what changed is looked at: conversations that came onto a queue, and reps who may be able to take more than before.
Everything else was matched when it changed.
"""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.candidates import Standing
from cordboard.engine.board.routing.waiting import Place
from cordboard.engine.board.state import BoardState
from cordboard.engine.config import Workstream
from cordboard.engine.events import ConversationOffered, ConversationTransferred, ConversationWoken, OfferAccepted
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import SYSTEM, Distribution, State


def settle(decision: Decision) -> None:
    """Assign whatever the events so far have made assignable.

    Reps come first: what waits longest is theirs before what has just come onto the queue.
    """
    state = decision.state
    while state.stirred_reps or state.stirred_conversations:
        if state.stirred_reps:
            rep = next(iter(state.stirred_reps))
            del state.stirred_reps[rep]
            _drain(decision, rep)
        else:
            conversation = next(iter(state.stirred_conversations))
            del state.stirred_conversations[conversation]
            _place(decision, conversation)


def able(state: BoardState, rep: str, conversation: Conversation) -> bool:
    """Whether a rep's presence and free capacity let them take a conversation now."""
    workstream = state.workstreams[conversation.workstream]
    known = state.reps.get(rep)
    return (
        known is not None
        and known.presence in workstream.allowed_presences
        and state.free_of(rep) >= workstream.capacity_cost
    )


def offer(
    decision: Decision,
    conversation: int,
    rep: str,
    *,
    kind: type[ConversationOffered | ConversationWoken | ConversationTransferred] = ConversationOffered,
    by: str = SYSTEM,
    why: str = "",
) -> None:
    """Offer a conversation to a rep, and accept it for them where its workstream says so."""
    workstream = decision.workstream(decision.conversation(conversation))
    decision.emit(
        kind,
        conversation=conversation,
        assignment=decision.next_assignment(),
        rep=rep,
        cost=workstream.capacity_cost,
        expires_at=decision.at + workstream.offer_timeout,
        by=by,
        why=why,
    )
    if workstream.auto_accept:
        decision.emit(OfferAccepted, conversation=conversation, rep=rep, by=SYSTEM, why="auto-accept")


def choose(state: BoardState, conversation: Conversation) -> str | None:
    """Return the rep who should get a queued conversation, or None when nobody can.

    The best by the queue's method among those who have not declined or missed it; only when there is nobody else, the
    one among those who did it least often, and never one who did it `max_declines` times.
    """
    workstream = state.workstreams[conversation.workstream]
    if conversation.queue is None or workstream.distribution is Distribution.PICK:
        return None

    best: Standing | None = None
    passed: list[tuple[int, Standing]] = []
    for presence in workstream.allowed_presences:
        for standing in state.candidates.on(conversation.queue, presence, cost=workstream.capacity_cost):
            declines = conversation.passed.get(standing[2], 0)
            if declines:
                passed.append((declines, standing))
                continue

            if best is None or standing < best:
                best = standing

            break

    if best is not None:
        return best[2]

    again = min((each for each in passed if each[0] < workstream.max_declines), default=None)
    return again[1][2] if again else None


def _place(decision: Decision, conversation: int) -> None:
    waiting = decision.state.conversations.get(conversation)
    if waiting is None or waiting.state is not State.QUEUED:
        return

    rep = choose(decision.state, waiting)
    if rep is not None:
        offer(decision, conversation, rep)


def _drain(decision: Decision, rep: str) -> None:
    """Offer what waits to a rep, the first first, for as long as they can take more."""
    while (conversation := _first_for(decision.state, rep)) is not None:
        chosen = choose(decision.state, decision.state.conversations[conversation])
        offer(decision, conversation, chosen or rep)


def _first_for(state: BoardState, rep: str) -> int | None:
    known = state.reps.get(rep)
    if known is None:
        return None

    free = state.free_of(rep)
    first: Place | None = None
    for queue in state.queues_of.get(rep, ()):
        for name in state.waiting.workstreams(queue):
            workstream = state.workstreams[name]
            if known.presence in workstream.allowed_presences and free >= workstream.capacity_cost:
                place = _first_place(state, queue, workstream, rep)
                if place is not None and (first is None or place < first):
                    first = place

    return first[2] if first else None


def _first_place(state: BoardState, queue: str, workstream: Workstream, rep: str) -> Place | None:
    if workstream.distribution is Distribution.PICK:
        return None

    for place in state.waiting.places(queue, workstream.name):
        if state.conversations[place[2]].passed.get(rep, 0) < workstream.max_declines:
            return place

    return None
