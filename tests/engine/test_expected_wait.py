"""How long customers are told that they will wait, against how long they then waited."""

from __future__ import annotations

import heapq
import random
from collections import deque
from statistics import fmean
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cordboard.engine import Board
from cordboard.engine.board.routing.expected_wait import ENOUGH, REMEMBERED
from cordboard.engine.commands import Configure, SetPresence
from cordboard.engine.config import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    CapacityProfile,
    Overflow,
    Preference,
    PresenceRules,
    Queue,
    Rep,
)
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import ConversationOffered, ConversationOpened, ConversationPicked, Event, OfferAccepted
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import (
    AssignmentMethod,
    Distribution,
    OverflowAction,
    OverflowCondition,
    PreferenceFallback,
    ProfileReset,
)
from cordboard.engine.rules import Route
from cordboard.engine.states import Taking
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, Timestamp, Weekday

PATIENT = replace(CONFIG, workstreams=(replace(CONFIG.workstreams[0], quiet_after=DAY),))
ALONE = replace(PATIENT, queues=(Queue(name="general", reps=("ana",)),), reps=(Rep(name="ana", capacity=1),))
BUSINESS_HOURS = OperatingHours(
    name="business", weekly=(WeeklyOpening(days=tuple(Weekday), opens="08:00", closes="18:00"),)
)
MIDNIGHT: Timestamp = 1_750_032_000_000
"""The first midnight in UTC after the playground's clock starts."""


def customer(which: int) -> str:
    return f"+1415{which:07}"


def taken(world: Playground) -> tuple[Taking, ...]:
    """What is known of how fast the queue was served."""
    return tuple(taking for each in world.board.snapshot().queues for taking in each.takings)


def served_every(world: Playground, gap: int, times: int) -> None:
    """Have Ana, who holds one at a time, end one conversation after the other while others wait."""
    world.presence("ana")
    for each in range(times + 1):
        world.text(customer=customer(each + 1))

    for each in range(1, times + 1):
        world.accept(each)
        world.later(gap)
        world.close(each)

    world.accept(times + 1)


def test_whoever_comes_next_waits_as_long_as_it_took_lately() -> None:
    world = Playground(ALONE)
    served_every(world, 4 * MINUTE, times=5)

    assert world.board.expected_wait_on("general", world.at) == 4 * MINUTE
    for each in (101, 102, 103):
        world.text(customer=customer(each))

    waits = [world.board.expected_wait(each, world.at) for each in (7, 8, 9)]
    assert waits == [4 * MINUTE, 8 * MINUTE, 12 * MINUTE]
    assert world.board.expected_wait_on("general", world.at) == 16 * MINUTE


def test_nothing_is_said_before_enough_is_known() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=ENOUGH - 1)
    world.text(customer=customer(99))
    assert world.board.expected_wait(ENOUGH + 1, world.at) is None
    assert world.board.expected_wait_on("general", world.at) is None


def test_who_can_be_offered_at_once_waits_for_nothing() -> None:
    world = Playground(ALONE)
    assert world.board.expected_wait_on("general", world.at) is None
    world.presence("ana")
    assert world.board.expected_wait_on("general", world.at) == 0
    world.text()
    assert world.board.expected_wait(1, world.at) is None  # it is offered, and does not wait
    assert world.board.expected_wait(99, world.at) is None
    assert world.board.expected_wait_on("nowhere", world.at) is None


def test_what_goes_to_somebody_free_says_nothing_of_how_fast_a_queue_is_served() -> None:
    world = Playground(ALONE)
    world.presence("ana")
    for each in range(1, 11):
        world.text(customer=customer(each))
        world.accept(each)
        world.later(SECOND)
        world.close(each)
        world.later(HOUR)

    assert world.board.snapshot().queues == ()


def test_an_offer_that_comes_to_nothing_is_no_taking() -> None:
    world = Playground(ALONE)
    world.presence("ana")
    world.text(customer=customer(1))
    world.later(MINUTE)
    world.later(2 * MINUTE)  # it expires, and is offered again
    assert world.board.snapshot().queues == ()


def test_a_queue_that_stops_is_slow_at_once() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=5)
    world.text(customer=customer(99))
    assert world.board.expected_wait(7, world.at) == MINUTE
    world.later(20 * MINUTE - 1)
    told = world.board.expected_wait(7, world.at)
    assert told is not None
    assert told > 4 * MINUTE


def test_absence_is_not_slow_service_and_nobody_there_is_not_known() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=4)
    world.text(customer=customer(98))
    world.close(5)
    world.presence("ana", Presence.OFFLINE)
    assert world.board.expected_wait(6, world.at) is None
    assert world.board.expected_wait_on("general", world.at) is None

    world.later(10 * HOUR)
    world.presence("ana")
    world.accept(6)
    world.text(customer=customer(99))
    assert world.board.expected_wait(7, world.at) == MINUTE


def test_what_is_taken_in_the_same_moment_as_a_presence_changes_counts_unless_that_was_why_it_could_be() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=1)
    world.text(customer=customer(99))
    world.later(MINUTE)
    world.presence("ana", Presence.BUSY)
    world.close(2)
    world.accept(3)
    assert [each.gap for each in taken(world)] == [MINUTE, MINUTE]

    world.text(customer=customer(100))
    world.presence("ana", Presence.AWAY)
    world.close(3)
    world.later(MINUTE)
    world.presence("ana")
    world.later(SECOND)
    world.accept(4)
    assert [each.gap for each in taken(world)] == [MINUTE, MINUTE]
    assert Board.replay(ALONE.name, world.journal).snapshot() == world.board.snapshot()


def test_what_a_rep_takes_when_their_hours_begin_says_nothing_of_how_fast_they_work() -> None:
    rep = Rep(name="ana", capacity=2, hours="business")
    world = Playground(replace(ALONE, reps=(rep,), hours=(BUSINESS_HOURS,)))
    world.presence("ana")
    world.at = MIDNIGHT
    world.later(0)
    for each in (1, 2, 3):
        world.text(customer=customer(each))

    world.later(8 * HOUR)
    for each in (1, 2):
        world.accept(each)
    assert taken(world) == ()

    world.later(MINUTE)
    world.close(1)
    world.accept(3)
    assert [each.gap for each in taken(world)] == [MINUTE]


def test_what_is_taken_because_a_configuration_gave_more_capacity_says_nothing_either() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=1)
    world.text(customer=customer(99))
    world.later(HOUR)
    world.do(Configure(config=replace(ALONE, reps=(Rep(name="ana", capacity=2),))))
    world.accept(3)
    assert [each.gap for each in taken(world)] == [MINUTE]


def test_a_day_s_share_that_is_free_again_says_nothing_either() -> None:
    daily = CapacityProfile(name="day", limit=1, reset=ProfileReset.END_OF_DAY)
    costs = replace(ALONE.workstreams[0], costs={"day": 1})
    world = Playground(replace(ALONE, capacity_profiles=(daily,), workstreams=(costs,)))
    world.presence("ana")
    for each in (1, 2):
        world.text(customer=customer(each))

    world.accept(1)
    world.close(1)
    world.later(MIDNIGHT - world.at)
    world.accept(2)
    assert taken(world) == ()


def test_a_night_is_not_slow_service_and_is_waited_for() -> None:
    queue = replace(ALONE.queues[0], hours="business")
    world = Playground(replace(ALONE, queues=(queue,), hours=(BUSINESS_HOURS,)))
    world.at = MIDNIGHT + 16 * HOUR
    served_every(world, 5 * MINUTE, times=4)
    world.close(5)
    world.later(MIDNIGHT + 20 * HOUR - world.at)
    world.text(customer=customer(97))
    world.accept(6)  # Ana works late
    for each in (98, 99):
        world.text(customer=customer(each))

    assert world.board.expected_wait(7, world.at) == 12 * HOUR + 5 * MINUTE
    assert world.board.expected_wait_on("general", world.at) == 12 * HOUR + 15 * MINUTE

    world.later(13 * HOUR)
    world.reply(conversation=6)
    world.close(6)
    world.accept(7)
    assert world.board.expected_wait(8, world.at) == 5 * MINUTE
    assert len(world.board.snapshot().queues[0].takings) == 4


def test_a_pace_is_forgotten_after_a_day() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=5)
    world.at += DAY
    assert world.board.expected_wait_on("general", world.at) is None


def test_what_reps_pick_has_a_pace_too() -> None:
    world = Playground(ALONE)
    world.configure(distribution=Distribution.PICK)
    world.presence("ana", Presence.AWAY)
    for each in range(1, 7):
        world.text(customer=customer(each))

    for each in range(1, 6):
        world.later(3 * MINUTE)
        world.pick(each)
        world.close(each)

    assert world.board.expected_wait(6, world.at) == 3 * MINUTE
    assert world.board.expected_wait_on("general", world.at) == 6 * MINUTE


def test_only_the_latest_takings_are_remembered_and_a_restart_forgets_none() -> None:
    world = Playground(ALONE)
    served_every(world, MINUTE, times=REMEMBERED + 5)
    kept = world.board.snapshot()
    assert len(kept.queues[0].takings) == REMEMBERED

    for other in (Board.restore(kept), Board.replay("contoso", world.journal)):
        assert other.expected_wait_on("general", world.at) == MINUTE
        assert other.snapshot() == kept


class Told(NamedTuple):
    """What a customer who had to wait was told, and how long they then waited."""

    told: int
    waited: int


class Centre:
    """A contact centre whose customers come by chance, and whose conversations take as long as they do by chance."""

    def __init__(self, *, reps: int, capacity: int, handling: int, seed: int) -> None:
        names = tuple(f"rep{each}" for each in range(reps))
        config = replace(
            PATIENT,
            queues=(Queue(name="general", reps=names),),
            reps=tuple(Rep(name=each, capacity=capacity) for each in names),
        )
        self.world = Playground(config)
        self.chance = random.Random(seed)  # noqa: S311 - a simulation, the same each time
        self.handling = handling
        self.coming: list[tuple[Timestamp, int, str, int]] = []
        self.came: dict[int, Timestamp] = {}
        self.promised: dict[int, int] = {}
        self.found: deque[Told] = deque()
        self.unknown = 0
        for each in names:
            self.world.presence(each)

    def run(self, arrivals: list[Timestamp]) -> list[Told]:
        for each, at in enumerate(arrivals):
            self.plan(at, "arrive", each)

        while self.coming:
            at, _, what, which = heapq.heappop(self.coming)
            self.note(self.world.later(at - self.world.at))
            try:
                self.note(self.happens(what, which))
            except CordboardError:
                continue  # the offer has gone to somebody else by then

        return list(self.found)

    def plan(self, at: float, what: str, which: int) -> None:
        heapq.heappush(self.coming, (round(at), len(self.coming) + len(self.came) * 10**6, what, which))

    def happens(self, what: str, which: int) -> tuple[Event, ...]:
        match what:
            case "arrive":
                return self.arrive(which)
            case "accept":
                return self.world.accept(which, by=self.world.offered(which) or "")
            case _:
                return self.world.close(which, by=self.world.offered(which) or "")

    def arrive(self, which: int) -> tuple[Event, ...]:
        world = self.world
        events = world.text(customer=customer(which))
        opened = next(each.conversation for each in events if isinstance(each, ConversationOpened))
        self.came[opened] = world.at
        if world.offered(opened) is None:
            told = world.board.expected_wait(opened, world.at)
            if told is None:
                self.unknown += 1
            else:
                self.promised[opened] = told

        return events

    def note(self, events: tuple[Event, ...]) -> None:
        for each in events:
            match each:
                case ConversationOffered():  # who is offered something answers within some seconds
                    self.plan(self.world.at + self.chance.uniform(2 * SECOND, 12 * SECOND), "accept", each.conversation)
                case OfferAccepted() | ConversationPicked():
                    done = self.world.at + self.chance.expovariate(1 / self.handling)
                    self.plan(done, "close", each.conversation)
                    if each.conversation in self.promised:
                        waited = self.world.at - self.came[each.conversation]
                        self.found.append(Told(self.promised.pop(each.conversation), waited))
                case _:
                    pass


def arrivals(begin: Timestamp, length: int, per_hour: float, chance: random.Random) -> list[Timestamp]:
    """Return when customers come, as many in an hour as there are on the average."""
    found, at = [], float(begin)
    while (at := at + chance.expovariate(per_hour / HOUR)) < begin + length:
        found.append(round(at))

    return found


@pytest.mark.parametrize(
    ("load", "seed", "most"),
    [(0.85, 1, 0.45), (0.95, 2, 0.45), (1.1, 3, 0.3), (1.5, 4, 0.3)],
    ids=["busy", "full", "overfull", "flooded"],
)
def test_what_customers_are_told_is_near_to_what_they_then_wait(load: float, seed: int, most: float) -> None:
    """Measured: told 3 % to 11 % too much on the average, and off by 37 %, 31 %, 19 % and 17 % of the mean wait.

    A pace of twenty takings is off by 22 % itself (1/√20). Who is k-th waits for k endings, which chance makes off by
    0.8/√k beside: most of the error of a short line, and next to nothing for who is fiftieth. Another 16 seeds stayed
    below 40 % and 23 %. Too much is told since an offer is not answered at once: better than too little.
    """
    reps, capacity, handling = 6, 2, 6 * MINUTE
    centre = Centre(reps=reps, capacity=capacity, handling=handling, seed=seed)
    per_hour = load * reps * capacity * HOUR / (handling + 7 * SECOND)
    found = centre.run(arrivals(centre.world.at, 12 * HOUR, per_hour, centre.chance))

    told, waited = fmean(each.told for each in found), fmean(each.waited for each in found)
    error = fmean(abs(each.told - each.waited) for each in found) / waited
    assert len(found) > 100
    assert 0.9 < told / waited < 1.15
    assert error < most
    assert centre.unknown < 15  # at the beginning, while nothing is known


def test_whoever_is_offered_nothing_is_not_free() -> None:
    world = Playground(replace(ALONE, reps=(Rep(name="ana", capacity=2),)))
    world.active_with("ana")
    assert world.board.expected_wait_on("general", world.at) == 0

    world.do(SetPresence(rep="ana", presence=Presence.OFFLINE, by="ana", when_done=True))
    assert world.board.expected_wait_on("general", world.at) is None


def test_whoever_is_not_to_be_disturbed_because_of_what_they_hold_serves_their_queue() -> None:
    world = Playground(replace(ALONE, presence=PresenceRules(automatic=True)))
    served_every(world, 4 * MINUTE, times=5)

    assert world.board.reps["ana"].presence is Presence.DO_NOT_DISTURB
    assert world.board.expected_wait_on("general", world.at) == 4 * MINUTE
    assert Board.restore(world.board.snapshot()).expected_wait_on("general", world.at) == 4 * MINUTE

    world.presence("ana", Presence.DO_NOT_DISTURB)
    assert world.board.expected_wait_on("general", world.at) is None


def test_whoever_is_blocked_by_a_profile_is_not_free() -> None:
    hard = CapacityProfile(name="hard", limit=1, blocks_assignment=True)
    workstream = replace(ALONE.workstreams[0], costs={"hard": 1})
    reps = (Rep(name="ana", capacity=2),)
    world = Playground(replace(ALONE, capacity_profiles=(hard,), workstreams=(workstream,), reps=reps))
    world.presence("ana")
    assert world.board.expected_wait_on("general", world.at) == 0

    world.text()
    assert world.board.expected_wait_on("general", world.at) is None


def test_asking_for_waits_does_not_keep_the_candidates_of_every_customer() -> None:
    goes_on = Overflow(when=OverflowCondition.EXPECTED_WAIT, over=MINUTE, do=OverflowAction.TRANSFER, queue="second")
    names = tuple(f"rep{each}" for each in range(100))
    general = Queue(
        name="general",
        reps=names,
        assignment=AssignmentMethod.PREFERRED_REPS,
        fallback=PreferenceFallback.WAIT,
        overflow=(goes_on,),
        hours="never",
    )
    routes = (Route(name="first", queue="general"), Route(name="next", queue="second"))
    world = Playground(
        replace(
            CONFIG,
            hours=(OperatingHours(name="never"),),
            queues=(general, Queue(name="second", reps=("rep0",))),
            reps=tuple(Rep(name=each, capacity=1) for each in names),
            workstreams=(replace(CONFIG.workstreams[0], routes=routes),),
            preferences=tuple(Preference(customer=customer(each), reps=(name,)) for each, name in enumerate(names)),
        )
    )
    for each in range(100):
        world.text(customer=customer(each))

    assert world.conversation(100).queue == "second"
    assert len(world.board._state.candidates._pools) < 80
