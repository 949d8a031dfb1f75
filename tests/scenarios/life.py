"""A small life on a board, which a stop half-way must not change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from cordboard.engine import Board, BoardConfig
from cordboard.engine.board.conversation import TABLE
from cordboard.engine.commands import Command, Configure
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import Event, Move
from cordboard.engine.records import BoardSnapshot
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import State, Status, Trigger

OTHERS = tuple(f"+1415555{each:04d}" for each in range(9000))
"""Customers beside the one whose life is told."""

E = TypeVar("E")


def one(kind: type[E], events: Iterable[Event]) -> E:
    """Return the only event of a kind."""
    [found] = [each for each in events if isinstance(each, kind)]
    return found


class Life(Playground):
    """A board on which one conversation's life is played.

    `stop_and_go_on` lets two others take part from then on: one that is restored from what was kept of the board, and
    one that is made from its journal. Whatever comes next, all three decide the same.

    Attributes:
        moves: The moves of all conversations: from where, by which trigger, to where.
        stopped: Whether there has been a stop.
    """

    def __init__(self, config: BoardConfig = CONFIG) -> None:
        self.moves: list[tuple[State, Trigger, State]] = []
        self.stopped = False
        self._states: dict[int, State] = {}
        self._others: list[Board] = []
        super().__init__(config)

    def do(self, command: Command) -> tuple[Event, ...]:
        events = super().do(command)
        for other in self._others:
            assert other.apply(command, self.at) == events
            assert other.snapshot() == self.board.snapshot()

        for event in events:
            if isinstance(event, Move):
                state = self._states.get(event.conversation, State.NEW)
                goal = self._states[event.conversation] = TABLE[state][event.trigger]
                self.moves.append((state, event.trigger, goal))

        return events

    def refused(self, command: Command, error: type[CordboardError], match: str) -> None:
        """Ask for what cannot be: it changes nothing."""
        for board in (self.board, *self._others):
            before = board.snapshot()
            with pytest.raises(error, match=match):
                board.apply(command, self.at)

            assert board.snapshot() == before

    def arrange(self, **changes: Any) -> tuple[Event, ...]:
        """Change the board's configuration."""
        self.config = replace(self.config, **changes)
        return self.do(Configure(config=self.config))

    def stop_and_go_on(self) -> None:
        """Stop, and go on with what was kept."""
        snapshot = self.board.snapshot()
        kept = msgspec.json.decode(msgspec.json.encode(snapshot), type=BoardSnapshot)
        journal = msgspec.json.decode(msgspec.json.encode(self.journal), type=list[Event])
        past = self.board._state.recollection
        self._others = [Board.restore(kept), Board.replay(self.config.name, journal)]
        for other in self._others:
            assert other.snapshot() == snapshot
            other.recall(past.conversations.values(), past.messages.values())

        self.stopped = True

    def stands(self, conversation: int = 1) -> tuple[State, Status, str | None]:
        """Return where a conversation is, what Dynamics calls that, and who has it."""
        found = self.conversation(conversation)
        return found.state, found.status, found.holder

    @property
    def held(self) -> dict[str, int]:
        """The units of capacity that reps hold; who holds none is left out."""
        loads = {name: self.board.load_of(name) for name in self.board.reps}
        return {name: load for name, load in loads.items() if load}
