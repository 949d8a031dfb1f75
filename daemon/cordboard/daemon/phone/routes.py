"""The phones' addresses."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from litestar import Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp

from cordboard.daemon.desk import session
from cordboard.daemon.desk.given import Asked
from cordboard.daemon.desk.refusals import HANDLERS
from cordboard.daemon.desk.rendering import nothing, page
from cordboard.daemon.inside import house_of
from cordboard.daemon.phone.exchange import Exchange, Thread, customer_number
from cordboard.daemon.phone.stream import PhoneStream

TheExchange: TypeAlias = NamedDependency[Exchange]
"""The simulated carriers."""

_VERSION: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


@get("/", include_in_schema=False)
async def show_phones(exchange: TheExchange) -> Response[Any]:
    """The phone with the latest text, or a new customer's."""
    threads = exchange.threads()
    if threads:
        return Redirect(_address_of(threads[0].customer, threads[0].number))

    numbers = exchange.numbers()
    if not numbers:
        raise NotFoundException("No number of yours belongs to a simulated carrier. Add one to the configuration.")

    return Redirect(_address_of(exchange.new_customer(), numbers[0]))


@get("/{customer:str}/{number:str}", include_in_schema=False)
async def show_phone(
    customer: FromPath[str], number: FromPath[str], request: Asked, exchange: TheExchange
) -> Response[str]:
    """One customer's thread with a number of ours: a part of the page, or the page."""
    version = exchange.version  # read first: what changes meanwhile is told again
    thread = exchange.thread(customer_number(customer), number)
    if "hx-request" in request.headers:
        return page("_thread.html", thread=thread, times=exchange.times())

    return page("phone.html", version_seen=version, thread=thread, **_around(exchange, thread))


@get("/parts/threads/{customer:str}/{number:str}", include_in_schema=False)
async def show_threads(customer: FromPath[str], number: FromPath[str], exchange: TheExchange) -> Response[str]:
    """The list of threads, with one of them marked as open."""
    thread = exchange.thread(customer_number(customer), number)
    return page("_threads.html", thread=thread, **_around(exchange, thread))


@post("/new", include_in_schema=False)
async def pick_up(request: Asked, exchange: TheExchange) -> Response[Any]:
    """Take a customer's phone into the hand, an old one's or a new one's."""
    form = await request.form()
    customer = customer_number(str(form.get("customer", "")))
    address = _address_of(customer, exchange.thread(customer, str(form.get("number", ""))).number)
    if "hx-request" not in request.headers:
        return Redirect(address, status_code=303)

    answer = nothing()
    answer.headers["HX-Redirect"] = address
    return answer


@post("/{customer:str}/{number:str}", include_in_schema=False)
async def text(customer: FromPath[str], number: FromPath[str], request: Asked, exchange: TheExchange) -> Response[Any]:
    """Text a number of ours as a customer."""
    body = str((await request.form()).get("body", "")).replace("\r\n", "\n").rstrip()
    await exchange.text(customer_number(customer), number, body)
    return nothing() if "hx-request" in request.headers else Redirect(_address_of(customer, number), status_code=303)


@get("/stream", media_type="text/event-stream", include_in_schema=False)
async def follow(request: Asked, exchange: TheExchange) -> ASGIApp:
    """Tell the page when a phone has changed since the version it shows."""
    seen = str(request.headers.get("last-event-id") or request.query_params.get("after", ""))
    return PhoneStream(exchange, after=int(seen) if _VERSION.fullmatch(seen) else -1, clock=exchange.clock)


def phone_router() -> Router:
    """Return everything under `/phone`."""
    return Router(
        "/phone",
        route_handlers=[show_phones, show_phone, show_threads, pick_up, text, follow],
        guards=[session.own_pages_only, _hands_of_ours_only],
        exception_handlers=HANDLERS,
        include_in_schema=False,
    )


def _hands_of_ours_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let anybody pick up a phone of a demo; elsewhere, only who is signed in at the desk."""
    house = house_of(connection)
    if not house.demo and session.person_at(connection, house) is None:
        raise session.SignedOut


def _around(exchange: Exchange, thread: Thread) -> dict[str, Any]:
    return {
        "threads": exchange.threads(),
        "numbers": exchange.numbers(),
        "suggested": exchange.new_customer(besides=thread.customer),
        "times": exchange.times(),
    }


def _address_of(customer: str, number: str) -> str:
    return f"/phone/{customer}/{number}"
