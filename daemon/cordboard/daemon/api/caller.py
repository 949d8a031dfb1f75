"""Who calls, what they may see, and whether they have asked the same before."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any, Final, TypeAlias

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter

from cordboard.daemon.access import Person
from cordboard.daemon.house import House
from cordboard.daemon.inside import house_of
from cordboard.engine.errors import Bar, NotAllowed, NotFound, NotRunning, Thing
from cordboard.engine.ports import Sight
from cordboard.engine.records import Conversation, Once

InHouse: TypeAlias = NamedDependency[House]
"""The house a request came to."""

Caller: TypeAlias = NamedDependency[Person]
"""Who calls."""

Repeatable: TypeAlias = NamedDependency[Once | None]
"""The mark of a request that may come again, where it has an `Idempotency-Key`."""

LARGEST_ID: Final = 2**63 - 1
"""The largest that a store could look for."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_CURSOR = re.compile(r"[0-9]{1,18}", re.ASCII)


def is_key(text: str) -> bool:
    """Whether a text can be an idempotency key: 1 to 255 visible ASCII characters and no space."""
    return _KEY.fullmatch(text) is not None


def require_running(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let nobody in before the board is loaded, or after the engine began to stop."""
    if not house_of(connection).engine.running:
        raise NotRunning("Cordboard is starting or stopping; try again")


def require_person(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let nobody in without a token, and note who it is."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthorizedException(
            "send your token as 'Authorization: Bearer TOKEN'", headers={"WWW-Authenticate": "Bearer"}
        )

    token = token.strip()
    person = house_of(connection).access.person_by_token(token)
    if person is None:
        raise NotAuthorizedException(
            "this token belongs to nobody here", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )

    connection.scope["user"], connection.scope["auth"] = person, token


def require_possible_id(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let no id further than a store could look for it."""
    for what in (Thing.CONVERSATION, Thing.MESSAGE):
        if not 0 < connection.path_params.get(f"{what.value}_id", 1) <= LARGEST_ID:
            raise NotFound(f"there is no such {what.value}", what=what)


def require_admin(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let only administrators in."""
    if not connection.user.is_admin:
        raise NotAllowed(f"{connection.user.name} is no administrator", bar=Bar.ADMINISTRATORS)


def require_supervisor(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let only supervisors in."""
    if not connection.user.is_supervisor:
        raise NotAllowed(f"{connection.user.name} is no supervisor", bar=Bar.SUPERVISORS)


def require_overseer(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Let only supervisors and administrators in."""
    if not (connection.user.is_supervisor or connection.user.is_admin):
        raise NotAllowed(f"{connection.user.name} is neither supervisor nor administrator", bar=Bar.OVERSEERS)


class JsonRequest(Request[Person, str, Any]):
    """A request whose body is JSON, or is refused as what it is."""

    async def json(self) -> Any:
        """Return the body's value.

        Raises:
            ClientException: It is not JSON.
        """
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise ClientException(f"the body is not UTF-8 text, from byte {error.start} of a string on") from None
        except RecursionError:
            raise ClientException("the body is nested too deeply") from None


async def provide_person(request: Request[Person, str, Any]) -> Person:
    """Give handlers who calls."""
    return request.user


async def provide_once(
    request: Request[Person, str, Any],
    key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="Names this request: sent again under the same key it happens once, and gets the first answer.",
        ),
    ] = None,
) -> Once | None:
    """Give handlers the mark of a request that may come again, where it has an `Idempotency-Key`."""
    if key is None:
        return None

    if not is_key(key):
        raise ClientException("an Idempotency-Key has 1 to 255 visible ASCII characters and no space")

    asked = hashlib.sha256(f"{request.method} {request.scope['path']}\n".encode())
    asked.update(await request.body())
    return Once(key=f"{request.user.name}:{key}", fingerprint=asked.hexdigest())


def sight_of(house: House, person: Person) -> Sight | None:
    """Return what somebody may see; None for a supervisor, who sees all."""
    if person.is_supervisor:
        return None

    return Sight(rep=person.name, queues=house.engine.board.queues_of(person.name))


async def seen_conversation(house: House, person: Person, conversation: int) -> Conversation:
    """Return a conversation as it was last committed.

    Raises:
        NotFound: There is none.
        NotAllowed: It is not theirs to see.
    """
    board = house.engine.board.name
    found = await house.engine.history.conversation(board, conversation)
    if found is None:
        raise NotFound(f"there is no conversation {conversation} on board {board!r}", what=Thing.CONVERSATION)

    sight = sight_of(house, person)
    if sight is not None and not sight.includes(found):
        raise NotAllowed(
            f"conversation {conversation} is not with {person.name} and does not wait on their queues",
            bar=Bar.NOT_THEIRS,
        )

    return found


def position(cursor: str | None) -> int | None:
    """Return the position a cursor stands for.

    Raises:
        ClientException: It is no cursor of ours.
    """
    if cursor is None:
        return None

    if not _CURSOR.fullmatch(cursor):
        raise ClientException("this is no cursor: use the 'next' of the page before")

    return int(cursor)


def address_in(given: str | None) -> str | None:
    """Return a phone number from a query, where an unquoted plus sign arrives as a space."""
    return "+" + given[1:] if given and given.startswith(" ") else given
