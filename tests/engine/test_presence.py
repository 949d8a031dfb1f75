"""What a rep's presence brings them, and what the system says of reps by itself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine import Board, Rep
from cordboard.engine.carrier import TextReceived
from cordboard.engine.commands import (
    Configure,
    DeclineOffer,
    DesksLost,
    RepConnected,
    RepDisconnected,
    SetPresence,
    TransferConversation,
)
from cordboard.engine.config import SECOND, BoardConfig, CapacityProfile, CustomPresence, PresenceRules
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import Inability, NotAllowed, NotFound, RepUnable
from cordboard.engine.events import ConversationOffered, Event, PresenceChanged
from cordboard.engine.routing_words import PassedOver
from cordboard.engine.states import PresenceChoice, RepState
from cordboard.engine.testing.playground import CONFIG, OURS, Playground
from cordboard.engine.vocabulary import Presence, PresenceReason, State

LUNCH = CustomPresence(name="lunch", text="At lunch", base=Presence.AWAY)
NAMED = replace(CONFIG, presences=(LUNCH,))
WORKSTREAM = CONFIG.workstreams[0]
ANA_ALONE = replace(CONFIG, queues=(replace(CONFIG.queues[0], reps=("ana",)),), reps=CONFIG.reps)
AUTOMATIC = replace(ANA_ALONE, presence=PresenceRules(automatic=True))
STRICT = replace(ANA_ALONE, presence=PresenceRules(missed=Presence.INACTIVE, declined=Presence.DO_NOT_DISTURB))
GRACE = Rep(name="ana").disconnect_grace


def rep(world: Playground, name: str = "ana") -> RepState:
    return world.board.reps[name]


def say(world: Playground, presence: Presence | str, *, by: str = "ana", when_done: bool = False) -> tuple[Event, ...]:
    return world.do(SetPresence(rep="ana", presence=presence, by=by, when_done=when_done))


def changes(events: tuple[Event, ...]) -> list[Presence]:
    return [each.presence for each in events if isinstance(each, PresenceChanged)]


def comes_back_the_same(world: Playground) -> None:
    """A board that replays, or goes on from a snapshot, is the one that never stopped."""
    snapshot = world.board.snapshot()
    assert Board.replay(world.config.name, world.journal).snapshot() == snapshot
    restored = Board.restore(snapshot)
    assert restored.snapshot() == snapshot
    assert restored.next_deadline == world.board.next_deadline


# Presences with names of their own


def test_a_custom_presence_is_its_base_to_routing_and_itself_to_people() -> None:
    world = Playground(NAMED)
    say(world, "lunch")
    world.text()

    assert (rep(world).presence, rep(world).custom) == (Presence.AWAY, "lunch")
    assert world.offered() is None
    say(world, "available")
    assert (rep(world).custom, world.offered()) == ("", "ana")


def test_a_custom_presence_that_goes_leaves_its_base_and_one_that_changes_is_followed() -> None:
    world = Playground(NAMED)
    say(world, "lunch")
    world.text()
    world.do(Configure(config=replace(NAMED, presences=(replace(LUNCH, base=Presence.BUSY),))))
    assert (rep(world).presence, rep(world).custom, world.offered()) == (Presence.BUSY, "lunch", "ana")

    world.do(Configure(config=CONFIG))
    assert (rep(world).presence, rep(world).custom) == (Presence.BUSY, "")
    assert rep(world).why is PresenceReason.CONFIGURATION
    comes_back_the_same(world)


def test_a_custom_presence_that_comes_to_mean_offline_takes_the_offers_back() -> None:
    world = Playground(NAMED)
    world.presence("ana")
    world.text()
    say(world, "lunch")
    world.do(Configure(config=replace(NAMED, presences=(replace(LUNCH, base=Presence.OFFLINE),))))

    assert (rep(world).presence, world.offered()) == (Presence.OFFLINE, None)
    assert rep(world).release_at == world.at + GRACE


def test_an_unknown_presence_and_one_of_the_system_s_are_refused() -> None:
    world = Playground(NAMED)
    with pytest.raises(NotFound, match="no presence 'siesta'"):
        say(world, "siesta")

    for presence in (Presence.INACTIVE, "inactive"):
        with pytest.raises(NotAllowed, match="only the system"):
            say(world, presence)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (replace(CONFIG, presences=(LUNCH, LUNCH)), "presences[1].name: 'lunch' is there already, as presences[0]"),
        (
            replace(CONFIG, presences=(replace(LUNCH, name="busy"),)),
            "presences[0].name: 'busy' is a word of Cordboard's own; choose another name",
        ),
        (
            replace(CONFIG, presences=(replace(LUNCH, base=Presence.INACTIVE),)),
            "presences[0].base: nobody says of themselves that they are inactive; choose another base",
        ),
        (
            replace(CONFIG, workstreams=(replace(WORKSTREAM, allowed_presences=(Presence.INACTIVE,)),)),
            "workstreams[0].allowed_presences: who is inactive has just missed an offer; remove 'inactive'",
        ),
        (
            replace(CONFIG, presence=PresenceRules(missed=Presence.AVAILABLE)),
            "board.presence.missed: cannot be 'available'; it is one of 'inactive', 'do_not_disturb', 'away'",
        ),
        (
            replace(CONFIG, presence=PresenceRules(declined=Presence.OFFLINE)),
            "board.presence.declined: cannot be 'offline'; it is one of 'inactive', 'do_not_disturb', 'away'",
        ),
    ],
)
def test_presences_that_make_no_sense_are_told_with_key_and_reason(config: BoardConfig, problem: str) -> None:
    assert list(find_problems(config)) == [problem]


# Presences that follow the capacity in use


def test_by_itself_nothing_is_said_of_anybody() -> None:
    world = Playground(ANA_ALONE)
    world.presence("ana")
    for _ in range(2):
        world.text(customer=f"+1415555010{_}")

    world.accept(1)
    world.do(DeclineOffer(conversation=2, by="ana"))
    world.later(WORKSTREAM.offer_timeout)
    assert (rep(world).presence, rep(world).why) == (Presence.AVAILABLE, None)


def test_a_presence_follows_the_capacity_in_use_once_its_rep_accepts_something() -> None:
    world = Playground(AUTOMATIC)
    world.presence("ana")
    world.text(customer="+14155550101")
    assert (rep(world).presence, rep(world).why) == (Presence.AVAILABLE, None), "what they said stands"

    assert changes(world.accept(1)) == [Presence.BUSY]
    assert changes(world.text(customer="+14155550102")) == [Presence.DO_NOT_DISTURB]
    assert rep(world).why is PresenceReason.CAPACITY
    world.accept(2)
    assert changes(world.park(2)) == [Presence.BUSY]
    assert changes(world.close(1)) == [Presence.AVAILABLE]
    comes_back_the_same(world)


def test_who_ends_one_and_gets_the_next_does_not_flicker() -> None:
    world = Playground(AUTOMATIC)
    world.presence("ana")
    for each in range(3):
        world.text(customer=f"+1415555010{each}")

    world.accept(1)
    world.accept(2)
    assert rep(world).presence is Presence.DO_NOT_DISTURB
    assert changes(world.close(1)) == []
    assert (world.offered(3), rep(world).presence) == ("ana", Presence.DO_NOT_DISTURB)


def test_busy_that_a_rep_chose_stands_until_they_accept_something_and_then_becomes_what_is_true() -> None:
    only_available = replace(AUTOMATIC, workstreams=(replace(WORKSTREAM, allowed_presences=(Presence.AVAILABLE,)),))
    world = Playground(only_available)
    world.active_with("ana")
    say(world, Presence.BUSY)
    world.text(customer="+14155550102")
    assert world.offered(2) is None

    assert changes(world.close(1)) == [Presence.BUSY], "available, were it not for what was offered at once"
    assert (world.offered(2), rep(world).why) == ("ana", PresenceReason.CAPACITY)


@pytest.mark.parametrize("chosen", [Presence.AWAY, Presence.DO_NOT_DISTURB, "lunch"])
def test_away_and_do_not_disturb_that_a_rep_chose_stand_until_they_are_changed(chosen: Presence | str) -> None:
    world = Playground(replace(AUTOMATIC, presences=(LUNCH,)))
    world.active_with("ana")
    say(world, chosen)
    before = rep(world)
    world.close(1)

    assert (rep(world).presence, rep(world).custom, rep(world).why) == (before.presence, before.custom, None)


def test_a_full_rep_whose_capacity_grows_is_free_again_and_one_of_a_board_without_the_rule_is_available() -> None:
    world = Playground(AUTOMATIC)
    world.presence("ana")
    for each in range(2):
        world.text(customer=f"+1415555010{each}")
        world.accept(each + 1)

    assert rep(world).presence is Presence.DO_NOT_DISTURB
    world.do(Configure(config=replace(AUTOMATIC, reps=(replace(CONFIG.reps[0], capacity=3), *CONFIG.reps[1:]))))
    assert rep(world).presence is Presence.BUSY
    world.do(Configure(config=ANA_ALONE))
    assert rep(world).presence is Presence.AVAILABLE
    comes_back_the_same(world)


# Offers that were let go


def test_who_misses_an_offer_is_inactive_and_gets_nothing_until_they_say_that_they_are_back() -> None:
    world = Playground(STRICT)
    world.presence("ana")
    world.text(customer="+14155550101")
    world.text(customer="+14155550102")
    world.accept(2)
    world.later(WORKSTREAM.offer_timeout)

    assert (rep(world).presence, rep(world).why) == (Presence.INACTIVE, PresenceReason.MISSED)
    assert (world.offered(1), world.offered(2)) == (None, "ana")
    say(world, Presence.AVAILABLE)
    assert (rep(world).why, world.offered(1)) == (None, "ana")


def test_who_declines_an_offer_is_not_disturbed_until_a_supervisor_says_otherwise() -> None:
    world = Playground(STRICT)
    world.presence("ana")
    world.text()
    world.do(DeclineOffer(conversation=1, by="ana"))
    assert (rep(world).presence, rep(world).why) == (Presence.DO_NOT_DISTURB, PresenceReason.DECLINED)
    assert world.offered() is None

    say(world, Presence.AVAILABLE, by="sue")
    assert (rep(world).why, world.offered()) == (None, "ana")


def test_who_said_that_they_are_away_stays_away_though_an_offer_runs_out() -> None:
    world = Playground(STRICT)
    world.presence("ana")
    world.text()
    say(world, Presence.AWAY)
    world.later(WORKSTREAM.offer_timeout)

    assert (rep(world).presence, rep(world).why) == (Presence.AWAY, None)


def test_a_full_rep_who_misses_an_offer_is_inactive_under_the_automatic_rule_too() -> None:
    world = Playground(replace(AUTOMATIC, presence=replace(STRICT.presence, automatic=True)))
    world.presence("ana")
    world.text(customer="+14155550101")
    world.accept(1)
    world.text(customer="+14155550102")
    assert rep(world).presence is Presence.DO_NOT_DISTURB
    world.later(WORKSTREAM.offer_timeout)
    world.close(1)

    assert rep(world).presence is Presence.INACTIVE


@pytest.mark.parametrize("automatic", [True, False])
def test_who_is_full_and_therefore_busy_is_refused_for_being_full(automatic: bool) -> None:
    world = Playground(replace(AUTOMATIC, presence=PresenceRules(automatic=automatic)))
    world.presence("ana")
    for each in (1, 2):
        world.text(customer=f"+1415555010{each}")
        world.accept(each)

    if not automatic:
        say(world, Presence.DO_NOT_DISTURB)

    world.text(customer="+14155550103")
    assert rep(world).presence is Presence.DO_NOT_DISTURB
    with pytest.raises(RepUnable) as refused:
        world.do(TransferConversation(conversation=3, by="sue", rep="ana"))

    (standing,) = world.board.explain_waiting(3).reps
    if automatic:
        assert refused.value.inability is Inability.CAPACITY
        assert (standing.reason, standing.detail) == (PassedOver.CAPACITY, "0 of 1 units of capacity free")
        assert world.board.explain_rep("ana").summary == "ana has no capacity free"
    else:
        assert refused.value.inability is Inability.PRESENCE
        assert standing.detail == "do not disturb, which workstream 'support' does not allow"


# Finish what I have, then away


def test_a_draining_rep_gets_nothing_more_and_is_away_when_the_last_wrap_up_ends() -> None:
    world = Playground(replace(ANA_ALONE, workstreams=(replace(WORKSTREAM, wrap_up=60 * SECOND),)))
    world.active_with("ana")
    say(world, Presence.AWAY, when_done=True)
    world.text(customer="+14155550102")

    assert (rep(world).presence, rep(world).draining) == (
        Presence.AVAILABLE,
        PresenceChoice(presence=Presence.AWAY),
    )
    assert world.offered(2) is None
    assert world.board.explain_waiting(2).reps[0].reason is PassedOver.DRAINING
    assert world.board.explain_rep("ana").summary == "ana finishes what they have"
    world.close(1)
    assert rep(world).presence is Presence.AVAILABLE, "they are wrapping up"
    comes_back_the_same(world)
    world.later(60 * SECOND)

    assert (rep(world).presence, rep(world).draining) == (Presence.AWAY, None)
    assert (rep(world).why, world.offered(2)) == (PresenceReason.DONE, None)


@pytest.mark.parametrize("presence", [Presence.BUSY, "training"])
def test_a_draining_rep_who_accepts_or_ends_something_keeps_the_presence_they_chose(presence: Presence | str) -> None:
    world = Playground(replace(ANA_ALONE, presences=(CustomPresence(name="training", base=Presence.BUSY),)))
    say(world, presence)
    for each in (1, 2):
        world.text(customer=f"+1415555010{each}")

    say(world, Presence.AWAY, when_done=True)
    before = PresenceChoice(presence=rep(world).presence, custom=rep(world).custom)
    world.accept(1)
    world.accept(2)
    world.close(1)

    assert PresenceChoice(presence=rep(world).presence, custom=rep(world).custom, why=rep(world).why) == before
    world.close(2)
    assert (rep(world).presence, rep(world).why) == (Presence.AWAY, PresenceReason.DONE)
    comes_back_the_same(world)


def test_who_has_nothing_to_finish_is_away_at_once() -> None:
    world = Playground(CONFIG)
    world.presence("ana")
    say(world, Presence.AWAY, when_done=True)

    assert (rep(world).presence, rep(world).why, rep(world).draining) == (Presence.AWAY, None, None)


def test_a_draining_rep_who_changes_their_presence_or_says_it_again_gets_work_again() -> None:
    world = Playground(ANA_ALONE)
    world.active_with("ana")
    say(world, Presence.AWAY, when_done=True)
    world.text(customer="+14155550102")
    say(world, Presence.AVAILABLE)

    assert (rep(world).draining, world.offered(2)) == (None, "ana")


def test_the_customer_of_a_draining_rep_who_texts_again_goes_to_others() -> None:
    world = Playground(CONFIG)
    world.presence("ana")
    for each in (1, 2):
        world.text(customer=f"+1415555010{each}")
        world.accept(each)

    world.park(1)
    say(world, Presence.AWAY, when_done=True)
    world.presence("ben")
    world.text(customer="+14155550101")

    assert (world.offered(1), world.offered(2)) == ("ben", "ana")
    with pytest.raises(RepUnable, match="finishes what they have"):
        world.do(TransferConversation(conversation=1, by="sue", rep="ana"))


def test_a_custom_presence_can_be_what_comes_after() -> None:
    world = Playground(replace(ANA_ALONE, presences=(LUNCH,)))
    world.active_with("ana")
    say(world, "lunch", when_done=True)
    world.close(1)

    assert (rep(world).presence, rep(world).custom) == (Presence.AWAY, "lunch")


# Desks that are gone


def open_desk(config: BoardConfig = ANA_ALONE) -> Playground:
    world = Playground(config)
    world.do(RepConnected(rep="ana"))
    return world


def test_whose_desk_is_gone_is_offline_and_keeps_what_they_hold_for_the_grace_time() -> None:
    world = open_desk()
    world.active_with("ana")
    world.text(customer="+14155550102")
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)

    assert (rep(world).presence, rep(world).why) == (Presence.OFFLINE, PresenceReason.DISCONNECTED)
    assert (world.offered(1), world.offered(2)) == ("ana", None)
    comes_back_the_same(world)
    world.later(GRACE)
    assert world.offered(1) is None


def test_who_is_back_in_time_is_what_they_were() -> None:
    world = open_desk(replace(ANA_ALONE, presences=(replace(LUNCH, base=Presence.BUSY),)))
    world.presence("ana")
    world.text()
    say(world, "lunch")
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)
    world.later(GRACE - 1)
    world.do(RepConnected(rep="ana"))

    assert (rep(world).presence, rep(world).custom) == (Presence.BUSY, "lunch")
    assert (rep(world).why, world.offered()) == (PresenceReason.RECONNECTED, "ana")


def test_who_is_back_too_late_is_available() -> None:
    world = open_desk()
    say(world, Presence.BUSY)
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)
    world.later(GRACE)
    world.do(RepConnected(rep="ana"))

    assert (rep(world).presence, rep(world).before) == (Presence.AVAILABLE, None)


def test_who_is_back_with_a_full_load_is_what_the_automatic_rule_says_at_once() -> None:
    world = open_desk(AUTOMATIC)
    world.active_with("ana")
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)

    assert changes(world.do(RepConnected(rep="ana"))) == [Presence.BUSY]


def test_a_page_that_is_loaded_again_takes_no_offer_away() -> None:
    world = open_desk()
    world.presence("ana")
    world.text()
    world.do(RepDisconnected(rep="ana"))
    world.later(9 * SECOND)
    world.do(RepConnected(rep="ana"))
    world.later(60 * SECOND)

    assert (rep(world).presence, world.offered()) == (Presence.AVAILABLE, "ana")


def test_who_went_offline_themselves_is_not_brought_back_by_a_desk() -> None:
    world = open_desk()
    world.presence("ana")
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)
    say(world, Presence.OFFLINE)
    world.do(RepConnected(rep="ana"))

    assert (rep(world).presence, rep(world).why, rep(world).connected) == (Presence.OFFLINE, None, True)


def test_who_never_had_a_desk_is_never_disconnected() -> None:
    world = Playground(ANA_ALONE)
    world.presence("ana")
    world.do(RepDisconnected(rep="ana"))
    world.do(DesksLost())
    world.later(GRACE)

    assert rep(world).presence is Presence.AVAILABLE


def test_after_a_restart_a_desk_has_the_grace_time_to_come_back() -> None:
    world = open_desk()
    world.presence("ana")
    world.do(RepConnected(rep="ben"))
    world.presence("ben")
    world.board = Board.restore(world.board.snapshot())
    world.do(DesksLost())
    world.later(GRACE - 1)
    world.do(RepConnected(rep="ben"))
    assert rep(world).presence is Presence.AVAILABLE
    world.later(1)

    assert (rep(world).presence, rep(world, "ben").presence) == (Presence.OFFLINE, Presence.AVAILABLE)


def test_a_draining_rep_whose_desk_was_gone_goes_on_finishing() -> None:
    world = open_desk()
    world.active_with("ana")
    say(world, Presence.AWAY, when_done=True)
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)
    world.do(RepConnected(rep="ana"))
    assert rep(world).draining == PresenceChoice(presence=Presence.AWAY)
    world.do(RepDisconnected(rep="ana"))
    world.later(10 * SECOND)
    world.later(GRACE)
    assert world.conversation().state is State.QUEUED
    assert changes(world.do(RepConnected(rep="ana"))) == [Presence.AWAY]


def test_a_rep_who_is_gone_from_the_configuration_leaves_no_deadline() -> None:
    world = open_desk(CONFIG)
    world.do(RepDisconnected(rep="ana"))
    others = replace(CONFIG, queues=(replace(CONFIG.queues[0], reps=("ben",)),), reps=CONFIG.reps[1:])
    world.do(Configure(config=others))
    world.later(60 * SECOND)

    with pytest.raises(NotFound):
        world.do(RepConnected(rep="ana"))


def test_a_rep_without_capacity_who_takes_what_needs_none_stays_available() -> None:
    chat = CapacityProfile(name="chat", limit=2)
    workstream = replace(CONFIG.workstreams[0], capacity_cost=0, costs={"chat": 1})
    world = Playground(
        replace(
            CONFIG,
            capacity_profiles=(chat,),
            workstreams=(workstream,),
            reps=(Rep(name="ana", capacity=0), *CONFIG.reps[1:]),
            presence=replace(CONFIG.presence, automatic=True),
        )
    )
    world.active_with("ana")
    world.text(customer="+14155550199")
    assert world.board.reps["ana"].presence is Presence.AVAILABLE
    assert world.offered(2) == "ana"


def test_a_restored_board_offers_to_whom_the_live_one_does() -> None:
    """Ana has one conversation, said herself that she is available all the same, and declined the next."""
    workstream = replace(CONFIG.workstreams[0], allowed_presences=(Presence.AVAILABLE,), max_declines=1)
    ana = replace(CONFIG.reps[0], capacity=3)
    world = Playground(
        replace(
            CONFIG,
            presence=PresenceRules(automatic=True),
            workstreams=(workstream,),
            reps=(ana, *CONFIG.reps[1:]),
        )
    )
    world.active_with("ana")
    world.text(customer="+14155550102")
    world.presence("ana")
    world.do(DeclineOffer(conversation=2, by="ana"))
    boards = world.board, Board.restore(world.board.snapshot()), Board.replay(CONFIG.name, world.journal)
    text = TextReceived(
        channel="main", provider_id="SM9", sender="+14155550103", recipient=CONFIG.numbers[0].address, body="hello"
    )

    live, restored, replayed = (each.apply(text, world.at) for each in boards)

    assert any(isinstance(each, ConversationOffered) and each.rep == "ana" for each in live)
    assert live == restored == replayed


def test_a_rebuilt_board_offers_nothing_to_who_was_only_passing_through_a_presence() -> None:
    """Ana is busy for as long as it takes to say that she is available, and only who is busy is offered anything."""
    busy_only = (replace(WORKSTREAM, allowed_presences=(Presence.BUSY,)),)
    world = Playground(replace(AUTOMATIC, workstreams=busy_only))
    say(world, Presence.AVAILABLE)
    world.text()
    world.pick()
    say(world, Presence.AVAILABLE)
    world.configure(offer_timeout=60 * SECOND)
    world.text(customer="+14155550102")
    assert world.offered(2) is None

    rebuilt = Board.replay(CONFIG.name, world.journal)
    text = TextReceived(channel="main", provider_id="X", sender="+14155550103", recipient=OURS, body="hello")

    assert rebuilt.apply(text, world.at) == world.board.apply(text, world.at)


def test_all_desks_are_lost_in_the_same_order_on_a_restored_board() -> None:
    world = Playground(replace(CONFIG, reps=tuple(reversed(CONFIG.reps))))
    for name in ("ana", "ben", "sue"):
        world.do(RepConnected(rep=name))

    restored = Board.restore(world.board.snapshot())

    assert restored.apply(DesksLost(), world.at) == world.board.apply(DesksLost(), world.at)
