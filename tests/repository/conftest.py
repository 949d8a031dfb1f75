"""What the tests of the repository itself share: where it is, and a Python of their own to try things in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

PARTS = ("engine", "transports", "storage", "daemon")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def run_python(root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in a fresh Python that can import Cordboard from the folders of this repository.

    Call it with the program's arguments, `cwd=`, and perhaps `first=`: folders to import from before all others.
    """

    def run(arguments: Sequence[str], *, cwd: Path, first: Sequence[Path] = ()) -> subprocess.CompletedProcess[str]:
        folders = [*first, *(root / part for part in PARTS)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "COLUMNS": "200"}
        return subprocess.run(  # noqa: S603 - the programs are this repository's
            [sys.executable, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
