"""The keys that sign Entra's tokens: fetched by a task of the transport's own, so that `receive` never waits.

Importing this imports PyJWT and aiohttp.
"""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import jwt
import structlog

log = structlog.get_logger(__name__)

_FRESH_FOR: Final = 24 * 3600.0
"""Seconds after which the keys are fetched again. Entra announces a new one days before it signs with it."""


class SigningKeys:
    """Keeps one tenant's keys; see `cordboard.transports.acs.tokens.Keys`.

    Args:
        channel: The channel's name, for the log.
        url: Where they are.
        patience: Seconds to wait for an answer.
        apart: Seconds between two looks at least: whoever forges tokens must not make us a nuisance to Entra.
    """

    def __init__(self, channel: str, url: str, *, patience: float, apart: float) -> None:
        self._channel = channel
        self._url = url
        self._patience = patience
        self._apart = apart
        self._keys: dict[str, jwt.PyJWK] = {}
        self._wanted = asyncio.Event()

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """Return a key; None if it is not there, and then have the keys fetched soon."""
        key = self._keys.get(key_id)
        if key is None:
            self._wanted.set()

        return key

    async def keep(self) -> None:
        """Fetch the keys now, and whenever they are old or one is missing; for ever."""
        while True:
            self._wanted.clear()
            fetched = await self._fetch()
            await asyncio.sleep(self._apart)
            if fetched:
                try:
                    async with asyncio.timeout(_FRESH_FOR):
                        await self._wanted.wait()
                except TimeoutError:
                    pass  # the keys are old

    async def _fetch(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._patience)) as session,
                session.get(self._url, allow_redirects=False) as answer,
            ):
                answer.raise_for_status()
                found = jwt.PyJWKSet.from_json((await answer.read()).decode())
        except (
            aiohttp.ClientError,
            TimeoutError,
            OSError,
            ValueError,
            TypeError,
            AttributeError,
            jwt.PyJWTError,
        ) as error:
            log.warning("entra_keys_not_fetched", channel=self._channel, error=type(error).__name__)
            return False

        self._keys = {key.key_id: key for key in found.keys if key.key_id and key.key_type == "RSA"}
        return True
