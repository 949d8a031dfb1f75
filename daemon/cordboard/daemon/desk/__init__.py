"""The web desk: where representatives work, and supervisors look on."""

from __future__ import annotations

from cordboard.daemon.desk.routes import desk_router

__all__ = ["desk_router"]
