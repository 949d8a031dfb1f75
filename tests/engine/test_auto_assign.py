"""Conversations that are assigned: an offer cannot be declined, and is accepted when its time is over."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine.commands import Configure, DeclineOffer, TransferConversation
from cordboard.engine.config import Affinity, PresenceRules
from cordboard.engine.errors import OfferBinding
from cordboard.engine.events import OfferAccepted
from cordboard.engine.routing_words import Obstacle
from cordboard.engine.testing.playground import Playground
from cordboard.engine.vocabulary import SYSTEM, Presence, State


@pytest.fixture
def world(world: Playground) -> Playground:
    world.configure(auto_assign=True)
    world.presence("ana")
    return world


def test_an_assigned_conversation_cannot_be_declined(world: Playground) -> None:
    world.text()
    before = world.board.snapshot()
    with pytest.raises(OfferBinding, match="cannot be declined: workstream 'support' has auto_assign"):
        world.do(DeclineOffer(conversation=1, by="ana"))

    assert world.board.snapshot() == before


def test_it_is_accepted_for_the_rep_when_the_offer_s_time_is_over(world: Playground) -> None:
    world.text()
    world.later(119_999)
    assert world.conversation().state is State.ASSIGNED

    [accepted] = world.later(1)

    assert isinstance(accepted, OfferAccepted)
    assert (accepted.rep, accepted.by, accepted.why) == ("ana", SYSTEM, "auto-assign")
    assert (world.conversation().state, world.offered()) == (State.ACTIVE, "ana")


def test_it_can_be_accepted_before(world: Playground) -> None:
    world.text()
    world.accept()

    assert world.conversation().state is State.ACTIVE
    assert world.later(120_000) == ()


def test_auto_accept_does_not_wait(world: Playground) -> None:
    world.configure(auto_accept=True)
    world.text()

    assert world.conversation().state is State.ACTIVE


def test_who_goes_offline_loses_it_to_somebody_else(world: Playground) -> None:
    world.text()
    world.presence("ben")
    world.presence("ana", Presence.OFFLINE)

    assert world.offered() == "ben"


def test_who_went_away_does_not_get_it_behind_their_back(world: Playground) -> None:
    world.text()
    world.presence("ben")
    world.presence("ana", Presence.AWAY)
    world.later(120_000)

    assert (world.offered(), world.conversation().state) == ("ben", State.ASSIGNED)


def test_who_is_filled_by_what_is_assigned_to_them_gets_it(world: Playground) -> None:
    rules = PresenceRules(automatic=True, missed=Presence.INACTIVE)
    world.config = replace(world.config, presence=rules)
    world.do(Configure(config=world.config))
    world.text()
    world.accept()
    world.text(customer="+14155550199")
    assert world.board.reps["ana"].presence is Presence.DO_NOT_DISTURB, "as full as can be"

    world.later(120_000)

    assert (world.offered(2), world.conversation(2).state) == ("ana", State.ACTIVE)
    assert world.board.reps["ana"].presence is Presence.DO_NOT_DISTURB


def test_what_goes_back_to_its_rep_despite_their_presence_is_accepted_despite_it(world: Playground) -> None:
    world.configure(affinity=Affinity(despite=(Obstacle.PRESENCE,)))
    world.text()
    world.accept()
    world.park()
    world.presence("ana", Presence.AWAY)
    world.text("one more thing")
    world.later(120_000)

    assert (world.offered(), world.conversation().state) == ("ana", State.ACTIVE)


def test_a_transfer_is_an_assignment_too(world: Playground) -> None:
    world.text()
    world.accept()
    world.presence("ben")
    world.do(TransferConversation(conversation=1, by="ana", rep="ben"))
    with pytest.raises(OfferBinding):
        world.do(DeclineOffer(conversation=1, by="ben"))

    world.later(120_000)

    assert (world.offered(), world.conversation().state) == ("ben", State.ACTIVE)


def test_the_setting_as_it_is_now_decides_what_becomes_of_offers_that_are_out(world: Playground) -> None:
    world.text()
    world.presence("ben")
    world.configure(auto_assign=False)
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert world.offered() == "ben"

    world.configure(auto_assign=True)
    world.later(120_000)

    assert (world.offered(), world.conversation().state) == ("ben", State.ACTIVE)
