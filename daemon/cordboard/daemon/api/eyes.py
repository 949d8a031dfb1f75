"""Which events a rep is shown: what happens to what they may see, and what happens to themselves."""

from __future__ import annotations

from typing import Final, TypeAlias

from cordboard.engine import Engine
from cordboard.engine.events import (
    ConversationClosed,
    ConversationEvent,
    ConversationParked,
    ConversationQueued,
    ConversationReleased,
    ConversationReopened,
    ConversationRequeued,
    CustomerOptedIn,
    CustomerOptedOut,
    Event,
    Grant,
    MessageEvent,
    Move,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
    ProfilesReset,
    RepEvent,
)
from cordboard.engine.ports import Sight
from cordboard.engine.records import Conversation

_PAGE: Final = 1_000
"""Events read from a conversation's journal at once."""

_REMEMBERED: Final = 1_000
"""Conversations that are off the board and kept at hand, so that a late delivery report costs one look-up."""

_OfConversation: TypeAlias = ConversationEvent | MessageEvent | CustomerOptedOut | CustomerOptedIn
"""What may be about one conversation."""


class Eyes:
    """Follows one rep's view of the feed, event by event, in order.

    A rep sees what happens to a conversation they may see now, and the move that takes a conversation out of their
    sight: without that, their list would keep what a colleague has picked.

    Args:
        engine: Whose feed it is.
        rep: Who looks.
        after: The number of the event after which they look.
    """

    def __init__(self, engine: Engine, rep: str, *, after: int) -> None:
        self._engine = engine
        self._rep = rep
        self._after = after
        self._caught_up_at = engine.feed.cursor
        self._sight = self._look()
        self._shown = {each.id for each in engine.board.conversations.values() if self._sight.includes(each)}
        self._judged: set[int] = set()
        self._off_board: dict[int, Conversation | None] = {}

    async def see(self, event: Event) -> bool:
        """Whether the rep is shown this event."""
        match event:
            case RepEvent() | ProfilesReset():
                return event.rep == self._rep
            case ConversationEvent() | MessageEvent() | CustomerOptedOut() | CustomerOptedIn() if (
                event.conversation is not None
            ):
                return getattr(event, "rep", None) == self._rep or await self._see(event, event.conversation)
            case _:
                self._sight = self._look()  # a new configuration may have changed their queues
                return False

    async def _see(self, event: _OfConversation, conversation: int) -> bool:
        known = await self._recall(event, conversation)
        if known is not None and self._sight.includes(known):
            self._shown.add(conversation)
            return True

        leaves = isinstance(event, Move) and (
            conversation in self._shown or await self._was_in_sight(event, conversation)
        )
        self._shown.discard(conversation)
        return leaves

    async def _recall(self, event: _OfConversation, conversation: int) -> Conversation | None:
        """Return the conversation as it is now; None also where it cannot matter to this rep.

        What closes every day is other people's: once the backlog is told, only late news of a message, and what was
        in sight, is worth a look into the store.
        """
        live = self._engine.board.conversations.get(conversation)
        if live is not None or isinstance(event, Move):
            self._off_board.pop(conversation, None)

        if live is not None:
            return live

        late_news = not isinstance(event, ConversationEvent)
        matters = conversation in self._shown or late_news or event.seq <= self._caught_up_at
        if not matters:
            return None

        if conversation not in self._off_board:
            if len(self._off_board) >= _REMEMBERED:
                self._off_board.clear()

            history, board = self._engine.history, self._engine.board.name
            self._off_board[conversation] = await history.conversation(board, conversation)

        return self._off_board[conversation]

    async def _was_in_sight(self, event: Move, conversation: int) -> bool:
        """Whether the rep saw the conversation when they last looked, before the backlog that they are told now."""
        if event.seq > self._caught_up_at or conversation in self._judged:
            return False

        self._judged.add(conversation)
        queue, waits, holder = "", False, None
        for past in await self._journal(conversation):
            match past:
                case ConversationQueued() | ConversationRequeued() | ConversationReleased() | ConversationReopened():
                    queue, waits, holder = past.queue, True, None
                case OfferDeclined() | OfferExpired() | OfferWithdrawn():
                    waits, holder = True, None
                case Grant():
                    waits, holder = False, past.rep
                case ConversationParked() | ConversationClosed():
                    waits, holder = False, None
                case _:
                    pass

        return holder == self._rep or (waits and queue in self._sight.queues)

    async def _journal(self, conversation: int) -> list[Event]:
        """Return what had happened to a conversation when the rep last looked."""
        events: list[Event] = []
        seq, more = 0, True
        while more:
            page = await self._engine.history.events(
                self._engine.board.name, after=seq, limit=_PAGE, conversation=conversation
            )
            events += [each for each in page if each.seq <= self._after]
            more = len(page) == _PAGE and page[-1].seq <= self._after
            seq = page[-1].seq if page else seq

        return events

    def _look(self) -> Sight:
        return Sight(rep=self._rep, queues=self._engine.board.queues_of(self._rep))
