"""The engine of an SMS contact centre: what a host needs to embed it.

The engine knows no carrier, no database and no web: those come from `cordboard.transports` and `cordboard.storage`.
Importing does nothing; the host keeps its event loop, its signals and its logging.
"""

from __future__ import annotations

from cordboard.engine.board.board import Board
from cordboard.engine.clock import ManualClock, SystemClock
from cordboard.engine.config import BoardConfig, Channel, Number, Queue, Rep, Workstream
from cordboard.engine.runtime.engine import Engine
from cordboard.engine.runtime.limits import Limits

__all__ = [
    "Board",
    "BoardConfig",
    "Channel",
    "Engine",
    "Limits",
    "ManualClock",
    "Number",
    "Queue",
    "Rep",
    "SystemClock",
    "Workstream",
]
