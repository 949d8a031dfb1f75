"""Attachments in a folder: private, durable, and never half."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cordboard.engine.carrier import MediaContent
from cordboard.engine.errors import StoreFull, StoreUnavailable
from cordboard.storage.media_folder import MediaFolder

if TYPE_CHECKING:
    from tests.storage.conftest import RunOther

GIB = 1024**3

KILLED = """
import os, stat, sys
import anyio
from cordboard.storage import media_folder

def wait(opened):
    if stat.S_ISREG(os.fstat(opened).st_mode):  # the second is written, and not synced yet
        print("half", flush=True)
        sys.stdin.read()

async def main():
    store = media_folder.MediaFolder(sys.argv[1])
    print(await store.put(b"kept", "image/png"), flush=True)
    os.fsync = wait
    await store.put(b"never told of", "image/png")

anyio.run(main)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


def files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


async def test_only_who_runs_the_process_can_read_them(folder: Path) -> None:
    before = os.umask(0)
    try:
        await MediaFolder(folder).put(b"picture", "image/png")
    finally:
        os.umask(before)

    (file,) = files_in(folder)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, file.parent, file)] == [0o700, 0o700, 0o600]


async def test_a_file_and_its_name_are_on_disk_before_its_key_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync

    def note(opened: int) -> None:
        synced.append(Path(f"/proc/self/fd/{opened}").readlink())
        fsync(opened)

    monkeypatch.setattr(os, "fsync", note)
    key = await MediaFolder(folder).put(b"picture", "image/png")

    shard = folder / key[:2]
    assert synced == [folder.parent, folder, shard / f"{key}.half", shard]


async def test_the_folders_that_lead_to_it_are_made_as_private(tmp_path: Path) -> None:
    store = MediaFolder(tmp_path / "board.db-media" / "received")
    key = await store.put(b"picture", "image/png")

    assert await store.get(key) == MediaContent(data=b"picture", content_type="image/png")
    assert stat.S_IMODE((tmp_path / "board.db-media").stat().st_mode) == 0o700


async def test_nothing_outside_of_the_folder_can_be_read(folder: Path, tmp_path: Path) -> None:
    store = MediaFolder(folder)
    key = await store.put(b"picture", "image/png")
    (tmp_path / key).write_bytes(b"image/png\nsecret")

    for path in (f"../{key}", f"{key[:2]}/../../{key}", str(tmp_path / key), f"..\\{key}"):
        assert await store.get(path) is None


async def test_a_process_that_is_killed_leaves_what_it_kept_and_nothing_half(folder: Path, run_other: RunOther) -> None:
    async with run_other(KILLED, str(folder)) as other:
        key = (await other.line()).strip()
        assert await other.line() == "half"
        await other.kill()

    store = MediaFolder(folder)
    assert await store.get(key) == MediaContent(data=b"kept", content_type="image/png")
    (half,) = [each for each in files_in(folder) if each.name != key]
    assert await store.get(half.name) is None
    assert await store.get(half.stem) is None


async def test_a_disk_that_cannot_keep_it_is_named_and_nothing_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    store = MediaFolder(folder)
    await store.put(b"", "image/png")
    before = files_in(folder)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match=r"media: cannot keep an attachment: No space left on device"):
        await store.put(b"picture", "image/png")

    assert files_in(folder) == before


class Disk(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(("total", "kept_free"), [(100 * GIB, GIB), (10 * GIB, GIB // 2)])
async def test_the_last_of_a_disk_is_left_to_the_database(
    folder: Path, monkeypatch: pytest.MonkeyPatch, total: int, kept_free: int
) -> None:
    store = MediaFolder(folder)
    free = kept_free + len(b"image/png\npicture")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(total, total - free, free))
    key = await store.put(b"picture", "image/png")
    await store.probe()
    with pytest.raises(StoreFull, match=r"media: .* are free, and attachments leave the last .* to the database"):
        await store.put(b"a picture", "image/png")

    free = kept_free - 1
    with pytest.raises(StoreFull, match="make room"):
        await store.probe()

    assert [each.name for each in files_in(folder)] == [key]


async def test_the_disk_that_is_asked_for_room_is_the_one_where_the_folder_will_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def usage(path: Path) -> Disk:
        asked.append(path)
        return Disk(100 * GIB, 0, 100 * GIB)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    store = MediaFolder(folder / "received")
    await store.probe()
    await store.put(b"picture", "image/png")
    await store.probe()

    assert asked == [folder.parent, folder.parent, folder / "received"]


async def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    store = MediaFolder(folder)
    key = await store.put(b"picture", "image/png")
    (file,) = files_in(folder)
    file.unlink()
    file.mkdir()

    with pytest.raises(StoreUnavailable, match="cannot read an attachment"):
        await store.get(key)
