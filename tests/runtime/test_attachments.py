"""Customers' attachments are fetched after their texts, kept once, and given up in words."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import DEVNULL

import anyio
import pytest

from cordboard.engine import Engine, Limits, ManualClock
from cordboard.engine.carrier import Media, MediaContent, MediaUnavailable, TextReceived
from cordboard.engine.config import HOUR
from cordboard.engine.errors import StoreFull, StoreUnavailable
from cordboard.engine.ports import FetchesMedia, MediaStore
from cordboard.engine.records import Message
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS
from cordboard.engine.testing.recording import RecordingTransport
from cordboard.storage.media_folder import MediaFolder
from cordboard.storage.media_memory import MediaMemory
from cordboard.storage.memory import MemoryStore
from cordboard.storage.sqlite import SqliteStore

PICTURE = MediaContent(data=b"\x89PNG", content_type="image/png")
LATER = MediaUnavailable(reason="The carrier is busy.", final=False)
NEVER = MediaUnavailable(reason="The carrier has deleted it.", final=True)

QUICK = Limits(fetch_again=1, fetch=200)
"""Tries again at once, and waits for a carrier no longer than a test can."""


class Fetching(RecordingTransport):
    """A transport whose carrier gives attachments: each answer in turn, the last for ever; an event is waited for."""

    def __init__(self, *answers: MediaContent | MediaUnavailable | anyio.Event | Exception) -> None:
        super().__init__()
        self.gives = list(answers)
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._news = anyio.Event()

    async def fetch_media(self, media: Media, *, limit: int) -> MediaContent | MediaUnavailable:
        self.asked.append(media.url)
        self._news.set()
        self._news = anyio.Event()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while True:
                answer = self.gives.pop(0) if len(self.gives) > 1 else self.gives[0]
                if isinstance(answer, Exception):
                    raise answer

                if not isinstance(answer, anyio.Event):
                    return answer

                await answer.wait()
        finally:
            self.at_once -= 1

    async def has_been_asked(self, times: int) -> None:
        with anyio.fail_after(60):
            while len(self.asked) < times:
                await self._news.wait()


def text(*urls: str, which: int = 1, to: str = OURS) -> TextReceived:
    media = tuple(Media(url=url, content_type="image/png") for url in urls)
    return TextReceived(channel="main", provider_id=f"MM{which}", sender=CUSTOMER, recipient=to, body="", media=media)


async def settled(engine: Engine, message: int = 1) -> tuple[Media, ...]:
    """Wait until nothing of a message is pending on disk any more, and return its attachments."""
    with anyio.fail_after(60):
        async for event in engine.feed.events(0):
            found = await kept(engine, message) if getattr(event, "message", None) == message else None
            if found is not None and not any(each.pending for each in found.media):
                return found.media

    raise AssertionError("the feed ended")


async def kept(engine: Engine, message: int = 1) -> Message:
    found = await engine.history.message(CONFIG.name, message)
    assert found is not None
    return found


@pytest.fixture
def media() -> MediaMemory:
    return MediaMemory()


@pytest.fixture
async def started(
    store: MemoryStore, clock: ManualClock, media: MediaMemory
) -> AsyncIterator[tuple[Engine, Fetching, MediaMemory]]:
    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=store, transports=[carrier], media=media, clock=clock, limits=QUICK) as engine:
        yield engine, carrier, media


def test_the_stand_in_can_what_the_port_asks() -> None:
    assert isinstance(Fetching(), FetchesMedia)
    assert not isinstance(RecordingTransport(), FetchesMedia)


async def test_an_attachment_is_fetched_and_kept(started: tuple[Engine, Fetching, MediaMemory]) -> None:
    engine, carrier, media = started
    outcome = await engine.submit(text("https://carrier/1"))
    assert outcome.message is not None
    assert outcome.message.media[0].pending

    (attachment,) = await settled(engine)

    assert carrier.asked == ["https://carrier/1"]
    assert (attachment.content_type, attachment.size, attachment.problem) == ("image/png", 4, "")
    assert await media.get(attachment.key) == PICTURE
    assert not engine.board.messages


async def test_a_text_for_nobody_keeps_its_attachments_too(started: tuple[Engine, Fetching, MediaMemory]) -> None:
    engine, _, media = started
    await engine.submit(text("https://carrier/1", to="+18005550199"))

    (attachment,) = await settled(engine)
    assert await media.get(attachment.key) == PICTURE


async def test_texts_go_on_while_a_carrier_hangs(started: tuple[Engine, Fetching, MediaMemory]) -> None:
    engine, carrier, _ = started
    hanging = anyio.Event()
    carrier.gives = [hanging]
    for which in range(1, 21):
        await engine.submit(text("https://carrier/a", which=which))

    await carrier.has_been_asked(QUICK.fetches)
    outcome = await engine.submit(text(which=99))

    assert outcome.message is not None
    assert carrier.most_at_once == QUICK.fetches


async def test_what_a_carrier_cannot_give_yet_is_asked_for_again(
    started: tuple[Engine, Fetching, MediaMemory],
) -> None:
    engine, carrier, media = started
    carrier.gives = [LATER, LATER, anyio.Event(), PICTURE]  # the third hangs, and is given up
    await engine.submit(text("https://carrier/1"))

    (attachment,) = await settled(engine)
    assert len(carrier.asked) == 4
    assert await media.get(attachment.key) == PICTURE


async def test_one_that_is_late_keeps_no_other_away(started: tuple[Engine, Fetching, MediaMemory]) -> None:
    engine, carrier, _ = started
    carrier.gives = [LATER, PICTURE]
    await engine.submit(text("https://carrier/1", "https://carrier/2"))

    assert [bool(each.key) for each in await settled(engine)] == [True, True]
    assert carrier.asked == ["https://carrier/1", "https://carrier/2", "https://carrier/1"]


async def test_it_is_given_up_after_an_hour(started: tuple[Engine, Fetching, MediaMemory], clock: ManualClock) -> None:
    engine, carrier, _ = started
    carrier.gives = [LATER]
    await engine.submit(text("https://carrier/1"))
    await carrier.has_been_asked(3)
    assert engine.board.messages[1].awaits_media

    clock.move(HOUR)
    (attachment,) = await settled(engine)

    assert attachment.problem == "The carrier is busy."
    assert not engine.board.messages


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (NEVER, "The carrier has deleted it."),
        (MediaContent(data=b"x" * 11, content_type="image/png"), "It is larger than the 10 bytes that are kept."),
        (MediaContent(data=b"x", content_type="text/html"), "Attachments of type text/html are not kept."),
        (MediaContent(data=b"x", content_type="image/svg+xml"), "Attachments of type image/svg+xml are not kept."),
        (MediaContent(data=b"x", content_type="IMAGE/SVG+XML; a=b"), "Attachments of type image/svg+xml are not kept."),
        (MediaContent(data=b"x", content_type="text/javascript"), "Attachments of type text/javascript are not kept."),
        (MediaContent(data=b"x", content_type="application/zip"), "Attachments of type application/zip are not kept."),
        (RuntimeError("https://user:secret@carrier"), "The channel failed while it was fetched."),
    ],
)
async def test_what_is_not_kept_says_why(
    store: MemoryStore, media: MediaMemory, answer: MediaContent | MediaUnavailable | Exception, problem: str
) -> None:
    carrier = Fetching(answer)
    async with Engine(CONFIG, store=store, transports=[carrier], media=media, limits=Limits(attachment=10)) as engine:
        await engine.submit(text("https://carrier/1"))
        (attachment,) = await settled(engine)

    assert (attachment.problem, attachment.key) == (problem, "")
    assert len(carrier.asked) == 1


async def test_a_type_is_kept_plain_and_the_carriers_first_word_stands_where_it_says_nothing_more(
    started: tuple[Engine, Fetching, MediaMemory],
) -> None:
    engine, carrier, _ = started
    carrier.gives = [
        MediaContent(data=b"1", content_type="Image/JPEG; name=x"),
        MediaContent(data=b"2", content_type=""),
    ]
    await engine.submit(text("https://carrier/1", "https://carrier/2"))

    assert [each.content_type for each in await settled(engine)] == ["image/jpeg", "image/png"]


async def test_an_engine_without_a_media_store_says_so_and_holds_nothing(
    store: MemoryStore, clock: ManualClock
) -> None:
    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=store, transports=[carrier], clock=clock) as engine:
        await engine.submit(text("https://carrier/1"))
        (attachment,) = await settled(engine)

        assert attachment.problem == "This Cordboard keeps no attachments."
        assert carrier.asked == []
        assert not engine.board.messages


async def test_a_channel_that_cannot_fetch_says_so(store: MemoryStore, media: MediaMemory) -> None:
    async with Engine(CONFIG, store=store, transports=[RecordingTransport()], media=media) as engine:
        await engine.submit(text("https://carrier/1"))
        (attachment,) = await settled(engine)

    assert attachment.problem == "Attachments cannot be fetched on this channel."


async def test_a_channel_that_comes_back_is_asked(store: MemoryStore, media: MediaMemory, clock: ManualClock) -> None:
    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=store, media=media, clock=clock, limits=QUICK) as engine:
        await engine.submit(text("https://carrier/1"))
        await engine.configure(CONFIG, transports=[carrier])
        (attachment,) = await settled(engine)

    assert attachment.key


async def test_a_new_transport_takes_over_only_when_nothing_is_fetched_on_the_old_one(
    store: MemoryStore, media: MediaMemory, clock: ManualClock
) -> None:
    gate = anyio.Event()
    old = Fetching(gate, PICTURE)
    limits = Limits(fetch_again=1)
    async with Engine(CONFIG, store=store, transports=[old], media=media, clock=clock, limits=limits) as engine:
        await engine.submit(text("https://carrier/1"))
        await old.has_been_asked(1)
        await engine.configure(CONFIG, transports=[Fetching(NEVER)])
        assert old.open

        gate.set()
        (attachment,) = await settled(engine)
        assert attachment.key


async def test_a_channel_that_is_changed_twice_while_it_fetches_goes_on_fetching(
    store: MemoryStore, media: MediaMemory, clock: ManualClock
) -> None:
    gate = anyio.Event()
    changed = [Fetching(*[gate] * 4, PICTURE), Fetching(PICTURE), Fetching(PICTURE)]
    limits = Limits(fetches=4)
    async with Engine(CONFIG, store=store, transports=changed[:1], media=media, clock=clock, limits=limits) as engine:
        for which in range(1, 5):
            await engine.submit(text("https://carrier/a", which=which))

        await changed[0].has_been_asked(4)
        for transport in changed[1:]:
            await engine.configure(CONFIG, transports=[transport])
            await anyio.wait_all_tasks_blocked()

        gate.set()
        await engine.submit(text("https://carrier/b", which=5))
        (attachment,) = await settled(engine, 5)
        await anyio.wait_all_tasks_blocked()

        assert attachment.key
        assert changed[2].asked == ["https://carrier/b"]
        assert [each.open for each in changed] == [False, False, True]


async def test_a_full_disk_is_tried_again(store: MemoryStore, clock: ManualClock) -> None:
    class Full(MediaMemory):
        full = 2

        async def put(self, data: bytes, content_type: str) -> str:
            if self.full:
                self.full -= 1
                raise StoreUnavailable("the disk is full")

            return await super().put(data, content_type)

    media: MediaStore = Full()
    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=store, transports=[carrier], media=media, clock=clock, limits=QUICK) as engine:
        await engine.submit(text("https://carrier/1"))
        (attachment,) = await settled(engine)

    assert await media.get(attachment.key) == PICTURE
    assert len(carrier.asked) == 3


async def test_nothing_is_asked_for_while_there_is_no_room_for_it(store: MemoryStore, clock: ManualClock) -> None:
    class NoRoom(MediaMemory):
        asked = 0

        async def probe(self) -> None:
            self.asked += 1
            if self.asked == 3:
                clock.move(HOUR)

            raise StoreFull("the disk is full")

    media = NoRoom()
    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=store, transports=[carrier], media=media, clock=clock, limits=QUICK) as engine:
        await engine.submit(text("https://carrier/1"))
        (attachment,) = await settled(engine)

    assert attachment.problem == "It could not be kept on this machine."
    assert (media.asked, carrier.asked) == (3, [])


async def test_no_more_are_in_memory_than_are_fetched_at_once(store: MemoryStore, clock: ManualClock) -> None:
    class Slow(MediaMemory):
        def __init__(self) -> None:
            super().__init__()
            self.gate = anyio.Event()

        async def put(self, data: bytes, content_type: str) -> str:
            await self.gate.wait()
            return await super().put(data, content_type)

    media = Slow()
    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=store, transports=[carrier], media=media, clock=clock) as engine:
        for which in range(1, 21):
            await engine.submit(text("https://carrier/1", which=which))

        await anyio.wait_all_tasks_blocked()
        assert len(carrier.asked) == Limits().fetches

        media.gate.set()
        await settled(engine, 20)


async def test_what_was_pending_goes_on_after_a_restart(tmp_path: Path) -> None:
    hanging = Fetching(anyio.Event())
    folder = MediaFolder(tmp_path / "media")
    async with Engine(CONFIG, store=SqliteStore(tmp_path / "db"), transports=[hanging], media=folder) as engine:
        await engine.submit(text("https://carrier/1", "https://carrier/2"))
        await hanging.has_been_asked(1)

    carrier = Fetching(PICTURE)
    async with Engine(CONFIG, store=SqliteStore(tmp_path / "db"), transports=[carrier], media=folder) as engine:
        attachments = await settled(engine)

    assert carrier.asked == ["https://carrier/1", "https://carrier/2"]
    assert [await MediaFolder(tmp_path / "media").get(each.key) for each in attachments] == [PICTURE, PICTURE]


KILLED = """
import sys
import anyio
from cordboard.engine import Engine
from cordboard.engine.carrier import Media, TextReceived
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS
from cordboard.engine.testing.recording import RecordingTransport
from cordboard.storage.media_folder import MediaFolder
from cordboard.storage.sqlite import SqliteStore

class Hanging(RecordingTransport):
    async def fetch_media(self, media, *, limit):
        print("asked", end="", flush=True)
        await anyio.sleep_forever()

async def main():
    folder = MediaFolder(sys.argv[2])
    async with Engine(CONFIG, store=SqliteStore(sys.argv[1]), transports=[Hanging()], media=folder) as engine:
        media = (Media(url="https://carrier/1", content_type="image/png"),)
        text = TextReceived(channel="main", provider_id="MM1", sender=CUSTOMER, recipient=OURS, body="", media=media)
        await engine.submit(text)
        await anyio.sleep_forever()

anyio.run(main)
"""


async def test_what_was_being_fetched_when_the_process_was_killed_is_fetched_by_the_next(tmp_path: Path) -> None:
    places = [str(tmp_path / "db"), str(tmp_path / "media")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    async with await anyio.open_process(
        [sys.executable, "-c", KILLED, *places], env=environment, stdin=DEVNULL, stderr=None
    ) as killed:
        assert killed.stdout is not None
        with anyio.fail_after(60):
            assert await killed.stdout.receive() == b"asked"

        killed.kill()

    carrier = Fetching(PICTURE)
    media = MediaFolder(places[1])
    async with Engine(CONFIG, store=SqliteStore(places[0]), transports=[carrier], media=media) as engine:
        (attachment,) = await settled(engine)

    assert await media.get(attachment.key) == PICTURE


async def test_a_restart_asks_once_more_for_what_is_older_than_an_hour(
    store: MemoryStore, media: MediaMemory, clock: ManualClock
) -> None:
    async with Engine(CONFIG, store=store, media=media, clock=clock) as engine:
        await engine.submit(text("https://carrier/1"))
        await engine.submit(text("https://carrier/2", which=2))

    clock.move(2 * HOUR)
    carrier = Fetching(PICTURE, LATER)
    async with Engine(CONFIG, store=store, transports=[carrier], media=media, clock=clock) as engine:
        found = [*await settled(engine, 1), *await settled(engine, 2)]
        assert [(bool(each.key), each.problem) for each in found] == [
            (True, ""),
            (False, "The carrier is busy."),
        ]


async def test_an_attachment_is_noted_once(started: tuple[Engine, Fetching, MediaMemory]) -> None:
    engine, _, _ = started
    await engine.submit(text("https://carrier/1"))
    await settled(engine)
    events = [type(each).__name__ for each in await engine.history.events(CONFIG.name)]

    assert events.count("MediaRecorded") == 1
