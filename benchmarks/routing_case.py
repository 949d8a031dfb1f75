"""What routing is measured on: a board of any size, with every rep busy and conversations waiting."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from cordboard.engine import BoardConfig, Channel, Number, Queue, Rep, Workstream
from cordboard.engine.config import DAY, AutoClose, CustomAssignment, Preference, Ring, Skill
from cordboard.engine.records import Assignment, BoardSnapshot, Conversation, Counters
from cordboard.engine.routing_words import AssignmentMethod, SkillMatching
from cordboard.engine.states import RepState
from cordboard.engine.vocabulary import NumberKind, Presence, State

START: Final = 1_750_000_000_000
HELD: Final = 2
"""Conversations that each rep holds while others wait: all they can."""

SKILLS_OF_A_REP: Final = 3
RATING: Final = 5


class Case(NamedTuple):
    """What is measured.

    Attributes:
        reps: How many there are, all of them on one queue.
        waiting: How many conversations wait; with none, half of the reps' capacity is free.
        skills: How many skills there are: each conversation needs one, each rep has three, at random.
        method: The queue's.
        matching: What skills decide.
    """

    reps: int
    waiting: int
    skills: int = 10
    method: AssignmentMethod = AssignmentMethod.HIGHEST_CAPACITY
    matching: SkillMatching = SkillMatching.EXACT

    def number(self, skill: int) -> str:
        """Return the number whose conversations need a skill."""
        return f"+1800555{skill:04d}"

    def skills_of(self, rep: int) -> list[int]:
        """Return what a rep is good at."""
        random = Random(rep)  # noqa: S311 - the same draw each time, no secret
        return sorted(random.sample(range(self.skills), min(SKILLS_OF_A_REP, self.skills)))

    def config(self) -> BoardConfig:
        """Return the board's configuration."""
        names = tuple(f"rep{each}" for each in range(self.reps))
        third = max(self.reps // 3, 1)
        rings = (Ring(reps=names[:third]), Ring(after=1, reps=names[third : 2 * third]), Ring(after=2))
        return BoardConfig(
            name="bench",
            channels=(Channel(name="main", provider="none"),),
            numbers=tuple(
                Number(address=self.number(each), channel="main", kind=NumberKind.TOLL_FREE, workstream=f"needs{each}")
                for each in range(self.skills)
            ),
            workstreams=tuple(
                Workstream(
                    name=f"needs{each}",
                    queue="general",
                    auto_accept=True,
                    quiet_after=30 * DAY,
                    auto_close=AutoClose(parked=30 * DAY),
                    skills={f"skill{each}": RATING},
                    skill_matching=self.matching,
                )
                for each in range(self.skills)
            ),
            queues=(
                Queue(
                    name="general",
                    reps=names,
                    assignment=self.method,
                    rings=rings if self.method is AssignmentMethod.BULLSEYE else (),
                    custom=CustomAssignment(order=("free_capacity", "idle_time"))
                    if self.method is AssignmentMethod.CUSTOM
                    else None,
                ),
            ),
            reps=tuple(
                Rep(name=name, capacity=HELD, skills={f"skill{skill}": RATING + 1 for skill in self.skills_of(each)})
                for each, name in enumerate(names)
            ),
            skills=tuple(Skill(name=f"skill{each}") for each in range(self.skills)),
            preferences=tuple(
                Preference(customer=f"+1415{each:07d}", reps=(names[each % self.reps],)) for each in range(100)
            ),
        )

    def snapshot(self) -> BoardSnapshot:
        """Return the board: what waits, the first first, and what the reps hold."""
        waiting = [
            Conversation(
                id=each + 1,
                number=self.number(each % self.skills),
                customer=f"+1415{each:07d}",
                channel="main",
                workstream=f"needs{each % self.skills}",
                state=State.QUEUED,
                queue="general",
                ring=2 if self.method is AssignmentMethod.BULLSEYE else 0,
                opened_at=START + each,
                updated_at=START + each,
                queued_at=START + each,
                unanswered_since=START + each,
            )
            for each in range(self.waiting)
        ]
        held = [
            Conversation(
                id=self.waiting + each + 1,
                number=self.number(0),
                customer=f"+1510{each:07d}",
                channel="main",
                workstream="needs0",
                state=State.ACTIVE,
                queue="general",
                rep=f"rep{each % self.reps}",
                opened_at=START,
                updated_at=START,
                active_at=START,
                assignment=Assignment(id=each + 1, rep=f"rep{each % self.reps}", cost=1, began_at=START),
            )
            for each in range(self.reps * (HELD if self.waiting else HELD // 2))
        ]
        reps = tuple(
            RepState(
                name=f"rep{each}",
                presence=Presence.AVAILABLE,
                last_assignment=len(held) - self.reps + each + 1,
                released_at=START - each,
            )
            for each in range(self.reps)
        )
        return BoardSnapshot(
            board="bench",
            counters=Counters(conversation=len(waiting) + len(held), assignment=len(held), seq=1),
            config=self.config(),
            conversations=(*waiting, *held),
            reps=reps,
        )
