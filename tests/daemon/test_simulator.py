"""`cordboard simulator` as whoever tests with it meets it: what it prints, and that its page tells the truth."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from urllib.request import urlopen

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it has no py.typed

from cordboard.daemon.cli import main
from cordboard.daemon.listening import listening
from cordboard.daemon.simulate import SimulatorUnusable, Wish, build

ACCOUNT = "AC" + "0" * 32
SECONDS = 60

PAGE = (Path(__file__).resolve().parents[2] / "docs/simulator.md").read_text(encoding="utf-8")


class Webhook:
    """Somebody's program: it takes texts and events."""

    def __init__(self) -> None:
        self.texts: list[tuple[dict[str, str], str]] = []
        self.events: list[Any] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = b"<Response/>"
                if self.path == "/events":
                    [event] = json.loads(body)
                    webhook.events.append(event)
                    answer = json.dumps({"validationResponse": event["data"].get("validationCode")}).encode()
                else:
                    form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
                    webhook.texts.append((form, self.headers["X-Twilio-Signature"]))

                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    standing_in = Webhook()
    thread = threading.Thread(target=standing_in.server.serve_forever)
    thread.start()
    yield standing_in
    standing_in.server.shutdown()
    thread.join()
    standing_in.server.server_close()


class Simulator:
    """The command, running."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this Python, with a program of ours
            [sys.executable, "-m", "cordboard.daemon", "simulator", "--port", "0", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "/simulator/faults" in line:
                break

        found = re.search(r"http://127\.0\.0\.1:\d+(?=/simulator)", self.said)
        assert found is not None, self.said
        self.url = found[0]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        with self.process:
            return self.process.wait(SECONDS)


@pytest.fixture(scope="module")
def simulator(webhook: Webhook) -> Iterator[Simulator]:
    running = Simulator(
        *("--twilio", f"{ACCOUNT}:secret", "--webhook", f"{webhook.url}/sms"),
        *("--acs", "new", "--events", f"{webhook.url}/events", "--acs-number", "+18005550199"),
    )
    yield running
    assert running.stop() == 0


def the_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def here(example: str, simulator: Simulator, webhook: Webhook) -> str:
    """Return an example of the page with the addresses that are right here."""
    return example.replace("http://127.0.0.1:8090", simulator.url).replace("http://127.0.0.1:5000", webhook.url)


def run(arguments: list[str], **more: str) -> str:
    finished = subprocess.run(  # noqa: S603 - the examples of this repository's own page
        arguments,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONWARNINGS": "error", **more},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_it_prints_where_it_is_and_its_credentials(simulator: Simulator, webhook: Webhook) -> None:
    for each in (ACCOUNT, "secret", f"{webhook.url}/sms", f"{webhook.url}/events", "access key"):
        assert each in simulator.said


def test_the_pages_examples_in_python_send_texts(simulator: Simulator, webhook: Webhook) -> None:
    [key] = re.findall(r"access key +(\S+)", simulator.said)
    twilio, azure, embedded = (here(each, simulator, webhook) for each in the_blocks("python"))

    assert run([sys.executable, "-c", twilio]) == "queued\n"
    assert run([sys.executable, "-c", azure], ACS_KEY=key, PYTHONWARNINGS="default") == "True\n"
    assert run([sys.executable, "-c", embedded]) == "200 0\n"
    with urlopen(f"{simulator.url}/simulator/texts?body=Your+parcel+is+on+its+way") as answer:  # noqa: S310 - loopback
        told = json.load(answer)

    assert sorted(each["carrier"] for each in told["texts"]) == ["acs", "twilio"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl")
def test_the_pages_examples_for_the_shell_do_what_it_says(simulator: Simulator, webhook: Webhook) -> None:
    be_a_customer, see, break_things = (here(each, simulator, webhook) for each in the_blocks("sh"))
    before = len(webhook.texts)

    told = json.loads(run(["sh", "-c", be_a_customer]))
    assert (told["status"], told["tries"]) == (200, 1)
    form, signature = webhook.texts[before]
    assert (form["MessageSid"], form["Body"]) == (told["sid"], "Where is my parcel?")
    assert RequestValidator("secret").validate(f"{webhook.url}/sms", form, signature)

    assert set(json.loads(run(["sh", "-c", see]))) == {"count", "texts"}
    assert run(["sh", "-c", break_things]) == ""
    run(["sh", "-c", be_a_customer])
    assert len(webhook.texts) == before + 3  # the script brings it twice


def test_every_treatment_that_the_page_names_is_one(simulator: Simulator) -> None:
    with urlopen(f"{simulator.url}/simulator/faults") as answer:  # noqa: S310 - loopback
        treatments = json.load(answer)["treatments"]

    table = PAGE[PAGE.index("| name | what happens |") :].partition("\n\n")[0]
    named = {name for line in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == set(treatments) - {"normal"}


def test_every_option_that_the_page_names_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["simulator", "--help"])

    offered = set(re.findall(r"--[\w-]+", capsys.readouterr().out)) - {"--help"}
    assert set(re.findall(r"^\| `(--[\w-]+)`", PAGE, re.MULTILINE)) == offered


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(twilio="AC1"), "--twilio"),
        (Wish(acs="not base64"), "--acs"),
        (Wish(webhook="nowhere"), "--webhook"),
        (Wish(acs="new", events="nowhere"), "--events"),
        (Wish(events="http://127.0.0.1:5000/events"), "--acs new"),
    ],
)
def test_what_cannot_be_simulated_is_refused(wish: Wish, said: str) -> None:
    with pytest.raises(SimulatorUnusable) as refused:
        build(wish)

    assert said in str(refused.value)


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with listening("127.0.0.1", 0) as [taken]:
        port = taken.getsockname()[1]
        finished = subprocess.run(  # noqa: S603 - this Python, with a program of ours
            [sys.executable, "-m", "cordboard.daemon", "simulator", "--port", str(port)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    assert finished.returncode == 1
    [said] = finished.stderr.splitlines()
    assert f"cannot listen on port {port}" in said


def test_made_up_credentials_are_nobody_elses() -> None:
    assert build(Wish()).account.auth_token != build(Wish()).account.auth_token
