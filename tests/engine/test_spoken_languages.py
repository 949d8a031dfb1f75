"""Languages: who gets a conversation whose customer writes one."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from cordboard.engine import Queue, Rep
from cordboard.engine.commands import TransferConversation
from cordboard.engine.config import SECOND, Relaxation, Ring, Skill
from cordboard.engine.errors import RepUnable
from cordboard.engine.events import ConversationOffered
from cordboard.engine.language_tags import is_language, speaks
from cordboard.engine.routing_words import (
    AssignmentMethod,
    Distribution,
    LanguageMatching,
    Operator,
    PassedOver,
    SkillMatching,
)
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, State

REQUIRED, PREFERRED = LanguageMatching.REQUIRED, LanguageMatching.PREFERRED
HOLA = Condition(field="text", op=Operator.CONTAINS, value="hola")
SPANISH = RuleSet(name="language", rules=(Rule(name="Spanish", when=HOLA, then=Outputs(language="es-MX")),))
ANA = Rep(name="ana", capacity=2, languages=("en", "es"))
BEN = Rep(name="ben", capacity=9, languages=("en",))


def board_of(
    *reps: Rep, matching: LanguageMatching = REQUIRED, queue: dict[str, Any] | None = None, **workstream: Any
) -> Playground:
    """A board on which these reps serve the one queue, all available; sue supervises."""
    names = tuple(each.name for each in reps)
    settings = {"language_matching": matching, "classification": (SPANISH,), **workstream}
    world = Playground(
        replace(
            CONFIG,
            workstreams=(replace(CONFIG.workstreams[0], **settings),),
            queues=(replace(Queue(name="general", reps=names), **(queue or {})),),
            reps=(*reps, CONFIG.reps[2]),
            skills=(Skill(name="billing"),),
        )
    )
    for name in names:
        world.presence(name)

    return world


def texts(world: Playground, *bodies: str) -> list[str | None]:
    """Have customers text, and return who is offered each."""
    offered = []
    for body in bodies:
        conversation = world.board.counters.conversation + 1
        world.text(body, customer=f"+1415555{conversation:04d}")
        offered.append(world.offered(conversation))

    return offered


def test_a_language_that_is_required_goes_only_to_who_speaks_it() -> None:
    world = board_of(ANA, BEN)

    assert texts(world, "hola", "hola", "hola", "hello") == ["ana", "ana", None, "ben"]


def test_a_language_that_is_preferred_goes_to_who_speaks_it_first() -> None:
    world = board_of(ANA, BEN, matching=PREFERRED)

    assert texts(world, "hola", "hola", "hola") == ["ana", "ana", "ben"], "though ben has more capacity free"


def test_a_language_decides_nothing_unless_the_workstream_says_so() -> None:
    world = board_of(ANA, BEN, matching=LanguageMatching.NONE)

    assert texts(world, "hola") == ["ben"]


@pytest.mark.parametrize(
    ("spoken", "wanted", "understood"),
    [
        (("es",), "es", True),
        (("es",), "es-MX", True),
        (("es-MX",), "es-MX", True),
        (("ES-mx",), "es-MX", True),
        (("es-MX",), "es", True),
        (("es-ES",), "es-MX", False),
        (("en", "es-ES", "es"), "es-MX", True),
        (("e",), "es", False),
        (("est",), "es", False),
        (("es",), "est", False),
        (("zh-Hant",), "zh-Hant-TW", True),
        ((), "es", False),
    ],
)
def test_who_speaks_a_language_understands_its_varieties(
    spoken: tuple[str, ...], wanted: str, understood: bool
) -> None:
    assert speaks(spoken, wanted) is understood


@pytest.mark.parametrize(
    ("tag", "valid"),
    [("es", True), ("pt-BR", True), ("zh-Hant-TW", True), ("Spanish", False), ("es_MX", False), ("", False)],
)
def test_a_language_is_named_by_its_tag(tag: str, valid: bool) -> None:
    assert is_language(tag) is valid


def test_preferred_speakers_go_before_inner_rings_and_before_proficiency() -> None:
    rings = (Ring(reps=("ben",)), Ring(after=SECOND, reps=("ana",)))
    world = board_of(
        ANA, BEN, matching=PREFERRED, queue={"assignment": AssignmentMethod.BULLSEYE, "rings": rings}
    )  # fmt: skip
    world.presence("ben", Presence.AWAY)
    world.presence("ana", Presence.AWAY)
    world.text("hola")
    world.later(SECOND)
    world.configure(allowed_presences=(Presence.AVAILABLE, Presence.AWAY))  # now both of them can, at once
    assert world.offered() == "ana"

    skilled = board_of(
        ANA, replace(BEN, skills={"billing": 9}), matching=PREFERRED, skills={"billing": 1},
        skill_matching=SkillMatching.CLOSEST, queue={"assignment": AssignmentMethod.MOST_PROFICIENT},
    )  # fmt: skip
    assert texts(skilled, "hola", "hello") == ["ana", "ben"]


def test_a_language_is_not_relaxed_with_the_skills() -> None:
    steps = (Relaxation(after=SECOND, lower_by=9), Relaxation(after=2 * SECOND, skill_matching=SkillMatching.NONE))
    world = board_of(BEN, skills={"billing": 9}, skill_relaxation=steps)
    world.text("hola")
    world.later(9 * SECOND)

    assert (world.offered(), world.conversation().relaxed) == (None, 2)


def test_a_parked_conversation_goes_back_to_its_rep_only_if_they_speak_it() -> None:
    world = board_of(BEN, matching=PREFERRED)
    world.text("hola")
    world.accept(by="ben")
    world.park(by="ben")
    world.configure(language_matching=REQUIRED)
    world.text("hola?")

    assert (world.conversation().state, world.offered()) == (State.QUEUED, None)


def test_a_rep_does_not_pick_or_hand_on_what_nobody_there_understands_but_a_supervisor_may() -> None:
    world = board_of(ANA, BEN, distribution=Distribution.PICK)
    world.text("hola")
    with pytest.raises(RepUnable, match="ben does not speak 'es-MX', the language of conversation 1"):
        world.pick(by="ben")

    world.pick(by="ana")
    with pytest.raises(RepUnable, match="ben does not speak"):
        world.do(TransferConversation(conversation=1, by="ana", rep="ben"))

    world.do(TransferConversation(conversation=1, by="sue", rep="ben"))
    assert world.offered() == "ben"


def test_an_override_names_skills_and_languages_that_were_against_it() -> None:
    world = board_of(BEN, skills={"billing": 9})
    world.text("hola")
    world.do(TransferConversation(conversation=1, by="sue", rep="ben", override=True))
    [offer] = [each for each in world.journal if isinstance(each, ConversationOffered)]

    assert offer.overrode == (PassedOver.SKILLS, PassedOver.LANGUAGE)


def test_a_rep_who_learns_a_language_gets_what_waited_for_it() -> None:
    world = board_of(BEN)
    texts(world, "hola")
    waiting = world.board.explain_waiting(1)
    assert waiting.language == "es-MX"
    assert [(each.reason, each.detail) for each in waiting.reps] == [
        (PassedOver.LANGUAGE, "needs es-MX (speaks en)"),
    ]
    world.config = replace(world.config, reps=(replace(BEN, languages=("en", "es")), *world.config.reps[1:]))
    world.configure()

    assert world.offered() == "ben"
    [offer] = [each for each in world.journal if isinstance(each, ConversationOffered)]
    assert offer.reason is not None
    assert offer.reason.language == "es-MX"


def test_who_speaks_nothing_that_is_known_is_told_of() -> None:
    world = board_of(Rep(name="ana"))
    texts(world, "hola")

    assert world.board.explain_waiting(1).reps[0].detail == "needs es-MX (speaks no language that is known)"
