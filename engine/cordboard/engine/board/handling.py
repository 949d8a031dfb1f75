"""What reps and supervisors do with conversations, from accepting an offer to ending a wrap-up."""

from __future__ import annotations

from collections.abc import Iterator

from cordboard.engine.board.automatic import let_go
from cordboard.engine.board.conversation import move
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.inbound import home_queue
from cordboard.engine.board.routing.matching import offer, qualified, reserved_for, understands
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    ConversationCommand,
    DeclineOffer,
    EndWrapUp,
    ParkConversation,
    PickConversation,
    ReleaseConversation,
    ResumeConversation,
    TransferConversation,
)
from cordboard.engine.errors import (
    Bar,
    IllegalTransition,
    Inability,
    NotAllowed,
    NotFound,
    OfferBinding,
    RepUnable,
    Thing,
)
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
    WrapUpEnded,
)
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import PassedOver, WrapUp
from cordboard.engine.vocabulary import CloseReason, Presence, PresenceReason, State, Trigger


def accept(decision: Decision, command: AcceptOffer) -> None:
    """Take an offer: only the rep it was made to."""
    conversation = _movable(decision, command, Trigger.ACCEPT)
    _require_offered(conversation, command.by, "accept")
    decision.emit(OfferAccepted, conversation=conversation.id, rep=command.by, by=command.by)


def decline(decision: Decision, command: DeclineOffer) -> None:
    """Refuse an offer: only the rep it was made to."""
    conversation = _movable(decision, command, Trigger.DECLINE)
    _require_offered(conversation, command.by, "decline")
    workstream = decision.workstream(conversation)
    if workstream.auto_assign:
        raise OfferBinding(
            f"conversation {conversation.id} is assigned to {command.by} and cannot be declined: workstream "
            f"{workstream.name!r} has auto_assign; accept it, and then release or transfer it"
        )

    decision.emit(OfferDeclined, conversation=conversation.id, rep=command.by, by=command.by)
    let_go(decision, command.by, PresenceReason.DECLINED)


def pick(decision: Decision, command: PickConversation) -> None:
    """Take a conversation from a queue: a rep who serves it, or a supervisor, with room for it."""
    conversation = _movable(decision, command, Trigger.PICK)
    rep = decision.person(command.by).name
    if conversation.queue not in decision.state.configured.queues_of[rep] and not decision.supervises(rep):
        raise NotAllowed(
            f"{rep} does not serve queue {conversation.queue!r}, so cannot pick from it", bar=Bar.OTHER_QUEUE
        )

    awaited = reserved_for(decision.state, conversation)
    if awaited not in (None, rep) and not decision.supervises(rep):
        raise RepUnable(
            f"conversation {conversation.id} waits for {awaited}, who had it last; the others may when it has waited "
            "for as long as its workstream's affinity says, and a supervisor now",
            rep=awaited or "",
            inability=Inability.AFFINITY,
        )

    require_room(decision, rep, conversation)
    require_skills(decision, rep, conversation, rep)
    require_language(decision, rep, conversation, rep)
    take(decision, conversation, rep, ConversationPicked)


def park(decision: Decision, command: ParkConversation) -> None:
    """Leave a conversation without ending it: only its holder."""
    conversation = _movable(decision, command, Trigger.PARK)
    if conversation.holder != command.by:
        raise NotAllowed(
            f"conversation {conversation.id} is not with {command.by}, who cannot park it", bar=Bar.NOT_THEIRS
        )

    decision.emit(ConversationParked, conversation=conversation.id, rep=command.by, by=command.by)


def resume(decision: Decision, command: ResumeConversation) -> None:
    """Open a parked conversation again: only the rep who left it, with room for it."""
    conversation = _movable(decision, command, Trigger.RESUME)
    if conversation.rep != command.by:
        raise NotAllowed(
            f"conversation {conversation.id} was not parked by {command.by}, who cannot resume it", bar=Bar.NOT_THEIRS
        )

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
    wraps_up = ends_own and not conversation.parked and wrap_up not in (0, WrapUp.NONE)
    decision.emit(
        ConversationClosed,
        conversation=conversation.id,
        reason=CloseReason.REP if ends_own else CloseReason.SUPERVISOR,
        wraps_up=wraps_up,
        wrap_up_until=decision.at + wrap_up if wraps_up and isinstance(wrap_up, int) else None,
        by=command.by,
        why=command.why,
    )


def end_wrap_up(decision: Decision, command: EndWrapUp) -> None:
    """Be done with a closed conversation: the rep who wraps it up, or a supervisor."""
    conversation = _movable(decision, command, Trigger.END_WRAP_UP)
    assignment = conversation.assignment
    if assignment is None:
        raise IllegalTransition(
            conversation=conversation.id,
            state=conversation.state,
            trigger=Trigger.END_WRAP_UP,
            why="nobody is wrapping it up",
        )

    if assignment.rep != command.by and not decision.supervises(command.by):
        raise NotAllowed(
            f"conversation {conversation.id} is wrapped up by {assignment.rep}; only a supervisor may end it for them",
            bar=Bar.SUPERVISORS,
        )

    decision.emit(WrapUpEnded, conversation=conversation.id, rep=assignment.rep, by=command.by)


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
        cost=decision.state.configured.cost_of(conversation),
        costs=dict(decision.state.configured.costs_of(conversation)),
        by=rep,
        why=why,
    )


def require_room(decision: Decision, rep: str, conversation: Conversation) -> None:
    """Raise `RepUnable` if a rep is offline or too full to take a conversation by their own hand."""
    state = decision.state
    if state.reps[rep].presence is Presence.OFFLINE:
        raise RepUnable(
            f"{rep} is offline; set a presence before taking conversations", rep=rep, inability=Inability.OFFLINE
        )

    cost = state.configured.cost_of(conversation)
    free = state.holdings.free_of(rep)
    if free < cost > 0:
        raise RepUnable(
            f"{rep} has {max(free, 0)} units of capacity free, and conversation {conversation.id} "
            f"takes {cost}; end or park another one first",
            rep=rep,
            inability=Inability.CAPACITY,
        )

    room, costs = state.room_of(rep), state.configured.costs_of(conversation)
    short = room.short_of(costs) if room is not None else None
    if room is not None and short is not None:
        until = "wait until the day ends" if short in state.holdings.profiles.daily else "end or park another one first"
        raise RepUnable(
            f"{rep} has {max(room.free[short], 0)} units of capacity profile {short!r} free, and conversation "
            f"{conversation.id} takes {dict(costs)[short]}; {until}",
            rep=rep,
            inability=Inability.PROFILE,
        )


def withdraw(decision: Decision, conversation: Conversation, by: str, why: str = "") -> None:
    """Take an offer back, in somebody's name."""
    decision.emit(OfferWithdrawn, conversation=conversation.id, rep=conversation.holder, by=by, why=why)


def require_skills(decision: Decision, rep: str, conversation: Conversation, by: str) -> None:
    """Raise `RepUnable` if a conversation needs a skill that a rep lacks; a supervisor may let them have it anyway."""
    if not qualified(decision.state, rep, conversation) and not decision.supervises(by):
        raise RepUnable(
            f"{rep} lacks a skill that conversation {conversation.id} needs; choose somebody who has it, ask a "
            "supervisor, or change what it needs",
            rep=rep,
            inability=Inability.SKILLS,
        )


def require_language(decision: Decision, rep: str, conversation: Conversation, by: str) -> None:
    """Raise `RepUnable` if a rep does not speak what a conversation needs; a supervisor may let them have it anyway."""
    if not understands(decision.state, rep, conversation) and not decision.supervises(by):
        raise RepUnable(
            f"{rep} does not speak {conversation.language!r}, the language of conversation {conversation.id}; choose "
            "somebody who does, or ask a supervisor",
            rep=rep,
            inability=Inability.LANGUAGE,
        )


def _transfer_to_rep(decision: Decision, conversation: Conversation, rep: str, command: TransferConversation) -> None:
    state, by, why = decision.state, command.by, command.why
    if command.override and not decision.supervises(by):
        raise NotAllowed(
            f"only a supervisor may override what keeps conversation {conversation.id} from {rep}", bar=Bar.SUPERVISORS
        )

    if rep not in state.reps:
        raise NotFound(f"there is no rep {rep!r} on board {state.board!r}", what=Thing.REP)

    if conversation.holder == rep:
        raise RepUnable(f"conversation {conversation.id} is with {rep} already", rep=rep, inability=Inability.HELD)

    if not state.reps[rep].takes_offers:
        finishes = state.reps[rep].working
        busy_with = "finishes what they have" if finishes else "does not work now"
        raise RepUnable(
            f"{rep} {busy_with}, and is offered nothing; choose somebody else, or a queue",
            rep=rep,
            inability=Inability.DRAINING if finishes else Inability.HOURS,
        )

    presence = state.reps[rep].presence
    overrode: tuple[PassedOver, ...] = ()
    if command.override:
        if presence is Presence.OFFLINE:
            raise RepUnable(
                f"{rep} is offline and could not accept it, which nobody can override; choose another rep",
                rep=rep,
                inability=Inability.OFFLINE,
            )

        overrode = tuple(_objections(decision, rep, conversation))
    else:
        if presence not in decision.workstream(conversation).allowed_presences:
            if state.reps[rep].why is PresenceReason.CAPACITY:
                require_room(decision, rep, conversation)  # that they are full is why they are so, and says more

            raise RepUnable(
                f"{rep} is {presence.value}, which workstream {conversation.workstream!r} does not allow",
                rep=rep,
                inability=Inability.OFFLINE if presence is Presence.OFFLINE else Inability.PRESENCE,
            )

        require_room(decision, rep, conversation)
        require_skills(decision, rep, conversation, by)
        require_language(decision, rep, conversation, by)

    if conversation.state is State.ACTIVE:
        offer(decision, conversation.id, rep, kind=ConversationTransferred, by=by, why=why, overrode=overrode)
        return

    if conversation.state is State.ASSIGNED:
        withdraw(decision, conversation, by, why)

    offer(decision, conversation.id, rep, by=by, why=why, overrode=overrode)


def _objections(decision: Decision, rep: str, conversation: Conversation) -> Iterator[PassedOver]:
    """Yield everything that would keep a conversation from a rep if nobody overrode it."""
    state, workstream = decision.state, decision.workstream(conversation)
    if state.reps[rep].presence not in workstream.allowed_presences:
        yield PassedOver.PRESENCE

    if state.holdings.free_of(rep) < state.configured.cost_of(conversation) > 0:
        yield PassedOver.CAPACITY

    room = state.room_of(rep)
    if room is not None and room.short_of(state.configured.costs_of(conversation)) is not None:
        yield PassedOver.PROFILE

    if not qualified(state, rep, conversation):
        yield PassedOver.SKILLS

    if not understands(state, rep, conversation):
        yield PassedOver.LANGUAGE


def _transfer_to_queue(decision: Decision, conversation: Conversation, queue: str, by: str, why: str) -> None:
    if queue not in decision.state.configured.queues:
        raise NotFound(f"there is no queue {queue!r} on board {decision.state.board!r}", what=Thing.QUEUE)

    if conversation.state is State.ACTIVE:
        decision.emit(ConversationReleased, conversation=conversation.id, queue=queue, by=by, why=why, transferred=True)
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
        raise NotAllowed(
            f"conversation {conversation.id} is not offered to {rep}, who cannot {what} it", bar=Bar.NOT_OFFERED
        )


def _require_own(decision: Decision, conversation: Conversation, by: str, what: str) -> None:
    owns = conversation.state is State.ACTIVE and conversation.rep == by
    if not owns and not decision.supervises(by):
        raise NotAllowed(
            f"conversation {conversation.id} is not with {by}; only a supervisor may {what} it", bar=Bar.NOT_THEIRS
        )
