"""Replies: what a rep texts to the customer, and how a supervisor takes a conversation over by replying."""

from __future__ import annotations

from msgspec.structs import replace

from cordboard.engine.board.attachments import require_sendable
from cordboard.engine.board.consent import is_opted_out
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.handling import require_room, take
from cordboard.engine.board.outgoing import as_sent, queue
from cordboard.engine.board.supervising import take_in_hand
from cordboard.engine.commands import Reply
from cordboard.engine.errors import Bar, IllegalTransition, InvalidMessage, MessageTooLong, NotAllowed, OptedOut
from cordboard.engine.events import ConversationResumed
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import State


def reply(decision: Decision, command: Reply) -> None:
    """Queue a text to the customer.

    Only the holder may. A rep whose conversation is parked resumes it by replying, and a supervisor takes over a
    conversation that somebody else has; both need room for it.
    """
    conversation = decision.asked(command)
    if is_opted_out(decision, conversation.number, conversation.customer):
        raise OptedOut(
            f"the customer of conversation {conversation.id} has opted out of texts from {conversation.number}; "
            "nothing can be sent until they text START"
        )

    if conversation.state in (State.NEW, State.CLOSED):
        raise IllegalTransition(
            conversation=conversation.id,
            state=conversation.state,
            trigger=None,
            why="a reply needs a conversation that is with a rep",
        )

    command = replace(command, body=as_sent(decision, conversation, command.body, command.media))
    _check_text(decision, conversation, command)
    if not (conversation.state is State.ACTIVE and conversation.holder == command.by):
        _take_over(decision, conversation, command.by)

    queue(
        decision,
        conversation,
        author=command.by,
        body=command.body,
        media=command.media,
        expires_at=decision.at + decision.workstream(conversation).reply_expiry,
    )


def _check_text(decision: Decision, conversation: Conversation, command: Reply) -> None:
    if not command.body.strip() and not command.media:
        raise InvalidMessage("the text is empty; write something or attach something")

    if "\x00" in command.body:
        raise InvalidMessage("the text has a NUL character, which no phone can show; remove it")

    if any("\ud800" <= character <= "\udfff" for character in command.body):
        raise InvalidMessage("the text has half a character (a lone surrogate), which no phone can show; remove it")

    channel = decision.state.configured.channels[conversation.channel]
    if len(command.body) > channel.max_characters:
        raise MessageTooLong(length=len(command.body), limit=channel.max_characters, channel=channel.name)

    require_sendable(channel, command.media)


def _take_over(decision: Decision, conversation: Conversation, by: str) -> None:
    if conversation.parked and conversation.rep == by:
        require_room(decision, by, conversation)
        take(decision, conversation, by, ConversationResumed)
        return

    if conversation.state is State.ASSIGNED and conversation.holder == by:
        raise IllegalTransition(
            conversation=conversation.id,
            state=conversation.state,
            trigger=None,
            why="accept the offer before you reply",
        )

    if not decision.supervises(by):
        raise NotAllowed(
            f"conversation {conversation.id} is not with {by}; only its holder may reply", bar=Bar.NOT_THEIRS
        )

    take_in_hand(decision, conversation, by)
