"""Skills by hand: what a conversation needs, said by whoever has it or supervises."""

from __future__ import annotations

from cordboard.engine.assignment_problems import rating_problems
from cordboard.engine.board.decision import Decision
from cordboard.engine.commands import SetSkills
from cordboard.engine.errors import Bar, InvalidSkills, NotAllowed
from cordboard.engine.events import SkillsSet
from cordboard.engine.vocabulary import State


def set_skills(decision: Decision, command: SetSkills) -> None:
    """Say what a conversation needs beside what its workstream asks; one that waits is matched anew at once."""
    conversation = decision.asked(command)
    if conversation.state is State.CLOSED:
        raise InvalidSkills(f"conversation {conversation.id} is closed; what it needs does not matter any more")

    owns = conversation.holder == command.by or (conversation.parked and conversation.rep == command.by)
    if not owns and not decision.supervises(command.by):
        raise NotAllowed(
            f"conversation {conversation.id} is not with {command.by}; only a supervisor may say what it needs",
            bar=Bar.NOT_THEIRS,
        )

    known = {each.name: each for each in decision.state.configured.config.skills}
    needed = {name: rating for name, rating in command.skills.items() if rating or name not in known}
    problems = "; ".join(rating_problems("skills", needed, known))
    if problems:
        raise InvalidSkills(problems)

    if command.skills != conversation.skills:
        decision.emit(SkillsSet, conversation=conversation.id, skills=command.skills, by=command.by)
