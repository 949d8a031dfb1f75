"""The simulated customers' phones: a daemon whose carrier is simulated, over real HTTP."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
import uvicorn
from tests.daemon.prompt import PromptServer

from cordboard.daemon.access import Access
from cordboard.daemon.app import create_app
from cordboard.daemon.house import House
from cordboard.daemon.phone.exchange import customer_number
from cordboard.engine import BoardConfig, Channel, Engine, Number, Queue, Rep, Workstream
from cordboard.engine.commands import AcceptOffer, Reply, SetPresence
from cordboard.engine.errors import InvalidMessage
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import NumberKind, Presence
from cordboard.storage.memory import MemoryStore
from cordboard.transports.simulator import SimulatorSettings, SimulatorTransport

NUMBER = "+18005550100"
CUSTOMER = "+14155550123"
OTHER = "+447700900123"
TOKEN = "ana-token-that-is-long-enough"
HTMX = {"HX-Request": "true"}

CONFIG = BoardConfig(
    name="test",
    channels=(Channel(name="sim", provider="simulator"), Channel(name="real", provider="plain")),
    numbers=(
        Number(address=NUMBER, channel="sim", kind=NumberKind.TOLL_FREE, workstream="support"),
        Number(address="+18005550199", channel="real", kind=NumberKind.TOLL_FREE, workstream="support"),
    ),
    workstreams=(Workstream(name="support", queue="general"),),
    queues=(Queue(name="general", reps=("ana",)),),
    reps=(Rep(name="ana", capacity=5),),
)


@asynccontextmanager
async def house_at(folder: Path) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    """A daemon in demo mode with phones that are kept in a folder, and a browser at it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        phones = str(folder / "phones.jsonl")
        simulator = SimulatorTransport(SimulatorSettings(name="sim", public_url=url, phones=phones))
        async with Engine(CONFIG, store=MemoryStore(), transports=[simulator]) as engine:
            access = Access(CONFIG, {"ana": Secret(TOKEN)})
            house = House(engine=engine, access=access, simulators={"sim": simulator}, demo=True)
            config = uvicorn.Config(create_app(house), ws="none", log_config=None, access_log=False)
            server = PromptServer(config)
            async with (
                anyio.create_task_group() as tasks,
                httpx.AsyncClient(
                    base_url=url, headers={"Origin": url}, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), timeout=60
                ) as client,
            ):
                tasks.start_soon(server.serve, [listener])
                try:
                    yield house, client
                finally:
                    house.stopping.set()
                    server.stop()


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    async with house_at(tmp_path) as house:
        yield house


async def test_a_customer_texts_and_reads_the_answer(at: tuple[House, httpx.AsyncClient]) -> None:
    house, client = at
    engine = house.engine
    await engine.submit(SetPresence(rep="ana", presence=Presence.AVAILABLE, by="ana"))
    sent = await client.post(f"/phone/{CUSTOMER}/{NUMBER}", data={"body": "Hello?\r\nAnybody?"}, headers=HTMX)
    assert sent.status_code == 204

    await engine.submit(AcceptOffer(conversation=1, by="ana"))
    await engine.submit(Reply(conversation=1, by="ana", body="Yes, <b>here</b>"))
    phones = house.simulators["sim"].carrier.phones
    with anyio.fail_after(60):
        await phones.until(lambda: len(phones.thread(CUSTOMER, NUMBER)) == 2)

    shown = (await client.get(f"/phone/{CUSTOMER}/{NUMBER}")).text
    assert "Hello?\nAnybody?" in shown
    assert "Yes, &lt;b&gt;here&lt;/b&gt;" in shown
    assert "delivered" in shown


async def test_several_customers_have_a_thread_each_and_the_latest_comes_first(
    at: tuple[House, httpx.AsyncClient],
) -> None:
    _, client = at
    for customer, words in ((CUSTOMER, "I am first"), (OTHER, "I am second")):
        await client.post(f"/phone/{customer}/{NUMBER}", data={"body": words}, headers=HTMX)

    opened = await client.get("/phone/")
    assert opened.headers["location"] == f"/phone/{OTHER}/{NUMBER}"
    threads = (await client.get(f"/phone/parts/threads/{CUSTOMER}/{NUMBER}")).text
    assert threads.index("I am second") < threads.index("I am first")
    assert threads.count('aria-current="true"') == 1
    assert "I am second" not in (await client.get(f"/phone/{CUSTOMER}/{NUMBER}", headers=HTMX)).text


async def test_threads_are_still_there_after_a_restart(tmp_path: Path) -> None:
    async with house_at(tmp_path) as (_, client):
        await client.post(f"/phone/{CUSTOMER}/{NUMBER}", data={"body": "Remember me"}, headers=HTMX)

    async with house_at(tmp_path) as (_, client):
        assert "Remember me" in (await client.get(f"/phone/{CUSTOMER}/{NUMBER}")).text


async def test_another_customer_is_not_the_one_who_is_looked_at(at: tuple[House, httpx.AsyncClient]) -> None:
    _, client = at
    page = (await client.get(f"/phone/{CUSTOMER}/{NUMBER}")).text

    assert 'name="customer" type="tel" required value="+1 415 555 0124"' in page


async def test_a_new_customer_takes_up_a_phone_with_any_number_that_is_one(
    at: tuple[House, httpx.AsyncClient],
) -> None:
    _, client = at
    assert (await client.get("/phone/")).headers["location"] == f"/phone/{CUSTOMER}/{NUMBER}"
    taken = await client.post("/phone/new", data={"customer": "+44 (7700) 900-123", "number": NUMBER})
    refused = await client.post("/phone/new", data={"customer": "my mother", "number": NUMBER})

    assert (taken.status_code, taken.headers["location"]) == (303, f"/phone/{OTHER}/{NUMBER}")
    assert refused.status_code == 422
    assert "that is no phone number" in refused.text.lower()
    assert '<a href="/phone/">' in refused.text


async def test_a_page_with_its_scripts_is_sent_on_to_a_phone_or_told_in_place_what_is_wrong(
    at: tuple[House, httpx.AsyncClient],
) -> None:
    _, client = at
    taken = await client.post("/phone/new", data={"customer": OTHER, "number": NUMBER}, headers=HTMX)
    refused = await client.post("/phone/new", data={"customer": "12", "number": NUMBER}, headers=HTMX)

    assert (taken.status_code, taken.headers["hx-redirect"]) == (204, f"/phone/{OTHER}/{NUMBER}")
    assert refused.status_code == 422
    assert refused.text.startswith('<p class="refusal">That is no phone number')


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{CUSTOMER}/{NUMBER}", "  ", 422),
        (f"{CUSTOMER}/{NUMBER}", "x" * 1601, 422),
        (f"{CUSTOMER}/+18005550199", "Hello", 404),
        (f"{CUSTOMER}/+19995550000", "Hello", 404),
        (f"nobody/{NUMBER}", "Hello", 422),
    ],
    ids=["empty", "too long", "a number of a real carrier", "nobody's number", "no customer"],
)
async def test_what_no_phone_could_send_is_refused_in_words(
    at: tuple[House, httpx.AsyncClient], path: str, body: str, status: int
) -> None:
    house, client = at
    answer = await client.post(f"/phone/{path}", data={"body": body}, headers=HTMX)

    assert answer.status_code == status
    assert 'class="refusal"' in answer.text
    assert not house.engine.board.conversations


async def test_phones_are_for_everybody_in_a_demo_and_else_for_who_is_signed_in(
    at: tuple[House, httpx.AsyncClient],
) -> None:
    house, client = at
    assert (await client.get(f"/phone/{CUSTOMER}/{NUMBER}")).status_code == 200

    house.demo = False
    assert (await client.get("/phone/")).headers["location"] == "/desk/sign-in?next=/phone"
    assert (await client.post(f"/phone/{CUSTOMER}/{NUMBER}", data={"body": "Hi"}, headers=HTMX)).status_code == 401
    signed_in = await client.post("/desk/sign-in", data={"token": TOKEN, "next": "/phone"})
    assert signed_in.headers["location"] == "/phone"
    assert (await client.get(f"/phone/{CUSTOMER}/{NUMBER}")).status_code == 200


async def test_nothing_is_texted_for_another_sites_page(at: tuple[House, httpx.AsyncClient]) -> None:
    house, client = at
    headers = {"Origin": "https://evil.example"}
    answer = await client.post(f"/phone/{CUSTOMER}/{NUMBER}", data={"body": "Hi"}, headers=headers)

    assert answer.status_code == 403
    assert not house.engine.board.conversations


async def test_an_open_page_hears_when_a_phone_changes(at: tuple[House, httpx.AsyncClient]) -> None:
    house, client = at
    version = house.simulators["sim"].carrier.phones.version
    with anyio.fail_after(60):
        async with client.stream("GET", f"/phone/stream?after={version}") as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "event: beat"
            await client.post(f"/phone/{CUSTOMER}/{NUMBER}", data={"body": "Hi"}, headers=HTMX)
            async for line in lines:
                if line == "data: everything":
                    break

            house.stopping.set()
            async for _ in lines:
                pass


async def test_there_are_no_phones_without_a_simulated_carrier() -> None:
    config = BoardConfig(name="test", reps=(Rep(name="ana"),))
    async with Engine(config, store=MemoryStore()) as engine:
        app = create_app(House(engine=engine, access=Access(config, {"ana": Secret(TOKEN)})))
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
            assert (await client.get("/phone/")).status_code == 404


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+14155550123", CUSTOMER),
        ("1 415 555 0123", CUSTOMER),
        ("+1 (415) 555-0123", CUSTOMER),
        ("+1.415.555.0123", CUSTOMER),
    ],
)
def test_a_customers_number_may_be_written_as_people_write_it(written: str, number: str) -> None:
    assert customer_number(written) == number


@pytest.mark.parametrize(
    "written", ["", "+", "0", "12345", "+0123456789", "++14155550123", "+1415555012x", "٠١٢٣٤٥٦٧٨"]
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidMessage):
        customer_number(written)


@pytest.mark.parametrize("written", ["4155550123", "(415) 555-0123"])
def test_a_number_without_its_country_is_not_taken_for_one_in_switzerland(written: str) -> None:
    with pytest.raises(InvalidMessage, match="with its country code"):
        customer_number(written)
