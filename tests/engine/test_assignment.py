"""How queues choose: methods, skills, order, escalation; and how they explain it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.engine import Board, BoardConfig, Queue, Rep
from cordboard.engine.commands import Configure, DeclineOffer, SetPresence, SetSkills, TransferConversation
from cordboard.engine.config import (
    MINUTE,
    SECOND,
    CustomAssignment,
    Preference,
    Relaxation,
    RepCondition,
    Ring,
    Skill,
    Workstream,
)
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import InvalidSkills, NotAllowed, NotFound, RepUnable
from cordboard.engine.events import ConversationEscalated, ConversationOffered, SearchWidened
from cordboard.engine.routing_words import (
    AssignmentMethod,
    PassedOver,
    PreferenceFallback,
    QueueOrder,
    RepOperator,
    SkillMatching,
    WrapUp,
)
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, Playground
from cordboard.engine.vocabulary import Presence, Role, State

SUE = CONFIG.reps[2]
SKILLS = (Skill(name="billing"), Skill(name="french"))


def board_of(
    *reps: Rep, queue: dict[str, Any] | None = None, workstream: dict[str, Any] | None = None, **board: Any
) -> Playground:
    """A board with these reps, all available and serving the one queue; sue supervises."""
    names = tuple(each.name for each in reps)
    world = Playground(
        replace(
            CONFIG,
            workstreams=(replace(CONFIG.workstreams[0], **(workstream or {})),),
            queues=(replace(Queue(name="general", reps=names), **(queue or {})),),
            reps=(*reps, SUE),
            skills=SKILLS,
            **board,
        )
    )
    for name in names:
        world.presence(name)

    return world


def texts(world: Playground, count: int) -> list[str | None]:
    """Have as many customers text, and return who is offered each."""
    first = world.board.counters.conversation + 1
    for each in range(count):
        world.text(customer=f"+1415555{first + each:04d}")

    return [world.offered(each) for each in range(first, first + count)]


def test_round_robin_goes_round_whatever_capacity_is_free() -> None:
    reps = (Rep(name="ana", capacity=9), Rep(name="ben", capacity=3), Rep(name="cleo", capacity=6))
    world = board_of(*reps, queue={"assignment": AssignmentMethod.ROUND_ROBIN})

    assert texts(world, 6) == ["ana", "ben", "cleo", "ana", "ben", "cleo"]


def test_the_least_active_rep_is_whose_last_conversation_ended_the_longest_ago() -> None:
    reps = (Rep(name="ana", capacity=3), Rep(name="ben", capacity=3))
    world = board_of(*reps, queue={"assignment": AssignmentMethod.LEAST_ACTIVE})
    assert texts(world, 2) == ["ana", "ben"]
    for conversation, rep in ((2, "ben"), (1, "ana")):
        world.accept(conversation, by=rep)
        world.later(SECOND)
        world.close(conversation, by=rep)

    assert texts(world, 2) == ["ben", "ben"], "ana has been free for a shorter time, whatever she holds"


def test_the_most_proficient_rep_has_the_highest_ratings_together() -> None:
    reps = (Rep(name="ana", skills={"billing": 9}), Rep(name="ben", skills={"billing": 6, "french": 6}))
    needs = {"skills": {"billing": 5, "french": 1}, "skill_matching": SkillMatching.CLOSEST}
    world = board_of(*reps, queue={"assignment": AssignmentMethod.MOST_PROFICIENT}, workstream=needs)

    assert texts(world, 3) == ["ben", "ana", None]


def test_a_customer_s_own_reps_come_first_and_others_only_when_they_cannot() -> None:
    world = board_of(
        Rep(name="ana", capacity=5),
        Rep(name="ben"),
        Rep(name="cleo"),
        queue={"assignment": AssignmentMethod.PREFERRED_REPS},
        preferences=(Preference(customer=CUSTOMER, reps=("cleo", "ben")),),
    )
    assert texts(world, 1) == ["ana"], "this customer has no reps of their own"
    offers = [each for each in world.text() if isinstance(each, ConversationOffered)]

    assert [each.rep for each in offers] == ["cleo"]
    assert offers[0].reason is not None
    assert offers[0].reason.preferred
    world.do(DeclineOffer(conversation=2, by="cleo"))
    assert world.offered(2) == "ben"
    world.do(DeclineOffer(conversation=2, by="ben"))
    assert world.offered(2) == "ana"


def test_a_customer_can_wait_for_their_own_reps_while_others_are_free() -> None:
    world = board_of(
        Rep(name="ana"),
        Rep(name="ben"),
        queue={"assignment": AssignmentMethod.PREFERRED_REPS, "fallback": PreferenceFallback.WAIT},
        preferences=(Preference(customer=CUSTOMER, reps=("ben",)),),
    )
    world.presence("ben", Presence.AWAY)
    world.text()
    assert world.offered() is None
    assert world.board.explain_waiting(1).reps[0].reason is PassedOver.PREFERENCE

    world.presence("ben")
    assert world.offered() == "ben"


def test_rings_widen_while_the_customer_waits() -> None:
    rings = (Ring(reps=("ana",)), Ring(after=30 * SECOND, reps=("ben",)), Ring(after=60 * SECOND))
    world = board_of(
        Rep(name="ana"),
        Rep(name="ben"),
        Rep(name="cleo"),
        queue={"assignment": AssignmentMethod.BULLSEYE, "rings": rings},
    )
    assert texts(world, 3) == ["ana", None, None]
    assert world.board.explain_waiting(2).next_change_at == world.at + 30 * SECOND

    world.later(29_999)
    assert world.offered(2) is None
    events = world.later(1)
    assert [each.conversation for each in events if isinstance(each, SearchWidened)] == [2, 3]
    assert [world.offered(2), world.offered(3)] == ["ben", None]
    world.later(30 * SECOND)
    assert world.offered(3) == "cleo"


def test_an_inner_ring_keeps_its_precedence_when_outer_ones_are_open() -> None:
    rings = (Ring(reps=("ana",)), Ring(after=SECOND, reps=("ben",)))
    world = board_of(
        Rep(name="ana", capacity=2),
        Rep(name="ben", capacity=9),
        queue={"assignment": AssignmentMethod.BULLSEYE, "rings": rings},
    )
    world.presence("ana", Presence.AWAY)
    texts(world, 1)
    world.later(2 * SECOND)
    assert world.offered(1) == "ben", "ana was away when the second ring was opened"
    world.presence("ana")
    world.do(DeclineOffer(conversation=1, by="ben"))

    assert world.offered(1) == "ana"


def test_custom_rules_filter_and_order_and_never_forget_presence_capacity_and_skills() -> None:
    world = board_of(
        Rep(name="ana", attributes={"team": "west", "level": 1}),
        Rep(name="ben", attributes={"team": "east", "level": 1}),
        Rep(name="cleo", attributes={"team": "east", "level": 3}),
        queue={
            "assignment": AssignmentMethod.CUSTOM,
            "custom": CustomAssignment(
                where=(RepCondition(field="attributes.team", value="east"),), order=("-attributes.level",)
            ),
        },
    )

    assert texts(world, 3) == ["cleo", "ben", None]
    reasons = [each.reason for each in world.board.explain_waiting(3).reps]
    assert reasons == [PassedOver.FILTER, PassedOver.CAPACITY, PassedOver.CAPACITY]


def test_exact_skills_wait_for_who_has_them() -> None:
    reps = (Rep(name="ana", skills={"billing": 2}), Rep(name="ben"), Rep(name="cleo", skills={"billing": 3}))
    world = board_of(*reps, workstream={"skills": {"billing": 3}})

    assert texts(world, 2) == ["cleo", None]
    waiting = world.board.explain_waiting(2)
    assert [(each.rep, each.reason) for each in waiting.reps] == [
        ("ana", PassedOver.SKILLS),
        ("ben", PassedOver.SKILLS),
        ("cleo", PassedOver.CAPACITY),
    ]
    assert waiting.reps[0].detail == "needs billing 3 (has 2)"


def test_closest_match_orders_as_dynamics_does_and_is_fair_among_equals() -> None:
    reps = (
        Rep(name="jamie", skills={"a": 1, "b": 2, "c": 1}),
        Rep(name="eric", skills={"a": 5, "b": 4, "c": 1}),
        Rep(name="carlos", skills={"a": 2, "b": 3, "c": 3}),
        Rep(name="carla", skills={"a": 2, "b": 3, "c": 3}),
    )
    needs = {"skills": {"a": 2, "b": 3, "c": 3}, "skill_matching": SkillMatching.CLOSEST}
    two_each = tuple(replace(each, capacity=2) for each in reps)
    world = Playground(
        replace(
            CONFIG,
            workstreams=(replace(CONFIG.workstreams[0], **needs),),
            queues=(Queue(name="general", reps=tuple(each.name for each in reps)),),
            reps=two_each,
            skills=tuple(Skill(name=each) for each in "abc"),
        )
    )
    for rep in reps:
        world.presence(rep.name)

    assert texts(world, 8) == ["carla", "carlos", "carla", "carlos", "eric", "eric", "jamie", "jamie"]


def test_preferred_skills_decide_among_those_who_qualify() -> None:
    reps = (Rep(name="ana", capacity=5, skills={"billing": 5}), Rep(name="ben", skills={"billing": 3, "french": 2}))
    world = board_of(*reps, workstream={"skills": {"billing": 3}, "preferred_skills": {"french": 2}})

    assert texts(world, 2) == ["ben", "ana"]


def test_skills_are_relaxed_while_the_customer_waits() -> None:
    steps = (Relaxation(after=30 * SECOND, lower_by=2), Relaxation(after=MINUTE, skill_matching=SkillMatching.CLOSEST))
    reps = (Rep(name="ana"), Rep(name="ben", skills={"billing": 3}))
    world = board_of(*reps, workstream={"skills": {"billing": 5}, "skill_relaxation": steps})
    assert texts(world, 2) == [None, None]

    world.later(30 * SECOND)
    assert [world.offered(1), world.offered(2)] == ["ben", None]
    assert world.board.explain_waiting(2).skills == {"billing": 3}
    world.later(30 * SECOND)
    assert world.offered(2) == "ana"


def test_what_came_first_goes_first_though_nobody_looked_when_the_search_for_both_was_widened() -> None:
    steps = (Relaxation(after=30 * SECOND, lower_by=2), Relaxation(after=MINUTE, skill_matching=SkillMatching.CLOSEST))
    relaxing = {"skills": {"billing": 5}, "skill_relaxation": steps}
    world = board_of(Rep(name="ana", capacity=1), workstream=relaxing)
    texts(world, 1)
    world.later(20 * SECOND)
    texts(world, 1)
    world.later(10 * SECOND)

    world.later(50 * SECOND)

    assert [world.offered(1), world.offered(2)] == ["ana", None]


def test_whoever_holds_a_conversation_says_what_it_needs_and_it_is_matched_anew_at_once() -> None:
    world = board_of(Rep(name="ana"), Rep(name="ben", skills={"french": 2}))
    world.presence("ben", Presence.AWAY)
    assert texts(world, 2) == ["ana", None]
    with pytest.raises(NotAllowed, match="only a supervisor"):
        world.do(SetSkills(conversation=2, by="ana", skills={"french": 1}))

    world.do(SetSkills(conversation=1, by="ana", skills={"french": 1}))
    assert world.conversation(1).skills == {"french": 1}
    world.do(SetSkills(conversation=2, by="sue", skills={"french": 3}))
    world.presence("ben")
    assert world.offered(2) is None
    world.do(SetSkills(conversation=2, by="sue", skills={}))
    assert world.offered(2) == "ben"


def test_a_skill_by_hand_can_take_back_what_the_workstream_asks() -> None:
    world = board_of(Rep(name="ana"), workstream={"skills": {"billing": 1}})
    texts(world, 1)
    world.do(SetSkills(conversation=1, by="sue", skills={"billing": 0}))

    assert world.offered(1) == "ana"


@pytest.mark.parametrize("skills", [{"latin": 1}, {"latin": 0}, {"billing": 11}])
def test_skills_that_there_are_not_are_refused(skills: dict[str, int]) -> None:
    world = board_of(Rep(name="ana"))
    texts(world, 1)

    with pytest.raises(InvalidSkills, match="skills"):
        world.do(SetSkills(conversation=1, by="sue", skills=skills))


def test_only_a_supervisor_gives_a_conversation_to_somebody_who_lacks_its_skills() -> None:
    reps = (Rep(name="ana", skills={"billing": 3}), Rep(name="ben"))
    world = board_of(*reps, workstream={"skills": {"billing": 3}})
    texts(world, 1)
    world.accept()
    with pytest.raises(RepUnable, match="lacks a skill"):
        world.do(TransferConversation(conversation=1, by="ana", rep="ben"))

    world.do(TransferConversation(conversation=1, by="sue", rep="ben"))
    assert world.offered() == "ben"


def two_queues(**general: Any) -> Playground:
    """One rep for two queues, away for now; each number has a queue of its own."""
    second = replace(CONFIG.numbers[0], address="+18005550101", workstream="sales")
    world = Playground(
        replace(
            CONFIG,
            numbers=(*CONFIG.numbers, second),
            workstreams=(CONFIG.workstreams[0], Workstream(name="sales", queue="another")),
            queues=(replace(Queue(name="general", reps=("ana",)), **general), Queue(name="another", reps=("ana",))),
            reps=(Rep(name="ana", roles=(Role.REP, Role.SUPERVISOR)),),
        )
    )
    world.text(customer="+14155550101")
    world.at += SECOND
    world.text(customer="+14155550102", recipient=second.address)
    return world


@pytest.mark.parametrize(("priority", "first"), [(0, 1), (-1, 1), (1, 2)])
def test_the_queue_with_the_smaller_priority_goes_first_and_among_equals_the_oldest_text(
    priority: int, first: int
) -> None:
    world = two_queues(priority=priority)
    world.presence("ana")

    assert world.offered(first) == "ana"


def test_the_earliest_deadline_goes_first_where_it_is_configured() -> None:
    world = two_queues(order=QueueOrder.DEADLINE, service_level=MINUTE)
    world.presence("ana")

    assert world.offered(2) == "ana", "it is due at once; the other has a minute"


def test_what_everybody_has_declined_is_escalated_and_goes_before_everything_else() -> None:
    world = board_of(Rep(name="ana"), workstream={"max_declines": 2})
    texts(world, 1)
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.offered(1) == "ana", "nobody else can take it"
    events = world.do(DeclineOffer(conversation=1, by="ana"))

    assert [each.why for each in events if isinstance(each, ConversationEscalated)] == [
        "everybody who could take it has declined or missed it"
    ]
    assert world.conversation(1).escalated_at == world.at
    assert world.board.explain_waiting(1).reps[0].reason is PassedOver.DECLINED
    world.text(customer="+14155550777")
    assert world.offered(2) == "ana"
    assert [each.id for each in world.board.waiting("general", limit=9)] == [1]


def test_what_somebody_has_declined_for_good_waits_for_who_is_full_and_is_not_escalated() -> None:
    world = board_of(Rep(name="ana", capacity=1), Rep(name="ben", capacity=1), workstream={"max_declines": 1})
    texts(world, 2)
    assert (world.offered(1), world.offered(2)) == ("ana", "ben")
    world.accept(2, by="ben")
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.conversation(1).escalated_at is None, "Ben is busy, and may take it"

    world.close(2, by="ben")
    assert world.offered(1) == "ben"
    world.do(DeclineOffer(conversation=1, by="ben"))
    assert world.conversation(1).escalated_at == world.at


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE])
def test_what_somebody_has_declined_for_good_is_escalated_when_the_last_who_could_be_asked_leaves(
    presence: Presence,
) -> None:
    world = board_of(Rep(name="ana", capacity=1), Rep(name="ben", capacity=1), workstream={"max_declines": 1})
    texts(world, 2)
    world.accept(2, by="ben")
    world.do(DeclineOffer(conversation=1, by="ana"))
    restored = Board.restore(world.board.snapshot())
    assert world.conversation(1).escalated_at is None, "Ben is busy, and may take it"

    world.presence("ben", presence)

    assert world.conversation(1).escalated_at == world.at
    restored.apply(SetPresence(rep="ben", presence=presence, by="ben"), world.at)
    assert restored.snapshot() == world.board.snapshot()


def test_what_somebody_has_declined_for_good_is_escalated_when_the_last_who_could_be_asked_is_removed() -> None:
    world = board_of(Rep(name="ana", capacity=1), Rep(name="ben", capacity=1), workstream={"max_declines": 1})
    texts(world, 2)
    world.accept(2, by="ben")
    world.do(DeclineOffer(conversation=1, by="ana"))
    only = replace(world.config.queues[0], reps=("ana",))

    world.do(Configure(config=replace(world.config, queues=(only, *world.config.queues[1:]))))

    assert world.conversation(1).escalated_at == world.at


def test_what_is_escalated_together_is_in_an_order_that_a_restored_board_has_too() -> None:
    reps = (Rep(name="ana", capacity=2), Rep(name="ben", capacity=1))
    world = board_of(*reps, workstream={"max_declines": 1, "wrap_up": WrapUp.NONE})
    world.presence("ben", Presence.AWAY)
    texts(world, 2)
    world.accept(1)
    world.close(1)  # the board lets it go, and has it back behind the other
    world.text(customer=world.conversation(1).customer)
    world.presence("ben")
    world.text(customer="+14155550999")
    world.accept(3, by="ben")
    for each in (1, 2):
        world.do(DeclineOffer(conversation=each, by="ana"))

    restored = Board.restore(world.board.snapshot())
    only = replace(world.config.queues[0], reps=("ana",))
    command = Configure(config=replace(world.config, queues=(only, *world.config.queues[1:])))
    events = world.do(command)

    assert {each.conversation for each in events if isinstance(each, ConversationEscalated)} == {1, 2}
    assert restored.apply(command, world.at) == events


def test_what_the_first_ring_has_declined_is_escalated_only_when_the_last_has_too() -> None:
    rings = {"assignment": AssignmentMethod.BULLSEYE, "rings": (Ring(reps=("ana",)), Ring(after=MINUTE, reps=("ben",)))}
    world = board_of(Rep(name="ana"), Rep(name="ben"), queue=rings, workstream={"max_declines": 1})
    texts(world, 1)
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.conversation(1).escalated_at is None

    world.later(MINUTE)
    assert world.offered(1) == "ben"
    world.do(DeclineOffer(conversation=1, by="ben"))
    assert world.conversation(1).escalated_at == world.at


def test_a_step_that_brings_nobody_else_lets_what_was_declined_be_escalated() -> None:
    relaxing = {"max_declines": 1, "skill_relaxation": (Relaxation(after=MINUTE, lower_by=1),)}
    world = board_of(Rep(name="ana"), workstream=relaxing)
    texts(world, 1)
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.conversation(1).escalated_at is None

    world.later(MINUTE)
    assert world.conversation(1).escalated_at == world.at


def test_what_is_declined_by_everybody_who_is_there_is_escalated_whoever_else_may_come() -> None:
    world = board_of(Rep(name="ana"), Rep(name="ben"), workstream={"max_declines": 1})
    world.presence("ben", Presence.AWAY)
    texts(world, 1)
    world.do(DeclineOffer(conversation=1, by="ana"))

    assert world.conversation(1).escalated_at == world.at


def test_who_has_waited_too_long_is_escalated_once() -> None:
    world = board_of(Rep(name="ana"), queue={"escalate_after": MINUTE}, workstream={"auto_accept": True})
    assert texts(world, 2) == ["ana", None]
    world.later(MINUTE - 1)
    assert world.conversation(2).escalated_at is None
    escalated = [each for wait in (1, MINUTE, MINUTE) for each in world.later(wait)]

    assert [each.conversation for each in escalated if isinstance(each, ConversationEscalated)] == [2]


def test_ageing_lets_nobody_starve() -> None:
    world = board_of(Rep(name="ana"), queue={"ageing": MINUTE})
    texts(world, 1)
    world.text(customer="+14155550901")
    humble = world.board.counters.conversation
    state = world.board._state
    for minute in range(1, 4):
        world.at += MINUTE
        world.text(customer=f"+1415555091{minute}")
        urgent = state.conversations[world.board.counters.conversation]
        state.put_conversation(replace(urgent, priority=2))

    order = [each.id for each in world.board.waiting("general", limit=9)]
    assert order == [humble + 1, humble, humble + 2, humble + 3]


@pytest.mark.parametrize("matching", SkillMatching)
@pytest.mark.parametrize("method", AssignmentMethod)
@settings(max_examples=15)
@given(ends_at_once=st.booleans(), count=st.integers(1, 20))
def test_among_equal_reps_nobody_gets_two_more_than_another(
    method: AssignmentMethod, matching: SkillMatching, ends_at_once: bool, count: int
) -> None:
    reps = tuple(Rep(name=each, capacity=5, skills={"billing": 4}) for each in ("ana", "ben", "cleo", "dan"))
    queue = {
        "assignment": method,
        "rings": (Ring(),) if method is AssignmentMethod.BULLSEYE else (),
        "custom": CustomAssignment() if method is AssignmentMethod.CUSTOM else None,
    }
    needs = {"skills": {"billing": 3}, "preferred_skills": {"french": 1}, "skill_matching": matching}
    world = board_of(*reps, queue=queue, workstream=needs)
    got: Counter[str] = Counter({each.name: 0 for each in reps})
    for _ in range(count):
        [rep] = texts(world, 1)
        assert rep is not None
        got[rep] += 1
        conversation = world.board.counters.conversation
        world.accept(conversation, by=rep)
        if ends_at_once:
            world.later(1)
            world.close(conversation, by=rep)

    assert max(got.values()) - min(got.values()) <= 1


def test_an_offer_says_how_its_rep_was_chosen() -> None:
    world = board_of(Rep(name="ana", capacity=3), Rep(name="ben", capacity=3), Rep(name="cleo", capacity=1))
    [offer] = [each for each in world.text() if isinstance(each, ConversationOffered)]
    assert offer.reason is not None

    assert (offer.rep, offer.reason.method) == ("ana", AssignmentMethod.HIGHEST_CAPACITY)
    assert (offer.reason.free, offer.reason.candidates, offer.reason.tied) == (3, 3, True)


def test_a_rep_who_gets_nothing_can_be_told_why() -> None:
    world = board_of(Rep(name="ana"), Rep(name="ben"), workstream={"skills": {"billing": 1}})
    assert world.board.explain_rep("ana").summary == "nothing waits on the queues of ana"
    texts(world, 2)

    told = world.board.explain_rep("ben")
    assert told.summary == "of 2 that wait, none can go to ben: 2 kept back by skills"
    assert told.queues[0].reasons == {PassedOver.SKILLS: 2}
    world.presence("ben", Presence.OFFLINE)
    assert world.board.explain_rep("ben").summary == "ben is offline"
    assert world.board.explain_rep("sue").queues == ()
    with pytest.raises(NotFound):
        world.board.explain_rep("nobody")


def test_why_a_conversation_waits_is_told_for_every_reason() -> None:
    reps = tuple(Rep(name=each) for each in ("ana", "ben", "cleo"))
    world = board_of(*reps, workstream={"max_declines": 1})
    world.presence("ben", Presence.AWAY)
    world.presence("cleo", Presence.OFFLINE)
    texts(world, 1)
    world.do(DeclineOffer(conversation=1, by="ana"))

    waiting = world.board.explain_waiting(1)
    assert [each.reason for each in waiting.reps] == [PassedOver.DECLINED, PassedOver.PRESENCE, PassedOver.OFFLINE]
    assert waiting.summary.startswith("nobody of queue 'general' can take it: ")
    assert (waiting.ahead, waiting.state) == (0, State.QUEUED)
    with pytest.raises(NotFound):
        world.board.explain_waiting(9)


REPS = (Rep(name="ana", skills={"billing": 3}),)


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("skills[1].name: 'billing' is there already", {"skills": (SKILLS[0], SKILLS[0])}),
        ("skills[0].max_rating: 2 is below", {"skills": (Skill(name="billing", min_rating=3, max_rating=2),)}),
        ("reps[0].skills.billing: 11 is no rating", {"reps": (Rep(name="ana", skills={"billing": 11}),)}),
        ("workstreams[0].skills.latin: there is no skill", {"workstreams": {"skills": {"latin": 1}}}),
        ("workstreams[0].preferred_skills.latin: there is", {"workstreams": {"preferred_skills": {"latin": 1}}}),
        (
            "workstreams[0].skill_relaxation[0]: changes nothing",
            {"workstreams": {"skill_relaxation": (Relaxation(after=1),)}},
        ),
        (
            "workstreams[0].skill_relaxation[1].after: is not later",
            {"workstreams": {"skill_relaxation": (Relaxation(after=9, lower_by=1), Relaxation(after=9, lower_by=1))}},
        ),
        (
            "workstreams[0].skill_relaxation: with skill_matching 'none'",
            {
                "workstreams": {
                    "skill_relaxation": (Relaxation(after=9, lower_by=1),),
                    "skill_matching": SkillMatching.NONE,
                }
            },
        ),
        ("queues[0].service_level: is missing", {"queues": {"order": QueueOrder.DEADLINE}}),
        ("queues[0].rings: is missing", {"queues": {"assignment": AssignmentMethod.BULLSEYE}}),
        ("queues[0].rings: is of use with", {"queues": {"rings": (Ring(),)}}),
        (
            "queues[0].rings[0].after: the first ring begins at once",
            {"queues": {"assignment": AssignmentMethod.BULLSEYE, "rings": (Ring(after=5),)}},
        ),
        (
            "queues[0].rings[0].reps[0]: 'zoe' does not serve",
            {"queues": {"assignment": AssignmentMethod.BULLSEYE, "rings": (Ring(reps=("zoe",)),)}},
        ),
        ("queues[0].custom: is missing", {"queues": {"assignment": AssignmentMethod.CUSTOM}}),
        ("queues[0].custom: is of use with", {"queues": {"custom": CustomAssignment()}}),
        ("queues[0].custom.order[0]: 'height' is none of", {"queues": {"custom": CustomAssignment(order=("height",))}}),
        (
            "queues[0].custom.order[0]: 'ana' has no whole number",
            {"queues": {"custom": CustomAssignment(order=("-attributes.level",))}},
        ),
        (
            "queues[0].custom.where[0].field: 'team' is neither",
            {"queues": {"custom": CustomAssignment(where=(RepCondition(field="team", value="a"),))}},
        ),
        (
            "queues[0].custom.where[0].field: there is no skill 'latin'",
            {"queues": {"custom": CustomAssignment(where=(RepCondition(field="skills.latin", value=1),))}},
        ),
        (
            "queues[0].custom.where[0].value: 'at_least' of",
            {
                "queues": {
                    "custom": CustomAssignment(
                        where=(RepCondition(field="attributes.level", op=RepOperator.AT_LEAST, value="high"),)
                    )
                }
            },
        ),
        ("preferences[0].customer: 'me' is not E.164", {"preferences": (Preference(customer="me", reps=("ana",)),)}),
        ("preferences[0].reps: with none", {"preferences": (Preference(customer=CUSTOMER, reps=()),)}),
        ("preferences[0].reps[0]: there is no rep", {"preferences": (Preference(customer=CUSTOMER, reps=("zoe",)),)}),
        (
            "preferences[0].reps[1]: 'ana' is there already",
            {"preferences": (Preference(customer=CUSTOMER, reps=("ana", "ana")),)},
        ),
        (
            "preferences[1].customer: '+14155550123' is there already",
            {"preferences": (Preference(customer=CUSTOMER, reps=("ana",)),) * 2},
        ),
    ],
)
def test_what_does_not_fit_together_is_told(problem: str, changes: dict[str, Any]) -> None:
    fine: dict[str, Any] = {
        "workstreams": Workstream(name="support", queue="general"),
        "queues": Queue(name="general", reps=("ana",)),
    }
    tables = {name: (replace(each, **changes.get(name, {})),) for name, each in fine.items()}
    config = BoardConfig(**{"name": "contoso", "skills": SKILLS, "reps": REPS, **changes, **tables})

    assert any(each.startswith(problem) for each in find_problems(config)), list(find_problems(config))
