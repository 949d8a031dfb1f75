"""The candidates: for everything that is required, who could take it now, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from sortedcontainers import SortedList

from cordboard.engine.board.routing.methods import Availability, Method, Order
from cordboard.engine.board.routing.requirement import Requirement
from cordboard.engine.config import BoardConfig, Queue, Rep
from cordboard.engine.routing_words import PassedOver

Standing: TypeAlias = tuple[Order, int, str]
"""How a rep stands among the candidates: the smallest is best. The method's order, last assignment, name."""

_RESTING: Final = 64
"""How many pools that nobody waits for are kept: making one looks at a queue's reps, keeping one costs every change of
a rep who is in it a few microseconds."""

_FEW: Final = 8
"""Reps who have changed and may be looked at once more for every pool that is asked for: what one command changes."""


class Pool:
    """The reps who could take what one requirement asks.

    Attributes:
        requirement: What is asked.
        standings: Who can take it now, and how they stand.
    """

    def __init__(self, requirement: Requirement, method: Method) -> None:
        self.requirement = requirement
        self.standings: dict[str, Standing] = {}
        self._method = method
        self._fits: dict[str, Order] = {}
        self._ranked: SortedList[Standing] = SortedList()

    def admit(self, rep: Rep) -> bool:
        """Take a rep in whom their skills, ring and attributes make a candidate."""
        fit = self._method.fit(self.requirement, rep)
        if isinstance(fit, PassedOver):
            return False

        self._fits[rep.name] = fit
        return True

    def rank(self, candidates: Iterable[tuple[Rep, Availability | None]]) -> None:
        """Rank all candidates, of whom none is ranked yet: faster than one after the other."""
        ranked = [(rep.name, self._standing(rep, now)) for rep, now in candidates]
        self.standings = {name: standing for name, standing in ranked if standing is not None}
        self._ranked.update(self.standings.values())

    def put(self, rep: Rep, now: Availability | None) -> None:
        """Rank a candidate as they are now; who cannot take anything is not ranked."""
        old = self.standings.get(rep.name)
        new = self._standing(rep, now)
        if old == new:
            return

        if old is not None:
            self._ranked.remove(old)
            del self.standings[rep.name]

        if new is not None:
            self._ranked.add(new)
            self.standings[rep.name] = new

    def takes(self, now: Availability | None) -> bool:
        """Whether a candidate who is like this can take what is asked."""
        required = self.requirement
        if now is None or not now.state.takes_offers or now.state.presence not in required.presences:
            return False

        # What takes no capacity at all does not mind that somebody has less than none of it.
        if now.free < required.cost > 0:
            return required.overload

        return now.room is None or required.overload or now.room.allows(required.costs)

    def _standing(self, rep: Rep, now: Availability | None) -> Standing | None:
        required = self.requirement
        if now is None or not self.takes(now):
            return None

        order = self._method.order(self._fits[rep.name], required, rep, now)
        return (order, now.state.last_assignment, rep.name)

    @property
    def members(self) -> Iterator[str]:
        """The reps who may be ranked."""
        return iter(self._fits)

    def __iter__(self) -> Iterator[Standing]:
        return iter(self._ranked)

    def __len__(self) -> int:
        return len(self._ranked)

    def is_tied(self, standing: Standing) -> bool:
        """Whether somebody stands equal to a rep but for the last assignment."""
        at = self._ranked.index(standing)
        return any(self._ranked[each][0] == standing[0] for each in (at - 1, at + 1) if 0 <= each < len(self._ranked))


class Candidates:
    """A pool for each requirement that something waits with, and for some that something waited with lately.

    A rep who changes touches only their own entries, and most of those only when a command is done: who ends one
    conversation and gets the next could take nothing else before, and can take nothing else after it.

    Args:
        look: Returns how a rep is now; None where they are not on the board.
    """

    def __init__(self, look: Callable[[str], Availability | None]) -> None:
        self._look = look
        self._settings: Mapping[str, Rep] = {}
        self._methods: dict[str, Method] = {}
        self._pools: dict[Requirement, Pool] = {}
        self._resting: dict[Requirement, None] = {}
        self._pools_of: dict[str, dict[Requirement, Pool]] = {}
        self._changed: dict[str, None] = {}

    def configure(self, config: BoardConfig, settings: Mapping[str, Rep]) -> None:
        """Begin anew under a configuration."""
        self._settings = settings
        self._methods = {each.name: Method(each) for each in config.queues}
        self._pools.clear()
        self._resting.clear()
        self._pools_of.clear()
        self._changed.clear()

    def method(self, queue: str) -> Method:
        """Return how a queue chooses; one that is not configured any more has nobody to choose from."""
        return self._methods.get(queue) or Method(Queue(name="gone"))

    def touch(self, rep: str) -> None:
        """Note that a rep is not as they were."""
        if rep in self._pools_of:
            self._changed[rep] = None

    def pool(self, requirement: Requirement) -> Pool:
        """Return who could take what is required."""
        if len(self._changed) > _FEW:
            self.catch_up()

        pool = self._pools.get(requirement)
        if pool is None:
            return self._fill(requirement)

        self._resting.pop(requirement, None)
        for name in self._changed:
            if requirement in self._pools_of[name]:
                pool.put(self._settings[name], self._look(name))

        return pool

    def catch_up(self) -> None:
        """Rank everybody who has changed anew, wherever they are a candidate."""
        for name in self._changed:
            now = self._look(name)
            for pool in self._pools_of[name].values():
                if name in pool.standings or pool.takes(now):
                    pool.put(self._settings[name], now)

        self._changed.clear()

    def rest(self, requirement: Requirement) -> None:
        """Note that nothing waits with a requirement any more: its pool is kept for a while."""
        if requirement not in self._pools:
            return

        self._resting[requirement] = None
        if len(self._resting) > _RESTING:
            self._drop(next(iter(self._resting)))

    def requirements_for(self, rep: str) -> Iterator[Requirement]:
        """Yield what a rep could take now, as far as something waits with it or has done so lately."""
        now = self._look(rep)
        return (requirement for requirement, pool in self._pools_of.get(rep, {}).items() if pool.takes(now))

    def _fill(self, requirement: Requirement) -> Pool:
        method = self.method(requirement.queue)
        pool = self._pools[requirement] = Pool(requirement, method)
        candidates = [
            rep for rep in map(self._settings.__getitem__, requirement.only or method.queue.reps) if pool.admit(rep)
        ]
        for rep in candidates:
            self._pools_of.setdefault(rep.name, {})[requirement] = pool

        pool.rank((rep, self._look(rep.name)) for rep in candidates)
        return pool

    def _drop(self, requirement: Requirement) -> None:
        del self._resting[requirement]
        for name in self._pools.pop(requirement).members:
            del self._pools_of[name][requirement]
