"""Attachments in memory, for tests and for a daemon that keeps nothing. They live as long as the object."""

from __future__ import annotations

from anyio.lowlevel import checkpoint

from cordboard.engine.carrier import MediaContent
from cordboard.engine.ports import MediaFacts
from cordboard.storage.media_base import new_key, require_plain


class MediaMemory:
    """Keeps attachments for as long as the object lives; see `cordboard.engine.ports.MediaStore`."""

    def __init__(self) -> None:
        self._kept: dict[str, MediaContent] = {}

    async def put(self, data: bytes, content_type: str) -> str:
        """Keep an attachment and return its key.

        Raises:
            ValueError: `content_type` is no MIME type, or one with parameters.
        """
        await checkpoint()  # as any store, it lets others go on meanwhile
        require_plain(content_type)
        key = new_key()
        self._kept[key] = MediaContent(data=data, content_type=content_type)
        return key

    async def probe(self) -> None:
        """Return: there is room for as long as there is memory."""
        await checkpoint()

    async def get(self, key: str) -> MediaContent | None:
        """Return what is kept under a key; None for anything else."""
        await checkpoint()
        return self._kept.get(key)

    async def about(self, key: str) -> MediaFacts | None:
        """Return the type and size of what is kept under a key; None for anything else."""
        kept = await self.get(key)
        return MediaFacts(content_type=kept.content_type, size=len(kept.data)) if kept is not None else None
