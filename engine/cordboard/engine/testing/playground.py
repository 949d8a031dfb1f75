"""A board to try things on, without a store, a carrier or a clock that runs: for tests of rules and configurations.

The board that comes with it has one number, a fallback queue of two reps, a second queue, and a supervisor.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from cordboard.engine.board.board import Board
from cordboard.engine.carrier import TextReceived
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    Command,
    Configure,
    EndWrapUp,
    ParkConversation,
    PickConversation,
    Reply,
    SetPresence,
    Tick,
)
from cordboard.engine.config import BoardConfig, Channel, Number, Queue, Rep, Workstream
from cordboard.engine.events import Event
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import NumberKind, Presence, Role, Timestamp

OURS = "+18005550100"
CUSTOMER = "+14155550123"
START: Timestamp = 1_750_000_000_000

CONFIG = BoardConfig(
    name="contoso",
    channels=(Channel(name="main", provider="twilio"),),
    numbers=(Number(address=OURS, channel="main", kind=NumberKind.TOLL_FREE, workstream="support"),),
    workstreams=(Workstream(name="support", queue="general"),),
    queues=(Queue(name="general", reps=("ana", "ben")), Queue(name="second", reps=("ben",))),
    reps=(
        Rep(name="ana", capacity=2),
        Rep(name="ben", capacity=2),
        Rep(name="sue", capacity=2, roles=(Role.REP, Role.SUPERVISOR)),
    ),
)


class Playground:
    """A board, its clock, and its journal so far.

    Attributes:
        board: The board.
        config: Its configuration.
        at: The moment it is; `later` moves it.
        journal: Everything that has happened.
    """

    def __init__(self, config: BoardConfig = CONFIG) -> None:
        self.config = config
        self.board = Board(config.name)
        self.at = START
        self.journal: list[Event] = []
        self._texts = 0
        self.do(Configure(config=config))

    def do(self, command: Command) -> tuple[Event, ...]:
        """Apply a command now."""
        events = self.board.apply(command, self.at)
        self.journal.extend(events)
        return events

    def later(self, by: int) -> tuple[Event, ...]:
        """Let time pass, and everything happen that is due."""
        self.at += by
        return self.do(Tick())

    def configure(self, **changes: Any) -> tuple[Event, ...]:
        """Change settings of the one workstream."""
        workstream = replace(self.config.workstreams[0], **changes)
        self.config = replace(self.config, workstreams=(workstream,))
        return self.do(Configure(config=self.config))

    def text(self, body: str = "hello", *, customer: str = CUSTOMER, recipient: str = OURS) -> tuple[Event, ...]:
        """Have a customer text us."""
        self._texts += 1
        return self.do(
            TextReceived(
                channel="main", provider_id=f"SM{self._texts}", sender=customer, recipient=recipient, body=body
            )
        )

    def presence(self, rep: str, presence: Presence = Presence.AVAILABLE, *, by: str | None = None) -> None:
        """Set a rep's presence."""
        self.do(SetPresence(rep=rep, presence=presence, by=by or rep))

    def accept(self, conversation: int = 1, by: str = "ana") -> tuple[Event, ...]:
        """Accept an offer."""
        return self.do(AcceptOffer(conversation=conversation, by=by))

    def pick(self, conversation: int = 1, by: str = "ana") -> tuple[Event, ...]:
        """Pick from the queue."""
        return self.do(PickConversation(conversation=conversation, by=by))

    def park(self, conversation: int = 1, by: str = "ana") -> tuple[Event, ...]:
        """Leave without ending."""
        return self.do(ParkConversation(conversation=conversation, by=by))

    def close(self, conversation: int = 1, by: str = "ana") -> tuple[Event, ...]:
        """End a conversation."""
        return self.do(CloseConversation(conversation=conversation, by=by))

    def end_wrap_up(self, conversation: int = 1, by: str = "ana") -> tuple[Event, ...]:
        """Be done with a closed conversation."""
        return self.do(EndWrapUp(conversation=conversation, by=by))

    def reply(self, body: str = "hi", *, conversation: int = 1, by: str = "ana") -> tuple[Event, ...]:
        """Text the customer."""
        return self.do(Reply(conversation=conversation, by=by, body=body))

    def conversation(self, conversation: int = 1) -> Conversation:
        """Return a conversation as it is."""
        found = self.board.conversation(conversation)
        assert found is not None
        return found

    def offered(self, conversation: int = 1) -> str | None:
        """Return who a conversation is with now."""
        return self.conversation(conversation).holder

    def active_with(self, rep: str = "ana") -> None:
        """Bring conversation 1 to a rep, active."""
        self.presence(rep)
        self.text()
        self.accept(by=rep)
