"""Boards that are made anew from what is kept of another, and go on beside it: they decide what it decides."""

from __future__ import annotations

import msgspec

from cordboard.engine import Board
from cordboard.engine.board.recollection import Recollection
from cordboard.engine.commands import Command
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import Event
from cordboard.engine.records import BoardSnapshot
from cordboard.engine.vocabulary import Timestamp

_SNAPSHOT = msgspec.json.Decoder(BoardSnapshot)
_JOURNAL: msgspec.json.Decoder[list[Event]] = msgspec.json.Decoder(list[Event])


class Twins:
    """A board that was restored from a snapshot, and one that was rebuilt from the journal; none before `begin`."""

    def __init__(self) -> None:
        self._boards: dict[str, Board] = {}

    def begin(self, live: Board, journal: list[Event]) -> None:
        """Make both anew, from what a store would have kept of the live board up to now."""
        kept = _SNAPSHOT.decode(msgspec.json.encode(live.snapshot()))
        told = _JOURNAL.decode(msgspec.json.encode(journal))
        self._boards = {"restored": Board.restore(kept), "rebuilt": Board.replay(live.name, told)}
        remembered: Recollection = live._state.recollection
        for board in self._boards.values():
            board.recall(remembered.conversations.values(), remembered.messages.values())

    def decide(self, command: Command, at: Timestamp, decided: tuple[Event, ...] | CordboardError) -> None:
        """Give both what the live board was given, and compare what they make of it."""
        for how, board in self._boards.items():
            found: tuple[Event, ...] | CordboardError
            try:
                found = board.apply(command, at)
            except CordboardError as refusal:
                found = refusal

            assert _comparable(found) == _comparable(decided), f"the {how} board decides otherwise on {command}"

    def resemble(self, live: Board) -> None:
        """Compare what both have become with what the live board has."""
        snapshot = live.snapshot()
        for how, board in self._boards.items():
            assert board.snapshot() == snapshot, f"the {how} board has become another"


def _comparable(decided: tuple[Event, ...] | CordboardError) -> object:
    return (type(decided), str(decided)) if isinstance(decided, CordboardError) else decided
