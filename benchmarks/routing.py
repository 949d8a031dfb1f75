"""Routing decisions: what one costs as reps and waiting conversations grow, beside how others would decide.

A decision is a rep who ends a conversation and gets the next that they can take: their capacity is freed, the first of
what waits is found, the best candidate for it is chosen, and every list is right again. Where nothing waits, it is a
text that comes in and goes to the best of all reps. Each is timed by itself, as the whole command, in processor time
of its thread: what else the machine does meanwhile does not count.

Beside it, on the same reps and conversations, models of three other ways (`benchmarks.routing_peers`), which are
checked to decide the same. Run as `python -m benchmarks.routing`. With `--full` it takes every size, method and number
of skills; `--picture FILE` draws the curves.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.curves import draw
from benchmarks.measuring import print_machine
from benchmarks.routing_case import START, Case
from benchmarks.routing_peers import PEERS, Peer
from cordboard.engine import Board
from cordboard.engine.carrier import TextReceived
from cordboard.engine.commands import CloseConversation, Command, SetSkills, Tick
from cordboard.engine.events import ConversationOffered, Event
from cordboard.engine.routing_words import AssignmentMethod, SkillMatching

CURVE: Final = (Case(10, 100), Case(100, 100), Case(1_000, 1_000), Case(1_000, 10_000), Case(10_000, 100_000))
"""The sizes of the picture, at which the peers are asked as well."""

SIZES: Final = tuple(
    Case(reps, waiting) for reps in (10, 100, 1_000, 10_000) for waiting in (0, 100, 1_000, 10_000, 100_000)
)
LARGE: Final = Case(10_000, 100_000)
VARIED: Final = (
    *(LARGE._replace(method=each) for each in AssignmentMethod),
    *(LARGE._replace(skills=each) for each in (1, 10, 50)),
    *(LARGE._replace(skills=each, matching=SkillMatching.CLOSEST) for each in (1, 10, 50)),
    LARGE._replace(skills=50, matching=SkillMatching.NONE),
)

PEER_SECONDS: Final = 3.0
WARM_UP: Final = 200
BATCH: Final = 100
"""Decisions after which what the runtime would have stored is taken off the board."""


def decide(case: Case, count: int) -> tuple[list[float], list[int]]:
    """Return how many seconds each decision takes, and which of those that waited were chosen, by their order."""
    board = Board.restore(case.snapshot())
    gc.collect()
    gc.freeze()  # what was built at once for the measurement is not what a running board builds at once
    random = Random(1)  # noqa: S311 - the same draw for everybody, no secret
    at = START + case.waiting
    seconds: list[float] = []
    chosen: list[int] = []
    orders: dict[int, int] = {}
    for turn in range(count + WARM_UP):
        at += 10
        if case.waiting:
            rep = f"rep{random.randrange(case.reps)}"
            events, took = _apply(board, CloseConversation(conversation=board.held_by(rep)[0].id, by=rep), at)
            got = board.conversations[_offered(events).conversation]
            chosen.append(orders.pop(got.id, got.id - 1))
            _apply(board, _text(turn, got.number), at)
            orders[board.counters.conversation] = case.waiting + turn
        else:
            events, took = _apply(board, _text(turn, case.number(turn % case.skills)), at)
            _apply(board, CloseConversation(conversation=_offered(events).conversation, by=_offered(events).rep), at)

        seconds.append(took)
        board.apply(Tick(), at + 5)
        if turn % BATCH == 0:
            board.take_changes()
            board.recall()

    gc.unfreeze()
    return seconds[WARM_UP:], chosen


def decide_as(peer: Peer, case: Case, chosen: list[int]) -> list[float]:
    """Return how many seconds a peer's decisions take, some of them where they are slow.

    Raises:
        AssertionError: It has not decided as the board has.
    """
    random = Random(1)  # noqa: S311 - the same draw for everybody, no secret
    seconds: list[float] = []
    for turn, ours in enumerate(chosen):
        rep = random.randrange(case.reps)
        began = time.thread_time()
        theirs, skill = peer.free(rep)
        seconds.append(time.thread_time() - began)
        assert theirs == ours, f"decision {turn}: {theirs}, not {ours}"
        peer.wait(case.waiting + turn, skill)
        if turn >= 3 and sum(seconds) > PEER_SECONDS:
            break

    return seconds


def meet_unseen(case: Case) -> float:
    """Return how many seconds a command takes that asks for what nobody has asked for before."""
    board = Board.restore(case.snapshot())
    skills = {f"skill{each}": 1 for each in range(2)}
    _, took = _apply(board, SetSkills(conversation=1, by="system", skills=skills), START + case.waiting)
    return took


def _apply(board: Board, command: Command, at: int) -> tuple[tuple[Event, ...], float]:
    began = time.thread_time()
    events = board.apply(command, at)
    return events, time.thread_time() - began


def _offered(events: tuple[Event, ...]) -> ConversationOffered:
    return next(each for each in events if isinstance(each, ConversationOffered))


def _text(turn: int, recipient: str) -> TextReceived:
    return TextReceived(
        channel="main", provider_id=f"SM{turn}", sender=f"+1628{turn:07d}", recipient=recipient, body="Where is it?"
    )


def _line(case: Case, seconds: list[float]) -> str:
    ordered = sorted(seconds)

    def share(part: float) -> float:
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1e6

    what = f"{case.reps:>6,} reps {case.waiting:>7,} waiting {case.skills:>2} skills, {case.matching.value:<7}"
    return (
        f"{what} {case.method.value:<16} {len(ordered) / sum(ordered):>9,.0f}/s  p50 {share(0.5):>6,.0f}  "
        f"p99 {share(0.99):>6,.0f}  p99.9 {share(0.999):>6,.0f} µs"
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="every size, method and number of skills")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the curves into an SVG file")
    options = parser.parse_args()
    count = 5_000 if options.full else 1_000
    print_machine()
    if options.full:
        for case in (*SIZES, *VARIED):
            print(_line(case, decide(case, count)[0]), flush=True)

        for reps in (100, 10_000):
            print(f"{reps:>6,} reps, a requirement not seen before: {meet_unseen(Case(reps, 100)) * 1e3:,.1f} ms")

    curve = CURVE if options.full or options.picture else CURVE[:-1]
    curves: dict[str, list[float]] = {"Cordboard": [], **{name: [] for name in PEERS}}
    for case in curve:
        seconds, chosen = decide(case, count)
        ours = statistics.median(seconds)
        curves["Cordboard"].append(ours * 1e6)
        print(_line(case, seconds), flush=True)
        for name, kind in PEERS.items():
            theirs = statistics.median(decide_as(kind(case), case, chosen))
            curves[name].append(theirs * 1e6)
            print(f"    {name:<24} p50 {theirs * 1e6:>12,.0f} µs   {theirs / ours:>8,.1f} times as long", flush=True)

    places = [f"{each.reps:,} / {each.waiting:,}" for each in curve]
    if options.picture:
        draw(options.picture, "A routing decision, by reps / waiting conversations (median)", places, curves, "µs")


if __name__ == "__main__":
    main()
