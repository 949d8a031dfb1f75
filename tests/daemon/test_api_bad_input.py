"""What the API makes of requests that nobody should send: always a problem document, never a surprise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from cordboard.daemon.api.problems import BY_ERROR, BY_STATUS, kind_of
from cordboard.engine import errors

if TYPE_CHECKING:
    from tests.daemon.conftest import Daemon

MIB = 1024 * 1024


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:cordboard:problem:")
    assert problem["title"]
    assert problem["detail"]
    return problem


async def test_without_a_valid_token_nothing_is_told(daemon: Daemon) -> None:
    for header in (None, "", "Bearer", "Bearer wrong", "Basic YW5hOmFuYQ==", "bearer\tx", "Bearer é"):
        headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
        for path in ("/v1/me", "/v1/conversations/1", "/v1/events", "/v1/unroutable"):
            answer = await daemon.as_("").get(path, headers=headers)
            assert answer.status_code == 401, (path, header)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert problem_of(answer)["type"] == "urn:cordboard:problem:unauthenticated"


async def test_the_scheme_of_a_token_is_read_as_http_says(daemon: Daemon) -> None:
    token = daemon.as_("ana").headers["authorization"].split()[1]
    answer = await daemon.as_("").get("/v1/me", headers={"Authorization": f"bEaReR  {token}"})

    assert answer.status_code == 200


async def test_a_body_that_is_not_what_is_wanted_is_a_bad_request(daemon: Daemon) -> None:
    for body in (
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{bad",
        b'{"body": "x"} x',
        b'{"body": 5}',
        b'{"body": null}',
        b'{"body": ["x"]}',
        b'{"body": "x", "colour": "red"}',
        b'{"body": "x", "media": "https://example.com"}',
        b'{"body": "x", "media": [5]}',
        b'{"body": "x", "media": [{}]}',
        b'{"body": "\xff"}',
        b'{"body": "\xed\xa0\x80"}',
        b'{"body": "\\ud800"}',
        b'{"body": "\\udc00\\ud800"}',
        b"[" * 100_000,
        b'{"body": ' + b"[" * 100_000,
        b'{"body": 1e999}',
        b"body=x",
        b"\xff\xfe{\x00",
    ):
        answer = await daemon.as_("ana").post("/v1/conversations/1/messages", content=body)

        assert answer.status_code == 400, body[:50]
        assert problem_of(answer)["type"] == "urn:cordboard:problem:bad-request"


async def test_the_problem_names_the_key_that_is_wrong(daemon: Daemon) -> None:
    wrong = await daemon.as_("ana").post("/v1/conversations/1/messages", json={"body": 5})
    unknown = await daemon.as_("ana").get("/v1/conversations?state=sleeping")
    missing = await daemon.as_("ana").post("/v1/conversations/1/messages")

    assert problem_of(wrong)["errors"] == [{"key": "body", "message": "Expected `str`, got `int`"}]
    assert problem_of(unknown)["errors"] == [{"key": "state", "message": "Invalid enum value 'sleeping'"}]
    assert problem_of(missing)["errors"] == [{"key": "body", "message": "The request needs a JSON body"}]


async def test_a_query_that_makes_no_sense_is_a_bad_request(daemon: Daemon) -> None:
    for query in (
        "state=sleeping",
        "cursor=-1",
        "cursor=x",
        "cursor=1e3",
        "cursor=%D9%A1",
        "cursor=" + "9" * 30,
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=x",
        "limit=" + "9" * 5000,
    ):
        answer = await daemon.as_("sue").get(f"/v1/conversations?{query}")

        assert answer.status_code == 400, query
        problem_of(answer)


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        (
            "queue=generals",
            {"queue": "there is no queue 'generals', nor any conversation of one; did you mean 'general'?"},
        ),
        ("rep=zoe&state=queued", {"rep": "there is no rep 'zoe', nor any conversation of one"}),
        ("queue=%ff", {"queue": "there is no queue '\ufffd', nor any conversation of one"}),
        ("rep=%00", {"rep": "there is no rep '\\x00', nor any conversation of one"}),
        ("queue=a&queue=b", {"queue": "there is no queue 'b', nor any conversation of one"}),
        ("number=%2B13", {"number": "there is no number '+13', nor any conversation of one"}),
        (
            "queue=x&rep=y",
            {
                "queue": "there is no queue 'x', nor any conversation of one",
                "rep": "there is no rep 'y', nor any conversation of one",
            },
        ),
    ],
)
async def test_a_filter_by_a_name_that_never_was_says_so(daemon: Daemon, query: str, errors: dict[str, str]) -> None:
    await daemon.text()
    for name in ("ana", "sue"):
        answer = await daemon.as_(name).get(f"/v1/conversations?{query}")

        problem = problem_of(answer)
        assert (answer.status_code, problem["type"]) == (400, "urn:cordboard:problem:bad-request")
        assert {each["key"]: each["message"] for each in problem["errors"]} == errors
        assert problem["detail"] == "; ".join(errors.values())


async def test_a_filter_by_a_name_that_is_one_and_finds_nothing_is_answered(daemon: Daemon) -> None:
    await daemon.text(to=daemon.picked)
    for query in ("queue=billing", "rep=ben", "number=%2B18005550102", "number=+18005550102", "customer=%2B14155"):
        answer = await daemon.as_("sue").get(f"/v1/conversations?{query}")

        assert (answer.status_code, answer.json()["items"]) == (200, []), query

    nobody = await daemon.as_("sue").get("/v1/consents?number=%2B18005550102")
    unknown = await daemon.as_("sue").get("/v1/consents?number=%2B18005550999")
    assert (nobody.status_code, nobody.json()["items"], unknown.status_code) == (200, [], 400)


async def test_what_is_kept_under_a_name_that_has_gone_is_still_found(daemon: Daemon) -> None:
    await daemon.text(to=daemon.billing)
    await daemon.say("cleo")
    await daemon.as_("cleo").post("/v1/conversations/1/pick")
    await daemon.as_("cleo").post("/v1/conversations/1/close")
    config = daemon.engine.board.config
    await daemon.engine.configure(
        replace(
            config,
            numbers=config.numbers[:2],
            workstreams=config.workstreams[:2],
            queues=config.queues[:1],
            reps=tuple(each for each in config.reps if each.name != "cleo"),
        )
    )

    for query in ("queue=billing", "rep=cleo", "number=%2B18005550102"):
        kept = await daemon.as_("sue").get(f"/v1/conversations?{query}")
        unseen = await daemon.as_("ana").get(f"/v1/conversations?{query}")
        besides = await daemon.as_("sue").get(f"/v1/conversations?{query}&state=active")

        assert [each["id"] for each in kept.json()["items"]] == [1], query
        for each in (unseen, besides):
            assert (each.status_code, each.json()["items"]) == (200, []), query

    assert (await daemon.as_("sue").get("/v1/conversations?queue=sales")).status_code == 400


async def test_a_filter_that_is_left_blank_filters_nothing(daemon: Daemon) -> None:
    await daemon.text()
    blank = await daemon.as_("sue").get("/v1/conversations?state=&queue=&rep=&customer=&number=&cursor=&limit=")
    bare = await daemon.as_("sue").get("/v1/conversations")

    assert (blank.status_code, blank.json()) == (200, bare.json())
    assert len(bare.json()["items"]) == 1


async def test_a_query_that_finds_nothing_is_no_error(daemon: Daemon) -> None:
    for query in ("customer=%00", "customer=%ed%a0%80", "customer=a&customer=b", "=", "&&", "?", "x=y"):
        answer = await daemon.as_("sue").get(f"/v1/conversations?{query}")

        assert answer.status_code == 200, query
        assert answer.json() == {"items": [], "next": None}


async def test_a_conversation_that_cannot_be_is_not_found(daemon: Daemon) -> None:
    for conversation in ("7", "0", "-1", str(2**63), "9" * 5000, "one", "%00", "1%2F2", "..%2f..", " "):
        for path in ("", "/messages", "/routing"):
            answer = await daemon.as_("sue").get(f"/v1/conversations/{conversation}{path}")
            assert answer.status_code == 404, (conversation, path)
            problem_of(answer)


async def test_what_does_not_exist_is_a_problem_too(daemon: Daemon) -> None:
    for path in ("/", "/v1", "/v1/", "/v1/nothing", "/v2/me", "/nothing", "/schema/nothing", "/%00"):
        answer = await daemon.as_("sue").post(path) if path == "/" else await daemon.as_("sue").get(path)

        assert answer.status_code == (405 if path == "/" else 404), path
        problem_of(answer)


@pytest.mark.parametrize("weight", ["inf", "-1e999", "9" * 400, "nan", "zz"])
async def test_a_wish_for_a_page_that_nobody_can_read_is_none(daemon: Daemon, weight: str) -> None:
    answer = await daemon.as_("").get("/nothing", headers={"Accept": f"text/html;q={weight}"})

    assert answer.status_code == 404


BROWSERS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nothing", "/desk/nothing", "/v2/me", "/%00"])
async def test_a_browser_at_an_address_where_nothing_is_gets_a_page(daemon: Daemon, path: str) -> None:
    answer = await daemon.as_("").get(path, headers={"Accept": BROWSERS})

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at this address." in answer.text
    assert '<a href="/desk/">' in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html;q=0.5, application/problem+json", "text/html;q=0.5, */*", "?", ""]
)
async def test_who_would_not_rather_have_a_page_gets_a_problem(daemon: Daemon, accept: str) -> None:
    answer = await daemon.as_("").get("/nothing", headers={"Accept": accept})

    assert answer.status_code == 404
    problem_of(answer)


async def test_what_the_api_itself_refuses_is_a_problem_in_a_browser_too(daemon: Daemon) -> None:
    for path, status in (("/v1/me", 401), ("/v1/conversations/9", 401)):
        answer = await daemon.as_("").get(path, headers={"Accept": BROWSERS})
        assert answer.status_code == status
        problem_of(answer)

    answer = await daemon.as_("sue").get("/v1/conversations/9", headers={"Accept": BROWSERS})
    assert answer.status_code == 404
    problem_of(answer)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/conversations/1", {"GET", "OPTIONS"}),
        ("GET", "/v1/conversations/1/accept", {"POST", "OPTIONS"}),
        ("PATCH", "/v1/conversations/1/messages", {"GET", "POST", "OPTIONS"}),
        ("POST", "/healthz", {"GET", "OPTIONS"}),
    ],
)
async def test_a_method_that_is_not_taken_is_told_which_are(
    daemon: Daemon, method: str, path: str, allowed: set[str]
) -> None:
    answer = await daemon.as_("sue").request(method, path)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == allowed
    problem_of(answer)


async def test_head_answers_as_get_does_without_the_body(daemon: Daemon) -> None:
    for path, status in (("/v1/me", 200), ("/v1/conversations/9", 404), ("/healthz", 200), ("/v1/events", 200)):
        got = await daemon.as_("sue").head(path)
        assert got.status_code == status, path
        assert got.content == b""
        if path != "/v1/events":
            there = await daemon.as_("sue").get(path)
            assert got.headers["content-length"] == str(len(there.content))


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused(daemon: Daemon, announced: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * 65536

    content = b"x" * (17 * 65536) if announced else pieces()
    answer = await daemon.as_("ana").post("/v1/conversations/1/messages", content=content)

    assert answer.status_code == 413
    problem_of(answer)


async def test_a_body_that_does_not_arrive_is_cut_off(impatient: Daemon) -> None:
    url = urlsplit(impatient.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(b"POST /v1/conversations/1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head
    assert json.loads(body)["type"] == "urn:cordboard:problem:slow-request"


async def test_a_defect_is_told_to_the_log_and_not_to_the_client(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        a_customers_words = "my account number is 12345"
        raise ZeroDivisionError(f"defect after {len(a_customers_words)} characters")

    monkeypatch.setattr(daemon.engine, "submit", fail)
    with capture_logs() as logged:
        answer = await daemon.as_("ana").post("/v1/conversations/1/accept")

    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert "characters" not in problem_of(answer)["detail"]
    (line,) = [each for each in logged if each["event"] == "request_failed"]
    assert "ZeroDivisionError" in line["traceback"]
    assert "account number is 12345" not in json.dumps({**line, "traceback": line["traceback"].split("ZeroDiv")[-1]})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Overloaded("full"), 503),
        (errors.NotRunning("stopping"), 503),
        (errors.CommitFailed("no disk"), 503),
        (errors.StoreUnavailable("no disk at /var/lib"), 503),
        (errors.BoardBroken("half-way"), 503),
        (errors.CordboardError("something"), 500),
    ],
)
async def test_what_is_our_fault_is_no_fault_of_the_clients(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, error: errors.CordboardError, status: int
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(daemon.engine, "submit", fail)
    answer = await daemon.as_("ana").post("/v1/conversations/1/accept")

    assert answer.status_code == status
    assert "/var/lib" not in problem_of(answer)["detail"]
    assert ("retry-after" in answer.headers) is (status == 503)


async def test_while_the_engine_does_not_run_the_api_says_so(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon.engine, "_taking", False)
    answers = [await daemon.as_("ana").get(path) for path in ("/v1/me", "/v1/conversations", "/readyz")]

    assert [each.status_code for each in answers] == [503, 503, 503]
    assert (await daemon.as_("").get("/healthz")).status_code == 200


def test_every_error_of_the_engine_has_a_problem() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    kinds = [each for each in classes if issubclass(each, errors.CordboardError)]

    assert errors.BoardInUse in kinds
    for each in kinds:
        kind = kind_of(each.__new__(each))
        assert kind.status >= 500 or each.fault is not errors.Fault.OURS, each
        assert (kind.retry_after is not None) <= (kind.status == 503), each


def test_the_slug_of_a_problem_is_its_own() -> None:
    kinds = {*BY_ERROR.values(), *BY_STATUS.values()}

    assert len({each.slug for each in kinds}) == len(kinds)


def test_the_documentation_lists_every_problem(pytestconfig: pytest.Config) -> None:
    page = (pytestconfig.rootpath / "docs" / "http-api.md").read_text(encoding="utf-8")

    for kind in (*BY_ERROR.values(), *BY_STATUS.values()):
        assert f"`{kind.slug}`" in page, kind.slug
