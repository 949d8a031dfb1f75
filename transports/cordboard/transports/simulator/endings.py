"""How a request to the carrier ends, if not with its answer."""

from __future__ import annotations

import socket
import struct

import anyio
from aiohttp import web

from cordboard.transports.simulator.faults import Ending, Treatment


async def end(
    request: web.Request, answer: web.Response, treatment: Treatment, closing: anyio.Event
) -> web.StreamResponse:
    """Return an answer; or hang, stall or reset the connection instead, as a treatment says.

    Args:
        request: The request.
        answer: The answer it would get.
        treatment: How it ends.
        closing: The carrier closes: requests that hang are let go.
    """
    if treatment.ending is Ending.ANSWER:
        return answer

    if treatment.ending is Ending.HANG:
        await closing.wait()

    begun = await _begin(request, answer.status)
    if treatment.ending is Ending.STALL:
        await closing.wait()

    _reset(request)
    return begun


async def _begin(request: web.Request, status: int) -> web.StreamResponse:
    """Begin an answer that is never finished."""
    headers = {"Content-Type": "application/json", "Content-Length": "1000"}
    answer = web.StreamResponse(status=status, headers=headers)
    await answer.prepare(request)
    await answer.write(b'{"')
    return answer


def _reset(request: web.Request) -> None:
    if request.transport is not None:
        # Without lingering, closing is a reset.
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
