"""The board alone: commands a second through whole conversation lives, without a store and without an event loop.

A life is eleven commands: a text, an accepted offer, a reply that is sent and delivered, another text, another reply,
and the end. Run as `python -m benchmarks.board`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.measuring import print_machine, rates, ratio, summary
from cordboard.engine import Board, BoardConfig, Channel, Number, Queue, Rep, Workstream
from cordboard.engine.board.conversation import build_machine
from cordboard.engine.carrier import Accepted, DeliveryReported, TextReceived
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    Command,
    Configure,
    RecordSend,
    Reply,
    SetPresence,
    StartSending,
)
from cordboard.engine.vocabulary import MessageStatus, NumberKind, Presence, State, Trigger

OURS = "+18005550100"
REPS = 50
LIVES = 2_000
ROUNDS = 5


def prepare() -> Board:
    """Return a board with fifty reps, all available."""
    reps = tuple(Rep(name=f"rep{each}", capacity=5) for each in range(REPS))
    config = BoardConfig(
        name="bench",
        channels=(Channel(name="main", provider="none"),),
        numbers=(Number(address=OURS, channel="main", kind=NumberKind.TOLL_FREE, workstream="support"),),
        workstreams=(Workstream(name="support", queue="general"),),
        queues=(Queue(name="general", reps=tuple(each.name for each in reps)),),
        reps=reps,
    )
    board = Board("bench")
    board.apply(Configure(config=config), 0)
    for rep in reps:
        board.apply(SetPresence(rep=rep.name, presence=Presence.AVAILABLE, by=rep.name), 0)

    return board


def run_lives() -> float:
    """Live through many conversations and return the commands a second."""
    board = prepare()
    commands = 0
    began = time.perf_counter()
    for life in range(1, LIVES + 1):
        commands += live(board, life)
        if life % 1_000 == 0:
            board.recall()  # what the runtime does with every batch
            board.take_changes()

    return commands / (time.perf_counter() - began)


def live(board: Board, life: int) -> int:
    """Take one conversation from its first text to its end; return how many commands that took."""
    at = life * 1_000
    customer = f"+1415{life:07d}"
    count = 0

    def do(command: Command) -> None:
        nonlocal count
        count += 1
        board.apply(command, at)

    do(TextReceived(channel="main", provider_id=f"SM{life}a", sender=customer, recipient=OURS, body="Where is it?"))
    conversation = board.counters.conversation
    rep = board.conversations[conversation].holder or ""
    do(AcceptOffer(conversation=conversation, by=rep))
    for part in ("a", "b"):
        do(Reply(conversation=conversation, by=rep, body="On its way."))
        message = board.counters.message
        do(StartSending(message=message))
        do(RecordSend(message=message, result=Accepted(provider_id=f"OUT{life}{part}")))
        do(DeliveryReported(channel="main", provider_id=f"OUT{life}{part}", status=MessageStatus.DELIVERED))
        if part == "a":
            do(TextReceived(channel="main", provider_id=f"SM{life}b", sender=customer, recipient=OURS, body="Thanks!"))

    do(CloseConversation(conversation=conversation, by=rep))
    return count


def run_transitions() -> float:
    """Trigger the moves of a life on a `transitions` model and return the triggers a second: one per move."""
    moves = [Trigger.ENQUEUE, Trigger.ASSIGN, Trigger.ACCEPT, Trigger.CLOSE, Trigger.REOPEN]
    machine = build_machine()
    began = time.perf_counter()
    for _ in range(LIVES // 10):
        model = _Model()
        machine.add_model(model, initial=State.NEW.value)
        for trigger in moves:
            model.trigger(trigger.value)

        machine.remove_model(model)

    return LIVES // 10 * len(moves) / (time.perf_counter() - began)


class _Model:
    """A conversation as `transitions` wants one; it adds the method itself."""

    trigger: Callable[[str], bool]


def main() -> None:
    """Measure, and print."""
    print_machine()
    lives = rates(ROUNDS, run_lives)
    machine = rates(ROUNDS, run_transitions)
    print(summary("the board, whole lives", lives, "commands/s"))
    print(summary("transitions, its moves alone", machine, "triggers/s"))
    print(ratio("board / transitions", lives, machine))


if __name__ == "__main__":
    main()
