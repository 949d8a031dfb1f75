"""The transport that docs/adding-a-transport.md shows keeps every promise of the port."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

RunPython: TypeAlias = Callable[..., CompletedProcess[str]]

INI = "[pytest]\nanyio_mode = auto\nfilterwarnings = error\n"


def test_the_transport_of_the_page_passes_the_conformance_suite(
    root: Path, tmp_path: Path, run_python: RunPython
) -> None:
    page = (root / "docs/adding-a-transport.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    transport, tests = (each for each in blocks if "PigeonTransport" in each)
    (tmp_path / "carrier_pigeon.py").write_text(transport, encoding="utf-8")
    (tmp_path / "test_pigeon.py").write_text(tests, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")

    suite = run_python(["-m", "pytest", "-q"], cwd=tmp_path, first=[tmp_path])

    assert suite.returncode == 0, suite.stdout
    assert re.search(r"^[4-9]\d passed", suite.stdout, re.MULTILINE)
