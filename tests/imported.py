"""What processes that begin warm have imported, and what takes the longest to build: all of the daemon."""

from __future__ import annotations

import cordboard.daemon.demo
import cordboard.daemon.simulate
import cordboard.transports.acs  # noqa: F401 - carriers are imported when a configuration names them
from cordboard.daemon.app import _rooms

_rooms(phones=True)
_rooms(phones=False)
