"""The board's queues, numbers and channels as they are now, and the texts that no number was there for."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from litestar import get

from cordboard.daemon.api.caller import InHouse, position, require_admin, require_overseer
from cordboard.daemon.api.conversations import Cursor, Limit
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import Listing, UnroutableView, listed, listing
from cordboard.daemon.api.views_of_board import ChannelView, NumberView, QueueView
from cordboard.engine.vocabulary import State


@get("/queues", responses=RESPONSES, summary="List the queues and how many wait there")
async def list_queues(house: InHouse) -> Annotated[Listing[QueueView], listed("QueueList")]:
    """List every queue, in the configuration's order."""
    board, now = house.engine.board, house.clock.now()
    return listing(QueueView.of(each, board, now) for each in board.config.queues)


@get("/numbers", responses=RESPONSES, summary="List our numbers and how many conversations are open on each")
async def list_numbers(house: InHouse) -> Annotated[Listing[NumberView], listed("NumberList")]:
    """List every number of ours, in the configuration's order."""
    board = house.engine.board
    open_on = Counter(each.number for each in board.conversations.values() if each.state is not State.CLOSED)
    return listing(NumberView.of(each, open_on[each.address]) for each in board.config.numbers)


@get(
    "/channels",
    guards=[require_overseer],
    responses=RESPONSES,
    summary="List our channels, whether texts go through, and what their carriers say",
)
async def list_channels(house: InHouse) -> Annotated[Listing[ChannelView], listed("ChannelList")]:
    """List every channel, in the configuration's order."""
    board = house.engine.board
    return listing(ChannelView.of(each, board) for each in board.config.channels)


@get(
    "/unroutable",
    guards=[require_admin],
    responses=RESPONSES,
    summary="List texts to numbers that are not configured, oldest first",
)
async def list_unroutable(
    house: InHouse, cursor: Cursor = None, limit: Limit = 100
) -> Annotated[Listing[UnroutableView], listed("UnroutableList")]:
    """List what came for numbers that nobody configured."""
    board, now = house.engine.board, house.clock.now()
    page = await house.engine.history.unroutable(board.name, after=position(cursor) or 0, limit=limit)
    return listing((UnroutableView.of(each, board, now) for each in page.items), page.next)
