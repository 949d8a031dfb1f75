"""Whoever comes and goes, and whatever they do: customers are served in their order, and reps are loaded fairly."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace
from tests.engine.test_matching_reference import CUSTOM, RINGS, World

from cordboard.engine import Board, BoardConfig, Queue, Rep
from cordboard.engine.board.evolve import evolve
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    Command,
    Configure,
    DeclineOffer,
    ParkConversation,
    PickConversation,
    ReleaseConversation,
    Reply,
    ResumeConversation,
    SetPresence,
    SetSkills,
    Tick,
    TransferConversation,
)
from cordboard.engine.config import MINUTE, SECOND, Skill
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import ConversationOffered, ConversationOpened, ConversationResumed, Event, Grant
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import AssignmentMethod, Operator, SkillMatching
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import CONFIG, Playground
from cordboard.engine.vocabulary import Presence, Role, State

CUSTOMERS = [f"+1415555010{each}" for each in range(8)]
PEOPLE = ["ana", "ben", "cleo"]
WHICH = st.integers(0, 7)
URGENT = RuleSet(
    name="urgency",
    rules=(
        Rule(
            name="urgent",
            when=Condition(field="text", op=Operator.CONTAINS, value="urgent"),
            then=Outputs(priority=2),
        ),
    ),
)
TEXTS = st.lists(
    st.tuples(st.sampled_from(CUSTOMERS), st.sampled_from(["hello", "urgent"]), st.sampled_from([0, 0, 2, 5])),
    max_size=8,
)
"""Who writes, what, and how good somebody has to be at billing for it."""

QUICKLY = settings(suppress_health_check=list(HealthCheck))


@st.composite
def boards(draw: Any) -> BoardConfig:
    """Boards of two queues and three reps, one of whom serves both and one of whom lacks a skill."""
    method = draw(st.sampled_from(AssignmentMethod))
    first = Queue(
        name="general",
        reps=("ana", "ben"),
        assignment=method,
        ageing=draw(st.sampled_from([None, 40 * SECOND])),
        rings=RINGS if method is AssignmentMethod.BULLSEYE else (),
        custom=CUSTOM if method is AssignmentMethod.CUSTOM else None,
    )
    second = Queue(name="second", reps=("ben", "cleo"), priority=draw(st.integers(-1, 0)))
    workstream = replace(
        CONFIG.workstreams[0],
        classification=(URGENT,),
        max_declines=draw(st.integers(1, 2)),
        wrap_up=draw(st.sampled_from([0, 30 * SECOND])),
        skill_matching=draw(st.sampled_from([SkillMatching.EXACT, SkillMatching.EXACT, SkillMatching.CLOSEST])),
    )
    reps = tuple(
        Rep(
            name=name,
            capacity=draw(st.integers(1, 3)),
            skills=skills,
            attributes={"team": "east", "level": 1},
        )
        for name, skills in (("ana", {"billing": 5}), ("ben", {"billing": 2}), ("cleo", {}))
    )
    return replace(
        CONFIG,
        skills=(Skill(name="billing"),),
        workstreams=(workstream,),
        queues=(first, second),
        reps=(*reps, CONFIG.reps[2]),
    )


class Watched(Playground):
    """A board that is looked at between any two events, by a reference that remembers nothing.

    Attributes:
        between: The board as it is between two events.
    """

    def __init__(self, config: BoardConfig) -> None:
        self.between = Board(config.name)
        super().__init__(config)

    def do(self, command: Command) -> tuple[Event, ...]:
        events = super().do(command)
        for event in events:
            if isinstance(event, Grant):
                reference = World(self.config, board=self.between, at=self.at)
                conversation = self.between.conversations[event.conversation]
                self.is_able(reference, event, conversation)
                if isinstance(event, ConversationOffered) and event.reason is not None:
                    self.is_next(reference, event, conversation)

            evolve(self.between._state, event)
            if isinstance(event, Grant):
                assert self.between.load_of(event.rep) <= self.between._state.configured.reps[event.rep].capacity

        return events

    def is_able(self, reference: World, grant: Grant, conversation: Conversation) -> None:
        """What needs skills exactly comes to who lacks one by a supervisor alone; what they parked is theirs."""
        matching, needed = reference.needs(conversation)
        by = self.between._state.configured.reps.get(grant.by)
        supervised = by is not None and Role.SUPERVISOR in by.roles
        if matching is SkillMatching.EXACT and not supervised and not isinstance(grant, ConversationResumed):
            has = self.between._state.configured.reps[grant.rep].skills
            assert all(has.get(name, 0) >= needed[name] for name in needed)

    def is_next(self, reference: World, offer: ConversationOffered, conversation: Conversation) -> None:
        """Nothing waits that the rep could have taken and that stands before what they are offered.

        So customers of one priority are served in the order in which they came; and where waiting counts, one of more
        priority goes before another only if they came at most so much later as that priority is worth.
        """
        [rep] = [each for each in self.config.reps if each.name == offer.rep]
        for other in self.between.conversations.values():
            waits = other.state is State.QUEUED and other.id != conversation.id
            declines = other.passed.get(rep.name, 0)
            if waits and declines < reference.workstream(other).max_declines and reference.can_take(rep, other):
                assert reference.place(conversation) < reference.place(other)


class PeopleAtWork(RuleBasedStateMachine):
    """People who do what people do: most of it is possible, so that much comes to pass."""

    @initialize(config=boards(), people=st.lists(st.sampled_from(PEOPLE), unique=True), backlog=TEXTS)
    def a_day_begins(self, config: BoardConfig, people: list[str], backlog: list[tuple[str, str, int]]) -> None:
        self.world = Watched(config)
        self.customers_write(backlog)
        for rep in people:
            self.world.presence(rep)

    def attempt(self, command: Command) -> None:
        """Ask for something; who may not, gets an error, and nothing has changed."""
        before = self.world.board.snapshot()
        try:
            self.world.do(command)
        except CordboardError:
            assert self.world.board.snapshot() == before

    def one_of(self, which: int, *states: State) -> Conversation | None:
        """Return one of the conversations that are in some states."""
        found = [each for each in self.world.board.conversations.values() if each.state in states]
        return found[which % len(found)] if found else None

    @rule(texts=TEXTS)
    def customers_write(self, texts: list[tuple[str, str, int]]) -> None:
        for customer, body, rating in texts:
            self.world.later(SECOND)
            opened = self.world.text(body, customer=customer)
            if rating and isinstance(opened[0], ConversationOpened):
                skills = {"billing": rating}
                self.attempt(SetSkills(conversation=opened[0].conversation, by="sue", skills=skills))

    @rule(which=WHICH)
    def an_offer_is_accepted(self, which: int) -> None:
        found = self.one_of(which, State.ASSIGNED)
        if found:
            self.attempt(AcceptOffer(conversation=found.id, by=found.holder or ""))

    @rule(which=WHICH)
    def an_offer_is_declined(self, which: int) -> None:
        found = self.one_of(which, State.ASSIGNED)
        if found:
            self.attempt(DeclineOffer(conversation=found.id, by=found.holder or ""))

    @rule(which=WHICH, kind=st.sampled_from([ParkConversation, ReleaseConversation, CloseConversation]))
    def a_rep_does_something_with_what_is_theirs(self, which: int, kind: Any) -> None:
        found = self.one_of(which, State.ACTIVE)
        if found:
            does = ResumeConversation if found.parked else kind
            self.attempt(does(conversation=found.id, by=found.rep or ""))

    @rule(which=WHICH, by=st.none() | st.just("sue"))
    def a_rep_or_a_supervisor_replies(self, which: int, by: str | None) -> None:
        found = self.one_of(which, State.ACTIVE)
        if found:
            self.attempt(Reply(conversation=found.id, by=by or found.rep or "", body="hi"))

    @rule(which=WHICH, rep=st.sampled_from(PEOPLE))
    def a_rep_hands_a_conversation_on(self, which: int, rep: str) -> None:
        found = self.one_of(which, State.ACTIVE)
        if found:
            self.attempt(TransferConversation(conversation=found.id, by=found.rep or "", rep=rep))

    @rule(which=WHICH, rep=st.sampled_from([*PEOPLE, "sue"]))
    def a_supervisor_assigns(self, which: int, rep: str) -> None:
        found = self.one_of(which, State.ACTIVE, State.ASSIGNED, State.QUEUED)
        if found:
            self.attempt(TransferConversation(conversation=found.id, by="sue", rep=rep))

    @rule(which=WHICH, queue=st.sampled_from(["general", "second"]))
    def a_conversation_is_handed_to_a_queue(self, which: int, queue: str) -> None:
        found = self.one_of(which, State.ACTIVE, State.ASSIGNED, State.QUEUED)
        if found:
            self.attempt(TransferConversation(conversation=found.id, by="sue", queue=queue))

    @rule(which=WHICH, rep=st.sampled_from(PEOPLE))
    def a_rep_picks(self, which: int, rep: str) -> None:
        found = self.one_of(which, State.QUEUED)
        if found:
            self.attempt(PickConversation(conversation=found.id, by=rep))

    @rule(which=WHICH, rating=st.integers(0, 6))
    def a_conversation_needs_a_skill(self, which: int, rating: int) -> None:
        found = self.one_of(which, State.QUEUED, State.ACTIVE)
        if found:
            self.attempt(SetSkills(conversation=found.id, by="sue", skills={"billing": rating}))

    @rule(rep=st.sampled_from([*PEOPLE, "sue"]), gone=st.booleans())
    def a_rep_comes_or_goes(self, rep: str, gone: bool) -> None:
        self.attempt(SetPresence(rep=rep, presence=Presence.OFFLINE if gone else Presence.AVAILABLE, by=rep))

    @rule(capacity=st.integers(1, 4))
    def everybody_may_take_more_or_less(self, capacity: int) -> None:
        reps = tuple(replace(each, capacity=capacity) for each in self.world.config.reps)
        self.world.config = replace(self.world.config, reps=reps)
        self.attempt(Configure(config=self.world.config))

    @rule(wait=st.sampled_from([10 * SECOND, 40 * SECOND, 150 * SECOND, 11 * MINUTE]))
    def time_passes(self, wait: int) -> None:
        self.world.later(wait)

    @invariant()
    def what_can_be_assigned_is_assigned(self) -> None:
        self.world.do(Tick())
        reference = World(self.world.config, board=self.world.board, at=self.world.at)
        waiting = [each for each in self.world.board.conversations.values() if each.state is State.QUEUED]
        assert [each.id for each in waiting if reference.choose(each)] == []


PeopleAtWork.TestCase.settings = settings(QUICKLY, max_examples=100, stateful_step_count=40)
TestPeopleAtWork = PeopleAtWork.TestCase


def equals(method: AssignmentMethod = AssignmentMethod.ROUND_ROBIN, capacity: int = 1, **queue: Any) -> Playground:
    """A board of one queue whose reps are alike, and available."""
    world = Playground(
        replace(
            CONFIG,
            workstreams=(replace(CONFIG.workstreams[0], classification=(URGENT,)),),
            queues=(Queue(name="general", reps=tuple(PEOPLE), assignment=method, **queue),),
            reps=(*(Rep(name=each, capacity=capacity) for each in PEOPLE), CONFIG.reps[2]),
        )
    )
    for rep in PEOPLE:
        world.presence(rep)

    return world


def test_what_becomes_assignable_together_is_assigned_in_its_order() -> None:
    reps = (Rep(name="ben", capacity=0), Rep(name="ana", capacity=0, skills={"billing": 1}))
    queue = Queue(name="general", reps=("ana", "ben"))
    world = Playground(replace(CONFIG, skills=(Skill(name="billing"),), queues=(queue,), reps=(*reps, CONFIG.reps[2])))
    world.presence("ana")
    world.presence("ben")
    for customer in CUSTOMERS[:2]:
        world.text(customer=customer)

    world.do(SetSkills(conversation=1, by="sue", skills={"billing": 1}))
    able = tuple(replace(each, capacity=1) for each in reps)
    world.do(Configure(config=replace(world.config, reps=(*able, CONFIG.reps[2]))))

    assert [world.offered(each) for each in (1, 2)] == ["ana", "ben"], "ana could take either, and only she the first"


@settings(QUICKLY, max_examples=40)
@given(days_work=st.lists(st.sampled_from(["a text", "an end", "an end"]), max_size=40), which=st.randoms())
def test_customers_of_one_priority_are_served_in_the_order_in_which_they_came(days_work: list[str], which: Any) -> None:
    world = equals()
    for each in days_work:
        world.later(SECOND)
        if each == "a text":
            world.text(customer=f"+1415555{world.board.counters.conversation:04d}")
        elif held := [(rep, held.id) for rep in PEOPLE for held in world.board.held_by(rep)]:
            rep, ended = which.choice(held)
            world.accept(ended, by=rep)
            world.close(ended, by=rep)

    served = [each.conversation for each in world.journal if isinstance(each, ConversationOffered)]
    assert served == sorted(served)


@settings(QUICKLY, max_examples=40)
@given(days_work=st.lists(st.sampled_from(["a text", "a text", "an end"]), max_size=40), which=st.randoms())
def test_reps_who_go_round_differ_by_one_at_most_whoever_is_quicker(days_work: list[str], which: Any) -> None:
    world = equals(capacity=40)
    for each in days_work:
        if each == "a text":
            world.text(customer=f"+1415555{world.board.counters.conversation:04d}")
        elif held := world.board.held_by(rep := which.choice(PEOPLE)):
            world.accept(held[0].id, by=rep)
            world.close(held[0].id, by=rep)

    got = Counter(dict.fromkeys(PEOPLE, 0))
    got.update(each.rep for each in world.journal if isinstance(each, ConversationOffered))
    assert max(got.values()) - min(got.values()) <= 1


@pytest.mark.parametrize("ages", [True, False])
def test_a_customer_who_waits_is_served_however_many_urgent_ones_keep_coming_where_waiting_counts(ages: bool) -> None:
    world = equals(ageing=1 * MINUTE if ages else None)
    for each in range(3):
        world.text("urgent", customer=f"+1415555000{each}")

    world.text("hello", customer="+14155559999")
    waits = world.board.counters.conversation
    served_at = None
    for each in range(30):
        world.text("urgent", customer=f"+141555511{each:02d}")
        world.later(10 * SECOND)
        held = world.board.held_by("ana")[0]
        world.accept(held.id)
        world.close(held.id)
        if served_at is None and world.conversation(waits).holder:
            served_at = world.at

    began = world.conversation(waits).opened_at
    assert served_at == (began + 130 * SECOND if ages else None), "two steps of priority are two minutes"
