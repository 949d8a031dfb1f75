"""A decision in the making: what one command makes happen, event by event."""

from __future__ import annotations

from typing import Any, TypeVar

from cordboard.engine.board.evolve import evolve
from cordboard.engine.board.state import BoardState
from cordboard.engine.commands import ConversationCommand
from cordboard.engine.config import Rep, Workstream
from cordboard.engine.errors import Bar, NotAllowed, NotFound, Thing
from cordboard.engine.events import BoardEvent, ConversationEvent, Event
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import SYSTEM, Role, Timestamp

E = TypeVar("E", bound=BoardEvent)


class Decision:
    """The state, the moment, and the events so far.

    A decider first checks everything that could forbid the command, and raises before it emits anything; from then on
    each event takes effect as it is emitted, so later choices see it.

    Attributes:
        state: The board's state, which already includes `events`.
        at: The moment of the decision.
        events: What has happened so far.
        told: What of it automated messages may tell of, each with its conversation as it was before.
    """

    def __init__(self, state: BoardState, at: Timestamp) -> None:
        self.state = state
        self.at = at
        self.events: list[Event] = []
        self.told: list[tuple[ConversationEvent, Conversation | None]] = []

    def emit(self, kind: type[E], **facts: Any) -> None:
        """Let a fact be: number it, take note of it, apply it."""
        event: Any = kind(seq=self.state.counters.seq + 1, at=self.at, **facts)
        if kind in self.state.configured.automated_texts.watched:
            self.told.append((event, self.state.conversations.get(event.conversation)))

        evolve(self.state, event)
        self.events.append(event)

    def conversation(self, conversation: int) -> Conversation:
        """Return a conversation as it is now.

        Raises:
            NotFound: There is none with this id.
        """
        found = self.state.conversation(conversation)
        if found is None:
            raise NotFound(
                f"there is no conversation {conversation} on board {self.state.board!r}", what=Thing.CONVERSATION
            )

        return found

    def asked(self, command: ConversationCommand) -> Conversation:
        """Return the conversation that a command is about, as it is now.

        Raises:
            NotAllowed: Nobody of the name of who asks is configured, or it is not their business.
            NotFound: There is no such conversation.
        """
        conversation = self.conversation(command.conversation)
        if not self.supervises(command.by):
            queues = self.state.configured.queues_of[command.by]
            # Whoever serves its queue may learn its state: a race for it is lost with that, not with a closed door.
            if conversation.queue not in queues and not conversation.concerns(command.by, queues):
                raise NotAllowed(f"conversation {conversation.id} is not {command.by}'s to act on", bar=Bar.NOT_THEIRS)

        return conversation

    def workstream(self, conversation: Conversation) -> Workstream:
        """Return the settings a live conversation runs under."""
        return self.state.configured.workstreams[conversation.workstream]

    def person(self, name: str) -> Rep:
        """Return who asks.

        Raises:
            NotAllowed: Nobody of this name is configured.
        """
        person = self.state.configured.reps.get(name)
        if person is None:
            raise NotAllowed(f"{name!r} is nobody on board {self.state.board!r}", bar=Bar.NOBODY)

        return person

    def supervises(self, name: str) -> bool:
        """Whether `name` may act on what is not theirs."""
        if name == SYSTEM:
            return True

        return Role.SUPERVISOR in self.person(name).roles

    def next_assignment(self) -> int:
        """Return the id of the next assignment."""
        return self.state.counters.assignment + 1

    def next_message(self) -> int:
        """Return the id of the next message."""
        return self.state.counters.message + 1
