"""Reps: who they are, how they are, and how much they have to do."""

from __future__ import annotations

from typing import Annotated

from litestar import get, put
from litestar.exceptions import ValidationException
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from cordboard.daemon.access import Person
from cordboard.daemon.api.caller import Caller, InHouse
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import Listing, listed, listing
from cordboard.daemon.api.views_of_people import RepView
from cordboard.daemon.api.views_of_routing import RepRoutingView
from cordboard.daemon.house import House
from cordboard.engine.commands import SetPresence
from cordboard.engine.errors import Bar, NotAllowed, NotFound, Thing
from cordboard.engine.vocabulary import Presence


class PresenceChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a rep is from now on, or, with `when_done`, once they have finished what they have.

    `presence`: one of the five, or the name of a custom one.
    """

    presence: str
    when_done: bool = False


@get("/me", responses=RESPONSES, summary="Read who I am")
async def read_me(house: InHouse, person: Caller) -> RepView:
    """Return the caller as a rep."""
    return _rep(house, person.name)


@put("/me/presence", responses=RESPONSES, summary="Say how I am")
async def set_my_presence(house: InHouse, person: Caller, data: JSONBody[PresenceChange]) -> RepView:
    """Change the caller's presence."""
    return await _set_presence(house, person.name, data, by=person)


@get("/reps", responses=RESPONSES, summary="List the reps and what they hold")
async def list_reps(house: InHouse) -> Annotated[Listing[RepView], listed("RepList")]:
    """List everybody, in the configuration's order."""
    board = house.engine.board
    return listing(RepView.of(each, board) for each in board.config.reps)


@get("/reps/{name:str}/routing", responses=RESPONSES, summary="Read why a rep gets nothing")
async def read_rep_routing(house: InHouse, person: Caller, name: FromPath[str]) -> RepRoutingView:
    """Tell what waits on a rep's queues, and what keeps it from them: for themselves, and for supervisors."""
    if name != person.name and not person.is_supervisor:
        raise NotAllowed(f"only {name} and supervisors may ask why {name} gets nothing", bar=Bar.SUPERVISORS)

    return RepRoutingView.of(house.engine.board.explain_rep(name))


@put("/reps/{name:str}/presence", responses=RESPONSES, summary="Say how a rep is")
async def set_presence(house: InHouse, person: Caller, name: FromPath[str], data: JSONBody[PresenceChange]) -> RepView:
    """Change a rep's presence: supervisors anybody's, everybody their own."""
    return await _set_presence(house, name, data, by=person)


def require_presence(house: House, presence: str) -> None:
    """Refuse a request for a presence that there is not."""
    custom = {each.name for each in house.engine.board.config.presences}
    if presence not in custom | {each.value for each in Presence}:
        wrong = {"key": "presence", "message": f"There is no presence {presence!r}"}
        raise ValidationException("The request cannot be understood.", extra=[wrong])


async def _set_presence(house: House, rep: str, change: PresenceChange, *, by: Person) -> RepView:
    require_presence(house, change.presence)
    await house.engine.submit(SetPresence(rep=rep, presence=change.presence, by=by.name, when_done=change.when_done))
    return _rep(house, rep)


def _rep(house: House, name: str) -> RepView:
    board = house.engine.board
    for each in board.config.reps:
        if each.name == name:
            return RepView.of(each, board)

    raise NotFound(f"there is no rep {name!r} on board {board.name!r}", what=Thing.REP)
