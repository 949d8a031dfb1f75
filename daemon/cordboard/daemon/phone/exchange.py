"""All simulated carriers of a house as one: the numbers that can be texted, and what every phone shows."""

from __future__ import annotations

from itertools import count
from typing import Final

import anyio
from msgspec import Struct

from cordboard.daemon.desk.wording import Times
from cordboard.daemon.house import House
from cordboard.engine.clock import SystemClock
from cordboard.engine.config import E164
from cordboard.engine.errors import InvalidMessage, NotFound, Thing
from cordboard.engine.ports import Clock
from cordboard.engine.vocabulary import Timestamp
from cordboard.transports.simulator import SimulatorTransport
from cordboard.transports.simulator.phones import PhoneText

LONGEST_TEXT: Final = 1600
"""Characters that a phone sends in one text."""

_AT_HOME: Final = 10
"""Digits of an American number without its country code."""

_MADE_UP: Final = 14_155_550_100
"""Where numbers for new customers begin: 555-01xx is set aside for stories."""


class Thread(Struct, frozen=True, kw_only=True):
    """One customer and one number of ours.

    Attributes:
        customer: Whose phone.
        number: The number of ours.
        texts: What they have texted, oldest first.
    """

    customer: str
    number: str
    texts: tuple[PhoneText, ...]

    @property
    def at(self) -> Timestamp:
        """When the last text was."""
        return self.texts[-1].at if self.texts else 0


class Exchange:
    """What the phone pages ask the simulated carriers.

    Attributes:
        clock: Tells what time it is.

    Args:
        house: The daemon.
        clock: Tells what time it is.
    """

    def __init__(self, house: House, clock: Clock | None = None) -> None:
        self._house = house
        self.clock = clock or SystemClock()

    @property
    def version(self) -> int:
        """Grows whenever a phone changes; begins anew with the daemon."""
        return sum(each.carrier.phones.version for each in self._house.simulators.values())

    async def changed(self) -> None:
        """Wait until some phone changes."""
        async with anyio.create_task_group() as tasks:

            async def wait(simulator: SimulatorTransport) -> None:
                await simulator.carrier.phones.changed(simulator.carrier.phones.version)
                tasks.cancel_scope.cancel()

            for each in self._house.simulators.values():
                tasks.start_soon(wait, each)

    async def stopped(self) -> None:
        """Wait until the daemon begins to stop."""
        await self._house.stopping.wait()

    def times(self) -> Times:
        """Return the board's clock, seen from now."""
        return Times(self._house.engine.board.config.time_zone, self.clock.now())

    def numbers(self) -> tuple[str, ...]:
        """Return the numbers of ours that a simulated customer can text."""
        numbers = self._house.engine.board.config.numbers
        return tuple(each.address for each in numbers if each.channel in self._house.simulators)

    def threads(self) -> tuple[Thread, ...]:
        """Return every thread there is, the one with the latest text first."""
        found = [
            Thread(customer=customer, number=number, texts=simulator.carrier.phones.thread(customer, number))
            for simulator in self._house.simulators.values()
            for customer, number in simulator.carrier.phones.threads()
        ]
        return tuple(sorted(found, key=lambda each: each.at, reverse=True))

    def thread(self, customer: str, number: str) -> Thread:
        """Return one thread, which may be empty.

        Raises:
            NotFound: No simulated customer can text this number.
        """
        texts = self._simulator_of(number).carrier.phones.thread(customer, number)
        return Thread(customer=customer, number=number, texts=texts)

    async def text(self, customer: str, number: str, body: str) -> None:
        """Text a number of ours as a customer.

        Raises:
            NotFound: No simulated customer can text this number.
            InvalidMessage: It is no text that a phone could send.
        """
        if not body.strip():
            raise InvalidMessage("the text is empty; write something")

        if len(body) > LONGEST_TEXT:
            raise InvalidMessage(f"the text has {len(body)} characters; a phone sends at most {LONGEST_TEXT}")

        await self._simulator_of(number).carrier.text(customer, number, body)

    def new_customer(self, *, besides: str = "") -> str:
        """Return a number that no customer has yet, and that is not the one who is looked at."""
        taken = {besides, *(each.customer for each in self.threads())}
        return next(number for each in count(_MADE_UP + 23) if (number := f"+{each}") not in taken)

    def _simulator_of(self, number: str) -> SimulatorTransport:
        numbers = self._house.engine.board.config.numbers
        channel = next((each.channel for each in numbers if each.address == number), "")
        simulator = self._house.simulators.get(channel)
        if simulator is None:
            raise NotFound(
                f"no simulated customer can text {number!r}; choose a number of a simulated carrier", what=Thing.NUMBER
            )

        return simulator


def customer_number(written: str) -> str:
    """Return a customer's number as carriers write it, from how a person does.

    Raises:
        InvalidMessage: It is no phone number.
    """
    digits = "".join(each for each in written if each not in " -.()/\u00a0")
    number = digits if digits.startswith("+") else f"+{digits}"
    # Ten digits without a plus sign are how Americans write a number: "415 555 0123" is none in Switzerland (+41).
    at_home = number != digits and len(digits) == _AT_HOME
    if at_home or not E164.fullmatch(number):
        raise InvalidMessage("that is no phone number; write it with its country code, such as +1 415 555 0123")

    return number
