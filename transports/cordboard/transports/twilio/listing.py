"""Twilio's list of messages: what webhooks did not bring, and whether a text that may have been sent was.

See https://www.twilio.com/docs/messaging/api/message-resource. Importing this imports the SDK.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import msgspec
import structlog
from msgspec import Struct
from twilio.rest import Client  # type: ignore[import-untyped]  # it is annotated, but has no py.typed

from cordboard.engine.carrier import (
    Accepted,
    Ambiguous,
    DeliveryReported,
    Failure,
    Media,
    OutboundMessage,
    TextReceived,
    Throttled,
)
from cordboard.engine.config import HOUR
from cordboard.engine.errors import ReconciliationFailed
from cordboard.engine.vocabulary import FailureKind, Milliseconds, Timestamp
from cordboard.transports.twilio.client import UNINTELLIGIBLE, NotTaken
from cordboard.transports.twilio.codes import SEGMENT_MISSING, STATUSES, why_not_delivered
from cordboard.transports.twilio.webhooks import FAILED, count

log = structlog.get_logger(__name__)

_PAGE: Final = 1000
"""Messages that one request asks for: the most that Twilio gives."""

_AT_ONCE: Final[Milliseconds] = 24 * HOUR
"""What is put in order at once: after a longer downtime, Twilio is asked day by day."""

_MOST_AT_ONCE: Final = 100_000
"""Messages: a day of more than one in a second, and some 100 MB while they are put in order."""

_MOST_OF_A_PAIR: Final = 5_000
"""Hardly anybody sends one customer so many texts; where somebody does, nobody knows."""

_SKEW: Final[Milliseconds] = 60_000
"""How far our clock may be ahead of Twilio's. Clocks that are looked after are within a second of each other, and a
text that was sent before with the same words is known by its id: so a minute costs nothing and forgives much."""

_TRIAL: Final = "Sent from your Twilio trial account - "
"""What Twilio puts before every text of an account that pays nothing yet."""

_NOT_TAKEN: Final = Failure(
    code="not_taken", text="Twilio has no such text in its list: it was not sent.", kind=FailureKind.TROUBLE
)
_NOT_TOLD: Final = Failure(
    code="ambiguous", text="Twilio could not be asked whether it has the text.", kind=FailureKind.TROUBLE
)
_TOO_MANY: Final = Failure(
    code="ambiguous", text="Twilio's list is too long to look for the text in it.", kind=FailureKind.TROUBLE
)
_REDACTED: Final = Failure(
    code="ambiguous",
    text="Twilio keeps no bodies of messages: whether the text is among those it has cannot be told.",
    kind=FailureKind.TROUBLE,
)


class _Listed(Struct, frozen=True, kw_only=True):
    """A message of the list, as Twilio describes it."""

    sid: str
    direction: str
    status: str
    from_: str | None  # null until a messaging service has chosen
    to: str | None
    body: str | None
    segments: int
    media: int
    error_code: int | str | None
    date_created: datetime | None
    date_sent: datetime | None

    @property
    def at(self) -> float:
        """When it was sent, or else made."""
        moment = self.date_sent or self.date_created
        return moment.timestamp() if moment else 0.0


async def missed(
    clients: Mapping[str, Client], since: Timestamp, now: Timestamp, *, channel: str, api_url: str
) -> AsyncIterator[TextReceived | DeliveryReported]:
    """Yield what happened since a moment, oldest first, whichever account it is of.

    Twilio filters by when a message was sent, by the second or perhaps only by the day: what comes may well be older.

    Args:
        clients: The SDK's clients by account.
        since: The moment.
        now: The time.
        channel: The channel's name.
        api_url: Where the REST API is.

    Raises:
        ReconciliationFailed: Twilio does not answer, or not understandably; what was yielded is true.
    """
    while since + _AT_ONCE < now:
        async for each in _between(clients, since, since + _AT_ONCE, channel, api_url):
            yield each

        since += _AT_ONCE

    async for each in _between(clients, since, None, channel, api_url):
        yield each


async def _between(
    clients: Mapping[str, Client], since: Timestamp, until: Timestamp | None, channel: str, api_url: str
) -> AsyncIterator[TextReceived | DeliveryReported]:
    dates = {"date_sent_after": _date(since)} | ({} if until is None else {"date_sent_before": _date(until)})
    found: list[tuple[_Listed, Client]] = []
    for client in clients.values():
        async for page in _pages(client, channel, **dates):
            found += [(each, client) for each in page]
            if len(found) > _MOST_AT_ONCE:
                raise ReconciliationFailed(
                    f"channel {channel!r}: Twilio has more than {_MOST_AT_ONCE:,} messages of one day from "
                    f"{_date(since):%Y-%m-%d %H:%M} UTC on, too many to be put in order"
                )

    found.reverse()  # the list has the latest first
    found.sort(key=lambda each: each[0].at)
    for listed, client in found:
        if listed.direction != "inbound":
            report = _report(listed, channel)
            if report is not None:
                yield report
        elif listed.status != "receiving" and listed.from_ and listed.to:
            media = await _media_of(client, listed.sid, channel, api_url) if listed.media else ()
            yield TextReceived(
                channel=channel,
                provider_id=listed.sid,
                sender=listed.from_,
                recipient=listed.to,
                body=listed.body or "",
                media=media,
                segments=listed.segments,
                incomplete=str(listed.error_code) == SEGMENT_MISSING,
                sent_at=round(listed.at * 1000) or None,
            )


async def look_up(
    client: Client, message: OutboundMessage, *, known: frozenset[str], channel: str, service: str
) -> Accepted | Throttled | Ambiguous | None:
    """Say whether Twilio has a text; None where whoever is asked has no such list.

    The list is not asked for a date: a text that still waits at Twilio has none on which it was sent.

    Args:
        client: The SDK's client.
        message: The text.
        known: Twilio's ids of other texts to this customer.
        channel: The channel's name, for the log.
        service: The messaging service that it was sent by; empty for none.
    """
    try:
        return await _found(client, message, known=known, channel=channel, service=service)
    except ReconciliationFailed as error:
        log.debug("carrier_not_asked", channel=channel, message=message.message, reason=str(error))
        return Ambiguous(failure=_NOT_TOLD) if _may_pass(error.__cause__) else None


async def _found(
    client: Client, message: OutboundMessage, *, known: frozenset[str], channel: str, service: str
) -> Accepted | Throttled | Ambiguous:
    # A messaging service notes the sender late: until then the list does not have the text under it.
    whose = {} if service else {"from_": message.sender}
    seen: set[str] = set()
    candidates: list[_Listed] = []
    async for page in _pages(client, channel, to=message.recipient, **whose):
        seen.update(each.sid for each in page)
        if len(seen) > _MOST_OF_A_PAIR:
            break

        candidates += [each for each in page if _may_be(each, message, known)]

    candidates.reverse()  # of two that read alike, the older one was sent first
    for each in candidates:
        if _reads_like(each, message):
            return Accepted(provider_id=each.sid, segments=each.segments)

    if any(not each.body for each in candidates):
        return Ambiguous(failure=_REDACTED)

    if len(seen) > _MOST_OF_A_PAIR:
        return Ambiguous(failure=_TOO_MANY)

    # A list that shows nothing that we know to be there is no proof that a text is not.
    shows = not seen.isdisjoint(known) or await _lists_inbound(client, channel, message, known)
    return Throttled(failure=_NOT_TAKEN) if shows else Ambiguous(failure=_NOT_TOLD)


async def _lists_inbound(client: Client, channel: str, message: OutboundMessage, known: frozenset[str]) -> bool:
    """Whether the list has a text of this customer's that we know.

    Raises:
        ReconciliationFailed: The list is not there, or not understandable.
    """
    async for page in _pages(client, channel, to=message.sender, from_=message.recipient):
        return any(each.sid in known for each in page)  # the latest are enough

    return False


def _may_pass(cause: BaseException | None) -> bool:
    """Whether asking again may help: not where the list is refused, is not there, or is no list."""
    if isinstance(cause, NotTaken):
        return cause.status in (408, 429, 500, 502, 503, 504)

    return not isinstance(cause, UNINTELLIGIBLE)


async def _pages(client: Client, channel: str, **filters: Any) -> AsyncIterator[list[_Listed]]:
    """Yield the list, page by page.

    Raises:
        ReconciliationFailed: A page is not there, or not understandable.
    """
    with _asking(channel):
        page = await client.messages.page_async(page_size=_PAGE, **filters)
        while page is not None:
            messages = [_read(each) for each in page]
            if not messages and page.next_page_url:
                raise ValueError("an empty page is followed by another one, perhaps for ever")

            yield messages
            page = await page.next_page_async()


async def _media_of(client: Client, sid: str, channel: str, api_url: str) -> tuple[Media, ...]:
    """Return a message's attachments; none if they were deleted.

    Raises:
        ReconciliationFailed: They cannot be asked for.
    """
    with _asking(channel):
        try:
            listed = await client.messages(sid).media.list_async(limit=10)  # a message has no more
        except NotTaken as answer:
            if answer.status in (404, 410):
                return ()

            raise

        # The resource is JSON under its own name, and the attachment itself without the ending.
        urls = [api_url.rstrip("/") + each.uri.removesuffix(".json") for each in listed]
        return tuple(
            Media(url=url, content_type=each.content_type or "") for url, each in zip(urls, listed, strict=True)
        )


@contextmanager
def _asking(channel: str) -> Iterator[None]:
    """Say in one way everything that can go wrong with asking.

    Raises:
        ReconciliationFailed: It went wrong.
    """
    try:
        yield
    except NotTaken as answer:
        reason = f"Twilio answered with HTTP status {answer.status}"
        raise ReconciliationFailed(f"channel {channel!r}: {reason} when it was asked for messages") from answer
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        reason = f"Twilio did not answer ({type(error).__name__})"
        raise ReconciliationFailed(f"channel {channel!r}: {reason} when it was asked for messages") from error
    except UNINTELLIGIBLE as error:
        raise ReconciliationFailed(f"channel {channel!r}: Twilio's list of messages cannot be understood") from error


def _date(at: Timestamp) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)


def _read(message: Any) -> _Listed:
    """Return a message as the SDK read it, which looks at dates alone.

    Raises:
        ValueError: It has something else than it should.
    """
    said = {name: getattr(message, name) for name in _Listed.__struct_fields__ if hasattr(message, name)}
    counts = {"segments": count(message.num_segments), "media": count(message.num_media)}
    try:
        return msgspec.convert(said | counts, type=_Listed)
    except msgspec.ValidationError as error:
        raise ValueError("a message is not as Twilio describes them") from error


def _report(listed: _Listed, channel: str) -> DeliveryReported | None:
    status = STATUSES.get(listed.status)
    if status is None:
        return None  # a word that nobody knows yet; the report at our door is kept

    return DeliveryReported(
        channel=channel,
        provider_id=listed.sid,
        status=status,
        failure=why_not_delivered(listed.status, str(listed.error_code or "")) if status in FAILED else None,
        segments=listed.segments,
    )


def _may_be(listed: _Listed, message: OutboundMessage, known: frozenset[str]) -> bool:
    """Whether a message of the list can be this text, as far as its words are not looked at."""
    tried_at = message.first_tried_at or message.queued_at
    return (
        listed.sid not in known
        and listed.direction.startswith("outbound")
        and listed.to in (None, message.recipient)
        and listed.from_ in (None, "", message.sender)
        and (listed.date_created is None or listed.date_created.timestamp() * 1000 >= tried_at - _SKEW)
    )


def _reads_like(listed: _Listed, message: OutboundMessage) -> bool:
    """Whether a message of the list has a text's words, or, where it has none, its attachments."""
    body = (listed.body or "").removeprefix(_TRIAL)
    if not message.body:
        return not body and listed.media == len(message.media)

    if body.split() == message.body.split():
        return True

    essence = _essence(message.body)
    return essence != "" and essence == _essence(body)


def _essence(text: str) -> str:
    """Return a text without what Twilio may change of it.

    It trims blanks, and its smart encoding replaces quotes, dashes and the like by those that SMS has.
    """
    return "".join(each for each in unicodedata.normalize("NFKD", text) if unicodedata.category(each)[0] not in "PZCM")
