"""The carriers' door: what gets in, what is answered, and when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from cordboard.engine.carrier import WebhookUnreadable
from cordboard.engine.errors import (
    Bar,
    CommitFailed,
    CordboardError,
    NotAllowed,
    NotRunning,
    Overloaded,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

MIB = 1024 * 1024
RIGHT = {"X-Secret": "right"}


async def test_a_text_is_answered_as_its_carrier_wants_and_is_kept_by_then(daemon: Daemon) -> None:
    answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1", "body": "Hi"}, headers=RIGHT)

    assert answer.status_code == 200
    assert answer.content == b"<ok/>"
    assert answer.headers["content-type"] == "text/xml"
    assert answer.headers["x-carrier"] == "yes"
    page = await daemon.store.messages("test", 1)
    assert [each.body for each in page.items] == ["Hi"]


async def test_a_text_that_comes_twice_is_answered_twice_and_kept_once(daemon: Daemon) -> None:
    for _ in range(2):
        answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1"}, headers=RIGHT)
        assert answer.status_code == 200

    assert len((await daemon.store.messages("test", 1)).items) == 1


async def test_an_answer_without_a_body_has_none(daemon: Daemon) -> None:
    answer = await daemon.as_("").post("/webhooks/main", json={}, headers=RIGHT)

    assert answer.status_code == 204
    assert answer.content == b""
    assert "content-length" not in answer.headers


async def test_the_transport_sees_the_url_that_the_carrier_signed(daemon: Daemon) -> None:
    for target in (
        "/webhooks/main",
        "/webhooks/main?",
        "/webhooks/main?b=2&a=1&a=%2B1+x",
        "/webhooks/m%61in?x=%e2%98%8e&y=%E2%98%8E",
        "/webhooks/main?bodySHA256=ab%20cd",
    ):
        await raw(
            daemon, f"GET {target} HTTP/1.1\r\nHost: x\r\nX-Secret: right\r\nX-Odd: \xe9\r\n\r\n".encode("latin-1")
        )

        request = daemon.carrier.requests[-1]
        assert request.method == "GET"
        assert request.url == f"https://sms.example.com{target.removesuffix('?')}"
        assert request.headers["x-odd"] == "é"
        assert request.body == b""


async def test_the_door_takes_the_methods_that_carriers_use(daemon: Daemon) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = await daemon.as_("").request(method, "/webhooks/main", headers=RIGHT)

        assert answer.status_code == 204
        assert daemon.carrier.requests[-1].method == method


async def test_the_door_takes_no_other_method(daemon: Daemon) -> None:
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "BREW"):
        answer = await daemon.as_("").request(method, "/webhooks/main", headers=RIGHT)

        # A method that HTTP does not know is refused by the web server already.
        assert answer.status_code == (400 if method == "BREW" else 405)
        assert method == "BREW" or answer.headers["allow"] == "GET, POST, OPTIONS"
        assert daemon.carrier.requests == []


async def test_a_channel_that_does_not_exist_is_not_found(daemon: Daemon) -> None:
    for path in ("/webhooks/other", "/webhooks/", "/webhooks/main/", "/webhooks/main/x", "/webhooks"):
        answer = await daemon.as_("").post(path, json={"id": "IN1"}, headers=RIGHT)

        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:cordboard:problem:not-found"


async def test_a_forged_text_is_refused_counted_and_logged_without_its_body(daemon: Daemon) -> None:
    with capture_logs() as logged:
        answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1", "body": "a secret"})

    assert (answer.status_code, answer.content) == (403, b"")
    assert {"channel": "main", "reason": "forged", "status": 403, "event": "webhook_refused"}.items() <= logged[
        0
    ].items()
    assert "a secret" not in str(logged)
    metrics = (await daemon.as_("").get("/metrics")).text
    assert 'cordboard_webhooks_refused_total{channel="main",reason="forged"} 1.0' in metrics
    assert await daemon.store.conversation("test", 1) is None


async def test_every_text_is_logged_once_with_neither_its_body_nor_whole_numbers(daemon: Daemon) -> None:
    with capture_logs() as logged:
        await daemon.text("a secret")
        await daemon.text("another", to="+18005559999")
        await daemon.as_("").get("/metrics")

    lines = [each for each in logged if each["event"] == "text_received"]
    assert [(each["channel"], each["message"], each["conversation"]) for each in lines] == [
        ("main", 1, 1),
        ("main", 2, None),
    ]
    for hidden in ("a secret", "another", "14155550123", "18005550100", "18005559999"):
        assert hidden not in str(lines)


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (Overloaded("full"), "overloaded"),
        (CommitFailed("full disk"), "commit-failed"),
        (NotRunning("stopping"), "not-running"),
        (StoreUnavailable("gone"), "store-unavailable"),
        (NotAllowed("this is never the carrier's fault", bar=Bar.SYSTEM), "commit-failed"),
    ],
)
async def test_what_is_our_fault_makes_the_carrier_come_again(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, error: CordboardError, slug: str
) -> None:
    async def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(daemon.engine, "receive", fail)
    answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1"}, headers=RIGHT)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == f"urn:cordboard:problem:{slug}"


async def test_a_transport_that_breaks_over_a_text_makes_the_carrier_come_again(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(_: object) -> None:
        raise RuntimeError("a wing is broken")

    with monkeypatch.context() as broken, capture_logs() as logged:
        broken.setattr(daemon.carrier, "receive", break_down)
        answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1", "body": "a secret"}, headers=RIGHT)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["type"] == "urn:cordboard:problem:transport-broke"
    [line] = logged
    assert (line["event"], line["log_level"], line["channel"]) == ("transport_broke", "error", "main")
    assert "a wing is broken" in line["traceback"]
    assert "a secret" not in str(logged)
    metrics = (await daemon.as_("").get("/metrics")).text
    assert 'cordboard_webhooks_refused_total{channel="main",reason="transport-broke"} 1.0' in metrics
    again = await daemon.as_("").post("/webhooks/main", json={"id": "IN1"}, headers=RIGHT)
    assert again.status_code == 200


async def test_a_request_that_cannot_be_read_is_logged_without_its_body(daemon: Daemon) -> None:
    unreadable = WebhookUnreadable(channel="main", reason="no id", content_type="text/plain", body=b"a secret")
    with capture_logs() as logged:
        await daemon.engine.submit(unreadable)
        await daemon.as_("").get("/metrics")

    [line] = [each for each in logged if each["event"] == "webhook_kept"]
    assert line == {"event": "webhook_kept", "log_level": "warning", "channel": "main", "reason": "no id"}


async def test_a_text_that_the_store_cannot_keep_comes_again_and_is_kept(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(daemon.store, "commit", fail)
        answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1"}, headers=RIGHT)
        assert answer.status_code == 503

    answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1"}, headers=RIGHT)
    assert answer.status_code == 200
    assert len((await daemon.store.messages("test", 1)).items) == 1


async def test_a_channel_that_is_being_changed_is_not_unknown(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(dict_of(daemon.engine.transports), "main")
    answer = await daemon.as_("").post("/webhooks/main", json={"id": "IN1"}, headers=RIGHT)

    assert answer.status_code == 503


async def test_a_body_of_the_largest_size_is_taken(daemon: Daemon) -> None:
    text = json.dumps({"id": "IN1", "body": ""})
    body = text.replace('""', f'"{"x" * (MIB - len(text))}"').encode()
    assert len(body) == MIB
    answer = await daemon.as_("").post("/webhooks/main", content=body, headers=RIGHT)

    assert answer.status_code == 200


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("size", [MIB + 1, 5 * MIB])
async def test_a_body_that_is_too_large_is_refused_and_its_sender_told(
    daemon: Daemon, size: int, announced: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 65536):
            yield b"x" * min(65536, size - start)

    content = b"x" * size if announced else pieces()
    answer = await daemon.as_("").post("/webhooks/main", content=content, headers=RIGHT)

    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:cordboard:problem:too-large"
    assert daemon.carrier.requests == []


async def test_a_body_that_is_announced_far_too_large_is_refused_unread(daemon: Daemon) -> None:
    head = f"POST /webhooks/main HTTP/1.1\r\nHost: x\r\nContent-Length: {100 * MIB}\r\n\r\n"
    answer = await raw(daemon, head.encode())

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_an_endless_body_is_cut_off(daemon: Daemon) -> None:
    head = b"POST /webhooks/main HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = await raw(daemon, head + chunk * 160)

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_client_that_sends_too_slowly_is_cut_off(impatient: Daemon) -> None:
    head = b"POST /webhooks/main HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    answer = await raw(impatient, head)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert impatient.carrier.requests == []


async def test_a_client_that_leaves_in_the_middle_does_no_harm(daemon: Daemon) -> None:
    host, port = address_of(daemon)
    _, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST /webhooks/main HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    await daemon.text()
    assert len(daemon.carrier.requests) == 1


async def test_many_texts_at_once_are_all_kept(daemon: Daemon) -> None:
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=daemon.url, limits=limits, timeout=60) as carrier:
        answers = await asyncio.gather(
            *(
                carrier.post("/webhooks/main", json={"id": f"IN{n}", "from": f"+1415555{n:04}"}, headers=RIGHT)
                for n in range(100)
            )
        )

    assert {each.status_code for each in answers} == {200}
    assert len(daemon.engine.board.conversations) == 100


async def raw(daemon: Daemon, request: bytes) -> bytes:
    """Send bytes, and return everything that comes back until the connection closes or is quiet."""
    host, port = address_of(daemon)
    reader, writer = await asyncio.open_connection(host, port)
    answer = b""
    try:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()

    return answer


def address_of(daemon: Daemon) -> tuple[str, int]:
    parts = urlsplit(daemon.url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def dict_of(mapping: Any) -> dict[str, Any]:
    assert isinstance(mapping, dict)
    return mapping
