"""What comes by itself for a conversation that waits: told beforehand, and so it happens."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine.commands import ReleaseConversation
from cordboard.engine.config import DAY, HOUR, MINUTE, Affinity, AutoClose, Overflow, Relaxation, Skill
from cordboard.engine.events import ConversationClosed, ConversationEscalated, ConversationOverflowed, SearchWidened
from cordboard.engine.explanations import kept_back
from cordboard.engine.hours import OperatingHours, WeeklyOpening
from cordboard.engine.routing_words import Coming, OverflowAction, OverflowCondition, PassedOver
from cordboard.engine.testing.playground import CONFIG, START, Playground
from cordboard.engine.vocabulary import Presence, Weekday

EVENING = OperatingHours(name="evening", weekly=(WeeklyOpening(days=(Weekday.SUNDAY,), opens="18:00", closes="22:00"),))
"""The playground begins on a Sunday, at 15:06."""

MIDNIGHT = START - START % DAY


def told(world: Playground) -> list[tuple[int, Coming, str]]:
    return [(each.at, each.what, each.of) for each in world.board.explain_waiting(1, world.at).coming]


def test_what_waiting_brings_is_told_and_happens_in_its_turn() -> None:
    queue = replace(
        CONFIG.queues[0],
        escalate_after=30 * MINUTE,
        overflow=(Overflow(when=OverflowCondition.WAITED, over=20 * MINUTE, do=OverflowAction.LATER),),
    )
    workstream = replace(
        CONFIG.workstreams[0],
        skills={"billing": 3},
        skill_relaxation=(Relaxation(after=10 * MINUTE, lower_by=1),),
        auto_close=AutoClose(queued=2 * HOUR),
    )
    config = replace(CONFIG, skills=(Skill(name="billing"),), workstreams=(workstream, *CONFIG.workstreams[1:]))
    world = Playground(replace(config, queues=(queue, CONFIG.queues[1])))
    world.text()
    foretold = told(world)

    assert foretold == [
        (START + 10 * MINUTE, Coming.RELAXATION, ""),
        (START + 20 * MINUTE, Coming.OVERFLOW, "later"),
        (START + 30 * MINUTE, Coming.ESCALATION, ""),
        (START + 2 * HOUR, Coming.END, ""),
    ]
    happens = (SearchWidened, ConversationOverflowed, ConversationEscalated, ConversationClosed)
    for (at, _, _), event in zip(foretold, happens, strict=True):
        assert world.later(at - world.at - 1) == ()
        assert [type(each) for each in world.later(1)][:1] == [event]


@pytest.mark.parametrize(
    ("clock", "shift", "queue"),
    [(15 * HOUR, Coming.WORK_BEGINS, Coming.QUEUE_OPENS), (20 * HOUR, Coming.WORK_ENDS, Coming.QUEUE_CLOSES)],
)
def test_hours_that_begin_or_end_are_told_once_for_all_who_work_in_them(
    clock: int, shift: Coming, queue: Coming
) -> None:
    general = replace(CONFIG.queues[0], hours="evening")
    reps = tuple(replace(each, hours="evening") for each in CONFIG.reps)
    world = Playground(replace(CONFIG, hours=(EVENING,), queues=(general, CONFIG.queues[1]), reps=reps))
    world.at = MIDNIGHT + clock
    world.text()

    at = MIDNIGHT + (18 if clock < 18 * HOUR else 22) * HOUR
    assert told(world)[:-1] == [(at, queue, "general"), (at, shift, "evening")]
    assert Coming.WORK_BEGINS not in {each.what for each in world.board.explain_waiting(1).coming}


def test_whom_it_waits_for_is_named_with_the_end_of_that_wait() -> None:
    world = Playground()
    world.configure(affinity=Affinity(wait=2 * MINUTE))
    world.active_with("ana")
    world.reply()
    world.park()
    world.presence("ana", Presence.AWAY)
    world.text("one more thing")

    assert told(world)[0] == (world.at + 2 * MINUTE, Coming.ANYBODY, "ana")


def test_an_overflow_that_will_not_end_it_is_not_foretold() -> None:
    ends = Overflow(when=OverflowCondition.WAITED, over=20 * MINUTE, do=OverflowAction.END)
    world = Playground(replace(CONFIG, queues=(replace(CONFIG.queues[0], overflow=(ends,)), CONFIG.queues[1])))
    world.text()
    assert [what for _, what, _ in told(world)] == [Coming.OVERFLOW, Coming.END]

    world.presence("ana")
    world.accept()
    world.presence("ana", Presence.AWAY)
    world.do(ReleaseConversation(conversation=1, by="ana"))
    assert [what for _, what, _ in told(world)] == [Coming.END], "a rep has had it"


def test_an_overflow_that_comes_after_one_that_is_in_vain_is_foretold_and_happens() -> None:
    ends = Overflow(when=OverflowCondition.WAITED, over=5 * MINUTE, do=OverflowAction.END)
    goes = Overflow(when=OverflowCondition.WAITED, over=10 * MINUTE, do=OverflowAction.TRANSFER, queue="second")
    world = Playground(replace(CONFIG, queues=(replace(CONFIG.queues[0], overflow=(ends, goes)), CONFIG.queues[1])))
    world.active_with("ana")
    world.presence("ana", Presence.AWAY)
    world.do(ReleaseConversation(conversation=1, by="ana"))
    at = world.at + 10 * MINUTE
    assert told(world)[0] == (at, Coming.OVERFLOW, "transfer")

    world.later(5 * MINUTE)
    assert told(world)[0] == (at, Coming.OVERFLOW, "transfer")
    world.later(5 * MINUTE)
    assert world.conversation().queue == "second"


def test_where_no_skill_is_asked_none_will_be_relaxed() -> None:
    world = Playground()
    world.configure(skill_relaxation=(Relaxation(after=10 * MINUTE, lower_by=1),))
    world.text()

    assert [what for _, what, _ in told(world)] == [Coming.END]


def test_what_does_not_wait_has_nothing_coming() -> None:
    world = Playground()
    world.active_with("ana")

    assert world.board.explain_waiting(1, world.at).coming == ()


def test_there_are_words_for_everything_that_keeps_a_conversation_back() -> None:
    assert kept_back({PassedOver.HOURS: 2, PassedOver.SKILLS: 1}) == "2 kept back by working hours, 1 by skills"
    for each in PassedOver:
        assert kept_back({each: 1}).startswith("1 kept back by ")
