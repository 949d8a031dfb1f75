"""Hands texts to Azure, and says what became of them. Importing this imports the SDK."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec
import structlog
from msgspec import Raw, Struct

from cordboard.engine.carrier import Accepted, Ambiguous, Failure, OutboundMessage, Rejected, SendResult, Throttled
from cordboard.engine.vocabulary import FailureKind, Milliseconds
from cordboard.transports.acs.client import AcsClient, Answer, Exchange
from cordboard.transports.acs.codes import OPTED_OUT, explain
from cordboard.transports.acs.events import UNINTELLIGIBLE
from cordboard.transports.acs.numbers import as_ours, cannot_text

log = structlog.get_logger(__name__)

_UNREACHABLE: Final = Failure(code="unreachable", text="Azure could not be reached.", kind=FailureKind.TROUBLE)
_NO_TOKEN: Final = Failure(
    code="no_token", text="Entra gave this Cordboard no token for Azure. Check its identity.", kind=FailureKind.ACCOUNT
)
_UNENCODABLE: Final = Failure(
    code="unencodable", text="The text has half a character in it that cannot be sent.", kind=FailureKind.CONTENT
)
_NO_MEDIA: Final = Failure(code="no_media", text="Azure carries no attachments.", kind=FailureKind.CONTENT)
_NO_ANSWER: Final = Failure(
    code="ambiguous", text="Azure did not answer: the text may not have been sent.", kind=FailureKind.TROUBLE
)
_ODD_ANSWER: Final = Failure(
    code="ambiguous",
    text="Azure's answer cannot be understood: the text may not have been sent.",
    kind=FailureKind.TROUBLE,
)
_NOT_MENTIONED: Final = Failure(
    code="ambiguous", text="Azure's answer leaves this text out: it may not have been sent.", kind=FailureKind.TROUBLE
)
_NOT_REPEATABLE: Final = Failure(
    code="repeatability_rejected",
    text="Azure did not take the text: it does not know the repetition of a text by this id and time.",
    kind=FailureKind.DEFECT,
)

_OF_THE_ACCOUNT: Final = frozenset({301, 302, 307, 308, 401, 404, 407})
"""Statuses that say nothing of the message: a wrong endpoint or credential, a firewall, a proxy."""

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")

_WORDS: Final[dict[int, tuple[FailureKind, str]]] = {
    400: (FailureKind.CONFIGURATION, "Azure refused the request: the number of ours may not belong to the resource."),
    401: (FailureKind.ACCOUNT, "Azure refused the credentials. Check endpoint, access key, and this machine's clock."),
    403: (FailureKind.CONFIGURATION, "Azure does not let the number of ours send this."),
    404: (FailureKind.ACCOUNT, "There is no such resource at Azure. Check endpoint."),
    429: (FailureKind.BUSY, "The number of ours has sent as many texts as it may for now."),
}

_OF_A_RECIPIENT: Final[dict[int, tuple[FailureKind, str]]] = {
    400: (FailureKind.RECIPIENT, "Azure refused the customer's number: it is not valid."),
    429: _WORDS[429],
}
"""What a status means that one recipient has, in an answer that is a success as a whole."""


class _Item(Struct, rename="camel"):
    """What became of one recipient."""

    to: str = ""
    http_status_code: int = 0
    successful: bool | None = None
    message_id: str | None = None
    repeatability_result: str | None = None
    error_message: str | None = None


class _Answer(Struct):
    value: list[Raw] | None = None


class _Explanation(Struct):
    code: str | None = None


class _Error(Struct):
    error: _Explanation | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_ITEM: Final = msgspec.json.Decoder(_Item)
_ERROR: Final = msgspec.json.Decoder(_Error)


async def hand_over(client: AcsClient, messages: Sequence[OutboundMessage], *, channel: str) -> tuple[SendResult, ...]:
    """Send texts that differ in recipient and keys alone, in one request, once.

    Args:
        client: The channel's.
        messages: The texts; at most a hundred.
        channel: The channel's name, for the log.

    Returns:
        A result for each, in their order.
    """
    results: list[SendResult | None] = [_refuse_ourselves(each) for each in messages]
    going = [each for each, refused in zip(messages, results, strict=True) if refused is None]
    if going:
        exchange = await client.send(going)
        _note(exchange, channel=channel)
        answers = iter(judge(exchange))
        results = [refused or next(answers) for refused in results]

    return tuple(each for each in results if each is not None)


def judge(exchange: Exchange) -> tuple[SendResult, ...]:
    """Say what became of each text of a request."""
    answer = exchange.answer
    if answer is None:
        return (_without_answer(exchange),) * len(exchange.messages)

    if 200 <= answer.status < 300:
        return _each(answer, exchange.messages)

    return (_refused(answer),) * len(exchange.messages)


def _refuse_ourselves(message: OutboundMessage) -> Rejected | None:
    """Return how a text is refused that Azure need not even be asked for."""
    if message.media:
        return Rejected(failure=_NO_MEDIA)

    if why := cannot_text(message.sender_kind, message.recipient):
        words = f"The text cannot be sent: {why}."
        return Rejected(failure=Failure(code="destination", text=words, kind=FailureKind.CONFIGURATION))

    try:
        f"{message.recipient}{message.sender}{message.body}".encode()
    except UnicodeEncodeError:  # a lone surrogate
        return Rejected(failure=_UNENCODABLE)

    return None


def _without_answer(exchange: Exchange) -> SendResult:
    if exchange.written:
        return Ambiguous(failure=_NO_ANSWER)

    return Rejected(failure=_NO_TOKEN, channel_down=True) if exchange.no_token else Throttled(failure=_UNREACHABLE)


def _refused(answer: Answer) -> Rejected | Throttled | Ambiguous:
    """Say what an answer other than success means."""
    status = answer.status
    code = _code_in(answer.body)
    trouble = (
        FailureKind.TROUBLE if status >= 500 else FailureKind.UNKNOWN,
        f"Azure answered with HTTP status {status}.",
    )
    kind, words = _WORDS.get(status, trouble)
    if status == 403 and code is None:  # not Azure's: a firewall's, say
        kind, words = FailureKind.ACCOUNT, "Something on the way to Azure refused the request."

    why = Failure(code=code or str(status), text=words, kind=kind)
    if status == 429:
        return Throttled(failure=why, retry_after=wait_of(answer.headers))

    if status in _OF_THE_ACCOUNT or kind is FailureKind.ACCOUNT:
        return Rejected(failure=why, channel_down=True)

    if 400 <= status < 500 and status != 408:  # 408: somebody on the way got tired of waiting
        return Rejected(failure=why)

    return Ambiguous(failure=why)


def _each(answer: Answer, messages: Sequence[OutboundMessage]) -> tuple[SendResult, ...]:
    """Say what a success means for each text: it is one of the request alone, and may leave recipients out."""
    try:
        listed = _ANSWER.decode(answer.body).value
    except UNINTELLIGIBLE:
        listed = None

    if listed is None:
        return (Ambiguous(failure=_ODD_ANSWER),) * len(messages)

    items: defaultdict[str, deque[_Item]] = defaultdict(deque)
    for each in listed:
        try:
            item = _ITEM.decode(each)
        except UNINTELLIGIBLE:
            continue  # its recipient counts as left out

        items[as_ours(item.to)].append(item)

    results: list[SendResult] = []
    for message in messages:  # a recipient who is there twice is answered twice, in the order of the request
        own = items[as_ours(message.recipient)]
        results.append(_one(own.popleft(), answer) if own else Ambiguous(failure=_NOT_MENTIONED))

    return tuple(results)


def _one(item: _Item, answer: Answer) -> SendResult:
    status = item.http_status_code
    if item.successful or (item.successful is None and 200 <= status < 300):
        # A repetition is answered as the first attempt was, with the same id.
        return Accepted(provider_id=item.message_id) if item.message_id else Ambiguous(failure=_ODD_ANSWER)

    opted_out = explain(item.error_message or "")
    if opted_out.code == OPTED_OUT:
        return Rejected(failure=opted_out)

    if status == 400 and (item.repeatability_result or "").lower() == "rejected":
        return Rejected(failure=_NOT_REPEATABLE)

    kind = FailureKind.TROUBLE if status >= 500 else FailureKind.UNKNOWN
    kind, words = _OF_A_RECIPIENT.get(status, (kind, f"Azure answered for this text with status {status}."))
    why = Failure(code=str(status), text=words, kind=kind)
    if status == 429:
        return Throttled(failure=why, retry_after=wait_of(answer.headers))

    return Rejected(failure=why) if 400 <= status < 500 and status != 408 else Ambiguous(failure=why)


def wait_of(headers: Mapping[str, str]) -> Milliseconds | None:
    """Return how long an answer asks to wait: its Retry-After has seconds or a date; None if it does not say."""
    for name, unit in (("retry-after-ms", 1), ("x-ms-retry-after-ms", 1), ("retry-after", 1_000)):
        value = headers.get(name, "").strip()
        if value.isascii() and value.isdecimal() and len(value) < 10:
            return int(value) * unit

    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, OverflowError):
        return None

    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)

    return max(0, int((until - datetime.now(UTC)).total_seconds() * 1_000))


def _code_in(body: bytes) -> str | None:
    """Return Azure's own code of an error. Its words are left alone: they may have a number in them."""
    try:
        error = _ERROR.decode(body).error
    except UNINTELLIGIBLE:
        return None  # a page of HTML, most likely

    code = error.code if error else None
    return code if code and _CODE.fullmatch(code) else None


def _note(exchange: Exchange, *, channel: str) -> None:
    """Log what went wrong, without what was said."""
    answer = exchange.answer
    ids = [each.message for each in exchange.messages]
    if answer is None:
        log.debug("carrier_did_not_answer", channel=channel, messages=ids, error=exchange.error, sent=exchange.written)
    elif answer.status == 401:
        # A clock that is some minutes wrong spoils every signature.
        log.warning(
            "carrier_refused_credentials",
            channel=channel,
            messages=ids,
            local_time=datetime.now(UTC).isoformat(timespec="seconds"),
            carrier_time=answer.headers.get("date", ""),
        )
    elif not 200 <= answer.status < 300:
        request_id = answer.headers.get("x-ms-request-id", "")
        log.debug("carrier_refused", channel=channel, messages=ids, status=answer.status, request_id=request_id)
