"""The event stream: everything that happens, as server-sent events that a client resumes without a gap."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, Final

import anyio
import msgspec
from litestar import Request, get
from litestar.exceptions import ClientException
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp, HTTPResponseBodyEvent, Receive, Scope, Send

from cordboard.daemon.access import Person
from cordboard.daemon.api.caller import InHouse, position
from cordboard.daemon.api.eyes import Eyes
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import event_view
from cordboard.daemon.house import House
from cordboard.engine import Board
from cordboard.engine.events import Event

HEARTBEAT: Final = 15.0
"""Seconds between comments that keep proxies from closing a quiet stream."""

_PARTING: Final = 1.0
"""Seconds a client that reads nothing may keep an ended stream open."""


@get(
    "/events",
    media_type="text/event-stream",
    responses=RESPONSES,
    summary="Follow what happens",
    description=(
        "Server-sent events: `id` is the event's number, `event` its type, `data` the event as JSON. "
        "`Last-Event-ID`, or `after`, resumes without a gap; without either the stream starts now."
    ),
)
async def follow_events(
    request: Request[Person, str, Any],
    house: InHouse,
    after: Annotated[str | None, QueryParameter(description="Start after the event of this number.")] = None,
    last_event_id: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> ASGIApp:
    """Stream events: to supervisors all of them, to reps what they may see and what happens to themselves."""
    last = house.engine.feed.cursor
    start = position(last_event_id or after)
    if start is None:
        start = last
    elif start > last:
        raise ClientException(f"event {start} has not happened; the last one is {last}")

    return EventStream(house, request.user, request.auth, after=start)


class EventStream:
    """One open stream: the ASGI application of a single response.

    Args:
        house: Whose events.
        person: Who reads them.
        token: What they showed; the stream ends when it is not in force any more.
        after: The number of the event after which the stream starts.
    """

    def __init__(self, house: House, person: Person, token: str, *, after: int) -> None:
        self._house = house
        self._person = person
        self._token = token
        self._access = house.access
        self._after = after
        self._eyes = None if person.is_supervisor else Eyes(house.engine, person.name, after=after)

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Send events until the client leaves or loses its right, or the daemon stops."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

        async with anyio.create_task_group() as group:

            async def end_after(work: Awaitable[None]) -> None:
                await work
                group.cancel_scope.cancel()

            group.start_soon(end_after, self._follow(send))
            group.start_soon(end_after, self._beat(send))
            group.start_soon(end_after, _disconnected(receive))
            group.start_soon(end_after, self._stopped())

        with anyio.move_on_after(_PARTING):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _follow(self, send: Send) -> None:
        async for event in self._house.engine.feed.events(self._after):
            if not self._entitled():
                return

            if self._eyes is None or await self._eyes.see(event):
                await send(_chunk(_encode(event, self._house.engine.board)))

    async def _beat(self, send: Send) -> None:
        while self._entitled():
            await send(_chunk(b": still here\n\n"))
            await anyio.sleep(HEARTBEAT)

    async def _stopped(self) -> None:
        await self._house.stopping.wait()

    def _entitled(self) -> bool:
        if self._access is not self._house.access:
            self._access = self._house.access
            return self._access.person_by_token(self._token) == self._person

        return True


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _encode(event: Event, board: Board) -> bytes:
    shown = event_view(event, board)
    head = f"id: {event.seq}\nevent: {shown['type']}\ndata: ".encode()
    return head + msgspec.json.encode(shown) + b"\n\n"


def _chunk(body: bytes) -> HTTPResponseBodyEvent:
    return {"type": "http.response.body", "body": body, "more_body": True}
