"""`cordboard`, told how quick the simulated carrier is, so that a short run need not wait as long as for a true one.

A request is given up after 2 seconds in place of 15, and Twilio's list counts as complete 8 seconds after an attempt in
place of 30: four times as long, in place of twice, for a carrier that shares a busy machine. Nothing else is other than
in `cordboard`.
"""

from __future__ import annotations

import sys
from functools import partial

from msgspec.structs import replace

from cordboard.daemon.cli import main
from cordboard.transports.acs import transport as acs
from cordboard.transports.twilio import transport as twilio

if __name__ == "__main__":
    twilio.CAPABILITIES = replace(twilio.CAPABILITIES, listed_after=8_000)  # type: ignore[misc]  # on purpose
    twilio.Deadlines = partial(twilio.Deadlines, total=2.0)  # type: ignore[misc, assignment]  # on purpose
    acs.Deadlines = partial(acs.Deadlines, total=2.0)  # type: ignore[misc, assignment]  # on purpose
    sys.exit(main())
