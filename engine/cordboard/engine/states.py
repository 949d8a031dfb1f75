"""How reps, channels and queues are, as it is at one moment: what changes of them while their configuration stays.

They are records like those of `cordboard.engine.records`.
"""

from __future__ import annotations

from msgspec import Struct

from cordboard.engine.carrier import Failure
from cordboard.engine.vocabulary import Milliseconds, Presence, PresenceReason, Timestamp


class PresenceChoice(Struct, frozen=True, kw_only=True):
    """A presence that a rep had, or will have.

    Attributes:
        presence: What routing goes by.
        custom: The name of the custom presence, where it is one.
        why: Why the system had set it; None where a person had.
    """

    presence: Presence
    custom: str = ""
    why: PresenceReason | None = None


class RepState(Struct, frozen=True, kw_only=True):
    """A rep, as they are now.

    Attributes:
        name: Who.
        presence: How they are, as routing sees it.
        custom: The name of their custom presence, whose base `presence` is; empty where it is none.
        since: Since when they are so.
        why: Why the system set it; None where a person did.
        draining: What they will be when they have finished what they have: until then they get nothing more.
        working: Whether it is within their working hours.
        works_until: When `working` is looked at again; None for who has no hours.
        connected: Whether a desk of theirs is open, or may be back in a moment.
        gone_at: When their desk, which is not there, counts as gone.
        before: What they were before their desk was gone.
        last_assignment: The id of their last assignment, 0 before the first: who has the smallest waited longest.
        release_at: When an offline rep loses the conversations they hold; None while they are not offline.
        released_at: When capacity of theirs was last freed; 0 before the first time.
        used_today: Units that they have taken today of the capacity profiles that are reset at the end of the day.
        used_since: When they took the first of them; None while there are none.
    """

    name: str
    presence: Presence = Presence.OFFLINE
    custom: str = ""
    since: Timestamp = 0
    why: PresenceReason | None = None
    draining: PresenceChoice | None = None
    working: bool = True
    works_until: Timestamp | None = None
    connected: bool = False
    gone_at: Timestamp | None = None
    before: PresenceChoice | None = None
    last_assignment: int = 0
    release_at: Timestamp | None = None
    released_at: Timestamp = 0
    used_today: dict[str, int] = {}
    used_since: Timestamp | None = None

    @property
    def takes_offers(self) -> bool:
        """Whether they may be offered anything, as far as hours and what they mean to do next are concerned."""
        return self.working and self.draining is None


class Notice(Struct, frozen=True, kw_only=True):
    """What a carrier said of a channel.

    Attributes:
        at: When.
        code: A word for it.
        text: The same as a sentence, with what to do.
    """

    at: Timestamp
    code: str
    text: str


class ChannelState(Struct, frozen=True, kw_only=True):
    """A channel, as it is now.

    Attributes:
        name: Which.
        stopped_at: Since when nothing goes through, the account's fault; None while all is well.
        failure: What the carrier said then.
        reconciled_to: Up to when the carrier has been asked for what its webhooks did not bring; None before the first
            time.
        notice: What the carrier last said of the channel; None while it has said nothing.
    """

    name: str
    stopped_at: Timestamp | None = None
    failure: Failure | None = None
    reconciled_to: Timestamp | None = None
    notice: Notice | None = None


class Taking(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody took a conversation that had waited.

    Attributes:
        at: When it left the list.
        gap: How long nothing had left it before, while something waited.
    """

    at: Timestamp
    gap: Milliseconds


class QueueState(Struct, frozen=True, kw_only=True):
    """A queue, as it is now.

    Attributes:
        name: Which.
        takings: The last few that say how fast it is served, the oldest first.
        last_taken_at: When a conversation that had waited last left it, whether or not that says so; 0 for never.
    """

    name: str
    takings: tuple[Taking, ...] = ()
    last_taken_at: Timestamp = 0
