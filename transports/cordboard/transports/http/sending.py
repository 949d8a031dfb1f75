"""Hands one text to an HTTP API, and says what became of it. Importing this imports aiohttp."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import structlog
from msgspec import Struct
from yarl import URL

from cordboard.engine.carrier import Accepted, Ambiguous, Failure, OutboundMessage, Rejected, SendResult, Throttled
from cordboard.engine.segments import Encoding, measure
from cordboard.engine.vocabulary import FailureKind
from cordboard.transports.http.paths import parse_json, word_at
from cordboard.transports.http.settings import Answers, Format, HttpSettings, Method
from cordboard.transports.http.templates import Value, fill, fill_text, secret_values
from cordboard.transports.http.words import TEXTS, USUAL_STATUSES
from cordboard.transports.pool import NOT_REACHED, proxy_to, wait_asked_for

log = structlog.get_logger(__name__)

_JSON: Final = "application/json"

_FORM: Final = "application/x-www-form-urlencoded"

_UNREACHABLE: Final = Failure(code="unreachable", text="The carrier could not be reached.", kind=FailureKind.TROUBLE)
_UNENCODABLE: Final = Failure(
    code="unencodable", text="The text has half a character in it that cannot be sent.", kind=FailureKind.CONTENT
)
_NO_ANSWER: Final = Failure(
    code="ambiguous",
    text="The carrier did not answer: the text may not have been sent.",
    kind=FailureKind.TROUBLE,
)
_ODD_ANSWER: Final = Failure(
    code="ambiguous",
    text="The carrier's answer cannot be understood: the text may not have been sent.",
    kind=FailureKind.TROUBLE,
)

_NOBODY_KNOWS: Final = frozenset({FailureKind.TROUBLE, FailureKind.UNKNOWN})
"""Kinds of failure that do not say whether the text was taken."""


class _Request(Struct, frozen=True, kw_only=True):
    """What to ask for."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


class HttpSender:
    """Sends a channel's texts.

    Args:
        settings: The channel's.
        pool: The connections.
    """

    def __init__(self, settings: HttpSettings, pool: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._pool = pool
        self._secrets = secret_values(settings.secrets)
        self._proxy = proxy_to(settings.send.url.partition("{")[0])

    async def hand_over(self, message: OutboundMessage, *, report_to: str) -> SendResult:
        """Send a text, once.

        Args:
            message: The text.
            report_to: The URL for delivery reports.
        """
        try:
            request = self._request(message, report_to)
        except UnicodeEncodeError:
            return Rejected(failure=_UNENCODABLE)

        channel = self._settings.name
        try:
            async with self._pool.request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
                proxy=self._proxy,
            ) as answer:
                body = await answer.read()
        except NOT_REACHED as error:
            log.debug("carrier_not_reached", channel=channel, message=message.message, error=type(error).__name__)
            return Throttled(failure=_UNREACHABLE)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.debug("carrier_did_not_answer", channel=channel, message=message.message, error=type(error).__name__)
            return Ambiguous(failure=_NO_ANSWER)

        result = judge(self._settings.answer, answer.status, answer.headers, body, attempt_key=message.attempt_key)
        if not isinstance(result, Accepted):
            log.debug(
                "carrier_refused",
                channel=channel,
                message=message.message,
                status=answer.status,
                code=result.failure.code,
            )

        return result

    def _request(self, message: OutboundMessage, report_to: str) -> _Request:
        """Return what to ask for.

        Raises:
            UnicodeEncodeError: There is a lone surrogate in the text.
        """
        send = self._settings.send
        values = self._values(message, report_to)
        url = fill_text(send.url, values, escape=lambda value: quote(value, safe=""))
        if send.query:
            url = f"{url}?{_form(send.query, values)}"

        headers = {name: fill_text(each, values) for name, each in send.headers.items()}
        headers.setdefault("Accept", "application/json, */*")
        if send.user and send.password:
            credentials = f"{send.user}:{send.password.reveal()}".encode()
            headers["Authorization"] = "Basic " + b64encode(credentials).decode()

        body: bytes | None = None
        if send.method is not Method.GET:
            in_json = send.format is Format.JSON
            headers["Content-Type"] = _JSON if in_json else _FORM
            body = msgspec.json.encode(fill(send.body, values)) if in_json else _form(send.body, values).encode()

        return _Request(method=send.method.value, url=url, headers=headers, body=body)

    def _values(self, message: OutboundMessage, report_to: str) -> dict[str, Value]:
        send = self._settings.send
        left = None if message.expires_at is None else message.expires_at // 1000 - int(time.time())
        return {
            "to": message.recipient,
            "to_digits": message.recipient.removeprefix("+"),
            "from": message.sender,
            "from_digits": message.sender.removeprefix("+"),
            "text": message.body,
            "id": message.attempt_key,
            "message": message.message,
            "media": [each.url for each in message.media] or None,
            "report_url": report_to,
            "valid_seconds": None if left is None else max(1, left),
            "alphabet": send.gsm if measure(message.body).encoding is Encoding.GSM_7 else send.unicode,
            **self._secrets,
        }


def judge(answers: Answers, status: int, headers: Mapping[str, str], body: bytes, *, attempt_key: str) -> SendResult:
    """Say what an answer means.

    Args:
        answers: What the channel was told of answers.
        status: The HTTP status.
        headers: The answer's headers.
        body: The answer's body.
        attempt_key: What stands for the carrier's id where it gives none.
    """
    try:
        document = parse_json(body) if answers.id or answers.error else None
    except ValueError:
        document = None  # a page of HTML, most likely

    code = word_at(document, answers.error)
    kind = answers.errors.get(code) if code else None
    if kind is None:
        kind = answers.errors.get(str(status))

    if kind is not None:
        return _failed(code or str(status), kind, headers)

    if 200 <= status < 300:
        return _accepted(answers, document, body, code, attempt_key)

    kind = USUAL_STATUSES.get(status)
    if kind is None:
        kind = FailureKind.UNKNOWN if 400 <= status < 500 else FailureKind.TROUBLE

    why = _failure(code or str(status), kind)
    if kind is FailureKind.UNKNOWN and status != 408:  # 408: somebody on the way got tired of waiting
        return Rejected(failure=why)

    return _failed(why.code, kind, headers)


def _accepted(answers: Answers, document: object, body: bytes, code: str, attempt_key: str) -> Accepted | Ambiguous:
    """Return what a success means that is not known for an error."""
    if answers.id:
        provider_id = word_at(document, answers.id)
    elif answers.id_pattern:
        found = re.search(answers.id_pattern, body.decode(errors="replace"))
        provider_id = word_at({"id": found[1]}, "id") if found else ""
    else:
        provider_id = attempt_key

    if not provider_id or (answers.fine and code not in answers.fine):
        return Ambiguous(failure=_ODD_ANSWER)

    return Accepted(provider_id=provider_id)


def _failed(code: str, kind: FailureKind, headers: Mapping[str, str]) -> Rejected | Throttled | Ambiguous:
    why = _failure(code, kind)
    if kind is FailureKind.BUSY:
        return Throttled(failure=why, retry_after=wait_asked_for(headers.get("Retry-After", "")))

    if kind in _NOBODY_KNOWS:
        return Ambiguous(failure=why)

    return Rejected(failure=why, channel_down=kind is FailureKind.ACCOUNT)


def _failure(code: str, kind: FailureKind) -> Failure:
    return Failure(code=code, text=TEXTS[kind], kind=kind)


def _form(fields: Mapping[str, object], values: Mapping[str, Value]) -> str:
    """Return fields as a form or a query; a list becomes a field for each."""
    filled = {name: fill(each, values) for name, each in fields.items()}
    return urlencode({name: _plain(each) for name, each in filled.items() if each is not None}, doseq=True)


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
