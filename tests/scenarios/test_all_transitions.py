"""Every way in which Dynamics 365 moves a conversation is played here, and told in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from docs.remake import read_transitions

TRANSITIONS = (
    "New → Open",
    "Open → Active",
    "Open → Active",
    "Open → Active",
    "Open → Closed",
    "Open → Closed",
    "Open → Closed",
    "Open → Closed",
    "Open → Waiting",
    "Active → Open",
    "Active → Open",
    "Active → Open",
    "Active → Open",
    "Active → Open",
    "Active → Waiting",
    "Active → Wrap-up",
    "Active → Wrap-up",
    "Active → Active",
    "Active → Closed",
    "Active → Closed",
    "Active → Closed",
    "Waiting → Closed",
    "Waiting → Active",
    "Waiting → Open",
    "Waiting → Active, Open",
    "Wrap-up → Closed",
    "Wrap-up → Closed",
    "Open, Active, Wrap-up, Waiting → Closed",
    "With an AI agent → Closed",
)
"""The transitions that Microsoft documents (Customer Service: conversation states, and the pages on closing, on
overflow, on assignment and on supervising), in their order here."""


def test_all_29_transitions_of_dynamics_are_played() -> None:
    told = list(read_transitions())

    assert [each.number for each in told] == list(range(1, 30))
    assert [f"{each.source} → {each.goal}" for each in told] == list(TRANSITIONS)


def test_a_fault_that_a_transition_names_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "dynamics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| (\d+) \|", page.partition("## The faults of its routing")[2], re.MULTILINE))
    named = {fault for each in read_transitions() for fault in re.findall(r"fault (\d+)", each.told)}

    assert named
    assert named <= listed
