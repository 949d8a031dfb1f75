"""What can be wrong with queues' overflow."""

from __future__ import annotations

from collections.abc import Iterator

from cordboard.engine.config import BoardConfig, Overflow, Queue
from cordboard.engine.routing_words import OverflowAction, OverflowCondition


def find_overflow_problems(config: BoardConfig) -> Iterator[str]:
    """Yield what does not hold of queues' overflow, each as `key: reason`. Circles are no problem: none is followed."""
    queues = {each.name for each in config.queues}
    for index, queue in enumerate(config.queues):
        waits: set[int] = set()
        for position, rule in enumerate(queue.overflow):
            yield from _of_one(f"queues[{index}].overflow[{position}]", queue, rule, queues)
            if rule.when is OverflowCondition.WAITED and rule.over is not None:
                if rule.over in waits:
                    yield f"queues[{index}].overflow[{position}].over: another acts after as long a wait; remove one"

                waits.add(rule.over)


def _of_one(key: str, queue: Queue, rule: Overflow, queues: set[str]) -> Iterator[str]:
    yield from _measure_problems(key, rule)
    if rule.when is OverflowCondition.OUT_OF_HOURS and queue.hours is None:
        yield f"{key}.when: the queue has no hours, so it is never out of them; give it hours, or remove this"

    if rule.when is OverflowCondition.WAITED and rule.do is OverflowAction.QUEUE:
        yield f"{key}.do: what has waited is on the queue already; choose transfer, end or later"

    if rule.do is not OverflowAction.TRANSFER:
        if rule.queue is not None:
            yield f"{key}.queue: goes with do = 'transfer' alone; remove it"
    elif rule.queue is None:
        yield f"{key}.queue: missing: where is it transferred to?"
    elif rule.queue not in queues:
        listed = ", ".join(sorted(queues))
        yield f"{key}.queue: there is no queue {rule.queue!r} (there is: {listed})"
    elif rule.queue == queue.name:
        yield f"{key}.queue: {rule.queue!r} is this queue; name another"


def _measure_problems(key: str, rule: Overflow) -> Iterator[str]:
    wanted = {OverflowCondition.OUT_OF_HOURS: None, OverflowCondition.LENGTH: "limit"}.get(rule.when, "over")
    for name in ("limit", "over"):
        given = getattr(rule, name) is not None
        if name == wanted and not given:
            yield f"{key}.{name}: missing: when = '{rule.when.value}' needs it"
        elif name != wanted and given:
            yield f"{key}.{name}: does not go with when = '{rule.when.value}'; remove it"
