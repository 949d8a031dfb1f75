"""Customers text, reps answer, carriers fail, and the daemon is killed; what is seen of it becomes `Facts`."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, Final

import aiohttp
import msgspec
from msgspec import Struct
from tests.acceptance.harness import TOKENS, Daemon, serving
from tests.chaos.facts import STOP, Answered, Carried, Facts, Kept, Pair, Written
from tests.chaos.promise import broken_promises
from tests.chaos.world import (
    AT_AZURE,
    AT_TWILIO,
    CONFIGURATION,
    CONFIRMATION,
    find_port,
    simulated_carrier,
    write_configuration,
)

from cordboard.transports.simulator.carrier import SimulatedCarrier

PATIENT: Final = ("-m", "cordboard.daemon")
IMPATIENT: Final = (str(Path(__file__).with_name("impatient.py")),)

_AGAIN_AFTER: Final = 0.05
"""Seconds after which a rep who got no answer asks again."""

_THANKS: Final = "Thank you!"
"""Said to the same customer more than once: two texts that no carrier can tell from each other."""

_REFUSED: Final = (403, 404, 409)
"""What a rep is told who cannot reply, or not any more: the customer has stopped, say."""


class Plan(Struct, frozen=True, kw_only=True):
    """How large a run is.

    Attributes:
        seed: What decides who says what, what goes wrong, and after how many texts and replies the daemon is killed.
        customers: How many there are; every other one texts the number at Twilio.
        texts: How many each of them writes. Nearly every one is answered.
        at_once: How many of them write at the same time.
        kills: How often the daemon is killed.
        calm: How often a text of ours meets no trouble, against each kind of trouble: with 30 every other one does.
        talking: Seconds after which it is given up if not everything has been said: a daemon that ended by itself, say.
        settling: Seconds that everything may take to come to an end, after the last text.
        program: How the daemon is started.
    """

    seed: str
    customers: int
    texts: int
    at_once: int = 40
    kills: int
    calm: float = 30.0
    talking: float = 1_800.0
    settling: float
    program: tuple[str, ...] = PATIENT


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a run.

    Attributes:
        facts: What was seen.
        broken: What was promised and not kept, in words.
        refused: How many replies were refused.
        kills: How often the daemon was killed.
        seconds: How long it took.
    """

    facts: Facts
    broken: list[str]
    refused: int
    kills: int
    seconds: float


class Play:
    """One run.

    Args:
        plan: How large it is.
        folder: Where the configuration and the database go.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._port = find_port()
        self._door = f"http://127.0.0.1:{self._port}"
        self._carrier = simulated_carrier(plan.seed, self._door, calm=plan.calm)
        self._facts = Facts(confirmation=CONFIRMATION, listed=frozenset({AT_TWILIO}))
        self._places = asyncio.Semaphore(plan.at_once)
        self._progress = _Progress()
        self._up = asyncio.Event()
        self._refused = 0
        self._kills = 0

    async def run(self) -> Outcome:
        """Play it from the first text to the last report.

        Raises:
            TimeoutError: It does not come to an end.
        """
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._carrier)
            session = aiohttp.ClientSession(self._door, timeout=aiohttp.ClientTimeout(total=15))
            self._session = await stack.enter_async_context(session)
            write_configuration(self._folder, self._carrier, self._door)
            async with asyncio.timeout(self._plan.talking), asyncio.TaskGroup() as tasks:
                tasks.create_task(self._live_and_die())
                tasks.create_task(self._talk())

            broken = await self._settle()

        return Outcome(
            facts=self._facts,
            broken=broken,
            refused=self._refused,
            kills=self._kills,
            seconds=time.monotonic() - began,
        )

    # The daemon.

    def _life(self) -> AbstractAsyncContextManager[Daemon]:
        """Run the daemon, again and again on the same database and port."""
        file, database = self._folder / CONFIGURATION, self._folder / "cordboard.db"
        return serving(file, database, port=self._port, program=self._plan.program)

    async def _live_and_die(self) -> None:
        """Run the daemon until everything is said, and kill it now and then."""
        chance = Random(f"{self._plan.seed} kills")  # noqa: S311 - it has to be repeatable, not secret
        whole = self._plan.customers * self._plan.texts
        for moment in [*sorted(chance.sample(range(whole // 20, whole + whole // 2), self._plan.kills)), None]:
            async with self._life() as daemon:
                if self._kills == 0:
                    await daemon.call("ana", "PUT", "/v1/me/presence", json={"presence": "available"})

                self._up.set()
                await self._progress.reaches(moment)
                # At once, before anything more is written, or somewhere between two steps.
                await asyncio.sleep(chance.choice((0.0, 0.0, chance.random() * 0.05)))
                await self._kill(daemon)

            if self._progress.over:
                break

    async def _kill(self, daemon: Daemon) -> None:
        self._up.clear()
        await daemon.stop(signal.SIGKILL)
        self._kills += 1
        self._listen_to(daemon)

    def _listen_to(self, daemon: Daemon) -> None:
        """A daemon that says that it has a defect has one."""
        self._facts.oddities += [
            f"the daemon reports {each['event']}: {each.get('traceback', '')}"
            for each in daemon.log
            if each["level"] in ("error", "critical")
        ]

    async def _settle(self) -> list[str]:
        """Start the daemon once more, and wait until everything has come to an end; return what is broken then."""
        until = time.monotonic() + self._plan.settling
        async with self._life() as daemon:
            while True:
                await self._look(daemon)
                if not broken_promises(self._facts) or time.monotonic() > until:
                    break

                await asyncio.sleep(0.5)

            self._facts.begun_after_stop = await _begun_after_stop(daemon)
            if await daemon.stop() != 0:
                self._facts.oddities.append("the daemon did not end in good order")

            self._listen_to(daemon)

        self._facts.carried = _ledger(self._carrier)
        return broken_promises(self._facts)

    async def _look(self, daemon: Daemon) -> None:
        conversations = await daemon.list_all("/v1/conversations?limit=200")
        kept: list[Kept] = []
        for conversation in conversations:
            pair = conversation["number"], conversation["customer"]
            kept += [
                msgspec.convert({**each, "pair": pair}, type=Kept)
                for each in await daemon.list_all(f"/v1/conversations/{conversation['id']}/messages?limit=200")
            ]

        self._facts.kept = sorted(kept, key=lambda each: each.id)
        self._facts.carried = _ledger(self._carrier)

    # People.

    async def _talk(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._plan.customers):
                pair = (AT_TWILIO, AT_AZURE)[number % 2], f"+1415555{number:04}"
                tasks.create_task(self._be_customer(pair))

        self._progress.end()

    async def _be_customer(self, pair: Pair) -> None:
        """Write one text after the other; each is answered while the next is written.

        Who got through with none waits until the daemon is up again, however long that takes: so each time that it is
        killed, a customer loses one text at most.
        """
        chance = Random(f"{self._plan.seed} {pair}")  # noqa: S311 - it has to be repeatable, not secret
        stop = chance.randrange(self._plan.texts // 2, self._plan.texts) if chance.random() < 0.1 else None
        async with self._places, asyncio.TaskGroup() as answers:
            await self._up.wait()
            for turn in range(self._plan.texts):
                body = STOP if turn == stop else f"Text {turn} of {pair[1][-4:]}, ça va? 👋"
                brought = await self._carrier.text(pair[1], pair[0], body)
                acknowledged = 200 <= brought.status < 300
                self._facts.written.append(
                    Written(
                        pair=pair,
                        provider_id=brought.sid,
                        body=body,
                        acknowledged=acknowledged,
                        called=brought.tries > 0,
                    )
                )
                if acknowledged:
                    self._progress.step()
                    if turn == stop:
                        self._facts.stopped[pair] = time.time()

                    words = _THANKS if chance.random() < 0.1 else f"Answer {turn} to {pair[1][-4:]} “as asked”"
                    answers.create_task(self._answer(pair, words, key=f"{pair[1]}/{turn}", twice=chance.random() < 0.1))
                elif brought.tries:
                    await self._up.wait()

    async def _answer(self, pair: Pair, body: str, *, key: str, twice: bool) -> None:
        """Be a rep who answers, and insists until they know that it was taken, or that it cannot be."""
        asked_at = time.time()
        found = await self._insist("GET", f"/v1/conversations?limit=1&customer=%2B{pair[1][1:]}", person="ben")
        if found[0] != 200 or not found[1]["items"]:
            self._facts.oddities.append(f"{pair} was acknowledged, and has no conversation: {found}")
            return

        path = f"/v1/conversations/{found[1]['items'][0]['id']}/messages"
        times = 2 if twice else 1
        told = await asyncio.gather(*(self._insist("POST", path, body, key=key) for _ in range(times)))
        taken = {answer["id"] for status, answer in told if status == 202}
        if len(taken) > 1 or (taken and any(status != 202 for status, _ in told)):
            self._facts.oddities.append(f"asked twice with one key, a rep is told {told}")
        elif taken:
            self._facts.answered.append(Answered(pair=pair, message=taken.pop(), body=body, asked_at=asked_at))
            self._progress.step()
        elif told[0][0] in _REFUSED:
            self._refused += 1
        else:
            self._facts.oddities.append(f"a reply is answered with {told[0]}")

    async def _insist(
        self, method: str, path: str, body: str = "", *, key: str = "", person: str = "ana"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {TOKENS[person]}"} | ({"Idempotency-Key": key} if key else {})
        while True:
            try:
                async with self._session.request(
                    method, path, json={"body": body} if body else None, headers=headers
                ) as answer:
                    if answer.status != 503:
                        return answer.status, await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ValueError):
                pass  # it is dead, or was killed in the middle of its answer

            await asyncio.sleep(_AGAIN_AFTER)


class _Progress:
    """How many texts and replies have been acknowledged."""

    def __init__(self) -> None:
        self.over = False
        self._steps = 0
        self._news = asyncio.Event()

    def step(self) -> None:
        self._steps += 1
        self._tell()

    def end(self) -> None:
        self.over = True
        self._tell()

    async def reaches(self, steps: int | None) -> None:
        """Wait for so many steps, or for the end."""
        await self._until(lambda: self.over or (steps is not None and self._steps >= steps))

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._news.wait()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


async def _begun_after_stop(daemon: Daemon) -> list[int]:
    """Return the messages that were handed over after their customer had opted out, by the journal's order."""
    last = "do_not_disturb"  # nobody says so before
    assert (await daemon.call("ana", "PUT", "/v1/me/presence", json={"presence": last}))[0] == 200
    conversations: dict[int, Pair] = {}
    stopped: set[Pair] = set()
    begun = []
    async with daemon.client.get(
        f"{daemon.url}/v1/events?after=0",
        headers={"Authorization": f"Bearer {TOKENS['ben']}"},
        timeout=aiohttp.ClientTimeout(total=60),
    ) as stream:
        async for line in stream.content:
            event: dict[str, Any] = json.loads(line[6:]) if line.startswith(b"data: ") else {"type": ""}
            match event["type"]:
                case "conversation_opened":
                    conversations[event["conversation"]] = event["number"], event["customer"]
                case "customer_opted_out":
                    stopped.add((event["number"], event["customer"]))
                case "send_started" if conversations[event["conversation"]] in stopped:
                    begun.append(event["message"])
                case "presence_changed" if event["presence"] == last:
                    break
                case _:
                    pass

    return begun


def _ledger(carrier: SimulatedCarrier) -> list[Carried]:
    return [
        Carried(pair=(each.sender, each.recipient), provider_id=each.sid, body=each.body, at=each.taken_at.timestamp())
        for each in carrier.texts.taken()
    ]
