"""What supervisors alone do: taking conversations over, and asking the same of many."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from cordboard.engine import Board
from cordboard.engine.commands import (
    MOST_AT_ONCE,
    BeginBulk,
    CloseConversation,
    Configure,
    ReleaseConversation,
    TakeOver,
    TransferConversation,
)
from cordboard.engine.config import Skill
from cordboard.engine.errors import IllegalTransition, NotAllowed, NotFound, RepUnable
from cordboard.engine.events import (
    BulkBegun,
    ConversationPicked,
    ConversationReleased,
    ConversationRequeued,
    ConversationTransferred,
    Event,
    Move,
    OfferAccepted,
    OfferWithdrawn,
)
from cordboard.engine.routing_words import SkillMatching
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import BulkAction, Presence, State


def waiting(world: Playground) -> None:
    world.text()


def offered_to_ana(world: Playground) -> None:
    world.presence("ana")
    world.text()


def with_ana(world: Playground) -> None:
    world.active_with("ana")


def parked_by_ana(world: Playground) -> None:
    world.active_with("ana")
    world.park()


def parked_by_sue(world: Playground) -> None:
    world.text()
    world.presence("sue")
    world.pick(by="sue")
    world.park(by="sue")


def offered_to_sue(world: Playground) -> None:
    world.text()
    world.presence("sue")
    world.do(TransferConversation(conversation=1, by="sue", rep="sue"))


def take_over(world: Playground, why: str = "", by: str = "sue") -> tuple[Event, ...]:
    return world.do(TakeOver(conversation=1, by=by, why=why))


@pytest.mark.parametrize(
    "before",
    [waiting, offered_to_ana, with_ana, parked_by_ana, parked_by_sue, offered_to_sue],
    ids=lambda it: it.__name__,
)
def test_a_supervisor_takes_over_whatever_is_open(world: Playground, before: Callable[[Playground], None]) -> None:
    before(world)
    world.presence("sue")
    events = take_over(world)

    conversation = world.conversation()
    assert (conversation.state, conversation.holder, conversation.rep) == (State.ACTIVE, "sue", "sue")
    assert not conversation.parked
    assert (world.board.load_of("ana"), world.board.load_of("sue")) == (0, 1)
    assert {each.by for each in events if isinstance(each, Move)} == {"sue"}
    assert Board.replay(CONFIG.name, world.journal).snapshot() == world.board.snapshot()


def test_taking_over_an_offer_takes_it_back_first_and_says_why(world: Playground) -> None:
    offered_to_ana(world)
    world.presence("sue")
    withdrawn, picked = take_over(world, "a friend of mine")

    assert isinstance(withdrawn, OfferWithdrawn)
    assert isinstance(picked, ConversationPicked)
    assert (withdrawn.rep, withdrawn.by, withdrawn.why) == ("ana", "sue", "taken over: a friend of mine")
    assert picked.why == "a friend of mine"


def test_taking_over_what_somebody_has_is_a_transfer_that_is_accepted_at_once(world: Playground) -> None:
    with_ana(world)
    world.presence("sue")
    transferred, accepted = take_over(world)

    assert isinstance(transferred, ConversationTransferred)
    assert isinstance(accepted, OfferAccepted)
    assert (transferred.why, accepted.why) == ("taken over", "taken over")
    assert transferred.expires_at is None


def test_only_a_supervisor_takes_over(world: Playground) -> None:
    with_ana(world)
    world.presence("ben")
    with pytest.raises(NotAllowed):
        take_over(world, by="ben")

    with pytest.raises(NotAllowed, match="nobody on board"):
        take_over(world, by="mallory")

    waiting(world)
    with pytest.raises(NotAllowed, match="ana is no supervisor"):
        take_over(world, by="ana")


def test_taking_over_needs_room(world: Playground) -> None:
    with_ana(world)
    with pytest.raises(RepUnable, match="sue is offline"):
        take_over(world)

    world.presence("sue", Presence.BUSY)
    for customer in ("+14155550201", "+14155550202"):
        world.text(customer=customer)
        taken = world.board.counters.conversation
        world.do(TakeOver(conversation=taken, by="sue"))

    before = world.board.snapshot()
    with pytest.raises(RepUnable, match="0 units of capacity free"):
        take_over(world)

    assert world.board.snapshot() == before


def test_what_is_theirs_already_or_ended_cannot_be_taken_over(world: Playground) -> None:
    waiting(world)
    world.presence("sue")
    take_over(world)
    with pytest.raises(RepUnable, match="with sue already"):
        take_over(world)

    world.close(by="sue")
    with pytest.raises(IllegalTransition, match="closed"):
        take_over(world)

    with pytest.raises(NotFound):
        world.do(TakeOver(conversation=7, by="sue"))


def test_a_supervisor_takes_over_without_the_skills(world: Playground) -> None:
    world.config = replace(world.config, skills=(Skill(name="billing"),))
    world.configure(skills={"billing": 3}, skill_matching=SkillMatching.EXACT)
    waiting(world)
    world.presence("sue")
    take_over(world)

    assert world.offered() == "sue"


def test_a_reason_goes_into_the_events(world: Playground) -> None:
    with_ana(world)
    world.presence("ana", Presence.AWAY)
    (released, *_) = world.do(ReleaseConversation(conversation=1, by="sue", why="not hers"))
    (requeued, *_) = world.do(TransferConversation(conversation=1, by="sue", queue="second", why="for Ben"))
    (closed,) = world.do(CloseConversation(conversation=1, by="sue", why="spam"))

    assert isinstance(released, ConversationReleased)
    assert isinstance(requeued, ConversationRequeued)
    assert [each.why for each in (released, requeued, closed) if isinstance(each, Move)] == [
        "not hers",
        "for Ben",
        "spam",
    ]


def test_an_assignment_by_hand_says_who_and_why(world: Playground) -> None:
    waiting(world)
    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    world.presence("ana")
    offer = world.do(TransferConversation(conversation=1, by="sue", rep="ana", why="she knows them"))

    assert [(each.by, each.why) for each in offer if isinstance(each, Move)][-1] == ("sue", "she knows them")


def test_what_is_asked_of_many_is_noted_with_who_asks(world: Playground) -> None:
    waiting(world)
    before = world.board.snapshot()
    (begun,) = world.do(
        BeginBulk(conversations=(1, 7), action=BulkAction.TRANSFER, queue="second", why="Ben is here", by="sue")
    )

    assert isinstance(begun, BulkBegun)
    assert (begun.conversations, begun.action, begun.queue, begun.by) == ((1, 7), BulkAction.TRANSFER, "second", "sue")
    assert world.board.snapshot() == replace(before, counters=replace(before.counters, seq=begun.seq))


def test_only_supervisors_ask_the_same_of_many_and_of_no_more_than_a_thousand(world: Playground) -> None:
    with pytest.raises(NotAllowed, match="ana is no supervisor"):
        world.do(BeginBulk(conversations=(1,), action=BulkAction.CLOSE, by="ana"))

    many = tuple(range(1, MOST_AT_ONCE + 2))
    with pytest.raises(NotAllowed, match="1001 conversations are too many"):
        world.do(BeginBulk(conversations=many, action=BulkAction.CLOSE, by="sue"))

    world.do(BeginBulk(conversations=many[1:], action=BulkAction.CLOSE, by="sue"))


def test_the_skills_that_a_conversation_needs_are_told(world: Playground) -> None:
    world.config = replace(world.config, skills=(Skill(name="billing"), Skill(name="dutch")))
    world.do(Configure(config=world.config))
    world.configure(skills={"billing": 3}, skill_matching=SkillMatching.CLOSEST)
    waiting(world)

    assert world.board.skills_needed(replace(world.conversation(), skills={"dutch": 2, "billing": 0})) == {"dutch": 2}
    assert world.board.skills_needed(world.conversation()) == {"billing": 3}
