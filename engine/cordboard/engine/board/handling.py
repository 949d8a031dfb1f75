"""What reps and supervisors do with conversations: accept, decline, pick, park, resume, release, transfer, close."""

from __future__ import annotations

from cordboard.engine.board.conversation import move
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.inbound import home_queue
from cordboard.engine.board.routing.matching import offer, qualified
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    ConversationCommand,
    DeclineOffer,
    ParkConversation,
    PickConversation,
    ReleaseConversation,
    ResumeConversation,
    TransferConversation,
)
from cordboard.engine.errors import IllegalTransition, NotAllowed, NotFound, RepUnable
from cordboard.engine.events import (
    ConversationClosed,
    ConversationParked,
    ConversationPicked,
    ConversationReleased,
    ConversationRequeued,
    ConversationResumed,
    ConversationTransferred,
    OfferAccepted,
    OfferDeclined,
    OfferWithdrawn,
)
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import CloseReason, Presence, State, Trigger


def accept(decision: Decision, command: AcceptOffer) -> None:
    """Take an offer: only the rep it was made to."""
    conversation = _movable(decision, command, Trigger.ACCEPT)
    _require_offered(conversation, command.by, "accept")
    decision.emit(OfferAccepted, conversation=conversation.id, rep=command.by, by=command.by)


def decline(decision: Decision, command: DeclineOffer) -> None:
    """Refuse an offer: only the rep it was made to."""
    conversation = _movable(decision, command, Trigger.DECLINE)
    _require_offered(conversation, command.by, "decline")
    decision.emit(OfferDeclined, conversation=conversation.id, rep=command.by, by=command.by)


def pick(decision: Decision, command: PickConversation) -> None:
    """Take a conversation from a queue: a rep who serves it, or a supervisor, with room for it."""
    conversation = _movable(decision, command, Trigger.PICK)
    rep = decision.person(command.by).name
    if conversation.queue not in decision.state.queues_of[rep] and not decision.supervises(rep):
        raise NotAllowed(f"{rep} does not serve queue {conversation.queue!r}, so cannot pick from it")

    require_room(decision, rep, conversation)
    require_skills(decision, rep, conversation, rep)
    take(decision, conversation, rep, ConversationPicked)


def park(decision: Decision, command: ParkConversation) -> None:
    """Leave a conversation without ending it: only its holder."""
    conversation = _movable(decision, command, Trigger.PARK)
    if conversation.holder != command.by:
        raise NotAllowed(f"conversation {conversation.id} is not with {command.by}, who cannot park it")

    decision.emit(ConversationParked, conversation=conversation.id, rep=command.by, by=command.by)


def resume(decision: Decision, command: ResumeConversation) -> None:
    """Open a parked conversation again: only the rep who left it, with room for it."""
    conversation = _movable(decision, command, Trigger.RESUME)
    if conversation.rep != command.by:
        raise NotAllowed(f"conversation {conversation.id} was not parked by {command.by}, who cannot resume it")

    require_room(decision, command.by, conversation)
    take(decision, conversation, command.by, ConversationResumed)


def release(decision: Decision, command: ReleaseConversation) -> None:
    """Put an active conversation back on its queue: its rep, or a supervisor."""
    conversation = _movable(decision, command, Trigger.RELEASE)
    _require_own(decision, conversation, command.by, "release")
    queue = home_queue(decision, conversation)
    decision.emit(ConversationReleased, conversation=conversation.id, queue=queue, by=command.by, why=command.why)


def transfer(decision: Decision, command: TransferConversation) -> None:
    """Hand a conversation on. Its rep may do so while it is active, a supervisor while it is open."""
    conversation = decision.asked(command)
    if conversation.state in (State.NEW, State.CLOSED):
        raise IllegalTransition(conversation=conversation.id, state=conversation.state, trigger=Trigger.TRANSFER)

    _require_own(decision, conversation, command.by, "transfer")
    if command.rep is not None:
        _transfer_to_rep(decision, conversation, command.rep, command)
    else:
        _transfer_to_queue(decision, conversation, command.queue or "", command.by, command.why)


def close(decision: Decision, command: CloseConversation) -> None:
    """End a conversation: its rep while it is active, a supervisor at any time."""
    conversation = _movable(decision, command, Trigger.CLOSE)
    _require_own(decision, conversation, command.by, "close")
    ends_own = conversation.state is State.ACTIVE and conversation.rep == command.by
    wrap_up = decision.workstream(conversation).wrap_up
    decision.emit(
        ConversationClosed,
        conversation=conversation.id,
        reason=CloseReason.REP if ends_own else CloseReason.SUPERVISOR,
        wrap_up_until=decision.at + wrap_up if wrap_up and ends_own and not conversation.parked else None,
        by=command.by,
        why=command.why,
    )


def take(
    decision: Decision,
    conversation: Conversation,
    rep: str,
    kind: type[ConversationPicked | ConversationResumed],
    why: str = "",
) -> None:
    """Give a conversation to a rep who asked for it: active at once, with no offer."""
    decision.emit(
        kind,
        conversation=conversation.id,
        assignment=decision.next_assignment(),
        rep=rep,
        cost=conversation.cost_under(decision.workstream(conversation)),
        by=rep,
        why=why,
    )


def require_room(decision: Decision, rep: str, conversation: Conversation) -> None:
    """Raise `RepUnable` if a rep is offline or too full to take a conversation by their own hand."""
    state = decision.state
    if state.reps[rep].presence is Presence.OFFLINE:
        raise RepUnable(f"{rep} is offline; set a presence before taking conversations")

    cost = conversation.cost_under(decision.workstream(conversation))
    if state.free_of(rep) < cost:
        raise RepUnable(
            f"{rep} has {max(state.free_of(rep), 0)} units of capacity free, and conversation {conversation.id} "
            f"takes {cost}; end or park another one first"
        )


def withdraw(decision: Decision, conversation: Conversation, by: str, why: str = "") -> None:
    """Take an offer back, in somebody's name."""
    decision.emit(OfferWithdrawn, conversation=conversation.id, rep=conversation.holder, by=by, why=why)


def require_skills(decision: Decision, rep: str, conversation: Conversation, by: str) -> None:
    """Raise `RepUnable` if a conversation needs a skill that a rep lacks; a supervisor may let them have it anyway."""
    if not qualified(decision.state, rep, conversation) and not decision.supervises(by):
        raise RepUnable(
            f"{rep} lacks a skill that conversation {conversation.id} needs; choose somebody who has it, ask a "
            "supervisor, or change what it needs"
        )


def _transfer_to_rep(decision: Decision, conversation: Conversation, rep: str, command: TransferConversation) -> None:
    state, by, why = decision.state, command.by, command.why
    if rep not in state.reps:
        raise NotFound(f"there is no rep {rep!r} on board {state.board!r}")

    if conversation.holder == rep:
        raise RepUnable(f"conversation {conversation.id} is with {rep} already")

    presence = state.reps[rep].presence
    if presence not in decision.workstream(conversation).allowed_presences:
        raise RepUnable(f"{rep} is {presence.value}, which workstream {conversation.workstream!r} does not allow")

    require_room(decision, rep, conversation)
    require_skills(decision, rep, conversation, by)
    if conversation.state is State.ACTIVE:
        offer(decision, conversation.id, rep, kind=ConversationTransferred, by=by, why=why)
        return

    if conversation.state is State.ASSIGNED:
        withdraw(decision, conversation, by, why)

    offer(decision, conversation.id, rep, by=by, why=why)


def _transfer_to_queue(decision: Decision, conversation: Conversation, queue: str, by: str, why: str) -> None:
    if queue not in decision.state.queues:
        raise NotFound(f"there is no queue {queue!r} on board {decision.state.board!r}")

    if conversation.state is State.ACTIVE:
        decision.emit(ConversationReleased, conversation=conversation.id, queue=queue, by=by, why=why)
        return

    if conversation.state is State.ASSIGNED:
        withdraw(decision, conversation, by, why)

    decision.emit(ConversationRequeued, conversation=conversation.id, queue=queue, by=by, why=why)


def _movable(decision: Decision, command: ConversationCommand, trigger: Trigger) -> Conversation:
    """Return the conversation of a command if it has this move; raise `IllegalTransition` if it has not."""
    found = decision.asked(command)
    move(found.id, found.state, trigger, parked=found.parked)
    return found


def _require_offered(conversation: Conversation, rep: str, what: str) -> None:
    if conversation.holder != rep:
        raise NotAllowed(f"conversation {conversation.id} is not offered to {rep}, who cannot {what} it")


def _require_own(decision: Decision, conversation: Conversation, by: str, what: str) -> None:
    owns = conversation.state is State.ACTIVE and conversation.rep == by
    if not owns and not decision.supervises(by):
        raise NotAllowed(f"conversation {conversation.id} is not with {by}; only a supervisor may {what} it")
