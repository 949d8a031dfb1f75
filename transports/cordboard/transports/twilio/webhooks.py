"""What Twilio says at our door: customers' texts, and how far texts of ours have come."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from cordboard.engine.carrier import (
    CarrierEvent,
    DeliveryReported,
    Failure,
    Media,
    TextReceived,
    WebhookReply,
    WebhookRequest,
    WebhookUnreadable,
)
from cordboard.engine.vocabulary import MessageStatus
from cordboard.transports.twilio.codes import INBOUND_STATUSES, STATUSES, failure
from cordboard.transports.twilio.settings import TwilioSettings
from cordboard.transports.twilio.signature import HEADER, is_genuine

Fields: TypeAlias = list[tuple[str, str]]

_FORM: Final = "application/x-www-form-urlencoded"

_MOST_FIELDS: Final = 1_000
"""Twilio sends some thirty. Whoever sends more wants to keep us busy."""

_MEDIA: Final = tuple((f"MediaUrl{index}", f"MediaContentType{index}") for index in range(10))
"""A message has ten attachments at most."""

# Twilio signs names and values with nothing between them: `MessageSid=SM1&NumMedia=0` has the signature of
# `MessageSid=SM1NumMedia0`. Whoever has caught a request could send its text again under another id; so what names a
# text and its people must have a form that cannot be cut elsewhere.

_SID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
"""An id: 34 characters at Twilio, 36 at compatible providers. What is longer has swallowed the field after it, and what
is cut short would leave a rest that sorts elsewhere, so that the signature would be another."""

_NUMBER: Final = re.compile(r"(?:[a-z]+:)?\+?[0-9]{2,20}")

_FAILED: Final = frozenset({MessageStatus.UNDELIVERED, MessageStatus.FAILED})

_FORGED: Final = WebhookReply(status=403, refusal="forged")

_NO_SUCH_METHOD: Final = WebhookReply(status=405, headers=(("Allow", "GET, POST"),), refusal="malformed")


class TwilioWebhooks:
    """Reads one channel's webhooks.

    Args:
        settings: The channel's.
    """

    def __init__(self, settings: TwilioSettings) -> None:
        self._channel = settings.name
        self._account = settings.account_sid
        self._key = settings.auth_token.reveal().encode()

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request; see `Transport.receive`."""
        if request.method not in ("GET", "POST"):
            return _NO_SUCH_METHOD

        query = request.url.partition("?")[2]
        try:
            fields = self._verified(request, query)
        except ValueError:
            fields = None  # it is not UTF-8, or has far too many fields: Twilio cannot have signed it

        if fields is None or fields.get("AccountSid", self._account) != self._account:
            return _FORGED

        event = self._read(fields, request, query)
        if isinstance(event, DeliveryReported):
            return WebhookReply(events=(event,), status=204)

        # An answer of type text/plain would be texted to the customer.
        return WebhookReply(events=(event,), content_type="text/xml", body=b"<Response/>")

    def _verified(self, request: WebhookRequest, query: str) -> dict[str, str] | None:
        """Return the fields of a request that is truly Twilio's; None of another.

        Raises:
            ValueError: Its signature cannot be worked out.
        """
        signature = request.headers.get(HEADER, "")
        fields: Fields = []
        signed: Fields = []
        if request.method == "GET":
            fields = _parse(query)
        elif "bodySHA256=" in query and not request.headers.get("content-type", "").startswith(_FORM):
            if not _hash_is_right(request.body, query):
                return None
        else:
            fields = signed = _parse(request.body.decode())

        return dict(fields) if is_genuine(signature, self._key, request.url, signed) else None

    def _read(self, fields: dict[str, str], request: WebhookRequest, query: str) -> CarrierEvent:
        provider_id = fields.get("MessageSid") or fields.get("SmsSid")
        if not provider_id:
            return self._unreadable("there is no MessageSid", request, query)

        if not _SID.fullmatch(provider_id):
            return self._unreadable("the MessageSid is none", request, query)

        status = fields.get("MessageStatus", "received")
        if status not in INBOUND_STATUSES:
            return self._read_report(provider_id, status, fields, request, query)

        sender, recipient, body = fields.get("From"), fields.get("To"), fields.get("Body")
        media = tuple(
            Media(url=fields[url], content_type=fields.get(content_type, ""))
            for url, content_type in _MEDIA
            if url in fields
        )
        if not sender or not recipient or (body is None and not media):
            return self._unreadable("a text needs From, To, and Body or media", request, query)

        if not _NUMBER.fullmatch(sender) or not _NUMBER.fullmatch(recipient):
            return self._unreadable("From and To have to be numbers", request, query)

        return TextReceived(
            channel=self._channel,
            provider_id=provider_id,
            sender=sender,
            recipient=recipient,
            body=body or "",
            media=media,
            segments=count(fields.get("NumSegments")),
        )

    def _read_report(
        self, provider_id: str, word: str, fields: dict[str, str], request: WebhookRequest, query: str
    ) -> CarrierEvent:
        status = STATUSES.get(word)
        if status is None:
            return self._unreadable(f"the message status {word[:30]!r} is unknown", request, query)

        return DeliveryReported(
            channel=self._channel,
            provider_id=provider_id,
            status=status,
            message=_our_id(query),
            failure=_why(word, fields.get("ErrorCode")) if status in _FAILED else None,
        )

    def _unreadable(self, reason: str, request: WebhookRequest, query: str) -> WebhookUnreadable:
        return WebhookUnreadable(
            channel=self._channel,
            reason=reason,
            content_type=request.headers.get("content-type", "") if request.body else _FORM,
            body=request.body or query.encode(),
        )


def count(number: str | int | None) -> int:
    """Return a number as Twilio writes it; 0 for anything else."""
    text = str(number)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _parse(form: str) -> Fields:
    return parse_qsl(form, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)


def _hash_is_right(body: bytes, query: str) -> bool:
    claimed = dict(_parse(query)).get("bodySHA256", "")
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), claimed.encode())


def _our_id(query: str) -> int | None:
    """Return the id of the message that a report is about: we put it into the URL that Twilio calls.

    None if it is garbled: the report has Twilio's own id as well.
    """
    return count(dict(parse_qsl(query)).get("message")) or None


def _why(word: str, code: str | None) -> Failure:
    if code and code != "0":
        return failure(code)

    return Failure(code=word, text="The carrier does not say why.")
