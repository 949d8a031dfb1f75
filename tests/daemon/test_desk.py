"""The desk's pages, as a browser asks for them."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
from msgspec.structs import replace

import cordboard.daemon.desk
from cordboard.daemon.access import COOKIE, Access
from cordboard.engine.commands import Configure, Reply, SetPresence
from cordboard.engine.config import Affinity, Customer
from cordboard.engine.routing_words import WrapUp
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Presence

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

OTHER = "+14155550199"
PICKED = "+18005550101"

HTMX = {"HX-Request": "true"}


def token_of(name: str) -> str:
    return f"{name}-token-that-is-long-enough"


@asynccontextmanager
async def browser(daemon: Daemon, name: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the desk, signed in as somebody."""
    async with httpx.AsyncClient(
        base_url=daemon.url, headers={"Origin": daemon.url}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), timeout=60
    ) as client:
        if name:
            answer = await client.post("/desk/sign-in", data={"token": token_of(name)})
            assert answer.status_code == 303, answer.text

        yield client


@pytest.fixture
async def ana(daemon: Daemon) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(daemon, "ana") as client:
        yield client


async def part(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path, headers=HTMX)
    assert answer.status_code == 200, answer.text
    return answer.text


async def act(client: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    return await client.post(f"/desk/conversations/{path}", data=form, headers=HTMX)


async def taken(daemon: Daemon, client: httpx.AsyncClient, *, body: str = "Hello") -> None:
    """Have conversation 1 with ana."""
    await daemon.say("ana")
    await daemon.text(body)
    assert (await act(client, "1/accept")).status_code == 204


# Signing in


async def test_a_token_opens_a_session_that_scripts_and_other_sites_cannot_use(daemon: Daemon) -> None:
    async with browser(daemon) as client:
        answer = await client.post("/desk/sign-in", data={"token": token_of("ana")})

        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/")
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert token_of("ana") not in cookie
        assert "With you" in (await client.get("/desk/")).text


async def test_a_wrong_token_is_refused_in_words(daemon: Daemon) -> None:
    async with browser(daemon) as client:
        answer = await client.post("/desk/sign-in", data={"token": "nobody's"})

        assert answer.status_code == 401
        assert "Nobody has this token" in answer.text
        assert "set-cookie" not in answer.headers


async def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_where_they_were_going(daemon: Daemon) -> None:
    async with browser(daemon) as client:
        answer = await client.get("/desk/conversations/7")

        assert answer.headers["location"] == "/desk/sign-in?next=/desk/conversations/7"
        signed_in = await client.post("/desk/sign-in", data={"token": token_of("ana"), "next": "/desk/conversations/7"})
        assert signed_in.headers["location"] == "/desk/conversations/7"


@pytest.mark.parametrize("onward", ["https://evil.example/desk/", "//evil.example/desk/", "/\\evil.example", "/v1/me"])
async def test_signing_in_never_leads_away_from_the_desk(daemon: Daemon, onward: str) -> None:
    async with browser(daemon) as client:
        answer = await client.post("/desk/sign-in", data={"token": token_of("ana"), "next": onward})

        assert answer.headers["location"] == "/desk/"


async def test_a_part_of_a_page_is_refused_without_a_session_and_says_so(daemon: Daemon) -> None:
    async with browser(daemon) as client:
        answer = await client.get("/desk/parts/mine", headers=HTMX)

        assert answer.status_code == 401
        assert "You are signed out" in answer.text


async def test_a_session_ends_with_signing_out_and_a_forged_one_is_none(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    assert (await ana.post("/desk/sign-out")).headers["location"] == "/desk/sign-in"
    assert (await ana.get("/desk/")).status_code == 303

    async with browser(daemon) as client:
        client.cookies.set(COOKIE, "ana.1750000000000.00")
        assert (await client.get("/desk/")).status_code == 303


async def test_one_click_signs_in_where_it_is_a_demo_and_only_there(daemon: Daemon) -> None:
    async with browser(daemon) as client:
        refused = await client.post("/desk/sign-in", data={"rep": "ana"})
        daemon.house.demo = True
        page = await client.get("/desk/sign-in")
        answer = await client.post("/desk/sign-in", data={"rep": "ana"})

    assert refused.status_code == 401
    assert "Continue as ana" in page.text
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "URL"},
        {"Sec-Fetch-Site": "same-site", "Origin": "URL"},
        {"Origin": ""},
    ],
    ids=["other origin", "opaque origin", "cross-site", "sibling site", "no browser"],
)
async def test_nothing_is_done_for_a_page_that_is_not_the_desks(
    daemon: Daemon, ana: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    await daemon.say("ana")
    await daemon.text()
    headers = {name: value.replace("URL", daemon.url) for name, value in headers.items()}
    answer = await ana.post("/desk/conversations/1/accept", headers=headers)

    assert answer.status_code == 403
    assert daemon.engine.board.conversations[1].state.value == "assigned"


async def test_buttons_work_before_the_scripts_do(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    available = await ana.post("/desk/presence", data={"presence": "available"})
    await daemon.text()
    accepted = await ana.post("/desk/conversations/1/accept")
    answered = await ana.post("/desk/conversations/1/reply", data={"body": "Hi", "key": "k1"})

    assert [(each.status_code, each.headers["location"]) for each in (available, accepted, answered)] == [
        (303, "/desk/"),
        (303, "/desk/conversations/1"),
        (303, "/desk/conversations/1"),
    ]
    refused = await ana.post("/desk/conversations/1/accept")
    assert refused.status_code == 409
    assert "cannot be accepted" in refused.text
    assert "<html" in refused.text


# Lists


async def test_an_offer_is_shown_with_its_countdown_and_how_the_text_begins(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await daemon.say("ana")
    await daemon.text("Where is my order?")
    shown = await part(ana, "/desk/parts/mine")

    assert "1 offer for you" in shown
    assert "+1 415 555 0123" in shown
    assert "Where is my order?" in shown
    assignment = daemon.engine.board.conversations[1].assignment
    assert assignment is not None
    assert f'data-until="{assignment.expires_at}"' in shown


async def test_what_waits_on_the_reps_queues_is_listed_and_can_be_taken(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await daemon.say("ana")
    await daemon.text("I can wait", to=PICKED)
    assert "I can wait" in await part(ana, "/desk/parts/waiting")

    answer = await act(ana, "1/pick")
    assert answer.status_code == 204
    assert '"/desk/conversations/1"' in answer.headers["hx-location"]
    assert "I can wait" in await part(ana, "/desk/parts/mine")
    assert "I can wait" not in await part(ana, "/desk/parts/waiting")


async def test_the_lists_follow_a_conversation_through_its_life(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    shown = []
    for action in ("park", "resume", "close"):
        assert (await act(ana, f"1/{action}")).status_code == 204
        shown.append(re.findall(r"<h2 id=\"([a-z-]+)-title\">", await part(ana, "/desk/parts/mine")))

    assert shown == [["active", "parked", "offers"], ["active", "offers"], ["active", "ended", "offers"]]


async def test_a_conversation_in_wrap_up_is_listed_with_what_is_left_of_it(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    config = daemon.engine.board.config
    workstreams = tuple(replace(each, wrap_up=60_000) for each in config.workstreams)
    await daemon.engine.configure(replace(config, workstreams=workstreams))
    await taken(daemon, ana)
    await act(ana, "1/close")
    shown = await part(ana, "/desk/parts/mine")

    assert re.search(r"Wrap-up <span[^>]*>1<", shown)
    assert re.search(r"data-until=\"\d+\">(1:00|0:59)<", shown)
    assert "1 of 5" in await part(ana, "/desk/parts/me")
    assert "Wrap-up" in await part(ana, "/desk/conversations/1")


async def test_what_waits_for_its_last_rep_says_so_and_offers_no_button_to_a_colleague(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    config = daemon.engine.board.config
    workstreams = tuple(replace(each, affinity=Affinity(wait=60_000)) for each in config.workstreams)
    await daemon.engine.configure(replace(config, workstreams=workstreams))
    await taken(daemon, ana)
    await act(ana, "1/park")
    await daemon.say("ana", Presence.AWAY)
    await daemon.text("one more thing")
    assert "Take it" in await part(ana, "/desk/conversations/1")

    async with browser(daemon, "ben") as ben, browser(daemon, "sue") as sue:
        for_ben, for_sue = [await part(each, "/desk/conversations/1") for each in (ben, sue)]
        assert "waits for ana, who had it last" in for_ben
        assert "waits for ana, who had it last" in for_sue
        assert "Take it" not in for_ben
        assert "Take it" in for_sue
        assert "waits for ana" in (await act(ben, "1/pick")).text


async def test_an_assigned_conversation_has_no_button_to_decline_it(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await daemon.say("ana")
    await daemon.text()
    for path in ("/desk/parts/mine", "/desk/conversations/1"):
        assert "Decline" in await part(ana, path)

    config = daemon.engine.board.config
    workstreams = tuple(replace(each, auto_assign=True) for each in config.workstreams)
    await daemon.engine.configure(replace(config, workstreams=workstreams))
    for path in ("/desk/parts/mine", "/desk/conversations/1"):
        shown = await part(ana, path)
        assert "Decline" not in shown
        assert "Accept" in shown

    refused = await act(ana, "1/decline")
    assert refused.status_code == 409
    assert "is assigned to you, so it cannot be declined" in refused.text


async def test_a_wrap_up_without_end_is_finished_with_a_button(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    config = daemon.engine.board.config
    workstreams = tuple(replace(each, wrap_up=WrapUp.ALWAYS) for each in config.workstreams)
    await daemon.engine.configure(replace(config, workstreams=workstreams))
    await taken(daemon, ana)
    assert "Finish wrap-up" not in await part(ana, "/desk/conversations/1")

    await act(ana, "1/close")
    assert "In wrap-up since" in await part(ana, "/desk/parts/mine")
    assert "Finish wrap-up" in await part(ana, "/desk/conversations/1")
    assert (await act(ana, "1/end_wrap_up")).status_code == 204

    shown = await part(ana, "/desk/conversations/1")
    assert "Finish wrap-up" not in shown
    assert "Wrap-up ended by ana" in shown
    assert "0 of 5" in await part(ana, "/desk/parts/me")
    assert "so it cannot be finished" in (await act(ana, "1/end_wrap_up")).text


async def test_a_page_counts_and_shows_what_a_channel_with_smart_encoding_sends(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana)
    assert "data-smart" not in await part(ana, "/desk/conversations/1")

    config = daemon.engine.board.config
    channels = tuple(replace(each, smart_encoding=True) for each in config.channels)
    await daemon.engine.configure(replace(config, channels=channels))
    assert "data-smart" in await part(ana, "/desk/conversations/1")
    await act(ana, "1/reply", body="Soon\u2026", key="k1")
    shown = await part(ana, "/desk/conversations/1")
    assert "Soon..." in shown
    assert "Soon\u2026" not in shown


async def test_the_last_text_in_a_list_is_always_the_last_one(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana, body="First")
    for text in ("Second", "Third"):
        await daemon.text(text)
        assert text in await part(ana, "/desk/parts/mine")

    await act(ana, "1/reply", body="Fourth", key="k1")
    assert "Fourth" in await part(ana, "/desk/parts/mine")


# A conversation


async def test_the_transcript_has_texts_their_delivery_and_what_happened(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana, body="Hello there")
    await act(ana, "1/reply", body="How can I help?", key="k1")
    shown = await part(ana, "/desk/conversations/1")

    assert shown.index("Offered to ana") < shown.index("ana accepted") < shown.index("How can I help?")
    assert shown.index("Hello there") < shown.index("Offered to ana")


async def test_the_same_key_sends_a_text_once(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    answers = [await act(ana, "1/reply", body="Once only", key="k1") for _ in range(3)]

    assert [each.status_code for each in answers] == [204, 204, 204]
    assert (await part(ana, "/desk/conversations/1")).count("Once only") == 1


async def test_the_same_key_with_another_text_is_refused_in_words(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    await act(ana, "1/reply", body="One", key="k1")
    answer = await act(ana, "1/reply", body="Another", key="k1")

    assert answer.status_code == 409
    assert "Look at the transcript" in answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [("x" * 1601, "1601 characters; 1600 is the most"), ("  \n ", "The text is empty")],
    ids=["too long", "empty"],
)
async def test_a_text_that_cannot_be_sent_is_refused_in_words(
    daemon: Daemon, ana: httpx.AsyncClient, body: str, words: str
) -> None:
    await taken(daemon, ana)
    answer = await act(ana, "1/reply", body=body, key="k1")

    assert answer.status_code == 422
    assert words in answer.text


async def test_what_the_state_does_not_allow_is_refused_in_words(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    answer = await act(ana, "1/accept")

    assert answer.status_code == 409
    assert "with a representative now, so it cannot be accepted" in answer.text


async def test_what_nobody_can_do_is_refused(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)

    assert (await act(ana, "1/explode")).status_code == 404
    assert (await act(ana, "1/transfer", to="nowhere")).status_code == 404
    assert (await act(ana, "1/transfer", to="queue:nowhere")).status_code == 404
    assert (await act(ana, f"{2**80}/accept")).status_code == 404
    assert (await ana.get(f"/desk/conversations/{2**80}")).status_code == 404


async def test_a_customers_text_stays_text_wherever_it_is_shown(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    nasty = """"><script>alert('1')</script><img src=x onerror="alert(2)">"""
    await daemon.say("ana")
    await daemon.text(nasty)
    offered = await part(ana, "/desk/parts/mine")
    await act(ana, "1/accept")
    whole = (await ana.get("/desk/conversations/1")).text

    for shown in (offered, whole):
        assert "&lt;script&gt;alert(" in shown
        assert "<script>alert(" not in shown
        assert "<img src=x" not in shown
        assert '""><' not in shown


async def test_a_rep_reads_what_they_hold_held_or_may_take_and_nothing_else(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana, body="A secret of hers")
    async with browser(daemon, "cleo") as cleo, browser(daemon, "sue") as sue:
        whole = await cleo.get("/desk/conversations/1")
        shown = await part(cleo, "/desk/conversations/1")
        refused = await act(cleo, "1/reply", body="Let me", key="k1")

        assert whole.status_code == 404
        assert "A secret" not in whole.text + shown
        assert refused.status_code == 403
        assert "A secret of hers" in await part(sue, "/desk/conversations/1")

    await act(ana, "1/close")
    assert "A secret of hers" in await part(ana, "/desk/conversations/1")


async def test_a_supervisor_takes_a_conversation_over_by_answering(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    await daemon.say("sue")
    async with browser(daemon, "sue") as sue:
        assert "Sending takes the conversation over" in await part(sue, "/desk/conversations/1")
        assert (await act(sue, "1/reply", body="This is Sue", key="k1")).status_code == 204

    assert daemon.engine.board.conversations[1].holder == "sue"
    assert "only sue can answer" in await part(ana, "/desk/conversations/1")


async def test_a_conversation_is_transferred_to_a_colleague(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    await daemon.say("ben")

    assert 'name="why"' in await part(ana, "/desk/conversations/1")
    assert (await act(ana, "1/transfer", to="rep:ben", why="she knows  invoices")).status_code == 204
    async with browser(daemon, "ben") as ben:
        assert "1 offer for you" in await part(ben, "/desk/parts/mine")
        assert "Transferred to ben by ana: she knows invoices" in await part(ben, "/desk/conversations/1")


async def test_a_long_transcript_begins_with_its_latest_part_and_has_the_rest_on_request(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await taken(daemon, ana, body="The very first")
    for number in range(210):
        await daemon.engine.submit(Reply(conversation=1, by="ana", body=f"Answer {number}"))

    shown = await part(ana, "/desk/conversations/1")
    assert "Answer 209" in shown
    assert "The very first" not in shown
    assert "older entries" in shown
    whole = await part(ana, "/desk/conversations/1?everything=true")
    assert whole.index("The very first") < whole.index("Answer 0") < whole.index("Answer 209")


# Presence and overview


async def test_a_rep_sets_their_own_presence_and_only_a_supervisor_anothers(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    own = await ana.post("/desk/presence", data={"presence": "busy"}, headers=HTMX)
    others = await ana.post("/desk/presence", data={"presence": "busy", "rep": "ben"}, headers=HTMX)
    unknown = await ana.post("/desk/presence", data={"presence": "asleep"}, headers=HTMX)
    async with browser(daemon, "sue") as sue:
        supervised = await sue.post("/desk/presence", data={"presence": "away", "rep": "ben"}, headers=HTMX)

    assert [each.status_code for each in (own, others, unknown, supervised)] == [204, 403, 404, 204]
    assert daemon.engine.board.reps["ana"].presence.value == "busy"
    assert daemon.engine.board.reps["ben"].presence.value == "away"


async def test_the_overview_says_where_customers_wait_and_nobody_serves_them(daemon: Daemon) -> None:
    async with browser(daemon, "sue") as sue:
        config = daemon.engine.board.config
        await daemon.engine.configure(replace(config, queues=tuple(replace(each, reps=()) for each in config.queues)))
        before = (await sue.get("/desk/overview")).text
        await daemon.text("Somebody is waiting", to=PICKED)
        after = (await sue.get("/desk/overview")).text

    assert "nobody serves it" not in before
    assert after.count("nobody serves it") == 1


async def test_the_overview_is_for_supervisors(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await daemon.say("ana")
    await daemon.text("Somebody is waiting", to=PICKED)
    await daemon.text("And I am offered", customer=OTHER)
    async with browser(daemon, "sue") as sue:
        shown = (await sue.get("/desk/overview")).text

    assert 'href="/desk/ongoing?rep=ana"' in shown
    assert "1 of 5" in shown
    refused = await ana.get("/desk/overview")
    assert refused.status_code == 403
    assert "for supervisors" in refused.text


# The stream


@asynccontextmanager
async def following(client: httpx.AsyncClient, after: str, **headers: str) -> AsyncIterator[AsyncIterator[str]]:
    """Follow the stream; yields its lines."""
    async with client.stream("GET", f"/desk/stream?after={after}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def told(lines: AsyncIterator[str]) -> set[str]:
    """Return what the next signal says has changed."""
    async for line in lines:
        if line == "event: changed":
            return set((await anext(lines)).removeprefix("data: ").split())

    return set()


async def cursor_of(client: httpx.AsyncClient) -> str:
    found = re.search(r'data-cursor="(\d+)"', (await client.get("/desk/")).text)
    assert found
    return found.group(1)


async def test_a_page_that_is_up_to_date_hears_what_happens_next_and_nothing_before(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    await daemon.say("ana")
    async with following(ana, await cursor_of(ana)) as lines:
        await daemon.text()
        with anyio.fail_after(60):
            heard = await told(lines)

    assert {"mine", "conversation-1"} <= heard
    assert "everything" not in heard


async def test_a_page_that_comes_back_late_refreshes_everything(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    before = await cursor_of(ana)
    await daemon.say("ana")
    await daemon.text()
    with anyio.fail_after(60):
        async with following(ana, before) as lines:
            assert await told(lines) == {"everything"}

        now = await cursor_of(ana)
        async with following(ana, before, **{"Last-Event-ID": now}) as lines:
            await daemon.text("Again")
            assert "everything" not in await told(lines)


async def test_a_page_hears_when_a_conversation_leaves_its_lists(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    await taken(daemon, ana)
    async with following(ana, await cursor_of(ana)) as lines:
        await act(ana, "1/close")
        with anyio.fail_after(60):
            assert "mine" in await told(lines)


async def test_a_page_hears_nothing_of_conversations_that_are_not_its_reps(
    daemon: Daemon, ana: httpx.AsyncClient
) -> None:
    async with browser(daemon, "cleo") as cleo, following(cleo, await cursor_of(cleo)) as lines:
        await taken(daemon, ana)
        await daemon.say("cleo")
        with anyio.fail_after(60):
            assert await told(lines) == {"me", "mine"}


async def test_the_stream_ends_when_the_daemon_stops(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    async with following(ana, await cursor_of(ana)) as lines:
        daemon.house.stopping.set()
        with anyio.fail_after(60):
            assert await told(lines) == set()


async def test_the_stream_ends_with_the_token(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    async with following(ana, await cursor_of(ana)) as lines:
        daemon.house.access = Access(daemon.engine.board.config, {"ana": Secret("another-token-that-is-long")})
        # Anything that happens has the stream look who is listening.
        await daemon.engine.submit(SetPresence(rep="ana", presence=Presence.BUSY, by="ana"))
        with anyio.fail_after(60):
            assert await told(lines) == set()


async def test_the_stream_is_not_for_somebody_who_is_not_signed_in(daemon: Daemon) -> None:
    async with browser(daemon) as client:
        assert (await client.get("/desk/stream")).status_code == 303


# Files


async def test_scripts_and_styles_are_kept_until_they_change(ana: httpx.AsyncClient) -> None:
    page = (await ana.get("/desk/")).text
    addresses = re.findall(r'(?:href|src)="(/desk/static/[^"]+)"', page)
    answers = [await ana.get(each) for each in addresses]

    assert len(addresses) >= 4
    assert {each.status_code for each in answers} == {200}
    assert all("immutable" in each.headers["cache-control"] for each in answers)
    old = await ana.get(re.sub(r"static/\w+/", "static/0123456789ab/", addresses[0]))
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-store")
    for name in ("nothing.js", "../desk/session.py", "%2e%2e/access.py", "vendor/README.md"):
        assert (await ana.get(f"/desk/static/0/{name}")).status_code == 404


async def test_pages_allow_nothing_from_elsewhere_and_are_not_kept(ana: httpx.AsyncClient) -> None:
    headers = (await ana.get("/desk/")).headers

    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    rooms = Path(cordboard.daemon.desk.__file__).parent.parent
    templates = [*rooms.glob("desk/templates/*.html"), *rooms.glob("phone/templates/*.html")]
    for template in templates:
        text = template.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|\|\s*safe|hx-on", text), template.name

    assert len(templates) > 10


async def test_a_customer_whom_the_configuration_names_is_shown_by_name(daemon: Daemon, ana: httpx.AsyncClient) -> None:
    customers = (Customer(number=daemon.customer, name="Maria <Gómez>"),)
    await daemon.engine.submit(Configure(config=replace(daemon.engine.board.config, customers=customers)))
    await taken(daemon, ana)

    assert "Maria &lt;Gómez&gt;" in await part(ana, "/desk/parts/mine")
    page = await part(ana, "/desk/conversations/1")
    assert "<h2>Maria &lt;Gómez&gt;</h2>" in page
    assert "Maria &lt;Gómez&gt;, +1" in page
    assert "Transfer Maria &lt;Gómez&gt; to" in page
    assert "<title>Maria &lt;Gómez&gt; · Cordboard" in (await ana.get("/desk/conversations/1")).text
