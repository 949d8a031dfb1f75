"""What every media store is tested against: the words of `cordboard.engine.ports.MediaStore`, a test for each sentence.

Subclass `MediaStoreConformance` in a test module, and bring the fixture that it names. Needs pytest, and anyio's pytest
plugin in its automatic mode.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

import anyio
import pytest

from cordboard.engine.carrier import MediaContent
from cordboard.engine.ports import MediaFacts, MediaStore

OpenMediaStore: TypeAlias = Callable[[], MediaStore]

ODD_CONTENTS: Final = (b"", b"\n", b"\r\n\r\n", b"image/png\n", bytes(range(256)) * 5, b"\x00" * 70_000)
"""Bytes that a store has to give back as they were."""

MADE_UP: Final = (
    "",
    ".",
    "..",
    "../..",
    "../../etc/passwd",
    "/etc/passwd",
    "%2e%2e%2f",
    "a" * 48,
    "A" * 48,
    "0" * 47 + "\n",
    "0" * 10_000,
    "\x00",
    "é" * 48,
    "\ud800",
)
"""What somebody may write into an address in the place of a key."""


@pytest.mark.usefixtures("anyio_backend")
class MediaStoreConformance:
    """The tests. A subclass brings the fixture.

    Fixtures:
        open_media: A function that returns a store: another one at each call, and within one test all on the same data,
            which is empty at first.
    """

    @pytest.fixture
    def store(self, open_media: OpenMediaStore) -> MediaStore:
        """A store."""
        return open_media()

    @pytest.mark.parametrize("data", ODD_CONTENTS)
    async def test_what_was_put_is_got_as_it_was(self, store: MediaStore, data: bytes) -> None:
        key = await store.put(data, "application/vnd.some-thing+x")

        assert await store.get(key) == MediaContent(data=data, content_type="application/vnd.some-thing+x")

    @pytest.mark.parametrize("data", ODD_CONTENTS)
    async def test_its_type_and_size_can_be_had_without_it(self, store: MediaStore, data: bytes) -> None:
        key = await store.put(data, "image/png")

        assert await store.about(key) == MediaFacts(content_type="image/png", size=len(data))

    async def test_another_store_on_the_same_data_has_it_too(self, open_media: OpenMediaStore) -> None:
        key = await open_media().put(b"picture", "image/png")

        assert await open_media().get(key) == MediaContent(data=b"picture", content_type="image/png")

    async def test_a_store_that_keeps_attachments_says_that_it_could(self, store: MediaStore) -> None:
        await store.probe()
        await store.put(b"picture", "image/png")
        await store.probe()

    async def test_the_same_bytes_twice_have_two_keys(self, store: MediaStore) -> None:
        first, second = await store.put(b"same", "image/png"), await store.put(b"same", "image/gif")

        assert first != second
        assert await store.get(first) == MediaContent(data=b"same", content_type="image/png")
        assert await store.get(second) == MediaContent(data=b"same", content_type="image/gif")

    async def test_keys_are_long_and_can_stand_in_an_address(self, store: MediaStore) -> None:
        keys = {await store.put(b"", "image/png") for _ in range(20)}

        assert len(keys) == 20
        assert all(re.fullmatch(r"[a-z0-9]{26,200}", key) for key in keys)  # 26 of 36 characters are 134 bits

    async def test_many_at_once_are_kept_each_for_itself(self, store: MediaStore) -> None:
        keys: dict[int, str] = {}

        async def put(which: int) -> None:
            keys[which] = await store.put(str(which).encode(), "text/plain")

        async with anyio.create_task_group() as tasks:
            for which in range(30):
                tasks.start_soon(put, which)

        for which, key in keys.items():
            assert await store.get(key) == MediaContent(data=str(which).encode(), content_type="text/plain")

    @pytest.mark.parametrize("key", MADE_UP)
    async def test_nothing_is_kept_under_a_key_that_was_made_up(self, store: MediaStore, key: str) -> None:
        real = await store.put(b"picture", "image/png")

        assert await store.get(key) is None
        assert await store.about(key) is None
        for variant in (real.upper(), real[:-1], f"{real}.half", f"./{real}", f"{real[:2]}/{real}", f"{real}\n"):
            assert variant == real or await store.get(variant) is None
            assert variant == real or await store.about(variant) is None

    @pytest.mark.parametrize("content_type", ["", "image", "image/png; q=1", "image/png\n", "Image/PNG", "a/b\nc", "/"])
    async def test_what_is_no_mime_type_is_refused(self, store: MediaStore, content_type: str) -> None:
        with pytest.raises(ValueError, match="MIME type"):
            await store.put(b"picture", content_type)
