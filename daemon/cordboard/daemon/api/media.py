"""Attachments: customers', for whoever may read the conversation; ours, uploaded here and fetched by carriers."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from cordboard.daemon.access import Person
from cordboard.daemon.api.caller import Caller, InHouse, seen_conversation
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.attachments import PUBLIC, attachment_response, content_of, keep_upload
from cordboard.engine.attachment_kinds import extension_of
from cordboard.engine.errors import Bar, NotAllowed, NotFound, Thing


class Upload(Struct, frozen=True, kw_only=True):
    """A file that can be attached to texts by its id.

    Attributes:
        id: Names it in the `media` of a text.
        url: Where it can be seen, and carriers fetch it: relative to this daemon or to a channel's public URL.
        content_type: Its MIME type.
        size: Its bytes.
    """

    id: str
    url: str
    content_type: str
    size: int


@get(
    "/messages/{message_id:int}/media/{index:int}",
    responses=RESPONSES,
    media_type="*/*",
    summary="Read an attachment",
)
async def read_media(
    house: InHouse, person: Caller, message_id: FromPath[int], index: FromPath[int]
) -> Response[bytes]:
    """Return an attachment that is kept here; 404 while it is not."""
    message = await house.engine.history.message(house.engine.board.name, message_id)
    if message is None:
        raise NotFound(f"there is no message {message_id} on board {house.engine.board.name!r}", what=Thing.MESSAGE)

    if message.conversation is not None:
        await seen_conversation(house, person, message.conversation)
    elif not person.is_admin:
        raise NotAllowed(
            f"{person.name} is no administrator, and only they read texts to numbers that are not configured",
            bar=Bar.ADMINISTRATORS,
        )

    content = await content_of(house, message, index)
    return attachment_response(content, name=f"attachment-{message_id}-{index}", vary="Authorization")


@post("/media", status_code=201, responses=RESPONSES, summary="Upload a file to attach")
async def upload_media(request: Request[Person, str, Any], house: InHouse, person: Caller) -> Upload:
    """Keep a file of at most 5 MB: the body with its `Content-Type`, or the one file of a `multipart/form-data`."""
    kept = await keep_upload(house, request, by=person.name)
    return Upload(id=kept.key, url=kept.url, content_type=kept.content_type, size=kept.size)


@get(PUBLIC + "{name:str}", include_in_schema=False)
async def fetch_upload(name: FromPath[str], house: InHouse) -> Response[bytes]:
    """Give an upload to a carrier, or to anybody else who was told its address; never a customer's attachment."""
    key = name.partition(".")[0]
    content = await house.uploads.get(key) if house.uploads is not None else None
    if content is None or name != key + extension_of(content.content_type):
        raise NotFound("there is no such attachment here", what=Thing.ATTACHMENT)

    return attachment_response(content, name="attachment")
