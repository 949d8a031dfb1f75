"""What a supervisor sees: everybody, every queue and every channel, as they are now."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.exceptions import PermissionDeniedException
from msgspec import Struct

from cordboard.daemon.access import Person
from cordboard.daemon.api.views_of_people import ProfileView, profile_views
from cordboard.daemon.desk.desk import Desk
from cordboard.daemon.desk.given import SignedIn, TheDesk
from cordboard.daemon.desk.lists import Line
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.presences import presence_text
from cordboard.engine.config import Channel
from cordboard.engine.states import ChannelState, RepState
from cordboard.engine.vocabulary import Milliseconds, Presence, PresenceReason, Timestamp


class Colleague(Struct, frozen=True, kw_only=True):
    """One rep, as a supervisor sees them.

    Attributes:
        name: Who.
        display_name: As people see it.
        presence: How they are, as routing sees it.
        custom: The name of their custom presence; empty where it is none.
        finishing: Whether they finish what they have; choosing any presence ends that, also the one they have.
        note: What else keeps offers from them, or will change their presence; empty where nothing does.
        since: Since when they are so; 0 for always.
        load: Units of capacity they hold.
        capacity: Units they have.
        profiles: What they have of each capacity profile.
        held: Conversations offered to them, with them or in wrap-up.
        queues: What they serve.
    """

    name: str
    display_name: str
    presence: Presence
    custom: str
    finishing: bool
    note: str
    since: Timestamp
    load: int
    capacity: int
    profiles: tuple[ProfileView, ...]
    held: int
    queues: tuple[str, ...]


class Door(Struct, frozen=True, kw_only=True):
    """Whether a queue is open, by its hours, and when that changes; None where it never does."""

    open: bool = True
    changes_at: Timestamp | None = None


@get("/overview", include_in_schema=False)
async def show_overview(person: SignedIn, desk: TheDesk) -> Response[str]:
    """Reps, queues and conversations: for supervisors."""
    cursor = desk.engine.feed.cursor
    return page("overview.html", cursor=cursor, **await _overview(person, desk))


@get("/parts/overview", include_in_schema=False)
async def show_overview_part(person: SignedIn, desk: TheDesk) -> Response[str]:
    """The same, as a part of the page."""
    return page("_overview.html", **await _overview(person, desk))


async def _overview(person: Person, desk: Desk) -> dict[str, Any]:
    if not person.is_supervisor:
        raise PermissionDeniedException("The overview is for supervisors. Your own conversations are on the desk.")

    doors = _doors(desk)
    return {
        "channels": _channels(desk),
        "colleagues": _colleagues(desk),
        "lines": await _lines(desk),
        "doors": doors,
        "due": min((each.changes_at for each in doors.values() if each.changes_at is not None), default=None),
        "expected": _expected_waits(desk),
        "unserved": {each.name for each in desk.engine.board.config.queues if not each.reps},
        **desk.about(person),
    }


def _channels(desk: Desk) -> tuple[tuple[Channel, ChannelState], ...]:
    board = desk.engine.board
    return tuple((each, board.channel(each.name)) for each in board.config.channels)


def _colleagues(desk: Desk) -> tuple[Colleague, ...]:
    board = desk.engine.board
    return tuple(
        Colleague(
            name=each.name,
            display_name=each.display_name or each.name,
            presence=board.reps[each.name].presence,
            custom=board.reps[each.name].custom,
            finishing=board.reps[each.name].draining is not None,
            note=_note(board.reps[each.name], desk),
            since=board.reps[each.name].since,
            load=board.load_of(each.name),
            capacity=each.capacity,
            profiles=profile_views(each.name, board),
            held=len(board.held_by(each.name)),
            queues=board.queues_of(each.name),
        )
        for each in board.config.reps
        if each.name in board.reps
    )


def _expected_waits(desk: Desk) -> dict[str, Milliseconds | None]:
    board, now = desk.engine.board, desk.clock.now()
    return {each.name: board.expected_wait_on(each.name, now) for each in board.config.queues}


def _doors(desk: Desk) -> dict[str, Door]:
    board, now = desk.engine.board, desk.clock.now()
    calendars = {each.name: board.calendar(each.hours) for each in board.config.queues}
    return {
        queue: Door(open=it.is_open(now), changes_at=it.next_change(now)) if it is not None else Door()
        for queue, it in calendars.items()
    }


def _note(state: RepState, desk: Desk) -> str:
    if state.draining is not None:
        then = presence_text(state.draining.presence, state.draining.custom, desk.engine.board.config)
        return f"finishing, then {then.lower()}"

    if not state.working:
        return "outside of working hours"

    return {PresenceReason.MISSED: "missed an offer", PresenceReason.DECLINED: "declined an offer"}.get(
        state.why or PresenceReason.CAPACITY, ""
    )


async def _lines(desk: Desk) -> tuple[Line, ...]:
    return tuple([await desk.lists.line(each.name) for each in desk.engine.board.config.queues])
