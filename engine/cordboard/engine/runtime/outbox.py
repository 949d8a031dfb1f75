"""The outbox: hands committed texts to their carriers, in order within each conversation.

Every conversation with something to send has a lane: one text at a time, the next only when the one before has an
answer. Lanes of a channel take turns (`runtime/turns.py`). Before a text is handed over, the board notes that it is
about to be (so that a crash leaves no doubt about the others), and afterwards it notes the answer. Of a text that has
none, because there was no answer or the process died, the carrier is asked, where it can be (`runtime/doubts.py`).
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

import anyio
import structlog
from anyio.abc import TaskGroup

from cordboard.engine.board.board import Board
from cordboard.engine.board.delivery import last_moment
from cordboard.engine.carrier import Accepted, Ambiguous, Failure, OutboundMessage, Pace, Rejected, SendResult
from cordboard.engine.commands import Command, RecordDoubt, RecordSend, StartSending
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import Event, ReplyQueued
from cordboard.engine.ports import Clock, History, Transport
from cordboard.engine.records import Message, Outcome
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.runtime.doubts import Doubts
from cordboard.engine.runtime.turns import Turns
from cordboard.engine.vocabulary import FailureKind, MessageStatus, PaceUnit

log = structlog.get_logger(__name__)

_Doubt: TypeAlias = tuple[Message, Transport, Ambiguous]
"""A text that may have been sent, by which transport, and why nobody knows."""

_INTERRUPTED = Ambiguous(
    failure=Failure(
        code="interrupted",
        text="Cordboard stopped while this was being sent: it may not have been sent.",
        kind=FailureKind.TROUBLE,
    )
)

_DEFECT = Ambiguous(
    failure=Failure(code="defect", text="The channel failed: it may not have been sent.", kind=FailureKind.DEFECT)
)

_LOOK_AGAIN_EVERY = 1.0
"""Seconds after which a lane that waits looks at its text again: a report may have proved it sent meanwhile."""

_TRY_AGAIN_EVERY = 1.0
"""Seconds between tries to note something while the store is away."""

_LONGEST_PAUSE = 60.0
"""Seconds between tries of a lane that breaks again and again."""


class Outbox:
    """Sends what the board has queued.

    Attributes:
        finished: Set while it does not run: nothing is on its way.
    """

    def __init__(
        self,
        *,
        board: Callable[[], Board],
        submit: Callable[[Command], Awaitable[Outcome]],
        history: History,
        transports: Mapping[str, Transport],
        clock: Clock,
        sends: int,
    ) -> None:
        self._board = board
        self._submit = submit
        self._transports = transports
        self._clock = clock
        self._sends = sends
        self._doubts = Doubts(board=board, history=history, transports=transports, clock=clock, note=self._note)
        self._turns: dict[str, Turns] = {}
        self._lanes: dict[int | None, deque[int]] = {}
        self._tasks: TaskGroup | None = None
        self._stopping = anyio.Event()
        self.finished = anyio.Event()
        self.finished.set()

    async def run(self) -> None:
        """Send what is unsent, then what comes, until `stop`; returns when nothing is on its way any more."""
        self.finished = anyio.Event()
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                self.look()
                await self._stopping.wait()
                self._tasks = None
                tasks.cancel_scope.cancel()  # those that wait; what is on its way is shielded
        finally:
            self.finished.set()

    def look(self) -> None:
        """Take up every unsent text that has a transport and is not in a lane yet; stopped channels may try again."""
        board = self._board()
        for channel in self._transports:
            if board.channel(channel).stopped_at is not None:
                self._turns_of(channel).probe()

        taken = {message for lane in self._lanes.values() for message in lane}
        for message in sorted(board.messages):
            if message not in taken and board.messages[message].unsent:
                self._put(board.messages[message])

    def notice(self, events: Sequence[Event]) -> None:
        """Take up what was just queued."""
        for event in events:
            if isinstance(event, ReplyQueued):
                message = self._board().messages.get(event.message)
                if message is not None:
                    self._put(message)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()

    async def idle(self, channel: str) -> None:
        """Wait until nothing that was on its way on a channel still is."""
        await self._turns_of(channel).idle()

    def _turns_of(self, channel: str) -> Turns:
        return self._turns.setdefault(channel, Turns(self._sends))

    def _put(self, message: Message) -> None:
        if self._tasks is None or message.channel not in self._transports:
            return  # it stays queued: whoever brings the transport, or starts again, calls `look`

        lane = self._lanes.get(message.conversation)
        if lane is None:
            self._lanes[message.conversation] = deque([message.id])
            self._tasks.start_soon(self._run_lane, message.conversation)
        else:
            lane.append(message.id)

    async def _run_lane(self, conversation: int | None) -> None:
        again = _TRY_AGAIN_EVERY
        try:
            while True:
                try:
                    return await self._empty(self._lanes[conversation])
                except Exception as defect:  # noqa: BLE001 - one conversation's defect must not stop the others' texts
                    report_defect("lane_broke", defect, conversation=conversation)

                await anyio.sleep(again)  # the lane stays, so that no later text overtakes this one
                again = min(2 * again, _LONGEST_PAUSE)
        finally:
            del self._lanes[conversation]

    async def _empty(self, lane: deque[int]) -> None:
        while lane and not self._stopping.is_set():
            message = self._board().messages.get(lane[0])
            if message is None:
                lane.popleft()  # it was sent, or it never will be
            elif message.channel in self._transports:
                await self._bring_on(message, self._transports[message.channel])
            else:
                break

    async def _bring_on(self, message: Message, transport: Transport) -> None:
        """Take one text a step further."""
        if message.status is MessageStatus.SENDING:
            await self._settle(message, transport, _INTERRUPTED)
            return

        if message.not_before is not None and (wait := message.not_before - self._clock.now()) > 0:
            await anyio.sleep(min(wait / 1000, _LOOK_AGAIN_EVERY))
            return

        pace = self._pace_of(message, transport)
        units = max(message.segments, 1) if pace is not None and pace.unit is PaceUnit.SEGMENTS else 1
        turns = self._turns_of(message.channel)
        doubt = None
        left = (last_moment(message) - self._clock.now()) / 1000
        with anyio.move_on_after(max(0.0, left)) as waiting:
            async with turns.turn(message.number, pace, units=units, order=(message.bulk, message.id)):
                waiting.deadline = float("inf")
                if self._transports.get(message.channel) is transport:
                    doubt = await self._hand_over(message, transport, turns)

        if waiting.cancelled_caught and self._clock.now() >= last_moment(message):  # not if the clock was set back
            with anyio.CancelScope(shield=True):
                await self._start(message, transport)  # the board says that its time is over

        if doubt is not None:
            await self._settle(*doubt)

    async def _start(self, message: Message, transport: Transport) -> Message | None:
        """Have the board note that a text is about to be handed over; None where it is not to be."""
        try:
            repeatable = self._is_repeatable(message, transport)
            outcome = await self._submit(StartSending(message=message.id, key=str(uuid.uuid4()), repeatable=repeatable))
        except CordboardError as refused:
            # What cannot be started is not what it was: a report has proved it sent, or its commit failed.
            await anyio.sleep(_TRY_AGAIN_EVERY if refused.retryable else 0)
            return None

        started = outcome.message
        if started is None or started.uncertain:  # one that may have been sent was given up: it stays at sending
            return None

        return started if started.status is MessageStatus.SENDING else None

    async def _hand_over(self, message: Message, transport: Transport, turns: Turns) -> _Doubt | None:
        """Hand a text over and note the answer; return what is to be found out where there is none."""
        doubt = None
        with anyio.CancelScope(shield=True):  # what has begun is ended, and its answer noted
            started = await self._start(message, transport)
            if started is not None:
                began = anyio.current_time()
                result = await self._send(started, transport)
                turns.learn(result, began)
                _tell_operator(started, result)
                if isinstance(result, Ambiguous):
                    doubt = (started, transport, result)
                else:
                    await self._note_answer(started, transport, result)

        return doubt

    async def _settle(self, message: Message, transport: Transport, doubt: Ambiguous) -> None:
        """Find out what became of a text that may have been sent, as far as that is possible, and note it."""
        result = await self._doubts.resolve(message, self._outbound(message), doubt)
        if result is not None:
            with anyio.CancelScope(shield=True):
                await self._note_answer(message, transport, result)

    async def _send(self, message: Message, transport: Transport) -> SendResult:
        try:
            return await transport.send(self._outbound(message))
        except Exception as defect:  # noqa: BLE001 - a transport that breaks its word must not stop the others
            report_defect("transport_broke", defect, channel=message.channel, message=message.id)
            return _DEFECT

    def _outbound(self, message: Message) -> OutboundMessage:
        number = self._board().number(message.number)
        return OutboundMessage(
            message=message.id,
            sender=message.number,
            recipient=message.customer,
            body=message.body,
            media=message.media,
            attempt_key=message.attempt_key,
            queued_at=message.at,
            first_tried_at=message.first_tried_at or message.at,
            expires_at=message.expires_at,
            sender_kind=number.kind if number else None,
        )

    def _pace_of(self, message: Message, transport: Transport) -> Pace | None:
        number = self._board().number(message.number)
        if number is None:
            return None

        return number.pace or transport.capabilities.pace.get(number.kind)

    async def _note_answer(self, message: Message, transport: Transport, result: SendResult) -> None:
        repeatable = self._is_repeatable(message, transport)
        await self._note(RecordSend(message=message.id, result=result, repeatable=repeatable))

    def _is_repeatable(self, message: Message, transport: Transport) -> bool:
        """Whether a text can be sent again without risk: its carrier takes the same key once, and still knows it."""
        able = transport.capabilities
        age = self._clock.now() - (message.first_tried_at or message.at)
        return able.idempotent_send and age <= able.repeatable_for

    async def _note(self, command: RecordSend | RecordDoubt) -> None:
        """Have the board take note, however long its store is away; after a stop the text is found in doubt again."""
        while True:
            try:
                await self._submit(command)
            except CordboardError as refused:
                if self._stopping.is_set() or not refused.retryable:
                    log.warning("answer_not_noted", message=command.message, error=str(refused))
                    return

                await anyio.sleep(_TRY_AGAIN_EVERY)
            else:
                return


def _tell_operator(message: Message, result: SendResult) -> None:
    """Log what a rep sees only on one text, and whoever runs the channel may have to mend."""
    if isinstance(result, Accepted):
        return

    down = isinstance(result, Rejected) and result.channel_down
    event = "channel_down" if down else "text_not_accepted"
    answer = type(result).__name__.lower()
    log.warning(event, channel=message.channel, message=message.id, answer=answer, code=result.failure.code)
