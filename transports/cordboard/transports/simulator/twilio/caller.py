"""Calls webhooks as Twilio does: signed, with deadlines, and again where the first try came to nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urldefrag, urlencode

import anyio
import structlog
from msgspec import Struct
from msgspec.structs import replace
from twilio.request_validator import HMAC_SHA256, RequestValidator  # type: ignore[import-untyped]  # it has no py.typed

from cordboard.transports.simulator.twilio.accounts import Account
from cordboard.transports.simulator.webhooks import WebhookAnswer, Webhooks

log = structlog.get_logger(__name__)


class Patience(Struct, frozen=True, kw_only=True):
    """How a webhook is called; by default as Twilio does, which tries again once, and only after `ct`.

    A URL's fragment may say otherwise, as it may at Twilio: `#rc=3&rp=ct,rt,5xx`. The defaults are those of
    https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.

    Attributes:
        connect: Seconds until a connection must be there (`ct`, in milliseconds).
        read: Seconds until the answer must begin (`rt`).
        total: Seconds for everything, repetitions included (`tt`).
        retries: How often to try again (`rc`), 5 times at most.
        on: What to try again after (`rp`): `4xx`, `5xx`, `ct` (no connection), `rt` (no answer) or `all`.
        first_pause: Seconds before the first repetition; each next one waits twice as long.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    on: frozenset[str] = frozenset({"ct"})
    first_pause: float = 0.2

    def overridden(self, fragment: str) -> Patience:
        """Return it with what a URL's fragment says. What cannot be read there is passed over."""
        given = dict(parse_qsl(fragment))
        whole = {key: int(value) for key, value in given.items() if value.isascii() and value.isdecimal()}
        return replace(
            self,
            connect=whole["ct"] / 1000 if "ct" in whole else self.connect,
            read=whole["rt"] / 1000 if "rt" in whole else self.read,
            total=whole["tt"] / 1000 if "tt" in whole else self.total,
            retries=min(whole.get("rc", self.retries), 5),
            on=frozenset(given["rp"].split(",")) if "rp" in given else self.on,
        )

    def repeats(self, failure: str) -> bool:
        """Whether to try again after a failure; an empty one is none."""
        return bool(failure) and (failure in self.on or "all" in self.on)


PATIENT: Final = Patience(retries=5, on=frozenset({"ct", "rt", "5xx"}))
"""For a carrier beside a daemon that starts again: five repetitions span six seconds, as long as that may take."""


class WebhookCaller:
    """Calls webhooks, signing as an account.

    Args:
        webhooks: The connections.
    """

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def call(self, account: Account, url: str, fields: Mapping[str, str], patience: Patience) -> WebhookAnswer:
        """Post a form to a webhook, and return its last answer. Never raises for what the webhook does."""
        target, fragment = urldefrag(url)
        patience = patience.overridden(fragment)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
            **_signature(account, target, fields),
        }
        body = urlencode(fields).encode()
        answer = WebhookAnswer(failure="rt")
        with anyio.move_on_after(patience.total):
            for repetition in range(patience.retries + 1):
                answer = await self._webhooks.call(
                    "POST", target, body=body, headers=headers, connect=patience.connect, read=patience.read
                )
                answer = replace(answer, tries=repetition + 1)
                if repetition == patience.retries or not patience.repeats(answer.failure):
                    break

                await anyio.sleep(patience.first_pause * 2**repetition)
                if self._webhooks.closed:  # the carrier has stopped meanwhile
                    break

        if answer.failure:
            log.info("webhook_call_failed", status=answer.status, failure=answer.failure, tries=answer.tries)

        return answer


def _signature(account: Account, url: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that show who calls. The SDK's signature and not ours, so that each tests the other."""
    key = account.shared_key
    if key is None:
        return {"X-Twilio-Signature": RequestValidator(account.auth_token.reveal()).compute_signature(url, fields)}

    return {
        "X-Twilio-Signature": RequestValidator(key.secret.reveal()).compute_signature(url, fields, HMAC_SHA256),
        "X-Twilio-Webhooks-Signature-Settings": f"key={key.id},algorithm={HMAC_SHA256}",
    }
