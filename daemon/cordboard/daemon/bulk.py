"""The same asked of many conversations: each is a command of its own, so that none that fails hides the others.

They are submitted at once, so that a few commits keep them all. What they are is noted first, by a command too: a
request that comes again is about the same conversations, whatever has happened to the board since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from cordboard.engine import Board, Engine
from cordboard.engine.commands import (
    BeginBulk,
    CloseConversation,
    EndWrapUp,
    ReleaseConversation,
    RepCommand,
    TakeOver,
    TransferConversation,
)
from cordboard.engine.records import Conversation, Once
from cordboard.engine.vocabulary import BulkAction, State


class Where(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the ongoing conversations are meant; what is null does not matter.

    Attributes:
        state: In this state; `closed` are those whose rep is wrapping up.
        parked: Parked, or not.
        escalated: Escalated, since nobody took it, or not.
        queue: On this queue, or last from it.
        rep: Offered to this rep, with them, parked by them, or being wrapped up by them.
    """

    state: State | None = None
    parked: bool | None = None
    escalated: bool | None = None
    queue: str | None = None
    rep: str | None = None

    def includes(self, it: Conversation) -> bool:
        """Whether a conversation is meant."""
        return (
            (self.state is None or self.state is it.state)
            and (self.parked is None or self.parked is it.parked)
            and (self.escalated is None or self.escalated is (it.escalated_at is not None))
            and (self.queue is None or self.queue == it.queue)
            and (self.rep is None or self.rep == whose(it))
        )


class Result(Struct, frozen=True, kw_only=True):
    """What became of one conversation: how it was then, or why nothing was done.

    Attributes:
        conversation: Which.
        then: As it was after what was asked.
        error: What kept it from being done.
    """

    conversation: int
    then: Conversation | None = None
    error: Exception | None = None


class Bulk(Struct, frozen=True, kw_only=True):
    """What became of many conversations.

    Attributes:
        results: One for each, in their order.
        more: Whether more were meant than are acted on at once.
    """

    results: list[Result]
    more: bool


def whose(conversation: Conversation) -> str | None:
    """Return the rep an ongoing conversation is with, offered to, parked by or wrapped up by; None while it waits."""
    if conversation.assignment is not None:
        return conversation.assignment.rep

    return conversation.rep if conversation.state is State.ACTIVE else None


def ongoing(board: Board, where: Where) -> Iterator[Conversation]:
    """Yield the conversations that are meant. It looks at all that go on: for people, not for the hot path."""
    return (each for each in board.conversations.values() if where.includes(each))


async def ask_of_many(engine: Engine, asked: BeginBulk, *, once: Once | None) -> Bulk:
    """Ask the same of many conversations, and return what became of each.

    Args:
        engine: Whose conversations.
        asked: What, of which.
        once: Marks a request that may come again. What was done is not done again; what was refused is decided anew.

    Raises:
        NotAllowed: Who asks is no supervisor, or asks for too many.
        CordboardError: As `Engine.submit`; nothing was done.
    """
    begun = await engine.submit(asked, once=once)
    results = await asyncio.gather(*(_ask(engine, asked, each, once) for each in begun.conversations))
    return Bulk(results=results, more=begun.more)


async def _ask(engine: Engine, asked: BeginBulk, conversation: int, once: Once | None) -> Result:
    # No key that a client can give has a space in it.
    own = Once(key=f"{once.key} {conversation}", fingerprint=once.fingerprint) if once else None
    try:
        outcome = await engine.submit(_COMMANDS[asked.action](asked, conversation), once=own)
    except Exception as error:  # noqa: BLE001 - also a defect with one conversation says nothing of the others
        return Result(conversation=conversation, error=error)

    return Result(conversation=conversation, then=outcome.conversation)


_COMMANDS: Final[dict[BulkAction, Callable[[BeginBulk, int], RepCommand]]] = {
    BulkAction.TRANSFER: lambda asked, conversation: TransferConversation(
        conversation=conversation,
        by=asked.by,
        rep=asked.rep,
        queue=asked.queue,
        override=asked.override,
        why=asked.why,
    ),
    BulkAction.RELEASE: lambda asked, conversation: ReleaseConversation(
        conversation=conversation, by=asked.by, why=asked.why
    ),
    BulkAction.TAKE_OVER: lambda asked, conversation: TakeOver(conversation=conversation, by=asked.by, why=asked.why),
    BulkAction.END_WRAP_UP: lambda asked, conversation: EndWrapUp(conversation=conversation, by=asked.by),
    BulkAction.CLOSE: lambda asked, conversation: CloseConversation(
        conversation=conversation, by=asked.by, why=asked.why
    ),
}
"""What each action asks of a conversation."""
