"""Event Grid's tokens: whether Entra signed one for it, for us, and for now.

Microsoft does not print which claims there are, so all that is asked for can be configured. Keys are not fetched here:
`cordboard.transports.acs.keys` keeps them, and a token whose key is not known (yet) can be judged later.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from cordboard.transports.acs.settings import EventGridToken

if TYPE_CHECKING:
    from jwt import PyJWK

_LEEWAY: Final = 300
"""Seconds by which clocks may differ: what Microsoft's own libraries allow."""

_LONGEST: Final = 16 * 1024
"""Characters of a token. Entra's have some two thousand."""


class Verdict(enum.Enum):
    """What a token is worth."""

    GENUINE = "genuine"
    FORGED = "forged"

    LATER = "later"
    """It may be genuine: its key is not known yet, or its time is not ours. Whoever sent it should come again."""


class Keys(Protocol):
    """Finds the keys that sign tokens."""

    def find(self, key_id: str) -> PyJWK | None:
        """Return a key; None if it is not there, and then ask for it to be fetched."""
        ...


class TokenCheck:
    """Checks the tokens of one channel.

    Args:
        expected: What they must say.
        keys: Those that sign them.
    """

    def __init__(self, expected: EventGridToken, keys: Keys) -> None:
        self._expected = expected
        self._keys = keys

    def judge(self, authorization: str) -> Verdict:
        """Judge what the Authorization header of a request says."""
        import jwt  # with cryptography, a tenth of a second's work: a channel without tokens is spared it

        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or len(token) > _LONGEST:
            return Verdict.FORGED

        try:
            header = jwt.get_unverified_header(token)
            key_id = header.get("kid")
            if header.get("alg") != "RS256" or not isinstance(key_id, str):
                return Verdict.FORGED

            key = self._keys.find(key_id)
            if key is None:
                return Verdict.LATER

            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._expected.audience,
                issuer=self._expected.accepted_issuers,
                leeway=_LEEWAY,
                options={"require": ["exp", "aud", "iss"]},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            return Verdict.LATER  # Entra did sign it: our clock may be wrong
        except (jwt.PyJWTError, UnicodeError, RecursionError):
            return Verdict.FORGED

        return Verdict.GENUINE if self._is_event_grid(claims) else Verdict.FORGED

    def _is_event_grid(self, claims: Mapping[str, Any]) -> bool:
        roles = claims.get("roles")
        has_role = not self._expected.role or (isinstance(roles, list) and self._expected.role in roles)
        return has_role and self._expected.app_id in (claims.get("appid"), claims.get("azp"))
