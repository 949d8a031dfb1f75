"""What processes that begin warm need not import, look up or build any more: all of the daemon, and its carriers."""

from __future__ import annotations

from importlib import import_module

from cordboard.daemon.app import _rooms
from cordboard.daemon.desk.rendering import _TEMPLATES
from cordboard.transports.base import BUILT_IN, find_transport

for module in (
    # What is imported only where it is used.
    *("anyio._backends._asyncio", "uvloop", "uvicorn.lifespan.on", "uvicorn.loops.auto"),
    *("cordboard.daemon.demo", "cordboard.daemon.demo_check", "cordboard.daemon.simulate"),
    *(f"cordboard.transports.twilio.{each}" for each in ("client", "listing", "media", "sending")),
    *(f"cordboard.transports.acs.{each}" for each in ("client", "reports", "sending")),
    *("cordboard.transports.simulator.carrier", "phonenumbers"),
):
    import_module(module)

for provider in BUILT_IN:
    find_transport(provider)

for template in _TEMPLATES.list_templates():
    _TEMPLATES.get_template(template)

for phones in (True, False):
    _rooms(phones=phones)
