"""The README tells the truth: what it shows can be run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest

from cordboard.daemon import config_file
from cordboard.daemon.cli import main
from cordboard.engine.config import SECOND
from cordboard.engine.config_problems import check

RunPython: TypeAlias = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    """Its text."""
    return (root / "README.md").read_text(encoding="utf-8")


def the_block(language: str, text: str) -> str:
    """Return the only block of code in a language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_embedding_example_prints_what_it_says(readme: str, tmp_path: Path, run_python: RunPython) -> None:
    (tmp_path / "embed.py").write_text(the_block("python", readme), encoding="utf-8")
    (said,) = re.findall(r"^It prints `(.*)`\.$", readme, re.MULTILINE)

    program = run_python(["-W", "error", "embed.py"], cwd=tmp_path)

    assert program.returncode == 0, program.stderr
    assert program.stdout == said + "\n"
    assert program.stderr == ""


def test_the_configuration_can_be_used(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TWILIO_AUTH_TOKEN", "ANA_TOKEN", "BEN_TOKEN"):
        monkeypatch.setenv(name, f"made-up-{name}")

    configuration = config_file.parse(the_block("toml", readme), source="README.md")

    check(configuration.board)
    assert [each.name for each in configuration.board.reps] == ["ana", "ben"]
    assert configuration.board.workstreams[0].offer_timeout == 90 * SECOND


def test_its_configuration_needs_no_account_with_the_simulator(readme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANA_TOKEN", "BEN_TOKEN"):
        monkeypatch.setenv(name, f"made-up-{name}")

    (sentence,) = re.findall(r'write `provider = "simulator"` and leave out (.*?):', readme)
    left_out = re.findall(r"`(\w+)`", sentence)
    kept = "".join(
        line for line in the_block("toml", readme).splitlines(keepends=True) if line.partition(" =")[0] not in left_out
    )
    configuration = config_file.parse(kept.replace('"twilio"', '"simulator"'), source="README.md")

    check(configuration.board)
    assert "https://" not in kept, "the simulated carrier calls public_url, and this one is on this machine alone"


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what `cordboard COMMAND --help` prints, which only a command does."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])

    told = capsys.readouterr()
    assert ended.value.code == 0, f"cordboard {command}: {told.err}"
    return told.out


def test_every_command_it_shows_is_one(readme: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = set(re.findall(r"(?:^\$ |`)cordboard (\w+)", readme, re.MULTILINE))

    assert shown >= {"check", "serve"}
    for command in sorted(shown):
        assert help_of(command, capsys).startswith(f"usage: cordboard {command} ")


def test_what_it_shows_of_a_shell_can_be_pasted_into_one(readme: str) -> None:
    """A placeholder such as `…` goes into a token, and no header carries it."""
    shown = re.findall(r"^\$ (.*)$", readme, re.MULTILINE)

    assert len(shown) > 5
    assert [line for line in shown if not line.isascii()] == []
    for name, value in re.findall(r"(\w+_TOKEN)=(\S+)", "\n".join(shown)):
        assert value.startswith("$(") or config_file.HEADER_TEXT.fullmatch(value), name


def test_every_option_it_shows_is_one(readme: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command, options in re.findall(r"^\$ cordboard (\w+)(.*)$", readme, re.MULTILINE):
        assert set(re.findall(r"--[\w-]+", options)) <= set(re.findall(r"--[\w-]+", help_of(command, capsys)))
