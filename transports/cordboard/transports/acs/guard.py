"""Whether a request is truly from our event subscription. Event Grid signs nothing: it shows what we told it to show.

That is a secret, in the query of the URL it calls or in a header, or a token that Entra signed, or both. Where both are
configured both are asked for, except of the handshake of CloudEvents, which comes before there is a token.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import unquote, unquote_plus

from cordboard.engine.carrier import WebhookReply, WebhookRequest
from cordboard.transports.acs.settings import AcsSettings
from cordboard.transports.acs.tokens import TokenCheck, Verdict

PARAMETERS: Final = ("secret", "code")
"""The names that the secret may have in the URL's query; Azure's own functions call theirs `code`."""

SUBSCRIPTION: Final = "aeg-subscription-name"

FORGED: Final = WebhookReply(status=403, refusal="forged")

_UNKNOWN_SUBSCRIPTION: Final = WebhookReply(status=403, refusal="unknown_subscription")

_LATER: Final = WebhookReply(status=503, headers=(("Retry-After", "30"),), refusal="token_not_verifiable")
"""Event Grid throws away what is answered with 401 or 403, and comes again after a 503."""


class Guard:
    """Knows one channel's subscriptions.

    Args:
        settings: The channel's.
        tokens: Checks Event Grid's tokens; None where it has none.
    """

    def __init__(self, settings: AcsSettings, tokens: TokenCheck | None) -> None:
        self._secrets = tuple(each.reveal().encode() for each in settings.webhook_secrets)
        self._header = settings.webhook_secret_header
        self._subscriptions = frozenset(each.strip().lower() for each in settings.event_grid_subscriptions)
        self._tokens = tokens

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
        return None if SUBSCRIPTION not in request.headers or self.knows(request) else _UNKNOWN_SUBSCRIPTION

    def knows(self, request: WebhookRequest) -> bool:
        """Whether a request names a subscription of ours. Event Grid writes the name in capitals."""
        return request.headers.get(SUBSCRIPTION, "").strip().lower() in self._subscriptions

    def _shows_secret(self, request: WebhookRequest) -> bool:
        query = dict(each.partition("=")[::2] for each in request.url.partition("?")[2].split("&"))
        shown = {request.headers.get(self._header, "")}
        for name in PARAMETERS:
            value = query.get(name, "")
            shown |= {unquote(value), unquote_plus(value)}  # a plus sign may be itself, or a space

        claims = [each.encode(errors="replace") for each in shown if each]
        return any([hmac.compare_digest(claim, secret) for claim in claims for secret in self._secrets])  # noqa: C419 - all are compared, whichever matches
