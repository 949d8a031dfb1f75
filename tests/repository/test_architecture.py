"""Imports run downwards only, and the board is pure: the contracts hold, and they bite when they are broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

RunPython: TypeAlias = Callable[..., CompletedProcess[str]]

PARTS = ("engine", "transports", "storage", "daemon")
LINT_IMPORTS = ["-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache", "--no-logo"]


def test_every_import_keeps_the_contracts(root: Path, run_python: RunPython) -> None:
    report = run_python(LINT_IMPORTS, cwd=root)

    assert report.returncode == 0, report.stdout + report.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        pytest.param(
            "engine/cordboard/engine/board/conversation.py",
            "import time",
            "The board is pure",
            id="the board asks for the time",
        ),
        pytest.param(
            "engine/cordboard/engine/board/conversation.py",
            "from cordboard.engine.ports import Store",
            "The board is pure",
            id="the board reaches for a port",
        ),
        pytest.param(
            "engine/cordboard/engine/board/conversation.py",
            "from cordboard.engine.runtime import engine",
            "the board knows no runtime",
            id="the board knows the runtime",
        ),
        pytest.param(
            "engine/cordboard/engine/clock.py",
            "import aiohttp",
            "The engine imports no provider and no driver",
            id="the engine speaks HTTP",
        ),
        pytest.param(
            "engine/cordboard/engine/clock.py",
            "from cordboard.storage import memory",
            "the engine knows no plugin",
            id="the engine knows a store",
        ),
        pytest.param(
            "transports/cordboard/transports/__init__.py",
            "from cordboard.storage import memory",
            "plugins do not know each other",
            id="a transport knows a store",
        ),
    ],
)
def test_a_planted_import_breaks_its_contract(
    root: Path, tmp_path: Path, run_python: RunPython, module: str, line: str, contract: str
) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    for part in PARTS:
        shutil.copytree(root / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))

    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    report = run_python(LINT_IMPORTS, cwd=tmp_path, first=[tmp_path / part for part in PARTS])

    broken = [each for each in report.stdout.splitlines() if each.endswith("BROKEN")]
    assert report.returncode == 1
    assert len(broken) == 1
    assert contract in broken[0]
