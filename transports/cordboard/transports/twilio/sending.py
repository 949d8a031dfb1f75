"""Hands one text to Twilio, and says what became of it. Importing this imports the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec
import structlog
from msgspec import Struct
from twilio.rest import Client  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

from cordboard.engine.carrier import Accepted, Ambiguous, Failure, OutboundMessage, Rejected, SendResult, Throttled
from cordboard.engine.vocabulary import FailureKind, Timestamp
from cordboard.transports.pool import NOT_REACHED, wait_asked_for
from cordboard.transports.twilio.client import NotTaken, Unintelligible, reading_answer
from cordboard.transports.twilio.codes import failure
from cordboard.transports.twilio.webhooks import count

log = structlog.get_logger(__name__)

_OF_THE_ACCOUNT: Final = frozenset({301, 302, 307, 308, 401, 403, 404, 407})
"""Statuses that, without a code, say nothing of the message: a wrong URL, credentials, a firewall, a proxy."""

_SHORTEST_VALIDITY: Final = 5
_LONGEST_VALIDITY: Final = 36_000
"""Seconds that a text may wait at Twilio. It takes 1 to 36,000, and advises against less than 5."""

_UNREACHABLE: Final = Failure(code="unreachable", text="Twilio could not be reached.", kind=FailureKind.TROUBLE)
_UNENCODABLE: Final = Failure(
    code="unencodable", text="The text has half a character in it that cannot be sent.", kind=FailureKind.CONTENT
)
_TOO_LATE: Final = Failure(code="expired", text="The text was not sent in time.", kind=FailureKind.EXPIRED)
_NO_ANSWER: Final = Failure(
    code="ambiguous", text="Twilio did not answer: the text may not have been sent.", kind=FailureKind.TROUBLE
)
_ODD_ANSWER: Final = Failure(
    code="ambiguous",
    text="Twilio's answer cannot be understood: the text may not have been sent.",
    kind=FailureKind.TROUBLE,
)


class _Error(Struct):
    """The part that both shapes of Twilio's error bodies have in common."""

    code: int | None = None


async def hand_over(
    client: Client, message: OutboundMessage, *, channel: str, report_to: str, service: str, now: Timestamp
) -> SendResult:
    """Send a text, once.

    Args:
        client: The SDK's client.
        message: The text.
        channel: The channel's name, for the log.
        report_to: The URL for delivery reports.
        service: The messaging service to send by; empty for none.
        now: The time, which a text may have run out of.
    """
    if message.expires_at is not None and message.expires_at <= now:
        return Rejected(failure=_TOO_LATE)

    media = [each.url for each in message.media]
    if not _encodable("".join((message.recipient, message.sender, message.body, *media))):
        return Rejected(failure=_UNENCODABLE)

    try:
        with reading_answer():
            created = await client.messages.create_async(
                to=message.recipient,
                from_=message.sender,  # with a messaging service too: the customer knows us by this number
                messaging_service_sid=service or None,
                body=message.body,
                media_url=media,
                status_callback=report_to,
                validity_period=_validity(message, now),
            )
    except NotTaken as answer:
        result = judge(answer.status, answer.headers, answer.body)
        log.debug(
            "carrier_refused",
            channel=channel,
            message=message.message,
            status=answer.status,
            code=result.failure.code,
            request_id=answer.headers.get("Twilio-Request-Id"),
            concurrent_requests=answer.headers.get("Twilio-Concurrent-Requests"),
        )
        return result
    except NOT_REACHED as error:
        log.debug("carrier_not_reached", channel=channel, message=message.message, error=type(error).__name__)
        return Throttled(failure=_UNREACHABLE)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.debug("carrier_did_not_answer", channel=channel, message=message.message, error=type(error).__name__)
        return Ambiguous(failure=_NO_ANSWER)
    except Unintelligible as error:
        log.debug("carrier_not_understood", channel=channel, message=message.message, error=str(error))
        return Ambiguous(failure=_ODD_ANSWER)

    if not isinstance(created.sid, str) or not created.sid:
        return Ambiguous(failure=_ODD_ANSWER)

    return Accepted(provider_id=created.sid, segments=count(created.num_segments))


def judge(status: int, headers: Mapping[str, str], body: str) -> Rejected | Throttled | Ambiguous:
    """Say what an answer other than success means.

    Args:
        status: The HTTP status.
        headers: The answer's headers.
        body: The answer's body.
    """
    code = _code_in(body)
    why = failure(str(code)) if code else _by_status(status)
    if status == 429 or why.kind is FailureKind.BUSY:
        return Throttled(failure=why, retry_after=wait_asked_for(headers.get("Retry-After", "")))

    if status >= 500:
        return Ambiguous(failure=why)

    if why.kind is FailureKind.ACCOUNT or status == 401:
        return Rejected(failure=why, channel_down=True)

    if status >= 400 and status != 408:
        return Rejected(failure=why)

    return Ambiguous(failure=why)


def _validity(message: OutboundMessage, now: Timestamp) -> int | None:
    """Return for how many seconds a text helps anybody; None for as long as Twilio likes."""
    if message.expires_at is None:
        return None

    return min(max((message.expires_at - now) // 1000, _SHORTEST_VALIDITY), _LONGEST_VALIDITY)


def _by_status(status: int) -> Failure:
    """Return what an answer without a code means."""
    kind = FailureKind.UNKNOWN
    if status == 429:
        kind = FailureKind.BUSY
    elif status == 408 or status >= 500:  # 408: somebody on the way got tired of waiting
        kind = FailureKind.TROUBLE
    elif status in _OF_THE_ACCOUNT:
        kind = FailureKind.ACCOUNT

    return Failure(code=str(status), text=f"Twilio answered with HTTP status {status}.", kind=kind)


def _code_in(body: str) -> int | None:
    try:
        return msgspec.json.decode(body, type=_Error).code
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None  # a page of HTML, most likely


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False

    return True
