"""A rep hands a conversation to another queue: they are not through with customers, only with this one's matter."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from cordboard.engine import Board
from cordboard.engine.commands import (
    CloseConversation,
    Configure,
    DeclineOffer,
    ReleaseConversation,
    TransferConversation,
)
from cordboard.engine.config import DAY, MINUTE, AutoClose, Overflow, Queue
from cordboard.engine.events import ConversationOffered, ConversationReleased, Event
from cordboard.engine.records import BoardSnapshot
from cordboard.engine.routing_words import OverflowAction, OverflowCondition, PassedOver
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, State

OTHER = "+14155550199"


@pytest.fixture
def world() -> Playground:
    """Ana serves both queues, Ben the second one alone; a conversation is with Ana."""
    world = Playground(
        replace(CONFIG, queues=(Queue(name="general", reps=("ana",)), Queue(name="second", reps=("ana", "ben"))))
    )
    world.active_with("ana")
    return world


def transfer(world: Playground, *, by: str = "ana") -> tuple[Event, ...]:
    return world.do(TransferConversation(conversation=1, by=by, queue="second", why="an invoice"))


def standing_of(world: Playground, rep: str) -> PassedOver:
    return next(each.reason for each in world.board.explain_waiting(1).reps if each.rep == rep)


def goes_on_alike(world: Playground) -> bool:
    """Whether a board that is restored, and one that is made from the journal, are as this one is."""
    snapshot = world.board.snapshot()
    kept = msgspec.json.decode(msgspec.json.encode(snapshot), type=BoardSnapshot)
    journal = msgspec.json.decode(msgspec.json.encode(world.journal), type=list[Event])
    return Board.restore(kept).snapshot() == Board.replay("contoso", journal).snapshot() == snapshot


def test_a_transfer_to_a_queue_says_that_it_is_one_who_did_it_where_to_and_why(world: Playground) -> None:
    (event, *_) = transfer(world)

    assert isinstance(event, ConversationReleased)
    assert (event.transferred, event.by, event.queue, event.why) == (True, "ana", "second", "an invoice")
    assert goes_on_alike(world)


def test_what_is_put_back_is_no_transfer(world: Playground) -> None:
    (event, *_) = world.do(ReleaseConversation(conversation=1, by="ana"))

    assert isinstance(event, ConversationReleased)
    assert not event.transferred
    assert standing_of(world, "ana") is PassedOver.DECLINED


def test_who_transfers_to_a_queue_of_their_own_does_not_get_it_back_while_a_colleague_can_take_it(
    world: Playground,
) -> None:
    world.text("a second matter", customer=OTHER)
    world.presence("ben")
    world.do(TransferConversation(conversation=2, by="sue", rep="ben"))  # so Ana is the freer of the two

    transfer(world)

    assert world.offered() == "ben"
    world.later(2 * MINUTE)  # Ben misses it: Ana has declined nothing, so she comes before he is asked again
    assert world.offered() == "ana"


def test_where_nobody_else_can_take_it_they_are_offered_it_again_and_the_offer_says_so(world: Playground) -> None:
    events = transfer(world)

    offer = next(each for each in events if isinstance(each, ConversationOffered))
    assert offer.rep == "ana"
    assert offer.reason is not None
    assert (offer.reason.transferred, offer.reason.declines, offer.reason.candidates) == (True, 0, 1)
    assert goes_on_alike(world)


def test_who_transferred_it_has_not_declined_it(world: Playground) -> None:
    world.presence("ana", Presence.AWAY)
    transfer(world)
    assert standing_of(world, "ana") is PassedOver.PRESENCE
    assert world.conversation().escalated_at is None

    world.presence("ana")  # nobody else has come
    assert world.offered() == "ana"
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.conversation().passed == {"ana": 1}


def test_what_a_supervisor_moves_may_go_to_whomever_it_was_taken_from(world: Playground) -> None:
    transfer(world, by="sue")

    assert world.offered() == "ana"
    assert world.conversation().passed == {}


def test_who_transferred_it_is_not_waited_for_when_its_customer_comes_back(world: Playground) -> None:
    world.presence("ana", Presence.AWAY)
    world.configure(auto_close=AutoClose(queued=DAY))
    transfer(world)
    world.later(DAY)
    assert world.conversation().state is State.CLOSED

    world.presence("ben")
    world.presence("ana")
    world.text("hello again?")

    assert world.offered() == "ben"


def test_nothing_is_accepted_by_itself_for_who_has_just_transferred_it(world: Playground) -> None:
    world.configure(auto_accept=True)
    world.presence("ben", Presence.AWAY)

    transfer(world)

    assert world.offered() == "ana"
    assert world.conversation().state is State.ASSIGNED, "they are asked"


def test_a_queue_does_not_overflow_with_what_who_transferred_it_takes_at_once() -> None:
    general, second = (replace(each, reps=("ana",)) for each in CONFIG.queues[:2])
    reps = (replace(CONFIG.reps[0], capacity=1), *CONFIG.reps[1:])
    world = Playground(replace(CONFIG, queues=(general, second), reps=reps))
    world.presence("ana")
    for each in range(6):
        world.text(customer=f"+1415555010{each}")

    for each in range(5):
        world.accept(each + 1)
        world.later(20 * MINUTE)
        world.close(each + 1)

    world.accept(6)
    full = Overflow(when=OverflowCondition.EXPECTED_WAIT, over=MINUTE, do=OverflowAction.TRANSFER, queue="second")
    world.do(Configure(config=replace(world.config, queues=(replace(general, overflow=(full,)), second))))

    world.do(TransferConversation(conversation=6, by="ana", queue="general"))

    assert (world.conversation(6).queue, world.offered(6)) == ("general", "ana")


def test_who_put_it_back_and_then_declined_it_too_is_not_asked_when_it_goes_on(world: Playground) -> None:
    world.do(ReleaseConversation(conversation=1, by="ana"))
    world.do(TransferConversation(conversation=1, by="sue", rep="ana"))
    world.do(DeclineOffer(conversation=1, by="ana"))
    world.do(CloseConversation(conversation=1, by="sue"))

    world.text("one more thing")

    assert world.conversation().state is State.QUEUED
    assert standing_of(world, "ana") is PassedOver.DECLINED
