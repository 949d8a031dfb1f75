"""Automated messages, from a configuration file to a customer's phone."""

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

from cordboard.daemon import config_file
from cordboard.daemon.access import Access
from cordboard.daemon.app import create_app
from cordboard.daemon.house import House
from cordboard.engine import Engine
from cordboard.engine.errors import InvalidConfiguration
from cordboard.storage.memory import MemoryStore
from cordboard.transports.simulator import SimulatorTransport

NUMBER = "+18005550100"
CUSTOMER = "+14155550123"
TOKEN = "ana-token-that-is-long-enough"
HTMX = {"HX-Request": "true"}

FILE = """
[board]
name = "test"

[[channels]]
name = "sim"
provider = "simulator"
public_url = "URL"

[[numbers]]
address = "+18005550100"
channel = "sim"
kind = "toll_free"
workstream = "support"
language = "es"

[[workstreams]]
name = "support"
queue = "general"
classification = [{ name = "all", rules = [{ name = "all", then = { context = { tier = "gold" } } }] }]

[[queues]]
name = "general"
reps = ["ana"]

[[reps]]
name = "ana"
display_name = "Ana María"
token = "ana-token-that-is-long-enough"

[[automated_messages]]
trigger = "greeting"
text = "Welcome, {customer_name|friend}"
locales = { es = "Bienvenida, {context.tier}" }

[[automated_messages]]
trigger = "joined"
text = "{rep_name} is here"
"""


def read(text: str) -> config_file.Configuration:
    return config_file.parse(text.replace("URL", "http://127.0.0.1:1"), source="cordboard.toml")


def problem(old: str, new: str) -> str:
    """Return the first thing that is wrong with the file once `old` is `new`."""
    assert FILE.count(old) == 1
    with pytest.raises(InvalidConfiguration) as refusal:
        read(FILE.replace(old, new))

    return refusal.value.problems[0].removeprefix("cordboard.toml: ")


WELCOME = "Welcome, {customer_name|friend}"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('trigger = "greeting"', 'trigger = "greetings"', "automated_messages[0].trigger: 'greetings' is none of: "),
        ('trigger = "joined"', 'trigger = "greeting"', "automated_messages[1].trigger: there is one for 'greeting'"),
        ('trigger = "greeting"', 'trigger = "greeting"\nchannel = "x"', "automated_messages[0].channel: there is no "),
        ('trigger = "greeting"', 'trigger = "greeting"\nnumber = "+1"', "automated_messages[0].number: '+1' is no "),
        (
            'trigger = "greeting"',
            'trigger = "greeting"\nchannel = "sim"\nnumber = "+18005550100"',
            "automated_messages[0].channel: a number has one channel",
        ),
        (WELCOME, " ", "automated_messages[0].text: is empty"),
        (WELCOME, "a\\u0007b", "automated_messages[0].text: has a control character"),
        (
            WELCOME,
            "x" * 1601,
            "automated_messages[0].text: has 1601 characters without its slugs; its channel takes 1600",
        ),
        (WELCOME, "Hi {number", "automated_messages[0].text: the '{' at character 4 is not closed"),
        (WELCOME, "Hi number}", "automated_messages[0].text: the '}' at character 10 closes nothing"),
        (WELCOME, "Hi {customer_name}", "automated_messages[0].text: {customer_name} is never filled in: no customer"),
        (WELCOME, "Hi {rep_name}", "automated_messages[0].text: {rep_name} is never filled in where 'greeting' is"),
        (
            WELCOME,
            "Hi {nickname}",
            "automated_messages[0].text: {nickname} is no slug (there is: answer_at, ",
        ),
        (WELCOME, "Hi {}", "automated_messages[0].text: {} is no slug"),
        ("{context.tier}", "{context.teir}", "automated_messages[0].locales.es: {context.teir} is never filled in"),
        ("{ es = ", "{ Spanish = ", "automated_messages[0].locales.Spanish: 'Spanish' is no language tag"),
        ("locales = {", "locales = { eS = 'a',", "automated_messages[0].locales.eS: 'eS' is no language tag"),
        (
            "locales = {",
            "locales = { es-MX = 'a', es-mx = 'b',",
            "automated_messages[0].locales.es-mx: is there already",
        ),
        ('language = "es"', 'language = "Spanish"', "numbers[0].language: 'Spanish' is no language tag"),
        (
            'queue = "general"\n',
            'queue = "general"\nautomated_per_hour = 101\n',
            "workstreams[0].automated_per_hour: 101 is too large: at most 100",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_key(old: str, new: str, told: str) -> None:
    assert problem(old, new).startswith(told)


def test_the_reference_s_messages_are_fine() -> None:
    reference = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = reference.partition("## `[[automated_messages]]`")[2].partition("```toml\n")[2].partition("```")[0]
    configuration = read(FILE.partition("[[automated_messages]]")[0] + example)

    assert len(configuration.board.automated_messages) == 3


@asynccontextmanager
async def daemon() -> AsyncIterator[tuple[SimulatorTransport, httpx.AsyncClient]]:
    """A daemon with this file, its carrier, and somebody with Ana's token."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        configuration = config_file.parse(FILE.replace("URL", url), source="cordboard.toml")
        [transport] = configuration.build_transports()
        assert isinstance(transport, SimulatorTransport)
        async with Engine(configuration.board, store=MemoryStore(), transports=[transport]) as engine:
            access = Access(configuration.board, configuration.tokens)
            house = House(engine=engine, access=access, simulators={"sim": transport}, demo=True)
            server = PromptServer(uvicorn.Config(create_app(house), ws="none", log_config=None, access_log=False))
            headers = {"Origin": url, "Authorization": f"Bearer {TOKEN}"}
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            async with (
                anyio.create_task_group() as tasks,
                httpx.AsyncClient(base_url=url, headers=headers, verify=tls, timeout=60) as client,
            ):
                tasks.start_soon(server.serve, [listener])
                try:
                    yield transport, client
                finally:
                    house.stopping.set()
                    server.stop()


async def test_a_customer_is_greeted_and_told_who_joins_and_the_api_and_the_desk_say_of_what() -> None:
    async with daemon() as (transport, client):
        await client.put("/v1/me/presence", json={"presence": "available"})
        await client.post(f"/phone/{CUSTOMER}/{NUMBER}", data={"body": "Hola"}, headers=HTMX)
        accepted = await client.post("/v1/conversations/1/accept")
        assert accepted.status_code == 200, accepted.text

        phones = transport.carrier.phones
        with anyio.fail_after(60):
            await phones.until(lambda: len(phones.thread(CUSTOMER, NUMBER)) == 3)

        texts = (await client.get("/v1/conversations/1/messages")).json()["items"]
        assert [(each["author"], each["trigger"], each["body"]) for each in texts] == [
            ("customer", None, "Hola"),
            ("system", "greeting", "Bienvenida, gold"),
            ("system", "joined", "Ana María is here"),
        ]
        assert accepted.json()["state"] == "active"

        await client.post("/desk/sign-in", data={"token": TOKEN}, headers={"Authorization": ""})
        cards = (await client.get("/desk/")).text
        assert '<bdi dir="auto">Hola</bdi>' in cards, "what the customer wants is not hidden behind what they are told"
        assert "Ana María is here" not in cards

        page = (await client.get("/desk/conversations/1")).text
        assert "Sent automatically: greeting" in page
        assert "Sent automatically: a representative has joined" in page
