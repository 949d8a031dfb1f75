"""Turns on the way to a carrier: the pace of numbers, how many at once, and who goes first."""

from __future__ import annotations

import itertools

import anyio
import pytest

from cordboard.engine.carrier import Accepted, Failure, Pace, Rejected, SendResult, Throttled
from cordboard.engine.runtime import turns as turns_module
from cordboard.engine.runtime.turns import Bucket, Turns
from cordboard.engine.vocabulary import PaceUnit

OURS = "+18005550100"
OTHER = "+18005550101"
FAILURE = Failure(code="1", text="no")
BUSY = Throttled(failure=FAILURE)
DOWN = Rejected(failure=FAILURE, channel_down=True)
TAKEN = Accepted(provider_id="OUT1")
LONG = 3600.0


def test_a_number_keeps_its_pace_over_any_time() -> None:
    bucket = Bucket(Pace(amount=200, unit=PaceUnit.MESSAGES, per=60_000), now=0)
    now, gone = 0.0, []
    while now < 60:
        wait = bucket.wait(1, now)
        if wait > 0:
            now += wait + 1e-9
        else:
            bucket.take(1, now)
            gone.append(now)

    assert 200 <= len(gone) <= 201
    assert max(later - earlier for earlier, later in itertools.pairwise(gone)) == pytest.approx(0.3, abs=0.01)


def test_a_long_text_takes_as_long_as_its_segments() -> None:
    bucket = Bucket(Pace(amount=1), now=0)
    bucket.take(3, 0)

    assert (bucket.wait(1, 0), bucket.wait(1, 2), bucket.wait(3, 3)) == (3, 1, 0)


def test_a_pause_does_not_save_up_for_a_flood() -> None:
    bucket = Bucket(Pace(amount=100), now=0)
    gone = 0
    while bucket.wait(1, LONG) == 0:
        bucket.take(1, LONG)
        gone += 1

    assert gone == 10


class Crowd:
    """Texts that take their turns; each keeps its turn until it is let go."""

    def __init__(self, turns: Turns, tasks: anyio.abc.TaskGroup) -> None:
        self.turns = turns
        self.tasks = tasks
        self.began: list[int] = []
        self.news = anyio.Event()
        self.ends: dict[int, anyio.Event] = {}

    async def join(self, which: int, *, number: str = OURS, bulk: bool = False, pace: Pace | None = None) -> None:
        self.ends[which] = anyio.Event()
        self.tasks.start_soon(self._go, which, number, bulk, pace)
        await anyio.wait_all_tasks_blocked()

    async def _go(self, which: int, number: str, bulk: bool, pace: Pace | None) -> None:
        async with self.turns.turn(number, pace, units=1, order=(bulk, which)):
            self.began.append(which)
            self.news.set()
            await self.ends[which].wait()

    async def end(self, which: int, result: SendResult | None = None, *, began: float | None = None) -> None:
        if result is not None:
            self.turns.learn(result, anyio.current_time() if began is None else began)

        self.ends[which].set()
        await anyio.wait_all_tasks_blocked()


async def test_replies_go_before_what_is_sent_to_many_and_the_older_before_the_newer() -> None:
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(1), tasks)
        for which, bulk in ((1, True), (2, True), (5, False), (4, False), (3, True)):
            await crowd.join(which, bulk=bulk)

        for which in (1, 4, 5, 2, 3):
            await crowd.end(which)

    assert crowd.began == [1, 4, 5, 2, 3]


async def test_a_number_that_has_to_wait_holds_up_no_other() -> None:
    slow = Pace(amount=1, per=3_600_000)
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(4), tasks)
        await crowd.join(1, pace=slow)
        await crowd.join(2, pace=slow)
        await crowd.join(3, number=OTHER)

        assert crowd.began == [1, 3]
        tasks.cancel_scope.cancel()


async def test_a_paced_number_goes_on_by_itself_when_its_time_has_come() -> None:
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(4), tasks)
        for which in range(1, 11):
            await crowd.join(which, pace=Pace(amount=50))
            crowd.ends[which].set()

    # Five at once (a tenth of a second's worth), then one every 20 ms.
    assert crowd.began == list(range(1, 11))
    assert 0.099 < anyio.current_time() - began < 5


async def test_too_much_at_once_halves_what_is_under_way_once_for_all_that_were_told_together() -> None:
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(8), tasks)
        for which in range(1, 9):
            await crowd.join(which)

        before = anyio.current_time()
        for which in range(1, 9):
            await crowd.end(which, BUSY, began=before - 1)

        assert crowd.turns.width == 4


async def test_what_goes_well_widens_again_up_to_the_most() -> None:
    turns = Turns(8)
    turns.learn(BUSY, anyio.current_time())
    for _ in range(4):
        turns.learn(TAKEN, 0)

    one_round_later = turns.width
    for _ in range(100):
        turns.learn(TAKEN, 0)

    assert (one_round_later, turns.width) == (4, 8)


async def test_on_a_stopped_channel_nothing_goes_but_one_try_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "TRY_STOPPED_EVERY", 0.05)
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(8), tasks)
        await crowd.join(1)
        await crowd.end(1, DOWN)
        for which in (2, 3, 4):
            await crowd.join(which)

        assert crowd.began == [1]
        crowd.news = anyio.Event()
        with anyio.fail_after(60):
            await crowd.news.wait()

        assert (crowd.began, crowd.turns.width) == ([1, 2], 1)
        await crowd.end(2, TAKEN)

        assert (crowd.began, crowd.turns.width) == ([1, 2, 3, 4], 8)
        tasks.cancel_scope.cancel()


async def test_a_mended_channel_is_tried_at_once() -> None:
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(8), tasks)
        crowd.turns.stop()
        await crowd.join(1)
        await crowd.join(2)
        stopped = list(crowd.began)
        crowd.turns.probe()
        await anyio.wait_all_tasks_blocked()

        assert (stopped, crowd.began) == ([], [1])
        tasks.cancel_scope.cancel()


async def test_whoever_gives_up_waiting_leaves_their_place_to_the_next() -> None:
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(1), tasks)
        await crowd.join(1)
        with anyio.move_on_after(0):
            async with crowd.turns.turn(OURS, None, units=1, order=(False, 0)):
                raise AssertionError("its turn cannot have come")

        await crowd.join(2)
        await crowd.end(1)

        assert crowd.began == [1, 2]
        tasks.cancel_scope.cancel()


async def test_idle_is_when_nothing_is_under_way() -> None:
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(2), tasks)
        await crowd.join(1)
        idle = anyio.Event()

        async def tell() -> None:
            await crowd.turns.idle()
            idle.set()

        tasks.start_soon(tell)
        await anyio.wait_all_tasks_blocked()
        early = idle.is_set()
        await crowd.end(1)

        assert (early, idle.is_set()) == (False, True)


async def test_idle_does_not_wait_for_what_begins_after_it_was_asked() -> None:
    async with anyio.create_task_group() as tasks:
        crowd = Crowd(Turns(2), tasks)
        await crowd.join(1)
        idle = anyio.Event()

        async def tell() -> None:
            await crowd.turns.idle()
            idle.set()

        tasks.start_soon(tell)
        await anyio.wait_all_tasks_blocked()
        await crowd.join(2)
        await crowd.end(1)

        assert idle.is_set()
        tasks.cancel_scope.cancel()
