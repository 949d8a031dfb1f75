"""What is easily forgotten: the lock, the changelog, links, and traces of the machine a thing was written on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeAlias

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

RunPython: TypeAlias = Callable[..., CompletedProcess[str]]

GENERATED = {"__pycache__", "build", "dist", "htmlcov", "venv"}

TRACES = {
    "an address of a package index": re.compile(
        r"--(?:extra-)?index-url|--find-links|--trusted-host|(?:index-url|find-links|trusted-host)\s*=|/simple/|pythonhosted"
    ),
    "a folder of somebody's machine": re.compile(r"(?<![\w.])/(?:root|work|Users/\w+|home/\w+)/|[A-Z]:\\\\?Users"),
    "a private key": re.compile(r"BEGIN [A-Z ]*PRIVATE KEY"),
    "a conflict of a merge": re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE),
}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    """pyproject.toml, read."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files people wrote, leaving out environments and what tools made."""
    for each in sorted(folder.iterdir()):
        if each.name == ".git":  # a file in a worktree, which says where the repository is
            continue

        if each.is_file():
            yield each
        elif each.name == ".ci" or not (each.name.startswith(".") or each.name in GENERATED):
            yield from files_below(each)


def texts_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield those that are text, with the text."""
    for each in files_below(folder):
        content = each.read_bytes()
        if b"\0" not in content:
            yield each, content.decode("utf-8")


@pytest.mark.parametrize("trace", TRACES)
def test_no_file_carries_a_trace_of_where_it_was_written(root: Path, trace: str) -> None:
    here = Path(__file__).resolve()
    found = [str(path) for path, text in texts_below(root) if path != here and TRACES[trace].search(text)]

    assert found == []


def test_the_lock_pins_everything_that_the_project_asks_for(root: Path, project: dict[str, Any]) -> None:
    pinned = {
        canonicalize_name(name): Version(version)
        for name, version in re.findall(
            r"^([\w.-]+)==(\S+)", (root / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    extras = project["project"]["optional-dependencies"].values()
    asked = [
        requirement
        for group in (project["project"]["dependencies"], project["dependency-groups"]["dev"], *extras)
        for requirement in map(Requirement, group)
        if requirement.name != "cordboard"
    ]

    lacking = [
        str(each)
        for each in asked
        if (version := pinned.get(canonicalize_name(each.name))) is None or version not in each.specifier
    ]
    assert lacking == [], "constraints.txt is behind pyproject.toml: make lock"


def test_the_changelog_begins_with_the_version_that_is_built(root: Path, project: dict[str, Any]) -> None:
    versions = re.findall(r"^## \[(.+?)\]", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert versions[0] == project["project"]["version"]


def test_every_link_in_the_documentation_leads_to_a_file(root: Path) -> None:
    broken = [
        f"{path.relative_to(root)}: {target}"
        for path, text in texts_below(root)
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)", text)
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]

    assert broken == []


def test_every_make_word_in_the_documentation_exists(root: Path) -> None:
    words = set(re.findall(r"^([a-z]+):.*## ", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    spoken_of = {
        (path.name, word)
        for path, text in texts_below(root)
        if path.suffix == ".md"
        for word in re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)
    }

    assert spoken_of, "CONTRIBUTING.md names the words"
    assert {(name, word) for name, word in spoken_of if word not in words} == set()


def test_what_is_made_from_the_code_is_as_the_code_is_now(root: Path, run_python: RunPython) -> None:
    made = run_python(["docs/remake.py", "--check"], cwd=root)

    assert made.returncode == 0, made.stdout + made.stderr


def test_the_conversations_machine_is_drawn_in_the_documentation(root: Path) -> None:
    pages = [text for path, text in texts_below(root / "docs") if path.suffix == ".md"]

    assert any("<!-- made by `make docs`: states -->" in page for page in pages)
