"""The command line: what it prints, where, and how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import cordboard
from cordboard.daemon.cli import main
from cordboard.daemon.explanation import tell
from cordboard.daemon.listening import listening

FILE = """
[board]
name = "contoso"

[[channels]]
name = "main"
provider = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "0123456789abcdef0123456789abcdef"
public_url = "https://sms.example.com"

[[queues]]
name = "general"
reps = ["ana", "ben"]

[[reps]]
name = "ana"
token = "ana-0123456789abcdef"

[[reps]]
name = "ben"
token = "ben"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cordboard.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


class Daemon:
    """A stand-in for a running daemon: answers every request with what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: object = {"board": "contoso"}
        self.pages: list[object] = []
        self.asked: list[tuple[str, str, Any]] = []
        daemon = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                daemon.asked.append((self.path, self.headers["Authorization"], json.loads(body)))
                answer = daemon.answer if isinstance(daemon.answer, bytes) else json.dumps(daemon.answer).encode()
                self.send_response(daemon.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                daemon.asked.append((self.path, self.headers["Authorization"], None))
                page = daemon.pages.pop(0)
                self.send_response(daemon.status)
                self.end_headers()
                self.wfile.write(json.dumps(page).encode())

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    monkeypatch.setenv("ADMIN_TOKEN", "ben-0123456789abcdef")
    standing_in = Daemon()
    thread = threading.Thread(target=standing_in.server.serve_forever)
    thread.start()
    yield standing_in
    standing_in.server.shutdown()
    thread.join()
    standing_in.server.server_close()


def test_check_says_what_is_in_a_file_that_is_fine(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(file)]) == 0

    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{file}: fine: 1 channel, 1 queue, 2 reps",
        f"{file}: note: the token of 'ben' can be guessed: use 16 random characters or more",
    ]


def test_check_tells_every_problem_of_a_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(FILE.replace('["ana", "ben"]', '["anna", "benn"]'), encoding="utf-8")

    assert main(["check", str(file)]) == 1

    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{file}: queues[0].reps[0]: there is no rep 'anna' (there is: ana, ben)",
        f"{file}: queues[0].reps[1]: there is no rep 'benn' (there is: ana, ben)",
    ]


def test_check_of_a_file_that_is_not_there_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.toml")]) == 1

    assert capsys.readouterr().out == f"{tmp_path / 'none.toml'}: cannot be read: No such file or directory\n"


def test_without_the_daemons_packages_a_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cordboard.daemon.demo", "cordboard.daemon.serve"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    monkeypatch.setitem(sys.modules, "uvicorn", None)

    assert main(["demo"]) == 1

    assert capsys.readouterr().err == (
        "cordboard: 'uvicorn' is not installed; this command needs "
        'pip install ".[daemon]" in a checkout of Cordboard\n'
    )


def test_a_port_that_is_taken_is_told_with_the_option_that_chooses_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening("127.0.0.1", 0) as [listener]:
        port = listener.getsockname()[1]
        assert main(["demo", "--port", str(port), "--data", str(tmp_path)]) == 1

    assert capsys.readouterr().err == (
        f"cordboard: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another with --port\n"
    )


CHANGES = [
    {"fate": "added", "section": "hours", "name": "mornings", "keys": []},
    {"fate": "changed", "section": "queues", "name": "general", "keys": ["hours", "overflow"]},
    {"fate": "removed", "section": "capacity_profiles", "name": "fresh", "keys": []},
]


def test_apply_sends_the_file_as_it_is_and_says_what_has_changed(
    file: Path, daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.answer = {"board": "contoso", "changed_channels": [], "applied": True, "changes": CHANGES}
    assert main(["apply", str(file), "--url", daemon.url + "/", "--token-env", "ADMIN_TOKEN"]) == 0

    sent = {"source": str(file.resolve()), "toml": FILE, "dry_run": False}
    assert daemon.asked == [("/v1/configuration", "Bearer ben-0123456789abcdef", sent)]
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: applied",
        "  added    calendar mornings",
        "  changed  queue general: hours, overflow",
        "  removed  capacity profile fresh",
    ]


@pytest.mark.parametrize(
    ("options", "changes", "said"),
    [
        ([], [], "applied; nothing has changed"),
        (["--dry-run"], [], "not applied, a dry run; nothing changes"),
        (["--dry-run"], CHANGES[:1], "not applied, a dry run\n  added    calendar mornings"),
    ],
)
def test_apply_says_whether_anything_changes_and_whether_it_is_in_force(
    file: Path,
    daemon: Daemon,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    changes: list[object],
    said: str,
) -> None:
    daemon.answer = {"changes": changes}

    assert main(["apply", str(file), "--url", daemon.url, "--token-env", "ADMIN_TOKEN", *options]) == 0

    [(_, _, sent)] = daemon.asked
    assert sent["dry_run"] is bool(options)
    assert capsys.readouterr().out == f"{file}: {said}\n"


@pytest.mark.parametrize("answer", [{}, [], {"changes": [{"fate": "eaten"}]}, {"changes": None}])
def test_apply_does_not_believe_what_no_cordboard_answers(
    file: Path, daemon: Daemon, capsys: pytest.CaptureFixture[str], answer: object
) -> None:
    daemon.answer = answer

    assert main(["apply", str(file), "--url", daemon.url, "--token-env", "ADMIN_TOKEN"]) == 1

    said = f"cordboard: {daemon.url} answers, but not as a Cordboard of this release does\n"
    assert capsys.readouterr() == ("", said)


def test_apply_says_where_a_file_is_no_text(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes("[board]\nname = 'Café'".encode("latin-1"))

    assert main(["apply", str(file), "--token-env", "HOME"]) == 1

    assert capsys.readouterr().err == f"{file}: is not UTF-8 text: look at line 2, and save it as UTF-8\n"


def test_apply_tells_every_problem_the_daemon_finds(
    file: Path, daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.status = 422
    daemon.answer = {"detail": "…", "problems": ["cordboard.toml: a: wrong", "cordboard.toml: b: wrong"]}

    assert main(["apply", str(file), "--url", daemon.url, "--token-env", "ADMIN_TOKEN"]) == 1

    assert capsys.readouterr().err == "cordboard.toml: a: wrong\ncordboard.toml: b: wrong\n"


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (403, {"detail": "ben is no administrator"}, "cordboard: ben is no administrator"),
        (502, b"<html>", "cordboard: {url}/v1/configuration answers 502 Bad Gateway"),
        (404, b'["no problem details"]', "cordboard: {url}/v1/configuration answers 404 Not Found"),
    ],
)
def test_apply_says_why_it_was_refused(
    file: Path, daemon: Daemon, capsys: pytest.CaptureFixture[str], status: int, answer: object, said: str
) -> None:
    daemon.status, daemon.answer = status, answer

    assert main(["apply", str(file), "--url", daemon.url, "--token-env", "ADMIN_TOKEN"]) == 1

    assert capsys.readouterr().err == said.format(url=daemon.url) + "\n"


def test_apply_says_that_nobody_answers(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADMIN_TOKEN", "ben-0123456789abcdef")
    with listening("127.0.0.1", 0) as [listener]:
        port = listener.getsockname()[1]

    assert main(["apply", str(file), "--url", f"http://127.0.0.1:{port}", "--token-env", "ADMIN_TOKEN"]) == 1

    assert capsys.readouterr().err.startswith(f"cordboard: no answer from http://127.0.0.1:{port}: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--token-env", "NOBODYS_TOKEN"], "cordboard: the environment variable 'NOBODYS_TOKEN' is not set to a token"),
        (["--token-env", "HOME", "--url", "file:///etc"], "cordboard: 'file:///etc' is no URL of a daemon"),
    ],
)
def test_apply_says_what_it_lacks(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["apply", str(file), *arguments]) == 1

    assert capsys.readouterr().err.startswith(said)


def test_explain_tells_the_way_of_a_conversation_and_why_it_waits(
    daemon: Daemon, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = {"method": "round_robin", "candidates": 2, "tied": True}
    at = "2026-11-23T19:48:25.123Z"
    waiting = {
        "since": at, "ahead": 1, "expected_wait": 290_000,
        "summary": "nobody can take it",
        "next_change_at": at, "coming": [
            {"at": at, "what": "escalation", "of": ""},
            {"at": at, "what": "work_begins", "of": "mornings"},
            {"at": at, "what": "queue_closes", "of": "general"},
            {"at": at, "what": "overflow", "of": "later"},
        ], "reps": [
            {"rep": "ana", "reason": "skills", "detail": "needs billing 3 (has none)"},
            {"rep": "benjamin", "reason": "offline", "detail": "offline"},
        ],
    }  # fmt: skip
    daemon.pages = [
        {"items": [{"at": at, "type": "conversation_queued", "queue": "general", "why": "fallback queue"}], "next": "7",
         "waiting": waiting},
        {"items": [
            {"at": at, "type": "conversation_offered", "rep": "ana", "why": "", "reason": reason},
            {"at": at, "type": "offer_declined", "rep": "ana", "why": ""},
        ], "next": None, "waiting": waiting},
    ]  # fmt: skip

    assert main(["explain", "17", "--url", daemon.url, "--token-env", "ADMIN_TOKEN"]) == 0

    assert [path for path, *_ in daemon.asked] == [
        "/v1/conversations/17/routing",
        "/v1/conversations/17/routing?cursor=7",
    ]
    assert capsys.readouterr().out.splitlines() == [
        f"{at} conversation queued to general (fallback queue)",
        f"{at} conversation offered to ana (round_robin, the best of 2, the earliest last assignment among equals)",
        f"{at} offer declined by ana",
        f"It waits since {at}; 1 goes before it. Nobody can take it.",
        "As fast as it goes now, somebody takes it in about 5 min.",
        "  ana       skills: needs billing 3 (has none)",
        "  benjamin  offline: offline",
        "What changes by itself, if nothing else happens before:",
        f"  {at}  it is escalated",
        f"  {at}  the working hours mornings begin",
        f"  {at}  queue general closes",
        f"  {at}  its queue overflows, and its customer is told when to expect an answer",
    ]


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ({"type": "conversation_transferred", "rep": "eva", "by": "ben"}, "conversation transferred to eva by ben"),
        ({"type": "offer_withdrawn", "rep": "ben", "by": "system"}, "offer withdrawn from ben"),
        (
            {"type": "conversation_released", "transferred": True, "queue": "billing", "by": "ana", "why": "a refund"},
            "conversation transferred to billing by ana (a refund)",
        ),
        ({"type": "conversation_closed", "by": "ben"}, "conversation closed by ben"),
        ({"type": "offer_accepted", "rep": "ana", "by": "ana"}, "offer accepted by ana"),
        (
            {
                "type": "conversation_classified",
                "rule_sets": [
                    {"rule_set": "customer", "tried": ["gold", "rest"], "matched": "rest"},
                    {"rule_set": "topic", "tried": ["refund"], "matched": None},
                ],
                "priority": 10, "cost": 2, "costs": {"fresh": 1}, "skills": {"refunds": 3}, "language": "es",
                "context": {"greeting": "Hi"},
            },
            (
                "conversation classified by customer: rest, topic: no rule "
                "(priority 10; cost 2; costs fresh = 1; skills refunds = 3; language es; context greeting = 'Hi')"
            ),
        ),
        (
            {
                "type": "conversation_classified",
                "rule_sets": [{"rule_set": "topic", "tried": [], "matched": None}],
                "priority": 0, "cost": None, "costs": {}, "skills": {}, "language": "", "context": {},
            },
            "conversation classified by topic: no rule (nothing is said of it)",
        ),
        (
            {
                "type": "conversation_queued", "queue": "general", "by": "system", "why": "fallback queue",
                "reason": {"tried": ["billing", "gold"], "rule": None, "turn": None, "passed": []},
            },
            "conversation queued to general (fallback queue) (no route applies: billing, gold)",
        ),
        (
            {
                "type": "conversation_queued", "queue": "east", "by": "system", "why": "route 'share'",
                "reason": {
                    "tried": ["share"], "rule": "share", "turn": 16,
                    "passed": [{"queue": "west", "when": "out_of_hours", "measured": None, "limit": None}],
                },
            },
            "conversation queued to east (route 'share') (turn 17 of 100) (passed over west: closed)",
        ),
    ],
)  # fmt: skip
def test_explain_tells_who_did_it_and_to_whom_and_by_which_rule(fact: dict[str, Any], told: str) -> None:
    assert list(tell([{"at": "now", **fact}], None)) == [f"now {told}"]


def test_explain_tells_why_a_rep_gets_nothing(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.pages = [
        {
            "rep": "ana b", "summary": "of 3 that wait, none can go to ana b: 2 kept back by skills",
            "presence": "available", "free": 2, "queues": [
                {"queue": "general", "waiting": 3, "reasons": {"skills": 2, "pick": 1}},
                {"queue": "billing", "waiting": 0, "reasons": {}},
            ],
        }
    ]  # fmt: skip

    assert main(["explain", "--rep", "ana b", "--url", daemon.url, "--token-env", "ADMIN_TOKEN"]) == 0

    assert [path for path, *_ in daemon.asked] == ["/v1/reps/ana%20b/routing"]
    assert capsys.readouterr().out.splitlines() == [
        "of 3 that wait, none can go to ana b: 2 kept back by skills.",
        "  general  3 waiting: 2 kept back by skills, 1 by being left for reps to pick",
        "  billing  0 waiting",
    ]


def test_explain_says_why_there_is_no_answer(daemon: Daemon, capsys: pytest.CaptureFixture[str]) -> None:
    daemon.status, daemon.pages = 404, [{"detail": "there is no conversation 9"}]

    assert main(["explain", "9", "--url", daemon.url, "--token-env", "ADMIN_TOKEN"]) == 1

    assert capsys.readouterr().err == "cordboard: there is no conversation 9\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["serve"],
        ["check"],
        ["serve", "--config", "x", "--port", "70000"],
        ["serve", "--config", "x", "--port", "x"],
    ],
)
def test_what_is_not_understood_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)

    assert exit_.value.code == 2
    assert "usage: cordboard" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["serve", "--config", "x", "--port", "http"], "'http' is no port: a whole number from 0 to 65535"),
        (["serve", "--config", "x", "--port", "65536"], "'65536' is no port"),
        (["simulator", "--hurry", "fast"], "'fast' is no factor: a number above 0, such as 10"),
        (["hours", "import", "x.ics", "--zone", "Berlin"], "'Berlin' is no IANA time zone, such as 'Europe/Berlin'"),
        (["hours", "import", "x.ics", "--zone", "../x"], "'../x' is no IANA time zone"),
    ],
)
def test_an_option_that_is_not_understood_is_told_with_what_it_takes(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)

    assert reason in capsys.readouterr().err


def test_the_module_runs_as_a_program_and_knows_its_version(tmp_path: Path) -> None:
    folders = os.pathsep.join(str(Path(part).parent) for part in cordboard.__path__)
    program = subprocess.run(
        [sys.executable, "-m", "cordboard.daemon", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (program.returncode, program.stderr) == (0, "")
    assert program.stdout.startswith("cordboard ")


# Operating hours as calendars

HOURS = """
[board]
name = "contoso"
time_zone = "Europe/Berlin"

[[hours]]
name = "office"
weekly = [{ days = ["monday"], opens = "09:00", closes = "17:00" }]
holidays = [{ name = "Christmas", date = 2026-12-25, until = 2026-12-26 }]
"""


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    path = tmp_path / "hours.toml"
    path.write_text(HOURS, encoding="utf-8")
    return path


def test_hours_that_are_exported_can_be_pasted_back(
    hours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calendar = tmp_path / "office.ics"
    assert main(["hours", "export", str(hours), "office", "--output", str(calendar)]) == 0
    assert main(["hours", "import", str(calendar), "--name", "again"]) == 0

    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out == (
        '[[hours]]\nname = "again"\ntime_zone = "Europe/Berlin"\n'
        'weekly = [\n    { days = ["monday"], opens = "09:00", closes = "17:00" },\n]\n'
        'holidays = [\n    { name = "Christmas", date = 2026-12-25, until = 2026-12-26 },\n]\n'
    )
    assert main(["hours", "import", str(calendar), "--holidays-only"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("holidays = [\n")
    assert printed.err == f"{calendar}: left out: 1 x events with a time of day\n"


def test_hours_that_are_not_there_are_told(hours: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "export", str(hours), "shop"]) == 1
    assert capsys.readouterr().err == f"{hours}: there are no hours 'shop' (there is: office)\n"


def test_a_file_that_is_no_calendar_is_told(hours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "import", str(hours)]) == 1
    assert capsys.readouterr().err.startswith(f"{hours}: is no iCalendar file: ")
    assert main(["hours", "import", str(tmp_path / "nothing.ics")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'nothing.ics'}: cannot be read: No such file or directory\n"
    assert main(["hours", "export", str(hours), "office", "--output", str(tmp_path / "no" / "such.ics")]) == 1
    assert capsys.readouterr().err.endswith("such.ics: cannot be written: No such file or directory\n")
    with pytest.raises(SystemExit):
        main(["hours", "import", str(hours), "--zone", "Middle/Earth"])
