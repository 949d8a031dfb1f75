"""The host owns the process: importing Cordboard does nothing, and takes no name away from anybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

RunPython: TypeAlias = Callable[..., CompletedProcess[str]]

TELL_TIMES = """
import sys
from msgspec.structs import replace
from cordboard.daemon import cli
from cordboard.engine.automated_messages import AutomatedMessage
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import MessageTrigger

for text in ("Welcome", "Welcome, you wait {expected_wait}"):
    Playground(replace(CONFIG, automated_messages=(AutomatedMessage(trigger=MessageTrigger.POSITION, text=text),)))
    print("babel" in sys.modules)
"""

LOOK_AROUND = """
import asyncio, gc, json, logging, os, pkgutil, signal, sys, threading, warnings
import importlib

def look():
    return {
        "root handlers": [repr(each) for each in logging.root.handlers],
        "root level": logging.root.level,
        "loggers with handlers": sorted(
            name for name, each in logging.root.manager.loggerDict.items()
            if any(type(h) is not logging.NullHandler for h in getattr(each, "handlers", ()))
        ),
        "signal handlers": {each.name: repr(signal.getsignal(each)) for each in signal.valid_signals()
                            if isinstance(each, signal.Signals)},
        "threads": threading.active_count(),
        "event loop policy": repr(asyncio.events._event_loop_policy),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "exception hook": repr(sys.excepthook),
        "warning filters": repr(warnings.filters),
        "files": sorted(os.listdir()),
    }

def import_all(package):
    for each in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not each.name.endswith(".__main__"):
            importlib.import_module(each.name)
"""

IMPORT_ALONE = """
# What the libraries do to a process when they are imported is theirs, and happens first.
import anyio, msgspec, re2, sortedcontainers, structlog, transitions
before = look()
import cordboard.engine
from cordboard.engine import Engine
after = look()
print(json.dumps({
    "changed": [key for key in before if before[key] != after[key]],
    "imported": sorted(sys.modules),
    "structlog configured": structlog.is_configured(),
}))
"""

IMPORT_EVERYTHING = """
import anyio, msgspec, re2, sortedcontainers, structlog, transitions
import aiohttp.web, aiosqlite, jinja2, litestar, prometheus_client, twilio.rest, uvicorn
import azure.communication.sms.aio, azure.identity.aio, jwt
before = look()
import cordboard.engine.board, cordboard.engine.runtime
import cordboard.transports, cordboard.storage, cordboard.daemon
for each in (cordboard.engine.board, cordboard.engine.runtime):
    import_all(each)

for each in (cordboard.transports, cordboard.storage, cordboard.daemon):
    import_all(each)

after = look()
print(json.dumps({
    "changed": [key for key in before if before[key] != after[key]],
    "structlog configured": structlog.is_configured(),
}))
"""

NOT_THE_ENGINES = (
    "aiohttp",
    "aiosqlite",
    "azure",
    "cordboard.daemon",
    "cordboard.engine.testing",
    "cordboard.storage",
    "cordboard.transports",
    "httptools",
    "jinja2",
    "litestar",
    "prometheus_client",
    "pytest",
    "sqlite3",
    "transitions.extensions",
    "twilio",
    "uvicorn",
)


def test_importing_the_engine_changes_nothing_of_the_process(tmp_path: Path, run_python: RunPython) -> None:
    program = run_python(["-c", LOOK_AROUND + IMPORT_ALONE], cwd=tmp_path)

    assert program.returncode == 0, program.stderr
    seen = json.loads(program.stdout)
    assert seen["changed"] == []
    assert not seen["structlog configured"]


@pytest.mark.parametrize("foreign", NOT_THE_ENGINES)
def test_importing_the_engine_brings_no_carrier_no_driver_and_no_web(
    imported_with_the_engine: frozenset[str], foreign: str
) -> None:
    assert foreign not in imported_with_the_engine


def test_what_tells_times_is_loaded_when_a_text_tells_one(tmp_path: Path, run_python: RunPython) -> None:
    program = run_python(["-c", TELL_TIMES], cwd=tmp_path)

    assert program.stdout.split() == ["False", "True"], program.stderr


def test_importing_every_module_changes_nothing_of_the_process(tmp_path: Path, run_python: RunPython) -> None:
    program = run_python(["-c", LOOK_AROUND + IMPORT_EVERYTHING], cwd=tmp_path)

    assert program.returncode == 0, program.stderr
    seen = json.loads(program.stdout)
    assert seen["changed"] == []
    assert not seen["structlog configured"]


@pytest.fixture(scope="module")
def imported_with_the_engine(tmp_path_factory: pytest.TempPathFactory, run_python: RunPython) -> frozenset[str]:
    """The names of all modules that are there once the engine is imported."""
    program = run_python(["-c", LOOK_AROUND + IMPORT_ALONE], cwd=tmp_path_factory.mktemp("host"))

    return frozenset(json.loads(program.stdout)["imported"])


HOST = """
import anyio

import daemon, engine, storage, transports  # the host's own: Cordboard takes none of these names
from cordboard.engine import Engine
from cordboard.engine.carrier import TextReceived
from cordboard.engine.config import BoardConfig, Channel, Number, Queue, Workstream
from cordboard.engine.vocabulary import NumberKind
from cordboard.storage.memory import MemoryStore

CONFIG = BoardConfig(
    name="host",
    channels=(Channel(name="main", provider="host"),),
    numbers=(Number(address="+18005550100", channel="main", kind=NumberKind.TOLL_FREE, workstream="support"),),
    workstreams=(Workstream(name="support", queue="general"),),
    queues=(Queue(name="general"),),
)

async def main():
    async with Engine(CONFIG, store=MemoryStore()) as board:
        outcome = await board.submit(
            TextReceived(channel="main", provider_id="SM1", sender="+14155550123", recipient="+18005550100", body="Hi")
        )
        print([each.OWNER for each in (daemon, engine, storage, transports)], outcome.conversation.state.value)

anyio.run(main)
"""


def test_a_host_with_modules_of_the_same_names_can_embed_it(tmp_path: Path, run_python: RunPython) -> None:
    for name in ("daemon.py", "engine.py", "storage/__init__.py", "transports.py"):
        module = tmp_path / name
        module.parent.mkdir(exist_ok=True)
        module.write_text('OWNER = "host"\n', encoding="utf-8")

    (tmp_path / "host.py").write_text(HOST, encoding="utf-8")

    program = run_python(["host.py"], cwd=tmp_path, first=[tmp_path])

    assert program.returncode == 0, program.stderr
    assert program.stdout.split("\n")[0] == "['host', 'host', 'host', 'host'] queued"
