"""What a customer's text brings back: to the rep who last had it, or to others, and when."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine import Board, Queue, Rep
from cordboard.engine.commands import (
    CloseConversation,
    Configure,
    DeclineOffer,
    ReleaseConversation,
    SetPresence,
    SetSkills,
    Tick,
    TransferConversation,
)
from cordboard.engine.config import MINUTE, Affinity, CapacityProfile, Preference, PresenceRules, Ring, Skill
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import RepUnable
from cordboard.engine.events import SearchWidened
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import (
    AffinityTo,
    AssignmentMethod,
    Distribution,
    Obstacle,
    PassedOver,
    PreferenceFallback,
)
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, Playground
from cordboard.engine.vocabulary import Presence, State, Weekday

OTHER = "+14155550199"
WAIT = Affinity(wait=2 * MINUTE)
SHIFT = WeeklyOpening(days=tuple(Weekday), opens="15:00", closes="15:30")  # the playground's clock starts at 15:06


def returned(affinity: Affinity, *, presence: Presence = Presence.AWAY, closed: bool = False) -> Playground:
    """Ana had conversation 1 and cannot take it now, Ben could: and the customer texts again."""
    world = Playground()
    world.configure(affinity=affinity)
    left_by_ana(world, presence, closed=closed)
    world.presence("ben")
    world.text("one more thing")
    return world


def left_by_ana(world: Playground, presence: Presence = Presence.AWAY, *, closed: bool = False) -> None:
    world.active_with("ana")
    if closed:
        world.close()
    else:
        world.reply()
        world.park()

    world.presence("ana", presence)


def change(world: Playground, **sections: object) -> None:
    world.config = replace(world.config, **sections)
    world.do(Configure(config=world.config))


@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
def test_without_a_wait_anybody_gets_what_the_last_rep_cannot_take(closed: bool) -> None:
    assert returned(Affinity(), closed=closed).offered() == "ben"


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.OFFLINE], ids=lambda each: each.value)
@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
def test_with_a_wait_it_waits_for_the_last_rep_alone_and_then_for_anybody(presence: Presence, closed: bool) -> None:
    world = returned(WAIT, presence=presence, closed=closed)
    world.later(2 * MINUTE - 1)
    assert (world.conversation().state, world.offered()) == (State.QUEUED, None)

    events = world.later(1)

    assert world.offered() == "ben"
    assert [each.anybody for each in events if isinstance(each, SearchWidened)] == [True]


def test_a_last_rep_who_can_take_it_meanwhile_gets_it_at_once() -> None:
    world = returned(WAIT)
    world.later(1 * MINUTE)
    world.presence("ana")

    assert world.offered() == "ana"


def test_a_last_rep_who_is_full_gets_it_when_they_have_room() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    left_by_ana(world, Presence.AVAILABLE)
    for each in (2, 3):
        world.text(customer=f"+1415555010{each}")
        world.accept(each)

    world.presence("ben")
    world.text("one more thing")
    assert world.offered(1) is None

    world.close(2)

    assert world.offered(1) == "ana"


@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
def test_who_finishes_what_they_have_is_not_waited_for(closed: bool) -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    left_by_ana(world, Presence.AVAILABLE, closed=closed)
    world.text(customer=OTHER)
    world.accept(2)
    world.do(SetPresence(rep="ana", presence=Presence.AWAY, by="ana", when_done=True))
    world.presence("ben")
    world.text("one more thing")

    assert world.offered() == "ben"


def test_what_waited_for_somebody_who_is_not_waited_for_goes_on_in_its_order_on_a_restored_board_too() -> None:
    """Conversation 2 comes back before 1, and each needs something else."""
    world = Playground(
        replace(CONFIG, skills=(Skill(name="billing"),), reps=(Rep(name="ana", capacity=3), *CONFIG.reps[1:]))
    )
    world.configure(affinity=WAIT)
    world.presence("ana")
    for each in (1, 2, 3):
        world.text(customer=f"+1415555010{each}")
        world.accept(each)

    for each in (1, 2):
        world.reply(conversation=each)
        world.park(each)

    world.presence("ana", Presence.AWAY)
    for each in (2, 1):
        world.later(1000)
        world.text(customer=f"+1415555010{each}")

    world.do(SetSkills(conversation=2, by="sue", skills={"billing": 1}))
    restored = Board.restore(world.board.snapshot())
    finish = SetPresence(rep="ana", presence=Presence.AWAY, by="ana", when_done=True)

    events = world.do(finish)

    assert [each.conversation for each in events if isinstance(each, SearchWidened)] == [2, 1]
    assert restored.apply(finish, world.at) == events


def unable(world: Playground, how: str) -> None:
    """Let Ana, who has left conversation 1, be unable to take it because of `how`."""
    match how:
        case "finishing":
            taken_by_ana(world, 1)
            world.do(SetPresence(rep="ana", presence=Presence.AWAY, by="ana", when_done=True))
        case "off work":
            world.later(24 * MINUTE)
        case "full":
            taken_by_ana(world, 2)
        case "blocked":
            world.configure(costs={"vip": 1})
            taken_by_ana(world, 1)
            world.configure(costs={})
        case "inactive":
            world.text(customer=OTHER)
            world.later(2 * MINUTE)
            world.do(CloseConversation(conversation=2, by="sue"))
        case _:
            world.presence("ana", Presence(how))


def taken_by_ana(world: Playground, conversations: int) -> None:
    for each in range(conversations):
        world.text(customer=f"+1415555010{each}")
        world.accept(2 + each)


WHATEVER_IS_DISREGARDED = (Obstacle.PRESENCE, Obstacle.CAPACITY, Obstacle.SKILLS)


@pytest.mark.parametrize(
    ("how", "waits", "despite"),
    [
        ("available", False, "ana"),
        ("busy", False, "ana"),
        ("away", True, "ana"),
        ("do_not_disturb", True, "ana"),
        ("inactive", True, None),
        ("full", True, "ana"),
        ("blocked", True, "ana"),
        ("offline", True, None),
        ("finishing", False, "ben"),
        ("off work", False, "ben"),
    ],
)
@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
def test_who_gets_it_back_waits_for_it_or_does_not(how: str, waits: bool, despite: str | None, closed: bool) -> None:
    at_once = "ana" if how in ("available", "busy") else "ben"
    disregarding = Affinity(wait=2 * MINUTE, despite=WHATEVER_IS_DISREGARDED)
    for affinity, first in (
        (Affinity(), at_once),
        (WAIT, None if waits else at_once),
        (disregarding, despite),
    ):
        world = Playground()
        change(
            world,
            hours=(OperatingHours(name="shift", weekly=(SHIFT,)),),
            reps=(replace(CONFIG.reps[0], hours="shift"), *CONFIG.reps[1:]),
            capacity_profiles=(CapacityProfile(name="vip", limit=1, blocks_assignment=True),),
            presence=PresenceRules(missed=Presence.INACTIVE),
        )
        world.configure(affinity=affinity)
        left_by_ana(world, Presence.AVAILABLE, closed=closed)
        unable(world, how)
        world.presence("ben")
        world.text("one more thing")
        assert world.offered() == first

        world.later(2 * MINUTE - 1)
        assert world.offered() == first

        world.later(1)
        if first is None:
            assert world.offered() == "ben"


def test_who_begins_to_finish_is_waited_for_no_longer() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    left_by_ana(world, Presence.AVAILABLE)
    world.text(customer=OTHER)
    world.accept(2)
    world.presence("ana", Presence.AWAY)
    world.presence("ben")
    world.text("one more thing")
    assert world.offered() is None

    world.do(SetPresence(rep="ana", presence=Presence.OFFLINE, by="ana", when_done=True))

    assert world.offered() == "ben"
    replayed = Board.replay(CONFIG.name, world.journal)
    assert replayed.snapshot() == world.board.snapshot()


def test_who_begins_to_finish_is_waited_for_no_longer_though_they_lack_what_is_needed_now() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    left_by_ana(world, Presence.AVAILABLE)
    world.text(customer=OTHER)
    world.accept(2)
    ben = replace(CONFIG.reps[1], skills={"billing": 3})
    change(world, skills=(Skill(name="billing"),), reps=(CONFIG.reps[0], ben, *CONFIG.reps[2:]))
    world.configure(affinity=WAIT, skills={"billing": 3})
    world.presence("ben")
    world.text("one more thing")
    assert world.offered() is None

    world.do(SetPresence(rep="ana", presence=Presence.OFFLINE, by="ana", when_done=True))

    assert world.offered() == "ben"


def test_what_waits_for_a_rep_keeps_its_place_among_what_else_waits_for_them() -> None:
    world = Playground()
    world.configure(affinity=WAIT, capacity_cost=2)
    left_by_ana(world)
    world.text(customer=OTHER)
    world.at += 1
    world.text("one more thing")
    world.presence("ana")
    assert [world.offered(each) for each in (1, 2)] == [None, "ana"]

    world.accept(2)
    world.close(2)

    assert world.offered(1) == "ana"


def test_waiting_counts_from_the_text_that_brought_it_back_and_not_from_later_ones() -> None:
    world = returned(WAIT)
    world.later(1 * MINUTE)
    world.text("hello?")
    world.later(1 * MINUTE - 1)
    assert world.offered() is None

    world.later(1)

    assert world.offered() == "ben"


def test_a_customer_whose_text_waited_while_parked_waits_for_the_rep_from_the_next_text_on() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    world.active_with("ana")
    world.park()
    assert world.conversation().unanswered_since is not None

    world.presence("ana", Presence.AWAY)
    world.presence("ben")
    world.text("anybody there?")
    world.later(2 * MINUTE - 1)
    assert world.offered() is None

    world.later(1)

    assert world.offered() == "ben"


def test_an_offer_that_is_withdrawn_leaves_the_rest_of_the_wait() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    left_by_ana(world, Presence.AVAILABLE)
    world.presence("ben")
    world.text("one more thing")
    assert world.offered() == "ana"

    world.later(1 * MINUTE)
    world.presence("ana", Presence.OFFLINE)
    assert world.offered() is None

    world.later(1 * MINUTE)

    assert world.offered() == "ben"


def test_who_declines_or_misses_it_is_not_waited_for() -> None:
    declined, missed = (returned(WAIT, presence=Presence.AVAILABLE) for _ in range(2))
    assert declined.offered() == missed.offered() == "ana"

    declined.do(DeclineOffer(conversation=1, by="ana"))
    missed.presence("ana", Presence.AWAY)
    missed.later(2 * MINUTE)

    assert declined.offered() == missed.offered() == "ben"


def test_who_gave_it_back_is_not_waited_for_even_when_it_was_closed_since() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    world.active_with("ana")
    world.do(ReleaseConversation(conversation=1, by="ana"))
    assert world.offered() is None

    world.do(CloseConversation(conversation=1, by="sue"))
    world.presence("ben")
    world.text("hello?")

    assert world.offered() == "ben"


def test_what_a_rep_loses_is_anybody_s() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    world.active_with("ana")
    world.presence("ben")
    world.presence("ana", Presence.OFFLINE)
    world.later(150_000)

    assert world.offered() == "ben"


@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
def test_without_affinity_the_queue_chooses(closed: bool) -> None:
    world = Playground()
    world.configure(affinity=Affinity(to=AffinityTo.NONE))
    left_by_ana(world, Presence.AVAILABLE, closed=closed)
    world.presence("ben")
    world.text(customer=OTHER)
    world.accept(2, by=world.offered(2) or "")
    taken_by = world.offered(2)
    world.text("one more thing")

    assert {taken_by, world.offered(1)} == {"ana", "ben"}, "the one with more capacity free"


@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
def test_presence_can_be_disregarded_but_not_being_offline(closed: bool) -> None:
    despite = Affinity(wait=2 * MINUTE, despite=(Obstacle.PRESENCE,))
    assert returned(despite, closed=closed).offered() == "ana"

    world = returned(despite, presence=Presence.OFFLINE, closed=closed)
    assert world.offered() is None

    world.presence("ana", Presence.DO_NOT_DISTURB)
    assert world.offered() == "ana"


def test_capacity_can_be_disregarded_however_full_the_rep_is() -> None:
    world = Playground()
    world.configure(affinity=Affinity(wait=2 * MINUTE, despite=(Obstacle.CAPACITY,)))
    left_by_ana(world, Presence.AVAILABLE)
    for each in (2, 3):
        world.text(customer=f"+1415555010{each}")
        world.accept(each)

    world.presence("ben")
    world.presence("ana", Presence.AWAY)
    world.text("one more thing")
    assert world.offered(1) is None

    world.presence("ana")

    assert (world.offered(1), world.board.load_of("ana")) == ("ana", 3)


@pytest.mark.parametrize(("despite", "rep"), [((), "ben"), ((Obstacle.SKILLS,), "ana")])
def test_skills_count_unless_they_are_disregarded(despite: tuple[Obstacle, ...], rep: str) -> None:
    world = Playground()
    world.configure(affinity=Affinity(despite=despite))
    change(
        world,
        skills=(Skill(name="billing"),),
        reps=(CONFIG.reps[0], Rep(name="ben", skills={"billing": 5}), CONFIG.reps[2]),
    )
    world.active_with("ana")
    world.do(SetSkills(conversation=1, by="ana", skills={"billing": 3}))
    world.park()
    world.presence("ben")
    world.text("one more thing")

    assert world.offered() == rep


def test_a_last_rep_who_is_no_longer_configured_is_not_waited_for() -> None:
    world = returned(WAIT)
    assert world.offered() is None

    change(world, reps=CONFIG.reps[1:], queues=(Queue(name="general", reps=("ben",)), CONFIG.queues[1]))

    assert world.offered() == "ben"


def test_a_last_rep_who_serves_other_queues_now_is_waited_for_all_the_same() -> None:
    world = returned(WAIT)
    change(world, queues=(Queue(name="general", reps=("ben",)), CONFIG.queues[1]))
    world.presence("ana")

    assert world.offered() == "ana"


def test_a_queue_s_rings_do_not_keep_it_from_its_last_rep() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    rings = (Ring(reps=("ben",)), Ring(after=60 * MINUTE))
    change(
        world, queues=(replace(CONFIG.queues[0], assignment=AssignmentMethod.BULLSEYE, rings=rings), CONFIG.queues[1])
    )
    world.presence("ana")
    world.text()
    world.do(TransferConversation(conversation=1, by="sue", rep="ana"))
    world.accept()
    world.park()
    world.presence("ana", Presence.AWAY)
    world.text("one more thing")
    world.presence("ana")

    assert world.offered() == "ana"


def test_the_last_rep_comes_before_the_customer_s_own() -> None:
    world = Playground()
    world.configure(affinity=WAIT)
    own = replace(CONFIG.queues[0], assignment=AssignmentMethod.PREFERRED_REPS, fallback=PreferenceFallback.WAIT)
    change(world, queues=(own, CONFIG.queues[1]))
    left_by_ana(world)
    change(world, preferences=(Preference(customer=CUSTOMER, reps=("ben",)),))
    world.presence("ben")
    world.text("one more thing")
    assert world.offered() is None

    world.later(2 * MINUTE)

    assert world.offered() == "ben"


def test_where_reps_pick_it_is_still_offered_to_its_last_rep_alone_and_then_picked() -> None:
    world = Playground()
    world.configure(affinity=WAIT, distribution=Distribution.PICK)
    world.presence("ana")
    world.text()
    world.pick()
    world.park()
    world.presence("ana", Presence.AWAY)
    world.presence("ben")
    world.text("one more thing")
    with pytest.raises(RepUnable, match="waits for ana, who had it last"):
        world.pick(by="ben")

    later = Board.restore(world.board.snapshot())
    later.apply(Tick(), world.at + 2 * MINUTE)
    assert later.conversations[1].state is State.QUEUED
    assert later.explain_waiting(1).reps[0].reason is PassedOver.PICK

    world.presence("ana")
    assert world.offered() == "ana"


def test_a_supervisor_takes_or_moves_it_in_the_meantime() -> None:
    world = returned(WAIT)
    world.presence("sue")
    world.pick(by="sue")
    assert world.offered() == "sue"

    world = returned(WAIT)
    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    assert world.offered() == "ben"


def test_the_explanation_says_for_whom_it_waits_and_until_when() -> None:
    world = returned(WAIT)
    explained = world.board.explain_waiting(1)

    assert [(each.rep, each.reason) for each in explained.reps] == [
        ("ana", PassedOver.PRESENCE),
        ("ben", PassedOver.AFFINITY),
    ]
    assert explained.reps[1].detail == "waits for ana until 2025-06-15T15:08:40Z"
    assert explained.next_change_at == world.at + 2 * MINUTE
    assert world.board.explain_rep("ben").queues[0].reasons == {PassedOver.AFFINITY: 1}


def test_the_explanation_names_a_last_rep_who_does_not_serve_the_queue() -> None:
    world = returned(WAIT)
    change(world, queues=(Queue(name="general", reps=("ben",)), CONFIG.queues[1]))

    assert [each.rep for each in world.board.explain_waiting(1).reps] == ["ana", "ben"]


@pytest.mark.parametrize("then", [Affinity(), Affinity(to=AffinityTo.NONE)], ids=["no wait", "no affinity"])
def test_a_wait_that_is_taken_out_of_the_configuration_ends_at_once(then: Affinity) -> None:
    world = returned(WAIT)
    world.configure(affinity=then)

    assert world.offered() == "ben"


def test_a_wait_that_is_changed_counts_from_the_same_text() -> None:
    world = returned(WAIT)
    world.later(1 * MINUTE)
    world.configure(affinity=Affinity(wait=3 * MINUTE))
    world.later(2 * MINUTE - 1)
    assert world.offered() is None

    world.later(1)
    assert world.offered() == "ben"

    world = returned(WAIT)
    world.later(1 * MINUTE)
    world.configure(affinity=Affinity(wait=30_000))
    world.later(0)
    assert world.offered() == "ben"


def test_a_restored_and_a_replayed_board_wait_as_long_and_for_the_same_rep() -> None:
    world = returned(WAIT)
    world.later(1 * MINUTE)
    replayed = Board.replay(CONFIG.name, world.journal)
    assert replayed.snapshot() == world.board.snapshot()

    snapshot = world.board.snapshot()
    pairs = [[Board.restore(snapshot) for _ in range(2)], [Board.replay(CONFIG.name, world.journal) for _ in range(2)]]
    for waited, found in pairs:
        assert waited.next_deadline == world.at + 1 * MINUTE
        waited.apply(Tick(), world.at + 1 * MINUTE)
        assert waited.conversations[1].holder == "ben"
        found.apply(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"), world.at + 1)
        assert found.conversations[1].holder == "ana"


@pytest.mark.parametrize(
    ("affinity", "problem"),
    [
        (Affinity(despite=(Obstacle.PRESENCE, Obstacle.OFFLINE)), "despite: who is offline sees no offer"),
        (Affinity(to=AffinityTo.NONE, wait=1_000), "to: with 'none' nobody is waited for"),
        (Affinity(to=AffinityTo.NONE, despite=(Obstacle.PRESENCE,)), "to: with 'none' nobody is waited for"),
    ],
)
def test_an_affinity_that_makes_no_sense_is_refused(affinity: Affinity, problem: str) -> None:
    config = replace(CONFIG, workstreams=(replace(CONFIG.workstreams[0], affinity=affinity),))

    [found] = find_problems(config)
    assert found.startswith(f"workstreams[0].affinity.{problem}")


def test_nothing_is_offered_to_an_inactive_last_rep_whatever_is_disregarded() -> None:
    world = Playground()
    world.config = replace(world.config, presence=PresenceRules(missed=Presence.INACTIVE))
    world.configure(affinity=Affinity(despite=(Obstacle.PRESENCE,)))
    left_by_ana(world, Presence.AVAILABLE)
    world.text(customer=OTHER)
    world.later(world.config.workstreams[0].offer_timeout)
    assert world.board.reps["ana"].presence is Presence.INACTIVE

    world.text("one more thing")

    assert world.offered() is None


def test_a_wait_that_ends_with_somebody_s_offer_ends_before_that_rep_gets_what_came_later() -> None:
    world = Playground(replace(CONFIG, reps=(Rep(name="ana", capacity=1), *CONFIG.reps[1:])))
    world.configure(affinity=WAIT, offer_timeout=2 * MINUTE)
    world.active_with("ben")
    world.park(by="ben")
    world.presence("ben", Presence.AWAY)
    world.presence("ana")
    world.text("one more thing")
    world.text(customer=OTHER)
    world.later(1 * MINUTE)
    world.text(customer="+14155550177")
    assert [world.offered(each) for each in (1, 2, 3)] == [None, "ana", None]

    restored = Board.restore(world.board.snapshot())
    events = world.later(1 * MINUTE)

    assert [world.offered(each) for each in (1, 2, 3)] == ["ana", None, None]
    assert restored.apply(Tick(), world.at) == events
