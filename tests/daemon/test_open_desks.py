"""Open desks: what the board is told of them, also while it cannot take it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import anyio
import pytest
from structlog.testing import capture_logs

from cordboard.daemon.open_desks import OpenDesks
from cordboard.engine import Engine
from cordboard.engine.commands import Command, DesksLost, RepConnected, RepDisconnected
from cordboard.engine.errors import InvalidMessage, NotRunning, Overloaded

PAUSE = 0.001


class Listener:
    """Stands for an engine: notes what it is asked, and refuses what `refuse` says, as often as it says so."""

    def __init__(self, refuse: Callable[[Command], Exception | None] = lambda _: None) -> None:
        self.taken: list[Command] = []
        self.asked: list[Command] = []
        self._refuse = refuse
        self._news = anyio.Event()

    async def submit(self, command: Command) -> None:
        self.asked.append(command)
        error = self._refuse(command)
        if error is None:
            self.taken.append(command)

        self._news.set()
        self._news = anyio.Event()
        await anyio.lowlevel.checkpoint()
        if error is not None:
            raise error

    async def until(self, holds: Callable[[], bool]) -> None:
        with anyio.fail_after(5):
            while not holds():
                await self._news.wait()


@asynccontextmanager
async def told(listener: Listener, *, pause: float = PAUSE) -> AsyncIterator[OpenDesks]:
    desks = OpenDesks(cast("Engine", listener), asyncio.Event(), pause=pause)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desks.tell)
        yield desks
        tasks.cancel_scope.cancel()


def refusing(rep: str, error: Exception, times: int = 10**9) -> Callable[[Command], Exception | None]:
    left = iter(range(times))

    def refuse(command: Command) -> Exception | None:
        about = getattr(command, "rep", "")
        return error if about == rep and next(left, None) is not None else None

    return refuse


async def test_ones_news_that_cannot_be_kept_do_not_hold_up_anothers() -> None:
    listener = Listener(refusing("ana", Overloaded("too much to do")))
    async with told(listener, pause=60) as desks:
        with desks.opened("ana"), desks.opened("ben"):
            await listener.until(lambda: RepConnected(rep="ben") in listener.taken)

    assert listener.asked.count(RepConnected(rep="ana")) == 1


async def test_what_could_not_be_kept_is_told_again_until_it_is() -> None:
    listener = Listener(refusing("ana", Overloaded("too much to do"), times=4))
    async with told(listener) as desks:
        with desks.opened("ana"):
            await listener.until(lambda: RepConnected(rep="ana") in listener.taken)

        await listener.until(lambda: RepDisconnected(rep="ana") in listener.taken)

    assert listener.asked.count(RepConnected(rep="ana")) == 5


async def test_what_is_told_again_is_how_it_is_then() -> None:
    listener = Listener(refusing("ana", Overloaded("too much to do"), times=1))
    async with told(listener) as desks:
        with desks.opened("ana"):
            await listener.until(lambda: bool(listener.asked[1:]))

        await listener.until(lambda: RepDisconnected(rep="ana") in listener.taken)

    assert listener.taken == [DesksLost(), RepDisconnected(rep="ana")]


@pytest.mark.parametrize(
    ("error", "last"),
    [(NotRunning("stopping"), [30, 30, 30]), (ZeroDivisionError("a defect"), [32, 64, 128, 256, 512, 600, 600])],
    ids=repr,
)
async def test_pauses_grow_from_one_try_to_the_next(
    error: Exception, last: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    loop = asyncio.get_running_loop()
    wait = loop.call_later

    def at_once(pause: float, tell: Callable[..., None], *about: str) -> asyncio.TimerHandle:
        if about == ("ana",):
            pauses.append(pause)
            pause = 0

        return wait(pause, tell, *about)

    monkeypatch.setattr(loop, "call_later", at_once)
    listener = Listener(refusing("ana", error, times=5 + len(last)))
    async with told(listener, pause=1) as desks:
        with desks.opened("ana"):
            await listener.until(lambda: RepConnected(rep="ana") in listener.taken)

    assert pauses == [1, 2, 4, 8, 16, *last]


async def test_what_would_never_be_kept_is_told_once() -> None:
    listener = Listener(refusing("ana", InvalidMessage("it has half a character")))
    with capture_logs() as logs:
        async with told(listener) as desks:
            with desks.opened("ana"), desks.opened("ben"):
                await listener.until(lambda: RepConnected(rep="ben") in listener.taken)

            await listener.until(lambda: RepDisconnected(rep="ana") in listener.asked)

    assert listener.asked.count(RepConnected(rep="ana")) == 1
    assert {(each["log_level"], each["again"]) for each in logs} == {("error", False)}


@pytest.mark.parametrize("error", [Overloaded("too much to do"), ZeroDivisionError("a defect")], ids=repr)
async def test_what_is_tried_again_and_again_is_in_the_log_once(error: Exception) -> None:
    listener = Listener(refusing("ana", error, times=5))
    with capture_logs() as logs:
        async with told(listener) as desks:
            with desks.opened("ana"):
                await listener.until(lambda: RepConnected(rep="ana") in listener.taken)

    assert listener.asked.count(RepConnected(rep="ana")) == 6
    assert [(each["event"], each["again"]) for each in logs] == [("desk_not_noted", True)]


async def test_a_defect_with_those_who_had_a_desk_open_does_not_keep_the_news_of_who_has_one_now() -> None:
    listener = Listener(lambda command: ZeroDivisionError("a defect") if type(command) is DesksLost else None)
    async with told(listener, pause=60) as desks:
        with desks.opened("ana"):
            await listener.until(lambda: RepConnected(rep="ana") in listener.taken)

    assert listener.asked == [DesksLost(), RepConnected(rep="ana")]


async def test_nobody_is_told_of_before_those_who_had_a_desk_open_are_given_up() -> None:
    left = iter(range(3))
    listener = Listener(lambda command: NotRunning("") if type(command) is DesksLost and next(left, 9) < 9 else None)
    async with told(listener) as desks:
        with desks.opened("ana"):
            await listener.until(lambda: RepConnected(rep="ana") in listener.taken)

    assert listener.asked == [DesksLost()] * 4 + [RepConnected(rep="ana")]
