"""What is asked of the past, as statements and their parameters."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cordboard.engine.ports import ConversationQuery
from cordboard.engine.vocabulary import State
from cordboard.storage.sql.queries import statement

LARGEST_ID = 2**63 - 1
"""The largest integer of SQLite. Ids come from outside, where nothing keeps anybody from writing a larger one."""


def within(number: int) -> int:
    """Return an id or a cursor that SQLite can take, in the place of one that may be beyond it."""
    return max(-LARGEST_ID, min(number, LARGEST_ID))


def possible(ids: Iterable[int]) -> list[int]:
    """Return those ids that a record can have."""
    return [each for each in ids if 0 <= each < LARGEST_ID]


def listing(board: str, query: ConversationQuery) -> tuple[str, dict[str, object]]:
    """Return the statement that lists what a query asks for, and one more where there is one."""
    before = LARGEST_ID if query.before is None else within(query.before)
    parameters: dict[str, object] = {"board": board, "before": before, "limit": query.limit + 1}
    parts = ["conversations"]
    if query.state is not None:
        # Nearly all conversations are closed: those are found by going through them, the others among the live ones.
        parts += ["in_state"] if query.state is State.CLOSED else ["in_state", "among_live"]
        parameters["state"] = query.state.value

    for part, field, value in (
        ("on_queue", "queue", query.queue),
        ("with_rep", "rep", query.rep),
        ("of_customer", "customer", query.customer),
        ("on_number", "number", query.number),
    ):
        if value is not None:
            parts.append(part)
            parameters[field] = value

    if query.sight is not None:
        parts.append("in_sight")
        parameters.update(eyes=query.sight.rep, queues=json.dumps(query.sight.queues))

    return "\n".join(statement(part) for part in [*parts, "newest_first"]), parameters
