"""Files at the desk: a conversation's attachments, and those that a rep is going to send."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from cordboard.daemon.api.media import Upload
from cordboard.daemon.attachments import attachment_response, content_of, keep_upload
from cordboard.daemon.desk.given import Asked, SignedIn, TheDesk
from cordboard.engine.errors import NotFound, Thing


@get("/messages/{message:int}/media/{index:int}", media_type="application/octet-stream", include_in_schema=False)
async def show_attachment(
    message: FromPath[int], index: FromPath[int], person: SignedIn, desk: TheDesk
) -> Response[Any]:
    """An attachment of a conversation that the rep may see."""
    found = await desk.engine.history.message(desk.engine.board.name, message)
    if found is None or found.conversation is None:
        raise NotFound("there is no such attachment", what=Thing.ATTACHMENT)

    await desk.conversation(person, found.conversation)
    content = await content_of(desk.house, found, index)
    return attachment_response(content, name=f"attachment-{message}-{index}", vary="Cookie")


@post("/media", status_code=201, include_in_schema=False)
async def upload(request: Asked, person: SignedIn, desk: TheDesk) -> Upload:
    """Keep a file that the rep is going to send."""
    kept = await keep_upload(desk.house, request, by=person.name)
    return Upload(id=kept.key, url=kept.url, content_type=kept.content_type, size=kept.size)
