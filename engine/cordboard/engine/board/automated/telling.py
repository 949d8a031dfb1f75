"""Customers are told what has happened: once for each command, after everything that it leads to."""

from __future__ import annotations

from collections.abc import Iterator

from cordboard.engine.board.automated.automation import is_from_a_machine, recent
from cordboard.engine.board.automated.occasions import CLOSED_NOW, ENTERING, OCCASIONS, Occasion
from cordboard.engine.board.automated.words import Slugs, cut, fill
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.board.consent import is_opted_out
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.outgoing import as_sent, queue
from cordboard.engine.board.routing.expected_wait import expected_wait
from cordboard.engine.config import MINUTE
from cordboard.engine.events import MessageReceived, ReplyQueued
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import SYSTEM, MessageTrigger, Milliseconds, State

_EXPIRY: Milliseconds = 5 * MINUTE
"""What is told holds for the moment: later, a place in the line or a greeting is not true any more."""


def tell(decision: Decision) -> None:
    """Queue the automated messages that the events of a decision give occasion to."""
    silent = set(_not_to_be_told(decision))
    for occasion in (*_happened(decision), *_waiting(decision)):
        if occasion.conversation not in silent:
            _tell(decision, occasion)


def _not_to_be_told(decision: Decision) -> Iterator[int]:
    """Yield the conversations in which a machine has texted, or a person of ours has just said it all."""
    for event, before in decision.told:
        if isinstance(event, ReplyQueued) and event.answers is None:
            yield event.conversation
        elif isinstance(event, MessageReceived):
            assert before is not None, "a text comes into a conversation"  # noqa: S101 - states an invariant
            if is_from_a_machine(before.automation, event.body, event.at):
                yield event.conversation


def _happened(decision: Decision) -> Iterator[Occasion]:
    for event, before in decision.told:
        told = OCCASIONS.get(type(event))
        if told is not None:
            yield from told(event, before)


def _waiting(decision: Decision) -> Iterator[Occasion]:
    """Yield where those stand who came onto a queue and still wait, and who comes next since somebody has left it.

    Nobody else is told anything: a place that moves up would be a text for each of them each time.
    """
    state = decision.state
    entered: dict[int, str] = {}
    shorter: dict[str, None] = {}
    for event, before in decision.told:
        now = _queue_of(state.conversations.get(event.conversation))
        if isinstance(event, ENTERING) and now is not None:
            entered[event.conversation] = now

        was = _queue_of(before)
        if was is not None and was != now:
            shorter[was] = None

    for conversation, queue_name in entered.items():
        if not state.configured.queues[queue_name].reps:
            yield Occasion(conversation, (MessageTrigger.UNASSIGNABLE,))
            continue

        if state.configured.automated_texts.tells_places:
            ahead = state.waiting.ahead_of(conversation)
            yield Occasion(conversation, (MessageTrigger.POSITION if ahead else MessageTrigger.NEXT_IN_LINE,))

        if state.configured.automated_texts.tells_waits:
            wait = expected_wait(state, state.conversations[conversation], decision.at)
            if wait is not None:
                yield Occasion(conversation, (MessageTrigger.EXPECTED_WAIT,))

    if state.configured.automated_texts.tells_places:
        for queue_name in shorter:
            first = state.waiting.first(queue_name)
            if first is not None and first not in entered and state.conversations[first].next_on != queue_name:
                yield Occasion(first, (MessageTrigger.NEXT_IN_LINE,))


def _queue_of(conversation: Conversation | None) -> str | None:
    return conversation.queue if conversation is not None and conversation.state is State.QUEUED else None


def _tell(decision: Decision, occasion: Occasion) -> None:
    state = decision.state
    conversation = decision.conversation(occasion.conversation)
    calendar = _calendar(decision, conversation)
    triggers = occasion.triggers
    if triggers is CLOSED_NOW:
        if calendar is None or calendar.is_open(decision.at):
            return

        triggers = triggers if calendar.holiday_on(decision.at) else triggers[1:]

    found = ((each, state.configured.automated_texts.wording(each, conversation)) for each in triggers)
    trigger, wording = next(((each, wording) for each, wording in found if wording is not None), (None, None))
    if trigger is None or wording is None or not _may_be_texted(decision, conversation):
        return

    channel = state.configured.channels[conversation.channel]
    slugs = Slugs(state, conversation, occasion, calendar, wording.language, decision.at)
    body = cut(as_sent(decision, conversation, fill(wording.parts, slugs)), to=channel.max_characters)
    if body.strip():
        queue(
            decision,
            conversation,
            author=SYSTEM,
            body=body,
            expires_at=decision.at + _EXPIRY,
            trigger=trigger,
        )


def _may_be_texted(decision: Decision, conversation: Conversation) -> bool:
    if is_opted_out(decision, conversation.number, conversation.customer):
        return False

    most = decision.workstream(conversation).automated_per_hour
    return len(recent(conversation.automation, decision.at)) < most


def _calendar(decision: Decision, conversation: Conversation) -> Calendar | None:
    """Return the hours of a conversation's number, else its channel's."""
    number = decision.state.configured.numbers.get(conversation.number)
    channel = decision.state.configured.channels[conversation.channel]
    name = number.hours if number is not None and number.hours is not None else channel.hours
    return decision.state.configured.calendars[name] if name is not None else None
