"""What Prometheus is told: counts of what happened since the daemon started, and how the board is now.

Labels are names from the configuration and words of Cordboard's own; never a phone number, never a body.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cordboard.engine import Engine
from cordboard.engine.config import SECOND
from cordboard.engine.events import (
    CustomerOptedIn,
    CustomerOptedOut,
    DeliveryUpdated,
    Event,
    MessageReceived,
    MessageSent,
    SendCanceled,
    SendDeferred,
    SendFailed,
    SendUncertain,
    TextUnroutable,
)
from cordboard.engine.ports import Clock
from cordboard.engine.vocabulary import Presence

_OUTCOMES: dict[type[Event], str] = {
    MessageSent: "sent",
    SendCanceled: "canceled",
    SendDeferred: "deferred",
    SendFailed: "failed",
    SendUncertain: "uncertain",
}

_TAGS: dict[type[Event], str] = {each: str(each.__struct_config__.tag) for each in get_args(Event)}


class Metrics(Collector):
    """Counts, in plain counters of its own: a text costs additions, and the rest is done when somebody scrapes.

    Args:
        engine: Whose board is looked at when somebody scrapes.
        clock: Tells when that is.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._events: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        self._unroutable: Counter[str] = Counter()
        self._replies: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._opt_outs: Counter[str] = Counter()
        self._opt_ins: Counter[str] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def count(self, event: Event) -> None:
        """Count a committed event."""
        self._events[_TAGS[type(event)]] += 1
        match event:
            case MessageReceived():
                self._texts[event.channel] += 1
            case TextUnroutable():
                self._unroutable[event.channel] += 1
            case CustomerOptedOut():
                self._opt_outs[event.source.value] += 1
            case CustomerOptedIn():
                self._opt_ins[event.source.value] += 1
            case DeliveryUpdated():
                self._replies[event.status.value] += 1
                if event.failure is not None:
                    self._failures[event.failure.kind.value] += 1
            case MessageSent() | SendCanceled() | SendDeferred() | SendFailed() | SendUncertain():
                self._replies[_OUTCOMES[type(event)]] += 1
                if isinstance(event, SendFailed):
                    self._failures[event.failure.kind.value] += 1
            case _:
                pass

    def count_refusal(self, channel: str, reason: str) -> None:
        """Count a request that was turned away at a channel's door."""
        self._refused[channel, reason] += 1

    def expose(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield every family of samples, as Prometheus' client asks for them."""
        yield _counter("texts_received", "Customers' texts kept.", "channel", self._texts)
        yield _counter("texts_unroutable", "Texts to numbers that are not configured.", "channel", self._unroutable)
        yield _counter("replies", "What became of texts of ours, step by step.", "outcome", self._replies)
        yield _counter("failures", "Texts of ours not sent or not delivered, by what it means.", "kind", self._failures)
        yield _counter("opt_outs", "Customers who want no more texts, by how we know.", "source", self._opt_outs)
        yield _counter("opt_ins", "Customers who take texts again, by how we know.", "source", self._opt_ins)
        yield _counter("events", "Committed events.", "type", self._events)
        refused = CounterMetricFamily(
            "cordboard_webhooks_refused", "Requests turned away at a channel's door.", labels=["channel", "reason"]
        )
        for (channel, reason), count in self._refused.items():
            refused.add_metric([channel, reason], count)

        yield refused
        yield from self._look_at_board()

    def _look_at_board(self) -> Iterator[Metric]:
        board = self._engine.board
        waiting = GaugeMetricFamily("cordboard_waiting", "Conversations waiting on a queue.", labels=["queue"])
        for queue in board.config.queues:
            waiting.add_metric([queue.name], board.waiting_on(queue.name))

        yield waiting
        expected = GaugeMetricFamily(
            "cordboard_expected_wait_seconds",
            "How long who came onto a queue now would wait; nothing where that is not known.",
            labels=["queue"],
        )
        for queue in board.config.queues:
            wait = board.expected_wait_on(queue.name, self._clock.now())
            if wait is not None:
                expected.add_metric([queue.name], wait / SECOND)

        yield expected
        stopped = GaugeMetricFamily(
            "cordboard_channel_stopped", "1 while nothing goes through, the account's fault.", labels=["channel"]
        )
        for channel in board.config.channels:
            stopped.add_metric([channel.name], board.channel(channel.name).stopped_at is not None)

        yield stopped
        presences = Counter(each.presence for each in board.reps.values())
        reps = GaugeMetricFamily("cordboard_reps", "Reps by presence.", labels=["presence"])
        for presence in Presence:
            reps.add_metric([presence.value], presences[presence])

        yield reps
        yield GaugeMetricFamily("cordboard_conversations", "Live conversations.", value=len(board.conversations))
        yield GaugeMetricFamily(
            "cordboard_waiting_commands", "Commands in the mailbox.", value=self._engine.waiting_commands
        )


def _counter(name: str, help_text: str, label: str, counts: Counter[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"cordboard_{name}", help_text, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)

    return family
