"""The match: every conversation that can be assigned is assigned before the command that made it possible ends.

Only what changed is looked at: conversations that came onto a queue, and reps who may be able to take more than before.
Everything else was matched when it changed.
"""

from __future__ import annotations

from typing import NamedTuple

from cordboard.engine.board.automatic import align
from cordboard.engine.board.decision import Decision
from cordboard.engine.board.routing.affinity import last_rep, requirement_of_return
from cordboard.engine.board.routing.candidates import Pool, Standing
from cordboard.engine.board.routing.methods import qualifies
from cordboard.engine.board.routing.overflow import overflow_arrived
from cordboard.engine.board.routing.requirement import Requirement, required_language, required_skills
from cordboard.engine.board.routing.search import widens_yet
from cordboard.engine.board.routing.waiting import Place
from cordboard.engine.board.routing.widening import escalate, widen
from cordboard.engine.board.state import BoardState
from cordboard.engine.events import ConversationOffered, ConversationTransferred, ConversationWoken, OfferAccepted
from cordboard.engine.explanations import OfferReason
from cordboard.engine.language_tags import speaks
from cordboard.engine.records import GAVE_BACK, TRANSFERRED, Conversation
from cordboard.engine.routing_words import LanguageMatching, PassedOver, SkillMatching
from cordboard.engine.vocabulary import SYSTEM, PresenceReason, State


class Choice(NamedTuple):
    """Who should get a conversation.

    Attributes:
        standing: How they stand among the candidates.
        pool: The candidates.
        preferred: They are one of the customer's own.
        declines: How often they have declined or missed it.
        transferred: They transferred it to this queue.
    """

    standing: Standing
    pool: Pool
    preferred: bool = False
    declines: int = 0
    transferred: bool = False

    @property
    def rep(self) -> str:
        """Who."""
        return self.standing[2]


def settle(decision: Decision) -> None:
    """Assign whatever the events so far have made assignable.

    First, what has just come onto a queue that overflows goes on. Then come reps: what waits longest is theirs before
    what has just come.
    """
    state = decision.state
    while state.arrived or state.stirred_reps or state.stirred_conversations or state.loaded:
        if state.arrived:
            overflow_arrived(decision, state.arrived.take())
        elif state.stirred_reps:
            rep = next(iter(state.stirred_reps))
            del state.stirred_reps[rep]
            _drain(decision, rep)
        elif state.stirred_conversations:
            conversation = next(iter(state.stirred_conversations))
            del state.stirred_conversations[conversation]
            _place(decision, conversation)
        else:
            align(decision)

    state.candidates.catch_up()
    state.newly_able.clear()


def rep_to_return_to(state: BoardState, conversation: Conversation) -> str | None:
    """Return the rep to whom a conversation goes back and who can take it now; None where there is nobody."""
    workstream = state.configured.workstream_of(conversation)
    rep = last_rep(conversation, workstream, state.reps)
    if rep is None:
        return None

    required = requirement_of_return(conversation, workstream, state.configured.costs_of(conversation), rep)
    pool = Pool(required, state.candidates.method(required.queue))
    return rep if pool.admit(state.configured.reps[rep]) and pool.takes(state.availability(rep)) else None


def reachable(state: BoardState, conversation: Conversation, rep: str) -> bool:
    """Whether a rep's presence is one in which they get a conversation, be it since they had it last.

    Who is busy by what they hold has not left: it may be this very conversation that fills them.
    """
    workstream = state.configured.workstream_of(conversation)
    known = state.reps[rep]
    presence = known.presence
    if presence in workstream.allowed_presences or known.why is PresenceReason.CAPACITY:
        return True

    back = last_rep(conversation, workstream, state.reps) == rep
    return (
        back
        and presence
        in requirement_of_return(conversation, workstream, state.configured.costs_of(conversation), rep).presences
    )


def reserved_for(state: BoardState, conversation: Conversation) -> str | None:
    """Return the last rep for whom alone a conversation waits on its queue; None where anybody may have it."""
    entry = state.waiting.entry(conversation.id)
    return entry[0].only[0] if entry is not None and entry[0].back else None


def qualified(state: BoardState, rep: str, conversation: Conversation) -> bool:
    """Whether a rep has the skills without which nobody is to have a conversation."""
    matching, skills = required_skills(conversation, state.configured.workstreams[conversation.workstream])
    return matching is not SkillMatching.EXACT or qualifies(state.configured.reps[rep], skills)


def understands(state: BoardState, rep: str, conversation: Conversation) -> bool:
    """Whether a rep speaks the language without which nobody is to have a conversation."""
    workstream = state.configured.workstreams[conversation.workstream]
    language = required_language(conversation, workstream)
    optional = workstream.language_matching is not LanguageMatching.REQUIRED
    return optional or not language or speaks(state.configured.reps[rep].languages, language)


def offer(
    decision: Decision,
    conversation: int,
    rep: str,
    *,
    kind: type[ConversationOffered | ConversationWoken | ConversationTransferred] = ConversationOffered,
    by: str = SYSTEM,
    why: str = "",
    reason: OfferReason | None = None,
    newly_able: bool = False,
    overrode: tuple[PassedOver, ...] = (),
) -> None:
    """Offer a conversation to a rep, and accept it for them where its workstream says so."""
    offered = decision.conversation(conversation)
    workstream = decision.workstream(offered)
    chosen: dict[str, object] = {"reason": reason, "newly_able": newly_able} if reason is not None else {}
    decision.emit(
        kind,
        conversation=conversation,
        assignment=decision.next_assignment(),
        rep=rep,
        cost=decision.state.configured.cost_of(offered),
        costs=dict(decision.state.configured.costs_of(offered)),
        expires_at=decision.at + workstream.offer_timeout,
        by=by,
        why=why,
        overrode=overrode,
        **chosen,
    )
    if workstream.auto_accept and not (reason is not None and reason.transferred):  # who gave it away is asked
        decision.emit(OfferAccepted, conversation=conversation, rep=rep, by=SYSTEM, why="auto-accept")


def choose(state: BoardState, conversation: Conversation) -> Choice | None:
    """Return who should get a queued conversation, or None when nobody can.

    The best by the queue's method among those who have not declined or missed it; only when there is nobody else, who
    transferred it to this queue, then the one among the others who did it least often, and never one who did it
    `max_declines` times.
    """
    entry = state.waiting.entry(conversation.id)
    if entry is None or not entry[0].pushed:
        return None

    requirement = entry[0]
    pool = state.candidates.pool(requirement)
    passed = conversation.passed
    own = state.configured.own_reps(conversation)
    for rep in own:
        if rep in pool.standings and rep not in passed:
            return Choice(pool.standings[rep], pool, preferred=True)

    for standing in pool:  # looks at no more reps than have declined or missed it, and one
        if standing[2] not in passed:
            return Choice(standing, pool, preferred=standing[2] in own)

    again = min(
        (
            (declines, pool.standings[rep])
            for rep, declines in passed.items()
            if declines < requirement.max_declines and rep in pool.standings
        ),
        default=None,
    )
    if again is None:
        return None

    declines, standing = again
    return Choice(standing, pool, standing[2] in own, declines, transferred=declines == TRANSFERRED)


def _place(decision: Decision, conversation: int) -> None:
    state = decision.state
    waiting = state.conversations.get(conversation)
    if waiting is None or waiting.state is not State.QUEUED:
        return

    if widen(decision, waiting):
        waiting = state.conversations[conversation]

    choice = choose(state, waiting)
    if choice is not None and state.stirred_conversations:
        state.stirred_reps[choice.rep] = None  # something else that has just come may stand before it, and be theirs
        state.stirred_conversations[conversation] = None
    elif choice is not None:
        _offer_chosen(decision, waiting, choice)
    elif waiting.escalated_at is None and _is_refused(state, waiting):
        escalate(decision, waiting, why="everybody who could take it has declined or missed it")


def _drain(decision: Decision, rep: str) -> None:
    """Offer what waits to a rep, the first first, for as long as they can take more.

    Somebody else may be the right one for it, and able to take what stands before it: then that goes to them first.
    """
    state = decision.state
    if rep in state.reps and not state.reps[rep].takes_offers:
        for reserved in state.waiting.reserved_for(rep):
            state.stirred_conversations[reserved] = None  # they are waited for no longer

    for declined in sorted(state.declined):
        entry = state.waiting.entry(declined)
        if entry is not None and not _is_there(state, rep, entry[0]):
            state.stirred_conversations[declined] = None  # they may have been the last who could be asked

    while (first := _first_for(state, rep)) is not None:
        whose, (conversation, choice) = rep, _chosen(state, first)
        while choice.rep != whose:
            whose = choice.rep
            conversation, choice = _chosen(state, _first_for(state, whose))

        _offer_chosen(decision, conversation, choice)


def _chosen(state: BoardState, waiting: int | None) -> tuple[Conversation, Choice]:
    assert waiting is not None, "who is chosen for something can take something"  # noqa: S101 - states an invariant
    conversation = state.conversations[waiting]
    choice = choose(state, conversation)
    assert choice is not None, "what a rep can take, somebody can"  # noqa: S101 - states an invariant
    return conversation, choice


def _offer_chosen(decision: Decision, conversation: Conversation, choice: Choice) -> None:
    order, last_assignment, rep = choice.standing
    requirement = choice.pool.requirement
    state = decision.state
    reason = OfferReason(
        method=state.configured.queues[requirement.queue].assignment,
        skills=dict(requirement.skills),
        skill_matching=requirement.matching,
        ring=requirement.ring,
        free=state.holdings.free_of(rep),
        order=order,
        last_assignment=last_assignment,
        candidates=len(choice.pool),
        tied=choice.pool.is_tied(choice.standing),
        preferred=choice.preferred,
        declines=choice.declines,
        transferred=choice.transferred,
        profiles=_free_of_each(state, rep, requirement) if requirement.costs else {},
        language=requirement.language,
    )
    offer(decision, conversation.id, rep, reason=reason, newly_able=rep in state.newly_able)


def _free_of_each(state: BoardState, rep: str, requirement: Requirement) -> dict[str, int]:
    room = state.room_of(rep)
    return {name: room.free[name] for name, _ in requirement.costs} if room is not None else {}


def _first_for(state: BoardState, rep: str) -> int | None:
    """Return the first of what waits that a rep can take: the first of each list that they are a candidate for."""
    first: Place | None = None
    for requirement in state.candidates.requirements_for(rep):
        for place in state.waiting.places(requirement):
            if state.conversations[place[-1]].passed.get(rep, 0) < requirement.max_declines:
                if first is None or place < first:
                    first = place

                break

    return first[-1] if first else None


def _is_refused(state: BoardState, conversation: Conversation) -> bool:
    """Whether nobody who is there is left to be asked, and somebody has declined or missed a conversation for good.

    Who has no capacity free is left, and so is who comes into question later: they will be asked. This goes over a
    queue's reps, where somebody is through.
    """
    passed = conversation.passed
    entry = state.waiting.entry(conversation.id)
    if entry is None or not entry[0].pushed:
        return False

    requirement = entry[0]
    most = requirement.max_declines
    if not any(most <= declines < GAVE_BACK for declines in passed.values()):
        return False

    queue = state.configured.queues[requirement.queue]
    if widens_yet(conversation, state.configured.workstream_of(conversation), queue):
        return False

    members = state.candidates.pool(requirement).members
    return not any(passed.get(rep, 0) < most and _is_there(state, rep, requirement) for rep in members)


def _is_there(state: BoardState, rep: str, requirement: Requirement) -> bool:
    """Whether a rep is in a presence in which they get what is required, or would be but for what they hold."""
    known = state.reps.get(rep)
    if known is None or not known.takes_offers:
        return False

    return known.presence in requirement.presences or known.why is PresenceReason.CAPACITY
