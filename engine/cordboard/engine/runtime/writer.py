"""The writer: the one task that changes the board, batch by batch, and nothing before it is on disk.

While a batch is being committed, the next one collects in the mailbox. A batch that cannot be committed fails its
callers with a retryable error, and the board is loaded again before anything else is applied: memory never runs ahead
of disk for longer than one commit.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import anyio
import structlog

from cordboard.engine.board.board import Board
from cordboard.engine.board.timers import TimerKey
from cordboard.engine.carrier import DeliveryReported, TextReceived
from cordboard.engine.commands import (
    BeginBulk,
    Command,
    ConversationCommand,
    RecordDoubt,
    RecordMedia,
    RecordSend,
    Reply,
    StartSending,
    Tick,
)
from cordboard.engine.config import HOUR, SECOND
from cordboard.engine.errors import BoardBroken, CommitFailed, CordboardError, KeyReused, StoreUnavailable
from cordboard.engine.events import Event, ReplyQueued
from cordboard.engine.ports import Batch, Clock, Prefetch, Store
from cordboard.engine.records import Answer, Message, Outcome
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.runtime.mailbox import Letter, Mailbox
from cordboard.engine.vocabulary import Timestamp

log = structlog.get_logger(__name__)

_NOTHING = Outcome()

_SET_ASIDE_FOR = 1 * HOUR
"""How long a deadline rests whose decision has a defect."""

_UNWELL_FOR = 30 * SECOND
"""How long a failed commit counts against the store when nobody asks it to keep anything more."""

_RELOAD_EVERY = 0.5
"""Seconds between tries to load the board again while the store is away and nobody asks for anything."""


class Writer:
    """Applies letters to the board and commits what they change.

    Attributes:
        board: The live board; another object after it had to be loaded again.
        stale: The board is ahead of the store, because a commit failed: it must be loaded again before it is used.
        finished: Set when the mailbox was closed and everything in it has been written.
    """

    def __init__(
        self,
        board: str,
        *,
        store: Store,
        clock: Clock,
        mailbox: Mailbox,
        batch: int,
        published: Callable[[tuple[Event, ...]], None],
        reloaded: Callable[[], None],
    ) -> None:
        self.board = Board(board)
        self._store = store
        self._clock = clock
        self._mailbox = mailbox
        self._most = batch
        self._published = published
        self._reloaded = reloaded
        self._failed_at: Timestamp | None = None
        self._set_aside: dict[TimerKey, Timestamp] = {}
        self._singly = False
        self.stale = False
        self.finished = anyio.Event()

    async def load(self) -> None:
        """Take the board over from the store.

        Raises:
            StoreUnavailable: It cannot be read, or somebody else holds the board.
        """
        self.board = Board.restore(await self._store.load(self.board.name))
        for key, until in self._set_aside.items():
            self.board.set_aside(key, until)

        self.stale = False
        self._reloaded()

    async def run(self) -> None:
        """Write until the mailbox is closed and empty."""
        try:
            while (letters := await self._mailbox.take(self._most, wait=self._until_deadline())) is not None:
                with anyio.CancelScope(shield=True):  # a batch happens as a whole
                    await self._write(letters)
        finally:
            self.finished.set()

    @property
    def unwell(self) -> bool:
        """Whether a commit has failed lately and none has succeeded since."""
        return self._failed_at is not None and self._clock.now() - self._failed_at < _UNWELL_FOR

    def _until_deadline(self) -> float | None:
        if self.stale:
            return _RELOAD_EVERY

        deadline = self.board.next_deadline
        return None if deadline is None else max(0.0, (deadline - self._clock.now()) / 1000)

    async def _write(self, letters: list[Letter]) -> None:
        try:
            if self.stale:
                await self.load()

            answers = await self._recall(letters)
        except StoreUnavailable as error:
            await self._fail(letters, f"the store cannot be read: {error}", error)
            return
        except Exception as defect:  # noqa: BLE001 - a store that breaks its word must not stop the board
            report_defect("store_broke", defect, board=self.board.name)
            await self._fail(letters, "the store broke", defect)
            return

        batch = _BatchInTheMaking(self.board, self._clock.now(), answers)
        if not self._tick(batch):
            await self._fail(letters, "a deadline could not be met, and the whole batch was undone", BoardBroken())
            return

        for letter in letters:
            if not self.board.broken:
                batch.apply(letter)

        if self.board.broken:
            self.stale = True
            batch.blame()
            await self._fail(letters, "another decision failed half-way, and the whole batch was undone", BoardBroken())
        elif batch.events or batch.new_answers:
            await self._commit(letters, batch)
        else:
            batch.tell()

    def _tick(self, batch: _BatchInTheMaking) -> bool:
        """Let deadlines take effect; one that cannot is set aside, so that everybody else goes on.

        Where it may be any of several, they take effect one by one from then on, until none is due.
        """
        try:
            self._singly = batch.tick(singly=self._singly)
        except Exception as defect:  # noqa: BLE001 - it would come again at once, and for ever
            report_defect("deadline_broke", defect, board=self.board.name)
            key = self.board.last_due
            if key is not None:
                self._set_aside[key] = self._clock.now() + _SET_ASIDE_FOR
            else:
                self._singly = True

            self.stale = True
            return False

        return True

    async def _commit(self, letters: list[Letter], batch: _BatchInTheMaking) -> None:
        try:
            await self._store.commit(batch.collect())
        except StoreUnavailable as error:
            self.stale = True
            self._failed_at = self._clock.now()
            await self._fail(letters, f"the store could not keep it: {error}", error)
            return
        except Exception as defect:  # noqa: BLE001 - a store that breaks its word must not stop the board: it is as if it had failed
            report_defect("store_broke", defect, board=self.board.name)
            self.stale = True
            await self._fail(letters, "the store broke", defect)
            return

        self._failed_at = None
        batch.tell()
        self._published(tuple(batch.events))

    async def _recall(self, letters: list[Letter]) -> dict[str, Answer]:
        request = _what_to_recall(self.board, letters)
        if request == Prefetch(board=self.board.name):
            self.board.recall()
            return {}

        known = await self._store.prefetch(request)
        self.board.recall(known.conversations, known.messages)
        return {answer.key: answer for answer in known.answers}

    async def _fail(self, letters: list[Letter], why: str, cause: Exception) -> None:
        """Tell callers that nothing was done, once the board is what the store has; a store that is away may wait."""
        if letters:
            log.error("batch_failed", board=self.board.name, commands=len(letters), error=str(cause))

        if self.stale:
            with suppress(StoreUnavailable):
                await self.load()

        for letter in letters:
            error = CommitFailed(f"nothing was done, ask again in a moment: {why}")
            error.__cause__ = cause
            letter.fail(error)


class _BatchInTheMaking:
    """What one group of commands does to the board, until it is committed and its callers are told."""

    def __init__(self, board: Board, now: int, answers: dict[str, Answer]) -> None:
        self.events: list[Event] = []
        self.new_answers: list[Answer] = []
        self._board = board
        self._now = now
        self._answers = answers
        self._told: list[tuple[Letter, Outcome | Exception]] = []

    def tick(self, *, singly: bool) -> bool:
        """Let deadlines take effect, one alone if they are to `singly`; return whether the next is to as well."""
        if self._is_due():
            self.events.extend(self._board.apply(Tick(singly=singly), self._now))

        return singly and self._is_due()

    def _is_due(self) -> bool:
        deadline = self._board.next_deadline
        return deadline is not None and deadline <= self._now

    def apply(self, letter: Letter) -> None:
        try:
            outcome = self._decide(letter)
        except CordboardError as error:
            self._told.append((letter, error))
        except Exception as defect:  # noqa: BLE001 - whoever asked gets it too; it must not take down those who asked something else
            report_defect("decision_broke", defect, board=self._board.name, command=type(letter.command).__name__)
            self._told.append((letter, defect))
        else:
            self._told.append((letter, outcome))

    def collect(self) -> Batch:
        board = self._board
        changes = board.take_changes()
        return Batch(
            board=board.name,
            events=tuple(self.events),
            counters=board.counters,
            conversations=tuple(changes.conversations.values()),
            messages=tuple(changes.messages.values()),
            reps=tuple(changes.reps.values()),
            config=board.config if changes.config else None,
            early_reports=board.early_reports if changes.early_reports else None,
            answers=tuple(self.new_answers),
            consents=tuple(changes.consents.values()),
            channels=tuple(changes.channels.values()),
            queues=tuple(changes.queues.values()),
        )

    def blame(self) -> None:
        """Tell whoever asked for the decision that broke the board what it was, and nobody else."""
        letter, defect = self._told[-1]
        if isinstance(defect, Exception):
            letter.fail(defect)

    def tell(self) -> None:
        for letter, told in self._told:
            if isinstance(told, Outcome):
                letter.answer(told)
            else:
                letter.fail(told)

    def _decide(self, letter: Letter) -> Outcome:
        once = letter.once
        if once is not None and (known := self._answers.get(once.key)) is not None:
            if known.fingerprint != once.fingerprint:
                raise KeyReused("this idempotency key came with another request before; use a new key")

            return known.outcome

        events = self._board.apply(letter.command, self._now)
        self.events.extend(events)
        outcome = _outcome(self._board, letter.command, events)
        if once is not None:
            answer = Answer(key=once.key, fingerprint=once.fingerprint, at=self._now, outcome=outcome)
            self._answers[once.key] = answer
            self.new_answers.append(answer)

        return outcome


def _what_to_recall(board: Board, letters: list[Letter]) -> Prefetch:
    provider_ids: dict[tuple[str, str], None] = {}
    pairs: dict[tuple[str, str], None] = {}
    conversations: dict[int, None] = {}
    messages: dict[int, None] = {}
    keys: dict[str, None] = {}
    for letter in letters:
        command = letter.command
        if isinstance(command, TextReceived):
            provider_ids[command.channel, command.provider_id] = None
            pairs[command.recipient, command.sender] = None
        elif isinstance(command, DeliveryReported):
            provider_ids[command.channel, command.provider_id] = None
            if command.message is not None:
                messages[command.message] = None
        elif isinstance(command, ConversationCommand):
            conversations[command.conversation] = None
        elif isinstance(command, StartSending | RecordSend | RecordDoubt | RecordMedia):
            messages[command.message] = None

        if letter.once is not None:
            keys[letter.once.key] = None

    return Prefetch(
        board=board.name,
        provider_ids=tuple(provider_ids),
        pairs=tuple(each for each in pairs if not board.has_open(*each)),
        conversations=tuple(each for each in conversations if each not in board.conversations),
        messages=tuple(each for each in messages if each not in board.messages),
        keys=tuple(keys),
    )


def _outcome(board: Board, command: Command, events: tuple[Event, ...]) -> Outcome:
    message: Message | None = None
    conversation: int | None = None
    if isinstance(command, TextReceived):
        message = board.text_of(command.channel, command.provider_id)
        conversation = message.conversation if message else None
    elif isinstance(command, StartSending | RecordSend | RecordDoubt | RecordMedia):
        message = board.message(command.message)
    elif isinstance(command, ConversationCommand):
        conversation = command.conversation
        if isinstance(command, Reply):
            queued = [event.message for event in events if isinstance(event, ReplyQueued)]
            message = board.message(queued[0])
    elif not events:
        return _NOTHING

    return Outcome(
        first_seq=events[0].seq if events else 0,
        last_seq=events[-1].seq if events else 0,
        conversation=board.conversation(conversation) if conversation is not None else None,
        message=message,
        conversations=command.conversations if isinstance(command, BeginBulk) else (),
        more=isinstance(command, BeginBulk) and command.more,
    )
