"""Everything that may go wrong at a carrier, at random but repeatable."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Final

from cordboard.transports.simulator.faults import NAMED, Treatment

WEIGHTS: Final[Mapping[str, float]] = {name: 30.0 if name == "normal" else 1.0 for name in NAMED}
"""How often a text of ours is treated so, against the others: about half of all texts go well."""

INCOMING: Final[Mapping[str, float]] = {"normal": 8.0, "webhooks_twice": 1.0, "slow": 1.0}
"""The same for customers' texts. None is lost: no contact centre could tell."""


class Chaos:
    """Draws a treatment for every text.

    What a text draws follows from the seed, the customer, the words, and how often they have come: the same texts meet
    the same trouble in every run, in whatever order they come.

    Args:
        seed: The same seed draws the same.
        weights: Names of `faults.NAMED`, and how often each is drawn against the others.
        incoming: The same for customers' texts.

    Raises:
        ValueError: There is no such treatment, a weight is negative, or all are nothing.
    """

    def __init__(
        self, seed: int, weights: Mapping[str, float] = WEIGHTS, *, incoming: Mapping[str, float] = INCOMING
    ) -> None:
        for each in (weights, incoming):
            if not set(each) <= set(NAMED) or min(each.values(), default=-1) < 0 or not sum(each.values()):
                raise ValueError(f"chaos needs names of treatments ({', '.join(NAMED)}), with weights above 0")

        self._seed = seed
        self._weights = dict(weights)
        self._incoming = dict(incoming)
        self._times: Counter[tuple[str, str, str]] = Counter()

    def draw(self, customer: str, body: str) -> Treatment:
        """Return how to treat a text of ours."""
        return self._draw("to", customer, body, self._weights)

    def draw_incoming(self, customer: str, body: str) -> Treatment:
        """Return how to treat a customer's text."""
        return self._draw("from", customer, body, self._incoming)

    def _draw(self, way: str, customer: str, body: str, weights: Mapping[str, float]) -> Treatment:
        self._times[way, customer, body] += 1
        times = self._times[way, customer, body]
        chance = random.Random(f"{self._seed} {way} {customer} {times} {body}")  # noqa: S311 - nothing secret is drawn
        [name] = chance.choices(list(weights), list(weights.values()))
        return NAMED[name]
