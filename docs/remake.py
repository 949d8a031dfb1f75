"""Remake the parts of the documentation that are made from the code.

Such a part stands between two comments, and whatever is between them is replaced:

    <!-- made by `make docs`: states -->
    <!-- end -->

`python docs/remake.py` writes; with `--check` it only says what is not as it should be.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

from cordboard.engine.board import conversation
from cordboard.engine.vocabulary import State, Trigger

SCENARIOS = Path(__file__).parents[1] / "tests" / "scenarios"
"""The tests whose docstrings tell how Dynamics 365 moves a conversation, and how Cordboard does."""

PART = re.compile(r"(?P<begin><!-- made by `make docs`: (?P<name>\w+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


def draw_states() -> str:
    """Draw the conversation's machine."""
    return f"```mermaid\n{conversation.draw()}\n```\n"


class Transition(NamedTuple):
    """One of the ways in which Dynamics 365 moves a conversation, and ours.

    Attributes:
        number: Its number among them.
        source: The status it begins in, in Dynamics' words.
        goal: The status it leads to.
        cause: What makes it happen there.
        ours: The moves that are made here.
        verdict: How the two compare, in a word or two.
        told: The same in sentences.
    """

    number: int
    source: str
    goal: str
    cause: str
    ours: tuple[tuple[State, Trigger, State], ...]
    verdict: str
    told: str


VERDICTS = ("Same as Dynamics", "Better", "Not for SMS", "Not yet")

_TEST = re.compile(r"test_(\d\d)_")
_DOCSTRING = re.compile(
    rf"(?P<source>[\w, -]+) → (?P<goal>[\w, -]+): (?P<cause>.+?)\.\n\n"
    rf"Ours: (?P<ours>.+?)\.\n(?P<verdict>{'|'.join(VERDICTS)}): (?P<told>.+)",
    re.DOTALL,
)
_MOVE = re.compile(r"(\w+)\s→\s(\w+)\s\((\w+)\)")


def read_transition(test: str, docstring: str | None) -> Transition:
    """Read what a test says of a transition.

    Args:
        test: The test's name, with the transition's number in it.
        docstring: `Open → Active: what does it in Dynamics.`, and after an empty line `Ours: queued → assigned
            (assign).` and the verdict.
    """
    number, told = _TEST.match(test), _DOCSTRING.fullmatch(cleandoc(docstring or ""))
    if number is None or told is None:
        raise ValueError(f"{test}: its name has no number, or its docstring does not tell of a transition")

    moves = ((State(state), Trigger(trigger), State(goal)) for state, goal, trigger in _MOVE.findall(told["ours"]))
    cause, reasons = (" ".join(told[each].split()) for each in ("cause", "told"))
    return Transition(int(number[1]), told["source"], told["goal"], cause, tuple(moves), told["verdict"], reasons)


def read_transitions() -> Iterator[Transition]:
    """Yield what the tests say of transitions, in the order of their numbers."""
    parsed = (ast.parse(each.read_text(encoding="utf-8")) for each in SCENARIOS.glob("test_*.py"))
    tests = (each for module in parsed for each in module.body if isinstance(each, ast.FunctionDef))
    told = (read_transition(each.name, ast.get_docstring(each)) for each in tests if _TEST.match(each.name))
    yield from sorted(told, key=lambda each: each.number)


def list_transitions() -> str:
    """List the ways in which Dynamics 365 moves a conversation, with ours beside them."""
    rows = []
    for each in read_transitions():
        ours = "<br>".join(f"{state.value} → {goal.value} (`{trigger.value}`)" for state, trigger, goal in each.ours)
        rows.append(
            f"| {each.number} | {each.source} → {each.goal} | {each.cause} | {ours} | **{each.verdict}**: {each.told} |"
        )

    head = ["| # | Dynamics 365 | What does it there | Cordboard | How they compare |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


MAKERS: dict[str, Callable[[], str]] = {"states": draw_states, "transitions": list_transitions}


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
