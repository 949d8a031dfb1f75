"""Capacity: in units and by profiles, what it lets reps have, when it is free again, and who may go beyond it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from cordboard.engine import Board, BoardConfig, Queue, Rep, Workstream
from cordboard.engine.board.calendar import end_of_day
from cordboard.engine.commands import Configure, DeclineOffer, ResumeConversation, Tick, TransferConversation
from cordboard.engine.config import HOUR, MINUTE, Affinity, CapacityProfile
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import NotAllowed, RepUnable
from cordboard.engine.events import ConversationOffered, ConversationTransferred, ProfilesReset
from cordboard.engine.routing_words import AssignmentMethod, Distribution, Obstacle, Operator, PassedOver, ProfileReset
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, State

SUE = CONFIG.reps[2]
DAILY = ProfileReset.END_OF_DAY
SMS = CapacityProfile(name="sms", limit=1)


def board_of(
    *profiles: CapacityProfile,
    reps: tuple[Rep, ...] = (Rep(name="ana", capacity=9),),
    queue: dict[str, Any] | None = None,
    zone: str = "UTC",
    **workstream: Any,
) -> Playground:
    """A board with these profiles and reps, all available and serving the one queue; sue supervises."""
    names = tuple(each.name for each in reps)
    settings = {"costs": {each.name: 1 for each in profiles}, **workstream}
    world = Playground(
        replace(
            CONFIG,
            time_zone=zone,
            workstreams=(replace(CONFIG.workstreams[0], **settings),),
            queues=(replace(Queue(name="general", reps=names), **(queue or {})),),
            reps=(*reps, SUE),
            capacity_profiles=profiles,
        )
    )
    for name in names:
        world.presence(name)

    return world


def text(world: Playground) -> int:
    """Have another customer text, and return the conversation."""
    conversation = world.board.counters.conversation + 1
    world.text(customer=f"+1415555{conversation:04d}")
    return conversation


def texts(world: Playground, count: int) -> list[str | None]:
    """Have as many customers text, and return who is offered each."""
    return [world.offered(each) for each in [text(world) for _ in range(count)]]


def use(world: Playground, rep: str = "ana", profile: str = "sms") -> tuple[int, int]:
    """Return how much of a profile a rep uses, and has."""
    found = world.board.profile_use(rep, profile)
    return found.used, found.limit


def changed(world: Playground, **changes: Any) -> None:
    """Change the board's configuration."""
    world.config = replace(world.config, **changes)
    world.do(Configure(config=world.config))


def same_after_a_restart(world: Playground) -> Board:
    """Return the board as its store would bring it back; its journal leads to the same one."""
    snapshot = world.board.snapshot()
    restored = Board.restore(snapshot)
    assert restored.snapshot() == snapshot == Board.replay(CONFIG.name, world.journal).snapshot()
    assert restored.next_deadline == world.board.next_deadline
    return restored


# Limits


def test_a_rep_has_room_for_as_much_as_every_profile_allows() -> None:
    world = board_of(CapacityProfile(name="sms", limit=2), CapacityProfile(name="vip", limit=1))

    assert texts(world, 3) == ["ana", None, None], "there is capacity and sms, and no vip"
    assert (use(world), use(world, profile="vip"), world.board.load_of("ana")) == ((1, 2), (1, 1), 1)


def test_units_that_are_left_count_beside_profiles() -> None:
    world = board_of(CapacityProfile(name="sms", limit=5), reps=(Rep(name="ana", capacity=1),))

    assert texts(world, 2) == ["ana", None]


def test_a_profile_is_free_again_when_the_conversation_is_parked_or_ends() -> None:
    world = board_of(SMS)
    text(world)
    world.accept()
    text(world)
    world.park()
    assert world.offered(2) == "ana"
    world.accept(2)
    text(world)
    world.close(2)

    assert world.offered(3) == "ana"


def test_a_wrap_up_still_holds_a_profile() -> None:
    world = board_of(SMS, wrap_up=MINUTE)
    text(world)
    world.accept()
    text(world)
    world.close()
    assert world.offered(2) is None
    world.later(MINUTE)

    assert world.offered(2) == "ana"


def test_a_rep_has_a_limit_of_their_own() -> None:
    reps = (Rep(name="ana", capacity=9, limits={"sms": 2}), Rep(name="ben", capacity=9, limits={"sms": 0}))
    world = board_of(SMS, reps=reps, queue={"assignment": AssignmentMethod.ROUND_ROBIN})

    assert texts(world, 3) == ["ana", "ana", None], "ben has none of it, though everybody else has one"


def test_a_limit_that_is_lowered_takes_nothing_away_and_counts_for_new_work() -> None:
    world = board_of(SMS, reps=(Rep(name="ana", capacity=9, limits={"sms": 2}),))
    for each in (1, 2):
        text(world)
        world.accept(each)

    text(world)
    changed(world, reps=(Rep(name="ana", capacity=9, limits={"sms": 1}), SUE))
    assert [each.id for each in world.board.held_by("ana")] == [1, 2]
    world.close(1)
    assert world.offered(3) is None
    world.close(2)

    assert world.offered(3) == "ana"


@pytest.mark.parametrize(
    "reps",
    [(Rep(name="ana", capacity=9, limits={"sms": 2}), SUE), (Rep(name="ana", capacity=8, limits={"sms": 9}), SUE)],
)
def test_a_limit_that_is_raised_brings_work_at_once(reps: tuple[Rep, ...]) -> None:
    world = board_of(SMS)
    assert texts(world, 2) == ["ana", None]
    changed(world, reps=reps)

    assert world.offered(2) == "ana"


def test_capacity_that_is_raised_brings_work_at_once() -> None:
    world = board_of(reps=(Rep(name="ana"),))
    assert texts(world, 3) == ["ana", None, None]
    changed(world, reps=(Rep(name="ana", capacity=2), SUE))

    assert [world.offered(each) for each in (2, 3)] == ["ana", None]


def test_a_profile_that_is_removed_is_in_nobodys_way() -> None:
    world = board_of(SMS)
    assert texts(world, 2) == ["ana", None]
    changed(world, workstreams=(replace(world.config.workstreams[0], costs={}),), capacity_profiles=())

    assert world.offered(2) == "ana"
    same_after_a_restart(world)


def test_a_waiting_conversation_of_which_a_rule_asked_a_profile_that_is_gone_does_not_ask_it_any_more() -> None:
    rules = RuleSet(name="kinds", rules=(Rule(name="all", then=Outputs(costs={"vip": 1})),))
    world = board_of(SMS, CapacityProfile(name="vip", limit=0), costs={}, classification=(rules,))
    assert texts(world, 1) == [None]
    changed(world, workstreams=(CONFIG.workstreams[0],), capacity_profiles=(SMS,))

    assert world.offered(1) == "ana"


def test_what_is_held_stays_as_it_is_whatever_costs_become() -> None:
    world = board_of(CapacityProfile(name="sms", limit=3), costs={"sms": 2})
    text(world)
    world.configure(costs={"sms": 1}, capacity_cost=4)
    assert (use(world), world.board.load_of("ana")) == ((2, 3), 1)
    text(world)

    assert (use(world), world.board.load_of("ana")) == ((3, 3), 5)
    same_after_a_restart(world)


def test_rules_add_profiles_to_what_a_conversation_takes_and_take_them_away() -> None:
    says = {"vip": Outputs(costs={"vip": 1}), "light": Outputs(costs={"sms": 0}, capacity_cost=1)}
    rules = tuple(
        RuleSet(name=word, rules=(Rule(name=word, when=_says(word), then=then),)) for word, then in says.items()
    )
    world = board_of(
        CapacityProfile(name="sms", limit=3), CapacityProfile(name="vip", limit=1), costs={"sms": 2},
        classification=rules,
    )  # fmt: skip
    taken = []
    for body in ("vip please", "light work", "both: light vip"):
        conversation = world.board.counters.conversation + 1
        world.text(body, customer=f"+1415555{conversation:04d}")
        taken.append((world.offered(conversation), use(world), use(world, profile="vip")))

    assert taken == [("ana", (2, 3), (1, 1)), ("ana", (2, 3), (1, 1)), (None, (2, 3), (1, 1))]
    assert world.board.explain_waiting(3).costs == {"vip": 1}


def _says(word: str) -> Condition:
    return Condition(field="text", op=Operator.CONTAINS, value=word)


# No capacity, only profiles


def test_a_conversation_to_which_rules_leave_nothing_to_take_takes_one_unit() -> None:
    nothing = (
        RuleSet(name="by profile", rules=(Rule(name="all", then=Outputs(capacity_cost=0, costs={"vip": 1})),)),
        RuleSet(name="not this one", rules=(Rule(name="all", then=Outputs(costs={"vip": 0})),)),
    )
    vip = CapacityProfile(name="vip", limit=9)
    world = board_of(vip, reps=(Rep(name="ana", capacity=2),), costs={}, classification=nothing)

    assert texts(world, 3) == ["ana", "ana", None]
    assert world.board.explain_rep("ana").free == 0


def test_a_conversation_whose_only_profile_is_gone_takes_one_unit() -> None:
    rules = RuleSet(name="kinds", rules=(Rule(name="all", then=Outputs(capacity_cost=0, costs={"vip": 1})),))
    vip, ana = CapacityProfile(name="vip", limit=0), Rep(name="ana", capacity=2)
    world = board_of(SMS, vip, reps=(ana,), costs={}, classification=(rules,))
    assert texts(world, 3) == [None, None, None]

    changed(world, workstreams=(replace(world.config.workstreams[0], classification=()),), capacity_profiles=(SMS,))
    assert [world.conversation(each).holder for each in (1, 2, 3)] == ["ana", "ana", None]


def test_a_conversation_can_count_by_profiles_alone() -> None:
    world = board_of(CapacityProfile(name="sms", limit=2), reps=(Rep(name="ana", capacity=0),), capacity_cost=0)

    assert texts(world, 3) == ["ana", "ana", None]
    assert world.board.load_of("ana") == 0


def test_who_has_less_than_no_capacity_still_gets_what_takes_none() -> None:
    world = board_of(CapacityProfile(name="sms", limit=2), reps=(Rep(name="ana", capacity=1),))
    text(world)
    changed(world, reps=(Rep(name="ana", capacity=0), SUE))
    world.configure(capacity_cost=0)
    [waiting] = [text(world)]

    assert world.offered(waiting) == "ana"
    world.accept(waiting)
    world.park(waiting)
    world.do(ResumeConversation(conversation=waiting, by="ana"))
    assert use(world) == (2, 2)


def test_where_no_capacity_is_taken_who_has_most_left_of_the_scarcest_profile_goes_first() -> None:
    reps = (
        Rep(name="ana", capacity=9, limits={"sms": 9, "vip": 1}),
        Rep(name="ben", capacity=1, limits={"sms": 3, "vip": 3}),
    )
    profiles = CapacityProfile(name="sms", limit=1), CapacityProfile(name="vip", limit=1)

    assert texts(board_of(*profiles, reps=reps), 1) == ["ana"], "she has most capacity free"
    assert texts(board_of(*profiles, reps=reps, capacity_cost=0), 3) == ["ben", "ben", "ana"]


# Blocking


def test_who_has_used_up_a_blocking_profile_gets_nothing_of_any_kind() -> None:
    blocking = CapacityProfile(name="sms", limit=1, blocks_assignment=True)
    other = Workstream(name="sales", queue="general")
    world = board_of(blocking)
    text(world)
    changed(world, workstreams=(*world.config.workstreams, other), numbers=_two_numbers())
    world.text(customer="+14155550999", recipient="+18005550199")
    assert world.offered(2) is None

    waiting = world.board.explain_waiting(2)
    assert [each.reason for each in waiting.reps] == [PassedOver.BLOCKED]
    assert waiting.reps[0].detail == "has used up capacity profile 'sms', which blocks all assignment"
    assert world.board.explain_rep("ana").summary == (
        "ana has used up capacity profile 'sms', which blocks all assignment"
    )
    world.accept(1)
    world.close(1)
    assert world.offered(2) == "ana"


def _two_numbers() -> Any:
    return (*CONFIG.numbers, replace(CONFIG.numbers[0], address="+18005550199", workstream="sales"))


def test_who_is_blocked_is_not_given_back_what_they_parked_but_may_resume_and_pick() -> None:
    blocking = CapacityProfile(name="vip", limit=1, blocks_assignment=True)
    world = board_of(blocking, costs={})
    text(world)
    world.accept()
    world.park()
    world.configure(costs={"vip": 1})
    text(world)
    assert world.offered(2) == "ana"
    world.configure(costs={})
    world.text("again", customer="+14155550001")
    assert world.conversation(1).state is State.QUEUED, "ana is used up, so it does not come back to her by itself"

    world.pick(1)
    assert world.offered(1) == "ana"


def blocked_ana(**settings: Any) -> Playground:
    """Ana has used up what blocks. Conversation 1 takes nothing of it: she parked it before. Ben is there, too."""
    blocking = CapacityProfile(name="vip", limit=1, blocks_assignment=True)
    reps = (Rep(name="ana", capacity=9), Rep(name="ben", capacity=9))
    world = board_of(blocking, reps=reps, costs={}, **settings)
    world.presence("ben", Presence.AWAY)
    text(world)
    world.accept()
    world.park()
    world.configure(costs={"vip": 1})
    world.accept(text(world))
    world.configure(costs={})
    assert world.board.profile_use("ana", "vip").blocks
    return world


@pytest.mark.parametrize("how", ["transfer", "assign", "override", "pick", "resume"])
def test_who_is_blocked_may_be_given_and_may_take_by_hand_what_there_is_room_for(how: str) -> None:
    world = blocked_ana()
    if how == "resume":
        world.do(ResumeConversation(conversation=1, by="ana"))
        assert world.conversation(1).holder == "ana"
        return

    waiting = text(world)
    assert world.offered(waiting) is None
    match how:
        case "transfer":
            world.presence("ben")
            world.accept(waiting, by="ben")
            world.do(TransferConversation(conversation=waiting, by="ben", rep="ana"))
        case "assign":
            world.do(TransferConversation(conversation=waiting, by="sue", rep="ana"))
        case "override":
            events = world.do(TransferConversation(conversation=waiting, by="sue", rep="ana", override=True))
            assert [each.overrode for each in events if isinstance(each, ConversationOffered)] == [()]
        case _:
            world.pick(waiting)

    assert world.offered(waiting) == "ana"


@pytest.mark.parametrize("closed", [False, True], ids=["parked", "closed"])
@pytest.mark.parametrize(("despite", "rep"), [((), "ben"), ((Obstacle.CAPACITY,), "ana")])
def test_who_is_blocked_gets_nothing_back_by_itself_unless_that_is_configured(
    despite: tuple[Obstacle, ...], rep: str, closed: bool
) -> None:
    world = blocked_ana(affinity=Affinity(despite=despite))
    if closed:
        world.do(ResumeConversation(conversation=1, by="ana"))
        world.close()

    world.presence("ben")
    world.text("again", customer="+14155550001")

    assert world.offered(1) == rep


def test_who_has_none_of_a_blocking_profile_is_not_blocked_by_it() -> None:
    blocking = CapacityProfile(name="sms", limit=0, blocks_assignment=True)
    world = board_of(blocking, costs={})

    assert texts(world, 1) == ["ana"]


# By hand


def test_a_rep_does_not_pick_beyond_a_profile() -> None:
    world = board_of(SMS, CapacityProfile(name="vip", limit=5, reset=DAILY), distribution=Distribution.PICK)
    for _ in range(2):
        text(world)

    world.pick(1)
    with pytest.raises(RepUnable, match=r"0 units of capacity profile 'sms' free, and conversation 2 takes 1; end or"):
        world.pick(2)

    changed(world, reps=(Rep(name="ana", capacity=9, limits={"sms": 9, "vip": 1}), SUE))
    with pytest.raises(RepUnable, match=r"profile 'vip' free, and conversation 2 takes 1; wait until the day ends"):
        world.pick(2)


def test_a_rep_does_not_resume_beyond_a_profile() -> None:
    world = board_of(SMS)
    text(world)
    world.accept()
    world.park()
    text(world)

    with pytest.raises(RepUnable, match="profile 'sms'"):
        world.do(ResumeConversation(conversation=1, by="ana"))


def test_a_supervisor_who_takes_over_holds_its_profiles() -> None:
    world = board_of(SMS)
    text(world)
    world.accept()
    world.presence("sue")
    world.reply(by="sue")

    assert (use(world), use(world, "sue")) == ((0, 1), (1, 1))


def over(world: Playground, conversation: int, rep: str = "ana", by: str = "sue") -> Any:
    """Have somebody put a conversation with a rep, whatever is against it, and return the event of it."""
    events = world.do(TransferConversation(conversation=conversation, by=by, rep=rep, override=True))
    [grant] = [each for each in events if isinstance(each, ConversationOffered | ConversationTransferred)]
    return grant


def test_a_supervisor_puts_a_conversation_with_a_rep_beyond_capacity_and_profiles() -> None:
    world = board_of(SMS, reps=(Rep(name="ana", capacity=1),))
    assert texts(world, 3) == ["ana", None, None]
    grant = over(world, 2)

    assert (grant.rep, grant.by, grant.overrode) == ("ana", "sue", (PassedOver.CAPACITY, PassedOver.PROFILE))
    assert (world.board._state.holdings.free_of("ana"), use(world)) == (-1, (2, 1))
    world.accept(1)
    world.accept(2)
    world.close(1)
    assert world.offered(3) is None, "ana has only as much as she may have, and no room"
    world.close(2)
    assert world.offered(3) == "ana"
    same_after_a_restart(world)


@pytest.mark.parametrize("presence", [Presence.AWAY, Presence.DO_NOT_DISTURB])
def test_a_supervisor_overrides_a_presence(presence: Presence) -> None:
    world = board_of()
    world.presence("ana", presence)
    text(world)
    with pytest.raises(RepUnable, match="does not allow"):
        world.do(TransferConversation(conversation=1, by="sue", rep="ana"))

    assert over(world, 1).overrode == (PassedOver.PRESENCE,)
    world.accept()
    assert world.conversation().rep == "ana"


def test_nobody_can_be_given_a_conversation_while_they_are_offline() -> None:
    world = board_of()
    world.presence("ana", Presence.OFFLINE)
    text(world)

    with pytest.raises(RepUnable, match="ana is offline and could not accept it, which nobody can override"):
        over(world, 1)


def test_only_a_supervisor_overrides() -> None:
    world = board_of(SMS, reps=(Rep(name="ana", capacity=9), Rep(name="ben", capacity=9)))
    text(world)
    world.accept()
    text(world)

    with pytest.raises(NotAllowed, match="only a supervisor may override what keeps conversation 1 from ben"):
        over(world, 1, rep="ben", by="ana")


def test_an_override_that_nothing_was_against_says_so() -> None:
    world = board_of(distribution=Distribution.PICK)
    text(world)

    assert over(world, 1).overrode == ()


def test_an_active_conversation_is_handed_on_beyond_capacity_too() -> None:
    world = board_of(reps=(Rep(name="ana"), Rep(name="ben")))
    assert texts(world, 2) == ["ana", "ben"]
    world.accept(1)
    grant = over(world, 1, rep="ben")

    assert (type(grant), grant.overrode) == (ConversationTransferred, (PassedOver.CAPACITY,))


# The end of the day


def at(world: Playground, when: str) -> None:
    """Let it be a moment in the board's zone."""
    moment = datetime.fromisoformat(when).replace(tzinfo=ZoneInfo(world.config.time_zone))
    world.later(round(moment.timestamp() * 1000) - world.at)


def daily(limit: int = 1, zone: str = "UTC", **more: Any) -> Playground:
    """A board whose profile is reset at the end of the day, at ten o'clock."""
    world = board_of(CapacityProfile(name="sms", limit=limit, reset=DAILY), zone=zone, **more)
    at(world, "2025-07-01T10:00")
    return world


def test_what_was_taken_counts_until_midnight_whatever_became_of_it() -> None:
    world = daily(zone="America/New_York")
    text(world)
    world.accept()
    world.close()
    text(world)
    assert (world.offered(2), use(world)) == (None, (1, 1))
    at(world, "2025-07-01T23:59:59.999")
    assert world.offered(2) is None
    at(world, "2025-07-02T00:00")

    assert (world.offered(2), use(world)) == ("ana", (1, 1))
    assert [each.rep for each in world.journal if isinstance(each, ProfilesReset)] == ["ana"]
    same_after_a_restart(world)


def test_the_end_of_a_wrap_up_frees_nothing_of_the_day() -> None:
    world = daily(wrap_up=MINUTE)
    text(world)
    world.accept()
    world.close()
    text(world)
    world.later(HOUR)

    assert (world.offered(2), use(world)) == (None, (1, 1))


def test_an_offer_that_comes_to_nothing_has_used_up_nothing_of_the_day() -> None:
    world = daily(max_declines=1)
    text(world)
    assert use(world) == (1, 1)
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert use(world) == (0, 1)
    text(world)

    assert (world.offered(2), use(world)) == ("ana", (1, 1))


def test_what_is_picked_counts_for_the_day_too() -> None:
    world = daily(distribution=Distribution.PICK)
    text(world)
    world.pick()
    world.close()

    assert use(world) == (1, 1)


def test_what_a_rep_still_has_from_yesterday_does_not_count_today() -> None:
    world = daily(quiet_after=24 * HOUR)
    text(world)
    world.accept()
    text(world)
    at(world, "2025-07-02T00:00")

    assert ([each.id for each in world.board.held_by("ana")], use(world)) == ([1, 2], (1, 1))


def test_a_board_that_slept_over_midnight_resets_when_it_wakes() -> None:
    world = daily()
    text(world)
    world.accept()
    text(world)
    world.board = same_after_a_restart(world)
    world.at += 30 * HOUR  # nothing ticked meanwhile
    world.do(Tick())

    assert (world.offered(2), use(world)) == ("ana", (1, 1))
    assert world.board.reps["ana"].used_since is None, "an offer is not taken yet"


def test_what_is_taken_after_midnight_before_the_clock_has_struck_counts_for_the_new_day() -> None:
    world = daily(limit=2)
    for each in (1, 2):
        text(world)
        if each == 1:
            world.accept(1)

    world.at += 20 * HOUR  # it is tomorrow, and the board has not been told
    world.accept(2)
    assert (use(world), world.board.reps["ana"].used_since) == ((1, 2), world.at)
    world.do(Tick())

    assert use(world) == (1, 2), "the day that ended then is not this one"
    same_after_a_restart(world)


def test_who_took_nothing_today_has_no_midnight() -> None:
    world = daily(reps=(Rep(name="ana", capacity=9), Rep(name="ben", capacity=9)))
    text(world)
    world.accept()
    at(world, "2025-07-03T00:00")

    assert [each.rep for each in world.journal if isinstance(each, ProfilesReset)] == ["ana"]


def test_the_day_ends_at_the_midnight_of_the_time_zone_that_is_configured_now() -> None:
    world = daily(zone="America/New_York")
    text(world)
    world.accept()
    text(world)
    changed(world, time_zone="America/Los_Angeles")
    at(world, "2025-07-01T23:59")
    assert world.offered(2) is None
    at(world, "2025-07-02T00:00")

    assert world.offered(2) == "ana"


def test_a_profile_that_is_reset_at_once_from_now_on_frees_what_is_not_held() -> None:
    world = daily()
    text(world)
    world.accept()
    world.close()
    text(world)
    changed(world, capacity_profiles=(SMS,))

    assert (world.offered(2), use(world)) == ("ana", (1, 1))
    assert world.board.reps["ana"].used_today == {}
    same_after_a_restart(world)


def test_a_profile_that_is_reset_at_the_end_of_the_day_from_now_on_begins_with_what_is_held() -> None:
    world = board_of(CapacityProfile(name="sms", limit=4))
    at(world, "2025-07-01T10:00")
    for each in (1, 2, 3):
        text(world)
        world.accept(each)

    world.close(1)
    text(world)  # offered
    changed(world, capacity_profiles=(CapacityProfile(name="sms", limit=4, reset=DAILY),))
    assert (use(world), world.board.reps["ana"].used_today) == ((3, 4), {"sms": 2})
    world.close(2)
    assert use(world) == (3, 4)
    same_after_a_restart(world)
    at(world, "2025-07-02T00:00")

    assert use(world) == (1, 4), "the one that is offered"


def test_a_daily_profile_that_is_removed_leaves_nothing_behind() -> None:
    world = daily()
    text(world)
    world.accept()
    changed(world, workstreams=(CONFIG.workstreams[0],), capacity_profiles=())

    assert (world.board.reps["ana"].used_today, world.board.reps["ana"].used_since) == ({}, None)
    same_after_a_restart(world)


def test_a_rep_who_is_removed_during_the_day_does_not_trouble_midnight() -> None:
    world = daily(reps=(Rep(name="ana", capacity=9), Rep(name="ben", capacity=9)))
    text(world)
    world.accept()
    changed(world, reps=(world.config.reps[1], SUE), queues=(Queue(name="general", reps=("ben",)),))
    at(world, "2025-07-02T00:00")

    assert not [each for each in world.journal if isinstance(each, ProfilesReset)]


def test_a_blocking_profile_blocks_until_midnight() -> None:
    world = daily(costs={})
    changed(world, capacity_profiles=(CapacityProfile(name="sms", limit=1, reset=DAILY, blocks_assignment=True),))
    world.configure(costs={"sms": 1})
    text(world)
    world.accept()
    world.close()
    world.configure(costs={})
    text(world)
    assert world.offered(2) is None
    at(world, "2025-07-02T00:00")

    assert world.offered(2) == "ana"


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("UTC", "2025-07-01T00:00:00+00:00", "2025-07-02T00:00:00+00:00"),
        ("UTC", "2025-07-01T23:59:59.999+00:00", "2025-07-02T00:00:00+00:00"),
        ("America/New_York", "2025-03-09T01:30:00-05:00", "2025-03-10T00:00:00-04:00"),  # a day of 23 hours
        ("America/New_York", "2025-11-02T00:30:00-04:00", "2025-11-03T00:00:00-05:00"),  # a day of 25
        ("America/Santiago", "2025-09-06T12:00:00-04:00", "2025-09-07T01:00:00-03:00"),  # midnight is skipped
        ("America/Santiago", "2025-04-05T23:30:00-03:00", "2025-04-06T00:00:00-04:00"),  # 23:30 comes twice
        ("America/Havana", "2025-11-02T00:30:00-04:00", "2025-11-03T00:00:00-05:00"),  # midnight comes twice
        ("Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00"),  # a day is skipped
        ("Asia/Kolkata", "2025-07-01T00:00:00+05:30", "2025-07-02T00:00:00+05:30"),
    ],
)
def test_a_day_ends_at_the_next_midnight_of_the_clocks(zone: str, now: str, midnight: str) -> None:
    moment, expected = (round(datetime.fromisoformat(each).timestamp() * 1000) for each in (now, midnight))

    assert end_of_day(moment, ZoneInfo(zone)) == expected


# Told


def test_an_offer_tells_what_was_left_of_the_profiles_it_takes() -> None:
    world = board_of(CapacityProfile(name="sms", limit=3), CapacityProfile(name="vip", limit=3), costs={"sms": 2})
    text(world)
    [offer] = [each for each in world.journal if isinstance(each, ConversationOffered)]

    assert (offer.cost, offer.costs, offer.overrode) == (1, {"sms": 2}, ())
    assert offer.reason is not None
    assert (offer.reason.free, offer.reason.profiles) == (9, {"sms": 3})


def test_a_conversation_that_waits_for_a_profile_names_it() -> None:
    world = board_of(SMS, CapacityProfile(name="vip", limit=9))
    assert texts(world, 2) == ["ana", None]
    waiting = world.board.explain_waiting(2)

    assert [each.reason for each in waiting.reps] == [PassedOver.PROFILE]
    assert waiting.reps[0].detail == "0 of 1 units of capacity profile 'sms' free"
    assert waiting.costs == {"sms": 1, "vip": 1}
    assert world.board.explain_rep("ana").queues[0].reasons == {PassedOver.PROFILE: 1}


# Configured


def problems_of(**changes: Any) -> list[str]:
    workstream = replace(Workstream(name="support", queue="general"), **changes.pop("workstream", {}))
    fine: dict[str, Any] = {
        "queues": (Queue(name="general", reps=("ana",)),),
        "reps": (Rep(name="ana"),),
        "capacity_profiles": (SMS,),
        **changes,
    }
    return list(find_problems(BoardConfig(name="contoso", workstreams=(workstream,), **fine)))


def ruled(*outputs: Outputs) -> dict[str, Any]:
    return {
        "classification": tuple(
            RuleSet(name=f"set{index}", rules=(Rule(name="all", then=each),)) for index, each in enumerate(outputs)
        )
    }


RULE = "workstreams[0].classification[0].rules[0].then"


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        (
            "capacity_profiles[1].name: 'sms' is there already, as capacity_profiles[0]",
            {"capacity_profiles": (SMS, SMS)},
        ),
        (
            "reps[0].limits.vip: there is no capacity profile 'vip' (there is: sms)",
            {"reps": (Rep(name="ana", limits={"vip": 1}),)},
        ),
        (
            "workstreams[0].costs.sms: there is no capacity profile 'sms' (there is: none)",
            {"workstream": {"costs": {"sms": 1}}, "capacity_profiles": ()},
        ),
        (
            f"{RULE}.costs.vip: there is no capacity profile 'vip' (there is: sms)",
            {"workstream": ruled(Outputs(costs={"vip": 1}))},
        ),
        (
            "workstreams[0].capacity_cost: with 0 and no costs a rep would get everything at once; give either",
            {"workstream": {"capacity_cost": 0}},
        ),
        (
            f"{RULE}: its conversations take nothing, so a rep would get them all at once; give a cost above 0",
            {"workstream": ruled(Outputs(capacity_cost=0))},
        ),
        (
            f"{RULE}: its conversations take nothing, so a rep would get them all at once; give a cost above 0",
            {"workstream": {"capacity_cost": 0, "costs": {"sms": 1}, **ruled(Outputs(costs={"sms": 0}))}},
        ),
        (
            "reps[0].languages[1]: 'Spanish' is no language tag, such as 'es' or 'pt-BR'",
            {"reps": (Rep(name="ana", languages=("es-MX", "Spanish")),)},
        ),
    ],
)
def test_what_does_not_fit_together_is_told(problem: str, changes: dict[str, Any]) -> None:
    assert problems_of(**changes) == [problem]


@pytest.mark.parametrize(
    "workstream",
    [
        {"capacity_cost": 0, "costs": {"sms": 1}},
        {"costs": {"sms": 1}, **ruled(Outputs(costs={"sms": 0}))},
        ruled(Outputs(capacity_cost=0, costs={"sms": 1})),
        {"capacity_cost": 0, "costs": {"sms": 1}, **ruled(Outputs(costs={"sms": 3}))},
        {"capacity_cost": 0, "costs": {"sms": 1}, **ruled(Outputs(priority=3))},
    ],
)
def test_a_conversation_may_count_one_way_or_the_other(workstream: dict[str, Any]) -> None:
    assert problems_of(workstream=workstream) == []
