"""Why a conversation is where it is, and why a rep gets nothing, in words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.daemon.desk.notes import note_of
from cordboard.daemon.desk.reasons import hindrances, standings, steps, told_in_sum, why_here
from cordboard.daemon.desk.wording import in_short
from cordboard.engine import events
from cordboard.engine.explanations import OfferReason, QueueStanding, RepExplanation, RepStanding
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import AssignmentMethod, PassedOver, SkillMatching
from cordboard.engine.rules import RouteReason, RulesTried
from cordboard.engine.testing.specimens import active
from cordboard.engine.vocabulary import SYSTEM, Presence, State

NAMES = {"ana": "Ana", "sue": "Sue"}
REASON = OfferReason(
    method=AssignmentMethod.ROUND_ROBIN,
    skills={},
    skill_matching=SkillMatching.NONE,
    ring=0,
    free=2,
    order=(0,),
    last_assignment=1,
    candidates=3,
    tied=False,
    preferred=False,
    declines=0,
)


def offered(**changes: object) -> events.ConversationOffered:
    facts: dict[str, object] = {"by": SYSTEM, "reason": REASON, **changes}
    return events.ConversationOffered(seq=1, at=0, conversation=1, assignment=1, rep="ana", cost=1, **facts)  # type: ignore[arg-type]


def reason(**changes: object) -> OfferReason:
    return OfferReason(**{**{each: getattr(REASON, each) for each in REASON.__struct_fields__}, **changes})


def held(**changes: object) -> Conversation:
    return active(1, "ana", **changes)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (reason(), "Ana was the next in turn, of 3 who could take it."),
        (reason(candidates=1), "Ana was the only one who could take it."),
        (
            reason(tied=True, method=AssignmentMethod.HIGHEST_CAPACITY),
            (
                "Ana had the most capacity free, of 3 who could take it, "
                "and among equals was assigned something the longest ago."
            ),
        ),
        (
            reason(skills={"billing": 3, "dutch": 1}, skill_matching=SkillMatching.EXACT),
            "Ana was the next in turn, of 3 who could take it, and has billing 3, dutch 1.",
        ),
        (
            reason(skills={"billing": 3}, skill_matching=SkillMatching.CLOSEST),
            "Ana was the next in turn, of 3 who could take it, and billing 3 was asked for.",
        ),
        (reason(preferred=True), "Ana is one of the customer's own."),
        (
            reason(candidates=1, declines=1),
            "Ana was the only one who could take it, and had declined or missed it, but nobody else was left.",
        ),
        (
            reason(candidates=1, transferred=True),
            "Ana was the only one who could take it, although they had transferred it.",
        ),
    ],
)
def test_an_offer_says_how_its_rep_was_chosen(chosen: OfferReason, words: str) -> None:
    assert why_here(held(), [offered(reason=chosen)], NAMES) == words


def test_what_people_did_is_told_with_their_reason() -> None:
    taken = events.ConversationPicked(seq=2, at=0, conversation=1, assignment=2, rep="ana", cost=1, by="ana")
    given = offered(reason=None, by="sue", why="a friend")
    seized = events.ConversationTransferred(
        seq=3, at=0, conversation=1, assignment=3, rep="sue", cost=1, by="sue", why="taken over: a complaint"
    )
    woken = events.ConversationWoken(seq=4, at=0, conversation=1, assignment=4, rep="ana", cost=1, by=SYSTEM)
    resumed = events.ConversationResumed(seq=5, at=0, conversation=1, assignment=5, rep="ana", cost=1, by="ana")

    told = [why_here(held(), [offered(), each], NAMES) for each in (taken, given, seized, woken, resumed)]
    assert told == [
        "Ana took it.",
        "Sue gave it to Ana: “a friend”.",
        "Sue has taken it over: “a complaint”.",
        "The customer texted again, and Ana had it before.",
        "Ana resumed it.",
    ]
    assert why_here(held(state=State.QUEUED), [offered()], NAMES) == ""
    assert why_here(held(), [], NAMES) == ""


def test_a_transfer_to_a_queue_is_told_as_one_and_a_release_is_not() -> None:
    back = events.ConversationReleased(seq=1, at=0, conversation=1, by="ana", queue="second", why="an invoice")

    assert note_of(back, NAMES) == "Put back on queue second by Ana: an invoice"
    assert note_of(replace(back, transferred=True), NAMES) == "Transferred to queue second by Ana: an invoice"


def test_what_decided_a_conversations_way_is_told_step_by_step() -> None:
    def queued(reason: RouteReason | None) -> events.ConversationQueued:
        return events.ConversationQueued(seq=2, at=0, conversation=1, by=SYSTEM, queue="general", reason=reason)

    classified = events.ConversationClassified(
        seq=1,
        at=0,
        conversation=1,
        rule_sets=(
            RulesTried(rule_set="topics", tried=("a", "refund"), matched="refund"),
            RulesTried(rule_set="tongues", tried=("a",)),
        ),
        priority=0,
        cost=None,
        skills={},
        language="",
        context={},
    )
    happened: list[events.Event] = [
        classified,
        queued(None),
        queued(RouteReason(tried=("a",))),
        queued(RouteReason(tried=("a", "big"), rule="big")),
        events.SearchWidened(seq=3, at=0, conversation=1, relaxed=1, ring=0),
        events.SkillsSet(seq=4, at=0, conversation=1, skills={"billing": 0, "dutch": 2}, by="sue"),
        events.ConversationEscalated(seq=5, at=0, conversation=1, why="everybody declined"),
        events.ConversationRequeued(seq=6, at=0, conversation=1, by="sue", queue="second", why="for Ben"),
        events.ConversationReleased(
            seq=7, at=0, conversation=1, by="ana", queue="second", why="an invoice", transferred=True
        ),
        offered(),
    ]
    assert [each.words for each in steps(happened, NAMES)] == [
        "Rule “refund” of “topics” applied",
        "On queue general, the workstream's own",
        "On queue general, since no route applied",
        "On queue general by route “big”",
        "The search widened: more reps may take it",
        "Needs no billing, dutch 2 by hand",
        "Escalated: everybody declined",
        "On queue second: for Ben",
        "Transferred to queue second by Ana: an invoice",
    ]


def test_those_whom_the_same_thing_keeps_from_it_are_told_together() -> None:
    kept = [RepStanding(rep=f"r{each}", reason=PassedOver.OFFLINE, detail="offline") for each in range(8)]
    kept.append(RepStanding(rep="ana", reason=PassedOver.CAPACITY, detail="0 of 1 units of capacity free"))

    assert standings(kept, NAMES) == [
        ("r0, r1, r2, r3, r4, r5 and 2 more", "offline"),
        ("Ana", "0 of 1 units of capacity free"),
    ]


def test_a_list_is_told_in_short() -> None:
    assert in_short(["a", "b"]) == "a, b"
    assert in_short([]) == ""


@pytest.mark.parametrize("you", [True, False])
def test_why_a_rep_gets_nothing_is_told_in_a_sentence(you: bool) -> None:
    waiting = (QueueStanding(queue="general", waiting=2, reasons={PassedOver.SKILLS: 2}),)

    def told(*, presence: Presence = Presence.AVAILABLE, free: int = 1, queues: tuple[QueueStanding, ...]) -> str:
        explained = RepExplanation(rep="ana", presence=presence, free=free, queues=queues, summary="")
        return told_in_sum(explained, you=you, name="Ana")

    assert told(presence=Presence.OFFLINE, queues=waiting).startswith("You are offline" if you else "Ana is offline")
    assert told(queues=()).startswith("You serve no queue" if you else "Ana serves no queue")
    assert told(free=0, queues=waiting).startswith("You have no capacity" if you else "Ana has no capacity")
    assert told(queues=waiting) == f"2 customers wait; what keeps them from {'you' if you else 'Ana'}:"


def test_there_are_words_for_everything_that_can_be_in_the_way_and_for_every_method() -> None:
    assert len(set(hindrances(dict.fromkeys(PassedOver, 1)))) == len(PassedOver)
    for method in AssignmentMethod:
        assert why_here(held(), [offered(reason=reason(method=method))], NAMES).startswith("Ana ")


def test_the_commonest_hindrance_comes_first() -> None:
    assert hindrances({PassedOver.SKILLS: 1, PassedOver.PICK: 3}) == [
        "3 conversations: to be taken, not offered",
        "1 conversation: a skill is missing",
    ]
