"""Who sits at the desk: signing in and out, and keeping other sites' pages from acting in their name."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Redirect

from cordboard.daemon.access import COOKIE, COOKIE_ATTRIBUTES, Person
from cordboard.daemon.desk.given import Asked, TheHouse
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.house import House

HOME: Final = "/desk/"
SIGN_IN: Final = "/desk/sign-in"

_PAGES: Final = re.compile(r"/(desk|phone)(/[^\\]*)?")
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SignedOut(Exception):
    """Nobody is signed in with this browser, or not any more."""


def person_at(connection: ASGIConnection[Any, Any, Any, Any], house: House) -> Person | None:
    """Return who is signed in on a connection, or None."""
    value = connection.cookies.get(COOKIE)
    return house.access.person_by_cookie(value) if value else None


async def signed_in(request: Asked, house: TheHouse) -> Person:
    """Return who is signed in.

    Raises:
        SignedOut: Nobody is.
    """
    person = person_at(request, house)
    if person is None:
        raise SignedOut

    return person


def own_pages_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Refuse whatever changes something and was not sent by a page of ours.

    Browsers name the page a request comes from in `Sec-Fetch-Site`, over HTTPS and on this machine, and in `Origin`
    whenever a form is sent. What sends neither is no browser, and has the API.
    """
    if connection.scope.get("method", "GET") in _SAFE_METHODS:
        return

    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        ours = site == "same-origin"
    else:
        ours = urlsplit(connection.headers.get("origin", "")).netloc == connection.headers.get("host")

    if not ours:
        raise PermissionDeniedException("This was not sent from a page of this desk. Open the desk and do it there.")


@get("/sign-in", include_in_schema=False)
async def show_sign_in(request: Asked, house: TheHouse) -> Response[Any]:
    """Ask for a token; somebody who is signed in goes on to the desk."""
    if person_at(request, house) is not None:
        return Redirect(HOME)

    return _sign_in_page(house, onward=request.query_params.get("next", HOME))


@post("/sign-in", include_in_schema=False)
async def sign_in(request: Asked, house: TheHouse) -> Response[Any]:
    """Open a session for whoever shows a token, or, in a demo, for whom the visitor chose to be."""
    form = await request.form()
    onward = str(form.get("next", HOME))
    person = house.access.person_by_token(str(form.get("token", "")).strip())
    if person is None and house.demo:
        person = next((each for each in people_of(house) if each.name == form.get("rep")), None)

    if person is None:
        problem = "Nobody has this token. Copy it again, whole; if it was changed, ask your administrator for yours."
        return _sign_in_page(house, onward=onward, problem=problem)

    return _with_cookie(request, Redirect(_own_path(onward), status_code=303), house.access.cookie_for(person))


@post("/sign-out", include_in_schema=False)
async def sign_out(request: Asked) -> Response[Any]:
    """End the session of this browser."""
    return _with_cookie(request, Redirect(SIGN_IN, status_code=303), "", "Max-Age=0")


def people_of(house: House) -> tuple[Person, ...]:
    """Return everybody on the board, in the configuration's order."""
    return tuple(
        Person(name=each.name, display_name=each.display_name or each.name, roles=each.roles)
        for each in house.engine.board.config.reps
    )


def _sign_in_page(house: House, *, onward: str, problem: str = "") -> Response[str]:
    return page(
        "sign_in.html",
        status=401 if problem else 200,
        board=house.engine.board.config.name,
        people=people_of(house) if house.demo else (),
        onward=_own_path(onward),
        problem=problem,
    )


def _own_path(path: str) -> str:
    """Return a path of the desk or of the phones; anything else that was asked for is the desk's front page."""
    parts = urlsplit(path)
    ours = not parts.scheme and not parts.netloc and _PAGES.fullmatch(parts.path) is not None
    return path if ours else HOME


def _with_cookie(request: Asked, response: Response[Any], value: str, *more: str) -> Response[Any]:
    attributes = [f"{COOKIE}={value}", COOKIE_ATTRIBUTES, *more]
    if request.url.scheme == "https":
        attributes.append("Secure")

    response.headers["Set-Cookie"] = "; ".join(attributes)
    return response
