"""A simulated carrier in the process: Twilio's protocol over real HTTP on loopback, and the customers' phones.

`SimulatorTransport` makes a channel of it, for the demo. Tests and benches use `simulator.carrier.SimulatedCarrier`
with a `TwilioTransport`. Needs `pip install "cordboard[twilio]"`.
"""

from __future__ import annotations

from cordboard.transports.base import require
from cordboard.transports.simulator.transport import SimulatorSettings, SimulatorTransport

require("twilio", "aiohttp", provider="simulator", extra="twilio")

__all__ = ["SimulatorSettings", "SimulatorTransport"]
