"""What a carrier says at our door: customers' texts, and how far texts of ours have come."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

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
from cordboard.engine.vocabulary import FailureKind
from cordboard.transports.http.paths import find, parse_json, word_at
from cordboard.transports.http.settings import Digits, Format, HttpSettings, Proof
from cordboard.transports.http.words import FAILED, STATUSES, TEXTS, USUAL_WORDS, ReportWord

_MOST_FIELDS: Final = 1_000
"""Of a form. Whoever sends more wants to keep us busy."""

_MOST_EVENTS: Final = 1_000
"""In one request; carriers that collect reports send some hundred."""

_MOST_MEDIA: Final = 100

_LACKS_PLUS: Final = re.compile(r"[1-9][0-9]{8,14}")
"""E.164 has at most 15 digits, and short codes have at most 8."""

_ADDRESS: Final = re.compile(r"https?://[!-~]+")

_FORM: Final = "application/x-www-form-urlencoded"

_FORGED: Final = WebhookReply(status=403, refusal="forged")


class HttpWebhooks:
    """Reads one channel's webhooks.

    Args:
        settings: The channel's.
    """

    def __init__(self, settings: HttpSettings) -> None:
        self._channel = settings.name
        self._told = settings.receive
        self._keys = [each.reveal().encode() for each in settings.receive.keys]
        self._header = settings.receive.header.lower()
        self._words = USUAL_WORDS | {
            word.casefold(): meaning for meaning, words in settings.receive.words.items() for word in words
        }
        self._methods = ("POST",) if settings.receive.proof is Proof.HMAC_SHA256 else ("GET", "POST")
        self._reply = WebhookReply(body=settings.receive.answer.encode())
        self._no_such_method = WebhookReply(
            status=405, headers=(("Allow", ", ".join(self._methods)),), refusal="malformed"
        )

    @property
    def report_query(self) -> dict[str, str]:
        """What the URL for reports needs, so that they can be told from a stranger's."""
        return {self._told.query: self._keys[0].decode()} if self._told.query else {}

    def receive(self, request: WebhookRequest) -> WebhookReply:
        """Verify and parse a request; see `Transport.receive`."""
        if request.method not in self._methods:
            return self._no_such_method

        try:
            query = _parse(request.url.partition("?")[2])
        except ValueError:
            query = {}

        if not self._is_genuine(request, query):
            return _FORGED

        if self._told.proof is Proof.HMAC_SHA256:
            query = {}  # nobody has signed it

        query.pop(self._told.query, None)  # a secret must not be kept
        return msgspec.structs.replace(self._reply, events=tuple(self._read(request, query)))

    def _is_genuine(self, request: WebhookRequest, query: dict[str, str]) -> bool:
        told = self._told
        shown = query.get(told.query, "") if told.query else request.headers.get(self._header, "")
        if not told.query and not shown.startswith(told.prefix):
            return False

        shown = shown if told.query else shown.removeprefix(told.prefix)
        if told.proof is Proof.SECRET:
            claimed = shown.encode(errors="replace")
            # Every key is tried, whatever the first of them said: time tells nothing.
            return any([hmac.compare_digest(key, claimed) for key in self._keys])  # noqa: C419 - see above

        try:
            signature = bytes.fromhex(shown) if told.digits is Digits.HEX else b64decode(shown, validate=True)
        except (ValueError, binascii.Error):
            return False

        return any(
            [hmac.compare_digest(hmac.digest(key, request.body, hashlib.sha256), signature) for key in self._keys]  # noqa: C419 - see above
        )

    def _read(self, request: WebhookRequest, query: dict[str, str]) -> list[CarrierEvent]:
        """Return the events of a genuine request."""
        whole = request.body if request.method == "POST" else urlencode(query).encode()
        kind = _FORM if self._told.format is Format.FORM or request.method == "GET" else "application/json"
        try:
            document: object
            if request.method == "GET":
                document = query
            elif self._told.format is Format.FORM:
                document = _parse(request.body.decode())
            else:
                document = parse_json(request.body)
        except ValueError:
            return [self._unreadable(f"the body is no {self._told.format.value}", kind, whole)]

        found = find(document, self._told.events) if kind != _FORM else document
        events = found if isinstance(found, list) else [found]
        if not events or len(events) > _MOST_EVENTS:
            return [self._unreadable(f"it has {len(events)} events", kind, whole)]

        read = []
        for each in events:
            event = self._read_one(each, query)
            if isinstance(event, str):
                body = whole if len(events) == 1 else msgspec.json.encode(each)
                event = self._unreadable(event, kind, body)

            read.append(event)

        return read

    def _read_one(self, event: object, query: dict[str, str]) -> CarrierEvent | str:
        """Return what an event says, or why it cannot be read."""
        told = self._told
        if not isinstance(event, dict):
            return "an event is no table"

        word = word_at(event, told.report_status)
        if word or find(event, told.report_status) is not None:
            meaning = self._words.get(word.casefold())
            if meaning is None:
                return f"the status {word[:30]!r} in {told.report_status!r} is unknown"

            if meaning is not ReportWord.RECEIVED:
                return self._read_report(event, meaning, word, query)

        provider_id = word_at(event, told.id)
        sender, recipient = self._number(event, told.sender), self._number(event, told.recipient)
        body = find(event, told.text)
        media = self._media(event)
        if not provider_id:
            return f"a text needs an id in {told.id!r}, or it could not be told from its repetition"

        if not sender or not recipient:
            return f"a text needs its numbers in {told.sender!r} and {told.recipient!r}"

        if media is None or not (isinstance(body, str) or (body is None and media)):
            return f"a text needs words in {told.text!r}, or addresses of attachments in {told.media!r}"

        return TextReceived(
            channel=self._channel,
            provider_id=provider_id,
            sender=sender,
            recipient=recipient,
            body=body or "",
            media=media,
            segments=_count(word_at(event, told.segments)),
        )

    def _read_report(
        self, event: dict[str, object], meaning: ReportWord, word: str, query: dict[str, str]
    ) -> DeliveryReported | str:
        told = self._told
        provider_id = word_at(event, told.report_id)
        if not provider_id:
            return f"a report needs an id in {told.report_id!r}"

        failure = None
        if meaning in FAILED:
            code = word_at(event, told.report_error)
            kind = told.errors.get(code) or told.errors.get(word) or FailureKind.UNKNOWN
            failure = Failure(code=code or word, text=TEXTS[kind], kind=kind)

        reference = word_at(event, told.report_reference) or query.get("message", "")
        return DeliveryReported(
            channel=self._channel,
            provider_id=provider_id,
            status=STATUSES[meaning],
            message=_count(reference) or None,
            failure=failure,
            unknown=meaning is ReportWord.UNKNOWN,
        )

    def _number(self, event: dict[str, object], path: str) -> str:
        number = word_at(event, path).strip()
        return f"+{number}" if self._told.plus and _LACKS_PLUS.fullmatch(number) else number

    def _media(self, event: dict[str, object]) -> tuple[Media, ...] | None:
        """Return an event's attachments; None if they cannot be read."""
        found = find(event, self._told.media) if self._told.media else None
        urls = found if isinstance(found, list) else [found] if found else []
        media = tuple(Media(url=each) for each in urls if isinstance(each, str) and _ADDRESS.fullmatch(each))
        return media if len(media) == len(urls) <= _MOST_MEDIA else None

    def _unreadable(self, reason: str, content_type: str, body: bytes) -> WebhookUnreadable:
        return WebhookUnreadable(channel=self._channel, reason=reason, content_type=content_type, body=body)


def _parse(form: str) -> dict[str, str]:
    """Return the fields of a form or a query.

    Raises:
        ValueError: It is not UTF-8, has half a character, or has far too many fields.
    """
    form.encode()
    return dict(parse_qsl(form, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))


def _count(number: str) -> int:
    """Return a number as it is written; 0 for anything else."""
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
