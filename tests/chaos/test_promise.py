"""A run in which a promise is broken is found out, whichever promise it is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.chaos.facts import Answered, Carried, Facts, Kept, Written
from tests.chaos.promise import UNDER_WAY, broken_promises

PAIR = ("+18005550100", "+14155550123")

STOPPED_AT = 1_000.0


def kept_facts() -> Facts:
    """A run in which every promise was kept: two texts and STOP, two answers, one of them in doubt."""
    written = [
        Written(pair=PAIR, provider_id=name, body=body, acknowledged=name != "in-2")
        for name, body in (("in-1", "Hello"), ("in-2", "Anybody?"), ("in-3", "Well"), ("in-4", "STOP"))
    ]
    order = (0, 2, 3, 1)  # the second one came by asking
    replies = [
        Kept(pair=PAIR, id=11, direction="outbound", author="ana", body="Hi", status="delivered", provider_id="out-1"),
        Kept(pair=PAIR, id=12, direction="outbound", author="ana", body="Hi", status="sending", uncertain=True),
        Kept(pair=PAIR, id=13, direction="outbound", author="ana", body="So", status="sent", provider_id="out-3"),
        Kept(pair=PAIR, id=14, direction="outbound", author="system", body="Bye", status="sent", provider_id="out-4"),
    ]
    inbound = [
        Kept(
            pair=PAIR,
            id=number,
            direction="inbound",
            author="customer",
            body=written[at].body,
            status="received",
            provider_id=written[at].provider_id,
        )
        for number, at in enumerate(order, start=1)
    ]
    carried = (("out-1", "Hi", 900.0), ("out-2", "Hi", 901.0), ("out-3", "So", 902.0), ("out-4", "Bye", 1_001.0))
    return Facts(
        written=written,
        answered=[Answered(pair=PAIR, message=each.id, body=each.body, asked_at=899.0) for each in replies[:3]],
        kept=[*inbound, *replies],
        carried=[Carried(pair=PAIR, provider_id=name, body=body, at=at) for name, body, at in carried],
        stopped={PAIR: STOPPED_AT},
        begun_after_stop=[14],
        confirmation="Bye",
        listed=frozenset({PAIR[0]}),
    )


def change(records: list[Any], at: int, /, **changes: Any) -> None:
    records[at] = replace(records[at], **changes)


def again(records: list[Any], at: int, /, **changes: Any) -> None:
    records.append(replace(records[at], **changes))


def test_nothing_is_found_where_every_promise_was_kept() -> None:
    assert broken_promises(kept_facts()) == []


def test_a_text_in_doubt_may_have_been_sent_or_not() -> None:
    facts = kept_facts()
    del facts.carried[1]

    assert broken_promises(facts) == []


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda facts: facts.kept.pop(0), "in-1 was acknowledged, and is lost"),
        (lambda facts: facts.kept.pop(3), "in-2 is with the carrier, and was never asked for"),
        (lambda facts: again(facts.kept, 0, id=20), "in-1 is kept 2 times"),
        (lambda facts: again(facts.kept, 0, id=20, provider_id="in-9"), "in-9 is kept, and nobody wrote it"),
        (lambda facts: change(facts.kept, 0, body="Hell"), "in-1 is kept otherwise"),
        (lambda facts: facts.kept.insert(0, facts.kept.pop(1)), "not in their order"),
        (lambda facts: facts.kept.pop(4), "message 11 was taken, and is lost"),
        (lambda facts: again(facts.kept, 5, id=20, status="failed", uncertain=False), "message 20 was written by no"),
        (lambda facts: change(facts.answered, 1, message=11), "message 11 is the answer to 2 replies"),
        (lambda facts: change(facts.kept, 6, body="No"), "message 13 is kept otherwise"),
        (lambda facts: change(facts.kept, 5, uncertain=False), "message 12 is still sending"),
        (lambda facts: change(facts.kept, 5, uncertain=False, status="queued"), "message 12 is still queued"),
        (lambda facts: facts.carried.pop(0), "message 11 is delivered, and the carrier never had it"),
        (lambda facts: change(facts.kept, 4, provider_id=None), "message 11 is delivered, and nobody knows which"),
        (lambda facts: change(facts.kept, 6, provider_id="out-1"), "message 13 is said to be out-1, and so is another"),
        (lambda facts: again(facts.carried, 1, provider_id="out-9"), "got 1 texts 'Hi' too many"),
        (lambda facts: change(facts.kept, 5, uncertain=False, status="failed"), "got 1 texts 'Hi' too many"),
        (lambda facts: again(facts.carried, 0, provider_id="out-9", body="Buy"), "nobody wrote that"),
        (lambda facts: change(facts.kept, 7, body="Buy"), "message 14 was written by no person"),
        (lambda facts: facts.carried.insert(0, facts.carried.pop(2)), "got message 11 after 13"),
        (lambda facts: change(facts.carried, 2, at=STOPPED_AT + UNDER_WAY + 1), "seconds after STOP"),
        (lambda facts: change(facts.answered, 2, asked_at=STOPPED_AT + 1), "message 13 was taken after"),
        (lambda facts: facts.begun_after_stop.append(13), "message 13 was handed over though"),
        (lambda facts: again(facts.carried, 3, provider_id="out-9"), "was told 2 times that it stopped"),
        (lambda facts: facts.oddities.append("it burns"), "it burns"),
    ],
)
def test_a_broken_promise_is_found(spoil: Any, complaint: str) -> None:
    facts = kept_facts()
    spoil(facts)

    assert any(complaint in each for each in broken_promises(facts)), broken_promises(facts)
