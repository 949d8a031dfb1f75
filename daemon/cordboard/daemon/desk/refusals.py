"""What the pages answer when something cannot be done: words, on a page or for a part of one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog
from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from cordboard.daemon.api.problems import INTERNAL, MEDIA_TYPE, answer_http_error, kind_of
from cordboard.daemon.desk.given import Asked
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.desk.session import SIGN_IN, SignedOut, people_of, person_at
from cordboard.daemon.desk.why_not import refusal
from cordboard.daemon.inside import house_of
from cordboard.engine.errors import CordboardError

_ANSWERS: Final = [MEDIA_TYPE, MediaType.JSON.value, MediaType.HTML.value]
"""What an error can be answered with: the first of these where a client takes anything."""

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


def answer_elsewhere(request: Asked, error: HTTPException) -> Response[Any]:
    """Answer what no page of ours says: a problem, but a page to who would rather read one where there is nothing."""
    if error.status_code == HTTPStatus.NOT_FOUND and _reads_pages(request):
        return page("refusal.html", status=error.status_code, text="There is nothing at this address.", phones=False)

    return answer_http_error(request, error)


def _reads_pages(request: Asked) -> bool:
    """Whether who asks would rather have a page."""
    try:
        return request.accept.best_match(_ANSWERS) == MediaType.HTML
    except (ValueError, OverflowError):  # a weight such as `q=inf`
        return False


def _refused(request: Asked, status: int, text: str) -> Response[str]:
    if "hx-request" in request.headers:
        return page("_refusal.html", status=status, text=text, sign_in=False)

    return page("refusal.html", status=status, text=text, phones=request.url.path.startswith("/phone/"))


HANDLERS: Final[ExceptionHandlersMap] = {
    SignedOut: _ask_to_sign_in,
    CordboardError: _say_refusal,
    HTTPException: _say_problem,
}
"""How the pages answer every error that a person can run into."""
