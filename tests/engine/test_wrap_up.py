"""After the end: how long a closed conversation still holds its rep's capacity."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from cordboard.engine import Board, Workstream
from cordboard.engine.commands import CloseConversation, Configure, Tick, TransferConversation
from cordboard.engine.config import DAY, MINUTE, AutoClose
from cordboard.engine.errors import IllegalTransition, NotAllowed
from cordboard.engine.events import WrapUpEnded
from cordboard.engine.routing_words import WrapUp
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, State, Status

OTHER = "+14155550199"


def wrapping_up(wrap_up: int | WrapUp) -> Playground:
    """Ana has ended conversation 1, which took all of her capacity; conversation 2 waits for her."""
    world = Playground()
    world.configure(wrap_up=wrap_up, capacity_cost=2)
    world.active_with("ana")
    world.text(customer=OTHER)
    world.close()
    return world


def test_a_wrap_up_that_always_blocks_holds_capacity_until_its_rep_is_done() -> None:
    world = wrapping_up(WrapUp.ALWAYS)
    world.later(23 * 60 * MINUTE)
    assert (world.conversation().status, world.board.load_of("ana"), world.offered(2)) == (Status.WRAP_UP, 2, None)

    events = world.end_wrap_up()

    assert (world.conversation().status, world.offered(2)) == (Status.CLOSED, "ana")
    assert [(each.rep, each.by) for each in events if isinstance(each, WrapUpEnded)] == [("ana", "ana")]


def test_a_wrap_up_of_some_time_can_be_ended_before_it_is_over() -> None:
    world = wrapping_up(5 * MINUTE)
    world.later(5 * MINUTE - 1)
    assert world.offered(2) is None

    world.end_wrap_up()

    assert world.offered(2) == "ana"
    assert world.later(1) == (), "its deadline is gone with it"


def test_a_wrap_up_of_some_time_ends_to_the_millisecond() -> None:
    world = wrapping_up(5 * MINUTE)
    world.later(5 * MINUTE - 1)
    assert world.conversation().status is Status.WRAP_UP

    world.later(1)

    assert world.conversation().status is Status.CLOSED


@pytest.mark.parametrize("none", [0, WrapUp.NONE])
def test_without_a_wrap_up_the_capacity_is_free_at_once(none: int | WrapUp) -> None:
    world = wrapping_up(none)

    assert (world.conversation().status, world.offered(2)) == (Status.CLOSED, "ana")


def test_a_forgotten_wrap_up_is_over_when_auto_close_says() -> None:
    world = wrapping_up(WrapUp.ALWAYS)
    world.later(1 * DAY - 1)
    assert world.conversation().status is Status.WRAP_UP

    world.later(1)

    assert world.offered(2) == "ana"


def test_how_long_a_wrap_up_may_be_forgotten_changes_for_those_under_way() -> None:
    world = wrapping_up(WrapUp.ALWAYS)
    world.configure(auto_close=AutoClose(wrap_up=10 * MINUTE))
    world.later(10 * MINUTE - 1)
    assert world.conversation().status is Status.WRAP_UP

    world.later(1)

    assert world.conversation().status is Status.CLOSED


@pytest.mark.parametrize("then", [0, WrapUp.NONE, 2 * MINUTE, WrapUp.ALWAYS])
def test_a_wrap_up_ends_as_it_began_though_the_setting_changes(then: int | WrapUp) -> None:
    timed, open_ended = wrapping_up(5 * MINUTE), wrapping_up(WrapUp.ALWAYS)
    for world in (timed, open_ended):
        world.configure(wrap_up=then)
        world.later(5 * MINUTE - 1)
        assert world.conversation().status is Status.WRAP_UP

        world.later(1)

    assert timed.conversation().status is Status.CLOSED
    assert open_ended.conversation().status is Status.WRAP_UP


def test_a_supervisor_ends_somebody_s_wrap_up_and_a_colleague_does_not() -> None:
    world = Playground()
    world.configure(wrap_up=WrapUp.ALWAYS)
    world.presence("ben")
    world.text()
    world.accept(by="ben")
    world.presence("ana")
    world.do(TransferConversation(conversation=1, by="ben", rep="ana"))
    world.accept()
    world.close()
    with pytest.raises(NotAllowed, match="wrapped up by ana"):
        world.end_wrap_up(by="ben")

    world.end_wrap_up(by="sue")

    assert world.board.load_of("ana") == 0


def test_a_wrap_up_that_is_over_or_never_was_cannot_be_ended() -> None:
    world = wrapping_up(WrapUp.ALWAYS)
    with pytest.raises(IllegalTransition, match="is queued, cannot end_wrap_up"):
        world.end_wrap_up(2, by="sue")

    world.end_wrap_up()
    with pytest.raises(IllegalTransition, match="nobody is wrapping it up"):
        world.end_wrap_up()


def followed_during_its_wrap_up() -> Playground:
    """Ana wraps conversation 1 up, whose number has another workstream by now: so its customer began conversation 2."""
    world = Playground()
    world.configure(wrap_up=WrapUp.ALWAYS)
    world.active_with("ana")
    world.close()
    served_as(world, "sales")
    world.text("something else")
    assert [world.conversation(each).status for each in (1, 2)] == [Status.WRAP_UP, Status.ACTIVE]
    return world


def served_as(world: Playground, workstream: str) -> None:
    """From now on the number's conversations run under this workstream."""
    sales = Workstream(name="sales", queue="general", wrap_up=WrapUp.NONE)
    support = world.config.workstreams[0]
    numbers = (replace(world.config.numbers[0], workstream=workstream),)
    world.config = replace(world.config, workstreams=(support, sales), numbers=numbers)
    world.do(Configure(config=world.config))


def test_a_customer_s_texts_join_what_they_began_during_a_wrap_up() -> None:
    world = followed_during_its_wrap_up()
    snapshot = world.board.snapshot()
    backwards = replace(snapshot, conversations=tuple(reversed(snapshot.conversations)))
    for board in (world.board, Board.restore(snapshot), Board.restore(backwards)):
        world.board = board
        world.text("hello?")
        assert world.board.counters.conversation == 2, "nothing is begun a third time"
        assert world.conversation(2).heard_at == world.at

    world.end_wrap_up(1)
    world.text("hello?")
    assert world.board.counters.conversation == 2


def test_what_goes_on_is_what_was_begun_last_though_an_earlier_one_is_wrapped_up_still() -> None:
    world = followed_during_its_wrap_up()
    world.accept(2)
    world.close(2)
    served_as(world, "support")
    past = world.conversation(2)
    restored = Board.restore(world.board.snapshot())
    restored.recall([past])
    for board in (world.board, restored):
        world.board = board
        assert not board.has_open(past.number, past.customer)
        world.text("hello?")
        assert board.counters.conversation == 3, "the second one ran under another workstream"
        assert world.conversation(1).status is Status.WRAP_UP


def test_only_who_ends_their_own_wraps_up() -> None:
    world = Playground()
    world.configure(wrap_up=WrapUp.ALWAYS)
    world.active_with("ana")
    world.do(CloseConversation(conversation=1, by="sue"))

    assert world.conversation().status is Status.CLOSED


def test_a_text_during_a_wrap_up_without_end_goes_on_with_its_rep() -> None:
    world = wrapping_up(WrapUp.ALWAYS)
    world.later(60 * MINUTE)
    world.text("wait!")

    assert (world.conversation().state, world.offered(), world.board.load_of("ana")) == (State.ASSIGNED, "ana", 2)


def test_a_wrap_up_outlives_going_offline_and_a_restart() -> None:
    world = wrapping_up(WrapUp.ALWAYS)
    closed_at = world.at
    world.presence("ana", Presence.OFFLINE)
    world.later(60 * MINUTE)
    replayed = Board.replay(CONFIG.name, world.journal)
    assert replayed.snapshot() == world.board.snapshot()
    for board in (Board.restore(world.board.snapshot()), replayed, world.board):
        board.apply(Tick(), closed_at + 1 * DAY - 1)
        assert board.load_of("ana") == 2

        board.apply(Tick(), closed_at + 1 * DAY)
        assert board.load_of("ana") == 0


@pytest.mark.parametrize("wrap_up", [0, 5 * MINUTE, WrapUp.NONE, WrapUp.ALWAYS])
def test_a_wrap_up_is_kept_in_the_journal_as_it_was_configured(wrap_up: int | WrapUp) -> None:
    workstream = Workstream(name="support", queue="general", wrap_up=wrap_up)

    assert msgspec.json.decode(msgspec.json.encode(workstream), type=Workstream) == workstream
