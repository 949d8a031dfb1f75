"""Whether a request is truly from our event subscription. Event Grid signs nothing: it shows what we told it to show.

That is a secret, in the query of the URL it calls or in a header, or a token that Entra signed, or both. Where both are
configured both are asked for, except of the handshake of CloudEvents, which comes before there is a token.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import unquote, unquote_plus

import structlog

from cordboard.engine.carrier import WebhookReply, WebhookRequest
from cordboard.transports.acs.settings import AcsSettings
from cordboard.transports.acs.tokens import TokenCheck, Verdict

log = structlog.get_logger(__name__)

PARAMETERS: Final = ("secret", "code")
"""The names that the secret may have in the URL's query; Azure's own functions call theirs `code`."""

SUBSCRIPTION: Final = "aeg-subscription-name"

_EVENT_TYPE: Final = "aeg-event-type"

_VALIDATION: Final = "SubscriptionValidation"
"""The type of the handshake in Event Grid's own schema."""

FORGED: Final = WebhookReply(status=403, refusal="forged")

_AGAIN: Final = (("Retry-After", "30"),)
"""Event Grid throws away what is answered with 401 or 403, and comes again for a day after a 503."""

_LATER: Final = WebhookReply(status=503, headers=_AGAIN, refusal="token_not_verifiable")

_NOT_LISTED: Final = "unknown_subscription"

_NO_AGREEMENT: Final = WebhookReply(status=403, refusal=_NOT_LISTED)

_NOT_LISTED_YET: Final = WebhookReply(status=503, headers=_AGAIN, refusal=_NOT_LISTED)

_MOST_NAMES: Final = 100
"""Names that are logged: whoever has the secret can make up any number of them."""

_LONGEST_NAME: Final = 64
"""Characters of a name: as many as Azure allows."""


class Guard:
    """Knows one channel's subscriptions.

    Args:
        settings: The channel's.
        tokens: Checks Event Grid's tokens; None where it has none.
    """

    def __init__(self, settings: AcsSettings, tokens: TokenCheck | None) -> None:
        self._channel = settings.name
        self._secrets = tuple(each.reveal().encode() for each in settings.webhook_secrets)
        self._header = settings.webhook_secret_header
        self._subscriptions = frozenset(each.strip().lower() for each in settings.event_grid_subscriptions)
        self._tokens = tokens
        self._named: set[str] = set()

    def turn_away(self, request: WebhookRequest) -> WebhookReply | None:
        """Return how a request is refused; None if it is not."""
        if not self._secrets and self._tokens is None:
            return FORGED

        if self._secrets and not self._shows_secret(request):
            return FORGED

        if self._tokens is not None and not (self._secrets and request.method == "OPTIONS"):
            verdict = self._tokens.judge(request.headers.get("authorization", ""))
            if verdict is not Verdict.GENUINE:
                return _LATER if verdict is Verdict.LATER else FORGED

        # A delivery as a CloudEvent need not name its subscription; one that does must be ours.
        return None if SUBSCRIPTION not in request.headers or self.knows(request) else self._put_off(request)

    def knows(self, request: WebhookRequest) -> bool:
        """Whether a request names a subscription of ours. Event Grid writes the name in capitals."""
        return request.headers.get(SUBSCRIPTION, "").strip().lower() in self._subscriptions

    def _put_off(self, request: WebhookRequest) -> WebhookReply:
        """Return how a subscription is refused that has the secret and is not listed.

        The handshake of CloudEvents names none, so one may well have been agreed to: its texts must not be thrown away
        while somebody reads the log and lists it.
        """
        name = request.headers[SUBSCRIPTION].strip().lower()[:_LONGEST_NAME]
        if name not in self._named and len(self._named) < _MOST_NAMES:
            self._named.add(name)
            what_to_do = "list it in event_grid_subscriptions, or delete it at Azure"
            log.warning("subscription_not_listed", channel=self._channel, subscription=name, what_to_do=what_to_do)

        agreeing = request.method == "OPTIONS" or request.headers.get(_EVENT_TYPE) == _VALIDATION
        return _NO_AGREEMENT if agreeing else _NOT_LISTED_YET

    def _shows_secret(self, request: WebhookRequest) -> bool:
        query = dict(each.partition("=")[::2] for each in request.url.partition("?")[2].split("&"))
        shown = {request.headers.get(self._header, "")}
        for name in PARAMETERS:
            value = query.get(name, "")
            shown |= {unquote(value), unquote_plus(value)}  # a plus sign may be itself, or a space

        claims = [each.encode(errors="replace") for each in shown if each]
        return any([hmac.compare_digest(claim, secret) for claim in claims for secret in self._secrets])  # noqa: C419 - all are compared, whichever matches
