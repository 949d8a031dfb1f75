"""Overflow: what a queue does with what it cannot serve well, when it comes and while it waits.

A conversation never goes by overflow to a queue where it has been since a rep last had it: it waits where it is
instead, so no configuration sends it round in a circle. And none is ended that a rep has had since it began or was
taken up again: its customer has been talking to somebody, and the rep may only have lost the line.
"""

from __future__ import annotations

from typing import NamedTuple

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.expected_wait import expected_wait_on
from cordboard.engine.board.state import BoardState
from cordboard.engine.config import Overflow, Queue
from cordboard.engine.events import ConversationClosed, ConversationOverflowed, ConversationRequeued
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import OverflowAction, OverflowCondition
from cordboard.engine.vocabulary import OVERFLOW, SYSTEM, CloseReason, State, Timestamp


class Overflowing(NamedTuple):
    """A condition that holds.

    Attributes:
        rule: What the queue says of it.
        measured: How many wait, or how long one waits or would; None where nothing is measured.
    """

    rule: Overflow
    measured: int | None = None


def overflowing(state: BoardState, queue: Queue, conversation: Conversation, at: Timestamp) -> Overflowing | None:
    """Return the first of a queue's conditions that holds for a conversation that has just come there, or would.

    One that can do nothing for it comes after all others: it is told where there is no better.
    """
    in_vain: Overflowing | None = None
    for rule in queue.overflow:
        found = _check(state, queue, conversation, rule, at)
        if found is not None and not what_keeps(conversation, rule):
            return found

        in_vain = in_vain or found

    return in_vain


def overflow_arrived(decision: Decision, conversation: int) -> None:
    """Let a queue overflow with what has just come onto it."""
    state = decision.state
    arrived = state.conversations.get(conversation)
    queue = state.configured.queues.get(arrived.queue or "") if arrived is not None else None
    if arrived is None or queue is None or not queue.overflow or arrived.state is not State.QUEUED:
        return

    found = overflowing(state, queue, arrived, decision.at)
    if found is not None:
        _act(decision, queue, arrived, found)


def overflow_waited(decision: Decision, waiting: Conversation) -> None:
    """Let a queue overflow with what has waited on it for as long as it may."""
    state = decision.state
    queue = state.configured.queues[waiting.queue or ""]
    rule = queue.next_after_waiting(waiting.overflowed)
    if waiting.entered_at is not None and rule is not None:
        _act(decision, queue, waiting, Overflowing(rule, decision.at - waiting.entered_at))


def _check(
    state: BoardState, queue: Queue, conversation: Conversation, rule: Overflow, at: Timestamp
) -> Overflowing | None:
    match rule.when:
        case OverflowCondition.OUT_OF_HOURS:
            calendar = state.configured.calendars.get(queue.hours or "")
            return Overflowing(rule) if calendar is not None and not calendar.is_open(at) else None
        case OverflowCondition.LENGTH:
            is_there = conversation.state is State.QUEUED and conversation.queue == queue.name
            # What came together is looked at in turn: what is behind it does not count yet.
            waiting = state.waiting.count(queue.name) - is_there - state.arrived.count(queue.name)
            return Overflowing(rule, waiting) if waiting >= (rule.limit or 0) else None
        case OverflowCondition.EXPECTED_WAIT:
            wait = expected_wait_on(state, queue, at, conversation)
            return Overflowing(rule, wait) if wait is not None and wait > (rule.over or 0) else None
        case OverflowCondition.WAITED:
            return None  # a deadline of its own


def _act(decision: Decision, queue: Queue, conversation: Conversation, found: Overflowing) -> None:
    rule = found.rule
    goal = rule.queue if rule.do is OverflowAction.TRANSFER else None
    stays = what_keeps(conversation, rule)
    later = rule.do is OverflowAction.LATER
    decision.emit(
        ConversationOverflowed,
        conversation=conversation.id,
        queue=queue.name,
        when=rule.when,
        do=rule.do,
        measured=found.measured,
        limit=rule.over if rule.limit is None else rule.limit,
        to_queue=goal,
        answer_at=_answer_at(decision, queue, conversation) if later else None,
        stays=stays,
    )
    if stays:
        return

    why = f"{OVERFLOW}: {rule.when.value}"
    if goal is not None:
        decision.emit(ConversationRequeued, conversation=conversation.id, queue=goal, by=SYSTEM, why=why)
    elif rule.do is OverflowAction.END:
        decision.emit(ConversationClosed, conversation=conversation.id, reason=CloseReason.OVERFLOW, by=SYSTEM, why=why)


def what_keeps(conversation: Conversation, rule: Overflow) -> str:
    """Return why a conversation waits where it is whatever its queue does with others; empty where it does not."""
    if rule.do is OverflowAction.TRANSFER and rule.queue in conversation.visited:
        return f"it has been on queue {rule.queue!r} since a rep last had it"

    if rule.do is OverflowAction.END and conversation.active_at:
        return f"{conversation.rep} has had it, and nobody is sent away in the middle of a conversation"

    return ""


def _answer_at(decision: Decision, queue: Queue, conversation: Conversation) -> Timestamp | None:
    """Return when somebody will take it, as far as can be told: at the soonest, when the queue opens."""
    wait = expected_wait_on(decision.state, queue, decision.at, conversation)
    if wait is not None:
        return decision.at + wait

    calendar = decision.state.configured.calendars.get(queue.hours or "")
    if calendar is None or calendar.is_open(decision.at):
        return None

    return calendar.next_opening(decision.at)
