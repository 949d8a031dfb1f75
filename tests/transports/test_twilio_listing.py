"""Twilio's list of messages: what was missed, and whether a text that may have been sent was."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from tests.transports.conftest import ACCOUNT, AUTH_TOKEN
from tests.transports.serving import serving

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
from cordboard.engine.clock import ManualClock
from cordboard.engine.errors import ReconciliationFailed
from cordboard.engine.ports import LooksUpSends, Reconciles
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import IMPATIENT, PATIENT, outbound
from cordboard.engine.vocabulary import FailureKind, MessageStatus
from cordboard.transports.twilio import Deadlines, Subaccount, TwilioSettings, TwilioTransport, listing

NOON = 1_795_521_600_000  # 24 November 2026, 12:00 in UTC

SECOND = 1_000

SUBACCOUNT = "AC" + "5" * 32

NOTHING: frozenset[str] = frozenset()

KNOWN = frozenset({f"SM{99:032}"})
"""The customer's own text, which a list that can be believed has."""


def date(at: int) -> str:
    return format_datetime(datetime.fromtimestamp(at / 1000, UTC))


def listed(number: int, *, at: int = NOON, sender: str | None = "+18005550100", **more: Any) -> dict[str, Any]:
    """Return a message of ours as Twilio lists it."""
    return {
        "sid": f"SM{number:032}",
        "account_sid": ACCOUNT,
        "from": sender,
        "to": "+14155550123",
        "body": f"Text {number}",
        "direction": "outbound-api",
        "status": "delivered",
        "date_created": date(at),
        "date_sent": date(at),
        "date_updated": date(at),
        "error_code": None,
        "error_message": None,
        "num_media": "0",
        "num_segments": "1",
        "messaging_service_sid": None,
        "price": None,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{number:032}.json",
        **more,
    }


def inbound(number: int, **more: Any) -> dict[str, Any]:
    """Return a customer's message as Twilio lists it."""
    facts = {"sender": "+14155550123", "to": "+18005550100", "direction": "inbound", "status": "received", **more}
    return listed(number, **facts)


@dataclass(kw_only=True, eq=False)
class Lists:
    """Twilio's lists.

    Attributes:
        messages: By account, the latest first.
        media: The URIs and types of each message's attachments, by its id.
        inbound: What there is of the customer's own texts alone.
        page: How many messages a page has.
        answer: What to answer to every request for messages; None for the list.
        media_answer: The same for attachments.
        asked: Every request.
    """

    messages: dict[str, list[Any]] = field(default_factory=dict)
    media: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    inbound: list[Any] = field(default_factory=lambda: [inbound(99)])
    page: int = 1000
    answer: web.Response | None = None
    media_answer: web.Response | None = None
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        _, _, _, account, *rest = request.path.split("/")
        if len(rest) == 3:
            return self.media_answer or self._media_of(account, rest[1])

        if self.answer is not None:
            return self.answer

        start = int(request.query.get("PageToken", 0))
        end = start + self.page
        everything = self.messages.get(account, [])
        if request.query.get("From") == "+14155550123":
            everything = self.inbound
        following = f"{request.path}?PageSize={self.page}&PageToken={end}" if end < len(everything) else None
        return web.json_response({"messages": everything[start:end], "next_page_uri": following, "page": 0, "end": 9})

    def _media_of(self, account: str, sid: str) -> web.Response:
        if sid not in self.media:
            return web.json_response({"code": 20404, "status": 404}, status=404)

        uri = f"/2010-04-01/Accounts/{account}/Messages/{sid}/Media"
        found = [{"uri": f"{uri}/{name}.json", "content_type": kind, "sid": name} for name, kind in self.media[sid]]
        return web.json_response({"media_list": found, "next_page_uri": None})


@pytest.fixture
async def lists() -> AsyncIterator[Lists]:
    carrier = Lists()
    async with serving(carrier.serve) as url:
        carrier.url = url
        yield carrier


@pytest.fixture
def settings(lists: Lists) -> TwilioSettings:
    return TwilioSettings(
        name="main",
        account_sid=ACCOUNT,
        auth_token=Secret(AUTH_TOKEN),
        public_url="https://sms.example.com",
        api_url=lists.url,
    )


@pytest.fixture
async def transport(settings: TwilioSettings) -> AsyncIterator[TwilioTransport]:
    clock = ManualClock(NOON + 3600 * SECOND)
    async with TwilioTransport(settings, deadlines=Deadlines(connect=PATIENT, total=PATIENT), clock=clock) as opened:
        yield opened


async def all_missed(transport: TwilioTransport, since: int = NOON) -> list[TextReceived | DeliveryReported]:
    return [each async for each in transport.missed(since)]


async def test_it_can_be_asked(transport: TwilioTransport) -> None:
    assert isinstance(transport, Reconciles)
    assert isinstance(transport, LooksUpSends)


# What was missed.


async def test_after_a_downtime_texts_and_reports_come_oldest_first(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [
        listed(4, at=NOON + 4000, status="undelivered", error_code=30005, num_segments="2"),
        inbound(3, at=NOON + 3000, body="Anybody there? 👋", num_segments="2"),
        listed(2, at=NOON + 2000),
        inbound(1, at=NOON + 1000),
    ]

    assert await all_missed(transport) == [
        TextReceived(
            channel="main",
            provider_id=f"SM{1:032}",
            sender="+14155550123",
            recipient="+18005550100",
            body="Text 1",
            segments=1,
            sent_at=NOON + 1000,
        ),
        DeliveryReported(channel="main", provider_id=f"SM{2:032}", status=MessageStatus.DELIVERED, segments=1),
        TextReceived(
            channel="main",
            provider_id=f"SM{3:032}",
            sender="+14155550123",
            recipient="+18005550100",
            body="Anybody there? 👋",
            segments=2,
            sent_at=NOON + 3000,
        ),
        DeliveryReported(
            channel="main",
            provider_id=f"SM{4:032}",
            status=MessageStatus.UNDELIVERED,
            failure=Failure(
                code="30005",
                text="The customer's number is unknown, or no longer in use.",
                kind=FailureKind.RECIPIENT,
            ),
            segments=2,
        ),
    ]


async def test_the_list_is_asked_as_twilio_documents_it(transport: TwilioTransport, lists: Lists) -> None:
    await all_missed(transport, NOON + 999)

    (asked,) = lists.asked
    assert (asked.method, asked.path) == ("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert dict(asked.query) == {"DateSent>": "2026-11-24T12:00:00Z", "PageSize": "1000"}
    expected = base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
    assert asked.headers["Authorization"] == f"Basic {expected}"


async def test_after_a_long_downtime_it_is_asked_day_by_day(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [inbound(1)]
    found = await all_missed(transport, NOON - 60 * 3600 * SECOND)
    days = [{name: value for name, value in each.query.items() if "Date" in name} for each in lists.asked]

    assert days == [
        {"DateSent>": "2026-11-22T00:00:00Z", "DateSent<": "2026-11-23T00:00:00Z"},
        {"DateSent>": "2026-11-23T00:00:00Z", "DateSent<": "2026-11-24T00:00:00Z"},
        {"DateSent>": "2026-11-24T00:00:00Z"},
    ]
    assert len(found) == 3, "whoever filters by the day brings it again; it is known by then"


async def test_every_page_is_read(transport: TwilioTransport, lists: Lists) -> None:
    lists.page = 3
    lists.messages[ACCOUNT] = [inbound(each) for each in range(10, 0, -1)]
    found = await all_missed(transport)

    assert [int(each.provider_id[2:]) for each in found] == list(range(1, 11))
    assert len(lists.asked) == 4


async def test_texts_of_one_second_keep_the_order_of_the_list(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [inbound(2), inbound(3), inbound(1)]

    assert [int(each.provider_id[2:]) for each in await all_missed(transport)] == [1, 3, 2]


async def test_attachments_are_asked_for(transport: TwilioTransport, lists: Lists) -> None:
    sid = f"SM{1:032}"
    lists.messages[ACCOUNT] = [inbound(1, body="", num_media="2"), inbound(2, body="", num_media="1")]
    lists.media[sid] = [("ME1", "image/jpeg"), ("ME2", "video/mp4")]
    gone, text = await all_missed(transport)

    base = f"{lists.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media"
    assert isinstance(text, TextReceived)
    assert text.media == (
        Media(url=f"{base}/ME1", content_type="image/jpeg"),
        Media(url=f"{base}/ME2", content_type="video/mp4"),
    )
    assert isinstance(gone, TextReceived)
    assert gone.media == (), "they were deleted at Twilio"


async def test_a_missing_segment_is_told(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [inbound(2), inbound(1, error_code=30009)]
    found = await all_missed(transport)

    assert [each.incomplete for each in found if isinstance(each, TextReceived)] == [True, False]


async def test_what_is_not_there_yet_or_says_nothing_is_passed_over(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [
        inbound(5, status="receiving"),
        listed(4, status="teleported"),
        inbound(3, sender=None),
        listed(2, status="queued", date_sent=None, num_segments="0", sender=None),
        inbound(1, body=None, brand_new={"a": []}),
    ]
    text, report = await all_missed(transport)

    assert isinstance(text, TextReceived)
    assert text.body == ""
    assert isinstance(report, DeliveryReported)
    assert (report.status, report.segments) == (MessageStatus.QUEUED, 0)


async def test_subaccounts_are_asked_with_their_own_credentials(settings: TwilioSettings, lists: Lists) -> None:
    lists.messages = {ACCOUNT: [inbound(3, at=NOON + 3000), inbound(1)], SUBACCOUNT: [inbound(2, at=NOON + 2000)]}
    subaccount = Subaccount(account_sid=SUBACCOUNT, auth_token=Secret("its-token"))
    async with TwilioTransport(replace(settings, subaccounts=(subaccount,)), clock=ManualClock(NOON)) as transport:
        found = await all_missed(transport)

    assert [int(each.provider_id[2:]) for each in found] == [1, 2, 3]
    assert lists.asked[1].path == f"/2010-04-01/Accounts/{SUBACCOUNT}/Messages.json"
    expected = base64.b64encode(f"{SUBACCOUNT}:its-token".encode()).decode()
    assert lists.asked[1].headers["Authorization"] == f"Basic {expected}"


ODD = {
    "unauthorised": web.json_response({"code": 20003}, status=401),
    "busy": web.json_response({"code": 20429}, status=429),
    "page": web.Response(status=503, text="<html>", content_type="text/html"),
    "redirection": web.Response(status=307, headers={"Location": "/"}),
    "no JSON": web.Response(text="<html>"),
    "no object": web.json_response([]),
    "no messages": web.json_response({}),
    "no list": web.json_response({"messages": 7}),
    "no message": web.json_response({"messages": [7]}),
    "no id": web.json_response({"messages": [listed(1, sid=None)]}),
    "no status": web.json_response({"messages": [listed(1, status=[])]}),
    "no words": web.json_response({"messages": [listed(1, body=5)]}),
    "no date": web.json_response({"messages": [listed(1, date_sent="Tue, 31 Feb 2026 02:00:00 +0000")]}),
    "too deep": web.Response(text="[" * 100_000),
    "accepted": web.Response(status=202, text="{}"),
    "for ever": web.json_response({"messages": [], "next_page_uri": "/2010-04-01/Accounts/AC/Messages.json"}),
    "elsewhere": web.json_response(
        {"meta": {"key": "messages", "next_page_url": "http://127.0.0.1:9/"}, "messages": [listed(1)]}
    ),
}


@pytest.mark.parametrize("odd", ODD)
async def test_without_a_sensible_answer_asking_has_failed(transport: TwilioTransport, lists: Lists, odd: str) -> None:
    lists.answer = copy_of(ODD[odd])
    with pytest.raises(ReconciliationFailed, match="'main'"):
        await all_missed(transport)

    assert len(lists.asked) == 1


def copy_of(answer: web.Response) -> web.Response:
    """A response of aiohttp's is sent once."""
    headers = {name: answer.headers[name] for name in ("Location", "Content-Type") if name in answer.headers}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


async def test_without_any_answer_asking_has_failed(settings: TwilioSettings) -> None:
    async with TwilioTransport(replace(settings, api_url="http://127.0.0.1:9")) as transport:
        with pytest.raises(ReconciliationFailed, match="did not answer"):
            await all_missed(transport)


async def test_a_list_is_asked_for_again_when_the_connection_breaks(settings: TwilioSettings, lists: Lists) -> None:
    async def break_once(request: web.Request) -> web.StreamResponse:
        answer = await lists.serve(request)
        if len(lists.asked) == 1 and request.transport is not None:
            request.transport.abort()

        return answer

    async with serving(break_once) as url, TwilioTransport(replace(settings, api_url=url)) as transport:
        await all_missed(transport)

    assert [each.path for each in lists.asked[:2]] == [lists.asked[0].path] * 2


async def test_a_list_that_hangs_is_given_up(settings: TwilioSettings) -> None:
    hanging = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await hanging.wait()
        return web.Response()

    async with serving(hang) as url:
        deadlines = Deadlines(connect=IMPATIENT, total=IMPATIENT)
        async with TwilioTransport(replace(settings, api_url=url), deadlines=deadlines) as transport:
            with pytest.raises(ReconciliationFailed, match="did not answer"):
                await all_missed(transport)

        hanging.set()


async def test_attachments_that_cannot_be_asked_for_end_it_after_what_came_before(
    transport: TwilioTransport, lists: Lists
) -> None:
    lists.messages[ACCOUNT] = [inbound(2, num_media="1"), inbound(1)]
    lists.media_answer = web.Response(status=500)
    missed = aiter(transport.missed(NOON))

    assert (await anext(missed)).provider_id == f"SM{1:032}"
    with pytest.raises(ReconciliationFailed, match="HTTP status 500"):
        await anext(missed)


async def test_more_than_can_be_put_in_order_is_refused(
    transport: TwilioTransport, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_MOST_AT_ONCE", 5)
    lists.page = 2
    lists.messages[ACCOUNT] = [inbound(each) for each in range(6)]

    with pytest.raises(ReconciliationFailed, match="more than 5 messages of one day from 2026-11-24 12:00"):
        await all_missed(transport)


# Whether a text was taken.


def text(body: str = "Your order is on its way 👋", **more: Any) -> OutboundMessage:
    return replace(outbound(body), first_tried_at=NOON, **more)


async def test_a_text_that_was_taken_is_found(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [listed(2), listed(1, body=text().body, status="queued", date_sent=None)]

    assert await transport.look_up(text(), known=KNOWN) == Accepted(provider_id=f"SM{1:032}", segments=1)
    (asked,) = lists.asked
    assert dict(asked.query) == {"From": "+18005550100", "To": "+14155550123", "PageSize": "1000"}


async def test_a_text_that_was_taken_without_an_answer_is_found_and_not_sent_again(
    settings: TwilioSettings, lists: Lists
) -> None:
    hanging = asyncio.Event()

    async def take_and_hang(request: web.Request) -> web.StreamResponse:
        if request.method == "GET":
            return await lists.serve(request)

        form = await request.post()
        lists.messages[ACCOUNT] = [listed(7, body=form["Body"], sender=str(form["From"]), to=form["To"])]
        await hanging.wait()
        return web.Response()

    async with serving(take_and_hang) as url:
        deadlines = Deadlines(connect=IMPATIENT, total=IMPATIENT)
        async with TwilioTransport(replace(settings, api_url=url), deadlines=deadlines) as transport:
            sent = await transport.send(text("Hello 👋"))
            found = await transport.look_up(text("Hello 👋"), known=KNOWN)

        hanging.set()

    assert isinstance(sent, Ambiguous)
    assert found == Accepted(provider_id=f"SM{7:032}", segments=1)


async def test_a_text_that_the_whole_list_does_not_have_was_not_taken(transport: TwilioTransport, lists: Lists) -> None:
    lists.page = 2
    lists.messages[ACCOUNT] = [listed(each) for each in range(5)]
    result = await transport.look_up(text(), known=KNOWN)

    assert isinstance(result, Throttled)
    assert result.failure.code == "not_taken"
    assert len(lists.asked) == 4, "three pages, and the customer's own texts"


async def test_a_list_that_shows_nothing_of_what_is_there_proves_nothing(
    transport: TwilioTransport, lists: Lists
) -> None:
    lists.inbound = []

    assert isinstance(await transport.look_up(text(), known=KNOWN), Ambiguous)
    assert isinstance(await transport.look_up(text(), known=NOTHING), Ambiguous)


async def test_a_text_on_a_later_page_is_found(transport: TwilioTransport, lists: Lists) -> None:
    lists.page = 2
    lists.messages[ACCOUNT] = [listed(each) for each in range(4)] + [listed(9, body=text().body)]

    assert await transport.look_up(text(), known=KNOWN) == Accepted(provider_id=f"SM{9:032}", segments=1)


async def test_the_same_words_of_another_text_are_another_text(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [listed(2, body="Yes"), listed(1, body="Yes")]
    first, second = f"SM{1:032}", f"SM{2:032}"

    assert await transport.look_up(text("Yes"), known=KNOWN) == Accepted(provider_id=first, segments=1)
    assert await transport.look_up(text("Yes"), known=KNOWN | {first}) == Accepted(provider_id=second, segments=1)
    assert isinstance(await transport.look_up(text("Yes"), known=KNOWN | {first, second}), Throttled)


@pytest.mark.parametrize(("before", "taken"), [(0, True), (-3600, True), (59, True), (60, True), (61, False)])
async def test_what_was_sent_clearly_before_is_another_text(
    transport: TwilioTransport, lists: Lists, before: int, taken: bool
) -> None:
    lists.messages[ACCOUNT] = [listed(1, at=NOON - before * SECOND, body="Yes")]
    result = await transport.look_up(text("Yes"), known=KNOWN)

    assert type(result) is (Accepted if taken else Throttled)


async def test_where_nobody_says_when_it_was_tried_it_is_since_it_was_written(
    transport: TwilioTransport, lists: Lists
) -> None:
    lists.messages[ACCOUNT] = [listed(1, at=NOON, body="Yes")]
    late = replace(text("Yes"), first_tried_at=0, queued_at=NOON + 3600 * SECOND)

    assert isinstance(await transport.look_up(late, known=KNOWN), Throttled)
    assert isinstance(await transport.look_up(replace(late, queued_at=NOON), known=KNOWN), Accepted)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (" Trimmed? \n", "Trimmed?"),
        ("a\r\nb", "a\nb"),
        ("\u201cSmart\u201d \u2013 isn\u2019t it\u2026", '"Smart" - isn\'t it...'),
        ("non\u00a0breaking", "non breaking"),
        ("Ça va", "Ça va"),
        ("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"),
        ("?", "?"),
        ("Hello", "Sent from your Twilio trial account - Hello"),
    ],
)
async def test_what_twilio_changes_of_a_text_makes_no_other_text_of_it(
    transport: TwilioTransport, lists: Lists, sent: str, kept: str
) -> None:
    lists.messages[ACCOUNT] = [listed(1, body=kept)]

    assert isinstance(await transport.look_up(text(sent), known=KNOWN), Accepted)


@pytest.mark.parametrize(("sent", "kept"), [("ok", "not ok"), ("👍", "👎"), ("?", "!"), ("Yes", "Yes 👍"), ("1", "2")])
async def test_other_words_are_another_text(transport: TwilioTransport, lists: Lists, sent: str, kept: str) -> None:
    lists.messages[ACCOUNT] = [listed(1, body=kept)]

    assert isinstance(await transport.look_up(text(sent), known=KNOWN), Throttled)


@pytest.mark.parametrize("more", [{"direction": "inbound"}, {"to": "+19995550100"}, {"sender": "+19995550100"}])
async def test_another_way_is_another_text(transport: TwilioTransport, lists: Lists, more: dict[str, Any]) -> None:
    lists.messages[ACCOUNT] = [listed(1, body="Yes", **more)]

    assert isinstance(await transport.look_up(text("Yes"), known=KNOWN), Throttled)


async def test_where_twilio_keeps_no_words_nobody_knows(transport: TwilioTransport, lists: Lists) -> None:
    lists.messages[ACCOUNT] = [listed(1, body="")]

    assert isinstance(await transport.look_up(text(), known=KNOWN), Ambiguous)
    assert isinstance(await transport.look_up(text(), known=KNOWN | {f"SM{1:032}"}), Throttled)


async def test_attachments_without_words_are_known_by_their_number(transport: TwilioTransport, lists: Lists) -> None:
    picture = text("", media=(Media(url="https://sms.example.com/media/1"),))
    lists.messages[ACCOUNT] = [listed(1, body="", num_media="1")]
    assert isinstance(await transport.look_up(picture, known=KNOWN), Accepted)

    lists.messages[ACCOUNT] = [listed(1, body="", num_media="2")]
    assert isinstance(await transport.look_up(picture, known=KNOWN), Ambiguous)

    lists.messages[ACCOUNT] = [listed(1)]
    assert isinstance(await transport.look_up(picture, known=KNOWN), Throttled)


async def test_a_messaging_service_s_text_is_found_before_it_has_a_sender(
    settings: TwilioSettings, lists: Lists
) -> None:
    lists.messages[ACCOUNT] = [listed(1, body=text().body, num_segments="0", status="accepted", sender=None)]
    async with TwilioTransport(replace(settings, messaging_service_sid="MG1")) as transport:
        assert await transport.look_up(text(), known=KNOWN) == Accepted(provider_id=f"SM{1:032}", segments=0)

    (asked,) = lists.asked
    assert "From" not in asked.query


@pytest.mark.parametrize("odd", ODD)
async def test_without_a_sensible_list_nobody_knows(transport: TwilioTransport, lists: Lists, odd: str) -> None:
    lists.answer = copy_of(ODD[odd])
    result = await transport.look_up(text(), known=KNOWN)

    if odd not in ("busy", "page"):
        assert result is None, "whoever answers so has no such list, and asking again is no use"
    else:
        assert isinstance(result, Ambiguous)
        assert result.failure.kind is FailureKind.TROUBLE


async def test_a_list_that_breaks_off_proves_nothing(settings: TwilioSettings, lists: Lists) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        if "PageToken" in request.query:
            return web.Response(status=500)

        lists.page = 1
        lists.messages[ACCOUNT] = [listed(1), listed(2, body=text().body)]
        return await lists.serve(request)

    async with serving(half) as url, TwilioTransport(replace(settings, api_url=url)) as transport:
        assert isinstance(await transport.look_up(text(), known=KNOWN), Ambiguous)


async def test_a_list_that_is_too_long_proves_nothing(
    transport: TwilioTransport, lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_MOST_OF_A_PAIR", 3)
    lists.page = 2
    lists.messages[ACCOUNT] = [listed(each) for each in range(6)]

    assert isinstance(await transport.look_up(text(), known=KNOWN), Ambiguous)
    lists.messages[ACCOUNT] = [listed(1, body=text().body), *(listed(each) for each in range(2, 8))]
    assert isinstance(await transport.look_up(text(), known=KNOWN), Accepted)


async def test_a_closed_transport_asks_nothing(settings: TwilioSettings) -> None:
    transport = TwilioTransport(settings)

    with pytest.raises(RuntimeError, match="'main' is not open"):
        await all_missed(transport)

    with pytest.raises(RuntimeError, match="'main' is not open"):
        await transport.look_up(text(), known=KNOWN)
