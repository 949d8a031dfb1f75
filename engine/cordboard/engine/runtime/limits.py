"""How much the runtime takes on."""

from __future__ import annotations

from msgspec import Struct

from cordboard.engine.config import HOUR, MINUTE, SECOND
from cordboard.engine.vocabulary import Milliseconds


class Limits(Struct, frozen=True, kw_only=True):
    """How much the runtime takes on before it says no, or takes turns.

    Attributes:
        mailbox: Commands that may wait; past it callers get `Overloaded`. At 10,000 commands/s, the wait of a second.
        batch: Commands that share one commit. More gains nothing: the fsync is a small part by then.
        sends: Texts that may be on their way to one channel's carrier at once.
        ring: Events the feed keeps at hand; who is further behind reads them from the store.
        fetches: Attachments that may be on their way from one channel's carrier at once.
        attachment: Bytes of a customer's attachment; a larger one is not kept. 5 MB is what Dynamics 365 takes.
        fetch: How long fetching one may take.
        fetch_again: How long to wait before fetching is tried again; doubled each time, up to five minutes.
        fetch_until: How long after a text came fetching is given up.
        closing: How long closing waits for texts on their way; their transports give up before.
        reconcile_every: How often carriers are asked for what their webhooks did not bring.
    """

    mailbox: int = 10_000
    batch: int = 1_000
    sends: int = 16
    ring: int = 10_000
    fetches: int = 4
    attachment: int = 5 * 1024 * 1024
    fetch: Milliseconds = 60 * SECOND
    fetch_again: Milliseconds = 2 * SECOND
    fetch_until: Milliseconds = 1 * HOUR
    closing: Milliseconds = 20 * SECOND
    reconcile_every: Milliseconds = 10 * MINUTE
