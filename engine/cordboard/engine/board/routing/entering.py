"""A new conversation enters: rules say what it is like, and where it waits."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.choosing import choose_queue
from cordboard.engine.board.routing.conditions import Facts
from cordboard.engine.carrier import TextReceived
from cordboard.engine.config import Number
from cordboard.engine.events import ConversationClassified, ConversationQueued
from cordboard.engine.vocabulary import SYSTEM


def enter(decision: Decision, conversation: int, text: TextReceived, number: Number, *, known_customer: bool) -> None:
    """Classify a conversation that has just begun with `text`, and put it on a queue.

    A queue that nobody serves is as good as any other here: the conversation waits there until somebody does, or until
    a supervisor moves it.
    """
    state = decision.state
    book = state.configured.rule_books[number.workstream]
    facts = Facts(
        customer=text.sender,
        number=text.recipient,
        channel=text.channel,
        kind=number.kind.value,
        text=text.body,
        at=decision.at,
        known_customer=known_customer,
        priority=decision.conversation(conversation).priority,
    )
    if book.classifies:
        facts, told = book.classify(facts)
        decision.emit(
            ConversationClassified,
            conversation=conversation,
            rule_sets=told,
            priority=facts.priority,
            cost=facts.cost,
            costs=facts.costs,
            skills=facts.skills,
            language=facts.language,
            context=facts.context,
        )

    candidates = book.candidates(facts, state.counters.splits)
    chosen = choose_queue(state, decision.conversation(conversation), candidates, decision.at)
    queue, reason = chosen or book.fallback()
    decision.emit(
        ConversationQueued,
        conversation=conversation,
        queue=queue,
        by=SYSTEM,
        why="fallback queue" if reason.rule is None else f"route {reason.rule!r}",
        reason=reason if book.routes else None,
    )
