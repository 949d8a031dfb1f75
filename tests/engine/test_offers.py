"""From a text to a rep: offers, and what becomes of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine.commands import AcceptOffer, Configure, DeclineOffer
from cordboard.engine.config import Rep, Workstream
from cordboard.engine.errors import IllegalTransition, NotAllowed, NotFound, RepUnable
from cordboard.engine.routing_words import Distribution
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, State


def test_a_text_opens_a_conversation_that_waits_when_nobody_is_there(world: Playground) -> None:
    world.text("anyone?")

    conversation = world.conversation()
    assert (conversation.state, conversation.queue, conversation.holder) == (State.QUEUED, "general", None)
    assert world.board.waiting_on("general") == 1


def test_the_backlog_is_offered_the_moment_a_rep_becomes_available(world: Playground) -> None:
    world.text()
    world.presence("ana")

    assert world.offered() == "ana"
    assert world.conversation().state is State.ASSIGNED


def test_the_longest_waiting_customer_is_offered_first(world: Playground) -> None:
    for customer in ("+14155550101", "+14155550102", "+14155550103"):
        world.text(customer=customer)
        world.at += 1_000

    world.presence("ana")

    assert [world.offered(each) for each in (1, 2, 3)] == ["ana", "ana", None]


def test_a_waiting_customer_who_texts_again_keeps_the_place(world: Playground) -> None:
    world.text(customer="+14155550101")
    world.at += 1_000
    world.text(customer="+14155550102")
    world.at += 1_000
    world.text("still here", customer="+14155550101")
    world.configure(capacity_cost=2)
    world.presence("ana")

    assert [world.offered(each) for each in (1, 2)] == ["ana", None]


def test_the_rep_with_most_free_capacity_is_chosen(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ben")
    world.text(customer="+14155550199")

    assert world.offered(2) == "ben"


def test_among_equals_the_earliest_last_assignment_is_chosen(world: Playground) -> None:
    world.presence("ana")
    world.presence("ben")
    chosen = []
    for turn in range(1, 5):
        world.text(customer=f"+1415555010{turn}")
        rep = world.offered(turn)
        assert rep is not None
        chosen.append(rep)
        world.accept(turn, by=rep)
        world.close(turn, by=rep)

    assert chosen == ["ana", "ben", "ana", "ben"]


def test_nobody_is_offered_more_than_their_capacity(world: Playground) -> None:
    world.presence("ana")
    for turn in range(1, 6):
        world.text(customer=f"+1415555010{turn}")

    assert world.board.load_of("ana") == 2
    assert world.board.waiting_on("general") == 3


def test_a_freed_unit_of_capacity_brings_the_next_conversation(world: Playground) -> None:
    world.presence("ana")
    for turn in range(1, 4):
        world.text(customer=f"+1415555010{turn}")

    world.accept(1)
    world.close(1)

    assert world.offered(3) == "ana"


def test_a_rep_who_is_added_gets_the_backlog(world: Playground) -> None:
    world.text()
    queue = replace(CONFIG.queues[0], reps=("ana", "ben", "new"))
    reps = (*CONFIG.reps, Rep(name="new", capacity=1))
    world.do(Configure(config=replace(CONFIG, queues=(queue, CONFIG.queues[1]), reps=reps)))
    world.presence("new")

    assert world.offered() == "new"


def test_a_capacity_raised_by_configuration_takes_effect_at_once(world: Playground) -> None:
    world.presence("ana")
    for turn in range(1, 4):
        world.text(customer=f"+1415555010{turn}")

    world.do(Configure(config=replace(CONFIG, reps=(Rep(name="ana", capacity=3), *CONFIG.reps[1:]))))

    assert world.offered(3) == "ana"


@pytest.mark.parametrize("presence", [Presence.DO_NOT_DISTURB, Presence.AWAY, Presence.OFFLINE])
def test_presences_that_the_workstream_does_not_allow_get_nothing(world: Playground, presence: Presence) -> None:
    world.presence("ana")
    world.presence("ana", presence)
    world.text()

    assert world.offered() is None


def test_a_declined_offer_goes_to_another_rep_first(world: Playground) -> None:
    world.presence("ana")
    world.presence("ben")
    world.text()
    world.do(DeclineOffer(conversation=1, by="ana"))

    assert world.offered() == "ben"


def test_a_missed_offer_goes_to_another_rep_first(world: Playground) -> None:
    world.presence("ana")
    world.presence("ben")
    world.text()
    world.later(119_999)
    assert world.offered() == "ana"

    world.later(1)

    assert world.offered() == "ben"


def test_a_rep_is_asked_again_only_when_nobody_else_can_and_not_for_ever(world: Playground) -> None:
    world.presence("ana")
    world.text()
    for _ in range(3):
        assert world.offered() == "ana"
        world.do(DeclineOffer(conversation=1, by="ana"))

    assert (world.offered(), world.conversation().state) == (None, State.QUEUED)

    world.presence("ben")
    assert world.offered() == "ben"


def test_what_a_rep_will_not_have_does_not_stand_in_the_way_of_the_next(world: Playground) -> None:
    world.configure(max_declines=1)
    world.presence("ana")
    world.text(customer="+14155550101")
    world.do(DeclineOffer(conversation=1, by="ana"))
    world.text(customer="+14155550102")

    assert [world.offered(each) for each in (1, 2)] == [None, "ana"]


def test_an_accepted_offer_does_not_expire(world: Playground) -> None:
    world.active_with("ana")
    world.later(120_000)

    assert world.conversation().state is State.ACTIVE


def test_auto_accept_makes_an_offer_active_at_once(world: Playground) -> None:
    world.configure(auto_accept=True)
    world.presence("ana")
    world.text()

    assert (world.conversation().state, world.offered()) == (State.ACTIVE, "ana")


def test_a_pick_workstream_offers_nothing_and_its_reps_pick(world: Playground) -> None:
    world.configure(distribution=Distribution.PICK)
    world.presence("ana")
    world.text()
    assert world.offered() is None

    world.pick(by="ana")

    assert (world.conversation().state, world.offered()) == (State.ACTIVE, "ana")


def test_switching_from_pick_to_push_offers_what_waits(world: Playground) -> None:
    world.configure(distribution=Distribution.PICK)
    world.presence("ana")
    world.text()
    world.configure(distribution=Distribution.PUSH)

    assert world.offered() == "ana"


def test_only_the_rep_an_offer_was_made_to_may_answer_it(world: Playground) -> None:
    world.presence("ana")
    world.text()
    before = world.board.snapshot()
    for command in (AcceptOffer(conversation=1, by="ben"), DeclineOffer(conversation=1, by="sue")):
        with pytest.raises(NotAllowed):
            world.do(command)

    assert world.board.snapshot() == before


def test_an_illegal_move_changes_nothing(world: Playground) -> None:
    world.text()
    before = world.board.snapshot()
    with pytest.raises(IllegalTransition, match="conversation 1 is queued, cannot accept"):
        world.accept()

    assert world.board.snapshot() == before


def test_a_conversation_that_never_was_is_not_found(world: Playground) -> None:
    with pytest.raises(NotFound, match="no conversation 99"):
        world.accept(99)


def test_a_rep_picks_only_from_queues_they_serve_and_only_with_room(world: Playground) -> None:
    world.configure(distribution=Distribution.PICK, capacity_cost=2)
    world.text(customer="+14155550101")
    world.text(customer="+14155550102")
    with pytest.raises(RepUnable, match="offline"):
        world.pick(1, by="ana")

    world.presence("ana")
    world.pick(1, by="ana")
    with pytest.raises(RepUnable, match="0 units of capacity free"):
        world.pick(2, by="ana")

    second = Workstream(name="support", queue="second", distribution=Distribution.PICK)
    other = Playground(replace(CONFIG, workstreams=(second,)))
    other.text()
    other.presence("ana")
    with pytest.raises(NotAllowed, match="not ana's to act on"):
        other.pick(1, by="ana")


def test_a_rep_who_goes_offline_loses_offers_at_once(world: Playground) -> None:
    world.presence("ana")
    world.presence("ben")
    world.text()
    world.presence("ana", Presence.OFFLINE)

    assert world.offered() == "ben"
