"""What a rep's open pages are told."""

from __future__ import annotations

from typing import Final

from litestar.types import Receive, Scope, Send

from cordboard.daemon.access import Person
from cordboard.daemon.desk.lists import may_see
from cordboard.daemon.desk.signals import EVERYTHING, Signals, stream
from cordboard.daemon.house import House
from cordboard.engine.events import (
    BoardConfigured,
    ChannelResumed,
    ChannelStopped,
    ConversationEvent,
    ConversationRequeued,
    CustomerOptedIn,
    CustomerOptedOut,
    DeskConnected,
    DeskGone,
    DeskLost,
    DrainStarted,
    Event,
    MessageEvent,
    Move,
    PresenceChanged,
    ShiftChanged,
)
from cordboard.engine.ports import Clock
from cordboard.engine.records import Conversation

_PAUSES: Final = {"mine": 0.05, "waiting": 1.0, "overview": 2.0, "ongoing": 2.0}
"""Seconds between two signals: other people's work changes what is not of one's own all the time."""


class DeskStream:
    """The stream of one open page of a rep: the ASGI application of a single response.

    Args:
        house: The daemon.
        person: Who looks.
        cookie: The session they look by; when it is not theirs any more, the stream ends.
        after: The number of the last event that the page shows.
        clock: Tells the page what time it is here.
    """

    def __init__(self, house: House, person: Person, *, cookie: str, after: int, clock: Clock) -> None:
        self._house = house
        self._access = house.access
        self._person = person
        self._cookie = cookie
        self._cursor = house.engine.feed.cursor
        self._mine = {each.id for each in house.engine.board.conversations.values() if _is_with(each, person.name)}
        self._signals = Signals(position=lambda: self._cursor, clock=clock, pauses=_PAUSES)
        if after != self._cursor:
            self._signals.tell(EVERYTHING)

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Tell, until the page or the daemon goes, or the person is signed out."""
        speak = self._signals.speak(send, entitled=self._entitled)
        with self._house.desks.opened(self._person.name):
            await stream(receive, send, self._follow(), speak, self._stopped())

    async def _follow(self) -> None:
        async for event in self._house.engine.feed.events(self._cursor):
            self._note(event)
            self._cursor = event.seq

    async def _stopped(self) -> None:
        await self._house.stopping.wait()

    def _entitled(self) -> bool:
        if self._access is not self._house.access:
            self._access = self._house.access
            return self._access.person_by_cookie(self._cookie) == self._person

        return True

    def _note(self, event: Event) -> None:
        tell = self._signals.tell
        if self._person.is_supervisor and not isinstance(event, MessageEvent | DeskConnected | DeskLost | DeskGone):
            tell("overview")
            tell("ongoing")

        match event:
            case BoardConfigured() | ChannelStopped() | ChannelResumed():
                tell(EVERYTHING)
            case PresenceChanged(rep=rep) | DrainStarted(rep=rep) | ShiftChanged(rep=rep):
                if rep == self._person.name:
                    tell("me")
                    tell("mine")
            case ConversationEvent():
                self._note_conversation(event)
            case (
                MessageEvent(conversation=int(conversation))
                | CustomerOptedOut(conversation=int(conversation))
                | CustomerOptedIn(conversation=int(conversation))
            ):
                tell(f"conversation-{conversation}")
            case _:
                pass

    def _note_conversation(self, event: ConversationEvent) -> None:
        """Tell what shows a conversation: also what has shown it until now, and has to let it go."""
        board, me, tell = self._house.engine.board, self._person.name, self._signals.tell
        now = board.conversations.get(event.conversation)
        mine = now is not None and _is_with(now, me)
        if mine or event.conversation in self._mine:
            tell("mine")
            if isinstance(event, Move):
                tell("me")

        if mine:
            self._mine.add(event.conversation)
        else:
            self._mine.discard(event.conversation)

        if now is None or isinstance(event, ConversationRequeued) or now.queue in board.queues_of(me):
            tell("waiting")

        if now is None or may_see(board, self._person, now):
            tell(f"conversation-{event.conversation}")


def _is_with(conversation: Conversation, rep: str) -> bool:
    """Whether a rep's own lists may show a conversation: it is theirs, offered to them, or was theirs last."""
    assignment = conversation.assignment
    return conversation.rep == rep or (assignment is not None and assignment.rep == rep)
