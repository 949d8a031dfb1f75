"""All that goes on, for supervisors: found by state, queue and rep, and acted on together."""

from __future__ import annotations

import heapq
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from msgspec import Struct

from cordboard.daemon.access import Person
from cordboard.daemon.api.problems import log_defect
from cordboard.daemon.bulk import Result, Where, ask_of_many, ongoing, whose
from cordboard.daemon.desk.actions import goal_in, reason_in
from cordboard.daemon.desk.desk import Desk
from cordboard.daemon.desk.given import Asked, SignedIn, TheDesk
from cordboard.daemon.desk.lists import Card
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.desk.why_not import DEFECT, refusal
from cordboard.daemon.desk.wording import phone_number
from cordboard.engine import Engine
from cordboard.engine.commands import MOST_AT_ONCE, BeginBulk
from cordboard.engine.errors import CordboardError
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import BulkAction, State

_SHOWN: Final = 100
"""Conversations listed: more than anybody reads. Of the rest, their number is told."""

_ID: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_NEVER: Final = 2**63

CONDITIONS: Final[Mapping[str, tuple[str, Where]]] = {
    "": ("All that go on", Where()),
    "waiting": ("Waiting on a queue", Where(state=State.QUEUED)),
    "escalated": ("Escalated", Where(escalated=True)),
    "offered": ("Offered", Where(state=State.ASSIGNED)),
    "active": ("Active", Where(state=State.ACTIVE, parked=False)),
    "parked": ("Parked", Where(state=State.ACTIVE, parked=True)),
    "wrap_up": ("In wrap-up", Where(state=State.CLOSED)),
}
"""What can be chosen: its name in the address, its words, and what it means."""

_DONE: Final = {
    BulkAction.TRANSFER: "moved",
    BulkAction.RELEASE: "put back on queue",
    BulkAction.TAKE_OVER: "taken over",
    BulkAction.END_WRAP_UP: "finished",
    BulkAction.CLOSE: "ended",
}


class Choice(Struct, frozen=True, kw_only=True):
    """Which conversations a supervisor looks at; empty is any."""

    state: str = ""
    queue: str = ""
    rep: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any], prefix: str = "") -> Choice:
        """Return what a query or a form says; a state that does not exist is any."""
        state, queue, rep = (str(given.get(f"{prefix}{each}") or "") for each in ("state", "queue", "rep"))
        return cls(state=state if state in CONDITIONS else "", queue=queue, rep=rep)

    @property
    def where(self) -> Where:
        """The same for the board."""
        meant = CONDITIONS[self.state][1]
        return Where(
            state=meant.state,
            parked=meant.parked,
            escalated=meant.escalated,
            queue=self.queue or None,
            rep=self.rep or None,
        )

    @property
    def query(self) -> str:
        """The same in an address; empty, or with its question mark."""
        said = {each: getattr(self, each) for each in ("state", "queue", "rep") if getattr(self, each)}
        return f"?{urlencode(said)}" if said else ""


class Row(Struct, frozen=True, kw_only=True):
    """One conversation in the list: with its last text, and with whom it is, if with anybody."""

    card: Card
    rep: str | None


class Refusal(Struct, frozen=True, kw_only=True):
    """Why something was not done, and for which conversations."""

    why: str
    customers: list[str]


class Told(Struct, frozen=True, kw_only=True):
    """What came of asking the same of many.

    Attributes:
        done: For how many it was done.
        verb: What was done, in words.
        left: How many more match than can be asked for at once.
        refused: For which it was not.
        refusals: Why not.
    """

    done: int
    verb: str
    left: int
    refused: list[int]
    refusals: list[Refusal]


@get("/ongoing", include_in_schema=False)
async def show_ongoing(request: Asked, person: SignedIn, desk: TheDesk) -> Response[str]:
    """Every conversation that goes on: for supervisors."""
    cursor = desk.engine.feed.cursor
    return page("ongoing.html", cursor=cursor, **await _list(person, desk, Choice.of(request.query_params)))


@get("/parts/ongoing", include_in_schema=False)
async def show_ongoing_part(request: Asked, person: SignedIn, desk: TheDesk) -> Response[str]:
    """The same, as a part of the page."""
    choice = Choice.of(request.query_params)
    # Whoever chooses finds the choice again after a reload.
    address = {"HX-Replace-Url": f"/desk/ongoing{choice.query}"}
    return page("_ongoing.html", headers=address, **await _list(person, desk, choice))


@post("/bulk", include_in_schema=False)
async def ask_in_bulk(request: Asked, person: SignedIn, desk: TheDesk) -> Response[str]:
    """Move, release, take over, finish or end what is selected, or all that match; say what became of it."""
    form = await request.form()
    choice = Choice.of(form, "in_")
    try:
        action = BulkAction(str(form.get("do", "")))
    except ValueError:
        raise NotFoundException("Nobody can be asked that of conversations.") from None

    rep, queue = goal_in(form) if action is BulkAction.TRANSFER else (None, None)
    chosen = _all(desk, choice) if form.get("all") else _ids(form.getall("conversation", []))
    if not chosen:
        raise NotFoundException("Select a conversation first.")

    asked = BeginBulk(
        conversations=chosen[:MOST_AT_ONCE],
        action=action,
        rep=rep,
        queue=queue,
        override=rep is not None and bool(form.get("override")),
        why=reason_in(form),
        by=person.name,
    )
    results = (await ask_of_many(desk.engine, asked, once=None)).results
    told = await _told(desk, results, person, verb=_DONE[action], left=len(chosen) - len(results))
    if "hx-request" in request.headers:
        return page("_bulk_results.html", results=told)

    cursor = desk.engine.feed.cursor
    return page("ongoing.html", cursor=cursor, **await _list(person, desk, choice, told))


async def _list(person: Person, desk: Desk, choice: Choice, results: Told | None = None) -> dict[str, Any]:
    if not person.is_supervisor:
        raise PermissionDeniedException("This list is for supervisors. Your own conversations are on the desk.")

    board = desk.engine.board
    found = list(ongoing(board, choice.where))
    first = heapq.nsmallest(_SHOWN, found, key=_urgency)
    cards = await desk.lists.cards(first)
    return {
        "rows": tuple(Row(card=each, rep=whose(each.conversation)) for each in cards),
        "count": len(found),
        "at_once": min(len(found), MOST_AT_ONCE),
        "choice": choice,
        "conditions": {name: words for name, (words, _) in CONDITIONS.items()},
        "queues": tuple(each.name for each in board.config.queues),
        "reps": tuple((each.name, each.display_name or each.name) for each in board.config.reps),
        "goals": desk.goals(),
        "queue_goals": desk.queue_goals(),
        "results": results,
        **desk.about(person),
    }


def _urgency(conversation: Conversation) -> tuple[bool, int, int]:
    """Escalated ones first, then whose customer has waited longest; those who wait for nothing last."""
    since = conversation.unanswered_since
    return conversation.escalated_at is None, _NEVER if since is None else since, conversation.id


def _all(desk: Desk, choice: Choice) -> tuple[int, ...]:
    return tuple(each.id for each in sorted(ongoing(desk.engine.board, choice.where), key=_urgency))


def _ids(given: list[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(each) for each in given if _ID.fullmatch(str(each))))


async def _told(desk: Desk, results: list[Result], person: Person, *, verb: str, left: int) -> Told:
    engine, names = desk.engine, desk.names()
    refused: list[int] = []
    refusals: dict[str, list[str]] = {}
    for each in results:
        if each.error is not None:
            known = engine.board.conversations.get(each.conversation)
            if known is None:  # it has ended meanwhile
                known = await engine.history.conversation(engine.board.name, each.conversation)

            refused.append(each.conversation)
            refusals.setdefault(_why(each.error, person, names), []).append(_customer_of(engine, each, known))

    return Told(
        done=len(results) - len(refused),
        verb=verb,
        left=left,
        refused=refused,
        refusals=[Refusal(why=why, customers=those) for why, those in refusals.items()],
    )


def _customer_of(engine: Engine, result: Result, known: Conversation | None) -> str:
    if known is None:
        return f"conversation {result.conversation}"

    return engine.board.customer_name(known.customer) or phone_number(known.customer)


def _why(error: Exception, person: Person, names: Mapping[str, str]) -> str:
    if isinstance(error, CordboardError):
        return refusal(error, you=person.name, names=names)[1]

    log_defect(error)
    return DEFECT
