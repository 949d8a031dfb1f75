"""Twilio: texts by its REST API, webhooks verified by their signature. Needs `pip install ".[twilio]"`.

Importing this does not import Twilio's SDK, which takes a while: opening a transport does.
"""

from __future__ import annotations

from cordboard.transports.base import require
from cordboard.transports.twilio.settings import SharedKey, Subaccount, TwilioSettings
from cordboard.transports.twilio.transport import Deadlines, TwilioTransport

require("twilio", "aiohttp", provider="twilio", extra="twilio")

__all__ = ["Deadlines", "SharedKey", "Subaccount", "TwilioSettings", "TwilioTransport"]
