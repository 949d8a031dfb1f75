"""What Twilio says at our door: customers' texts, and how far texts of ours have come."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

from cordboard.engine.carrier import (
    CarrierEvent,
    DeliveryReported,
    Media,
    TextReceived,
    WebhookReply,
    WebhookRequest,
    WebhookUnreadable,
)
from cordboard.engine.vocabulary import MessageStatus
from cordboard.transports.twilio.codes import INBOUND_STATUSES, KEYWORDS, SEGMENT_MISSING, STATUSES, why_not_delivered
from cordboard.transports.twilio.settings import TwilioSettings
from cordboard.transports.twilio.signature import Signatory

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

FAILED: Final = frozenset({MessageStatus.UNDELIVERED, MessageStatus.FAILED})
"""The endings that have a reason."""

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
        self._signatories = {sid: Signatory(account) for sid, account in settings.accounts.items()}

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request; see `Transport.receive`."""
        if request.method not in ("GET", "POST"):
            return _NO_SUCH_METHOD

        query = request.url.partition("?")[2]
        try:
            fields = self._verified(request, query)
        except ValueError:
            fields = None  # it is not UTF-8, or has far too many fields: Twilio cannot have signed it

        if fields is None:
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
        signed: Fields = []
        if self._may_be_a_form_in_a_url(request):
            return None

        if request.method == "GET":
            fields = dict(parse_form(query))
        elif "bodySHA256=" in query and not request.headers.get("content-type", "").startswith(_FORM):
            if not _hash_is_right(request.body, query):
                return None

            fields = _strings_in(request.body)
        else:
            signed = parse_form(request.body.decode())
            fields = dict(signed)

        # Each account signs with its own token; one that nobody told us of is a stranger, whoever signed.
        signatory = self._signatories.get(fields.get("AccountSid", self._account))
        return fields if signatory is not None and signatory.signed(request.headers, request.url, signed) else None

    def _may_be_a_form_in_a_url(self, request: WebhookRequest) -> bool:
        """Whether a URL ends with what is signed of a form: its names and values with nothing between them.

        Somebody who has caught a form, with words of their own in its text, could have its signature count for a URL.
        """
        return any(f"AccountSid{account}" in request.url for account in self._signatories)

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
        media = _media(fields) if "MediaUrl0" in fields else ()
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
            keyword=KEYWORDS.get(fields.get("OptOutType", "")),
            incomplete=fields.get("ErrorCode") == SEGMENT_MISSING,
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
            failure=why_not_delivered(word, fields.get("ErrorCode", "")) if status in FAILED else None,
            segments=count(fields.get("NumSegments")),
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


def parse_form(form: str) -> Fields:
    """Return the fields of a form or a query, blank ones too. `urllib.parse.parse_qsl` takes three times as long.

    Raises:
        ValueError: It is not UTF-8, or has far too many fields.
    """
    if form.count("&") >= _MOST_FIELDS:
        raise ValueError(f"there are more than {_MOST_FIELDS} fields")

    fields: Fields = []
    for pair in form.replace("+", " ").split("&"):
        name, _, value = pair.partition("=")
        if "%" in pair:
            fields.append((unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()))
        elif pair:
            fields.append((name, value))

    return fields


def _media(fields: dict[str, str]) -> tuple[Media, ...]:
    return tuple(
        Media(url=fields[url], content_type=fields.get(content_type, ""))
        for url, content_type in _MEDIA
        if url in fields
    )


def _hash_is_right(body: bytes, query: str) -> bool:
    claimed = dict(parse_form(query)).get("bodySHA256", "")
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), claimed.encode())


def _strings_in(body: bytes) -> dict[str, str]:
    """Return the strings of a JSON object; nothing of anything else."""
    try:
        said = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return {}

    return {name: value for name, value in said.items() if isinstance(value, str)}


def _our_id(query: str) -> int | None:
    """Return the id of the message that a report is about: we put it into the URL that Twilio calls.

    None if it is garbled: the report has Twilio's own id as well.
    """
    return count(dict(parse_qsl(query)).get("message")) or None
