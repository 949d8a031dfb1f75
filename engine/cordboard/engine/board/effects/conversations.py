"""What events do to conversations: the texts that come in, and the machine's moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from cordboard.engine.board.automated import automation
from cordboard.engine.board.conversation import move
from cordboard.engine.board.routing.expected_wait import after_taking
from cordboard.engine.board.state import BoardState
from cordboard.engine.events import (
    ConversationClassified,
    ConversationClosed,
    ConversationEscalated,
    ConversationOffered,
    ConversationOpened,
    ConversationOverflowed,
    ConversationParked,
    ConversationPicked,
    ConversationQueued,
    ConversationReleased,
    ConversationReopened,
    ConversationRequeued,
    ConversationResumed,
    ConversationTransferred,
    ConversationWoken,
    Grant,
    MessageReceived,
    Move,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    SearchWidened,
    SkillsSet,
    TextUnroutable,
    WrapUpEnded,
)
from cordboard.engine.records import GAVE_BACK, TRANSFERRED, Assignment, Conversation, Message
from cordboard.engine.routing_words import OverflowAction, OverflowCondition
from cordboard.engine.rules import TURNS, RouteReason, split_key
from cordboard.engine.vocabulary import Direction, MessageStatus, State


def _opened(state: BoardState, event: ConversationOpened) -> None:
    state.counters = replace(state.counters, conversation=event.conversation)
    state.put_conversation(
        Conversation(
            id=event.conversation,
            number=event.number,
            customer=event.customer,
            channel=event.channel,
            workstream=event.workstream,
            priority=event.priority,
            state=State.NEW,
            opened_at=event.at,
            updated_at=event.at,
            automation=event.automation,
        )
    )


def _received(state: BoardState, event: MessageReceived) -> None:
    _put_inbound(state, event, event.conversation)
    conversation = state.conversations[event.conversation]
    since = conversation.unanswered_since
    if since is None and not event.answered:
        since = event.at

    state.put_conversation(
        replace(
            conversation,
            channel=event.channel,  # its number may have moved to another since
            updated_at=event.at,
            heard_at=event.at,
            unanswered_since=since,
            automation=automation.after_text(conversation.automation, event.body),
        )
    )


def _classified(state: BoardState, event: ConversationClassified) -> None:
    state.put_conversation(
        replace(
            state.conversations[event.conversation],
            priority=event.priority,
            cost=event.cost,
            costs=event.costs,
            skills=event.skills,
            language=event.language,
            context=event.context,
        )
    )


def _unroutable(state: BoardState, event: TextUnroutable) -> None:
    _put_inbound(state, event, None)


def _put_inbound(state: BoardState, event: MessageReceived | TextUnroutable, conversation: int | None) -> None:
    state.counters = replace(state.counters, message=event.message)
    state.put_message(
        Message(
            id=event.message,
            conversation=conversation,
            channel=event.channel,
            number=event.number,
            customer=event.customer,
            direction=Direction.INBOUND,
            author="customer",
            body=event.body,
            at=event.at,
            status=MessageStatus.RECEIVED,
            media=event.media,
            segments=event.segments,
            provider_id=event.provider_id,
            incomplete=isinstance(event, MessageReceived) and event.incomplete,
        )
    )


# The machine's moves


def _enqueued(state: BoardState, event: ConversationQueued) -> None:
    if event.reason is not None:
        workstream = state.conversations[event.conversation].workstream
        taken = _turns_taken(event.reason)
        if taken:
            turns = {split_key(workstream, route): (turn + 1) % TURNS for route, turn in taken}
            state.counters = replace(state.counters, splits={**state.counters.splits, **turns})

    _queued(state, event)


def _turns_taken(reason: RouteReason) -> list[tuple[str, int]]:
    """Return the turns that routes which share out have had: of those that were passed over, too."""
    taken = [(each.route, each.turn) for each in reason.passed if each.turn is not None]
    if reason.rule is not None and reason.turn is not None:
        taken.append((reason.rule, reason.turn))

    return taken


def _queued(state: BoardState, event: Move) -> None:
    """Onto a queue, new or again; who would not or could not have it is remembered until somebody takes it."""
    conversation = state.conversations[event.conversation]
    passed = conversation.passed
    if isinstance(event, OfferDeclined | OfferExpired):
        passed = {**passed, event.rep: passed.get(event.rep, 0) + 1}
    elif isinstance(event, ConversationReleased) and event.by == conversation.rep:
        passed = {event.by: TRANSFERRED if event.transferred else GAVE_BACK}

    queue = getattr(event, "queue", conversation.queue)
    returned_at = conversation.returned_at
    if isinstance(event, ConversationReleased):
        returned_at = event.at if event.returned else None
    elif isinstance(event, ConversationRequeued):  # whoever moved it wanted others to have it
        returned_at = None

    stay = {}
    if conversation.entered_at is None or not isinstance(event, OfferDeclined | OfferExpired | OfferWithdrawn):
        stay = _entering(state, event, conversation, queue)

    _put_moved(
        state,
        conversation,
        event,
        queue=queue,
        ring=conversation.ring if queue == conversation.queue else 0,
        queued_at=event.at,
        returned_at=returned_at,
        assignment=None,
        passed=passed,
        **stay,
    )


def _entering(state: BoardState, event: Move, conversation: Conversation, queue: str | None) -> dict[str, Any]:
    """Return what changes when a conversation comes onto a queue and does not merely come back from an offer."""
    state.arrived.add(conversation.id, queue)
    visited = conversation.visited
    if queue is not None and queue not in visited:
        visited = (*visited, queue)

    return {"entered_at": event.at, "overflowed": (), "visited": visited}


def _reopened(state: BoardState, event: ConversationReopened) -> None:
    thread = replace(event.thread, visited=())
    _put_moved(
        state,
        thread,
        event,
        queue=event.queue,
        queued_at=event.at,
        returned_at=event.at,
        assignment=None,
        unanswered_since=None,
        active_at=0,
        passed={rep: times for rep, times in thread.passed.items() if times >= GAVE_BACK or times == TRANSFERRED},
        relaxed=0,
        ring=0,
        escalated_at=None,
        closed_at=None,
        close_reason=None,
        **_entering(state, event, thread, event.queue),
        next_on=None,
    )


def _offered(state: BoardState, event: ConversationOffered) -> None:
    assignment = replace(_grant(state, event), newly_able=event.newly_able)
    _put_moved(state, state.conversations[event.conversation], event, assignment=assignment)


def _transferred(state: BoardState, event: ConversationTransferred) -> None:
    _put_moved(state, state.conversations[event.conversation], event, assignment=_grant(state, event))


def _woken(state: BoardState, event: ConversationWoken) -> None:
    conversation = state.conversations[event.conversation]
    _put_moved(state, conversation, event, assignment=_grant(state, event), returned_at=event.at)


def _taken(state: BoardState, event: Grant) -> None:
    _activate(state, event, event.rep, _grant(state, event))


def _picked(state: BoardState, event: ConversationPicked) -> None:
    picked = state.conversations[event.conversation]
    grant = _grant(state, event)
    _note_taking(state, picked, grant)
    _activate(state, event, event.rep, grant)


def _accepted(state: BoardState, event: OfferAccepted) -> None:
    offered = state.conversations[event.conversation]
    offer = offered.assignment
    assert offer is not None, "an assigned conversation has an assignment"  # noqa: S101 - states an invariant
    _note_taking(state, offered, offer)
    _activate(state, event, event.rep, replace(offer, expires_at=None))


def _note_taking(state: BoardState, taken: Conversation, grant: Assignment) -> None:
    queue = after_taking(state, taken, grant)
    if queue is not None:
        state.put_queue(queue)


def _activate(state: BoardState, event: Move, rep: str, assignment: Assignment) -> None:
    conversation = state.conversations[event.conversation]
    held_by = conversation.held_by
    _put_moved(
        state,
        conversation,
        event,
        assignment=assignment,
        rep=rep,
        held_by=held_by if rep in held_by else (*held_by, rep),
        active_at=event.at,
        returned_at=None,
        entered_at=None,
        overflowed=(),
        visited=(),
        passed={},
        relaxed=0,
        ring=0,
        escalated_at=None,
        next_on=None,
    )
    if assignment.costs:
        state.put_rep(state.holdings.profiles.after_taking(state.reps[rep], assignment.costs, event.at))


def _parked(state: BoardState, event: ConversationParked) -> None:
    _put_moved(state, state.conversations[event.conversation], event, assignment=None, parked=True)


def _closed(state: BoardState, event: ConversationClosed) -> None:
    conversation = state.conversations[event.conversation]
    wrap_up = None
    if event.wraps_up and conversation.assignment is not None:
        wrap_up = replace(conversation.assignment, expires_at=event.wrap_up_until)

    _put_moved(
        state,
        conversation,
        event,
        assignment=wrap_up,
        returned_at=None,
        unanswered_since=None,
        closed_at=event.at,
        close_reason=event.reason,
    )


def _wrap_up_ended(state: BoardState, event: WrapUpEnded) -> None:
    _put_moved(state, state.conversations[event.conversation], event, assignment=None)


def _search_widened(state: BoardState, event: SearchWidened) -> None:
    conversation = state.conversations[event.conversation]
    returned_at = None if event.anybody else conversation.returned_at
    state.put_conversation(replace(conversation, relaxed=event.relaxed, ring=event.ring, returned_at=returned_at))
    state.stirred_conversations[conversation.id] = None  # nobody else may be to come, though it requires the same


def _escalated(state: BoardState, event: ConversationEscalated) -> None:
    state.put_conversation(replace(state.conversations[event.conversation], escalated_at=event.at))


def _overflowed(state: BoardState, event: ConversationOverflowed) -> None:
    conversation = state.conversations[event.conversation]
    if event.when is OverflowCondition.WAITED:
        done = OverflowAction.QUEUE if event.stays else event.do  # what was in vain has not been done
        overflowed = (*conversation.overflowed, (done, event.limit or 0))
        state.put_conversation(replace(conversation, overflowed=overflowed))


def _skills_set(state: BoardState, event: SkillsSet) -> None:
    conversation = state.conversations[event.conversation]
    state.put_conversation(replace(conversation, skills=event.skills, updated_at=event.at))


def _put_moved(state: BoardState, conversation: Conversation, event: Move, **changes: Any) -> None:
    goal = move(conversation.id, conversation.state, event.trigger, parked=conversation.parked)
    changes.setdefault("parked", False)
    state.put_conversation(replace(conversation, state=goal, updated_at=event.at, **changes))


def _grant(state: BoardState, event: Grant) -> Assignment:
    state.counters = replace(state.counters, assignment=event.assignment)
    state.put_rep(replace(state.reps[event.rep], last_assignment=event.assignment))
    return Assignment(
        id=event.assignment,
        rep=event.rep,
        cost=event.cost,
        costs=event.costs,
        began_at=event.at,
        origin=event.trigger,
        expires_at=event.expires_at,
    )


EFFECTS: dict[type[Any], Callable[[BoardState, Any], None]] = {
    TextUnroutable: _unroutable,
    ConversationOpened: _opened,
    MessageReceived: _received,
    ConversationClassified: _classified,
    ConversationQueued: _enqueued,
    ConversationOffered: _offered,
    OfferAccepted: _accepted,
    OfferDeclined: _queued,
    OfferExpired: _queued,
    OfferWithdrawn: _queued,
    ConversationPicked: _picked,
    ConversationRequeued: _queued,
    ConversationParked: _parked,
    ConversationResumed: _taken,
    ConversationWoken: _woken,
    ConversationReleased: _queued,
    ConversationTransferred: _transferred,
    ConversationClosed: _closed,
    ConversationReopened: _reopened,
    WrapUpEnded: _wrap_up_ended,
    SearchWidened: _search_widened,
    ConversationEscalated: _escalated,
    ConversationOverflowed: _overflowed,
    SkillsSet: _skills_set,
}
"""What happens to the state, by the class of the event."""
