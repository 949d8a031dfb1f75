"""Attachments over HTTP: who may see a customer's, what may be uploaded, and what carriers may fetch."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from cordboard.daemon.allowance import Allowance, TooManyUploads
from cordboard.daemon.body import LARGEST_UPLOAD
from cordboard.daemon.serve import media_stores
from cordboard.engine.carrier import Capabilities, Media, MediaContent
from cordboard.engine.commands import RecordMedia
from cordboard.engine.errors import StoreFull
from cordboard.engine.ports import MediaFacts
from cordboard.storage.media_memory import MediaMemory

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
AT_CARRIER = "https://carrier.example/secret-path/1"
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def ana(daemon: Daemon) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(daemon, "ana") as client:
        yield client


@asynccontextmanager
async def browser(daemon: Daemon, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the desk, signed in as somebody."""
    async with httpx.AsyncClient(
        base_url=daemon.url, headers={"Origin": daemon.url}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ) as client:
        await client.post("/desk/sign-in", data={"token": f"{name}-token-that-is-long-enough"})
        yield client


async def with_picture(daemon: Daemon, content: MediaContent | None = None, **text: Any) -> None:
    """Have a text come with a picture, and wait until the picture is here."""
    daemon.carrier.files[AT_CARRIER] = content or MediaContent(data=PNG, content_type="image/png")
    cursor = daemon.engine.feed.cursor
    await daemon.text("", media=[AT_CARRIER], **text)
    await noted(daemon, cursor)


async def noted(daemon: Daemon, after: int, kind: str = "MediaRecorded") -> None:
    with anyio.fail_after(60):
        async for event in daemon.engine.feed.events(after):
            if type(event).__name__ == kind:
                return


async def picked(daemon: Daemon) -> None:
    """Have conversation 1 with ana."""
    await daemon.text(to=daemon.picked)
    await daemon.say("ana")
    assert (await daemon.as_("ana").post("/v1/conversations/1/pick")).status_code == 200


async def uploaded(daemon: Daemon, data: bytes = PNG, content_type: str = "image/png") -> dict[str, Any]:
    answer = await daemon.as_("ana").post("/v1/media", content=data, headers={"Content-Type": content_type})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


# Customers' attachments


async def test_a_customers_picture_is_read_where_the_message_says(daemon: Daemon) -> None:
    await with_picture(daemon, to=daemon.picked)
    (message,) = (await daemon.as_("ana").get("/v1/conversations/1/messages")).json()["items"]
    assert message["media"] == [
        {
            "url": "/v1/messages/1/media/0",
            "content_type": "image/png",
            "size": len(PNG),
            "pending": False,
            "problem": "",
        }
    ]

    answer = await daemon.as_("ana").get(message["media"][0]["url"])

    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'inline; filename="attachment-1-0.png"'
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["vary"] == "Authorization"


async def test_what_a_browser_could_run_or_misread_is_saved_and_never_shown(daemon: Daemon) -> None:
    await with_picture(daemon, MediaContent(data=b"<script>", content_type="text/plain"), to=daemon.picked)
    answer = await daemon.as_("ana").get("/v1/messages/1/media/0")

    assert answer.headers["content-disposition"] == 'attachment; filename="attachment-1-0.txt"'
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_picture_that_is_not_there_yet_is_pending_and_one_that_cannot_be_had_says_why(daemon: Daemon) -> None:
    await daemon.text("", media=[AT_CARRIER], to=daemon.picked)
    (waiting,) = (await daemon.as_("ana").get("/v1/conversations/1/messages")).json()["items"][0]["media"]
    missing = await daemon.as_("ana").get(waiting["url"])
    assert (waiting["pending"], waiting["size"]) == (True, 0)
    assert missing.status_code == 404
    assert missing.headers["cache-control"] == "no-store"

    lost = Media(url=AT_CARRIER, problem="The carrier has deleted it.")
    await daemon.engine.submit(RecordMedia(message=1, index=0, media=lost))
    (gone,) = (await daemon.as_("ana").get("/v1/conversations/1/messages")).json()["items"][0]["media"]
    assert (gone["pending"], gone["problem"]) == (False, "The carrier has deleted it.")
    assert (await daemon.as_("ana").get(waiting["url"])).status_code == 404


async def test_only_who_may_see_the_conversation_sees_its_attachments(daemon: Daemon) -> None:
    await with_picture(daemon, to=daemon.billing)
    answers = {name: (await daemon.as_(name).get("/v1/messages/1/media/0")).status_code for name in ("ana", "cleo", "")}
    assert answers == {"ana": 403, "cleo": 200, "": 401}
    assert (await daemon.as_("sue").get("/v1/messages/1/media/0")).status_code == 200

    async with browser(daemon, "ana") as ana, browser(daemon, "cleo") as cleo:
        assert (await ana.get("/desk/messages/1/media/0", headers=HTMX)).status_code == 404
        shown = await cleo.get("/desk/messages/1/media/0")
        assert (shown.status_code, shown.content, shown.headers["vary"]) == (200, PNG, "Cookie")


async def test_nobody_who_is_signed_out_sees_an_attachment_at_the_desk(daemon: Daemon) -> None:
    await with_picture(daemon)
    answer = await daemon.as_("").get("/desk/messages/1/media/0")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/sign-in")


async def test_attachments_of_texts_for_nobody_are_the_administrators(daemon: Daemon) -> None:
    await with_picture(daemon, to="+18005550777")
    answers = [(await daemon.as_(name).get("/v1/messages/1/media/0")).status_code for name in ("adam", "sue", "ana")]
    listed = (await daemon.as_("adam").get("/v1/unroutable")).json()["items"][0]["media"]

    assert answers == [200, 403, 403]
    assert listed[0]["url"] == "/v1/messages/1/media/0"
    async with browser(daemon, "sue") as sue:
        assert (await sue.get("/desk/messages/1/media/0", headers=HTMX)).status_code == 404


@pytest.mark.parametrize("path", ["1/media/1", "1/media/-1", "2/media/0", "0/media/0", f"{2**70}/media/0", "x/media/0"])
async def test_what_is_not_there_is_not_found(daemon: Daemon, path: str) -> None:
    await with_picture(daemon, to=daemon.picked)

    assert (await daemon.as_("sue").get(f"/v1/messages/{path}")).status_code == 404
    async with browser(daemon, "sue") as sue:
        assert (await sue.get(f"/desk/messages/{path}", headers=HTMX)).status_code == 404


async def test_events_tell_of_attachments_where_they_can_be_read_and_no_key(daemon: Daemon) -> None:
    await with_picture(daemon, to=daemon.picked)
    key = (await daemon.engine.history.messages("test", 1)).items[0].media[0].key
    told = ""
    async with daemon.as_("sue").stream("GET", "/v1/events?after=0") as events:
        async for line in events.aiter_lines():
            told += line
            if line.startswith("data:") and "media_recorded" in line:
                break

    assert "/v1/messages/1/media/0" in told
    assert AT_CARRIER not in told
    assert key not in told


# Uploads


async def test_an_upload_is_sent_to_the_customer_at_an_address_that_the_carrier_can_fetch(daemon: Daemon) -> None:
    await picked(daemon)
    upload = await uploaded(daemon)
    assert (upload["content_type"], upload["size"]) == ("image/png", len(PNG))

    text = {"body": "Look", "media": [upload["id"], "https://elsewhere.example/b.gif"]}
    answer = await daemon.as_("ana").post("/v1/conversations/1/messages", json=text)
    assert answer.status_code == 202, answer.text
    assert [(each["url"], each["size"]) for each in answer.json()["media"]] == [
        (f"https://sms.example.com{upload['url']}", len(PNG)),
        ("https://elsewhere.example/b.gif", 0),
    ]

    await noted(daemon, 0, "MessageSent")
    assert [each.url for each in daemon.carrier.sent[0].media] == [each["url"] for each in answer.json()["media"]]
    fetched = await daemon.as_("").get(upload["url"])
    assert (fetched.status_code, fetched.content, fetched.headers["content-type"]) == (200, PNG, "image/png")
    assert fetched.headers["cache-control"].startswith("private")
    assert fetched.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert upload["url"] == f"/media/{upload['id']}.png"

    asked_first = await daemon.as_("").head(upload["url"])
    assert (asked_first.status_code, asked_first.content) == (200, b"")
    assert asked_first.headers["content-length"] == str(len(PNG))

    again = await daemon.as_("ana").get(f"/v1/messages/{answer.json()['id']}/media/0")
    assert again.content == PNG
    assert (await daemon.as_("ana").get(f"/v1/messages/{answer.json()['id']}/media/1")).status_code == 404


async def test_an_upload_may_come_as_a_form(daemon: Daemon) -> None:
    large = PNG + bytes(4_500_000)
    answer = await daemon.as_("ana").post("/v1/media", files={"file": ("a.png", large, "image/png")})
    assert answer.status_code == 201, answer.text

    upload = answer.json()
    assert (upload["content_type"], upload["size"]) == ("image/png", len(large))
    assert (await daemon.as_("").get(upload["url"])).content == large


@pytest.mark.parametrize(
    ("data", "content_type", "words"),
    [
        (b"", "image/png", "no file"),
        (b"x", "", "kind of file"),
        (b"x", "nonsense", "kind of file"),
        (b"<b>", "text/html", "text/html cannot be sent"),
        (b"<svg>", "image/svg+xml", "image/svg+xml cannot be sent"),
        (b"1", "text/javascript; charset=utf-8", "text/javascript cannot be sent"),
        (bytes(5_000_001), "image/jpeg", "at most 5 MB"),
        (bytes(500_001), "application/pdf", "at most 500 kB"),
        (bytes(500_001), "video/mp4", "at most 500 kB"),
    ],
)
async def test_what_could_not_be_sent_is_not_taken(daemon: Daemon, data: bytes, content_type: str, words: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await daemon.as_("ana").post("/v1/media", content=data, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:cordboard:problem:invalid-message"
    assert words in answer.json()["detail"]


async def test_a_form_brings_one_file(daemon: Daemon) -> None:
    two = [("file", ("a.png", PNG, "image/png")), ("file", ("b.png", PNG, "image/png"))]

    assert (await daemon.as_("ana").post("/v1/media", files=two)).status_code == 422
    assert (await daemon.as_("ana").post("/v1/media", files={}, data={"file": "text"})).status_code == 422


async def test_a_body_may_be_large_where_files_come_in_and_nowhere_else(daemon: Daemon) -> None:
    large = bytes(2 * 1024 * 1024)
    picture = await daemon.as_("ana").post("/v1/media", content=large, headers={"Content-Type": "image/png"})
    text = await daemon.as_("ana").post("/v1/conversations/1/messages", content=large)
    beyond = await daemon.as_("ana").post(
        "/v1/media", content=bytes(LARGEST_UPLOAD + 1), headers={"Content-Type": "image/png"}
    )

    assert (picture.status_code, text.status_code, beyond.status_code) == (201, 413, 413)
    assert str(LARGEST_UPLOAD) in beyond.json()["detail"]


async def test_a_stranger_gets_no_more_room_than_anywhere(daemon: Daemon) -> None:
    large = bytes(2 * 1024 * 1024)
    png = {"Content-Type": "image/png"}
    for path in ("/v1/media", "/desk/media"):
        for shown in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "cordboard_desk=ana.1.2"}):
            answer = await daemon.as_("").post(path, content=large, headers={**png, **shown})
            assert answer.status_code == 413

    async with browser(daemon, "ana") as ana:
        assert (await ana.post("/desk/media", content=large, headers=png)).status_code == 201


async def test_nobody_uploads_without_a_token_or_from_another_sites_page(daemon: Daemon) -> None:
    png = {"Content-Type": "image/png"}
    assert (await daemon.as_("").post("/v1/media", content=PNG, headers=png)).status_code == 401
    assert (await daemon.as_("").post("/desk/media", content=PNG, headers=png)).status_code == 403
    async with browser(daemon, "ana") as ana:
        elsewhere = {**png, "Origin": "https://evil.example"}
        assert (await ana.post("/desk/media", content=PNG, headers=elsewhere)).status_code == 403


async def test_an_upload_for_which_there_is_no_room_is_refused_in_words(
    daemon: Daemon, ana: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put(_: MediaMemory, data: bytes, content_type: str) -> str:
        raise StoreFull(f"/srv/cordboard: no room for {len(data)} bytes of {content_type}")

    monkeypatch.setattr(MediaMemory, "put", put)
    png = {"Content-Type": "image/png"}
    answer = await daemon.as_("ana").post("/v1/media", content=PNG, headers=png)
    at_the_desk = await ana.post("/desk/media", content=PNG, headers={**png, **HTMX})

    assert (answer.status_code, at_the_desk.status_code) == (507, 507)
    assert answer.json()["type"] == "urn:cordboard:problem:no-room"
    for each in (answer, at_the_desk):
        assert "too little room left for files" in each.text
        assert "/srv" not in each.text


async def test_somebody_who_uploads_too_many_files_has_to_wait_and_nobody_else(
    daemon: Daemon, ana: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.daemon.allowance.AT_ONCE", 2)
    png = {"Content-Type": "image/png"}
    for _ in range(2):
        await uploaded(daemon)

    answers = [await daemon.as_(name).post("/v1/media", content=PNG, headers=png) for name in ("ana", "cleo")]
    at_the_desk = await ana.post("/desk/media", content=PNG, headers={**png, **HTMX})

    assert [each.status_code for each in answers] == [429, 201]
    assert answers[0].json()["type"] == "urn:cordboard:problem:too-many-uploads"
    assert answers[0].headers["retry-after"] == "36"
    assert at_the_desk.status_code == 429
    assert "too many files" in at_the_desk.text


def test_nobody_uploads_more_than_two_hundred_files_in_an_hour() -> None:
    allowance = Allowance()
    kept = 0
    for second in range(3600):
        for _ in range(5):
            try:
                allowance.take("ana", float(second))
            except TooManyUploads:
                break

            kept += 1

    assert kept == 199
    allowance.take("ben", 3600.0)
    for _ in range(100):
        allowance.take("ana", 7200.0)


async def test_a_text_with_an_upload_that_nobody_made_is_refused(daemon: Daemon) -> None:
    await picked(daemon)
    for made_up in ("0" * 48, "nothing", "a.png"):
        text = {"body": "Look", "media": [made_up]}
        answer = await daemon.as_("ana").post("/v1/conversations/1/messages", json=text)
        assert answer.status_code == 422, made_up

    assert daemon.carrier.sent == []


async def test_a_channel_without_attachments_says_so_before_it_asks_for_a_public_url(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    await picked(daemon)
    upload = await uploaded(daemon)
    monkeypatch.setattr(daemon.carrier, "public_url", "")
    monkeypatch.setattr(daemon.carrier, "capabilities", Capabilities(max_characters=1600))
    text = {"body": "Look", "media": [upload["id"]]}
    answer = await daemon.as_("ana").post("/v1/conversations/1/messages", json=text)

    assert answer.status_code == 422
    assert answer.json()["detail"] == "channel 'main' carries no attachments; send the text without"


async def test_a_text_carries_ten_attachments_and_no_more(daemon: Daemon) -> None:
    await picked(daemon)
    upload = await uploaded(daemon)
    texts = [{"body": "Look", "media": [upload["id"]] * count} for count in (10, 11)]
    answers = [await daemon.as_("ana").post("/v1/conversations/1/messages", json=each) for each in texts]

    assert [each.status_code for each in answers] == [202, 422]
    assert "at most 10 attachments" in answers[1].json()["detail"]


async def test_nothing_is_read_of_uploads_that_are_attached(
    daemon: Daemon, ana: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await picked(daemon)
    upload = await uploaded(daemon)
    looked_at: list[str] = []

    async def get(_: MediaMemory, key: str) -> MediaContent | None:
        raise AssertionError(f"{key} was read")

    async def about(_: MediaMemory, key: str) -> MediaFacts | None:
        looked_at.append(key)
        return MediaFacts(content_type="image/png", size=len(PNG))

    monkeypatch.setattr(MediaMemory, "get", get)
    monkeypatch.setattr(MediaMemory, "about", about)
    many, few = [upload["id"]] * 15_000, [upload["id"]] * 2
    path = "/v1/conversations/1/messages"
    answers = [await daemon.as_("ana").post(path, json={"body": "", "media": each}) for each in (many, few)]
    form = {"body": "", "media": " ".join(many), "key": "k1"}
    at_the_desk = await ana.post("/desk/conversations/1/reply", data=form, headers=HTMX)

    assert [each.status_code for each in answers] == [422, 202]
    assert at_the_desk.status_code == 422
    assert looked_at == few


async def test_the_public_address_gives_uploads_and_nothing_else(daemon: Daemon) -> None:
    await with_picture(daemon, to=daemon.picked)
    theirs = (await daemon.engine.history.messages("test", 1)).items[0].media[0].key
    ours = (await uploaded(daemon))["id"]
    nobody = daemon.as_("")

    for name in (theirs, f"{theirs}.png", ours, f"{ours}.jpg", f"{ours}.png.png", f"{ours[:-1]}.png", ours.upper()):
        assert (await nobody.get(f"/media/{name}")).status_code == 404, name

    for path in ("/media/", "/media/..%2f..%2fetc%2fpasswd", f"/media/{ours[:2]}/{ours}.png", "/media/%00"):
        assert (await nobody.get(path)).status_code == 404, path

    assert (await nobody.post(f"/media/{ours}.png")).status_code == 405
    assert (await nobody.get(f"/media/{ours}.png")).status_code == 200


# The desk


async def test_a_rep_sends_what_they_uploaded_once(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await picked(daemon)
    upload = (await ana.post("/desk/media", content=PNG, headers={"Content-Type": "image/png"})).json()
    form = {"body": "", "media": upload["id"], "key": "k1"}
    answers = [await ana.post("/desk/conversations/1/reply", data=form, headers=HTMX) for _ in range(2)]
    other = await ana.post("/desk/conversations/1/reply", data={**form, "media": ""}, headers=HTMX)

    assert [each.status_code for each in answers] == [204, 204]
    assert other.status_code == 409
    messages = (await daemon.engine.history.messages("test", 1)).items
    assert [each.media[0].key for each in messages[1:]] == [upload["id"]]


async def test_a_transcript_shows_pictures_and_says_of_the_others_what_they_are(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await with_picture(daemon, to=daemon.picked)
    await with_picture(daemon, MediaContent(data=bytes(120_000), content_type="application/pdf"), to=daemon.picked)
    daemon.carrier.files.clear()
    await daemon.text("", media=[AT_CARRIER], to=daemon.picked)
    waiting = (await ana.get("/desk/conversations/1", headers=HTMX)).text
    lost = Media(url=AT_CARRIER, problem="The carrier has deleted it.")
    await daemon.engine.submit(RecordMedia(message=3, index=0, media=lost))
    given_up = (await ana.get("/desk/conversations/1", headers=HTMX)).text

    assert '<img src="/desk/messages/1/media/0" alt="Attachment 1" loading="lazy">' in waiting
    assert '<a href="/desk/messages/2/media/0"' in waiting
    assert "application/pdf · 120 kB" in waiting
    assert "is being fetched" in waiting
    assert "could not be fetched: The carrier has deleted it." in given_up
    assert AT_CARRIER not in waiting + given_up


def test_attachments_are_kept_beside_the_database(tmp_path: Any) -> None:
    received, uploads = media_stores(tmp_path / "board.db")

    assert f"{received!r}" == f"MediaFolder('{tmp_path}/board.db-media/received')"
    assert f"{uploads!r}" == f"MediaFolder('{tmp_path}/board.db-media/uploads')"
