"""Remake the parts of the documentation that are made from the code.

Such a part stands between two comments, and whatever is between them is replaced:

    <!-- made by `make docs`: states -->
    <!-- end -->

`python docs/remake.py` writes; with `--check` it only says what is not as it should be.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from cordboard.engine.board import conversation

PART = re.compile(r"(?P<begin><!-- made by `make docs`: (?P<name>\w+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


def draw_states() -> str:
    """Draw the conversation's machine."""
    return f"```mermaid\n{conversation.draw()}\n```\n"


MAKERS: dict[str, Callable[[], str]] = {"states": draw_states}


def remake(text: str) -> str:
    """Return a page with every part in it made anew."""
    return PART.sub(lambda part: part["begin"] + MAKERS[part["name"]]() + part["end"], text)


def main() -> int:
    """Remake every page beside this file, and say which of them were not as they should be."""
    parser = argparse.ArgumentParser(description="Remake the parts of the documentation that are made from the code.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything would change")
    only_check = parser.parse_args().check
    stale = 0
    for page in sorted(Path(__file__).parent.rglob("*.md")):
        old = page.read_text(encoding="utf-8")
        new = remake(old)
        if new == old:
            continue

        stale += 1
        if only_check:
            print(f"{page.name} is behind the code: make docs")
        else:
            print(f"{page.name} is remade")
            page.write_text(new, encoding="utf-8")

    return 1 if only_check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
