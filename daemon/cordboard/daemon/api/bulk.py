"""What supervisors ask of many conversations, or of many reps, with one request."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Annotated

from litestar import post, put
from litestar.exceptions import ClientException
from litestar.params import JSONBody
from msgspec import Meta, Struct

from cordboard.daemon.api.caller import LARGEST_ID, Caller, InHouse, Repeatable, require_supervisor
from cordboard.daemon.api.filters import require_known
from cordboard.daemon.api.people import require_presence
from cordboard.daemon.api.problems import RESPONSES, Problem, problem_of
from cordboard.daemon.api.views import rep_of
from cordboard.daemon.bulk import Result, Where, ask_of_many, ongoing
from cordboard.engine import Board
from cordboard.engine.commands import MOST_AT_ONCE, BeginBulk, SetPresence, Why
from cordboard.engine.vocabulary import BulkAction, Presence, State


class BulkRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked, and of which conversations: those listed, or those that `where` describes; one of the two.

    Attributes:
        do: What is asked of each.
        conversations: Their ids.
        where: Which of the ongoing ones; the 1,000 oldest, if there are more.
        rep: Whom they are transferred to.
        queue: The queue they are transferred to.
        override: To the rep although presence, capacity, profiles, skills or languages are against it.
        why: The reason, for the transcript; the end of a wrap-up has none.
    """

    do: BulkAction
    conversations: (
        Annotated[list[Annotated[int, Meta(ge=1, le=LARGEST_ID)]], Meta(min_length=1, max_length=MOST_AT_ONCE)] | None
    ) = None
    where: Where | None = None
    rep: str | None = None
    queue: str | None = None
    override: bool = False
    why: Why = ""


class BulkItem(Struct, frozen=True, kw_only=True):
    """What became of one conversation: how it was then, or, where `problem` is not null, why nothing was done."""

    conversation: int
    state: State | None
    queue: str | None
    rep: str | None
    problem: Problem | None

    @classmethod
    def of(cls, result: Result) -> BulkItem:
        """Show what became of one."""
        then = result.then
        return cls(
            conversation=result.conversation,
            state=then.state if then else None,
            queue=then.queue if then else None,
            rep=rep_of(then) if then else None,
            problem=problem_of(result.error) if result.error else None,
        )


class BulkAnswer(Struct, frozen=True, kw_only=True):
    """What became of each conversation, in their order.

    Attributes:
        items: One for each.
        done: For how many it was done.
        refused: For how many it was not.
        more: Whether still more were described by `where` than are acted on at once.
    """

    items: list[BulkItem]
    done: int
    refused: int
    more: bool


class PresenceForMany(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many reps are from now on. `presence`: one of the five, or the name of a custom one."""

    reps: Annotated[list[str], Meta(min_length=1, max_length=MOST_AT_ONCE)]
    presence: str


class PresenceItem(Struct, frozen=True, kw_only=True):
    """What became of one rep's presence; where `problem` is not null, nothing was done."""

    rep: str
    presence: Presence | None
    problem: Problem | None


class PresenceAnswer(Struct, frozen=True, kw_only=True):
    """What became of each rep's presence, in their order."""

    items: list[PresenceItem]


@post("/conversations/bulk", status_code=200, responses=RESPONSES, summary="Ask the same of many conversations")
async def ask_in_bulk(house: InHouse, person: Caller, data: JSONBody[BulkRequest], once: Repeatable) -> BulkAnswer:
    """Transfer, release, take over or close many, or end their wrap-up: supervisors only. Each succeeds by itself."""
    _check(data)
    chosen, more = _chosen(data, house.engine.board)
    if data.where is not None and not chosen:
        # For a repetition those of the first time count, whatever has gone since.
        repeated = once is not None and await house.engine.has_answered(once)
        if not repeated:
            await require_known(house, queue=data.where.queue, rep=data.where.rep, below="where.")

    asked = BeginBulk(
        conversations=chosen,
        action=data.do,
        rep=data.rep,
        queue=data.queue,
        override=data.override,
        why=data.why,
        more=more,
        by=person.name,
    )
    bulk = await ask_of_many(house.engine, asked, once=once)
    items = [BulkItem.of(each) for each in bulk.results]
    refused = sum(each.problem is not None for each in items)
    return BulkAnswer(items=items, done=len(items) - refused, refused=refused, more=bulk.more)


@put("/reps/presence", guards=[require_supervisor], responses=RESPONSES, summary="Say how many reps are")
async def set_presences(house: InHouse, person: Caller, data: JSONBody[PresenceForMany]) -> PresenceAnswer:
    """Change the presence of many reps: supervisors only. Each succeeds or fails by itself."""
    require_presence(house, data.presence)

    async def set_one(rep: str) -> PresenceItem:
        try:
            await house.engine.submit(SetPresence(rep=rep, presence=data.presence, by=person.name))
        except Exception as error:  # noqa: BLE001 - also a defect with one rep says nothing of the others
            return PresenceItem(rep=rep, presence=None, problem=problem_of(error))

        return PresenceItem(rep=rep, presence=house.engine.board.reps[rep].presence, problem=None)

    return PresenceAnswer(items=await asyncio.gather(*(set_one(each) for each in data.reps)))


def _check(data: BulkRequest) -> None:
    if (data.conversations is None) is (data.where is None):
        raise ClientException('say which conversations: "conversations": […] or "where": {…}, exactly one of them')

    if data.where == Where():
        raise ClientException('"where" says nothing: give it at least one of state, parked, escalated, queue and rep')

    if data.conversations is not None and len(set(data.conversations)) < len(data.conversations):
        raise ClientException("a conversation is listed twice; list each once")

    goals = (data.rep is not None) + (data.queue is not None)
    if goals != (data.do is BulkAction.TRANSFER):
        raise ClientException('a transfer has exactly one of "rep" and "queue"; nothing else has either')

    if data.override and data.rep is None:
        raise ClientException("a queue takes every conversation: 'override' is of use with a rep alone")


def _chosen(data: BulkRequest, board: Board) -> tuple[tuple[int, ...], bool]:
    """Return the conversations that are asked for, and whether there are more than can be asked for at once."""
    if data.where is None:
        return tuple(data.conversations or ()), False

    found = tuple(islice(sorted(each.id for each in ongoing(board, data.where)), MOST_AT_ONCE + 1))
    return found[:MOST_AT_ONCE], len(found) > MOST_AT_ONCE
