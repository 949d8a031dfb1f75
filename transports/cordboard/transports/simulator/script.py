"""Whose texts are treated how: a script, told from Python or as JSON."""

from __future__ import annotations

from collections import deque
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from cordboard.engine.errors import CordboardError, Fault
from cordboard.transports.simulator.chaos import Chaos
from cordboard.transports.simulator.faults import NAMED, NORMAL, Treatment

EVERYBODY: Final = "everybody"
"""In the place of a customer's number: whoever has nothing of their own in the script."""


class ScriptUnreadable(CordboardError):
    """A script is not what it should be."""

    fault = Fault.CALLER


class Plans:
    """How the next texts are treated, by whose or which they are. A text takes one treatment."""

    def __init__(self) -> None:
        self._next: dict[str, deque[Treatment]] = {}
        self._always: dict[str, Treatment] = {}

    def next(self, whose: str, *treatments: Treatment) -> None:
        """Treat the next texts so, one each."""
        self._next.setdefault(whose, deque()).extend(treatments)

    def always(self, whose: str, treatment: Treatment) -> None:
        """Treat every text so, once what `next` was told is over; `NORMAL` ends it."""
        self._always[whose] = treatment

    def take(self, whose: str) -> Treatment | None:
        """Return how to treat a text that has just come; None where nothing is said of it."""
        scripted = self._next.get(whose)
        return scripted.popleft() if scripted else self._always.get(whose)


class Script:
    """How the next texts are treated; normally, where nothing else is said.

    What is said of a text's words goes before what is said of a customer, and that before what is said of everybody.

    Attributes:
        texts: By the exact words of a text, in both directions.
        to: By the customer whom a text of ours is for.
        customers: By the customer who texts us. Of a treatment, `pause` and `copies` matter then.
        chaos: Draws a treatment where nothing is said; None for none.
    """

    def __init__(self, *, chaos: Chaos | None = None) -> None:
        self.texts = Plans()
        self.to = Plans()
        self.customers = Plans()
        self.chaos = chaos

    def next(self, recipient: str, *treatments: Treatment) -> None:
        """Treat the next texts of ours to a customer so, one each."""
        self.to.next(recipient, *treatments)

    def always(self, recipient: str, treatment: Treatment) -> None:
        """Treat every text of ours to a customer so, once what `next` was told is over; `NORMAL` ends it."""
        self.to.always(recipient, treatment)

    def take(self, recipient: str, body: str = "") -> Treatment:
        """Return how to treat a text of ours that has just come."""
        return self._take(self.to, recipient, body) or (self.chaos.draw(recipient, body) if self.chaos else NORMAL)

    def take_from(self, customer: str, body: str = "") -> Treatment:
        """Return how to treat a text that a customer has just sent."""
        return self._take(self.customers, customer, body) or (
            self.chaos.draw_incoming(customer, body) if self.chaos else NORMAL
        )

    def read(self, written: bytes) -> None:
        """Follow another script from now on, told as JSON.

            {"to": {"+14155550123": {"next": ["throttled", {"status": 503, "taken": false}], "always": "unreported"}},
             "texts": {"Hello": {"next": ["take_and_reset"]}}, "customers": {"everybody": {"always": "webhooks_twice"}},
             "chaos": {"seed": 7, "weights": {"normal": 9, "reset": 1}}}

        A treatment is a name of `faults.NAMED`, or an object with the fields of `faults.Treatment`.

        Raises:
            ScriptUnreadable: It is none. What was followed before is still followed.
        """
        try:
            script = msgspec.json.decode(written, type=_Written)
        except msgspec.DecodeError as error:
            raise ScriptUnreadable(f"the script cannot be read: {error}") from None

        texts, to, customers = _plans(script.texts), _plans(script.to), _plans(script.customers)
        self.chaos = _chaos(script.chaos)
        self.texts, self.to, self.customers = texts, to, customers

    def _take(self, plans: Plans, customer: str, body: str) -> Treatment | None:
        return self.texts.take(body) or plans.take(customer) or plans.take(EVERYBODY)


_Treatment: TypeAlias = Treatment | str


class _Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    next: tuple[_Treatment, ...] = ()
    always: _Treatment | None = None


class _Chaos(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    seed: int
    weights: dict[str, float] = {}


class _Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    to: dict[str, _Plan] = {}
    texts: dict[str, _Plan] = {}
    customers: dict[str, _Plan] = {}
    chaos: _Chaos | None = None


def _chaos(written: _Chaos | None) -> Chaos | None:
    if written is None:
        return None

    try:
        return Chaos(written.seed, written.weights) if written.weights else Chaos(written.seed)
    except ValueError as error:
        raise ScriptUnreadable(str(error)) from None


def _plans(written: dict[str, _Plan]) -> Plans:
    plans = Plans()
    for whose, plan in written.items():
        plans.next(whose, *map(_named, plan.next))
        if plan.always is not None:
            plans.always(whose, _named(plan.always))

    return plans


def _named(treatment: _Treatment) -> Treatment:
    if isinstance(treatment, Treatment):
        return treatment

    if treatment not in NAMED:
        raise ScriptUnreadable(f"there is no treatment {treatment!r} (there is: {', '.join(NAMED)})")

    return NAMED[treatment]
