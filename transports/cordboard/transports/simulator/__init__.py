"""A simulated carrier, over real HTTP on loopback: Twilio, Azure Communication Services, and the customers' phones.

What is carried, and for whom: `messages` (texts, the ledger), `phones`, `opt_outs`, `limits`, and `carriage`, the way
of a text. How it is spoken of: `twilio`, Twilio's wire, and `acs`, that of Azure Communication Services with its Event
Grid. What goes wrong: `faults` (treatments), `script` (whose texts get which), `chaos` (any, by chance), `codes`.
`carrier` puts it together, and `control` takes orders over HTTP.

`SimulatorTransport` makes a channel of it, for the demo. Tests and benches use `simulator.carrier.SimulatedCarrier`
with a transport of their own, and `cordboard simulator` runs one alone. Needs `pip install ".[twilio]"`.
"""

from __future__ import annotations

from cordboard.transports.base import require

require("twilio", "aiohttp", provider="simulator", extra="twilio")

# Twilio's transport, of which this is made, would ask for the same in its own name.
from cordboard.transports.simulator.transport import SimulatorSettings, SimulatorTransport  # noqa: E402 - not before that

__all__ = ["SimulatorSettings", "SimulatorTransport"]
