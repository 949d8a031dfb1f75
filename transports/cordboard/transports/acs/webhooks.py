"""What Event Grid says at our door: customers' texts, how far texts of ours have come, and whether the door is ours."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Raw

from cordboard.engine.carrier import CarrierEvent, WebhookReply, WebhookRequest, WebhookUnreadable
from cordboard.transports.acs.events import (
    DELETION,
    REPORT,
    TEXT,
    VALIDATION,
    Envelope,
    Unreadable,
    open_envelope,
    read_report,
    read_text,
    read_validation_code,
    split,
    tell_of_deletion,
)
from cordboard.transports.acs.guard import FORGED, SUBSCRIPTION, Guard
from cordboard.transports.acs.settings import AcsSettings
from cordboard.transports.acs.tokens import TokenCheck

_ORIGIN: Final = re.compile(r"[A-Za-z0-9.*:/-]{1,255}")

_JSON: Final = "application/json"

_PLAIN: Final = "text/plain; charset=utf-8"

_NO_SUCH_METHOD: Final = WebhookReply(status=405, headers=(("Allow", "POST, OPTIONS"),), refusal="malformed")

_NO_ORIGIN: Final = WebhookReply(status=400, refusal="malformed")


class AcsWebhooks:
    """Reads one channel's webhooks.

    Args:
        settings: The channel's.
        tokens: Checks Event Grid's tokens; None where it has none.
    """

    def __init__(self, settings: AcsSettings, tokens: TokenCheck | None = None) -> None:
        self._channel = settings.name
        self._guard = Guard(settings, tokens)

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request; see `Transport.receive`.

        Event Grid comes again for a day, but not after 400, 401, 403 or 413: none of them is for what is truly its own.
        """
        if request.method not in ("POST", "OPTIONS"):
            return _NO_SUCH_METHOD

        refusal = self._guard.turn_away(request)
        if refusal is not None:
            return refusal

        return _agree(request) if request.method == "OPTIONS" else self._read(request)

    def _read(self, request: WebhookRequest) -> WebhookReply:
        try:
            events = split(request.body)
        except Unreadable as error:
            return WebhookReply(events=(self._unreadable(str(error), request, request.body),))

        read: list[CarrierEvent] = []
        answer = b""
        for event in events:
            try:
                envelope = open_envelope(event)
                if envelope.kind != VALIDATION:
                    read.append(self._read_event(envelope, request))
                elif self._guard.knows(request):
                    answer = _handshake(envelope)
                else:
                    return FORGED
            except Unreadable as error:
                read.append(self._unreadable(str(error), request, event))

        return WebhookReply(events=tuple(read), content_type=_JSON if answer else _PLAIN, body=answer)

    def _read_event(self, envelope: Envelope, request: WebhookRequest) -> CarrierEvent:
        kind = envelope.kind
        if kind == TEXT:
            return read_text(envelope, self._channel)

        if kind == REPORT:
            return read_report(envelope, self._channel)

        if kind in DELETION:
            return tell_of_deletion(self._channel, request.headers.get(SUBSCRIPTION, ""))

        raise Unreadable(f"the event type {kind[:80]!r} is unknown")

    def _unreadable(self, reason: str, request: WebhookRequest, body: bytes | Raw) -> WebhookUnreadable:
        content_type = request.headers.get("content-type", _JSON)
        return WebhookUnreadable(channel=self._channel, reason=reason, content_type=content_type, body=bytes(body))


def _handshake(envelope: Envelope) -> bytes:
    """Say that the door is ours, as Event Grid wants to hear it; with 200, and within half a minute.

    The event also has a URL to be called instead. It is never called: whoever writes events would choose it.
    """
    return msgspec.json.encode({"validationResponse": read_validation_code(envelope)})


def _agree(request: WebhookRequest) -> WebhookReply:
    """Agree to be sent CloudEvents: the agreement is in the headers of the answer."""
    origin = request.headers.get("webhook-request-origin", "")
    if not _ORIGIN.fullmatch(origin):
        return _NO_ORIGIN

    headers = (("WebHook-Allowed-Origin", origin), ("WebHook-Allowed-Rate", "*"), ("Allow", "POST"))
    return WebhookReply(headers=headers)
