"""The engine: a board that lives. It takes commands, keeps them, tells what happened, and sends what is to be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Self

import anyio
from anyio.abc import TaskGroup, TaskStatus
from msgspec.structs import replace

from cordboard.engine.board.board import Board
from cordboard.engine.carrier import Capabilities, WebhookReply, WebhookRequest
from cordboard.engine.clock import SystemClock
from cordboard.engine.commands import Command, Configure
from cordboard.engine.config import BoardConfig, Channel
from cordboard.engine.errors import (
    ChannelUnavailable,
    CordboardError,
    NotFound,
    NotRunning,
    Overloaded,
    StoreUnavailable,
    Thing,
    TransportBroke,
)
from cordboard.engine.events import Event
from cordboard.engine.ports import Clock, History, MediaStore, Prefetch, Store, Transport
from cordboard.engine.records import Once, Outcome
from cordboard.engine.runtime.attachments import Attachments
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.runtime.feed import Feed
from cordboard.engine.runtime.limits import Limits
from cordboard.engine.runtime.mailbox import Mailbox
from cordboard.engine.runtime.outbox import Outbox
from cordboard.engine.runtime.reconciling import Reconciler
from cordboard.engine.runtime.writer import Writer
from cordboard.engine.vocabulary import SYSTEM


class Engine:
    """One board, alive inside `async with`.

    Nothing is acknowledged before it is committed, and nothing is sent before it is committed. The host keeps its event
    loop, its signals and its logging; leaving the block finishes what was taken, waits for texts that are on their way,
    and lets go of the store.

    Args:
        config: The board's configuration, put in force when the block is entered.
        store: Where the board is kept; entered and left with the engine.
        transports: The channels' transports, entered and left with the engine.
        media: Where customers' attachments are kept; without it, texts say of theirs that they are not.
        clock: The time.
        limits: How much to take on.
    """

    def __init__(
        self,
        config: BoardConfig,
        *,
        store: Store,
        transports: Iterable[Transport] = (),
        media: MediaStore | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        clock = clock or SystemClock()
        self._config = config
        self._store = store
        self._limits = limits
        self._waiting_transports = tuple(transports)
        self._transports: dict[str, Transport] = {}
        self._keepers: dict[str, _Keeper] = {}
        self._all_keepers: set[_Keeper] = set()
        self._mailbox = Mailbox(limits.mailbox)
        self._taking = False
        self._tasks: TaskGroup | None = None
        self._stack = AsyncExitStack()
        self.feed = Feed(config.name, store, ring=limits.ring)
        self._writer = Writer(
            config.name,
            store=store,
            clock=clock,
            mailbox=self._mailbox,
            batch=limits.batch,
            published=self._published,
            reloaded=self._reloaded,
        )
        self._outbox = Outbox(
            board=lambda: self._writer.board,
            submit=self._post,
            history=store,
            transports=self._transports,
            clock=clock,
            sends=limits.sends,
        )
        self._reconciler = Reconciler(
            board=lambda: self._writer.board,
            submit=self._post,
            store=store,
            transports=self._transports,
            clock=clock,
            every=limits.reconcile_every,
        )
        self._reconciling = anyio.CancelScope()
        self._attachments = Attachments(
            board=lambda: self._writer.board,
            submit=self._post,
            transports=self._transports,
            store=media,
            clock=clock,
            limits=limits,
        )

    async def __aenter__(self) -> Self:
        """Open the store, load the board, put the configuration in force and begin.

        Raises:
            StoreUnavailable: The store cannot be used, or somebody else holds the board.
            InvalidConfiguration: The configuration cannot be used.
            ChannelUnavailable: A transport cannot be opened.
        """
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise

        return self

    async def __aexit__(self, *exc: object) -> None:
        """Take nothing more, finish and commit what was taken, and let go of everything."""
        await self._stack.aclose()

    @property
    def board(self) -> Board:
        """The live board, to read. It may be ahead of the disk by one commit; `history` never is."""
        return self._writer.board

    @property
    def history(self) -> History:
        """The past: committed, and paged."""
        return self._store

    @property
    def media(self) -> MediaStore | None:
        """Where customers' attachments are kept."""
        return self._attachments.store

    @property
    def transports(self) -> Mapping[str, Transport]:
        """The open transports, by channel."""
        return self._transports

    @property
    def running(self) -> bool:
        """Whether commands are taken. Not while the store is away: `board` may be ahead of it until it is back."""
        return self._taking and not self._writer.stale

    @property
    def waiting_commands(self) -> int:
        """How many commands wait in the mailbox."""
        return len(self._mailbox)

    async def submit(self, command: Command, *, once: Once | None = None) -> Outcome:
        """Have the board decide on a command, and return what it did once that is committed.

        Args:
            command: What is asked.
            once: Marks a request that may come again: a repetition gets the first outcome, also after a restart.

        Raises:
            CordboardError: It cannot be done, and nothing has changed; the class says whose fault it is.
            Overloaded: Too many commands are waiting: ask again in a moment.
            CommitFailed: The store could not keep it, nothing was done: ask again in a moment.
            NotRunning: The engine has not started, or is stopping.
            KeyReused: `once` was used for another request.
        """
        self._require_running()
        return await self._post(command, once)

    async def receive(self, channel: str, request: WebhookRequest) -> WebhookReply:
        """Take a request at a channel's door, and return what to answer once everything it says is committed.

        Raises:
            NotFound: There is no such channel.
            TransportBroke: The channel's transport has a defect, which is in the log.
            CordboardError: As `submit`; the carrier should be asked to come again (503).
        """
        transport = self._transports.get(channel)
        if transport is None:
            raise NotFound(f"there is no channel {channel!r} on board {self.board.name!r}", what=Thing.CHANNEL)

        try:
            reply = transport.receive(request)
        except Exception as defect:  # noqa: BLE001 - a transport that breaks its word must not lose a text
            report_defect("transport_broke", defect, channel=channel)
            raise TransportBroke(f"the transport of channel {channel!r} has a defect; ask again later") from None

        if reply.events:
            self._require_running()
            if len(reply.events) > self._mailbox.room:  # all of a request is taken, or nothing
                raise Overloaded("too many commands are waiting already; ask again in a moment")

            await _all(self._mailbox.post(event) for event in reply.events)

        return reply

    async def configure(self, config: BoardConfig, *, by: str = SYSTEM, transports: Iterable[Transport] = ()) -> None:
        """Put another configuration in force.

        Args:
            config: The whole of it.
            by: Who asks.
            transports: Transports of channels that are new or changed; they replace those of the same name.
                Those, and those of channels that `config` no longer has, are closed once nothing is on its way on them.

        Raises:
            InvalidConfiguration: It cannot be used; everything stays as it was.
            ChannelUnavailable: A new transport cannot be opened; everything stays as it was.
        """
        new = {transport.name: transport for transport in transports}
        opened: list[_Keeper] = []
        try:
            for transport in new.values():
                opened.append(await self._bring_in(transport))  # noqa: PERF401 - if one fails, the others are known

            await self.submit(Configure(config=self._with_limits_of_channels(config, new), by=by))
        except BaseException:
            for keeper in opened:
                keeper.leave.set()

            raise

        kept = {each.name for each in config.channels}
        retired = [each for name, each in self._keepers.items() if name in new or name not in kept]
        for name in [each for each in self._keepers if each not in kept]:
            del self._keepers[name], self._transports[name]

        self._list(opened)
        self._outbox.look()
        self._reconciler.look()
        if self._tasks is not None:
            for keeper in retired:
                self._tasks.start_soon(self._retire, keeper)

    async def has_answered(self, once: Once) -> bool:
        """Whether a request that may come again has been answered before: a repetition of it would get that answer."""
        known = await self._store.prefetch(Prefetch(board=self.board.name, keys=(once.key,)))
        return bool(known.answers)

    def check(self, config: BoardConfig, *, transports: Iterable[Transport] = ()) -> None:
        """Return if `configure` would put a configuration in force now, as far as can be told without opening channels.

        Args:
            config: The whole of it.
            transports: As `configure` would be given.

        Raises:
            InvalidConfiguration: It would not; every reason is in it.
        """
        new = {transport.name: transport for transport in transports}
        self.board.check(self._with_limits_of_channels(config, new))

    async def probe(self) -> None:
        """Return if commands are taken and could be committed.

        Raises:
            NotRunning: Nothing is taken.
            StoreUnavailable: Nothing could be committed.
        """
        self._require_running()
        if self._writer.unwell:
            raise StoreUnavailable("a commit has failed just now, and none has succeeded since")

        await self._store.probe()

    async def _open(self) -> None:
        await self._store.__aenter__()
        self._stack.push_async_callback(self._leave_store)
        await self._writer.load()
        self._tasks = await self._stack.enter_async_context(anyio.create_task_group())
        self._stack.push_async_callback(self._close)
        self._tasks.start_soon(self._writer.run)
        self._list([await self._bring_in(transport) for transport in self._waiting_transports])

        await self._post(Configure(config=self._with_limits_of_channels(self._config)))
        self._taking = True
        self._tasks.start_soon(self._outbox.run)
        self._tasks.start_soon(self._attachments.run)
        self._tasks.start_soon(self._reconcile)

    async def _reconcile(self) -> None:
        with self._reconciling:
            await self._reconciler.run()

    def _require_running(self) -> None:
        if not self._taking:
            raise NotRunning("the engine has not started, or is stopping; ask again in a moment")

        if self._writer.stale:
            raise NotRunning("the store is away; ask again in a moment")

    async def _post(self, command: Command, once: Once | None = None) -> Outcome:
        return await self._mailbox.post(command, once)

    def _published(self, events: tuple[Event, ...]) -> None:
        self.feed.publish(events)
        self._outbox.notice(events)
        self._attachments.notice(events)

    def _reloaded(self) -> None:
        """Go on from what the store has: it may have kept a batch of which it said that it had not."""
        self.feed.begin(self._writer.board.counters.seq)
        self._outbox.look()
        self._attachments.look()

    async def _close(self) -> None:
        self._taking = False
        self._reconciling.cancel()
        with anyio.CancelScope(shield=True):
            self._outbox.stop()
            self._attachments.stop()
            await self._attachments.finished.wait()
            with anyio.move_on_after(self._limits.closing / 1000):
                await self._outbox.finished.wait()

            self._mailbox.close()
            await self._writer.finished.wait()
            self.feed.close()
            for keeper in self._all_keepers:
                keeper.leave.set()

    async def _leave_store(self) -> None:
        with anyio.CancelScope(shield=True):  # whoever cancels the host must not leave the store open
            await self._store.__aexit__(None, None, None)

    async def _bring_in(self, transport: Transport) -> _Keeper:
        """Open a transport, which is not used before it is listed."""
        assert self._tasks is not None, "transports come in inside the block"  # noqa: S101 - states an invariant
        keeper = _Keeper(transport)
        try:
            await self._tasks.start(keeper.keep)
        except* OSError as errors:
            first = errors.exceptions[0]
            raise ChannelUnavailable(f"channel {transport.name!r} cannot be opened: {first}") from first

        self._all_keepers.add(keeper)
        return keeper

    def _list(self, keepers: Iterable[_Keeper]) -> None:
        for keeper in keepers:
            self._keepers[keeper.transport.name] = keeper
            self._transports[keeper.transport.name] = keeper.transport

    async def _retire(self, keeper: _Keeper) -> None:
        """Close a transport that is no longer listed, once nothing is on its way on it."""
        await self._outbox.idle(keeper.transport.name)
        await self._attachments.idle(keeper.transport.name)
        keeper.leave.set()
        await keeper.left.wait()
        self._all_keepers.discard(keeper)

    def _with_limits_of_channels(self, config: BoardConfig, new: Mapping[str, Transport] | None = None) -> BoardConfig:
        """Return `config` with what its channels' transports can do, so that the board can decide by it."""
        transports = {**self._transports, **(new or {})}
        channels = tuple(
            _as_able_as(each, transports[each.name].capabilities) if each.name in transports else each
            for each in config.channels
        )
        return replace(config, channels=channels)


def _as_able_as(channel: Channel, able: Capabilities) -> Channel:
    return replace(channel, max_characters=able.max_characters, mms=able.mms)


class _Keeper:
    """Keeps a transport open, in a task of its own, so that it is closed where it was opened.

    Attributes:
        transport: Which.
        leave: Set to have it closed.
        left: Set once it is.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.leave = anyio.Event()
        self.left = anyio.Event()

    async def keep(self, *, task_status: TaskStatus[None]) -> None:
        """Open it, say so, and close it when told to."""
        try:
            async with self.transport:
                task_status.started()
                await self.leave.wait()
        finally:
            self.left.set()


async def _all(outcomes: Iterable[asyncio.Future[Outcome]]) -> None:
    """Wait for every outcome, and raise the first error. Not with `gather`, which costs a text more than its commit."""
    error: Exception | None = None
    for outcome in list(outcomes):
        try:
            await outcome
        except CordboardError as failed:
            error = error or failed

    if error is not None:
        raise error
