"""A simulated carrier is carrier enough: Twilio's transport keeps every promise of the port against it, too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from tests.transports.conftest import ACCOUNT, AUTH_TOKEN

from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import Behaviour, TransportConformance
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.faults import (
    HANG,
    NONSENSE,
    NORMAL,
    RESET,
    STALL,
    Treatment,
    refuse,
    throttle,
)
from cordboard.transports.simulator.script import EVERYBODY, Script

TREATMENTS = {
    Behaviour.ACCEPT: NORMAL,
    Behaviour.REJECT: refuse(400, 21211),
    Behaviour.THROTTLE: throttle(3),
    Behaviour.UNAUTHORISED: refuse(401, 20003),
    Behaviour.FAIL: refuse(503),
    Behaviour.GARBAGE: NONSENSE,
    Behaviour.RESET: RESET,
    Behaviour.STALL: STALL,
    Behaviour.HANG: HANG,
}


class CountingScript(Script):
    """A script that knows how many texts have come."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.news = anyio.Event()

    def take(self, recipient: str, body: str = "") -> Treatment:
        self.asked += 1
        self.news.set()
        self.news = anyio.Event()
        return super().take(recipient, body)


class SimulatedStandIn:
    """A simulated carrier as the suite wants it."""

    def __init__(self, carrier: SimulatedCarrier, script: CountingScript) -> None:
        self._carrier = carrier
        self._script = script

    @property
    def url(self) -> str:
        return self._carrier.api_url

    @property
    def asked(self) -> int:
        return self._script.asked

    @property
    def taken(self) -> dict[str, str]:
        return {each.sid: each.body for each in self._carrier.texts.listed({})}

    async def behave(self, behaviour: Behaviour) -> None:
        if behaviour is Behaviour.UNREACHABLE:
            await self._carrier.stop_listening()
        else:
            self._script.always(EVERYBODY, TREATMENTS[behaviour])

    async def has_been_asked(self, count: int) -> None:
        while self.asked < count:
            await self._script.news.wait()

    async def is_alone(self) -> None:
        while self._carrier.connections:  # noqa: ASYNC110 - the web server tells nobody when one closes
            await anyio.sleep(0.005)


@pytest.fixture
async def carrier() -> AsyncIterator[SimulatedStandIn]:
    """In the place of conftest's, whose other fixtures then speak to it."""
    script = CountingScript()
    async with SimulatedCarrier(ACCOUNT, Secret(AUTH_TOKEN), script=script) as carrier:
        yield SimulatedStandIn(carrier, script)


class TestSimulator(TransportConformance):
    """The other fixtures are in conftest.py."""
