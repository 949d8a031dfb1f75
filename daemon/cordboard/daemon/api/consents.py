"""Who wants no more texts from us."""

from __future__ import annotations

import base64
from typing import Annotated, TypeAlias

import msgspec
from litestar import get
from litestar.exceptions import ClientException
from litestar.params import FromQuery

from cordboard.daemon.api.caller import InHouse, address_in, require_overseer
from cordboard.daemon.api.conversations import Cursor, Limit
from cordboard.daemon.api.filters import require_known
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import Listing, listed
from cordboard.daemon.api.views_of_board import ConsentView
from cordboard.engine.records import Consent
from cordboard.engine.vocabulary import Timestamp

_Place: TypeAlias = tuple[Timestamp, str, str]


@get(
    "/consents",
    guards=[require_overseer],
    responses=RESPONSES,
    summary="List the customers who have opted out, the latest first",
)
async def list_consents(
    house: InHouse,
    number: FromQuery[str | None] = None,
    customer: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Annotated[Listing[ConsentView], listed("ConsentList")]:
    """List who wants no texts from which number of ours. Who has opted in again is not in it."""
    found = house.engine.board.opt_outs(
        number=address_in(number), customer=address_in(customer), before=_place(cursor), limit=limit + 1
    )
    if not found:
        await require_known(house, number=address_in(number))

    shown = found[:limit]
    return Listing(
        items=[ConsentView.of(each) for each in shown], next=_cursor(shown[-1]) if len(found) > limit else None
    )


def _cursor(last: Consent) -> str:
    """Name a place in the list so that no phone number can be read in a log of requests."""
    return base64.urlsafe_b64encode(msgspec.json.encode((last.at, last.number, last.customer))).decode()


def _place(cursor: str | None) -> _Place | None:
    if cursor is None:
        return None

    try:
        place: _Place = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[Timestamp, str, str])
    except ValueError:  # also msgspec's and binascii's
        raise ClientException("this is no cursor: use the 'next' of the page before") from None

    return place
