"""How errors look outside: RFC 9457 problem details, and the two tables that say which error becomes which."""

from __future__ import annotations

import traceback
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec
from msgspec import Struct

from cordboard.daemon.allowance import ONE_MORE_EVERY, TooManyUploads
from cordboard.engine.errors import (
    BoardBroken,
    ChannelUnavailable,
    CommitFailed,
    CordboardError,
    IllegalTransition,
    InvalidConfiguration,
    InvalidMessage,
    InvalidSkills,
    KeyReused,
    MessageTooLong,
    NotAllowed,
    NotFound,
    NotRunning,
    OfferBinding,
    OptedOut,
    Overloaded,
    RepUnable,
    StoreFull,
    StoreUnavailable,
    TransportBroke,
)
from cordboard.transports.base import TransportUnavailable

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


class Kind(Struct, frozen=True):
    """What all problems of one sort have in common.

    Attributes:
        status: The HTTP status.
        slug: The last part of the problem's `type`; it never changes.
        title: What sort of problem it is, for people.
        retry_after: Seconds after which trying again makes sense; None where it does not.
    """

    status: int
    slug: str
    title: str
    retry_after: int | None = None

    @property
    def type(self) -> str:
        """The problem's `type`: a name to compare with, not a page to fetch."""
        return f"urn:cordboard:problem:{self.slug}"


INTERNAL: Final = Kind(500, "internal", "Cordboard has a defect")

BY_ERROR: Final[dict[type[CordboardError], Kind]] = {
    IllegalTransition: Kind(409, "illegal-transition", "The conversation cannot make this move now"),
    OptedOut: Kind(409, "opted-out", "The customer has opted out of texts from this number"),
    RepUnable: Kind(409, "rep-unable", "The rep cannot take the conversation now"),
    OfferBinding: Kind(409, "offer-binding", "The offer cannot be declined"),
    NotFound: Kind(404, "not-found", "There is no such thing here"),
    NotAllowed: Kind(403, "not-allowed", "You may not do this"),
    MessageTooLong: Kind(422, "message-too-long", "The text is too long for its carrier"),
    InvalidSkills: Kind(422, "invalid-skills", "The conversation cannot need these skills"),
    InvalidMessage: Kind(422, "invalid-message", "The text cannot be sent as it is"),
    KeyReused: Kind(422, "idempotency-key-reused", "This idempotency key was used for another request"),
    InvalidConfiguration: Kind(422, "invalid-configuration", "The configuration cannot be used"),
    TransportUnavailable: Kind(422, "transport-unavailable", "A channel's provider has no transport here"),
    ChannelUnavailable: Kind(422, "channel-unavailable", "A channel cannot be opened"),
    TooManyUploads: Kind(429, "too-many-uploads", "You have uploaded too many files", int(ONE_MORE_EVERY)),
    Overloaded: Kind(503, "overloaded", "Cordboard has too much to do just now", 1),
    NotRunning: Kind(503, "not-running", "Cordboard is starting or stopping", 2),
    CommitFailed: Kind(503, "commit-failed", "The store could not keep this; nothing of it happened", 2),
    StoreUnavailable: Kind(503, "store-unavailable", "The store cannot be used just now", 5),
    StoreFull: Kind(507, "no-room", "There is too little room left for files"),
    TransportBroke: Kind(503, "transport-broke", "A channel's transport has a defect", 5),
    BoardBroken: Kind(503, "board-reloading", "The board is being loaded again", 2),
    CordboardError: INTERNAL,
}
"""The problem of each error; a class that is not listed has the problem of its nearest ancestor."""

BY_STATUS: Final[dict[int, Kind]] = {
    kind.status: kind
    for kind in (
        Kind(400, "bad-request", "The request cannot be understood"),
        Kind(401, "unauthenticated", "A valid token is needed"),
        BY_ERROR[NotAllowed],
        BY_ERROR[NotFound],
        Kind(405, "method-not-allowed", "This address does not take this method"),
        Kind(408, "slow-request", "The request took too long to arrive"),
        Kind(413, "too-large", "The request is too large"),
        INTERNAL,
    )
}
"""The problem of each HTTP status that no `CordboardError` is behind."""


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request failed (RFC 9457, `application/problem+json`).

    Attributes:
        type: Names the sort of problem; compare with it.
        title: The same for people.
        status: The HTTP status.
        detail: What happened here, and what to do about it.
        state: The state the conversation is in, where that is in the way.
        conversation: The conversation's id.
        trigger: The move it could not make.
        limit: The most characters the carrier takes.
        length: How many the text has.
        problems: Every reason why a configuration cannot be used.
        errors: Which parts of the request are wrong, and how.
    """

    type: str
    title: str
    status: int
    detail: str
    state: str | None = None
    conversation: int | None = None
    trigger: str | None = None
    limit: int | None = None
    length: int | None = None
    problems: list[str] = []
    errors: list[dict[str, str]] = []


RESPONSES: Final = {
    status: ResponseSpec(
        data_container=Problem,
        generate_examples=False,
        description=description,
        media_type=MEDIA_TYPE,
    )
    for status, description in (
        (400, "The request cannot be understood."),
        (401, "A valid token is needed."),
        (403, "The caller may not do or see this."),
        (404, "There is no such thing."),
        (408, "The request took too long to arrive."),
        (409, "The state it is in, or the rep's presence or capacity, does not allow it."),
        (413, "The request is too large."),
        (422, "What is asked cannot be done at all: text, configuration or idempotency key."),
        (429, "The caller has uploaded too many files: try again after `Retry-After` seconds."),
        (500, "Cordboard has a defect, which is in its log."),
        (503, "Not now: try again after `Retry-After` seconds."),
        (507, "There is too little room left for files."),
    )
}
"""How the schema describes the errors of every call."""


def kind_of(error: CordboardError) -> Kind:
    """Return the sort of problem an error is."""
    return next(BY_ERROR[each] for each in type(error).__mro__ if each in BY_ERROR)


def encode(kind: Kind, detail: str, **facts: Any) -> bytes:
    """Return the body of a problem's answer."""
    return msgspec.json.encode(_problem(kind, detail, **facts))


def headers_of(kind: Kind) -> dict[str, str]:
    """Return the headers that a problem's answer has besides its media type."""
    return {} if kind.retry_after is None else {"Retry-After": str(kind.retry_after)}


def answer_cordboard_error(_: Request[Any, Any, Any], error: CordboardError) -> Response[bytes]:
    """Answer what the engine raised."""
    kind = kind_of(error)
    body = msgspec.json.encode(problem_of(error))
    return Response(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers_of(kind))


def problem_of(error: Exception) -> Problem:
    """Return what a client is told of an error; what it is not told goes to the log."""
    if not isinstance(error, CordboardError):
        log_defect(error)
        return _problem(INTERNAL, explain_outage(INTERNAL))

    kind = kind_of(error)
    if kind.status >= INTERNAL.status:
        log.warning("request_failed", problem=kind.slug, reason=str(error))
        return _problem(kind, explain_outage(kind))

    return _problem(kind, str(error), **_facts(error))


def log_defect(error: Exception) -> None:
    """Log an error that nobody expected."""
    # Formatted here: a log that shows the variables of each frame would show texts and numbers.
    log.error("request_failed", problem=INTERNAL.slug, traceback="".join(traceback.format_exception(error)))


def explain_outage(kind: Kind) -> str:
    """Say what a client needs to know of a fault of ours: paths and causes are for the log."""
    again = "" if kind.retry_after is None else f" Try again after {kind.retry_after} s."
    return f"{kind.title}.{again} The daemon's log says more."


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the web framework, or a check of ours, raised."""
    kind = BY_STATUS.get(error.status_code, INTERNAL if error.status_code >= INTERNAL.status else BY_STATUS[400])
    if kind is INTERNAL:
        return answer_defect(request, error)

    extra = error.extra if isinstance(error.extra, list) else []
    errors = [_explain(each) for each in extra if isinstance(each, dict)]
    return _response(kind, error.detail, dict(error.headers or {}), errors=errors)


def answer_defect(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer what nobody expected, and tell the log, not the client."""
    body = msgspec.json.encode(problem_of(error))
    return Response(body, status_code=INTERNAL.status, media_type=MEDIA_TYPE)


def answer_missing_page(response: Response[Any]) -> Response[Any]:
    """Answer a problem where the framework has a page of its own that says 404."""
    if response.status_code == BY_STATUS[404].status:
        return _response(BY_STATUS[404], "there is no such page; GET /schema answers the OpenAPI document")

    return response


def _explain(wrong: dict[str, Any]) -> dict[str, str]:
    """Say in a client's words what the framework says in its own."""
    key = str(wrong.get("key", ""))
    message = str(wrong.get("message", ""))
    if key == "data" and message == "'data'":
        message = "The request needs a JSON body"

    return {"key": _CALLED.get(key, key), "message": message}


_CALLED: Final = {"data": "body", "in_state": "state"}
"""What clients call the arguments of handlers that have to be named otherwise in Python."""


def _facts(error: CordboardError) -> dict[str, Any]:
    match error:
        case IllegalTransition():
            return {
                "state": error.state.value,
                "conversation": error.conversation,
                "trigger": error.trigger.value if error.trigger else "reply",
            }
        case MessageTooLong():
            return {"limit": error.limit, "length": error.length}
        case InvalidConfiguration():
            return {"problems": list(error.problems)}
        case _:
            return {}


def _problem(kind: Kind, detail: str, **facts: Any) -> Problem:
    return Problem(type=kind.type, title=kind.title, status=kind.status, detail=detail, **facts)


def _response(kind: Kind, detail: str, headers: dict[str, str] | None = None, **facts: Any) -> Response[bytes]:
    body = encode(kind, detail, **facts)
    return Response(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)
