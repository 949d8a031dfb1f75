"""What supervisors alone do: take a conversation over, and ask the same of many."""

from __future__ import annotations

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.handling import require_room, take, withdraw
from cordboard.engine.commands import MOST_AT_ONCE, BeginBulk, TakeOver
from cordboard.engine.errors import Bar, IllegalTransition, Inability, NotAllowed, RepUnable
from cordboard.engine.events import (
    BulkBegun,
    ConversationPicked,
    ConversationResumed,
    ConversationTransferred,
    OfferAccepted,
)
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import TAKEN_OVER, State, Trigger


def take_over(decision: Decision, command: TakeOver) -> None:
    """Have an open conversation at once: a supervisor with room for it. Skills do not matter."""
    conversation = decision.asked(command)
    by = command.by
    if not decision.supervises(by):
        raise NotAllowed(
            f"{by} is no supervisor, so cannot take conversation {conversation.id} over", bar=Bar.SUPERVISORS
        )

    if conversation.state in (State.NEW, State.CLOSED):
        raise IllegalTransition(conversation=conversation.id, state=conversation.state, trigger=Trigger.TRANSFER)

    if conversation.holder != by:
        take_in_hand(decision, conversation, by, command.why)
    elif conversation.state is State.ASSIGNED:
        decision.emit(OfferAccepted, conversation=conversation.id, rep=by, by=by, why=command.why)
    else:
        raise RepUnable(f"conversation {conversation.id} is with {by} already", rep=by, inability=Inability.HELD)


def take_in_hand(decision: Decision, conversation: Conversation, by: str, why: str = "") -> None:
    """Let a supervisor have a conversation that waits or that somebody else has, if they have room for it.

    Raises:
        NotAllowed: Nobody of this name is configured.
        RepUnable: They are offline, or have no room.
    """
    decision.person(by)
    require_room(decision, by, conversation)
    if conversation.state is State.QUEUED:
        take(decision, conversation, by, ConversationPicked, why)
        return

    if conversation.parked and conversation.rep == by:
        take(decision, conversation, by, ConversationResumed, why)
        return

    told = f"{TAKEN_OVER}: {why}" if why else TAKEN_OVER
    if conversation.state is State.ASSIGNED:
        withdraw(decision, conversation, by, told)
        take(decision, conversation, by, ConversationPicked, why)
        return

    decision.emit(
        ConversationTransferred,
        conversation=conversation.id,
        assignment=decision.next_assignment(),
        rep=by,
        cost=decision.state.configured.cost_of(conversation),
        costs=dict(decision.state.configured.costs_of(conversation)),
        expires_at=None,
        by=by,
        why=told,
    )
    decision.emit(OfferAccepted, conversation=conversation.id, rep=by, by=by, why=TAKEN_OVER)


def begin_bulk(decision: Decision, command: BeginBulk) -> None:
    """Note what is asked of many conversations: a supervisor may ask it, of so many."""
    if not decision.supervises(command.by):
        raise NotAllowed(
            f"{command.by} is no supervisor; only supervisors act on many conversations at once", bar=Bar.SUPERVISORS
        )

    if len(command.conversations) > MOST_AT_ONCE:
        raise NotAllowed(
            f"{len(command.conversations)} conversations are too many: at most {MOST_AT_ONCE} at once", bar=Bar.TOO_MANY
        )

    decision.emit(
        BulkBegun,
        conversations=command.conversations,
        action=command.action,
        rep=command.rep,
        queue=command.queue,
        override=command.override,
        why=command.why,
        by=command.by,
    )
