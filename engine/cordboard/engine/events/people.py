"""What happens to reps."""

from __future__ import annotations

from cordboard.engine.events.base import BoardEvent
from cordboard.engine.vocabulary import (
    Presence,
    PresenceReason,
    Timestamp,
)


class RepEvent(BoardEvent, frozen=True, kw_only=True):
    """Something happened to a rep."""

    rep: str


class PresenceChanged(RepEvent, frozen=True, kw_only=True):
    """A rep's presence is another, or somebody else says so now.

    Attributes:
        presence: How they are, as routing sees it.
        by: Who says so.
        release_at: When they lose what they hold, if they went offline.
        custom: The name of the custom presence, where it is one.
        why: Why the system says so; None where a person does.
    """

    presence: Presence
    by: str
    release_at: Timestamp | None = None
    custom: str = ""
    why: PresenceReason | None = None


class DrainStarted(RepEvent, frozen=True, kw_only=True):
    """A rep gets nothing more, and has another presence as soon as they have finished what they have."""

    presence: Presence
    by: str
    custom: str = ""


class ShiftChanged(RepEvent, frozen=True, kw_only=True):
    """A rep's working hours begin or end. `until`: when that is looked at again; None for who has no hours."""

    working: bool
    until: Timestamp | None


class DeskConnected(RepEvent, frozen=True, kw_only=True):
    """A rep's desk is open."""


class DeskLost(RepEvent, frozen=True, kw_only=True):
    """A rep's desk is not there. `gone_at`: when it counts as gone, if it does not come back."""

    gone_at: Timestamp


class DeskGone(RepEvent, frozen=True, kw_only=True):
    """A rep's desk has not come back."""


class ProfilesReset(RepEvent, frozen=True, kw_only=True):
    """A day has ended: what a rep took of capacity profiles that are reset then is free again."""

    rep: str
