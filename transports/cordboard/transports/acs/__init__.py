"""Azure Communication Services: texts by its REST API, webhooks from Event Grid. Needs `pip install ".[acs]"`.

Importing this imports neither Azure's SDK nor an HTTP library, which takes a while: opening a transport does.
"""

from __future__ import annotations

from cordboard.transports.acs.settings import AcsSettings, Credential, EventGridToken
from cordboard.transports.acs.transport import AcsTransport, Deadlines
from cordboard.transports.base import require

# Of Azure's packages, all of which are below `azure`, the SMS client alone needs msrest.
require("azure", "msrest", "aiohttp", "phonenumbers", provider="acs", extra="acs")

__all__ = ["AcsSettings", "AcsTransport", "Credential", "Deadlines", "EventGridToken"]
