"""The outbox: hands committed texts to their carriers, in order within each conversation.

Every conversation with something to send has a lane: one text at a time, the next only when the one before has an
answer. Before a text is handed over, the board notes that it is about to be (so that a crash leaves no doubt about the
others), and afterwards it notes the answer. What was being handed over when the process died is ambiguous.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

import anyio
import structlog
from anyio.abc import TaskGroup

from cordboard.engine.board.board import Board
from cordboard.engine.carrier import Accepted, Ambiguous, Failure, OutboundMessage, Rejected, SendResult
from cordboard.engine.commands import Command, RecordSend, StartSending
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import Event, ReplyQueued
from cordboard.engine.ports import Clock, Transport
from cordboard.engine.records import Message, Outcome
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.vocabulary import MessageStatus

log = structlog.get_logger(__name__)

_INTERRUPTED = Ambiguous(
    failure=Failure(code="interrupted", text="Cordboard stopped while this was being sent: it may not have been sent.")
)

_LOOK_AGAIN_EVERY = 1.0
"""Seconds after which a lane that waits looks at its text again: a report may have proved it sent meanwhile."""

_TRY_AGAIN_EVERY = 1.0
"""Seconds between tries to note something while the store is away."""


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
        transports: Mapping[str, Transport],
        clock: Clock,
        sends: int,
    ) -> None:
        self._board = board
        self._submit = submit
        self._transports = transports
        self._clock = clock
        self._sends = sends
        self._turns: dict[str, anyio.CapacityLimiter] = {}
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
        finally:
            self.finished.set()

    def look(self) -> None:
        """Take up every unsent text that has a transport and is not in a lane yet."""
        taken = {message for lane in self._lanes.values() for message in lane}
        for message in sorted(self._board().messages):
            if message not in taken and self._board().messages[message].unsent:
                self._put(self._board().messages[message])

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
        """Wait until nothing that was on its way on a channel still is; what is about to begin takes its turn after."""
        turn = self._turn(channel)
        borrowers = [object() for _ in range(self._sends)]
        for borrower in borrowers:
            await turn.acquire_on_behalf_of(borrower)

        for borrower in borrowers:
            turn.release_on_behalf_of(borrower)

    def _turn(self, channel: str) -> anyio.CapacityLimiter:
        return self._turns.setdefault(channel, anyio.CapacityLimiter(self._sends))

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
        try:
            await self._empty(self._lanes[conversation])
        except Exception as defect:  # noqa: BLE001 - one conversation's defect must not stop the others' texts
            report_defect("lane_broke", defect, conversation=conversation)
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
            await self._note(message, transport, _INTERRUPTED)
            return

        if message.not_before is not None and (wait := message.not_before - self._clock.now()) > 0:
            with anyio.move_on_after(min(wait / 1000, _LOOK_AGAIN_EVERY)):
                await self._stopping.wait()

            return

        async with self._turn(message.channel):
            if self._stopping.is_set() or self._transports.get(message.channel) is not transport:
                return

            try:
                outcome = await self._submit(StartSending(message=message.id, key=str(uuid.uuid4())))
            except CordboardError as refused:
                # What cannot be started is not what it was: a report has proved it sent, or its commit failed.
                await anyio.sleep(_TRY_AGAIN_EVERY if refused.retryable else 0)
                return

            if outcome.message is None or outcome.message.status is not MessageStatus.SENDING:
                return  # it is too old to be sent

            with anyio.CancelScope(shield=True):  # an answer that was got is noted
                message = outcome.message
                result = await self._send(message, transport)
                _tell_operator(message, result)
                await self._note(message, transport, result)

    async def _send(self, message: Message, transport: Transport) -> SendResult:
        try:
            return await transport.send(self._outbound(message))
        except Exception as defect:  # noqa: BLE001 - a transport that breaks its word must not stop the others
            report_defect("transport_broke", defect, channel=message.channel, message=message.id)
            return Ambiguous(failure=Failure(code="defect", text="The channel failed: it may not have been sent."))

    def _outbound(self, message: Message) -> OutboundMessage:
        numbers = self._board().config.numbers
        kind = next((each.kind for each in numbers if each.address == message.number), None)
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
            sender_kind=kind,
        )

    async def _note(self, message: Message, transport: Transport, result: SendResult) -> None:
        """Have the board note an answer, however long its store is away; a stop leaves it ambiguous."""
        repeatable = transport.capabilities.idempotent_send
        while True:
            try:
                await self._submit(RecordSend(message=message.id, result=result, repeatable=repeatable))
            except CordboardError as refused:
                if self._stopping.is_set() or not refused.retryable:
                    log.warning("answer_not_noted", channel=message.channel, message=message.id, error=str(refused))
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
