"""What a rep does from the desk: each is one command to the engine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from litestar import Response, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from cordboard.daemon.api.caller import is_key
from cordboard.daemon.attachments import attached
from cordboard.daemon.desk.given import Asked, SignedIn, TheDesk
from cordboard.daemon.desk.rendering import nothing
from cordboard.daemon.desk.session import HOME
from cordboard.engine.commands import (
    LONGEST_WHY,
    AcceptOffer,
    CloseConversation,
    DeclineOffer,
    EndWrapUp,
    ParkConversation,
    PickConversation,
    ReleaseConversation,
    RepCommand,
    Reply,
    ResumeConversation,
    SetPresence,
    TakeOver,
    TransferConversation,
)
from cordboard.engine.errors import InvalidMessage
from cordboard.engine.records import Once

_ACTIONS: Final[dict[str, Callable[..., RepCommand]]] = {
    "accept": AcceptOffer,
    "decline": DeclineOffer,
    "pick": PickConversation,
    "park": ParkConversation,
    "resume": ResumeConversation,
    "take_over": TakeOver,
    "release": ReleaseConversation,
    "close": CloseConversation,
    "end_wrap_up": EndWrapUp,
}

_OPENING: Final = frozenset({"accept", "pick", "take_over"})
"""After these the rep wants to see the conversation."""

_WHEN_DONE: Final = "when-done:"
"""Before a presence that a rep wants once they have finished what they have."""


@post("/conversations/{conversation:int}/{action:str}", include_in_schema=False)
async def act(
    conversation: FromPath[int], action: FromPath[str], request: Asked, person: SignedIn, desk: TheDesk
) -> Response[Any]:
    """Accept, decline, pick, park, resume, take over, release or end a conversation, or be done with its wrap-up."""
    command = _ACTIONS.get(action)
    if command is None:
        raise NotFoundException(f"A conversation cannot be told to {action!r}.")

    await desk.engine.submit(command(conversation=conversation, by=person.name))
    return _done(request, conversation, opened=action in _OPENING)


@post("/conversations/{conversation:int}/transfer", include_in_schema=False)
async def transfer(conversation: FromPath[int], request: Asked, person: SignedIn, desk: TheDesk) -> Response[Any]:
    """Hand a conversation to a rep (`rep:ben`) or to a queue (`queue:general`)."""
    form = await request.form()
    rep, queue = goal_in(form)
    await desk.engine.submit(
        TransferConversation(
            conversation=conversation,
            by=person.name,
            rep=rep,
            queue=queue,
            override=bool(form.get("override")),
            why=reason_in(form),
        )
    )
    return _done(request, conversation)


def goal_in(form: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the rep, or the queue, that a form says conversations are to go to.

    Raises:
        NotFoundException: It says neither.
    """
    kind, _, name = str(form.get("to", "")).partition(":")
    if kind not in ("rep", "queue") or not name:
        raise NotFoundException("Choose a queue or a colleague to transfer to.")

    return (name, None) if kind == "rep" else (None, name)


def reason_in(form: Mapping[str, Any]) -> str:
    """Return the reason that a form gives; the page lets nobody type a longer one."""
    return " ".join(str(form.get("why", "")).split())[:LONGEST_WHY]


@post("/conversations/{conversation:int}/reply", include_in_schema=False)
async def reply(conversation: FromPath[int], request: Asked, person: SignedIn, desk: TheDesk) -> Response[Any]:
    """Text the customer. The page names each text with a key: however often it sends it, it is sent once."""
    form = await request.form()
    body = str(form.get("body", "")).replace("\r\n", "\n").rstrip()
    key = str(form.get("key", ""))
    if not is_key(key):
        raise InvalidMessage("the page did not name this text; reload the page, your text is kept")

    uploads = str(form.get("media", "")).split()
    asked = "\0".join((str(conversation), body, *uploads))
    fingerprint = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
    media = await attached(desk.house, conversation, uploads)
    await desk.engine.submit(
        Reply(conversation=conversation, by=person.name, body=body, media=media),
        once=Once(key=f"{person.name}:desk:{key}", fingerprint=fingerprint),
    )
    return _done(request, conversation)


@post("/presence", include_in_schema=False)
async def set_presence(request: Asked, person: SignedIn, desk: TheDesk) -> Response[Any]:
    """Say how the rep is or will be (`when-done:away`), or, from a supervisor, how another one is."""
    form = await request.form()
    asked = str(form.get("presence", ""))
    presence = asked.removeprefix(_WHEN_DONE)
    rep = str(form.get("rep", person.name))
    await desk.engine.submit(SetPresence(rep=rep, presence=presence, by=person.name, when_done=presence != asked))
    if "hx-request" in request.headers:
        return nothing()

    return Redirect("/desk/overview" if "rep" in form else HOME, status_code=303)


def _done(request: Asked, conversation: int, *, opened: bool = False) -> Response[Any]:
    """Return what follows: nothing, since the page hears what has changed; or the page, for one without scripts yet."""
    path = f"/desk/conversations/{conversation}"
    if "hx-request" not in request.headers:
        return Redirect(path, status_code=303)

    answer = nothing()
    if opened:
        answer.headers["HX-Location"] = msgspec.json.encode(
            {"path": path, "target": "#pane", "swap": "innerHTML"}
        ).decode()

    return answer
