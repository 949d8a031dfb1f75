"""The simulated customers' phones: text a number of ours as anybody, and see the answers come."""

from __future__ import annotations

from cordboard.daemon.phone.routes import phone_router

__all__ = ["phone_router"]
