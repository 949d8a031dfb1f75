"""Doubts: finding out whether a text was sent whose attempt ended without an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio
import structlog

from cordboard.engine.board.board import Board
from cordboard.engine.board.delivery import last_moment
from cordboard.engine.carrier import Accepted, Ambiguous, Failure, OutboundMessage, SendResult, Throttled
from cordboard.engine.commands import RecordDoubt
from cordboard.engine.errors import StoreUnavailable
from cordboard.engine.ports import Clock, ConversationQuery, History, LooksUpSends, Transport
from cordboard.engine.records import Message
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.vocabulary import MessageStatus

log = structlog.get_logger(__name__)

_QUESTIONS: Final = 2
"""How often the carrier is asked, after the first time: when its list is complete, and after twice as long. With half a
minute for the list that makes a minute, in which the customer's next text waits."""

_CONVERSATIONS: Final = 2
"""The latest conversations with a customer whose texts could be mistaken for the one in doubt: older ones went out long
before it was tried."""

_PAGE: Final = 500

_LOOK_AT_BOARD_EVERY: Final = 1.0
"""Seconds after which a report may have told everything: the customer's next text waits behind the doubt."""

_NOT_ASKED: Final = Failure(code="ambiguous", text="The carrier could not be asked: it may not have been sent.")


class Doubts:
    """Asks carriers, as far as they can be asked.

    Args:
        board: The live board.
        history: What else was sent to a customer.
        transports: The channels' transports.
        clock: The time.
        note: Has the board take note, however long that takes.
    """

    def __init__(
        self,
        *,
        board: Callable[[], Board],
        history: History,
        transports: Mapping[str, Transport],
        clock: Clock,
        note: Callable[[RecordDoubt], Awaitable[None]],
    ) -> None:
        self._board = board
        self._history = history
        self._transports = transports
        self._clock = clock
        self._note = note

    async def resolve(self, message: Message, outbound: OutboundMessage, doubt: Ambiguous) -> SendResult | None:
        """Return what became of a text: `doubt` where that cannot be found out, None where a report told it meanwhile.

        The carrier is asked at once, since it may have the text; that it has not is believed only when its list is
        certain to be complete.
        """
        transport = self._transports.get(message.channel)
        if not isinstance(transport, LooksUpSends) or transport.capabilities.idempotent_send:
            return doubt

        listed_after = transport.capabilities.listed_after / 1000
        ended = anyio.current_time()  # of a process that died, too: what it was doing has ended by now
        await self._note(RecordDoubt(message=message.id, failure=doubt.failure))
        for wait in (0, *(listed_after * 2**turn for turn in range(_QUESTIONS))):
            left = (last_moment(message) - self._clock.now()) / 1000
            if not await self._still_in_doubt_after(min(ended + wait - anyio.current_time(), left), message):
                return None

            result = await self._ask(message, outbound)
            if result is None:
                return doubt

            complete = anyio.current_time() >= ended + listed_after
            if isinstance(result, Accepted) or (isinstance(result, Throttled) and complete):
                return result

        return doubt

    async def _still_in_doubt_after(self, wait: float, message: Message) -> bool:
        until = anyio.current_time() + wait
        while self._in_doubt(message) and (left := until - anyio.current_time()) > 0:  # noqa: ASYNC110 - whatever ends the doubt changes the board, which tells nobody
            await anyio.sleep(min(left, _LOOK_AT_BOARD_EVERY))

        return self._in_doubt(message)

    def _in_doubt(self, message: Message) -> bool:
        now = self._board().messages.get(message.id)
        return now is not None and now.status is MessageStatus.SENDING

    async def _ask(self, message: Message, outbound: OutboundMessage) -> Accepted | Throttled | Ambiguous | None:
        transport = self._transports.get(message.channel)
        unknown = Ambiguous(failure=message.failure or _NOT_ASKED)
        if not isinstance(transport, LooksUpSends):
            return unknown  # it was replaced by one that cannot be asked, or is gone for now

        try:
            others = await self._others(message)
            known = frozenset(each.provider_id for each in others if each.provider_id)
            result = await transport.look_up(outbound, known=known)
        except StoreUnavailable as error:
            log.warning("doubt_not_resolved", channel=message.channel, message=message.id, error=str(error))
        except Exception as defect:  # noqa: BLE001 - a transport that breaks its word must not stop the others
            report_defect("transport_broke", defect, channel=message.channel, message=message.id)
        else:
            # The carrier's text may be another one in doubt, with the same words.
            twin = any(each.maybe_sent and not each.provider_id and each.body == message.body for each in others)
            return unknown if twin and isinstance(result, Accepted) else result

        return unknown

    async def _others(self, message: Message) -> list[Message]:
        """Return what else was sent to the customer."""
        board = self._board().name
        query = ConversationQuery(customer=message.customer, number=message.number, limit=_CONVERSATIONS)
        others: list[Message] = []
        for conversation in (await self._history.conversations(board, query)).items:
            after: int | None = 0
            while after is not None:
                page = await self._history.messages(board, conversation.id, after=after, limit=_PAGE)
                others += [each for each in page.items if each.id != message.id]
                after = page.next

        return others
