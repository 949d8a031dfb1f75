"""Operating hours through the API: open or not, until when, and as a file to subscribe to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import icalendar
from msgspec.structs import replace

from cordboard.engine.commands import Configure
from cordboard.engine.hours import Holiday, Opening, OperatingHours, WeeklyOpening
from cordboard.engine.vocabulary import Weekday

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

HOURS = (
    OperatingHours(name="always", weekly=(WeeklyOpening(days=tuple(Weekday), opens="00:00", closes="24:00"),)),
    OperatingHours(name="never at all", time_zone="Europe/Berlin"),
    OperatingHours(
        name="holidays",
        holidays=tuple(
            Holiday(
                name="The long one",
                date=date(year, 1, 1),
                until=date(year, 12, 31),
                openings=(Opening(opens="00:00", closes="24:00"),),
            )
            for year in range(2020, 2060)
        ),
    ),
)


async def test_hours_tell_whether_they_are_open_and_which_holiday_it_is(daemon: Daemon) -> None:
    assert (await daemon.as_("ana").get("/v1/hours")).json() == {"items": [], "next": None}
    config = daemon.engine.board.config
    await daemon.engine.submit(Configure(config=replace(config, hours=HOURS)))

    always, never, holidays = (await daemon.as_("ana").get("/v1/hours")).json()["items"]

    assert (always["name"], always["open"], always["next_change_at"], always["holiday"]) == ("always", True, None, None)
    assert (never["open"], never["time_zone"], never["next_change_at"]) == (False, "Europe/Berlin", None)
    assert (holidays["open"], holidays["holiday"]) == (True, "The long one")


async def test_hours_are_a_calendar_that_others_can_subscribe_to(daemon: Daemon) -> None:
    config = daemon.engine.board.config
    await daemon.engine.submit(Configure(config=replace(config, hours=HOURS)))
    for each in (await daemon.as_("ana").get("/v1/hours")).json()["items"]:
        answer = await daemon.as_("ana").get(each["calendar"])

        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        assert icalendar.Calendar.from_ical(answer.content)["X-WR-CALNAME"] == each["name"]


async def test_a_calendar_needs_a_token_and_hours_that_are_there(daemon: Daemon) -> None:
    assert (await daemon.as_("mallory").get("/v1/hours/always.ics")).status_code == 401
    missing = await daemon.as_("ana").get("/v1/hours/always.ics")
    assert missing.status_code == 404
    assert missing.json()["type"] == "urn:cordboard:problem:not-found"
    assert (await daemon.as_("ana").get("/v1/hours/always")).status_code == 404
