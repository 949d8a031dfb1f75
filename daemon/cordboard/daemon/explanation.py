"""Tells people why a conversation went where it went, from what the API says of it as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cordboard.engine.config import MINUTE, SECOND
from cordboard.engine.explanations import kept_back
from cordboard.engine.routing_words import Coming, OverflowAction, PassedOver
from cordboard.engine.vocabulary import SYSTEM

_TOWARDS: Final = {
    "conversation_offered": "to",
    "conversation_transferred": "to",
    "conversation_woken": "to",
    "offer_withdrawn": "from",
}
"""Events whose rep is not who did it."""


_COMING: Final = {
    Coming.RELAXATION: "fewer skills are asked",
    Coming.RING: "another ring of reps opens",
    Coming.ANYBODY: "it waits for {of} alone no more",
    Coming.ESCALATION: "it is escalated",
    Coming.OVERFLOW: "its queue overflows, and {of}",
    Coming.END: "it is ended, if nobody has taken it",
    Coming.QUEUE_OPENS: "queue {of} opens",
    Coming.QUEUE_CLOSES: "queue {of} closes",
    Coming.WORK_BEGINS: "the working hours {of} begin",
    Coming.WORK_ENDS: "the working hours {of} end",
}


_OVERFLOWING: Final = {
    OverflowAction.QUEUE: "it waits on",
    OverflowAction.TRANSFER: "it goes to another",
    OverflowAction.END: "it is ended",
    OverflowAction.LATER: "its customer is told when to expect an answer",
}


def foretold(what: Coming, of: str) -> str:
    """Say what changes by itself for a conversation that waits; `of` is what or who it concerns."""
    return _COMING[what].format(of=_OVERFLOWING[OverflowAction(of)] if what is Coming.OVERFLOW else of)


def tell(facts: Sequence[Mapping[str, Any]], waiting: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the lines of an explanation: a conversation's way, and why it still waits if it does.

    Args:
        facts: The `items` of its routing.
        waiting: The `waiting` of it.
    """
    for fact in facts:
        yield " ".join([fact["at"], _what(fact), *_particulars(fact)])

    if waiting is None:
        return

    ahead, summary = waiting["ahead"], waiting["summary"]
    goes = f"{ahead or 'nobody'} {'go' if ahead > 1 else 'goes'}"
    yield f"It waits since {waiting['since']}; {goes} before it. {summary[:1].upper()}{summary[1:]}."
    if waiting["expected_wait"] is not None:
        yield f"As fast as it goes now, somebody takes it in about {round(waiting['expected_wait'] / MINUTE)} min."

    width = max((len(each["rep"]) for each in waiting["reps"]), default=0)
    for each in waiting["reps"]:
        yield f"  {each['rep']:<{width}}  {each['reason']}: {each['detail']}"

    if waiting["coming"]:
        yield "What changes by itself, if nothing else happens before:"

    for each in waiting["coming"]:
        yield f"  {each['at']}  {foretold(Coming(each['what']), each['of'])}"


def tell_rep(explained: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that say why a rep gets nothing: `explained` is the answer of their routing."""
    yield f"{explained['summary']}."
    width = max((len(each["queue"]) for each in explained["queues"]), default=0)
    for each in explained["queues"]:
        reasons = kept_back({PassedOver(reason): count for reason, count in each["reasons"].items()})
        yield f"  {each['queue']:<{width}}  {each['waiting']} waiting{f': {reasons}' if reasons else ''}"


def _what(fact: Mapping[str, Any]) -> str:
    """Say what happened: who hands a conversation to another queue has not put it back."""
    return "conversation transferred" if fact.get("transferred") else str(fact["type"]).replace("_", " ")


def _particulars(fact: Mapping[str, Any]) -> Iterator[str]:
    if fact["type"] == "conversation_overflowed":
        yield _overflow(fact)
        return

    if fact["type"] == "conversation_classified":
        yield from _classification(fact)
        return

    if fact.get("queue"):
        yield f"to {fact['queue']}"

    rep, by = fact.get("rep"), fact.get("by")
    if rep and fact["type"] in _TOWARDS:
        yield f"{_TOWARDS[fact['type']]} {rep}"
    elif rep:
        yield f"by {rep}"

    if by and by not in (rep, SYSTEM):
        yield f"by {by}"

    if fact.get("overrode"):
        yield f"(overriding {', '.join(fact['overrode'])})"

    if fact.get("why"):
        yield f"({fact['why']})"

    if reason := fact.get("reason"):
        if isinstance(reason, str):  # why it was closed
            yield f"({reason})"
        elif "passed" in reason:  # how the queue was chosen
            yield from _route(reason)
        else:
            tie = ", the earliest last assignment among equals" if reason["tied"] else ""
            yield f"({reason['method']}, the best of {reason['candidates']}{tie})"


def _classification(fact: Mapping[str, Any]) -> Iterator[str]:
    """Yield which rule of each rule set applied, and what the conversation is like since then."""
    yield "by " + ", ".join(f"{each['rule_set']}: {each['matched'] or 'no rule'}" for each in fact["rule_sets"])
    given = {
        "priority": fact["priority"] or "",
        "cost": "" if fact["cost"] is None else fact["cost"],
        "costs": _listed(fact["costs"]),
        "skills": _listed(fact["skills"]),
        "language": fact["language"],
        "context": _listed(fact["context"]),
    }
    said = "; ".join(f"{name} {value}" for name, value in given.items() if value != "")
    yield f"({said or 'nothing is said of it'})"


def _listed(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())


def _route(reason: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `why` does not say of how the queue was chosen: the turn, or the routes in vain, and the queues."""
    if reason["turn"] is not None:
        yield f"(turn {reason['turn'] + 1} of 100)"
    elif reason["rule"] is None and reason["tried"]:
        yield f"(no route applies: {', '.join(reason['tried'])})"

    for each in reason["passed"]:
        yield f"(passed over {each['queue']}: {_measure(each)})"


def _overflow(fact: Mapping[str, Any]) -> str:
    goal = f" to {fact['to_queue']}" if fact["to_queue"] else ""
    stays = f", but it stays: {fact['stays']}" if fact["stays"] else ""
    return f"on {fact['queue']}: {_measure(fact)}; {fact['do']}{goal}{stays}"


def _measure(found: Mapping[str, Any]) -> str:
    """Say why a queue overflows."""
    match found["when"]:
        case "out_of_hours":
            return "closed"
        case "length":
            return f"{found['measured']} wait, {found['limit']} may"
        case condition:
            words = "has waited" if condition == "waited" else "would wait"
            return f"{words} {found['measured'] // SECOND} s, {found['limit'] // SECOND} s at most"
