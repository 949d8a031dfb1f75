"""Fetches customers' attachments: from their carriers into the media store, after the texts are committed.

A text is shown, routed and answered at once; its attachments come after it, whenever their carrier gives them. What has
yet to be fetched is on the board, so a process that was killed goes on with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import anyio
import structlog
from anyio.abc import TaskGroup
from msgspec.structs import replace

from cordboard.engine.attachment_kinds import in_words, is_taken, plain_type
from cordboard.engine.board.board import Board
from cordboard.engine.carrier import Media, MediaContent, MediaUnavailable
from cordboard.engine.commands import Command, RecordMedia
from cordboard.engine.config import MINUTE
from cordboard.engine.errors import CordboardError, StoreUnavailable
from cordboard.engine.events import Event, MessageReceived, TextUnroutable
from cordboard.engine.ports import Clock, FetchesMedia, MediaStore, Transport
from cordboard.engine.records import Message, Outcome
from cordboard.engine.runtime.defects import report_defect
from cordboard.engine.runtime.limits import Limits
from cordboard.engine.vocabulary import Milliseconds

log = structlog.get_logger(__name__)

_LONGEST_WAIT: Final[Milliseconds] = 5 * MINUTE

_TRY_AGAIN_EVERY: Final = 1.0
"""Seconds between tries to note something while the store is away."""

_NOT_KEPT_HERE = MediaUnavailable(reason="This Cordboard keeps no attachments.", final=True)
_NO_CHANNEL = MediaUnavailable(reason="Its channel is not there any more.", final=False)
_NO_FETCHING = MediaUnavailable(reason="Attachments cannot be fetched on this channel.", final=True)
_TOO_SLOW = MediaUnavailable(reason="The carrier took too long to give it.", final=False)
_DEFECT = MediaUnavailable(reason="The channel failed while it was fetched.", final=True)
_NO_ROOM = MediaUnavailable(reason="It could not be kept on this machine.", final=False)


class Attachments:
    """Fetches what customers attach.

    Attributes:
        store: Where attachments are kept; without one, none is fetched, and each is said not to be kept.
        finished: Set while it does not run: nothing is being fetched.
    """

    def __init__(
        self,
        *,
        board: Callable[[], Board],
        submit: Callable[[Command], Awaitable[Outcome]],
        transports: Mapping[str, Transport],
        store: MediaStore | None,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self.store = store
        self._board = board
        self._submit = submit
        self._transports = transports
        self._clock = clock
        self._limits = limits
        self._turns: dict[str, anyio.CapacityLimiter] = {}
        self._under_way: dict[str, set[anyio.Event]] = {}
        self._taken: set[int] = set()
        self._tasks: TaskGroup | None = None
        self._stopping = anyio.Event()
        self.finished = anyio.Event()
        self.finished.set()

    async def run(self) -> None:
        """Fetch what is pending, then what comes, until `stop`."""
        self.finished = anyio.Event()
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                self.look()
                await self._stopping.wait()
                tasks.cancel_scope.cancel()
        finally:
            self._tasks = None
            self.finished.set()

    def look(self) -> None:
        """Take up every text whose attachments are pending and that is not in hand yet."""
        for message in sorted(self._board().messages):
            self._take(message)

    def notice(self, events: Sequence[Event]) -> None:
        """Take up what has just come."""
        for event in events:
            if isinstance(event, MessageReceived | TextUnroutable) and event.media:
                self._take(event.message)

    def stop(self) -> None:
        """Stop at once: what has not been fetched is fetched after the next start."""
        self._stopping.set()

    async def idle(self, channel: str) -> None:
        """Wait until nothing that was being fetched on a channel still is."""
        for ended in tuple(self._under_way.get(channel, ())):  # not those that begin meanwhile, or it might never end
            await ended.wait()

    def _turn(self, channel: str) -> anyio.CapacityLimiter:
        return self._turns.setdefault(channel, anyio.CapacityLimiter(self._limits.fetches))

    def _take(self, message: int) -> None:
        found = self._board().messages.get(message)
        if self._tasks is not None and found is not None and found.awaits_media and message not in self._taken:
            self._taken.add(message)
            self._tasks.start_soon(self._bring_in, message)

    async def _bring_in(self, message: int) -> None:
        try:
            await self._fetch_all(message)
        except Exception as defect:  # noqa: BLE001 - one text's defect must not keep the others' attachments away
            report_defect("attachments_broke", defect, message=message)
        finally:
            self._taken.discard(message)

    async def _fetch_all(self, message: int) -> None:
        """Fetch a text's attachments, again and again, until each is kept or is known not to be."""
        wait = self._limits.fetch_again
        while (found := self._board().messages.get(message)) is not None and found.awaits_media:
            for index, media in enumerate(found.media):
                if media.pending:
                    await self._settle(found, index, await self._fetch(found, media))

            found = self._board().messages.get(message)
            if found is not None and found.awaits_media:
                await anyio.sleep(wait / 1000)
                wait = min(2 * wait, _LONGEST_WAIT)

    async def _settle(self, message: Message, index: int, result: Media | MediaUnavailable) -> None:
        """Note what became of one attachment, unless it is worth another try."""
        if isinstance(result, MediaUnavailable):
            if not result.final and self._clock.now() - message.at < self._limits.fetch_until:
                return

            log.warning("attachment_not_kept", channel=message.channel, message=message.id, reason=result.reason)
            result = replace(message.media[index], problem=result.reason)

        await self._note(RecordMedia(message=message.id, index=index, media=result))

    async def _fetch(self, message: Message, media: Media) -> Media | MediaUnavailable:
        """Fetch one attachment and keep it, once."""
        if self.store is None:
            return _NOT_KEPT_HERE

        async with self._turn(message.channel):  # until it is kept, or a slow disk would fill the memory
            transport = self._transports.get(message.channel)
            if transport is None:
                return _NO_CHANNEL

            if not isinstance(transport, FetchesMedia):
                return _NO_FETCHING

            try:
                await self.store.probe()  # or it would be fetched again and again for nothing
                content = await self._ask(transport, message, media)
                if isinstance(content, MediaUnavailable):
                    return content

                return await self._keep(self.store, media, content)
            except StoreUnavailable as error:
                log.warning("media_store_unavailable", channel=message.channel, message=message.id, reason=str(error))
                return _NO_ROOM

    async def _ask(self, transport: FetchesMedia, message: Message, media: Media) -> MediaContent | MediaUnavailable:
        under_way, ended = self._under_way.setdefault(message.channel, set()), anyio.Event()
        under_way.add(ended)
        try:
            with anyio.fail_after(self._limits.fetch / 1000):
                return await transport.fetch_media(media, limit=self._limits.attachment)
        except TimeoutError:
            return _TOO_SLOW
        except Exception as defect:  # noqa: BLE001 - a transport that breaks its word must not stop the others
            report_defect("transport_broke", defect, channel=message.channel, message=message.id)
            return _DEFECT
        finally:
            under_way.remove(ended)
            ended.set()

    async def _keep(self, store: MediaStore, media: Media, content: MediaContent) -> Media | MediaUnavailable:
        kind = plain_type(content.content_type) or plain_type(media.content_type)
        if problem := self._refusal(content, kind):
            return MediaUnavailable(reason=problem, final=True)

        key = await store.put(content.data, kind)
        return replace(media, key=key, content_type=kind, size=len(content.data))

    def _refusal(self, content: MediaContent, kind: str) -> str:
        """Return why an attachment is not kept, in words; empty if it is."""
        if len(content.data) > self._limits.attachment:
            return f"It is larger than the {in_words(self._limits.attachment)} that are kept."

        if not is_taken(kind):
            return f"Attachments of type {kind} are not kept." if kind else "Nobody says what kind of file it is."

        return ""

    async def _note(self, command: RecordMedia) -> None:
        """Have the board note it, however long its store is away."""
        while True:
            try:
                await self._submit(command)
            except CordboardError as refused:
                if not refused.retryable:
                    raise

                await anyio.sleep(_TRY_AGAIN_EVERY)
            else:
                return
