"""Any carrier or gateway with an HTTP API: the channel's settings say how it is asked, and what it says.

Needs `pip install ".[http]"`. Importing this does not import an HTTP library: opening a transport does.
"""

from __future__ import annotations

from cordboard.transports.base import require
from cordboard.transports.http.settings import HttpSettings
from cordboard.transports.http.transport import Deadlines, HttpTransport

require("aiohttp", provider="http", extra="http")

__all__ = ["Deadlines", "HttpSettings", "HttpTransport"]
