"""Attachments in a folder: one file each, written once, durable when `put` returns."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from anyio import to_thread

from cordboard.engine.attachment_kinds import in_words
from cordboard.engine.carrier import MediaContent
from cordboard.engine.errors import StoreFull, StoreUnavailable
from cordboard.engine.ports import MediaFacts
from cordboard.storage.media_base import is_key, new_key, require_plain

_SHARD: Final = 2
"""Characters of a key that name its folder: 256 folders keep each short enough to be listed, backed up and mended."""

KEPT_FREE: Final = 1024**3
"""Bytes of the disk that attachments leave free: the database is beside them, and texts that it has no room for cannot
be taken. Texts are small, so this leaves whoever runs it the time to make room."""

KEPT_FREE_OF_SMALL_DISKS: Final = 0.05
"""The part of the disk that is left free where that is less: on one of under 20 GiB."""


class MediaFolder:
    """Keeps attachments in a folder; see `cordboard.engine.ports.MediaStore`.

    A file's first line is its MIME type, and the rest are its bytes. It is written under another name and renamed: what
    has a key's name is complete, and what a crash leaves half written has none and is never read.

    Args:
        path: The folder, made with the first attachment.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._making = threading.Lock()
        self._made: set[Path] = set()

    async def put(self, data: bytes, content_type: str) -> str:
        """Keep an attachment and return its key: when it returns, all of it is on disk, and so is its name.

        Raises:
            ValueError: `content_type` is no MIME type, or one with parameters.
            StoreFull: There is too little room: see `KEPT_FREE`.
            StoreUnavailable: Nothing was kept.
        """
        require_plain(content_type)
        key = new_key()
        with _named(self._path, "keep an attachment"):
            await to_thread.run_sync(self._write, key, content_type.encode() + b"\n" + data)

        return key

    async def probe(self) -> None:
        """Return if there is room for more.

        Raises:
            StoreFull: There is too little.
            StoreUnavailable: The disk cannot be asked.
        """
        with _named(self._path, "look for room"):
            await to_thread.run_sync(self._require_room, 0)

    async def get(self, key: str) -> MediaContent | None:
        """Return what is kept under a key; None for anything else.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        if not is_key(key):  # and so no path that leads elsewhere
            return None

        with _named(self._path, "read an attachment"):
            try:
                kept = await to_thread.run_sync(self._file_of(key).read_bytes)
            except FileNotFoundError:
                return None

        content_type, _, data = kept.partition(b"\n")
        return MediaContent(data=data, content_type=content_type.decode())

    async def about(self, key: str) -> MediaFacts | None:
        """Return the type and size of what is kept under a key, without its content; None for anything else.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        if not is_key(key):
            return None

        with _named(self._path, "read an attachment"):
            try:
                return await to_thread.run_sync(_facts_of, self._file_of(key))
            except FileNotFoundError:
                return None

    def __repr__(self) -> str:
        return f"MediaFolder({str(self._path)!r})"

    def _file_of(self, key: str) -> Path:
        return self._path / key[:_SHARD] / key

    def _write(self, key: str, content: bytes) -> None:
        self._require_room(len(content))
        file = self._file_of(key)
        with self._making:
            self._make(self._path)
            self._make(file.parent)

        half = file.with_suffix(".half")
        try:
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
                writing.write(content)
                writing.flush()
                os.fsync(writing.fileno())

            half.rename(file)
            _sync(file.parent)
        except BaseException:
            half.unlink(missing_ok=True)
            file.unlink(missing_ok=True)
            raise

    def _require_room(self, size: int) -> None:
        there = next(each for each in (self._path, *self._path.parents) if each.is_dir())
        disk = shutil.disk_usage(there)
        kept_free = min(KEPT_FREE, int(disk.total * KEPT_FREE_OF_SMALL_DISKS))
        if disk.free - size < kept_free:
            raise StoreFull(
                f"{self._path}: {in_words(disk.free)} of the disk are free, and attachments leave the last "
                f"{in_words(kept_free)} to the database: make room, or move the folder to another disk"
            )

    def _make(self, folder: Path) -> None:
        """Make a folder that is ours alone, unless it is there, and have its name on disk."""
        if folder not in self._made:
            if not folder.parent.is_dir():
                self._make(folder.parent)

            folder.mkdir(mode=0o700, exist_ok=True)
            _sync(folder.parent)
            self._made.add(folder)


def _facts_of(file: Path) -> MediaFacts:
    with file.open("rb") as reading:
        first = reading.readline()
        return MediaFacts(content_type=first[:-1].decode(), size=os.fstat(reading.fileno()).st_size - len(first))


def _sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _named(path: Path, doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"{path}: cannot {doing}: {error.strerror}") from error
