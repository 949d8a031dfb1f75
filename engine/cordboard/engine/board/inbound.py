"""Texts that come in: which conversation they join, open, wake or reopen."""

from __future__ import annotations

from cordboard.engine.board.consent import heed, heed_astray, keyword_in, let_rest
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.entering import enter
from cordboard.engine.board.routing.matching import offer, rep_to_return_to
from cordboard.engine.carrier import TextReceived, WebhookUnreadable
from cordboard.engine.config import Number
from cordboard.engine.events import (
    ConversationOpened,
    ConversationReleased,
    ConversationReopened,
    ConversationWoken,
    MessageReceived,
    TextUnroutable,
    WebhookKept,
)
from cordboard.engine.records import Automation, Conversation
from cordboard.engine.routing_words import AffinityTo
from cordboard.engine.vocabulary import Keyword, State


def receive_text(decision: Decision, text: TextReceived) -> None:
    """Take a customer's text in, once: a second one with the same provider id on its channel changes nothing."""
    state = decision.state
    if (text.channel, text.provider_id) in state.recollection.inbound:
        return

    number = state.configured.numbers.get(text.recipient)
    if number is None or number.channel != text.channel:
        decision.emit(
            TextUnroutable,
            message=decision.next_message(),
            channel=text.channel,
            number=text.recipient,
            customer=text.sender,
            body=text.body,
            media=text.media,
            segments=text.segments,
            provider_id=text.provider_id,
        )
        if number is not None:
            heed_astray(decision, text, number)

        return

    keyword = keyword_in(decision, text, number)
    if keyword in (Keyword.STOP, Keyword.START):
        _receive_keyword(decision, text, number, keyword)
    else:
        conversation = _join(decision, text, number)
        if keyword is not None:
            heed(decision, keyword, text, conversation)


def _join(decision: Decision, text: TextReceived, number: Number) -> int:
    """Put a text into the conversation that it continues, or begins."""
    known = decision.state.latest(text.recipient, text.sender)
    if known is None or (known.state is State.CLOSED and not _may_reopen(decision, known, number)):
        conversation = _open(decision, text, number, known)
        _receive(decision, text, conversation)
        enter(decision, conversation, text, number, known_customer=known is not None)
        return conversation

    if known.state is State.CLOSED:
        _reopen(decision, text, known)
    else:
        _receive(decision, text, known.id)
        if known.parked:
            _wake(decision, known)

    return known.id


def _receive_keyword(decision: Decision, text: TextReceived, number: Number, keyword: Keyword) -> None:
    """Keep a text that nobody has to answer: in the open conversation, or in one of its own that is over at once."""
    known = decision.state.latest(text.recipient, text.sender)
    goes_on = known is not None and known.state is not State.CLOSED
    conversation = known.id if known is not None and goes_on else _open(decision, text, number, known)
    _receive(decision, text, conversation, answered=True)
    heed(decision, keyword, text, conversation)
    let_rest(decision, conversation)


def keep_webhook(decision: Decision, webhook: WebhookUnreadable) -> None:
    """Keep what nobody can read."""
    decision.emit(
        WebhookKept,
        channel=webhook.channel,
        reason=webhook.reason,
        content_type=webhook.content_type,
        body=webhook.body,
    )


def _receive(decision: Decision, text: TextReceived, conversation: int, *, answered: bool = False) -> None:
    decision.emit(
        MessageReceived,
        conversation=conversation,
        message=decision.next_message(),
        channel=text.channel,
        number=text.recipient,
        customer=text.sender,
        body=text.body,
        media=text.media,
        segments=text.segments,
        provider_id=text.provider_id,
        incomplete=text.incomplete,
        answered=answered,
    )


def _open(decision: Decision, text: TextReceived, number: Number, known: Conversation | None) -> int:
    conversation = decision.state.counters.conversation + 1
    decision.emit(
        ConversationOpened,
        conversation=conversation,
        number=text.recipient,
        customer=text.sender,
        channel=text.channel,
        workstream=number.workstream,
        automation=known.automation if known is not None else Automation(),
    )
    return conversation


def _may_reopen(decision: Decision, closed: Conversation, number: Number) -> bool:
    """Within the window, and while it is wrapped up; but not under settings its number no longer has."""
    if closed.workstream != number.workstream or closed.channel != number.channel:
        return False

    window = decision.workstream(closed).reopen_window
    return closed.live or (closed.closed_at is not None and decision.at < closed.closed_at + window)


def _reopen(decision: Decision, text: TextReceived, closed: Conversation) -> None:
    """Go on with a closed conversation; its last rep is freed of their wrap-up, and asked first under affinity.

    What rules said when it began stands: a second text ("thanks, but…") seldom says what the first one did.
    """
    decision.emit(
        ConversationReopened, conversation=closed.id, queue=home_queue(decision, closed), thread=closed, by="customer"
    )
    _receive(decision, text, closed.id)
    _offer_to_last_rep(decision, closed.id)


def _wake(decision: Decision, parked: Conversation) -> None:
    """Bring a parked conversation back to its rep; to a queue, where they cannot take it or the settings say so."""
    rep = rep_to_return_to(decision.state, parked)
    if rep is not None:
        offer(decision, parked.id, rep, kind=ConversationWoken, by="customer")
        return

    to_anybody = decision.workstream(parked).affinity.to is AffinityTo.NONE
    decision.emit(
        ConversationReleased,
        conversation=parked.id,
        queue=home_queue(decision, parked),
        by="customer",
        why="a new text" if to_anybody else f"{parked.rep} cannot take it now",
        returned=True,
    )


def _offer_to_last_rep(decision: Decision, conversation: int) -> None:
    rep = rep_to_return_to(decision.state, decision.conversation(conversation))
    if rep is not None:
        offer(decision, conversation, rep, why="last rep")


def home_queue(decision: Decision, conversation: Conversation) -> str:
    """Return the queue a conversation goes back to: its last one, or its workstream's where that is gone."""
    queues = decision.state.configured.queues
    if conversation.queue is not None and conversation.queue in queues:
        return conversation.queue

    return decision.workstream(conversation).queue
