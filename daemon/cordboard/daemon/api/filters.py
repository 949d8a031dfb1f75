"""Names that lists and bulks are filtered by: one that nobody knows is refused, since it would never find anything."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from litestar.exceptions import ClientException

from cordboard.daemon.house import House
from cordboard.engine.config import BoardConfig
from cordboard.engine.ports import ConversationQuery


class _Filter(NamedTuple):
    """One name that was given, the names there are, and what looks for conversations that have it."""

    key: str
    given: str
    configured: list[str]
    query: ConversationQuery


async def require_known(
    house: House, *, queue: str | None = None, rep: str | None = None, number: str | None = None, below: str = ""
) -> None:
    """Return if every name is one, or was one; to be asked where nothing was found. None or empty is no name.

    A name that has gone from the configuration stays good for as long as any conversation is kept under it: what ended
    on a queue that is gone, or with a rep who has left, is still looked for. All conversations count, whoever asks and
    whatever else they filter by, so that a name does not become wrong with what one may see or has asked besides.

    Args:
        house: Whose configuration and conversations.
        queue: The name of a queue.
        rep: The name of a rep.
        number: A number of ours.
        below: What the keys stand below in the request.

    Raises:
        ClientException: One never was; `extra` says so of each.
    """
    board = house.engine.board
    unknown = []
    for each in _filters(board.config, queue, rep, number):
        if each.given not in each.configured:
            page = await house.engine.history.conversations(board.name, each.query)
            if not page.items:
                unknown.append({"key": below + each.key, "message": _denial(each)})

    if unknown:
        raise ClientException("; ".join(each["message"] for each in unknown), extra=unknown)


def _filters(config: BoardConfig, queue: str | None, rep: str | None, number: str | None) -> Iterator[_Filter]:
    if queue:
        yield _Filter("queue", queue, [each.name for each in config.queues], ConversationQuery(queue=queue, limit=1))

    if rep:
        yield _Filter("rep", rep, [each.name for each in config.reps], ConversationQuery(rep=rep, limit=1))

    if number:
        ours = [each.address for each in config.numbers]
        yield _Filter("number", number, ours, ConversationQuery(number=number, limit=1))


def _denial(it: _Filter) -> str:
    meant = get_close_matches(it.given, it.configured, n=1)
    return f"there is no {it.key} {it.given!r}, nor any conversation of one" + (
        f"; did you mean {meant[0]!r}?" if meant else ""
    )
