"""What the pages answer when something cannot be done: words, on a page or for a part of one."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from cordboard.daemon.api.problems import INTERNAL, kind_of
from cordboard.daemon.desk.given import Asked
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.desk.session import SIGN_IN, SignedOut, people_of, person_at
from cordboard.daemon.desk.why_not import refusal
from cordboard.daemon.inside import house_of
from cordboard.engine.errors import CordboardError

log = structlog.get_logger(__name__)


def _ask_to_sign_in(request: Asked, _error: SignedOut) -> Response[Any]:
    if "hx-request" in request.headers:
        return page("_refusal.html", status=401, text="You are signed out.", sign_in=True)

    return Redirect(f"{SIGN_IN}?next={quote(request.url.path)}", status_code=303)


def _say_refusal(request: Asked, error: CordboardError) -> Response[str]:
    house = house_of(request)
    person = person_at(request, house)
    names = {each.name: each.display_name for each in people_of(house)}
    status, text = refusal(error, you=person.name if person else "", names=names)
    if status >= INTERNAL.status:
        log.warning("request_failed", problem=kind_of(error).slug, reason=str(error))

    return _refused(request, status, text)


def _say_problem(request: Asked, error: HTTPException) -> Response[str]:
    return _refused(request, error.status_code, error.detail)


def _refused(request: Asked, status: int, text: str) -> Response[str]:
    template = "_refusal.html" if "hx-request" in request.headers else "refusal.html"
    return page(template, status=status, text=text, sign_in=False)


HANDLERS: Final[ExceptionHandlersMap] = {
    SignedOut: _ask_to_sign_in,
    CordboardError: _say_refusal,
    HTTPException: _say_problem,
}
"""How the pages answer every error that a person can run into."""
