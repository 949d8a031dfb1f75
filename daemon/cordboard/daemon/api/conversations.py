"""Reading conversations, and texting their customers."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct

from cordboard.daemon.api.caller import Caller, InHouse, Repeatable, address_in, position, seen_conversation, sight_of
from cordboard.daemon.api.filters import require_known
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.api.views import ConversationView, Listing, MessageView, event_view, listed, listing
from cordboard.daemon.api.views_of_routing import RoutingView, WaitingView
from cordboard.daemon.attachments import attached
from cordboard.daemon.house import House
from cordboard.engine.attachment_kinds import plain_type, problem_of_sending_so_many
from cordboard.engine.carrier import Media
from cordboard.engine.commands import Reply, SetSkills
from cordboard.engine.errors import InvalidMessage
from cordboard.engine.events import (
    ConversationClassified,
    ConversationEscalated,
    ConversationOpened,
    ConversationOverflowed,
    Move,
    SearchWidened,
    SkillsSet,
)
from cordboard.engine.ports import ConversationQuery
from cordboard.engine.vocabulary import State

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="At most so many items.")]
Cursor = Annotated[str | None, QueryParameter(description="The `next` of the page before.")]

_LONGEST_URL: Final = 2048
_UPLOAD: Final = re.compile(r"[a-z0-9]{1,200}")


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attachment elsewhere: where the carrier can fetch it, and its MIME type as far as anybody says."""

    url: str
    content_type: str = ""


_ON_ITS_WAY: Final = (
    ConversationOpened,
    ConversationClassified,
    Move,
    SearchWidened,
    ConversationEscalated,
    ConversationOverflowed,
    SkillsSet,
)
"""The facts that tell where a conversation went and why."""


class Draft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text to send. An attachment is the id of an upload, a URL that the carrier can fetch, or an object with one."""

    body: str
    media: list[str | Link] = []


class Needs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a conversation needs: all of it, by skill and rating. 0: not what its workstream asks."""

    skills: dict[str, Annotated[int, Meta(ge=0)]]


@get("/conversations", responses=RESPONSES, summary="List conversations, newest first")
async def list_conversations(
    house: InHouse,
    person: Caller,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    queue: FromQuery[str | None] = None,
    rep: FromQuery[str | None] = None,
    customer: FromQuery[str | None] = None,
    number: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Annotated[Listing[ConversationView], listed("ConversationList")]:
    """List what the caller may see: reps what they hold, have held or may pick, supervisors everything.

    A queue, rep or number of ours that is not configured, and of which no conversation is kept, is refused.
    """
    query = ConversationQuery(
        state=in_state,
        queue=queue,
        rep=rep,
        customer=address_in(customer),
        number=address_in(number),
        sight=sight_of(house, person),
        before=position(cursor),
        limit=limit,
    )
    page = await house.engine.history.conversations(house.engine.board.name, query)
    if not page.items:
        await require_known(house, queue=queue, rep=rep, number=query.number)

    return listing((ConversationView.of(each, house.engine.board) for each in page.items), page.next)


@get("/conversations/{conversation_id:int}", responses=RESPONSES, summary="Read a conversation")
async def read_conversation(house: InHouse, person: Caller, conversation_id: FromPath[int]) -> ConversationView:
    """Return one conversation."""
    return ConversationView.of(await seen_conversation(house, person, conversation_id), house.engine.board)


@get(
    "/conversations/{conversation_id:int}/messages",
    responses=RESPONSES,
    summary="List a conversation's messages, oldest first",
)
async def list_messages(
    house: InHouse, person: Caller, conversation_id: FromPath[int], cursor: Cursor = None, limit: Limit = 100
) -> Annotated[Listing[MessageView], listed("MessageList")]:
    """List the messages of one conversation."""
    await seen_conversation(house, person, conversation_id)
    board, now = house.engine.board, house.clock.now()
    page = await house.engine.history.messages(board.name, conversation_id, after=position(cursor) or 0, limit=limit)
    return listing((MessageView.of(each, board, now) for each in page.items), page.next)


@post(
    "/conversations/{conversation_id:int}/messages", status_code=202, responses=RESPONSES, summary="Text the customer"
)
async def send_message(
    house: InHouse, person: Caller, conversation_id: FromPath[int], data: JSONBody[Draft], once: Repeatable
) -> MessageView:
    """Send a reply: the holder may, and a supervisor, who takes the conversation over by it."""
    reply = Reply(
        conversation=conversation_id,
        by=person.name,
        body=data.body,
        media=await _attachments(house, conversation_id, data.media),
    )
    outcome = await house.engine.submit(reply, once=once)
    assert outcome.message is not None, "a reply that was taken has a message"  # noqa: S101 - states an invariant
    return MessageView.of(outcome.message, house.engine.board, house.clock.now())


@get(
    "/conversations/{conversation_id:int}/routing",
    responses=RESPONSES,
    summary="Read why a conversation went where it went",
)
async def read_routing(
    house: InHouse, person: Caller, conversation_id: FromPath[int], cursor: Cursor = None, limit: Limit = 100
) -> RoutingView:
    """List the facts of a conversation's way, oldest first: who or what moved it, where to, and why."""
    conversation = await seen_conversation(house, person, conversation_id)
    board = house.engine.board
    waits = conversation.state is State.QUEUED and conversation_id in board.conversations
    waiting = None
    if waits:
        now = house.clock.now()
        waiting = WaitingView.of(board.explain_waiting(conversation_id, now), board.expected_wait(conversation_id, now))

    events = await house.engine.history.events(
        board.name, after=position(cursor) or 0, limit=limit, conversation=conversation_id
    )
    facts = [event_view(each, board) for each in events if isinstance(each, _ON_ITS_WAY)]
    return RoutingView(items=facts, next=str(events[-1].seq) if len(events) == limit else None, waiting=waiting)


@get(
    "/conversations/{conversation_id:int}/events",
    responses=RESPONSES,
    summary="Read everything that happened to a conversation",
)
async def list_events(
    house: InHouse, person: Caller, conversation_id: FromPath[int], cursor: Cursor = None, limit: Limit = 100
) -> Annotated[Listing[dict[str, Any]], listed("EventList")]:
    """List all facts of a conversation, oldest first: who did what, and what became of each text."""
    await seen_conversation(house, person, conversation_id)
    board = house.engine.board
    events = await house.engine.history.events(
        board.name, after=position(cursor) or 0, limit=limit, conversation=conversation_id
    )
    return listing((event_view(each, board) for each in events), events[-1].seq if len(events) == limit else None)


@put("/conversations/{conversation_id:int}/skills", responses=RESPONSES, summary="Say what it needs")
async def set_skills(
    house: InHouse, person: Caller, conversation_id: FromPath[int], data: JSONBody[Needs]
) -> ConversationView:
    """Say what a conversation needs beside what its workstream asks: its holder may, and supervisors."""
    command = SetSkills(conversation=conversation_id, by=person.name, skills=data.skills)
    outcome = await house.engine.submit(command)
    assert outcome.conversation is not None, "what was said was said of one"  # noqa: S101 - states an invariant
    return ConversationView.of(outcome.conversation, house.engine.board)


async def _attachments(house: House, conversation: int, given: list[str | Link]) -> tuple[Media, ...]:
    if problem := problem_of_sending_so_many(len(given)):
        raise InvalidMessage(problem)

    uploads = [each for each in given if isinstance(each, str) and _UPLOAD.fullmatch(each)]
    kept = iter(await attached(house, conversation, uploads))
    return tuple(next(kept) if each in uploads else _link(each) for each in given)


def _link(given: str | Link) -> Media:
    link = Link(url=given) if isinstance(given, str) else given
    if not link.url.startswith(("https://", "http://")) or len(link.url) > _LONGEST_URL:
        raise InvalidMessage(
            "an attachment is the id of an upload, or an http or https URL of at most "
            f"{_LONGEST_URL} characters that the carrier can fetch"
        )

    return Media(url=link.url, content_type=plain_type(link.content_type))
