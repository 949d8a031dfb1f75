"""Rules: what a new conversation is like, and where it waits."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.engine import Board
from cordboard.engine.board.routing.rule_book import share_out
from cordboard.engine.commands import Configure, PickConversation, TransferConversation
from cordboard.engine.config import HOUR, BoardConfig, Queue, Skill, Workstream
from cordboard.engine.config_problems import find_problems
from cordboard.engine.errors import RepUnable
from cordboard.engine.events import ConversationClassified, ConversationQueued, Event
from cordboard.engine.routing_words import Distribution, Operator
from cordboard.engine.rules import Condition, Outputs, Route, RouteReason, Rule, RuleSet, RulesTried
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, State

SUPPORT = CONFIG.workstreams[0]


def _says(word: str) -> Condition:
    return Condition(field="text", op=Operator.CONTAINS, value=word)


def _context(name: str, value: str | int) -> Condition:
    return Condition(field=f"context.{name}", op=Operator.EQUALS, value=value)


REFUND = Rule(
    name="refund", when=_says("refund"), then=Outputs(priority=10, capacity_cost=2, context={"topic": "refund", "n": 1})
)
SPANISH = Rule(name="spanish", when=_says("hola"), then=Outputs(language="es"))
ANYTHING = Rule(name="anything", then=Outputs(context={"topic": "other"}))
TOPICS = RuleSet(name="topics", rules=(REFUND, SPANISH, ANYTHING))
URGENT = RuleSet(
    name="urgency", rules=(Rule(name="refund by name", when=_context("topic", "refund"), then=Outputs(priority=20)),)
)


def _world(**changes: Any) -> Playground:
    return Playground(replace(CONFIG, workstreams=(replace(SUPPORT, **changes),)))


def _only(kind: type[Any], events: tuple[Event, ...]) -> Any:
    [found] = [each for each in events if isinstance(each, kind)]
    return found


# Classification


def test_the_first_rule_that_applies_has_its_say() -> None:
    world = _world(classification=(TOPICS,))
    world.text("hola, a refund please")

    conversation = world.conversation()
    assert (conversation.priority, conversation.cost, conversation.language) == (10, 2, "")
    assert conversation.context == {"topic": "refund", "n": 1}


def test_later_sets_see_what_earlier_ones_said_and_may_say_more() -> None:
    world = _world(classification=(TOPICS, URGENT))
    world.text("refund")

    assert world.conversation().priority == 20
    assert world.conversation().context == {"topic": "refund", "n": 1}


def test_what_a_rule_does_not_mention_stays_as_it_is() -> None:
    more = RuleSet(name="more", rules=(Rule(name="more", then=Outputs(context={"topic": "money", "m": "x"})),))
    world = _world(classification=(TOPICS, more))
    world.text("refund")

    conversation = world.conversation()
    assert (conversation.priority, conversation.cost) == (10, 2)
    assert conversation.context == {"topic": "money", "n": 1, "m": "x"}


def test_the_event_says_which_rules_were_tried_and_which_applied() -> None:
    world = _world(classification=(TOPICS, URGENT))
    classified = _only(ConversationClassified, world.text("hola"))

    assert classified.rule_sets == (
        RulesTried(rule_set="topics", tried=("refund", "spanish"), matched="spanish"),
        RulesTried(rule_set="urgency", tried=("refund by name",), matched=None),
    )
    assert classified.language == "es"


def test_without_rule_sets_nothing_is_classified() -> None:
    world = _world()

    assert not any(isinstance(each, ConversationClassified) for each in world.text())
    assert _only(ConversationQueued, tuple(world.journal)).reason is None


def test_a_higher_priority_is_offered_first() -> None:
    world = _world(classification=(TOPICS,))
    world.text("hello", customer="+14155550101")
    world.at += 1_000
    world.text("refund", customer="+14155550102")
    world.presence("ana")

    assert [world.offered(each) for each in (1, 2)] == [None, "ana"]


def test_a_conversation_takes_as_much_capacity_as_rules_say() -> None:
    world = _world(classification=(TOPICS,))
    world.text("refund")
    world.active_with("ana")

    assert world.board.load_of("ana") == 2
    world.text("hello", customer="+14155550102")
    assert world.offered(2) is None
    world.park()
    assert world.board.load_of("ana") == 1  # the second one came at once
    assert world.offered(2) == "ana"


def test_what_does_not_fit_lets_what_fits_go_before_it() -> None:
    world = _world(classification=(TOPICS,), capacity_cost=1)
    world.presence("ana")
    world.text("hello", customer="+14155550101")
    world.text("refund", customer="+14155550102")
    world.text("hello", customer="+14155550103")

    assert [world.offered(each) for each in (1, 2, 3)] == ["ana", None, "ana"]


def test_a_rep_who_comes_back_gets_what_they_have_room_for() -> None:
    world = _world(classification=(TOPICS,))
    world.presence("ana")
    world.text("hello", customer="+14155550101")
    world.accept()
    world.presence("ana", Presence.AWAY)
    world.text("refund", customer="+14155550102")
    world.text("hello", customer="+14155550103")
    world.presence("ana")

    assert [world.offered(each) for each in (1, 2, 3)] == ["ana", None, "ana"]
    assert world.board.load_of("ana") == 2


def test_a_rep_picks_and_is_handed_only_what_they_have_room_for() -> None:
    world = _world(classification=(TOPICS,), distribution=Distribution.PICK)
    world.presence("ana")
    world.text("hello", customer="+14155550101")
    world.text("refund", customer="+14155550102")
    world.pick(1)

    with pytest.raises(RepUnable, match="takes 2"):
        world.do(PickConversation(conversation=2, by="ana"))

    with pytest.raises(RepUnable, match="takes 2"):
        world.do(TransferConversation(conversation=2, by="sue", rep="ana"))


def _skilled(*rules: Rule, **changes: Any) -> Playground:
    """Return a board where both reps know some Spanish, Ben more of it, and Ana alone knows billing."""
    ratings = {"ana": {"spanish": 2, "billing": 2}, "ben": {"spanish": 5}}
    rule_sets = tuple(RuleSet(name=each.name, rules=(each,)) for each in rules)
    return Playground(
        replace(
            CONFIG,
            skills=(Skill(name="spanish"), Skill(name="billing")),
            reps=tuple(replace(each, skills=ratings.get(each.name, {})) for each in CONFIG.reps),
            workstreams=(replace(SUPPORT, classification=rule_sets, **changes),),
        )
    )


def test_a_conversation_goes_to_who_has_the_skill_that_a_rule_asks() -> None:
    world = _skilled(Rule(name="spanish", when=_says("hola"), then=Outputs(skills={"spanish": 3})))
    world.presence("ana")
    world.text("hola")
    assert world.conversation().skills == {"spanish": 3}
    assert world.offered() is None

    world.presence("ben")
    assert world.offered() == "ben"


def test_later_sets_add_skills_and_may_lift_what_the_workstream_asks() -> None:
    spanish = Rule(name="spanish", then=Outputs(skills={"spanish": 3}))
    world = _skilled(spanish, Rule(name="any", then=Outputs(skills={"billing": 0})), skills={"billing": 1})
    world.presence("ana")
    world.presence("ben")
    world.text()

    assert world.conversation().skills == {"spanish": 3, "billing": 0}
    assert world.offered() == "ben"


def test_a_customer_is_known_by_their_second_conversation() -> None:
    known = Condition(field="known_customer", op=Operator.EQUALS, value=True)
    rules = (Rule(name="back", when=known, then=Outputs(context={"back": 1})),)
    world = _world(classification=(RuleSet(name="one", rules=rules),), reopen_window=0)
    world.active_with("ana")
    world.close()
    world.text()

    assert world.conversation(1).context == {}
    assert world.conversation(2).context == {"back": 1}


def test_a_reopened_conversation_keeps_what_was_said_of_it() -> None:
    world = _world(classification=(TOPICS,), routes=(Route(name="refunds", when=_says("refund"), queue="second"),))
    world.text("refund")
    world.presence("ben")
    world.accept(by="ben")
    world.close(by="ben")
    events = world.text("thanks, hola")

    conversation = world.conversation()
    assert conversation.queue == "second"
    assert (conversation.priority, conversation.cost, conversation.language) == (10, 2, "")
    assert not any(isinstance(each, ConversationClassified) for each in events)


# Routes


def test_the_first_route_that_applies_decides() -> None:
    world = _world(
        routes=(
            Route(name="hello", when=_says("hello"), queue="general"),
            Route(name="refunds", when=_says("refund"), queue="second"),
            Route(name="hola", when=_says("refund"), queue="general"),
        )
    )
    queued = _only(ConversationQueued, world.text("refund"))

    assert (queued.queue, queued.why) == ("second", "route 'refunds'")
    assert queued.reason == RouteReason(tried=("hello", "refunds"), rule="refunds")


def test_where_no_route_applies_it_is_the_fallback_queue() -> None:
    world = _world(queue="second", routes=(Route(name="refunds", when=_says("refund"), queue="general"),))
    queued = _only(ConversationQueued, world.text())

    assert (queued.queue, queued.why) == ("second", "fallback queue")
    assert queued.reason == RouteReason(tried=("refunds",))


def test_routes_see_what_rule_sets_said() -> None:
    world = _world(
        classification=(TOPICS,), routes=(Route(name="refunds", when=_context("topic", "refund"), queue="second"),)
    )
    world.text("refund")

    assert world.conversation().queue == "second"


def test_a_queue_that_nobody_serves_lets_conversations_wait() -> None:
    config = replace(
        CONFIG,
        queues=(*CONFIG.queues, Queue(name="nobody")),
        workstreams=(replace(SUPPORT, routes=(Route(name="all", queue="nobody"),)),),
    )
    world = Playground(config)
    world.presence("ana")
    world.text()
    world.later(24 * HOUR)

    assert (world.conversation().state, world.conversation().queue) == (State.QUEUED, "nobody")


# Splits


def _queues_of(world: Playground, texts: int) -> list[str | None]:
    first = world.board.counters.conversation + 1
    for each in range(first, first + texts):
        world.text(customer=f"+1415{each:07}")

    return [world.conversation(each).queue for each in range(first, first + texts)]


SPLIT = Route(name="shared", split={"general": 70, "second": 30})


def test_shares_are_exact_over_any_hundred_conversations() -> None:
    queues = _queues_of(_world(routes=(SPLIT,)), 350)

    for first in range(251):
        assert Counter(queues[first : first + 100]) == {"general": 70, "second": 30}


def test_shares_are_spread_rather_than_dealt_in_blocks() -> None:
    assert _queues_of(_world(routes=(SPLIT,)), 10).count("second") == 3


def test_each_route_counts_its_own_turns() -> None:
    half = {"general": 50, "second": 50}
    world = _world(
        routes=(Route(name="refunds", when=_says("refund"), split=half), Route(name="everything else", split=half))
    )
    for each, body in enumerate(["refund", "hello"] * 4):
        world.text(body, customer=f"+1415555010{each}")

    assert [world.conversation(each).queue for each in (1, 3, 5, 7)] == ["general", "second"] * 2
    assert [world.conversation(each).queue for each in (2, 4, 6, 8)] == ["general", "second"] * 2


def test_a_split_goes_on_after_a_restart_and_a_replay() -> None:
    world = _world(routes=(SPLIT,))
    whole = _queues_of(_world(routes=(SPLIT,)), 120)
    begun = _queues_of(world, 37)
    replayed = Board.replay(CONFIG.name, world.journal)
    assert replayed.snapshot() == world.board.snapshot()

    world.board = Board.restore(world.board.snapshot())
    assert begun + _queues_of(world, 83) == whole


def test_turns_of_a_route_that_is_gone_are_forgotten() -> None:
    world = _world(routes=(SPLIT,))
    world.text()
    assert world.board.counters.splits == {"support/shared": 1}

    world.do(Configure(config=CONFIG))
    assert world.board.counters.splits == {}
    assert Board.replay(CONFIG.name, world.journal).snapshot() == world.board.snapshot()


def _cut(cuts: list[int]) -> dict[str, int]:
    """Cut 100 at some places between 1 and 99."""
    edges = [0, *sorted(cuts), 100]
    return {f"q{index}": last - first for index, (first, last) in enumerate(pairwise(edges))}


@given(st.lists(st.integers(1, 99), max_size=4, unique=True).map(_cut))
def test_any_hundred_turns_are_exact_and_no_queue_is_ever_far_from_its_share(split: dict[str, int]) -> None:
    turns = share_out(split)

    assert Counter(turns) == split
    for count in range(1, 101):
        for queue, share in split.items():
            given_so_far = turns[:count].count(queue)
            assert abs(given_so_far - share * count / 100) < len(split)


# What is refused


RULES = "classification[0].rules"


def _problems(workstream: Workstream) -> list[str]:
    config = BoardConfig(
        name="contoso", workstreams=(workstream,), queues=(Queue(name="general"), Queue(name="second"))
    )
    return list(find_problems(config))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"routes": (Route(name="a"),)}, "routes[0].queue: a route has a queue or a split: exactly one of them"),
        (
            {"routes": (Route(name="a", queue="general", split={"general": 100}),)},
            "routes[0].queue: a route has a queue or a split: exactly one of them",
        ),
        (
            {"routes": (Route(name="a", queue="x"),)},
            "routes[0].queue: there is no queue 'x' (there is: general, second)",
        ),
        (
            {"routes": (Route(name="a", split={"general": 70, "x": 30}),)},
            "routes[0].split.x: there is no queue 'x' (there is: general, second)",
        ),
        (
            {"routes": (Route(name="a", split={"general": 70, "second": 31}),)},
            "routes[0].split: the shares are percentages: together they must be 100, not 101",
        ),
        (
            {"routes": (Route(name="a", split={"general": 100, "second": 0}),)},
            "routes[0].split.second: 0 is too small: at least 1; leave out a queue that is to get nothing",
        ),
        (
            {"routes": (Route(name="a", queue="general"), Route(name="a", queue="general"))},
            "routes[1].name: 'a' is there already, as workstreams[0].routes[0]",
        ),
        (
            {"routes": tuple(Route(name=str(each), queue="general") for each in range(201))},
            "routes: there are 201 routes; at most 200",
        ),
        (
            {"classification": tuple(RuleSet(name=str(each), rules=()) for each in range(11))},
            "classification: there are 11 rule sets; at most 10",
        ),
        (
            {"classification": (RuleSet(name="a", rules=tuple(replace(ANYTHING, name=str(n)) for n in range(101))),)},
            "classification[0].rules: there are 101 rules; at most 100",
        ),
        (
            {"classification": (RuleSet(name=" ", rules=(ANYTHING,)),)},
            "classification[0].name: has 1 characters; between 1 and 64",
        ),
        (
            {"classification": (RuleSet(name="a", rules=(ANYTHING, ANYTHING)),)},
            f"{RULES}[1].name: 'anything' is there already, as workstreams[0].{RULES}[0]",
        ),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(changes: dict[str, Any], problem: str) -> None:
    assert _problems(replace(SUPPORT, **changes)) == [f"workstreams[0].{problem}"]


@pytest.mark.parametrize(
    ("then", "problem"),
    [
        (Outputs(), "then: says nothing; give priority, capacity_cost, costs, skills, language or context"),
        (Outputs(priority=1_000_001), "then.priority: 1000001 is out of range: -1000000 to 1000000"),
        (Outputs(skills={"spanish": 3}), "then.skills.spanish: there is no skill 'spanish' (there is: "),
        (Outputs(skills={"spanish": 0}), "then.skills.spanish: there is no skill 'spanish' (there is: "),
        (Outputs(language="Spanish!"), "then.language: 'Spanish!' is no language tag, such as 'es' or 'pt-BR'"),
        (Outputs(context={"a b": 1}), "then.context: 'a b' is no name of a context variable: letters, digits, '_', "),
        (Outputs(context={"a": "x" * 4_001}), "then.context.a: has 4001 characters; at most 4000"),
    ],
)
def test_what_a_rule_cannot_say_is_refused(then: Outputs, problem: str) -> None:
    rule_set = RuleSet(name="a", rules=(Rule(name="r", then=then),))
    [found] = _problems(replace(SUPPORT, classification=(rule_set,)))

    assert found.startswith(f"workstreams[0].classification[0].rules[0].{problem}")
