"""`cordboard simulator`: the simulated carrier alone, so that anybody can test what they build without an account."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final

from msgspec import Struct

from cordboard.daemon.serve import Stop, stopped_by_signals
from cordboard.engine.errors import CordboardError, Fault
from cordboard.engine.secret import Secret
from cordboard.transports.simulator.acs.resource import Resource, Schema, Subscription
from cordboard.transports.simulator.carrier import SimulatedCarrier
from cordboard.transports.simulator.chaos import Chaos
from cordboard.transports.simulator.opt_outs import KeywordHandling
from cordboard.transports.simulator.script import Script

_TWILIO: Final = """\
  Twilio              {url}
    account SID       {account}
    auth token        {token}
    texts go to       {webhook}
"""

_ACS: Final = """\
  Communication Services
    endpoint          {url}
    access key        {key}
    events go to      {webhook}
"""

_CONTROL: Final = """\
  Be a customer       POST {url}/simulator/texts   {{"from": "+14155550123", "to": "+18005550100", "body": "Hi"}}
  What was carried    GET  {url}/simulator/texts
  What goes wrong     PUT  {url}/simulator/faults
"""


class SimulatorUnusable(CordboardError):
    """The simulator cannot be run as it was told to."""

    fault = Fault.OPERATOR


class Wish(Struct, frozen=True, kw_only=True):
    """What is to be simulated.

    Attributes:
        port: Where it listens on loopback; 0 for any port that is free.
        twilio: `ACCOUNT:TOKEN`; empty for made-up ones, unless Communication Services alone are wanted.
        webhook: Where Twilio brings texts; empty for nowhere.
        acs: The access key, base64, or `new` for a made-up one; empty for no Communication Services.
        events: Where Event Grid brings events; empty for nowhere.
        schema: How events are written.
        headers: What every call of Event Grid says besides, each as `NAME=VALUE`: a secret, perhaps.
        hurry: How much faster than at Azure events are tried again.
        numbers: The numbers of Communication Services; none for all that are not Twilio's.
        keywords: What is done about STOP, START and HELP.
        chaos: The seed of what goes wrong by chance; None for nothing.
    """

    port: int = 0
    twilio: str = ""
    webhook: str = ""
    acs: str = ""
    events: str = ""
    schema: Schema = Schema.EVENT_GRID
    headers: tuple[str, ...] = ()
    hurry: float = 10.0
    numbers: tuple[str, ...] = ()
    keywords: KeywordHandling = KeywordHandling.DEFAULT
    chaos: int | None = None


async def run_simulator(wish: Wish) -> None:
    """Simulate until SIGTERM or SIGINT.

    Raises:
        SimulatorUnusable: It cannot be run so.
    """
    carrier = build(wish)
    stop = Stop()
    with stopped_by_signals(stop):
        try:
            async with carrier:
                print(describe(carrier), flush=True)
                await stop.asked.wait()
        except OSError as error:
            raise SimulatorUnusable(
                f"the simulator cannot listen on port {wish.port}: {error.strerror}; choose another --port"
            ) from None


def build(wish: Wish) -> SimulatedCarrier:
    """Return the carrier that is wished for; it is not alive yet.

    Raises:
        SimulatorUnusable: There is none such.
    """
    for option, url in (("--webhook", wish.webhook), ("--events", wish.events)):
        if url and not url.startswith(("http://", "https://")):
            raise SimulatorUnusable(f"{option}: expected a URL, such as http://127.0.0.1:8080/webhooks/main")

    if wish.events and not wish.acs:
        raise SimulatorUnusable("--events: there are none without Communication Services; add --acs new")

    account, colon, token = wish.twilio.partition(":")
    if wish.twilio and not (account and colon and token):
        raise SimulatorUnusable("--twilio: expected ACCOUNT:TOKEN, such as AC00000000000000000000000000000000:secret")

    return SimulatedCarrier(
        account or f"AC{secrets.token_hex(16)}",
        Secret(token or secrets.token_hex(16)),
        webhook_url=wish.webhook,
        resource=_resource(wish),
        port=wish.port,
        script=Script(chaos=None if wish.chaos is None else Chaos(wish.chaos)),
        keywords=wish.keywords,
        control=True,
    )


def describe(carrier: SimulatedCarrier) -> str:
    """Return what whoever runs the simulator has to know: where it is, and its made-up credentials."""
    account, resource = carrier.account, carrier.resource
    told = ["\nThe simulated carrier is running, on this machine alone.\n"]
    if account.webhook_url or resource is None:
        told.append(
            _TWILIO.format(
                url=carrier.api_url,
                account=account.sid,
                token=account.auth_token.reveal(),
                webhook=account.webhook_url or "nowhere",
            )
        )

    if resource is not None:
        told.append(
            _ACS.format(
                url=carrier.api_url,
                key=resource.access_key.reveal(),
                webhook=resource.subscription.url if resource.subscription else "nowhere",
            )
        )

    return "\n".join([*told, _CONTROL.format(url=carrier.api_url)])


def _resource(wish: Wish) -> Resource | None:
    if not wish.acs:
        return None

    key = base64.b64encode(secrets.token_bytes(32)).decode() if wish.acs == "new" else wish.acs
    try:
        base64.b64decode(key, validate=True)
    except binascii.Error:
        raise SimulatorUnusable("--acs: expected an access key, which is base64, or 'new'") from None

    resource = Resource(access_key=Secret(key), numbers=wish.numbers or None)
    if wish.events:
        headers = dict(each.split("=", 1) for each in wish.headers if "=" in each)
        resource.subscription = Subscription(url=wish.events, schema=wish.schema, headers=headers, hurry=wish.hurry)

    return resource
