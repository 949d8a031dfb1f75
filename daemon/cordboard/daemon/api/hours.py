"""Operating hours: how they are now, and as files that other calendars can subscribe to."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath

from cordboard.daemon.api.caller import InHouse
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import Listing, listed, listing
from cordboard.daemon.api.views_of_board import HoursView
from cordboard.engine.errors import NotFound, Thing

SUFFIX = ".ics"


@get("/hours", responses=RESPONSES, summary="List the operating hours and whether they are open")
async def list_hours(house: InHouse) -> Annotated[Listing[HoursView], listed("HoursList")]:
    """List all operating hours, in the configuration's order."""
    board, now = house.engine.board, house.clock.now()
    calendars = [board.calendar(each.name) for each in board.config.hours]
    return listing(HoursView.of(each, now) for each in calendars if each is not None)


@get(
    "/hours/{file:str}",
    responses=RESPONSES,
    media_type="text/calendar",
    summary="Read operating hours as an iCalendar file",
    sync_to_thread=True,  # a long list of holidays takes some milliseconds, and texts come in meanwhile
)
def read_calendar_file(house: InHouse, file: FromPath[str]) -> Response[bytes]:
    """Return `NAME.ics`."""
    # Not with the module: few ask for it, and the library of such files would make every start slower.
    from cordboard.daemon.ical.writing import calendar_file

    board = house.engine.board
    calendar = board.calendar(file.removesuffix(SUFFIX)) if file.endswith(SUFFIX) else None
    if calendar is None:
        raise NotFound(
            f"there are no hours at {file!r} on board {board.name!r}; GET /v1/hours lists those there are",
            what=Thing.HOURS,
        )

    data = calendar_file(calendar.hours, board.config.time_zone, house.clock.now())
    return Response(data, media_type="text/calendar")
