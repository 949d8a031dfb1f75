"""What watches the daemon: is it alive, is it ready, what has it done."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from cordboard.daemon.api.caller import InHouse
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.metrics import Metrics

_PROMETHEUS_TEXT: Final = "text/plain; version=0.0.4"
"""The format's name; the framework adds the character set."""


class Health(Struct, frozen=True, kw_only=True):
    """How the daemon is."""

    status: str


@get("/healthz", summary="Whether the process lives")
async def read_health() -> Health:
    """Answer as long as anything can."""
    return Health(status="live")


@get("/readyz", responses={503: RESPONSES[503]}, summary="Whether texts can be taken: board loaded, store writable")
async def read_readiness(house: InHouse) -> Health:
    """Answer 200 if a text that came now could be kept, else 503."""
    await house.engine.probe()
    return Health(status="ready")


@get("/metrics", media_type="text/plain", summary="Counts for Prometheus")
async def read_metrics(metrics: NamedDependency[Metrics]) -> Response[bytes]:
    """Return the counters and gauges in Prometheus' text format."""
    return Response(metrics.expose(), media_type=_PROMETHEUS_TEXT)
