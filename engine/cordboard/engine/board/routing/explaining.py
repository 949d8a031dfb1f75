"""Why a conversation still waits, and why a rep gets nothing: worked out when somebody asks."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from cordboard.engine.board.routing.affinity import awaits_until
from cordboard.engine.board.routing.coming import coming_changes
from cordboard.engine.board.routing.matching import reserved_for
from cordboard.engine.board.routing.requirement import (
    Requirement,
    required_language,
    required_skills,
    requirement_of,
    waiting_since,
)
from cordboard.engine.board.routing.search import next_search_change
from cordboard.engine.board.state import BoardState
from cordboard.engine.config import Queue
from cordboard.engine.explanations import QueueStanding, RepExplanation, RepStanding, WaitingExplanation, kept_back
from cordboard.engine.records import GAVE_BACK, Conversation
from cordboard.engine.routing_words import PassedOver, SkillMatching
from cordboard.engine.vocabulary import Presence, PresenceReason, State, Timestamp


def explain_waiting(state: BoardState, conversation: Conversation, at: Timestamp | None = None) -> WaitingExplanation:
    """Tell why a conversation waits, with everybody who serves its queue and what keeps it from them.

    `at` is the moment it is, for what comes by hours.
    """
    workstream = state.configured.workstreams[conversation.workstream]
    matching, skills = required_skills(conversation, workstream)
    queue = state.configured.queues.get(conversation.queue or "")
    waits = conversation.state is State.QUEUED and queue is not None
    reps: tuple[RepStanding, ...] = ()
    if waits and queue is not None:
        awaited = reserved_for(state, conversation)
        elsewhere = (awaited,) if awaited is not None and awaited not in queue.reps else ()
        reps = tuple(_standing(state, rep, conversation) for rep in (*elsewhere, *queue.reps))

    return WaitingExplanation(
        conversation=conversation.id,
        state=conversation.state,
        queue=conversation.queue,
        method=queue.assignment if queue else None,
        ahead=state.waiting.ahead_of(conversation.id) if waits else 0,
        since=waiting_since(conversation) if waits else None,
        skills=dict(skills),
        preferred_skills={} if matching is SkillMatching.NONE else workstream.preferred_skills,
        skill_matching=matching,
        language=required_language(conversation, workstream),
        costs=dict(state.configured.costs_of(conversation)),
        relaxed=conversation.relaxed,
        ring=conversation.ring,
        next_change_at=next_search_change(conversation, workstream, queue) if waits and queue else None,
        escalated_at=conversation.escalated_at,
        reps=reps,
        summary=_summary(conversation, queue, reps),
        coming=coming_changes(state, conversation, queue, at) if waits and queue else (),
    )


def explain_rep(state: BoardState, rep: str) -> RepExplanation:
    """Tell why a rep gets nothing of what waits on their queues."""
    known = state.reps[rep]
    free, room = state.holdings.free_of(rep), state.room_of(rep)
    queues = []
    for queue in state.configured.queues_of[rep]:
        reasons: Counter[PassedOver] = Counter()
        for requirement in state.waiting.requirements(queue):
            for place in state.waiting.places(requirement):
                conversation = state.conversations[place[-1]]
                reasons[_reason(state, rep, conversation, requirement)[0]] += 1

        queues.append(QueueStanding(queue=queue, waiting=state.waiting.count(queue), reasons=dict(reasons)))

    waiting = sum(each.waiting for each in queues)
    if known.presence is Presence.OFFLINE:
        summary = f"{rep} is offline"
    elif not known.working:
        summary = f"{rep} does not work now"
    elif known.draining is not None:
        summary = f"{rep} finishes what they have"
    elif not queues:
        summary = f"{rep} serves no queue"
    elif not waiting:
        summary = f"nothing waits on the queues of {rep}"
    elif room is not None and room.blocked:
        summary = f"{rep} has used up capacity profile {room.blocked!r}, which blocks all assignment"
    elif free <= 0 and all(set(each.reasons) <= {PassedOver.CAPACITY} for each in queues):
        summary = f"{rep} has no capacity free"
    else:
        summary = f"of {waiting} that wait, none can go to {rep}: {_counted(queues)}"

    return RepExplanation(rep=rep, presence=known.presence, free=free, queues=tuple(queues), summary=summary)


def _standing(state: BoardState, rep: str, conversation: Conversation) -> RepStanding:
    entry = state.waiting.entry(conversation.id)
    workstream = state.configured.workstream_of(conversation)
    requirement = (
        entry[0] if entry else requirement_of(conversation, workstream, state.configured.costs_of(conversation))
    )
    reason, detail = _reason(state, rep, conversation, requirement)
    return RepStanding(rep=rep, reason=reason, detail=detail)


def _reason(
    state: BoardState, rep: str, conversation: Conversation, requirement: Requirement
) -> tuple[PassedOver, str]:
    workstream = state.configured.workstream_of(conversation)
    if not requirement.pushed:
        return PassedOver.PICK, f"reps pick what runs under workstream {workstream.name!r} themselves"

    known = state.reps[rep]
    presence = known.presence
    if presence is Presence.OFFLINE:
        return PassedOver.OFFLINE, "offline"

    if not known.working:
        return PassedOver.HOURS, "outside of their working hours"

    if known.draining is not None:
        return PassedOver.DRAINING, f"finishes what they have, then {_in_words(known.draining.presence)}"

    free = state.holdings.free_of(rep)
    full = free < requirement.cost > 0 and not requirement.overload
    if presence not in requirement.presences and not (full and known.why is PresenceReason.CAPACITY):
        return PassedOver.PRESENCE, f"{_in_words(presence)}, which workstream {workstream.name!r} does not allow"

    fit = state.candidates.method(requirement.queue).fit(requirement, state.configured.reps[rep])
    if fit is PassedOver.AFFINITY:
        until = datetime.fromtimestamp((awaits_until(conversation, workstream) or 0) / 1_000, UTC)
        return fit, f"waits for {requirement.only[0]} until {until:%Y-%m-%dT%H:%M:%SZ}"

    if isinstance(fit, PassedOver):
        return fit, _misfit(state, rep, requirement, fit)

    if full:
        return PassedOver.CAPACITY, f"{max(free, 0)} of {requirement.cost} units of capacity free"

    room = state.room_of(rep)
    if room is not None and room.blocked is not None and not requirement.overload:
        return PassedOver.BLOCKED, f"has used up capacity profile {room.blocked!r}, which blocks all assignment"

    short = room.short_of(requirement.costs) if room is not None else None
    if room is not None and short is not None and not requirement.overload:
        needed = dict(requirement.costs)[short]
        return PassedOver.PROFILE, f"{max(room.free[short], 0)} of {needed} units of capacity profile {short!r} free"

    declines = conversation.passed.get(rep, 0)
    if declines >= workstream.max_declines:
        done = "gave it back" if declines >= GAVE_BACK else f"declined or missed it {declines} times"
        return PassedOver.DECLINED, done

    return PassedOver.NOTHING, "can take it"


def _in_words(presence: Presence) -> str:
    return presence.value.replace("_", " ")


def _misfit(state: BoardState, rep: str, requirement: Requirement, why: PassedOver) -> str:
    match why:
        case PassedOver.SKILLS:
            has = state.configured.reps[rep].skills
            lacking = [
                f"{name} {rating} (has {has.get(name, 'none')})"
                for name, rating in requirement.skills
                if has.get(name, 0) < rating
            ]
            return f"needs {', '.join(lacking)}"
        case PassedOver.LANGUAGE:
            spoken = ", ".join(state.configured.reps[rep].languages) or "no language that is known"
            return f"needs {requirement.language} (speaks {spoken})"
        case PassedOver.RING:
            return "in no ring that is open yet"
        case PassedOver.PREFERENCE:
            return f"its customer waits for {' or '.join(requirement.only)}"
        case _:
            return "left out by the queue's custom assignment"


def _summary(conversation: Conversation, queue: Queue | None, reps: tuple[RepStanding, ...]) -> str:
    if conversation.state is not State.QUEUED or queue is None:
        held = f" with {conversation.holder}" if conversation.holder else ""
        return f"conversation {conversation.id} does not wait: it is {conversation.state.value}{held}"

    if not reps:
        return f"nobody serves queue {queue.name!r}"

    counted = Counter(each.reason for each in reps)
    return f"nobody of queue {queue.name!r} can take it: {kept_back(dict(counted.most_common()))}"


def _counted(queues: list[QueueStanding]) -> str:
    total: Counter[PassedOver] = Counter()
    for each in queues:
        total.update(each.reasons)

    return kept_back(dict(total.most_common()))
