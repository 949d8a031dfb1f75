"""Drop the first folder and you have the import: what must hold for that to stay true."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PARTS = ("engine", "transports", "storage", "daemon")


def names_in(folder: Path) -> set[str]:
    """Return what a folder holds, without what Python puts there."""
    return {each.name for each in folder.iterdir() if each.name != "__pycache__"}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_holds_exactly_its_package(root: Path, part: str) -> None:
    assert names_in(root / part) == {"cordboard"}, f"{part}/ is on sys.path: anything beside cordboard/ leaks"
    assert names_in(root / part / "cordboard") == {part}, "cordboard is a namespace: no __init__.py, no other part"


@pytest.mark.parametrize("part", PARTS)
def test_a_part_tells_type_checkers_that_it_is_typed(root: Path, part: str) -> None:
    assert (root / part / "cordboard" / part / "py.typed").is_file()


@pytest.mark.parametrize("part", PARTS)
def test_every_package_is_a_regular_one_below_the_namespace(root: Path, part: str) -> None:
    package = root / part / "cordboard" / part
    folders = {module.parent for module in package.rglob("*.py")}

    assert folders, f"{part} has no modules"
    assert [each for each in sorted(folders) if not (each / "__init__.py").is_file()] == []


@pytest.mark.parametrize("part", PARTS)
def test_every_module_says_what_it_is_for(root: Path, part: str) -> None:
    modules = sorted((root / part).rglob("*.py"))
    silent = [each for each in modules if not ast.get_docstring(ast.parse(each.read_text(encoding="utf-8")))]

    assert silent == []


@pytest.mark.parametrize("part", PARTS)
def test_every_module_fits_in_the_head(root: Path, part: str) -> None:
    lengths = {each: len(each.read_text(encoding="utf-8").splitlines()) for each in (root / part).rglob("*.py")}

    assert {str(each): length for each, length in lengths.items() if length > 600} == {}
