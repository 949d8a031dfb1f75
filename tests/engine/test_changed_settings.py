"""A workstream's settings change while conversations are under way, and each deadline is kept to the millisecond."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cordboard.engine import Board
from cordboard.engine.commands import CloseConversation, Configure, DeclineOffer
from cordboard.engine.config import DAY, HOUR, MINUTE, SECOND, AutoClose, Rep, Skill
from cordboard.engine.events import ConversationRequeued
from cordboard.engine.routing_words import Distribution, SkillMatching
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import CloseReason, Presence, State

OTHER = "+14155550199"


def offered_to_ana() -> Playground:
    world = Playground()
    world.presence("ana")
    world.text()
    return world


def test_what_waits_when_picking_turns_to_pushing_is_offered_at_once_the_first_first() -> None:
    world = Playground()
    world.configure(distribution=Distribution.PICK)
    world.presence("ana")
    for each in range(1, 4):
        world.text(customer=f"+1415555010{each}")
        world.at += 1

    assert world.board.waiting_on("general") == 3

    world.configure(distribution=Distribution.PUSH)

    assert [world.offered(each) for each in (1, 2, 3)] == ["ana", "ana", None]


def test_an_offer_that_is_out_stands_when_pushing_turns_to_picking() -> None:
    world = offered_to_ana()
    world.configure(distribution=Distribution.PICK)
    assert world.offered() == "ana"

    world.accept()

    assert world.conversation().state is State.ACTIVE


@pytest.mark.parametrize("ends", ["declined", "missed"])
def test_an_offer_that_ends_after_pushing_turned_to_picking_is_not_made_again(ends: str) -> None:
    world = offered_to_ana()
    world.presence("ben")
    world.configure(distribution=Distribution.PICK)
    if ends == "declined":
        world.do(DeclineOffer(conversation=1, by="ana"))
    else:
        world.later(120 * SECOND)

    assert (world.conversation().state, world.offered()) == (State.QUEUED, None)

    world.pick(by="ben")
    assert world.offered() == "ben"


def test_an_offer_that_is_out_stands_though_its_rep_s_presence_is_allowed_no_more() -> None:
    world = offered_to_ana()
    world.presence("ana", Presence.BUSY)
    world.configure(allowed_presences=(Presence.AVAILABLE,))
    world.text(customer=OTHER)
    assert [world.offered(each) for each in (1, 2)] == ["ana", None]

    world.accept()

    assert world.conversation().state is State.ACTIVE


def test_a_presence_that_is_allowed_from_now_on_brings_what_waits_at_once() -> None:
    world = Playground()
    world.presence("ana", Presence.DO_NOT_DISTURB)
    world.text()
    assert world.offered() is None

    world.configure(allowed_presences=(Presence.AVAILABLE, Presence.DO_NOT_DISTURB))

    assert world.offered() == "ana"


@pytest.mark.parametrize("then", [10 * SECOND, 10 * MINUTE], ids=["shorter", "longer"])
def test_an_offer_keeps_the_time_it_was_made_with(then: int) -> None:
    world = offered_to_ana()
    world.presence("ben")
    world.configure(offer_timeout=then)
    world.later(120 * SECOND - 1)
    assert world.offered() == "ana"

    world.later(1)
    assert world.offered() == "ben"

    world.later(then - 1)
    assert world.offered() == "ben", "the next one has the new time"

    world.later(1)
    assert world.offered() == "ana"


def test_what_a_rep_holds_keeps_its_cost_and_what_waits_takes_the_new_one() -> None:
    world = Playground()
    world.active_with("ana")
    world.configure(capacity_cost=2)
    assert world.board.load_of("ana") == 1

    world.text(customer=OTHER)
    assert world.offered(2) is None

    world.close(1)
    assert (world.offered(2), world.board.load_of("ana")) == ("ana", 2)

    world.configure(capacity_cost=1)
    assert world.board.load_of("ana") == 2


def test_what_is_resumed_takes_the_new_cost() -> None:
    world = Playground()
    world.active_with("ana")
    world.park()
    world.configure(capacity_cost=2)
    world.text("one more thing")

    assert (world.offered(), world.board.load_of("ana")) == ("ana", 2)


@pytest.mark.parametrize("then", [5 * MINUTE, 30 * MINUTE], ids=["shorter", "longer"])
def test_quiet_parking_goes_by_the_setting_as_it_is_now_and_to_the_millisecond(then: int) -> None:
    world = Playground()
    world.active_with("ana")
    world.later(1 * MINUTE)
    world.reply()
    world.configure(quiet_after=then)
    world.later(then - 1)
    assert not world.conversation().parked

    world.later(1)

    assert world.conversation().parked


def test_a_quiet_time_that_is_over_under_the_new_setting_is_over_at_once() -> None:
    world = Playground()
    world.active_with("ana")
    world.reply()
    world.later(6 * MINUTE)
    world.configure(quiet_after=5 * MINUTE)
    world.later(0)

    assert world.conversation().parked


def waiting(world: Playground) -> None:
    world.text()


def active(world: Playground) -> None:
    world.configure(quiet_after=365 * DAY)
    world.active_with("ana")
    world.reply()


def parked(world: Playground) -> None:
    world.active_with("ana")
    world.reply()
    world.park()


STAGES: list[tuple[Any, AutoClose, int]] = [
    (waiting, AutoClose(), 30 * DAY),
    (active, AutoClose(), 30 * DAY),
    (parked, AutoClose(), 3 * DAY),
    (waiting, AutoClose(queued=1_001), 1_001),
    (active, AutoClose(active=7 * MINUTE), 7 * MINUTE),
    (parked, AutoClose(parked=HOUR), HOUR),
]


@pytest.mark.parametrize(("stage", "auto_close", "after"), STAGES)
def test_auto_close_is_exact_to_the_millisecond_in_every_state(stage: Any, auto_close: AutoClose, after: int) -> None:
    world = Playground()
    stage(world)
    world.configure(auto_close=auto_close)
    assert world.board.next_deadline == world.at + after

    world.later(after - 1)
    assert world.conversation().state is not State.CLOSED

    world.later(1)

    assert world.conversation().close_reason is CloseReason.INACTIVITY


def test_the_reopen_window_goes_by_the_setting_as_it_is_now_and_to_the_millisecond() -> None:
    worlds = [Playground(), Playground()]
    for world, at in zip(worlds, (HOUR - 1, HOUR), strict=True):
        world.active_with("ana")
        world.close()
        world.configure(reopen_window=HOUR)
        world.later(at)
        world.text("it broke again")

    assert [world.board.conversation(2) is None for world in worlds] == [True, False]


def test_without_a_reopen_window_every_text_after_the_end_begins_anew() -> None:
    world = Playground()
    world.configure(reopen_window=0)
    world.active_with("ana")
    world.close()
    world.text("a new thing")

    assert world.conversation(2).state is State.ASSIGNED


def test_a_customer_who_comes_back_is_placed_by_their_oldest_unanswered_text() -> None:
    """The first customer was parked without an answer, and writes again after another one has come."""
    world = Playground()
    world.active_with("ana")
    world.park()

    world.presence("ana", Presence.AWAY)
    world.text(customer=OTHER)
    world.later(1 * MINUTE)
    world.text("hello?")
    assert [each.id for each in world.board.waiting("general", limit=9)] == [1, 2]

    world.configure(capacity_cost=2)
    world.presence("ben")
    assert [world.offered(each) for each in (1, 2)] == ["ben", None]


def test_a_customer_who_has_had_an_answer_is_placed_by_the_text_that_came_after_it() -> None:
    world = Playground()
    world.active_with("ana")
    world.reply()
    world.do(CloseConversation(conversation=1, by="ana"))
    world.presence("ana", Presence.AWAY)
    world.text(customer=OTHER)
    world.at += 1
    world.text("one more thing")

    assert [each.id for each in world.board.waiting("general", limit=9)] == [2, 1]


@pytest.mark.parametrize("matching", [SkillMatching.CLOSEST, SkillMatching.NONE])
def test_skill_matching_that_changes_matches_what_waits_anew(matching: SkillMatching) -> None:
    reps = (Rep(name="ana", skills={"billing": 1}), *CONFIG.reps[1:])
    world = Playground(replace(CONFIG, skills=(Skill(name="billing"),), reps=reps))
    world.configure(skills={"billing": 3})
    world.presence("ana")
    world.text()
    assert world.offered() is None

    world.configure(skill_matching=matching)

    assert world.offered() == "ana"


def test_more_declines_than_before_let_a_rep_be_asked_again() -> None:
    world = Playground()
    world.configure(max_declines=1)
    world.presence("ana")
    world.text()
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.offered() is None

    world.configure(max_declines=2)

    assert world.offered() == "ana"


def test_a_number_that_changes_its_workstream_leaves_its_open_conversations_where_they_are() -> None:
    world = Playground()
    world.text()
    second = replace(CONFIG.workstreams[0], name="sales", queue="second")
    numbers = (replace(CONFIG.numbers[0], workstream="sales"),)
    world.do(Configure(config=replace(CONFIG, workstreams=(*CONFIG.workstreams, second), numbers=numbers)))
    world.text("still here")
    world.text(customer=OTHER)

    assert [world.conversation(each).workstream for each in (1, 2)] == ["support", "sales"]


def test_a_configuration_does_the_same_in_the_same_order_on_a_restored_board() -> None:
    """Conversation 1 ends and is taken up again, so that the live board has it behind 2."""
    world = Playground()
    world.active_with("ana")
    world.text(customer="+14155550102")
    world.close()
    world.presence("ana", Presence.AWAY)
    world.later(SECOND)
    world.text("one more thing")
    restored = Board.restore(world.board.snapshot())
    second = replace(CONFIG.queues[1], reps=("ana", "ben"))
    moved = Configure(
        config=replace(CONFIG, queues=(second,), workstreams=(replace(CONFIG.workstreams[0], queue="second"),))
    )

    live = world.board.apply(moved, world.at)

    assert [each.conversation for each in live if isinstance(each, ConversationRequeued)] == [1, 2]
    assert restored.apply(moved, world.at) == live
