"""The desk's addresses."""

from __future__ import annotations

import re
from typing import Any, Final

from litestar import Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.types import ASGIApp

from cordboard.daemon.access import COOKIE
from cordboard.daemon.desk import actions, files, ongoing, overview, session, whys
from cordboard.daemon.desk.assets import ASSETS
from cordboard.daemon.desk.given import Asked, SignedIn, TheDesk, TheHouse
from cordboard.daemon.desk.refusals import HANDLERS
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.desk.stream import DeskStream

_EVENT: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_LARGEST_ID: Final = 2**63 - 1


@get("/", include_in_schema=False)
async def show_desk(person: SignedIn, desk: TheDesk) -> Response[str]:
    """The desk, with no conversation opened."""
    return await desk.whole(person)


@get("/conversations/{conversation:int}", include_in_schema=False)
async def show_conversation(
    conversation: FromPath[int],
    request: Asked,
    person: SignedIn,
    desk: TheDesk,
    everything: FromQuery[bool] = False,
) -> Response[str]:
    """A conversation: the part of the page that shows it, or the whole desk with it opened."""
    whole = "hx-request" not in request.headers or "hx-history-restore-request" in request.headers
    try:
        found = await desk.conversation(person, conversation)
    except NotFoundException as missing:
        if whole:
            raise

        return page("_gone.html", conversation=conversation, text=missing.detail)

    return await (desk.whole(person, found) if whole else desk.opened(person, found, everything=everything))


@get("/parts/mine", include_in_schema=False)
async def show_mine(person: SignedIn, desk: TheDesk) -> Response[str]:
    """What is offered to the rep, and what they have."""
    return page("_mine_and_offers.html", lists=await desk.lists.mine(person), **desk.about(person))


@get("/parts/waiting", include_in_schema=False)
async def show_waiting(person: SignedIn, desk: TheDesk) -> Response[str]:
    """What waits on the rep's queues."""
    return page("_waiting.html", lines=await desk.lists.waiting(person), **desk.about(person))


@get("/parts/me", include_in_schema=False)
async def show_me(person: SignedIn, desk: TheDesk) -> Response[str]:
    """The rep's own presence and load, and the stopped channels that concern them."""
    return page("_me_and_channels.html", **desk.about(person))


@get("/stream", media_type="text/event-stream", include_in_schema=False)
async def follow(request: Asked, person: SignedIn, house: TheHouse, desk: TheDesk) -> ASGIApp:
    """Tell the page which of its parts have changed since the last event it has heard of."""
    heard = str(request.headers.get("last-event-id") or request.query_params.get("after", ""))
    after = int(heard) if _EVENT.fullmatch(heard) else -1
    return DeskStream(house, person, cookie=request.cookies[COOKIE], after=after, clock=desk.clock)


def desk_router() -> Router:
    """Return everything under `/desk`."""
    return Router(
        "/desk",
        route_handlers=[
            ASSETS.handler(),
            session.show_sign_in,
            session.sign_in,
            session.sign_out,
            show_desk,
            show_conversation,
            show_mine,
            show_waiting,
            show_me,
            overview.show_overview,
            overview.show_overview_part,
            ongoing.show_ongoing,
            ongoing.show_ongoing_part,
            ongoing.ask_in_bulk,
            whys.show_why,
            whys.show_why_of_rep,
            actions.act,
            actions.transfer,
            actions.reply,
            actions.set_presence,
            files.show_attachment,
            files.upload,
            follow,
        ],
        dependencies={"person": Provide(session.signed_in)},
        guards=[session.own_pages_only, _possible_ids_only],
        exception_handlers=HANDLERS,
        include_in_schema=False,
    )


def _possible_ids_only(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    for what in ("conversation", "message"):
        if not 0 < connection.path_params.get(what, 1) <= _LARGEST_ID:
            raise NotFoundException(f"There is no such {what}.")
