"""The daemon's HTTP application: the carriers' door in front, the API and the pages behind it."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import anyio
import msgspec
from litestar import Litestar, Request, Router, get
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Redirect
from litestar.types import ASGIApp, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from cordboard.daemon.api import (
    bulk,
    caller,
    configuration,
    consents,
    conversations,
    events,
    health,
    hours,
    inventory,
    media,
    people,
    problems,
    triggers,
)
from cordboard.daemon.body import PATIENCE
from cordboard.daemon.desk import desk_router
from cordboard.daemon.desk.desk import Desk
from cordboard.daemon.desk.refusals import answer_elsewhere
from cordboard.daemon.door import PREFIX, Door
from cordboard.daemon.event_log import log_event
from cordboard.daemon.house import House
from cordboard.daemon.inside import GIVEN
from cordboard.daemon.metrics import Metrics
from cordboard.daemon.phone import phone_router
from cordboard.daemon.phone.exchange import Exchange
from cordboard.daemon.threshold import Threshold
from cordboard.engine.errors import CordboardError


def create_app(house: House, *, patience: float = PATIENCE) -> ASGIApp:
    """Return the whole daemon as one ASGI application.

    Args:
        house: What it serves.
        patience: Seconds a request's body may take to arrive.
    """
    metrics = Metrics(house.engine, house.clock)
    door = Door(house, metrics, patience=patience)
    rooms = _rooms(phones=bool(house.simulators))
    inside = {"house": house, "metrics": metrics, "desk": Desk(house), "exchange": Exchange(house)}

    async def enter(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {**scope.get("state", {}), **inside}
        await rooms(scope, receive, send)

    threshold = Threshold(enter, patience=patience, known=lambda scope: house.access.knows(ASGIConnection(scope)))

    async def app(scope: Scope | LifeSpanScope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(house, metrics, cast("LifeSpanReceive", receive), cast("LifeSpanSend", send))
        elif scope["type"] != ScopeType.HTTP:
            await enter(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await door(scope, receive, send)
        else:
            await threshold(scope, receive, send)

    return cast("ASGIApp", app)


@cache
def _rooms(*, phones: bool) -> Litestar:
    """Return the API and the pages. They are the same in every house, and take longer to build than all else in it."""
    return Litestar(
        route_handlers=[
            _api(),
            health.read_health,
            health.read_readiness,
            health.read_metrics,
            go_to_desk,
            media.fetch_upload,
            desk_router(),
            *([phone_router()] if phones else []),
        ],
        dependencies=GIVEN,
        exception_handlers={
            CordboardError: problems.answer_cordboard_error,
            HTTPException: answer_elsewhere,
            Exception: problems.answer_defect,
        },
        openapi_config=_openapi(),
        logging_config=None,
    )


def _api() -> Router:
    return Router(
        "/v1",
        route_handlers=[
            conversations.list_conversations,
            conversations.read_conversation,
            conversations.list_messages,
            conversations.send_message,
            conversations.set_skills,
            conversations.read_routing,
            conversations.list_events,
            bulk.ask_in_bulk,
            media.read_media,
            media.upload_media,
            *triggers.TRIGGERS,
            people.read_me,
            people.set_my_presence,
            people.list_reps,
            people.set_presence,
            people.read_rep_routing,
            bulk.set_presences,
            inventory.list_queues,
            inventory.list_numbers,
            inventory.list_channels,
            inventory.list_unroutable,
            hours.list_hours,
            hours.read_calendar_file,
            consents.list_consents,
            configuration.apply_configuration,
            events.follow_events,
        ],
        guards=[caller.require_running, caller.require_person, caller.require_possible_id],
        dependencies={"person": Provide(caller.provide_person), "once": Provide(caller.provide_once)},
        request_class=caller.JsonRequest,
        exception_handlers={HTTPException: problems.answer_http_error},
        security=[{"token": []}],
        tags=["v1"],
    )


class _PlainYaml(YamlRenderPlugin):
    """YAML that says what the JSON does: a tuple, such as a field's default, would be one of Python's own there."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        as_json = JsonRenderPlugin().render(request, openapi_schema)
        return super().render(request, msgspec.json.decode(as_json))


def _openapi() -> OpenAPIConfig:
    """Serve the schema as JSON and YAML, and no page that would load scripts from elsewhere."""
    token = SecurityScheme(type="http", scheme="bearer", description="The token of a rep, from the configuration.")
    return OpenAPIConfig(
        title="Cordboard",
        version="1",
        description="Errors are RFC 9457 problem details (`application/problem+json`).",
        openapi_router=Router(
            "/schema", route_handlers=[], include_in_schema=False, after_request=problems.answer_missing_page
        ),
        render_plugins=[JsonRenderPlugin(), _PlainYaml()],
        components=Components(security_schemes={"token": token}),
        use_handler_docstrings=True,
    )


@get("/", include_in_schema=False)
async def go_to_desk() -> Redirect:
    """Send whoever opens the bare address in a browser to the desk."""
    return Redirect("/desk/")


async def _live(house: House, metrics: Metrics, receive: LifeSpanReceive, send: LifeSpanSend) -> None:
    """Count every committed event while the application runs, and log what the operator should read."""

    async def follow() -> None:
        async for event in house.engine.feed.events(house.engine.feed.cursor):
            metrics.count(event)
            log_event(event)

    await receive()  # the server starts
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(follow)
        tasks.start_soon(house.desks.tell)
        await send({"type": "lifespan.startup.complete"})
        await receive()  # the server stops
        tasks.cancel_scope.cancel()

    await send({"type": "lifespan.shutdown.complete"})
