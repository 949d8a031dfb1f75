"""The moves a rep has: each is a POST that answers with the conversation as it is then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from litestar import post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Operation, RequestBody
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from cordboard.daemon.api.caller import Caller, InHouse, Repeatable
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import ConversationView
from cordboard.daemon.house import House
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    DeclineOffer,
    EndWrapUp,
    ParkConversation,
    PickConversation,
    ReleaseConversation,
    RepCommand,
    ResumeConversation,
    TakeOver,
    TransferConversation,
    Why,
)
from cordboard.engine.records import Once


class Goal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a conversation is transferred to: a rep or a queue, exactly one of them.

    `override`: to the rep although presence, capacity, profiles, skills or languages are against it; for supervisors.
    """

    rep: str | None = None
    queue: str | None = None
    override: bool = False
    why: Why = ""


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is asked, in the caller's words: for the transcript."""

    why: Why = ""


@dataclass
class _BodyMayBeLeftOut(Operation):
    """How the schema describes a call with an optional body: the framework calls every body required."""

    def __post_init__(self) -> None:
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False


@post(
    "/conversations/{conversation_id:int}/transfer",
    status_code=200,
    responses=RESPONSES,
    summary="Hand it to a rep or a queue",
)
async def transfer(
    house: InHouse, person: Caller, conversation_id: FromPath[int], data: JSONBody[Goal], once: Repeatable
) -> ConversationView:
    """Hand the conversation on: to another rep as an offer, or back to a queue."""
    if (data.rep is None) is (data.queue is None):
        raise ClientException('say where to: {"rep": "…"} or {"queue": "…"}, exactly one of them')

    if data.override and data.rep is None:
        raise ClientException("a queue takes every conversation: 'override' is of use with a rep alone")

    command = TransferConversation(
        conversation=conversation_id,
        by=person.name,
        rep=data.rep,
        queue=data.queue,
        override=data.override,
        why=data.why,
    )
    return await _move(house, command, once)


_Plain: TypeAlias = AcceptOffer | DeclineOffer | PickConversation | ParkConversation | ResumeConversation | EndWrapUp
_WithReason: TypeAlias = ReleaseConversation | TakeOver | CloseConversation


def _handler(word: str, command: type[_Plain], summary: str) -> HTTPRouteHandler:
    @post(
        f"/conversations/{{conversation_id:int}}/{word}",
        status_code=200,
        responses=RESPONSES,
        summary=summary,
        operation_id=word,
    )
    async def handle(
        house: InHouse, person: Caller, conversation_id: FromPath[int], once: Repeatable
    ) -> ConversationView:
        return await _move(house, command(conversation=conversation_id, by=person.name), once)

    return handle


def _handler_with_reason(word: str, command: type[_WithReason], summary: str) -> HTTPRouteHandler:
    @post(
        f"/conversations/{{conversation_id:int}}/{word}",
        status_code=200,
        responses=RESPONSES,
        summary=summary,
        operation_id=word,
        operation_class=_BodyMayBeLeftOut,
    )
    async def handle(
        house: InHouse,
        person: Caller,
        conversation_id: FromPath[int],
        once: Repeatable,
        data: JSONBody[Reason | None] = None,
    ) -> ConversationView:
        why = data.why if data else ""
        return await _move(house, command(conversation=conversation_id, by=person.name, why=why), once)

    return handle


async def _move(house: House, command: RepCommand, once: Once | None) -> ConversationView:
    outcome = await house.engine.submit(command, once=once)
    assert outcome.conversation is not None, "a move that was made has moved one"  # noqa: S101 - states an invariant
    return ConversationView.of(outcome.conversation, house.engine.board)


TRIGGERS: Final = (
    _handler("accept", AcceptOffer, "Take the offer"),
    _handler("decline", DeclineOffer, "Refuse the offer"),
    _handler("pick", PickConversation, "Take it from a queue"),
    _handler("park", ParkConversation, "Leave it without ending it"),
    _handler("resume", ResumeConversation, "Open a parked one again"),
    _handler_with_reason("release", ReleaseConversation, "Put it back on its queue"),
    transfer,
    _handler_with_reason("take_over", TakeOver, "Have it yourself, whoever it is with"),
    _handler_with_reason("close", CloseConversation, "End it"),
    _handler("end_wrap_up", EndWrapUp, "Be done with a closed one"),
)
