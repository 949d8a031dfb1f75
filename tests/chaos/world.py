"""Where it happens: the simulated carriers, and the configuration of a daemon with a channel at each of them."""

from __future__ import annotations

import base64
import random
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.acceptance.harness import ACCOUNT, AUTH_TOKEN, TOKENS

from cordboard.engine.secret import Secret
from cordboard.transports.simulator.acs.resource import Resource, Subscription
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.chaos import WEIGHTS, Chaos
from cordboard.transports.simulator.opt_outs import KeywordHandling
from cordboard.transports.simulator.script import Script
from cordboard.transports.simulator.twilio.caller import Patience

AT_TWILIO: Final = "+18005550100"
AT_AZURE: Final = "+18005550101"

_KEY: Final = base64.b64encode(b"a key that nobody but this run knows").decode()
_SECRET: Final = "a-secret-of-event-grid"

CONFIGURATION: Final = "cordboard.toml"
"""The name of the configuration's file."""

CONFIRMATION: Final = "You have stopped, and get no more texts."

_OURS: Final[Mapping[str, float]] = {
    **WEIGHTS,
    # Each takes one of sixteen places for as long as a request may take; of a few there is as much to be learnt.
    **dict.fromkeys(("hang", "take_and_hang", "stall"), 0.1),
    # Each halves what may be on its way, which grows again slowly.
    **dict.fromkeys(("throttled", "throttled_for_a_second"), 0.3),
    # Where any report of a text came, it is known to be sent: of these alone nobody can tell but by asking.
    "take_in_silence": 12.0,
    # After the one nobody is texted any more, and of the others there is one end only.
    "opted_out": 0.1,
    **dict.fromkeys(("landline", "invalid_number"), 0.5),
}

_THEIRS: Final[Mapping[str, float]] = {"normal": 16.0, "webhooks_twice": 2.0, "webhooks_lost": 1.0, "slow": 1.0}

_WRITTEN: Final = """
[board]
name = "contoso"

[board.keywords]
stop = "{confirmation}"

[[channels]]
name = "main"
provider = "twilio"
account_sid = "{account}"
auth_token = "{token}"
public_url = "{door}"
api_url = "{carrier}"

[[channels]]
name = "azure"
provider = "acs"
endpoint = "{carrier}"
access_key = "{key}"
public_url = "{door}"
webhook_secret = "{secret}"
event_grid_subscriptions = ["cordboard"]

[[numbers]]
address = "{at_twilio}"
channel = "main"
kind = "toll_free"
workstream = "chat"
pace = {{ amount = 10000 }}

[[numbers]]
address = "{at_azure}"
channel = "azure"
kind = "toll_free"
workstream = "chat"
pace = {{ amount = 10000 }}

[[workstreams]]
name = "chat"
queue = "general"
auto_accept = true

[[queues]]
name = "general"
reps = ["ana"]

[[reps]]
name = "ana"
capacity = 1000000
token = "{ana}"

[[reps]]
name = "ben"
roles = ["rep", "supervisor", "admin"]
token = "{ben}"
"""


def simulated_carrier(seed: str, door: str, *, calm: float) -> SimulatedCarrier:
    """Return a carrier that brings texts to a door and lets much go wrong; it is not alive yet.

    It answers no keyword and blocks nobody: what is sent to who has stopped, it sends.
    """
    subscription = Subscription(url=f"{door}/webhooks/azure?secret={_SECRET}", batch=5, hurry=100.0)
    carrier = SimulatedCarrier(
        ACCOUNT,
        Secret(AUTH_TOKEN),
        webhook_url=f"{door}/webhooks/main",
        resource=Resource(access_key=Secret(_KEY), numbers={AT_AZURE}, subscription=subscription),
        # A daemon that starts takes longer than this: what comes meanwhile is given up, and has to be asked for.
        patience=Patience(first_pause=0.1, retries=3),
        script=Script(chaos=Chaos(_as_number(seed), {**_OURS, "normal": calm}, incoming=_THEIRS)),
        keywords=KeywordHandling.NONE,
    )
    carrier.account.numbers = {AT_TWILIO}
    return carrier


def write_configuration(folder: Path, carrier: SimulatedCarrier, door: str) -> None:
    """Write the daemon's configuration file into a folder."""
    written = _WRITTEN.format(
        confirmation=CONFIRMATION,
        account=ACCOUNT,
        token=AUTH_TOKEN,
        door=door,
        carrier=carrier.api_url,
        key=_KEY,
        secret=_SECRET,
        at_twilio=AT_TWILIO,
        at_azure=AT_AZURE,
        **TOKENS,
    )
    (folder / CONFIGURATION).write_text(written, encoding="utf-8")


def find_port() -> int:
    """Return a port that is free now, and that no connection gets for its own end while the daemon is dead."""
    for port in random.sample(range(20_000, 30_000), 100):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue

    raise RuntimeError("no port from 20000 to 29999 is free")


def _as_number(seed: str) -> int:
    return random.Random(seed).getrandbits(32)  # noqa: S311 - nothing secret is drawn
