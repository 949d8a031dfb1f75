"""Who is asking: API tokens, and the desk's signed-in browsers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from litestar.connection import ASGIConnection
from msgspec import Struct

from cordboard.engine.clock import SystemClock
from cordboard.engine.config import DAY, MINUTE, BoardConfig
from cordboard.engine.errors import InvalidConfiguration
from cordboard.engine.ports import Clock
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Milliseconds, Role

COOKIE: Final = "cordboard_desk"
"""The name of the desk's session cookie."""

COOKIE_ATTRIBUTES: Final = "Path=/; HttpOnly; SameSite=Strict"
"""No script reads the cookie, and no other site's page makes a browser send it."""

SESSION_AGE: Final[Milliseconds] = 7 * DAY
"""How long a browser stays signed in: a working week and the weekend after it."""

_CLOCK_SKEW: Final[Milliseconds] = 5 * MINUTE
"""How far ahead of our clock a session may have been issued: this machine's clock may have been set back."""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody who has shown who they are.

    Attributes:
        name: Their name in commands, logs and URLs.
        display_name: Their name as people see it.
        roles: What they may do.
    """

    name: str
    display_name: str
    roles: tuple[Role, ...]

    @property
    def is_supervisor(self) -> bool:
        """Whether they see and move every conversation."""
        return Role.SUPERVISOR in self.roles

    @property
    def is_admin(self) -> bool:
        """Whether they change the configuration."""
        return Role.ADMIN in self.roles


class Access:
    """The people of a board and the tokens they show.

    A desk session is stateless: who, since when, and a signature under that person's own token. So it survives a
    restart, and dies with the token.

    Args:
        board: Whose people.
        tokens: The API tokens by rep; who has none cannot sign in.
        clock: Tells how old a session is.

    Raises:
        InvalidConfiguration: A token is empty or belongs to two people, or its owner is no rep of the board.
    """

    def __init__(self, board: BoardConfig, tokens: Mapping[str, Secret], *, clock: Clock | None = None) -> None:
        problems = tuple(_find_problems(board, tokens))
        if problems:
            raise InvalidConfiguration(problems)

        self._clock = clock or SystemClock()
        self._tokens = dict(tokens)
        # Tokens are looked up by a digest under a key that nobody knows: how long a look-up takes says nothing of them.
        self._key = secrets.token_bytes(32)
        self._people = {
            each.name: Person(name=each.name, display_name=each.display_name or each.name, roles=each.roles)
            for each in board.reps
        }
        self._by_digest = {self._digest(each.reveal()): self._people[name] for name, each in tokens.items()}

    @property
    def tokens(self) -> Mapping[str, Secret]:
        """The tokens, by whose they are."""
        return self._tokens

    def person_by_token(self, token: str) -> Person | None:
        """Return whose API token this is, or None."""
        return self._by_digest.get(self._digest(token))

    def cookie_for(self, person: Person) -> str:
        """Return the value of a session cookie for somebody who has just shown their token."""
        issued_at = self._clock.now()
        return f"{person.name}.{issued_at}.{_sign(self._tokens[person.name], person.name, str(issued_at)).decode()}"

    def person_by_cookie(self, value: str) -> Person | None:
        """Return whose session this is; None if it is forged or too old, or its token is not in force any more."""
        name, issued_at, signature = _parts(value)
        token = self._tokens.get(name)
        if token is None or not hmac.compare_digest(_sign(token, name, issued_at), _encode(signature)):
            return None

        age = self._clock.now() - int(issued_at)  # it is signed: we wrote this number
        return self._people[name] if -_CLOCK_SKEW <= age <= SESSION_AGE else None

    def knows(self, connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
        """Whether a request shows somebody's token or session. What they may do is for others to say."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.person_by_token(token.strip()) is not None:
            return True

        return self.person_by_cookie(connection.cookies.get(COOKIE, "")) is not None

    def _digest(self, token: str) -> bytes:
        return hashlib.blake2b(_encode(token), key=self._key, digest_size=32).digest()


def _find_problems(board: BoardConfig, tokens: Mapping[str, Secret]) -> Iterator[str]:
    names = {each.name for each in board.reps}
    owners: dict[str, str] = {}
    for name, token in tokens.items():
        if name not in names:
            yield f"reps: there is a token for {name!r}, who is no rep"

        if not token.reveal():
            yield f"reps: the token of {name!r} is empty; give them a long random one"
        elif token.reveal() in owners:
            yield f"reps: {owners[token.reveal()]!r} and {name!r} have the same token; give each their own"
        else:
            owners[token.reveal()] = name


def _parts(cookie: str) -> tuple[str, str, str]:
    name, _, rest = cookie.rpartition(".")
    name, _, issued_at = name.rpartition(".")
    return name, issued_at, rest


def _sign(token: Secret, name: str, issued_at: str) -> bytes:
    said = _encode(f"cordboard desk session\0{name}\0{issued_at}")
    return hmac.new(token.reveal().encode(), said, hashlib.sha256).hexdigest().encode()


def _encode(text: str) -> bytes:
    """Return anything that may come out of a header as bytes."""
    return text.encode("utf-8", "surrogatepass")
