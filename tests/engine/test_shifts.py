"""Reps' working hours: outside of them nothing is offered to a rep."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from cordboard.engine import Board, Queue, Rep
from cordboard.engine.board.calendar import Calendar
from cordboard.engine.commands import Configure, TransferConversation
from cordboard.engine.config import HOUR, MINUTE
from cordboard.engine.errors import RepUnable
from cordboard.engine.events import ShiftChanged
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import AssignmentMethod, PassedOver
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, Timestamp, Weekday

DAILY = OperatingHours(name="day", weekly=(WeeklyOpening(days=tuple(Weekday), opens="09:00", closes="17:00"),))
SHIFT = replace(
    CONFIG,
    hours=(DAILY,),
    queues=(replace(CONFIG.queues[0], reps=("ana",)),),
    reps=(replace(CONFIG.reps[0], hours="day"), *CONFIG.reps[1:]),
)


def on_monday(hour: int) -> Timestamp:
    return round(datetime(2025, 6, 16, hour, tzinfo=UTC).timestamp()) * 1000


class Office(Playground):
    """A board whose ana works from nine to five; it is Sunday."""

    def until(self, at: Timestamp) -> None:
        self.later(at - self.at)


def test_nothing_is_offered_outside_of_working_hours_and_what_waits_comes_when_they_begin() -> None:
    world = Office(SHIFT)
    world.until(on_monday(8))
    world.presence("ana")
    world.text()
    assert world.offered() is None
    assert world.board.explain_waiting(1).reps[0].reason is PassedOver.HOURS
    assert world.board.explain_rep("ana").summary == "ana does not work now"

    world.until(on_monday(9))
    assert world.offered() == "ana"
    assert world.board.reps["ana"].working


def test_what_a_rep_holds_when_their_hours_end_stays_theirs_and_they_may_still_pick() -> None:
    world = Office(SHIFT)
    world.until(on_monday(17) - 5 * MINUTE)
    world.active_with("ana")
    world.until(on_monday(17))
    world.text(customer="+14155550102")

    assert (world.offered(1), world.offered(2)) == ("ana", None)
    with pytest.raises(RepUnable, match="does not work now"):
        world.do(TransferConversation(conversation=2, by="sue", rep="ana"))

    world.pick(2)
    assert world.offered(2) == "ana"


def test_a_customer_of_a_rep_who_does_not_work_now_goes_to_others() -> None:
    world = Office(replace(SHIFT, queues=CONFIG.queues))
    world.until(on_monday(16))
    world.active_with("ana")
    world.park()
    world.until(on_monday(18))
    world.presence("ben")
    world.text()

    assert world.offered() == "ben"


def test_a_change_of_the_hours_counts_at_once() -> None:
    world = Office(SHIFT)
    world.until(on_monday(12))
    world.presence("ana")
    late = replace(DAILY, weekly=(WeeklyOpening(days=tuple(Weekday), opens="13:00", closes="21:00"),))
    events = world.do(Configure(config=replace(SHIFT, hours=(late,))))
    assert [(each.working, each.until) for each in events if isinstance(each, ShiftChanged)] == [(False, on_monday(13))]

    world.do(Configure(config=CONFIG))
    assert (world.board.reps["ana"].working, world.board.reps["ana"].works_until) == (True, None)


def test_after_a_stop_over_several_changes_the_hours_of_now_count() -> None:
    world = Office(SHIFT)
    world.until(on_monday(8))
    world.board = Board.restore(world.board.snapshot())
    world.until(on_monday(9) + 7 * 24 * HOUR)

    assert world.board.reps["ana"].working
    assert world.board.reps["ana"].works_until == on_monday(17) + 7 * 24 * HOUR
    assert Board.replay(CONFIG.name, world.journal).snapshot() == world.board.snapshot()


def test_hours_that_many_reps_have_are_looked_through_once_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Timestamp] = []
    look = Calendar._find_change

    def counted(calendar: Calendar, at: Timestamp) -> Timestamp | None:
        looked.append(at)
        return look(calendar, at)

    monkeypatch.setattr(Calendar, "_find_change", counted)
    reps = tuple(Rep(name=f"rep{each}", hours="day") for each in range(200))
    world = Office(replace(SHIFT, reps=(*CONFIG.reps, *reps)))
    assert len(looked) == 1
    assert sum(each.works_until is not None for each in world.board.reps.values()) == 200

    world.until(on_monday(9))
    assert len(looked) == 2
    assert sum(each.working for each in world.board.reps.values()) == 203


def test_hours_that_never_begin_are_looked_at_once_a_year_and_a_board_without_hours_has_no_deadline_for_them() -> None:
    never = Office(replace(SHIFT, hours=(replace(DAILY, weekly=()),)))
    assert not never.board.reps["ana"].working
    assert never.board.next_deadline == never.at + 365 * 24 * HOUR
    assert Playground(CONFIG).board.next_deadline is None


def test_a_presence_changes_nothing_about_working_hours() -> None:
    world = Office(SHIFT)
    world.until(on_monday(18))
    world.text()
    for presence in (Presence.AVAILABLE, Presence.BUSY):
        world.presence("ana", presence)
        assert world.offered() is None


def test_who_begins_at_the_same_moment_is_chosen_among_by_the_queue_s_method() -> None:
    world = Office(
        replace(
            SHIFT,
            queues=(
                Queue(name="general", reps=("ana", "ben"), assignment=AssignmentMethod.HIGHEST_CAPACITY),
                CONFIG.queues[1],
            ),
            reps=(Rep(name="ana", capacity=2, hours="day"), Rep(name="ben", capacity=3, hours="day"), CONFIG.reps[2]),
        )
    )
    world.until(on_monday(8))
    for rep in ("ana", "ben"):
        world.presence(rep)

    world.text()
    world.until(on_monday(9))

    assert world.offered() == "ben"
