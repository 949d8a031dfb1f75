"""The shapes of the API: reps as clients see them."""

from __future__ import annotations

from typing import Self

from msgspec import Struct

from cordboard.daemon.api.times import rfc3339
from cordboard.daemon.presences import presence_text
from cordboard.engine import Board
from cordboard.engine.config import Rep
from cordboard.engine.routing_words import ProfileReset
from cordboard.engine.vocabulary import (
    Presence,
    PresenceReason,
    Role,
)


class ProfileView(Struct, frozen=True, kw_only=True):
    """What a rep has of a capacity profile. `free`: what is left of `limit`, never below 0.

    Attributes:
        used: Units that count against it: held now, or taken today where it is reset at the end of the day.
        blocking: It is used up, and keeps the rep from being offered anything at all.
    """

    name: str
    limit: int
    used: int
    free: int
    reset: ProfileReset
    blocking: bool


class DrainView(Struct, frozen=True, kw_only=True):
    """What a rep will be once they have finished what they have."""

    presence: Presence
    custom_presence: str | None


class RepView(Struct, frozen=True, kw_only=True):
    """A rep as they are now.

    Attributes:
        presence: What routing goes by, also where a `custom_presence` has been chosen.
        presence_text: Either in words.
        presence_reason: Why the system set it; null where a person did.
        draining: What they will be once they have finished what they have, and until when they get nothing more.
        working: Whether it is within their hours.
        connected: Whether they have a desk open.
        capacity: Units of work they hold at once.
        load: Units that they hold.
        free: What is left, never below 0.
        profiles: What they have of each capacity profile beside.
        languages: What they speak.
    """

    name: str
    display_name: str
    roles: tuple[Role, ...]
    queues: tuple[str, ...]
    presence: Presence
    custom_presence: str | None
    presence_text: str
    presence_reason: PresenceReason | None
    draining: DrainView | None
    working: bool
    connected: bool
    since: str
    capacity: int
    load: int
    free: int
    profiles: tuple[ProfileView, ...]
    languages: tuple[str, ...]

    @classmethod
    def of(cls, rep: Rep, board: Board) -> Self:
        """Show a rep with the board's live counts."""
        state, load = board.reps[rep.name], board.load_of(rep.name)
        return cls(
            name=rep.name,
            display_name=rep.display_name or rep.name,
            roles=rep.roles,
            queues=board.queues_of(rep.name),
            presence=state.presence,
            custom_presence=state.custom or None,
            presence_text=presence_text(state.presence, state.custom, board.config),
            presence_reason=state.why,
            draining=DrainView(presence=state.draining.presence, custom_presence=state.draining.custom or None)
            if state.draining
            else None,
            working=state.working,
            connected=state.connected and state.gone_at is None,
            since=rfc3339(state.since),
            capacity=rep.capacity,
            load=load,
            free=max(0, rep.capacity - load),
            profiles=profile_views(rep.name, board),
            languages=rep.languages,
        )


def profile_views(rep: str, board: Board) -> tuple[ProfileView, ...]:
    """Show what a rep has of each capacity profile, in the configuration's order."""
    return tuple(
        ProfileView(
            name=profile.name,
            limit=use.limit,
            used=use.used,
            free=max(0, use.limit - use.used),
            reset=profile.reset,
            blocking=use.blocks,
        )
        for profile in board.config.capacity_profiles
        for use in [board.profile_use(rep, profile.name)]
    )
