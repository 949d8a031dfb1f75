"""Other ways to decide who gets what, modelled on the data of `benchmarks.routing`. None keeps anything in order.

Each is asked the same: a rep has ended a conversation, which of those that wait do they get? All are kinder than what
they model: they run in memory, and pay nothing for events, network or disk. All but the first know of nothing but
numbers: a rep's skills, load and last assignment, and the one skill that a conversation needs.
"""

from __future__ import annotations

import sqlite3
from typing import Final, Protocol

from msgspec.structs import replace

from benchmarks.routing_case import HELD, START, Case
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import State


class Peer(Protocol):
    """Somebody else who decides."""

    def __init__(self, case: Case) -> None: ...

    def free(self, rep: int) -> tuple[int, int]:
        """Let a rep end a conversation, and return which one they get: its number and its skill."""

    def wait(self, conversation: int, skill: int) -> None:
        """Let one more conversation wait, with a number higher than all before."""


class _InMemory:
    """Plain records: for each rep, skills, load and last assignment; for each conversation that waits, its skill."""

    def __init__(self, case: Case) -> None:
        self.skills = [frozenset(case.skills_of(each)) for each in range(case.reps)]
        self.loads = [HELD] * case.reps
        self.last = list(range(case.reps))
        self.waiting = {each: each % case.skills for each in range(case.waiting)}
        self.assigned = case.reps

    def wait(self, conversation: int, skill: int) -> None:
        """Let one more wait."""
        self.waiting[conversation] = skill

    def _give(self, conversation: int, rep: int) -> tuple[int, int]:
        self.assigned += 1
        self.loads[rep] += 1
        self.last[rep] = self.assigned
        return conversation, self.waiting.pop(conversation)


class LinearFilter(_InMemory):
    """The filter at its best: one pass over bare numbers for what a rep can take, one for who could take it."""

    def free(self, rep: int) -> tuple[int, int]:
        """Decide."""
        self.loads[rep] -= 1
        mine = self.skills[rep]
        first = min(each for each, skill in self.waiting.items() if skill in mine)
        needed = self.waiting[first]
        able = [each for each, load in enumerate(self.loads) if load < HELD and needed in self.skills[each]]
        return self._give(first, min(able, key=lambda each: (self.loads[each], self.last[each])))


class RecordFilter:
    """The linear filter as one writes it over the board's own records, asking of each all that the board asks.

    That is presence, free capacity, every skill with its rating, and who has declined; in the order of priority and of
    waiting. What a queue's method and relaxation may change is left out: in this case they change nothing.
    """

    def __init__(self, case: Case) -> None:
        snapshot = case.snapshot()
        config = case.config()
        self.reps = {each.name: each for each in snapshot.reps}
        self.settings = {each.name: each for each in config.reps}
        self.workstreams = {each.name: each for each in config.workstreams}
        self.loads = dict.fromkeys(self.reps, HELD)
        self.waiting = {each.id - 1: each for each in snapshot.conversations if each.state is State.QUEUED}
        self.like = {int(each.workstream.removeprefix("needs")): each for each in self.waiting.values()}
        self.assigned = snapshot.counters.assignment

    def wait(self, conversation: int, skill: int) -> None:
        """Let one more wait."""
        moment = START + conversation
        self.waiting[conversation] = replace(self.like[skill], id=conversation + 1, unanswered_since=moment)

    def free(self, rep: int) -> tuple[int, int]:
        """Decide."""
        name = f"rep{rep}"
        self.loads[name] -= 1
        mine = [each for each in self.waiting.items() if self._takes(name, each[1])]
        number, first = min(mine, key=lambda each: (-each[1].priority, each[1].unanswered_since, each[0]))
        able = [each for each in self.reps if self._takes(each, first)]
        chosen = min(able, key=lambda each: (self.loads[each], self.reps[each].last_assignment))
        self.assigned += 1
        self.loads[chosen] += 1
        self.reps[chosen] = replace(self.reps[chosen], last_assignment=self.assigned)
        del self.waiting[number]
        return number, int(first.workstream.removeprefix("needs"))

    def _takes(self, rep: str, conversation: Conversation) -> bool:
        workstream, settings = self.workstreams[conversation.workstream], self.settings[rep]
        return (
            self.reps[rep].presence in workstream.allowed_presences
            and settings.capacity - self.loads[rep] >= workstream.capacity_cost
            and conversation.passed.get(rep, 0) < workstream.max_declines
            and all(settings.skills.get(skill, 0) >= rating for skill, rating in workstream.skills.items())
        )


class Scan(_InMemory):
    """All that waits is brought into order, and the reps are asked for each until one can take it.

    As FreeSWITCH's mod_callcenter does in every round of its thread: it selects the waiting members, ordered by their
    score, and for each of them the agents of its queue.
    """

    def free(self, rep: int) -> tuple[int, int]:
        """Decide."""
        self.loads[rep] -= 1
        for conversation in sorted(self.waiting):
            needed = self.waiting[conversation]
            able = [each for each, load in enumerate(self.loads) if load < HELD and needed in self.skills[each]]
            if able:
                return self._give(conversation, min(able, key=lambda each: (self.loads[each], self.last[each])))

        raise LookupError("nothing that waits can be taken")


class CountInSql:
    """The next conversation by an index, then a COUNT of every rep's open conversations in SQLite.

    As Chatwoot's assignment does with the agents of an inbox who are online and below their limit.
    """

    def __init__(self, case: Case) -> None:
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.executescript(
            """
            CREATE TABLE conversations (id INTEGER PRIMARY KEY, rep INTEGER, status TEXT, skill INTEGER);
            CREATE INDEX by_rep ON conversations (rep, status);
            CREATE INDEX by_skill ON conversations (status, skill, id);
            CREATE TABLE reps (id INTEGER PRIMARY KEY, last INTEGER);
            CREATE TABLE abilities (skill INTEGER, rep INTEGER, PRIMARY KEY (skill, rep)) WITHOUT ROWID;
            """
        )
        run = self.database.executemany
        run(
            "INSERT INTO conversations VALUES (?, NULL, 'queued', ?)",
            ((each, each % case.skills) for each in range(case.waiting)),
        )
        run(
            "INSERT INTO conversations (rep, status) VALUES (?, 'open')",
            ((each % case.reps,) for each in range(case.reps * HELD)),
        )
        run("INSERT INTO reps VALUES (?, ?)", ((each, each) for each in range(case.reps)))
        run(
            "INSERT INTO abilities VALUES (?, ?)",
            ((skill, each) for each in range(case.reps) for skill in case.skills_of(each)),
        )
        self.skills = [case.skills_of(each) for each in range(case.reps)]
        self.assigned = case.reps
        self.named = {each: each for each in range(case.waiting)}  # the reps' own took the numbers that follow

    def free(self, rep: int) -> tuple[int, int]:
        """Decide."""
        one = self.database.execute
        one(
            "DELETE FROM conversations WHERE id = "
            "(SELECT id FROM conversations WHERE rep = ? AND status = 'open' LIMIT 1)",
            (rep,),
        )
        first, skill = min(
            row
            for each in self.skills[rep]
            for row in one(
                "SELECT id, skill FROM conversations WHERE status = 'queued' AND skill = ? ORDER BY id LIMIT 1", (each,)
            )
        )
        [chosen] = one(
            """
            SELECT reps.id FROM reps JOIN abilities ON abilities.rep = reps.id AND abilities.skill = ?
            WHERE (SELECT COUNT(*) FROM conversations WHERE rep = reps.id AND status = 'open') < ?
            ORDER BY (SELECT COUNT(*) FROM conversations WHERE rep = reps.id AND status = 'open'), last LIMIT 1
            """,
            (skill, HELD),
        ).fetchone()
        self.assigned += 1
        one("UPDATE conversations SET status = 'open', rep = ? WHERE id = ?", (chosen, first))
        one("UPDATE reps SET last = ? WHERE id = ?", (self.assigned, chosen))
        return self.named.pop(first), skill

    def wait(self, conversation: int, skill: int) -> None:
        """Let one more wait."""
        added = self.database.execute("INSERT INTO conversations (status, skill) VALUES ('queued', ?)", (skill,))
        self.named[added.lastrowid or 0] = conversation


PEERS: Final[dict[str, type[Peer]]] = {
    "linear filter": RecordFilter,
    "filter of bare numbers": LinearFilter,
    "scan (mod_callcenter)": Scan,
    "COUNT in SQL (Chatwoot)": CountInSql,
}
