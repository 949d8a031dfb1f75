"""What the customers' phones show: one thread for each pair of a customer and a number of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import anyio
import msgspec
import structlog
from anyio import to_thread
from msgspec import Struct
from msgspec.structs import replace

from cordboard.engine.carrier import Failure, Media
from cordboard.engine.vocabulary import Timestamp, Word

log = structlog.get_logger(__name__)

_LONGEST_THREAD: Final = 1_000
"""Texts that a thread shows; older ones are in the file alone."""

_STOPPED: Final = Failure(code="stopped", text="The simulated carrier stopped before the text was taken.")


class TextState(Word):
    """How far a text has come."""

    SENDING = "sending"
    """From the customer: the carrier is bringing it to us."""

    RECEIVED = "received"
    """From us: the carrier has it, but the customer has not."""

    DELIVERED = "delivered"
    """It is where it should be: with us, or on the customer's phone."""

    FAILED = "failed"
    """It never arrived; the failure says why."""


class PhoneText(Struct, frozen=True, kw_only=True):
    """One text, as a phone shows it.

    Attributes:
        sid: The carrier's id of it.
        customer: Whose phone.
        number: The number of ours that it went to or came from.
        from_customer: Whether the customer wrote it.
        body: The text.
        media: Attachments.
        at: When it was sent.
        state: How far it has come.
        failure: Why it failed, where it did.
    """

    sid: str
    customer: str
    number: str
    from_customer: bool
    body: str
    media: tuple[Media, ...] = ()
    at: Timestamp
    state: TextState
    failure: Failure | None = None


class Phones:
    """All phones. What they show outlives a restart if there is a file for it.

    Attributes:
        version: Grows with every change; see `changed`.

    Args:
        path: A file of JSON lines, made where there is none; None keeps nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.version = 0
        self._path = path
        self._threads: dict[tuple[str, str], dict[str, PhoneText]] = {}
        self._change = anyio.Event()
        self._writing = anyio.Lock()

    async def open(self) -> None:
        """Show what the file has. A line that cannot be read, such as one that a crash tore off, is passed over.

        Raises:
            OSError: The file cannot be read or written to.
        """
        if self._path is None:
            return

        for text in await to_thread.run_sync(_read, self._path):
            # Whoever was bringing us this text is gone since the restart.
            lost = text.state is TextState.SENDING
            self._put(replace(text, state=TextState.FAILED, failure=_STOPPED) if lost else text)

    def threads(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of customer and number that have a thread, the one with the latest text first."""
        latest = {pair: next(reversed(texts.values())).at for pair, texts in self._threads.items()}
        return tuple(sorted(latest, key=lambda pair: latest[pair], reverse=True))

    def thread(self, customer: str, number: str) -> tuple[PhoneText, ...]:
        """Return the texts between a customer and a number of ours, oldest first."""
        return tuple(self._threads.get((customer, number), {}).values())

    async def show(self, text: PhoneText) -> None:
        """Show a text, in the place of an earlier one with the same id, and keep it in the file.

        Where the file cannot be written to, the text is shown all the same.
        """
        self._put(text)
        self.version += 1
        self._change.set()
        self._change = anyio.Event()
        if self._path is None:
            return

        with anyio.CancelScope(shield=True):  # what is shown is kept: the phones of a stopped demo must not go back
            async with self._writing:
                try:
                    await to_thread.run_sync(_append, self._path, msgspec.json.encode(text) + b"\n")
                except OSError as error:
                    log.warning("phone_text_not_kept", file=str(self._path), sid=text.sid, error=error.strerror)

    async def changed(self, since: int) -> int:
        """Wait until something has changed since a version, and return the version it is now."""
        while self.version <= since:
            await self._change.wait()

        return self.version

    async def versions(self) -> AsyncIterator[int]:
        """Yield the version as it is, and again after changes; changes that come fast share one."""
        version = self.version
        while True:
            yield version
            version = await self.changed(version)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; it is asked again after each change."""
        while not condition():
            await self._change.wait()

    def _put(self, text: PhoneText) -> None:
        thread = self._threads.setdefault((text.customer, text.number), {})
        thread[text.sid] = text
        if len(thread) > _LONGEST_THREAD:
            del thread[next(iter(thread))]


def _read(path: Path) -> list[PhoneText]:
    if not path.exists():
        return []

    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        _append(path, b"\n")  # else the next text would go onto a line that was torn off

    texts = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            texts.extend([msgspec.json.decode(line, type=PhoneText)] if line else [])
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.warning("phone_text_unreadable", file=str(path), line=number)

    return texts


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)
