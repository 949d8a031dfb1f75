"""Fetching customers' attachments from Twilio: with whose credentials, from which addresses, and how much."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from msgspec.structs import replace
from structlog.testing import capture_logs
from tests.transports.conftest import ACCOUNT, AUTH_TOKEN
from tests.transports.serving import serving

from cordboard.engine.carrier import Media, MediaContent, MediaUnavailable
from cordboard.engine.ports import FetchesMedia
from cordboard.engine.secret import Secret
from cordboard.engine.testing.transports import IMPATIENT, PATIENT
from cordboard.transports.twilio import Deadlines, Subaccount, TwilioSettings, TwilioTransport, media

LIMIT = 1_000

PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"

PICTURE = MediaContent(data=b"\x89PNG", content_type="image/png")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass(kw_only=True, eq=False)
class Host:
    """A host that has attachments.

    Attributes:
        answers: What to answer by path; a picture to every other.
        asked: What came.
    """

    answers: dict[str, web.StreamResponse] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        picture = web.Response(body=b"\x89PNG", content_type="image/png")
        answer = self.answers.get(request.path, picture)
        # A response of aiohttp's is sent once.
        return towards(answer.headers["Location"], answer.status) if "Location" in answer.headers else answer


def towards(location: str, status: int = 307) -> web.Response:
    return web.Response(status=status, headers={"Location": location})


@pytest.fixture
async def api() -> AsyncIterator[Host]:
    """Twilio's API."""
    host = Host()
    async with serving(host.serve) as host.url:
        yield host


@pytest.fixture
async def other() -> AsyncIterator[Host]:
    """Some other server in our private network: this machine."""
    host = Host()
    async with serving(host.serve) as host.url:
        yield host


@pytest.fixture
def settings(api: Host) -> TwilioSettings:
    return TwilioSettings(
        name="main",
        account_sid=ACCOUNT,
        auth_token=Secret(AUTH_TOKEN),
        public_url="https://sms.example.com",
        api_url=api.url,
    )


@pytest.fixture
async def transport(settings: TwilioSettings) -> AsyncIterator[TwilioTransport]:
    async with TwilioTransport(settings, deadlines=Deadlines(connect=PATIENT, total=PATIENT, media=PATIENT)) as opened:
        yield opened


async def fetched(transport: TwilioTransport, url: str, *, limit: int = LIMIT) -> MediaContent | MediaUnavailable:
    return await transport.fetch_media(Media(url=url), limit=limit)


async def failed(transport: TwilioTransport, url: str, *, limit: int = LIMIT) -> MediaUnavailable:
    result = await fetched(transport, url, limit=limit)
    assert isinstance(result, MediaUnavailable)
    return result


def everybody_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that this machine is on the public internet: no test leaves it."""
    monkeypatch.setattr(media, "_is_public", lambda _: True)


async def test_it_can_fetch(transport: TwilioTransport) -> None:
    assert isinstance(transport, FetchesMedia)


# Credentials.


async def test_the_api_is_asked_with_the_accounts_credentials(transport: TwilioTransport, api: Host) -> None:
    assert await fetched(transport, api.url + PATH) == PICTURE

    (asked,) = api.asked
    assert (asked.method, asked.path) == ("GET", PATH)
    assert asked.headers["Authorization"] == basic(ACCOUNT, AUTH_TOKEN)


async def test_an_api_key_or_a_subaccounts_token_opens_too(settings: TwilioSettings, api: Host) -> None:
    subaccount = Subaccount(account_sid="AC5", auth_token=Secret("its-token"))
    keyed = replace(settings, api_key_sid="SK1", api_key_secret=Secret("key"), subaccounts=(subaccount,))
    async with TwilioTransport(keyed) as transport:
        await fetched(transport, api.url + PATH)
        await fetched(transport, f"{api.url}/2010-04-01/Accounts/AC5/Messages/MM1/Media/ME1")

    assert [each.headers["Authorization"] for each in api.asked] == [basic("SK1", "key"), basic("AC5", "its-token")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_followed_without_credentials(
    transport: TwilioTransport, api: Host, other: Host, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    everybody_is_public(monkeypatch)
    api.answers[PATH] = towards(f"{other.url}/signed/a%2Fb?Signature=a%2Bb%2Fc%3D&Expires=1&x=~*'()", status)

    assert await fetched(transport, api.url + PATH) == PICTURE
    (asked,) = other.asked
    assert "Authorization" not in asked.headers
    assert asked.raw_path == "/signed/a%2Fb?Signature=a%2Bb%2Fc%3D&Expires=1&x=~*'()", "signed as it is written"


async def test_even_the_api_gets_none_after_a_redirection(transport: TwilioTransport, api: Host) -> None:
    api.answers[PATH] = towards("/elsewhere#here")

    assert await fetched(transport, api.url + PATH) == PICTURE
    assert [each.path for each in api.asked] == [PATH, "/elsewhere"]
    assert "Authorization" not in api.asked[1].headers


async def test_a_stranger_never_gets_credentials(
    transport: TwilioTransport, other: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_is_public(monkeypatch)
    host = other.url.removeprefix("http://")
    for url in (other.url, f"http://{ACCOUNT}:{AUTH_TOKEN}@{host}", f"http://api.twilio.com:x@{host}"):
        assert await fetched(transport, url + PATH) == PICTURE

    assert [each for each in other.asked if "Authorization" in each.headers] == []


@pytest.mark.parametrize(
    ("url", "are"),
    [
        ("https://api.twilio.com/a", True),
        ("https://api.dublin.ie1.twilio.com/a", True),
        ("https://mcs.us1.TWILIO.com/a", True),
        ("http://api.twilio.com/a", False),
        ("https://api.twilio.com.example.com/a", False),
        ("https://eviltwilio.com/a", False),
        ("https://api.twilio.com@example.com/a", False),
        ("https://example.com/api.twilio.com", False),
        ("https://example.com\\@api.twilio.com/a", False),
        ("https://example.com#@api.twilio.com/a", False),
    ],
)
async def test_only_twilios_own_hosts_are_the_carriers(
    transport: TwilioTransport, monkeypatch: pytest.MonkeyPatch, url: str, are: bool
) -> None:
    given: list[str] = []

    def go_nowhere(fetcher: media.MediaFetcher, address: object) -> None:
        raise OSError

    def give(fetcher: media.MediaFetcher, address: object) -> tuple[str, str]:
        given.append(str(address))
        return "user", "password"

    monkeypatch.setattr(media.MediaFetcher, "_way_to", go_nowhere)
    monkeypatch.setattr(media.MediaFetcher, "_credentials_for", give)
    await fetched(transport, url)

    assert bool(given) is are


# Addresses.


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254"]
)
async def test_nothing_of_a_private_network_is_asked(transport: TwilioTransport, api: Host, host: str) -> None:
    async with asyncio.timeout(60):
        for url in (f"http://{host}:9/latest/meta-data", f"https://{host}/"):
            api.answers[PATH] = towards(url)
            direct = await failed(transport, url)
            redirected = await failed(transport, api.url + PATH)

            assert direct == redirected
            assert redirected.final
            assert "private" in redirected.reason


async def test_another_port_of_this_machine_is_not_the_api(transport: TwilioTransport, api: Host, other: Host) -> None:
    for url in (other.url, other.url.replace("127.0.0.1", "localhost")):
        api.answers[PATH] = towards(f"{url}/secret")
        assert (await failed(transport, api.url + PATH)).final

    assert other.asked == []


@pytest.mark.parametrize(
    "host", ["0177.0.0.1", "2130706433", "127.1", "0x7f.1", "127.0.0.1.", "localhost.", "127%2e0.0.1"]
)
async def test_odd_spellings_of_this_machine_are_no_way_around(
    transport: TwilioTransport, other: Host, host: str
) -> None:
    assert isinstance(await fetched(transport, other.url.replace("127.0.0.1", host)), MediaUnavailable)
    assert other.asked == []


async def test_a_name_is_looked_up_once_and_its_very_address_is_looked_at(
    transport: TwilioTransport, other: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    port = int(other.url.rpartition(":")[2])
    lookups: list[str] = []

    async def rebinding(host: str, *args: object, **more: object) -> list[tuple[object, ...]]:
        lookups.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(loop, "getaddrinfo", rebinding)
    result = await failed(transport, f"http://cdn.example.com:{port}/picture")

    assert "private" in result.reason
    assert lookups == ["cdn.example.com"], "so nobody can answer another time with another address"
    assert other.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - nothing listens there
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.53",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_an_address_that_is_not_public_gets_no_socket(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(OSError, match="not a public address"):
        media._public_socket((family, socket.SOCK_STREAM, 6, "", (address, 443)))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_gets_one(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    media._public_socket((family, socket.SOCK_STREAM, 6, "", (address, 443))).close()


@pytest.mark.parametrize(
    "url", ["", "x", "file:///etc/passwd", "ftp://example.com/", "http://", "http://[", "http://a:99999/", "//a/b"]
)
async def test_an_address_that_is_none_is_not_asked(transport: TwilioTransport, api: Host, url: str) -> None:
    assert (await failed(transport, url)).final
    if url.startswith(("file", "ftp", "http")):
        api.answers[PATH] = towards(url)
        assert (await failed(transport, api.url + PATH)).final


async def test_a_circle_of_redirections_is_left(transport: TwilioTransport, api: Host) -> None:
    api.answers = {PATH: towards("/b"), "/b": towards(PATH)}

    assert (await failed(transport, api.url + PATH)).final
    assert len(api.asked) == 5


async def test_a_proxy_of_this_machine_is_used_for_names_only(
    settings: TwilioSettings, api: Host, other: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", other.url)
    monkeypatch.setenv("no_proxy", "")
    async with TwilioTransport(settings) as transport:
        assert await fetched(transport, "http://cdn.example.com/picture") == PICTURE
        assert (await failed(transport, "http://10.0.0.1/")).final

    assert [each.raw_path for each in other.asked] == ["http://cdn.example.com/picture"]


# What comes.


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("image/JPEG; charset=binary", "image/jpeg"),
        (" video/mp4 ", "video/mp4"),
        ("", "application/octet-stream"),
        (";", "application/octet-stream"),
    ],
)
async def test_the_type_comes_without_parameters(transport: TwilioTransport, api: Host, said: str, kind: str) -> None:
    api.answers[PATH] = web.Response(body=b"x", headers={"Content-Type": said})

    assert await fetched(transport, api.url + PATH) == MediaContent(data=b"x", content_type=kind)


@pytest.mark.parametrize(("size", "fits"), [(0, True), (LIMIT, True), (LIMIT + 1, False), (10 * LIMIT, False)])
@pytest.mark.parametrize("chunked", [True, False])
async def test_an_attachment_may_have_as_much_as_it_may(
    transport: TwilioTransport, api: Host, size: int, fits: bool, chunked: bool
) -> None:
    answer = web.Response(body=b"x" * size, content_type="image/png")
    if chunked:
        answer.enable_chunked_encoding()

    api.answers[PATH] = answer
    result = await fetched(transport, api.url + PATH)

    if fits:
        assert result == MediaContent(data=b"x" * size, content_type="image/png")
    else:
        assert result == MediaUnavailable(reason="The attachment has more than 1000 bytes.", final=True)


async def test_what_unpacks_to_more_is_not_unpacked(transport: TwilioTransport, api: Host) -> None:
    answer = web.Response(body=b"x" * 50_000_000, content_type="image/png")
    answer.enable_compression(web.ContentCoding.gzip)
    api.answers[PATH] = answer

    assert (await failed(transport, api.url + PATH)).final


async def test_reading_ends_where_the_limit_is(settings: TwilioSettings) -> None:
    written = 0
    ended = asyncio.Event()

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal written
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65_536)
                written += 65_536
        finally:
            ended.set()

    async with serving(pour) as url, TwilioTransport(replace(settings, api_url=url)) as transport:
        assert (await failed(transport, url + PATH)).final
        async with asyncio.timeout(60):
            await ended.wait()

    assert written < 50_000_000


@pytest.mark.parametrize(
    ("status", "final"),
    [
        (404, True),
        (410, True),
        (400, True),
        (204, True),
        (304, True),
        (302, True),
        (401, False),
        (403, False),
        (408, False),
        (429, False),
        (500, False),
        (503, False),
    ],
)
async def test_what_is_not_there_may_come_or_is_gone(
    transport: TwilioTransport, api: Host, status: int, final: bool
) -> None:
    api.answers[PATH] = web.Response(status=status)

    assert (await failed(transport, api.url + PATH)).final is final


async def test_a_hanging_host_is_given_up(settings: TwilioSettings) -> None:
    hanging = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"x")
        await hanging.wait()
        return answer

    async with serving(drip) as url:
        deadlines = Deadlines(connect=IMPATIENT, total=IMPATIENT, media=IMPATIENT)
        async with TwilioTransport(replace(settings, api_url=url), deadlines=deadlines) as transport:
            result = await failed(transport, url + PATH)

        hanging.set()

    assert result == MediaUnavailable(reason="The carrier did not answer in time.", final=False)


async def test_a_host_that_breaks_off_may_be_asked_again(settings: TwilioSettings) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b"x")
        assert request.transport is not None
        request.transport.abort()
        return answer

    async with serving(break_off) as url, TwilioTransport(replace(settings, api_url=url)) as transport:
        assert not (await failed(transport, url + PATH)).final


async def test_a_host_that_is_not_there_may_be_asked_again(settings: TwilioSettings) -> None:
    async with TwilioTransport(replace(settings, api_url="http://127.0.0.1:9")) as transport:
        assert not (await failed(transport, "http://127.0.0.1:9/a")).final
        assert not (await failed(transport, "https://no-such-host.invalid/a")).final


async def test_the_log_says_nothing_of_the_address(transport: TwilioTransport) -> None:
    with capture_logs() as logs:
        await failed(transport, "http://127.0.0.1:9/signed?Signature=secret")

    assert [each["event"] for each in logs] == ["media_not_fetched"]
    assert "secret" not in repr(logs)


async def test_a_closed_transport_fetches_nothing(settings: TwilioSettings) -> None:
    with pytest.raises(RuntimeError, match="'main' is not open"):
        await fetched(TwilioTransport(settings), "https://api.twilio.com/a")
