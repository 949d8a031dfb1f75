"""What a request finds inside. The rooms are built once, for any house: each request brings the one it came to."""

from __future__ import annotations

from typing import Any, Final, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import Provide

from cordboard.daemon.house import House


def house_of(connection: ASGIConnection[Any, Any, Any, Any]) -> House:
    """Return the house a request came to."""
    return cast("House", connection.scope["state"]["house"])


def _provide(name: str) -> Provide:
    def provide(request: Request[Any, Any, Any]) -> Any:
        return request.scope["state"][name]

    return Provide(provide, sync_to_thread=False)


GIVEN: Final = {name: _provide(name) for name in ("house", "metrics", "desk", "exchange")}
"""What a handler may ask for: a request's state has it by these names."""
