"""Attachments on the board: what became of a customer's is noted once, and what cannot be sent is refused."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cordboard.engine.attachment_kinds import (
    LARGEST_OTHER,
    LARGEST_PICTURE,
    extension_of,
    in_words,
    is_shown,
    is_taken,
    plain_type,
    problem_of_sending,
)
from cordboard.engine.board.board import Board
from cordboard.engine.carrier import Media, TextReceived
from cordboard.engine.commands import Configure, RecordMedia, Reply
from cordboard.engine.errors import InvalidMessage, NotFound
from cordboard.engine.events import MediaRecorded
from cordboard.engine.testing.playground import CUSTOMER, OURS, Playground

PENDING = Media(url="https://carrier.example/1", content_type="image/png")
KEPT = replace(PENDING, key="k1", size=4)
LOST = replace(PENDING, problem="The carrier has deleted it.")


def with_media(world: Playground, *media: Media, to: str = OURS) -> None:
    world.do(TextReceived(channel="main", provider_id="MM1", sender=CUSTOMER, recipient=to, body="Look", media=media))


def record(world: Playground, media: Media, *, index: int = 0, message: int = 1) -> tuple[Any, ...]:
    return world.do(RecordMedia(message=message, index=index, media=media))


def test_a_text_stays_on_the_board_until_each_of_its_attachments_is_kept_or_lost(world: Playground) -> None:
    with_media(world, PENDING, PENDING)
    assert world.board.messages[1].awaits_media

    record(world, LOST, index=1)
    assert world.board.messages[1].media == (PENDING, LOST)
    (event,) = record(world, KEPT)

    assert isinstance(event, MediaRecorded)
    assert (event.message, event.conversation, event.index, event.media) == (1, 1, 0, KEPT)
    assert not world.board.messages


def test_an_attachment_is_noted_once_and_the_first_word_stands(world: Playground) -> None:
    with_media(world, PENDING, PENDING)
    record(world, KEPT)

    assert record(world, LOST) == ()
    assert world.board.messages[1].media == (KEPT, PENDING)


def test_attachments_of_a_text_for_nobody_are_noted_too(world: Playground) -> None:
    with_media(world, PENDING, to="+18005550199")
    (event,) = record(world, KEPT)

    assert event.conversation is None


def test_what_is_on_the_board_comes_back_from_a_snapshot_and_from_the_journal(world: Playground) -> None:
    with_media(world, PENDING, PENDING)
    record(world, KEPT)

    for board in (
        Board.restore(world.board.snapshot()),
        Board.replay(world.board.name, world.journal),
    ):
        assert board.messages[1].media == (KEPT, PENDING)


@pytest.mark.parametrize(("message", "index"), [(2, 0), (1, 1), (1, -1)])
def test_an_attachment_that_is_none_is_not_found(world: Playground, message: int, index: int) -> None:
    with_media(world, PENDING)
    with pytest.raises(NotFound):
        record(world, KEPT, message=message, index=index)


def test_what_is_still_pending_is_nothing_to_note(world: Playground) -> None:
    with_media(world, PENDING)
    with pytest.raises(InvalidMessage, match="kept under a key, or has a problem"):
        record(world, PENDING)


# Sending


def send(world: Playground, *media: Media) -> tuple[Any, ...]:
    return world.do(Reply(conversation=1, by="ana", body="Look", media=media))


def test_a_channel_without_attachments_refuses_them_before_anything_is_queued(world: Playground) -> None:
    world.active_with("ana")
    (channel,) = world.config.channels
    world.do(Configure(config=replace(world.config, channels=(replace(channel, mms=False),))))
    with pytest.raises(InvalidMessage, match="'main' carries no attachments"):
        send(world, Media(url="https://x.example/a.png"))

    assert send(world)


@pytest.mark.parametrize(
    ("media", "words"),
    [
        ([Media(url="https://x.example/a.png")] * 11, "at most 10 attachments, not 11"),
        ([Media(url="u", content_type="image/png", size=LARGEST_PICTURE + 1)], "at most 5 MB"),
        (
            [Media(url="u", content_type="video/mp4", size=LARGEST_OTHER + 1)],
            "at most 500 kB, and this one has 500,001 bytes",
        ),
        ([Media(url="u", content_type="text/html", size=1)], "text/html cannot be sent"),
    ],
)
def test_what_carriers_would_refuse_is_refused_at_once(world: Playground, media: list[Media], words: str) -> None:
    world.active_with("ana")
    with pytest.raises(InvalidMessage, match=words):
        send(world, *media)


def test_what_is_as_large_as_it_may_be_is_queued(world: Playground) -> None:
    world.active_with("ana")
    picture = Media(url="u", content_type="image/gif", size=LARGEST_PICTURE)
    film = Media(url="u", content_type="video/mp4", size=LARGEST_OTHER)

    assert send(world, *[picture] * 5, *[film] * 5)


# Kinds


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("image/png", "image/png"),
        (" Image/JPEG ; name=a.jpg", "image/jpeg"),
        ("text/x-vCard; charset=utf-8", "text/x-vcard"),
        ("", ""),
        ("image", ""),
        ("image/", ""),
        ("image/png\r\nX-Evil: 1", ""),
        ("image/png/../x", ""),
        ("a/" + "b" * 100, ""),
    ],
)
def test_types_are_compared_plain(written: str, plain: str) -> None:
    assert plain_type(written) == plain


@pytest.mark.parametrize("kind", ["image/png", "image/heic", "video/mp4", "audio/amr", "text/vcard", "application/pdf"])
def test_pictures_sounds_films_and_papers_are_taken(kind: str) -> None:
    assert is_taken(kind)
    assert problem_of_sending(kind, 1) == ""


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "image/svg",
        "text/javascript",
        "application/javascript",
        "application/zip",
        "application/x-msdownload",
        "application/octet-stream",
        "multipart/mixed",
        "",
    ],
)
def test_what_could_run_is_never_taken_nor_shown(kind: str) -> None:
    assert not is_taken(kind)
    assert not is_shown(kind)


def test_papers_are_saved_and_not_shown() -> None:
    assert not any(map(is_shown, ("application/pdf", "text/plain", "text/vcard")))


def test_files_are_called_by_their_kind_and_sizes_as_people_say_them() -> None:
    assert [extension_of(each) for each in ("image/jpeg", "text/vcard", "video/x-odd")] == [".jpg", ".vcf", ""]
    assert [in_words(each) for each in (9, 1_000, 120_499, 5_000_000, 5_242_880)] == [
        "9 bytes",
        "1 kB",
        "120 kB",
        "5 MB",
        "5.2 MB",
    ]
