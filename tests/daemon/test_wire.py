"""The wire: floods and slow clients meet a limit before any request of theirs reaches the application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import pytest
import uvicorn
from litestar.types import Receive, Scope, Send
from tests.daemon.prompt import PromptServer

from cordboard.daemon.wire import MAX_HEAD_BYTES, GuardedProtocol

Client: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[Client]]


class HurriedProtocol(GuardedProtocol):
    """The same with a deadline that a test can wait for."""

    head_seconds = 0.3


async def _application(scope: Scope, receive: Receive, send: Send) -> None:
    length = 0
    if scope["path"] != "/early":
        more = True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            length += len(message["body"])
            more = message["more_body"]

    body = f"{length} bytes".encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


@pytest.fixture
async def connect(request: pytest.FixtureRequest) -> AsyncIterator[Connect]:
    """Opens connections to a server behind the guarded protocol, or behind the class that a test names."""
    protocol = getattr(request, "param", GuardedProtocol)
    config = uvicorn.Config(
        _application,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=0,  # whoever is left in a test that is over is not waited for
    )
    server = PromptServer(config)
    listener = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]

    @asynccontextmanager
    async def _connect() -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield reader, writer
        finally:
            writer.close()

    yield _connect
    server.stop()
    await running


async def _status(reader: asyncio.StreamReader) -> int:
    line = await asyncio.wait_for(reader.readline(), 60)
    return int(line.split()[1])


async def test_an_ordinary_request_passes(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n" + b"a" * 200_000)

        assert await _status(reader) == 200
        assert b"200000 bytes" in await asyncio.wait_for(reader.readuntil(b"bytes"), 60)


async def test_headers_just_under_the_limit_pass(connect: Connect) -> None:
    async with connect() as (reader, writer):
        filling = b"x: " + b"a" * (MAX_HEAD_BYTES - 1000) + b"\r\n"
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n" + filling + b"\r\n")

        assert await _status(reader) == 200


async def test_a_flood_of_headers_gets_431(connect: Connect) -> None:
    async with connect() as (reader, writer):
        flood = b"".join(b"x-%d: %s\r\n" % (number, b"a" * 100) for number in range(400))
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n" + flood + b"\r\n")

        assert await _status(reader) == 431


async def test_a_flood_on_a_connection_that_has_served_before_gets_431(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"bytes")
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * (MAX_HEAD_BYTES + 1))

        assert await _status(reader) == 431


async def test_an_endless_header_line_gets_431_before_it_ends(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * (MAX_HEAD_BYTES + 1))

        assert await _status(reader) == 431


async def test_an_endless_request_line_gets_431_before_it_ends(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET /" + b"a" * (MAX_HEAD_BYTES + 1))

        assert await _status(reader) == 431


async def test_a_client_that_keeps_flooding_still_gets_to_read_the_refusal(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        for _ in range(64):
            writer.write(b"x: " + b"a" * 65_536 + b"\r\n")
            await writer.drain()

        assert await _status(reader) == 431


async def test_an_endless_trailer_is_cut_off(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")
        writer.write(b"x: " + b"a" * 600_000)

        assert await asyncio.wait_for(reader.read(), 60) == b""


@pytest.mark.parametrize("connect", [HurriedProtocol], indirect=True)
@pytest.mark.parametrize(
    "beginning",
    [b"", b"\r\n", b"GET / HTTP/1.1\r\nhost: x\r\nx: 1", b"GET /"],
    ids=["silence", "blank", "header", "url"],
)
async def test_a_client_that_does_not_finish_its_headers_is_cut_off(connect: Connect, beginning: bytes) -> None:
    async with connect() as (reader, writer):
        writer.write(beginning)

        assert await asyncio.wait_for(reader.read(), 60) == b""


@pytest.mark.parametrize("connect", [HurriedProtocol], indirect=True)
async def test_dripping_headers_do_not_move_the_deadline(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")

        async def drip() -> None:
            while not writer.is_closing():
                writer.write(b"x: 1\r\n")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        try:
            assert await asyncio.wait_for(reader.read(), 60) == b""
        except ConnectionResetError:
            pass  # cut off while a drop was on its way
        finally:
            dripping.cancel()


@pytest.mark.parametrize("connect", [HurriedProtocol], indirect=True)
async def test_the_second_request_of_a_connection_has_a_deadline_too(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"bytes")
        writer.write(b"GET / HTTP/1.1\r\nhost")

        assert await asyncio.wait_for(reader.read(), 60) == b""


@pytest.mark.parametrize("connect", [HurriedProtocol], indirect=True)
async def test_blank_lines_do_not_keep_an_idle_connection(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"bytes")
        writer.write(b"\r\n")

        assert await asyncio.wait_for(reader.read(), 60) == b""


@pytest.mark.parametrize("connect", [HurriedProtocol], indirect=True)
async def test_a_body_that_goes_on_after_the_answer_is_cut_off(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"POST /early HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
        await reader.readuntil(b"bytes")
        writer.write(b"a")

        assert await asyncio.wait_for(reader.read(), 60) == b""


@pytest.mark.parametrize("connect", [HurriedProtocol], indirect=True)
async def test_a_slow_body_is_the_application_s_to_judge(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), HurriedProtocol.head_seconds * 2)

        writer.write(b"a")

        assert await _status(reader) == 200


async def test_what_is_no_http_gets_400(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"hello\r\n\r\n")

        assert await _status(reader) == 400


async def test_much_that_is_no_http_gets_one_answer(connect: Connect) -> None:
    async with connect() as (reader, writer):
        writer.write(b"hello\r\n\r\n" + b"a" * MAX_HEAD_BYTES * 2)

        assert await _status(reader) == 400
        assert b"HTTP/1.1" not in await asyncio.wait_for(reader.read(), 60)
