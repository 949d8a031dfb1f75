"""Why a conversation is where it is, and why a rep gets nothing: asked for at the desk, and told in words."""

from __future__ import annotations

from litestar import Response, get
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from cordboard.daemon.desk.given import SignedIn, TheDesk
from cordboard.daemon.desk.held import in_hand
from cordboard.daemon.desk.reasons import foretold_here, hindrances, standings, steps, told_in_sum, why_here
from cordboard.daemon.desk.rendering import page
from cordboard.daemon.desk.transcript import events_of
from cordboard.engine.vocabulary import State


@get("/conversations/{conversation:int}/why", include_in_schema=False)
async def show_why(conversation: FromPath[int], person: SignedIn, desk: TheDesk) -> Response[str]:
    """Why a conversation is with whom it is, or still waits."""
    found = await desk.conversation(person, conversation)
    board, names = desk.engine.board, desk.names()
    events = await events_of(desk.engine.history, board.name, found)
    waits = found.state is State.QUEUED and found.id in board.conversations
    waiting = board.explain_waiting(found.id, desk.clock.now()) if waits else None
    return page(
        "_why.html",
        times=desk.times(),
        waiting=waiting,
        standings=standings(waiting.reps, names) if waiting else [],
        coming=foretold_here(waiting.coming, names) if waiting else [],
        here=why_here(found, events, names),
        steps=steps(events, names),
    )


@get("/reps/{rep:str}/why", include_in_schema=False)
async def show_why_of_rep(rep: FromPath[str], person: SignedIn, desk: TheDesk) -> Response[str]:
    """Why a rep gets nothing: for themselves, and for supervisors."""
    if rep != person.name and not person.is_supervisor:
        raise PermissionDeniedException("Only they themselves and supervisors see why somebody gets nothing.")

    board = desk.engine.board
    if rep not in board.reps:
        raise NotFoundException("There is nobody of this name.")

    explained = board.explain_rep(rep)
    return page(
        "_why_of_rep.html",
        summary=told_in_sum(explained, you=rep == person.name, name=desk.names().get(rep, rep)),
        has=in_hand(board, rep),
        queues=[(each, hindrances(each.reasons)) for each in explained.queues],
    )
