"""`cordboard demo --check`: plays one conversation through, from the customer's phone to the desk and back."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import aiohttp
import anyio

from cordboard.daemon.demo import CHANNEL, HOST, NUMBER, TOKENS, configure_demo, database_in
from cordboard.daemon.listening import listening, url_of
from cordboard.daemon.serve import Running, Stop, serve
from cordboard.engine.errors import CordboardError

SECONDS: Final = 20
"""How long all of it may take."""

_CUSTOMER: Final = "+14155550123"
_QUESTION: Final = "Where is my parcel?"
_ANSWER: Final = "It is on its way: you have it tomorrow."


class CheckFailed(CordboardError):
    """The demo does not do what it should."""


async def check_demo() -> int:
    """Run a demo on free ports and in a temporary folder, and say of every step that it was taken.

    Returns:
        The exit code: 0 if everything went as it should within `SECONDS`.
    """
    failures: list[str] = []
    stop = Stop()

    async def play(running: Running) -> None:
        try:
            await _play(running)
        except (CheckFailed, aiohttp.ClientError) as error:
            failures.append(str(error))
        finally:
            stop.ask()

    with tempfile.TemporaryDirectory(prefix="cordboard-demo-") as name, listening(HOST, 0) as listeners:
        configuration = configure_demo(Path(name), url_of(listeners[0]))
        with anyio.move_on_after(SECONDS) as within:
            async with anyio.create_task_group() as tasks:

                def begin(running: Running) -> None:
                    tasks.start_soon(play, running)

                try:
                    await serve(
                        configuration,
                        db=database_in(Path(name)),
                        listeners=listeners,
                        demo=True,
                        stop=stop,
                        ready=begin,
                    )
                except CordboardError as error:
                    failures.append(str(error))

    if within.cancelled_caught:
        failures.append(f"nothing more happened: {SECONDS} seconds are over")

    for failure in failures:
        print(f"FAILED  {failure}", file=sys.stderr)

    if not failures:
        _say("the demo stopped in good order")

    return 1 if failures else 0


async def _play(running: Running) -> None:
    _say(f"the demo answers at {running.url}")
    carrier = running.house.simulators[CHANNEL].carrier
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKENS['ana']}"}) as ana:
        api = _Api(ana, running.url)
        await api.call("PUT", "/v1/me/presence", {"presence": "available"})
        _say("Ana is available")

        brought = await carrier.text(_CUSTOMER, NUMBER, _QUESTION)
        if brought.status != 200:
            raise CheckFailed(f"the simulated carrier's text was answered with {brought.status}")

        _say(f"a customer texts {NUMBER}: {_QUESTION}")
        conversation = (await api.until("/v1/conversations", {"state": "assigned", "rep": "ana"}))["id"]
        here = f"/v1/conversations/{conversation}"
        _say(f"conversation {conversation} is offered to Ana")

        await api.call("POST", f"{here}/accept")
        _say("Ana accepts")

        await api.call("POST", f"{here}/messages", {"body": _ANSWER})
        _say(f"Ana replies: {_ANSWER}")

        await carrier.phones.until(
            lambda: any(
                text.body == _ANSWER and not text.from_customer for text in carrier.phones.thread(_CUSTOMER, NUMBER)
            )
        )
        _say("the customer's phone shows it")

        await api.until(f"{here}/messages", {"author": "ana", "body": _ANSWER, "status": "delivered"})
        _say("the desk knows that it was delivered")


class _Api:
    """The HTTP API, as somebody uses it."""

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self._client = client
        self._url = url

    async def call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        async with self._client.request(method, self._url + path, json=body) as response:
            answer = await response.json(content_type=None)
            if not response.ok:
                raise CheckFailed(f"{method} {path} was answered with {response.status}: {answer}")

            return answer

    async def until(self, path: str, facts: dict[str, str]) -> Any:
        """Ask for a list until one of it is as it should be, and return that one."""
        while True:
            for item in (await self.call("GET", path))["items"]:
                if all(item[name] == value for name, value in facts.items()):
                    return item

            await anyio.sleep(0.05)


def _say(what: str) -> None:
    print(f"ok      {what}", flush=True)
