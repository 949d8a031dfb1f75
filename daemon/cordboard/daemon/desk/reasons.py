"""The explanations of routing in words that a representative reads at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from cordboard.daemon.desk.notes import note_of, who, why_of
from cordboard.daemon.desk.wording import in_short
from cordboard.daemon.explanation import foretold
from cordboard.engine import events
from cordboard.engine.explanations import ComingChange, OfferReason, RepExplanation, RepStanding
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import AssignmentMethod, Coming, PassedOver, SkillMatching
from cordboard.engine.vocabulary import SYSTEM, TAKEN_OVER, Presence, State, Timestamp

_METHODS: Final = {
    AssignmentMethod.HIGHEST_CAPACITY: "had the most capacity free",
    AssignmentMethod.ROUND_ROBIN: "was the next in turn",
    AssignmentMethod.LEAST_ACTIVE: "had ended a conversation the longest ago",
    AssignmentMethod.MOST_PROFICIENT: "had the highest ratings in what it needs",
    AssignmentMethod.PREFERRED_REPS: "had the most capacity free, since none of the customer's own could take it",
    AssignmentMethod.BULLSEYE: "had the most capacity free among those whose ring was open",
    AssignmentMethod.CUSTOM: "came first by the queue's own rules",
}
"""What put somebody first, by the queue's method."""

_HINDRANCES: Final = {
    PassedOver.OFFLINE: "nothing is offered to who is offline",
    PassedOver.HOURS: "nothing is offered outside of working hours",
    PassedOver.DRAINING: "nothing more is offered to who finishes what they have",
    PassedOver.PRESENCE: "not offered in this presence",
    PassedOver.CAPACITY: "too little capacity free",
    PassedOver.PROFILE: "too little left of a capacity profile",
    PassedOver.BLOCKED: "a capacity profile that blocks everything else is used up",
    PassedOver.SKILLS: "a skill is missing",
    PassedOver.LANGUAGE: "its language is not spoken",
    PassedOver.RING: "other reps are asked first",
    PassedOver.PREFERENCE: "kept for the customer's own reps",
    PassedOver.AFFINITY: "kept for the customer's last rep",
    PassedOver.FILTER: "left out by the queue's own rules",
    PassedOver.DECLINED: "declined, missed or given back",
    PassedOver.PICK: "to be taken, not offered",
    PassedOver.NOTHING: "nothing is in the way",
}
"""What keeps a conversation from a rep."""


class Step(Struct, frozen=True, kw_only=True):
    """One thing that decided where a conversation went: its event's number, when it was, and what, in words."""

    seq: int
    at: Timestamp
    words: str


def steps(happened: Iterable[events.Event], names: Mapping[str, str]) -> list[Step]:
    """Return what rules, waiting and people decided of a conversation's way, oldest first."""
    return [Step(seq=each.seq, at=each.at, words=words) for each in happened for words in _decided(each, names)]


def foretold_here(coming: Iterable[ComingChange], names: Mapping[str, str]) -> list[tuple[Timestamp, str]]:
    """Return what changes by itself for a conversation that waits, and when."""
    return [
        (each.at, foretold(each.what, names.get(each.of, each.of) if each.what is Coming.ANYBODY else each.of))
        for each in coming
    ]


def why_here(conversation: Conversation, happened: Iterable[events.Event], names: Mapping[str, str]) -> str:
    """Return why a conversation is with its rep; nothing where it is with nobody."""
    if conversation.state not in (State.ASSIGNED, State.ACTIVE):
        return ""

    grant = next((each for each in reversed(list(happened)) if isinstance(each, events.Grant)), None)
    if grant is None:
        return ""

    rep = who(grant.rep, names)
    reason = why_of(grant).removeprefix(TAKEN_OVER).removeprefix(": ")
    said = f": “{reason}”" if reason else ""
    match grant:
        case events.ConversationPicked():
            return f"{rep} took it{said}."
        case events.ConversationResumed():
            return f"{rep} resumed it."
        case events.ConversationWoken():
            return f"The customer texted again, and {rep} had it before."
        case events.ConversationOffered(reason=OfferReason() as chosen):
            return f"{_chosen(chosen, rep)}."
        case _ if grant.by == SYSTEM:
            return f"It was offered to {rep}{said}."
        case _ if grant.by == grant.rep:
            return f"{rep} has taken it over{said}."
        case _:
            return f"{who(grant.by, names)} gave it to {rep}{said}."


def standings(reps: Iterable[RepStanding], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return who does not get a conversation, and what keeps it from them: those together whom the same thing does."""
    kept: dict[str, list[str]] = {}
    for each in reps:
        kept.setdefault(each.detail, []).append(who(each.rep, names))

    return [(in_short(those), detail) for detail, those in kept.items()]


def told_in_sum(explained: RepExplanation, *, you: bool, name: str) -> str:
    """Return in a sentence why a rep gets nothing."""
    waiting = sum(each.waiting for each in explained.queues)
    subject, is_, has, serves = ("You", "are", "have", "serve") if you else (name, "is", "has", "serves")
    if explained.presence is Presence.OFFLINE:
        return f"{subject} {is_} offline: nothing is offered."

    if not explained.queues:
        return f"{subject} {serves} no queue. Administrators say who serves which."

    if not waiting:
        return f"Nobody waits on {'your' if you else 'their'} queues."

    if explained.free <= 0:
        return f"{subject} {has} no capacity free. Ending or parking a conversation frees some."

    waits = "1 customer waits" if waiting == 1 else f"{waiting} customers wait"
    return f"{waits}; what keeps them from {'you' if you else name}:"


def hindrances(reasons: Mapping[PassedOver, int]) -> list[str]:
    """Return what keeps how many conversations from a rep, the commonest first."""
    return [
        f"{count} {'conversation' if count == 1 else 'conversations'}: {_HINDRANCES[reason]}"
        for reason, count in sorted(reasons.items(), key=lambda it: -it[1])
    ]


def _chosen(reason: OfferReason, rep: str) -> str:
    if reason.preferred:
        first = f"{rep} is one of the customer's own"
    elif reason.candidates == 1:
        first = f"{rep} was the only one who could take it"
    else:
        first = f"{rep} {_METHODS[reason.method]}, of {reason.candidates} who could take it"

    parts = [first]
    if reason.tied and not reason.preferred:
        parts.append("and among equals was assigned something the longest ago")

    if reason.skills and reason.skill_matching is SkillMatching.EXACT:
        parts.append(f"and has {_skills(reason.skills)}")
    elif reason.skills:
        parts.append(f"and {_skills(reason.skills)} was asked for")

    if reason.transferred:
        parts.append("although they had transferred it")
    elif reason.declines:
        parts.append("and had declined or missed it, but nobody else was left")

    return ", ".join(parts)


def _decided(event: events.Event, names: Mapping[str, str]) -> Iterator[str]:
    match event:
        case events.ConversationClassified():
            for each in event.rule_sets:
                if each.matched is not None:
                    yield f"Rule “{each.matched}” of “{each.rule_set}” applied"
        case events.ConversationQueued(reason=None):
            yield f"On queue {event.queue}, the workstream's own"
        case events.ConversationQueued(reason=reason) if reason is not None and reason.rule is None:
            yield f"On queue {event.queue}, since no route applied"
        case events.ConversationQueued(reason=reason) if reason is not None:
            yield f"On queue {event.queue} by route “{reason.rule}”"
        case events.ConversationOverflowed() | events.ConversationReleased(transferred=True):
            yield note_of(event, names)
        case events.ConversationRequeued() | events.ConversationReleased() | events.ConversationReopened():
            why = why_of(event)
            yield f"On queue {event.queue}{f': {why}' if why else ''}"
        case events.SkillsSet():
            yield (
                f"Needs {_skills(event.skills)} by hand" if event.skills else "Needs no skills beyond its workstream's"
            )
        case events.SearchWidened():
            yield "The search widened: more reps may take it"
        case events.ConversationEscalated():
            yield f"Escalated: {event.why}"
        case _:
            pass


def _skills(skills: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {rating}" if rating else f"no {name}" for name, rating in skills.items())
