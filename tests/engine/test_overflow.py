"""Overflow: what becomes of what a queue cannot serve well, and which queue is chosen in the first place."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cordboard.engine import Board
from cordboard.engine.commands import (
    Configure,
    DeclineOffer,
    ReleaseConversation,
    RepConnected,
    RepDisconnected,
    Tick,
    TransferConversation,
)
from cordboard.engine.config import DAY, HOUR, MINUTE, SECOND, BoardConfig, Overflow, Queue
from cordboard.engine.config_problems import find_problems
from cordboard.engine.events import ConversationClosed, ConversationOverflowed, ConversationQueued, Event
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import OverflowAction, OverflowCondition
from cordboard.engine.rules import PassedQueue, Route, RouteReason
from cordboard.engine.testing.playground import CONFIG, START, Playground
from cordboard.engine.vocabulary import CloseReason, Presence, State, Weekday

GENERAL, SECOND_QUEUE = CONFIG.queues
OUT, LENGTH, EXPECTED, WAITED = OverflowCondition
QUEUE, TRANSFER, END, LATER = OverflowAction
EVERY_DAY = tuple(Weekday)
THREE = replace(CONFIG.reps[0], capacity=3)
CLOSED = OperatingHours(name="closed", weekly=())
NIGHT = OperatingHours(name="night", weekly=(WeeklyOpening(days=EVERY_DAY, opens="20:00", closes="21:00"),))
LATE = OperatingHours(name="late", weekly=(WeeklyOpening(days=EVERY_DAY, opens="22:00", closes="23:00"),))
"""It is 15:06 in UTC when the playground begins."""


def with_queues(*queues: Queue, **changes: Any) -> BoardConfig:
    workstream = replace(CONFIG.workstreams[0], quiet_after=DAY, **changes)
    return replace(CONFIG, queues=queues, workstreams=(workstream,), hours=(CLOSED, NIGHT, LATE))


def overflowing_with(*rules: Overflow, **changes: Any) -> Playground:
    """Return a board whose first queue has some overflow; the second has none."""
    return Playground(with_queues(replace(GENERAL, overflow=rules, **changes), SECOND_QUEUE))


def texted(world: Playground, *customers: int) -> None:
    for each in customers:
        world.text(customer=f"+1415{each:07}")


def overflows(events: list[Event] | tuple[Event, ...]) -> list[ConversationOverflowed]:
    return [each for each in events if isinstance(each, ConversationOverflowed)]


def facts(event: ConversationOverflowed) -> tuple[object, ...]:
    return event.queue, event.when, event.do, event.measured, event.limit, event.to_queue


def test_so_many_wait_already_and_the_next_goes_to_another_queue() -> None:
    world = overflowing_with(Overflow(when=LENGTH, limit=2, do=TRANSFER, queue="second"))
    texted(world, 1, 2, 3)

    assert [world.conversation(each).queue for each in (1, 2, 3)] == ["general", "general", "second"]
    (event,) = overflows(world.journal)
    assert facts(event) == ("general", LENGTH, TRANSFER, 2, 2, "second")
    assert event.stays == ""


def test_a_limit_is_exact_in_a_burst_of_five_hundred_texts() -> None:
    world = overflowing_with(Overflow(when=LENGTH, limit=137, do=TRANSFER, queue="second"))
    texted(world, *range(500))

    assert world.board.waiting_on("general") == 137
    assert world.board.waiting_on("second") == 500 - 137


def test_a_limit_is_exact_for_what_comes_back_together() -> None:
    """Ana has three, and loses them all at once; one waits already."""
    rule = Overflow(when=LENGTH, limit=2, do=TRANSFER, queue="second")
    config = with_queues(replace(GENERAL, overflow=(rule,)), SECOND_QUEUE)
    world = Playground(replace(config, reps=(THREE, *CONFIG.reps[1:])))
    world.presence("ana")
    texted(world, 1, 2, 3)
    for each in (1, 2, 3):
        world.accept(each)

    texted(world, 4)
    world.presence("ana", Presence.OFFLINE)
    events = world.later(THREE.disconnect_grace)

    assert [(each.conversation, each.measured) for each in overflows(events)] == [(2, 2), (3, 2)]
    assert [world.conversation(each).queue for each in (1, 2, 3, 4)] == ["general", "second", "second", "general"]


def test_what_can_be_ended_is_ended_and_says_so() -> None:
    world = overflowing_with(Overflow(when=LENGTH, limit=1, do=END))
    texted(world, 1, 2)

    ended = world.conversation(2)
    assert (ended.state, ended.close_reason) == (State.CLOSED, CloseReason.OVERFLOW)
    assert world.conversation(1).state is State.QUEUED
    assert isinstance(world.journal[-1], ConversationClosed)


def test_who_is_ended_and_texts_again_is_looked_at_again() -> None:
    world = overflowing_with(Overflow(when=LENGTH, limit=1, do=END))
    texted(world, 1, 2, 2)
    assert world.conversation(2).close_reason is CloseReason.OVERFLOW

    world.close(1, by="sue")
    texted(world, 2)
    assert world.conversation(2).state is State.QUEUED


def test_the_first_condition_that_holds_acts_in_the_order_in_which_they_are_written() -> None:
    many = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="second")
    closed = Overflow(when=OUT, do=END)
    for rules, state in (((many, closed), State.QUEUED), ((closed, many), State.CLOSED)):
        world = overflowing_with()
        texted(world, 1)
        world.do(Configure(config=with_queues(replace(GENERAL, overflow=rules, hours="closed"), SECOND_QUEUE)))
        texted(world, 2)
        assert world.conversation(2).state is state


def test_a_closed_queue_keeps_what_it_is_told_to_keep_and_offers_it() -> None:
    world = overflowing_with(Overflow(when=OUT, do=QUEUE), Overflow(when=LENGTH, limit=1, do=END), hours="night")
    texted(world, 1, 2)
    assert [facts(each)[:3] for each in overflows(world.journal)] == [("general", OUT, QUEUE)] * 2
    world.presence("ana")
    assert world.offered(1) == "ana"


def test_later_keeps_the_place_and_tells_when_the_queue_opens() -> None:
    world = overflowing_with(Overflow(when=OUT, do=LATER), hours="night")
    texted(world, 1, 2)

    opens_at = START - START % DAY + 20 * HOUR
    assert [each.answer_at for each in overflows(world.journal)] == [opens_at, opens_at]
    assert [each.id for each in world.board.waiting("general", limit=5)] == [1, 2]

    never = overflowing_with(Overflow(when=OUT, do=LATER), hours="closed")
    texted(never, 1)
    assert overflows(never.journal)[0].answer_at is None


def test_who_would_wait_for_too_long_goes_elsewhere() -> None:
    world = Playground(
        with_queues(
            replace(
                GENERAL,
                reps=("ana",),
                overflow=(Overflow(when=EXPECTED, over=5 * MINUTE, do=TRANSFER, queue="second"),),
            ),
            SECOND_QUEUE,
            capacity_cost=2,
        )
    )
    texted(world, *range(1, 6))  # nothing is known yet, and nothing overflows
    world.presence("ana")
    for each in range(1, 6):
        world.accept(each)
        world.later(2 * MINUTE)
        world.close(each)

    texted(world, 11)  # Ana is free
    world.accept(6)
    texted(world, 12, 13, 14)
    assert [world.conversation(each).queue for each in (6, 7, 8, 9)] == ["general", "general", "general", "second"]
    (event,) = overflows(world.journal)
    assert facts(event) == ("general", EXPECTED, TRANSFER, 6 * MINUTE, 5 * MINUTE, "second")


def test_what_has_waited_goes_on_and_offers_do_not_start_the_wait_again() -> None:
    world = overflowing_with(Overflow(when=WAITED, over=10 * MINUTE, do=TRANSFER, queue="second"))
    texted(world, 1)
    world.later(4 * MINUTE)
    world.presence("ana")
    world.do(DeclineOffer(conversation=1, by="ana"))
    world.do(DeclineOffer(conversation=1, by="ana"))
    world.do(DeclineOffer(conversation=1, by="ana"))
    world.later(6 * MINUTE - 1)
    assert world.conversation().queue == "general"
    world.later(1)
    assert world.conversation().queue == "second"
    assert facts(overflows(world.journal)[0]) == ("general", WAITED, TRANSFER, 10 * MINUTE, 10 * MINUTE, "second")


def test_what_is_offered_does_not_overflow() -> None:
    world = overflowing_with(Overflow(when=WAITED, over=60 * SECOND, do=END))
    texted(world, 1)
    world.later(50 * SECOND)
    world.presence("ana")
    world.later(100 * SECOND)
    assert world.conversation().state is State.ASSIGNED
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.conversation().state is State.ASSIGNED  # asked again, since nobody else is there
    for _ in range(2):
        world.do(DeclineOffer(conversation=1, by="ana"))

    world.later(0)
    assert world.conversation().close_reason is CloseReason.OVERFLOW


def test_steps_of_waiting_act_one_after_the_other_whatever_their_order_in_the_file() -> None:
    world = overflowing_with(
        Overflow(when=WAITED, over=30 * MINUTE, do=END), Overflow(when=WAITED, over=10 * MINUTE, do=LATER)
    )
    texted(world, 1)
    assert overflows(world.later(10 * MINUTE))[0].do is LATER
    assert overflows(world.later(19 * MINUTE)) == []
    assert overflows(world.later(1 * MINUTE))[0].do is END
    assert world.conversation().close_reason is CloseReason.OVERFLOW


def test_each_queue_counts_from_when_a_conversation_came_onto_it() -> None:
    waited = Overflow(when=WAITED, over=10 * MINUTE, do=TRANSFER, queue="second")
    ends = Overflow(when=WAITED, over=10 * MINUTE, do=END)
    world = Playground(with_queues(replace(GENERAL, overflow=(waited,)), replace(SECOND_QUEUE, overflow=(ends,))))
    texted(world, 1)
    world.later(10 * MINUTE)
    world.later(10 * MINUTE - 1)
    assert world.conversation().queue == "second"
    world.later(1)
    assert world.conversation().state is State.CLOSED


def test_a_conversation_never_goes_round_in_a_circle() -> None:
    there = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="second")
    back = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="general")
    world = Playground(with_queues(replace(GENERAL, overflow=(there,)), replace(SECOND_QUEUE, overflow=(back,))))
    texted(world, 1, 2, 3)

    assert [world.conversation(each).queue for each in (1, 2, 3)] == ["general", "second", "second"]
    assert [each.stays for each in overflows(world.journal)] == [
        "",
        "",
        "it has been on queue 'general' since a rep last had it",
    ]


def test_a_rep_who_had_it_opens_the_way_again() -> None:
    world = overflowing_with(Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="second"))
    texted(world, 1, 2)
    world.presence("ben")
    world.accept(1, by="ben")
    world.accept(2, by="ben")
    texted(world, 3)
    world.do(TransferConversation(conversation=2, queue="general", by="ben"))
    assert world.conversation(2).queue == "second"
    assert overflows(world.journal)[-1].stays == ""


def test_what_comes_back_or_is_moved_by_people_is_looked_at_again() -> None:
    world = overflowing_with(Overflow(when=LENGTH, limit=1, do=LATER))
    world.presence("ana")
    texted(world, 1)
    world.accept(1)
    texted(world, 2)
    world.accept(2)
    texted(world, 3)
    assert overflows(world.journal) == []

    world.presence("ana", Presence.AWAY)
    released = world.do(ReleaseConversation(conversation=1, by="ana"))
    assert [facts(each)[:4] for each in overflows(released)] == [("general", LENGTH, LATER, 1)]
    moved = world.do(TransferConversation(conversation=1, queue="general", by="sue"))
    assert [each.measured for each in overflows(moved)] == [1]


def end_at_night(world: Playground) -> None:
    """From now on the first queue is closed, and ends what comes onto it."""
    closed = replace(world.config.queues[0], hours="night", overflow=(Overflow(when=OUT, do=END),))
    world.config = replace(world.config, queues=(closed, SECOND_QUEUE))
    world.do(Configure(config=world.config))


def left_by_ana(world: Playground, how: str) -> None:
    """Ana has had conversation 1, its customer waits for an answer, and it comes back onto the queue by `how`."""
    if how == "release":
        world.do(ReleaseConversation(conversation=1, by="ana"))
    elif how == "transfer":
        world.do(TransferConversation(conversation=1, queue="general", by="ana"))
    elif how == "declined transfer":
        world.presence("ana", Presence.AWAY)
        world.presence("ben")
        world.do(TransferConversation(conversation=1, rep="ben", by="ana"))
        world.do(DeclineOffer(conversation=1, by="ben"))
    elif how == "disconnect":
        world.do(RepConnected(rep="ana"))
        world.do(RepDisconnected(rep="ana"))
        world.later(10 * SECOND)
        world.later(CONFIG.reps[0].disconnect_grace)
    else:
        ben = next(each for each in world.config.reps if each.name == "ben")
        sue = next(each for each in world.config.reps if each.name == "sue")
        queues = tuple(replace(each, reps=("ben",)) for each in world.config.queues)
        world.do(Configure(config=replace(world.config, reps=(ben, sue), queues=queues)))


@pytest.mark.parametrize("how", ["release", "transfer", "declined transfer", "disconnect", "not configured"])
def test_nobody_is_sent_away_in_the_middle_of_a_conversation(how: str) -> None:
    world = overflowing_with(reps=("ana",))
    world.active_with("ana")
    end_at_night(world)
    world.text("are you there?")
    left_by_ana(world, how)

    # What she transferred she is offered again, since nobody else could take it.
    assert world.conversation().state is (State.ASSIGNED if how == "transfer" else State.QUEUED)
    (event,) = overflows(world.journal)
    assert event.stays == "ana has had it, and nobody is sent away in the middle of a conversation"
    assert Board.replay("contoso", world.journal).snapshot() == world.board.snapshot()


def test_what_cannot_be_ended_goes_where_a_later_condition_sends_it() -> None:
    ends = Overflow(when=LENGTH, limit=1, do=END)
    spills = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="second")
    world = overflowing_with(ends, spills, reps=("ana",))
    world.active_with("ana")
    world.presence("ana", Presence.AWAY)
    texted(world, 2)
    left_by_ana(world, "release")

    assert (world.conversation(1).state, world.conversation(1).queue) == (State.QUEUED, "second")


def test_what_was_ended_by_a_rep_and_begins_again_is_ended_like_any_other() -> None:
    world = overflowing_with(reps=("ana",))
    world.active_with("ana")
    world.close()
    world.presence("ana", Presence.OFFLINE)
    end_at_night(world)
    world.text("one more thing")

    assert world.conversation().close_reason is CloseReason.OVERFLOW


def test_what_a_rep_has_had_outlives_having_waited_for_too_long() -> None:
    world = overflowing_with(Overflow(when=WAITED, over=10 * MINUTE, do=END), reps=("ana",))
    world.active_with("ana")
    world.text("are you there?")
    world.presence("ana", Presence.AWAY)
    left_by_ana(world, "release")
    world.later(DAY)

    assert world.conversation().state is State.QUEUED
    assert [each.stays != "" for each in overflows(world.journal)] == [True]


def routed(*queues: Queue, split: dict[str, int] | None = None) -> Playground:
    """Return a board whose routes name the first queue (or share out) and then the second; "third" is the fallback."""
    first = Route(name="first", split=split) if split else Route(name="first", queue="general")
    routes = (first, Route(name="next", queue="second"))
    return Playground(with_queues(*queues, Queue(name="third", reps=("sue",)), queue="third", routes=routes))


def reason(world: Playground) -> RouteReason:
    event = next(each for each in reversed(world.journal) if isinstance(each, ConversationQueued))
    assert event.reason is not None
    return event.reason


def test_the_first_queue_that_is_not_overflowing_is_chosen_and_the_others_are_told() -> None:
    full = Overflow(when=LENGTH, limit=1, do=END)
    world = routed(replace(GENERAL, overflow=(full,)), SECOND_QUEUE)
    texted(world, 1, 2)

    assert [world.conversation(each).queue for each in (1, 2)] == ["general", "second"]
    passed = PassedQueue(queue="general", route="first", turn=None, when=LENGTH, measured=1, limit=1)
    assert reason(world) == RouteReason(tried=("first", "next"), rule="next", passed=(passed,))
    assert overflows(world.journal) == []


def test_a_closed_queue_is_passed_over_without_any_overflow_of_its_own() -> None:
    world = routed(replace(GENERAL, hours="closed"), SECOND_QUEUE)
    texted(world, 1)
    assert world.conversation().queue == "second"
    assert [(each.queue, each.when) for each in reason(world).passed] == [("general", OUT)]


def test_where_all_overflow_the_first_that_is_open_acts() -> None:
    full = Overflow(when=LENGTH, limit=1, do=END)
    world = routed(replace(GENERAL, hours="closed"), replace(SECOND_QUEUE, overflow=(full,)))
    texted(world, 1, 2)
    assert world.conversation(2).close_reason is CloseReason.OVERFLOW
    assert world.conversation(2).queue == "second"
    assert [each.queue for each in reason(world).passed] == ["general", "second"]


def test_where_none_is_open_the_one_that_opens_first_acts() -> None:
    later = Overflow(when=OUT, do=LATER)
    world = routed(replace(GENERAL, hours="late"), replace(SECOND_QUEUE, hours="night", overflow=(later,)))
    texted(world, 1)
    assert world.conversation().queue == "second"
    assert overflows(world.journal)[0].answer_at == START - START % DAY + 20 * HOUR

    never = routed(replace(GENERAL, hours="closed"), replace(SECOND_QUEUE, hours="closed"))
    texted(never, 1)
    assert never.conversation().queue == "general"


def test_the_fallback_queue_overflows_like_any_other() -> None:
    full = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="second")
    world = overflowing_with(full)
    texted(world, 1, 2)
    assert world.conversation(2).queue == "second"


def test_percentages_stay_exact_whatever_overflows() -> None:
    full = Overflow(when=LENGTH, limit=1, do=END)
    split = {"general": 60, "third": 40}
    world = routed(replace(GENERAL, overflow=(full,)), SECOND_QUEUE, split=split)
    texted(world, *range(100))

    assert world.board.waiting_on("third") == 40
    assert world.board.waiting_on("general") == 1
    assert world.board.waiting_on("second") == 59


def test_a_queue_that_nobody_serves_closes_nothing_by_itself() -> None:
    world = Playground(with_queues(replace(GENERAL, reps=()), SECOND_QUEUE))
    texted(world, 1)
    world.later(HOUR)
    assert world.conversation().state is State.QUEUED


def test_overflow_goes_on_after_a_restart_and_replays() -> None:
    world = overflowing_with(
        Overflow(when=LENGTH, limit=2, do=LATER), Overflow(when=WAITED, over=10 * MINUTE, do=TRANSFER, queue="second")
    )
    texted(world, 1, 2, 3)
    world.later(MINUTE)
    kept = world.board.snapshot()
    assert Board.replay("contoso", world.journal).snapshot() == kept

    world.board = Board.restore(kept)
    world.later(9 * MINUTE)
    assert world.board.waiting_on("second") == 3


def test_a_configuration_changes_overflow_at_once() -> None:
    world = overflowing_with()
    texted(world, 1)
    world.later(20 * MINUTE)
    ends = Overflow(when=WAITED, over=10 * MINUTE, do=END)
    world.do(Configure(config=with_queues(replace(GENERAL, overflow=(ends,)), SECOND_QUEUE)))
    world.later(0)
    assert world.conversation().close_reason is CloseReason.OVERFLOW


def test_what_has_been_done_after_waiting_stays_done_whatever_steps_a_configuration_brings() -> None:
    later = Overflow(when=WAITED, over=10 * MINUTE, do=LATER)
    ends = Overflow(when=WAITED, over=30 * MINUTE, do=END)
    world = overflowing_with(later, ends)
    texted(world, 1)
    world.later(15 * MINUTE)
    sooner = Overflow(when=WAITED, over=5 * MINUTE, do=LATER)
    world.do(Configure(config=with_queues(replace(GENERAL, overflow=(sooner, later, ends)), SECOND_QUEUE)))
    world.later(10 * MINUTE)
    assert [each.limit for each in overflows(world.journal)] == [10 * MINUTE]

    world.do(Configure(config=with_queues(replace(GENERAL, overflow=(ends,)), SECOND_QUEUE)))
    world.later(5 * MINUTE)
    assert world.conversation().close_reason is CloseReason.OVERFLOW


def test_a_step_that_was_in_vain_does_not_count_for_another_of_its_kind() -> None:
    def goes_on(over: int, queue: str) -> Overflow:
        return Overflow(when=WAITED, over=over * MINUTE, do=TRANSFER, queue=queue)

    third = Queue(name="third", reps=("sue",))
    world = Playground(with_queues(replace(GENERAL, overflow=(goes_on(5, "second"),)), SECOND_QUEUE, third))
    texted(world, 1)
    for queue in ("second", "general"):
        world.do(TransferConversation(conversation=1, queue=queue, by="sue"))

    world.later(5 * MINUTE)
    assert [each.stays for each in overflows(world.journal)] == [
        "it has been on queue 'second' since a rep last had it"
    ]

    world.do(Configure(config=with_queues(replace(GENERAL, overflow=(goes_on(10, "third"),)), SECOND_QUEUE, third)))
    world.later(5 * MINUTE)
    assert world.conversation().queue == "third"


def test_a_step_that_has_acted_does_not_act_again_because_it_is_to_come_later_now() -> None:
    def steps(*waits: int) -> tuple[Overflow, ...]:
        return tuple(Overflow(when=WAITED, over=each * MINUTE, do=LATER) for each in waits)

    world = overflowing_with(*steps(10))
    texted(world, 1)
    world.later(15 * MINUTE)
    world.do(Configure(config=with_queues(replace(GENERAL, overflow=steps(20)), SECOND_QUEUE)))
    world.later(10 * MINUTE)
    assert [each.limit for each in overflows(world.journal)] == [10 * MINUTE]

    world.do(Configure(config=with_queues(replace(GENERAL, overflow=steps(20, 40)), SECOND_QUEUE)))
    restored = Board.restore(world.board.snapshot())
    world.later(30 * MINUTE)
    assert [each.limit for each in overflows(world.journal)] == [10 * MINUTE, 40 * MINUTE]
    assert overflows(restored.apply(Tick(), world.at)) == overflows(world.journal)[1:]


def test_two_steps_after_as_long_a_wait_are_refused() -> None:
    steps = tuple(Overflow(when=WAITED, over=MINUTE, do=each) for each in (LATER, END))
    long_wait = Overflow(when=EXPECTED, over=MINUTE, do=LATER)
    config = with_queues(replace(GENERAL, overflow=(long_wait, *steps)), SECOND_QUEUE)
    assert list(find_problems(config)) == ["queues[0].overflow[2].over: another acts after as long a wait; remove one"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (Overflow(when=LENGTH, do=END), ".limit: missing: when = 'length' needs it"),
        (Overflow(when=LENGTH, limit=1, over=MINUTE, do=END), ".over: does not go with when = 'length'"),
        (Overflow(when=WAITED, do=END), ".over: missing"),
        (Overflow(when=EXPECTED, do=END), ".over: missing"),
        (Overflow(when=EXPECTED, over=MINUTE, limit=3, do=END), ".limit: does not go with"),
        (Overflow(when=OUT, limit=1, do=END), ".limit: does not go with"),
        (Overflow(when=OUT, do=END), ".when: the queue has no hours"),
        (Overflow(when=WAITED, over=MINUTE, do=QUEUE), ".do: what has waited is on the queue already"),
        (Overflow(when=LENGTH, limit=1, do=TRANSFER), ".queue: missing"),
        (Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="nowhere"), ".queue: there is no queue 'nowhere'"),
        (Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="general"), ".queue: 'general' is this queue"),
        (Overflow(when=LENGTH, limit=1, do=END, queue="second"), ".queue: goes with do = 'transfer' alone"),
    ],
)
def test_overflow_that_makes_no_sense_is_refused_with_its_key(rule: Overflow, problem: str) -> None:
    config = with_queues(replace(GENERAL, overflow=(rule,)), SECOND_QUEUE)
    assert any(f"queues[0].overflow[0]{problem}" in each for each in find_problems(config))


def test_transfers_in_a_circle_are_no_problem() -> None:
    there = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="second")
    back = Overflow(when=LENGTH, limit=1, do=TRANSFER, queue="general")
    config = with_queues(replace(GENERAL, overflow=(there,)), replace(SECOND_QUEUE, overflow=(back,)))
    assert list(find_problems(config)) == []
