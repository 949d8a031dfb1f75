"""Reconciling: asking carriers, at the start and now and then, for what their webhooks did not bring.

A carrier that found nobody at home may not come again. Where its transport can be asked (`Reconciles`), it is asked for
everything since shortly before it was last asked; what is known already is passed over. Where only single texts of ours
can be asked for (`PullsReports`), those are that have had no final report for a while.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Final

import anyio
import structlog

from cordboard.engine.board.board import Board
from cordboard.engine.board.ranks import FINAL, RANK
from cordboard.engine.carrier import DeliveryReported, TextReceived
from cordboard.engine.commands import Command, RecordReconciled
from cordboard.engine.config import HOUR, MINUTE
from cordboard.engine.errors import CordboardError, ReconciliationFailed
from cordboard.engine.ports import Clock, Prefetch, PullsReports, Reconciles, Store, Transport
from cordboard.engine.records import Message, Outcome
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.vocabulary import Direction, Milliseconds

log = structlog.get_logger(__name__)

_OVERLAP: Final[Milliseconds] = 15 * MINUTE
"""Asked for once more each time: a text may be listed late, and its webhook may have been tried for a while."""

_AT_ONCE: Final = 100
"""Events that are compared with what is known in one look at the store."""

_ROUND: Final = 300.0
"""Seconds that a channel's round may take: what is left comes with the next one."""

_UNANSWERED: Final = 3
"""Questions for single texts that may stay without an answer before a round gives up: the carrier is not there."""

_PULL_AFTER: Final[Milliseconds] = 5 * MINUTE
"""A report has this long to come by itself."""

_PULL_FOR: Final[Milliseconds] = 24 * HOUR
"""Of an older text no carrier reports any more."""


class Reconciler:
    """Asks the carriers of one board's channels.

    Args:
        board: The live board.
        submit: Has it decide.
        store: What is known already.
        transports: The channels' transports.
        clock: The time.
        every: Milliseconds between two rounds.
    """

    def __init__(
        self,
        *,
        board: Callable[[], Board],
        submit: Callable[[Command], Awaitable[Outcome]],
        store: Store,
        transports: Mapping[str, Transport],
        clock: Clock,
        every: Milliseconds,
    ) -> None:
        self._board = board
        self._submit = submit
        self._store = store
        self._transports = transports
        self._clock = clock
        self._every = every
        self._news = anyio.Event()
        self._too_old: dict[str, int] = {}
        """By channel, the last text that is not asked for any more: those before it are not either."""

    async def run(self) -> None:
        """Ask round after round, until cancelled. A carrier that does not answer holds up no other."""
        while True:
            self._news = anyio.Event()
            async with anyio.create_task_group() as tasks:
                for channel, transport in list(self._transports.items()):
                    tasks.start_soon(self._ask, channel, transport)

            with anyio.move_on_after(self._every / 1000):
                await self._news.wait()

    def look(self) -> None:
        """Ask now: there are other transports."""
        self._news.set()

    async def _ask(self, channel: str, transport: Transport) -> None:
        with anyio.move_on_after(_ROUND) as round_:
            try:
                if isinstance(transport, Reconciles):
                    await self._bring_missed(channel, transport)

                if isinstance(transport, PullsReports):
                    await self._pull_reports(channel, transport)
            except CordboardError as error:
                log.warning("reconciliation_failed", channel=channel, error=str(error))
            except Exception as defect:  # noqa: BLE001 - a transport that breaks its word must not stop the others
                report_defect("transport_broke", defect, channel=channel)

        if round_.cancelled_caught:
            log.warning("reconciliation_failed", channel=channel, error="the carrier took too long; it is asked again")

    async def _bring_missed(self, channel: str, transport: Reconciles) -> None:
        now = self._clock.now()
        since = self._board().channel(channel).reconciled_to
        if since is not None:  # what was said before this board had the channel is nothing of its own
            found = await self._bring_all(channel, transport.missed(since - _OVERLAP))
            if found:
                log.warning("missed_events_found", channel=channel, count=found)

        await self._submit(RecordReconciled(channel=channel, until=now))

    async def _bring_all(self, channel: str, missed: AsyncIterator[TextReceived | DeliveryReported]) -> int:
        """Submit what is news of everything that was missed; what came before the carrier failed is true, too."""
        found = 0
        some: list[TextReceived | DeliveryReported] = []
        try:
            async for event in missed:
                some.append(event)
                if len(some) == _AT_ONCE:
                    found += await self._bring(channel, some)
                    some = []
        except ReconciliationFailed:
            await self._bring(channel, some)
            raise

        return found + await self._bring(channel, some)

    async def _bring(self, channel: str, events: Sequence[TextReceived | DeliveryReported]) -> int:
        """Submit what is news, in its order; return how much that was."""
        board = self._board()
        ids = tuple((channel, each.provider_id) for each in events)
        known = await self._store.prefetch(Prefetch(board=board.name, provider_ids=ids)) if ids else None
        messages = known.messages if known else ()
        texts = {each.provider_id for each in messages if each.direction is Direction.INBOUND}
        ours = {each.provider_id: each for each in messages if each.direction is Direction.OUTBOUND}
        news = [
            each
            for each in events
            if (
                _tells_more(each, ours.get(each.provider_id))
                if isinstance(each, DeliveryReported)
                # An account may have numbers that are none of this board's business.
                else each.provider_id not in texts and _is_ours(board, channel, each.recipient)
            )
        ]
        for each in news:
            await self._submit(each)

        return len(news)

    async def _pull_reports(self, channel: str, transport: PullsReports) -> None:
        now = self._clock.now()
        unanswered = 0
        after: int | None = self._too_old.get(channel, 0)
        while after is not None:
            page = await self._store.awaiting_report(self._board().name, channel, after=after)
            for message in page.items:
                age = now - (message.sent_at or message.at)
                if age >= _PULL_FOR:
                    self._too_old[channel] = message.id
                elif message.provider_id is not None and age >= _PULL_AFTER:
                    report = await transport.pull_report(message.id, message.provider_id)
                    unanswered = unanswered + 1 if report is None else 0
                    if report is not None and (report.unknown or _tells_more(report, message)):
                        await self._submit(report)

                if unanswered == _UNANSWERED:
                    return

            after = page.next


def _is_ours(board: Board, channel: str, address: str) -> bool:
    number = board.number(address)
    return number is not None and number.channel == channel


def _tells_more(report: DeliveryReported, message: Message | None) -> bool:
    return message is not None and RANK[message.status] < FINAL and RANK[report.status] > RANK[message.status]
