"""How much the runtime takes on."""

from __future__ import annotations

from msgspec import Struct

from cordboard.engine.config import MINUTE, SECOND
from cordboard.engine.vocabulary import Milliseconds


class Limits(Struct, frozen=True, kw_only=True):
    """How much the runtime takes on before it says no, or takes turns.

    Attributes:
        mailbox: Commands that may wait; past it callers get `Overloaded`. At 10,000 commands/s, the wait of a second.
        batch: Commands that share one commit. More gains nothing: the fsync is a small part by then.
        sends: Texts that may be on their way to one channel's carrier at once.
        ring: Events the feed keeps at hand; who is further behind reads them from the store.
        closing: How long closing waits for texts on their way; their transports give up before.
        reconcile_every: How often carriers are asked for what their webhooks did not bring.
    """

    mailbox: int = 10_000
    batch: int = 1_000
    sends: int = 16
    ring: int = 10_000
    closing: Milliseconds = 20 * SECOND
    reconcile_every: Milliseconds = 10 * MINUTE
