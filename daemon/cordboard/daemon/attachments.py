"""Attachments as the daemon's rooms hand them on: what was fetched, what was uploaded, and what carriers may have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import anyio
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from msgspec.structs import replace

from cordboard.daemon.house import House
from cordboard.engine.attachment_kinds import (
    extension_of,
    is_shown,
    plain_type,
    problem_of_sending,
    problem_of_sending_so_many,
)
from cordboard.engine.carrier import Media, MediaContent
from cordboard.engine.errors import CannotAttach, Flaw, InvalidMessage, NotFound, Thing
from cordboard.engine.ports import MediaStore
from cordboard.engine.records import Message
from cordboard.engine.vocabulary import Direction

PUBLIC: Final = "/media/"
"""Where carriers fetch what was uploaded: whoever knows the key may have it, as with a link in a text."""

_UPLOADED_PICTURE: Final = re.compile(rf"{PUBLIC}[0-9a-z]+\.(jpg|png|gif|webp)$")

_INERT: Final = "sandbox; default-src 'none'"
"""The Content-Security-Policy of a stranger's file: opened by itself, it runs nothing and loads nothing."""

_KEPT_BY_BROWSERS: Final = "private, max-age=86400"
"""What is under an address here never changes; a day covers a conversation. No proxy keeps it."""


def public_path(media: Media) -> str:
    """Return where a carrier finds an upload, below the channel's public URL; its name says what kind of file it is."""
    return f"{PUBLIC}{media.key}{extension_of(media.content_type)}"


def picture_path(media: Media) -> str:
    """Return where our own pages find a picture that was uploaded here, whatever a channel calls this daemon; or ''."""
    found = _UPLOADED_PICTURE.search(media.url)
    return found[0] if found else ""


async def content_of(house: House, message: Message, index: int) -> MediaContent:
    """Return an attachment of a message, a customer's or one that was uploaded here.

    Raises:
        NotFound: There is none, or it is not (yet) here.
    """
    media = message.media[index] if 0 <= index < len(message.media) else Media(url="")
    store = house.engine.media if message.direction is Direction.INBOUND else house.uploads
    content = await store.get(media.key) if store is not None and media.key else None
    if content is None:
        raise NotFound(f"attachment {index} of message {message.id} is not here", what=Thing.ATTACHMENT)

    return content


def attachment_response(content: MediaContent, *, name: str, vary: str = "") -> Response[bytes]:
    """Return an attachment for a browser: pictures, sounds and films to be shown, everything else to be saved.

    Args:
        content: The attachment.
        name: What to call the file, without its extension.
        vary: The header that says who asks, so that a browser gives what it keeps to nobody else.
    """
    kind = "inline" if is_shown(content.content_type) else "attachment"
    headers = {
        "Content-Disposition": f'{kind}; filename="{name}{extension_of(content.content_type)}"',
        "Content-Security-Policy": _INERT,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": _KEPT_BY_BROWSERS,
    }
    if vary:
        headers["Vary"] = vary

    return Response(content.data, media_type=content.content_type, headers=headers)


async def keep_upload(house: House, request: Request[Any, Any, Any], *, by: str) -> Media:
    """Keep the file that somebody's request brings, as its body or as the one file of a form.

    Raises:
        InvalidMessage: It is no file that could be sent.
        TooManyUploads: They have uploaded too many for now.
        StoreUnavailable: It cannot be kept.
    """
    data, content_type = await _file_of(request)
    if not data:
        raise CannotAttach(
            "there is no file in the request: send it as the body, or as a form's file", flaw=Flaw.NO_FILE
        )

    if not content_type:
        raise CannotAttach("nobody says what kind of file it is: send its MIME type as Content-Type", flaw=Flaw.NO_KIND)

    if problem := problem_of_sending(content_type, len(data)):
        raise InvalidMessage(problem)

    store = _uploads_of(house)
    house.allowance.take(by, anyio.current_time())
    key = await store.put(data, content_type)
    return _at_its_address(Media(url="", key=key, content_type=content_type, size=len(data)))


async def attached(house: House, conversation: int, keys: Sequence[str]) -> tuple[Media, ...]:
    """Return uploads as attachments of a text in a conversation, at addresses where its carrier can fetch them.

    Raises:
        NotFound: There is no such conversation.
        InvalidMessage: They are too many, something was not uploaded, or its carrier could not fetch it.
    """
    if not keys:
        return ()

    if problem := problem_of_sending_so_many(len(keys)):
        raise InvalidMessage(problem)  # before each is looked for

    base = await _public_url(house, conversation)
    store = _uploads_of(house)
    found: list[Media] = []
    for key in keys:
        known = await store.about(key)
        if known is None:
            raise CannotAttach(
                f"there is no upload {key[:80]!r}: upload the file, and attach the id of the answer", flaw=Flaw.NOT_KEPT
            )

        found.append(_at_its_address(Media(url=base, key=key, content_type=known.content_type, size=known.size)))

    return tuple(found)


def _at_its_address(media: Media) -> Media:
    """Return an upload, whose URL is so far only what goes before its path, with the whole of its URL."""
    return replace(media, url=media.url + public_path(media))


async def _public_url(house: House, conversation: int) -> str:
    engine = house.engine
    found = engine.board.conversations.get(conversation)
    if found is None:
        found = await engine.history.conversation(engine.board.name, conversation)

    if found is None:
        raise NotFound(
            f"there is no conversation {conversation} on board {engine.board.name!r}", what=Thing.CONVERSATION
        )

    transport = engine.transports.get(found.channel)
    if transport is not None and not transport.capabilities.mms:  # no public_url would help
        raise CannotAttach(
            f"channel {found.channel!r} carries no attachments; send the text without", flaw=Flaw.NOT_CARRIED
        )

    public_url: str = getattr(transport, "public_url", "")
    if not public_url:
        raise CannotAttach(
            f"channel {found.channel!r} has no public_url, so its carrier could not fetch an upload; "
            "attach a URL that it can fetch, or have the channel's public_url configured",
            flaw=Flaw.NOT_FETCHED,
        )

    return public_url.rstrip("/")


def _uploads_of(house: House) -> MediaStore:
    if house.uploads is None:
        raise CannotAttach(
            "this Cordboard keeps no uploads; attach a URL that the carrier can fetch", flaw=Flaw.NOT_FETCHED
        )

    return house.uploads


async def _file_of(request: Request[Any, Any, Any]) -> tuple[bytes, str]:
    content_type, _ = request.content_type
    if content_type != RequestEncodingType.MULTI_PART:
        return await request.body(), plain_type(content_type)

    form = await request.form()
    try:
        files = [each for _, each in form.multi_items() if isinstance(each, UploadFile)]
        if len(files) != 1:
            return b"", ""

        return await files[0].read(), plain_type(files[0].content_type)
    finally:
        await form.close()
