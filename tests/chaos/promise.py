"""What Cordboard promises, whatever its carriers do and whenever it dies; and how a run has broken it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final, TypeVar

from tests.chaos.facts import STOP, Answered, Carried, Facts, Kept, Pair, Written

UNDER_WAY: Final = 16.0
"""Seconds that a text may be under way that was handed over just before its customer's STOP came: a request has 15."""

_TAKEN: Final = frozenset({"sent", "delivered", "undelivered"})
"""Statuses that say that the carrier took a text."""

_Record = TypeVar("_Record", Written, Answered, Kept, Carried)


def broken_promises(facts: Facts) -> list[str]:
    """Return everything that a run has broken, in words; nothing, where all was kept."""
    rules: tuple[Callable[[Facts], Iterator[str]], ...] = (
        _texts_are_kept_once,
        _texts_are_in_order,
        _replies_are_kept_once,
        _everything_has_come_to_an_end,
        _what_is_said_to_be_sent_was_sent_once,
        _nothing_else_was_sent,
        _replies_went_in_order,
        _nobody_who_stopped_was_texted,
    )
    return [*facts.oddities, *(each for rule in rules for each in rule(facts))]


def _texts_are_kept_once(facts: Facts) -> Iterator[str]:
    """Every text that a webhook acknowledged, or that the carrier can be asked for, is there once, as it was."""
    times = Counter(each.provider_id for each in _inbound(facts))
    bodies = {each.provider_id: (each.pair, each.body) for each in _inbound(facts)}
    written = {each.provider_id: each for each in facts.written}
    for name, count in times.items():
        if count > 1:
            yield f"the text {name} is kept {count} times"

        if name not in written:
            yield f"the text {name} is kept, and nobody wrote it"

    for name, each in written.items():
        if name in bodies and bodies[name] != (each.pair, each.body):
            yield f"the text {name} is kept otherwise than it was written"
        elif name not in bodies and each.acknowledged:
            yield f"the text {name} was acknowledged, and is lost"
        elif name not in bodies and each.pair[0] in facts.listed:
            yield f"the text {name} is with the carrier, and was never asked for"


def _texts_are_in_order(facts: Facts) -> Iterator[str]:
    """A customer's texts are in their order; those of which we were never told come after the fact, in their own."""
    kept = _by_pair(_inbound(facts))
    for pair, written in _by_pair(facts.written).items():
        told = [each.provider_id for each in written if each.acknowledged]
        never_told = [each.provider_id for each in written if not each.called]
        for wanted in (told, never_told):
            found = [each.provider_id for each in kept[pair] if each.provider_id in wanted]
            if found != [each for each in wanted if each in found]:
                yield f"the texts of {pair} are not in their order: {wanted} came as {found}"


def _replies_are_kept_once(facts: Facts) -> Iterator[str]:
    """Every reply that was taken is there once, as it was, and no other."""
    kept = {each.id: each for each in _outbound(facts) if each.author != "system"}
    taken = Counter(each.message for each in facts.answered)
    for each in facts.answered:
        if taken[each.message] > 1:
            yield f"message {each.message} is the answer to {taken[each.message]} replies"

        if each.message not in kept:
            yield f"message {each.message} was taken, and is lost"
        elif (kept[each.message].pair, kept[each.message].body) != (each.pair, each.body):
            yield f"message {each.message} is kept otherwise than it was written"

    yield from (f"message {each} was written by no rep, or twice" for each in kept if each not in taken)


def _everything_has_come_to_an_end(facts: Facts) -> Iterator[str]:
    for each in _outbound(facts):
        if each.status == "queued" or (each.status == "sending" and not each.uncertain):
            yield f"message {each.id} is still {each.status}"


def _what_is_said_to_be_sent_was_sent_once(facts: Facts) -> Iterator[str]:
    """Who is said to have been sent something was, by the text that is named; and no text stands for two."""
    carried = {each.provider_id: each for each in facts.carried}
    named = Counter(each.provider_id for each in _outbound(facts))
    for each in _outbound(facts):
        if each.provider_id is None:
            if each.status in _TAKEN:
                yield f"message {each.id} is {each.status}, and nobody knows which text it is"

            continue

        if named[each.provider_id] > 1:
            yield f"message {each.id} is said to be {each.provider_id}, and so is another"

        text = carried.get(each.provider_id)
        if text is None:
            yield f"message {each.id} is {each.status}, and the carrier never had it"
        elif (text.pair, text.body) != (each.pair, each.body):
            yield f"message {each.id} is not what the carrier has as {each.provider_id}"


def _nothing_else_was_sent(facts: Facts) -> Iterator[str]:
    """What the carrier has and no message names is a text that is uncertain, once; anything more went out twice."""
    named = {each.provider_id for each in _outbound(facts)}
    unnamed = Counter((each.pair, each.body) for each in facts.carried if each.provider_id not in named)
    uncertain = Counter(
        (each.pair, each.body) for each in _outbound(facts) if each.uncertain and each.provider_id is None
    )
    for (pair, body), count in (unnamed - uncertain).items():
        known = [each for each in _outbound(facts) if (each.pair, each.body) == (pair, body)]
        said = ", ".join(f"{each.id} {each.status}" for each in known) or "nobody wrote that"
        yield f"{pair} got {count} texts {body!r} too many ({said})"

    stopped = {each.pair for each in facts.written if each.body == STOP}  # whether or not a webhook brought it
    for each in _outbound(facts):
        if each.author == "system" and not (each.body == facts.confirmation and each.pair in stopped):
            yield f"message {each.id} was written by no person, and answers no keyword"


def _replies_went_in_order(facts: Facts) -> Iterator[str]:
    ids = {each.provider_id: each.id for each in _outbound(facts) if each.provider_id is not None}
    for pair, carried in _by_pair(facts.carried).items():
        sent = [ids[each.provider_id] for each in carried if each.provider_id in ids]
        for before, after in pairwise(sent):
            if before > after:
                yield f"{pair} got message {after} after {before}"


def _nobody_who_stopped_was_texted(facts: Facts) -> Iterator[str]:
    confirmed: Counter[Pair] = Counter()
    for text in facts.carried:
        stopped = facts.stopped.get(text.pair)
        if text.body == facts.confirmation:
            confirmed[text.pair] += 1
        elif stopped is not None and text.at > stopped + UNDER_WAY:
            yield f"{text.pair} got {text.provider_id}, {text.at - stopped:.1f} seconds after STOP"

    kept = {each.id: each for each in _outbound(facts)}
    for message in facts.begun_after_stop:
        if message not in kept or kept[message].author != "system":
            yield f"message {message} was handed over though its customer had opted out"

    for reply in facts.answered:
        if reply.asked_at > facts.stopped.get(reply.pair, float("inf")):
            yield f"message {reply.message} was taken after {reply.pair} had stopped"

    yield from (f"{pair} was told {count} times that it stopped" for pair, count in confirmed.items() if count > 1)


def _inbound(facts: Facts) -> list[Kept]:
    return [each for each in facts.kept if each.direction == "inbound"]


def _outbound(facts: Facts) -> list[Kept]:
    return [each for each in facts.kept if each.direction == "outbound"]


def _by_pair(records: Iterable[_Record]) -> defaultdict[Pair, list[_Record]]:
    grouped: defaultdict[Pair, list[_Record]] = defaultdict(list)
    for each in records:
        grouped[each.pair].append(each)

    return grouped
