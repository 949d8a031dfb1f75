"""The matcher decides as a few plain lines do that look at everybody and everything each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cordboard.engine import Board, BoardConfig, Channel, Number, Queue, Rep, Workstream
from cordboard.engine.carrier import TextReceived
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    Command,
    Configure,
    DeclineOffer,
    ParkConversation,
    ReleaseConversation,
    SetPresence,
    SetSkills,
    Tick,
    TransferConversation,
)
from cordboard.engine.config import (
    HOUR,
    SECOND,
    Affinity,
    CapacityProfile,
    CustomAssignment,
    Preference,
    Relaxation,
    RepCondition,
    Ring,
    Skill,
)
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import ConversationOffered, Event, Grant, OfferAccepted
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import (
    AffinityTo,
    AssignmentMethod,
    LanguageMatching,
    Obstacle,
    Operator,
    PreferenceFallback,
    ProfileReset,
    QueueOrder,
    RepOperator,
    SkillMatching,
)
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import OURS, START
from cordboard.engine.vocabulary import NumberKind, Presence, State

PEOPLE = ("ana", "ben", "cleo", "dan")
CUSTOMERS = tuple(f"+1415555010{each}" for each in range(7))
SALES = "+18005550101"
SKILLS = ("billing", "french")
RATINGS = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5))
BY_HAND = st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 5))
RINGS = (Ring(reps=("ana",)), Ring(after=20 * SECOND, reps=("ben",)), Ring(after=60 * SECOND))
AFFINITIES = (
    Affinity(),
    Affinity(to=AffinityTo.NONE),
    Affinity(wait=30 * SECOND),
    Affinity(wait=90 * SECOND, despite=(Obstacle.PRESENCE, Obstacle.SKILLS)),
    Affinity(wait=90 * SECOND, despite=(Obstacle.CAPACITY,)),
)
HOLA = Condition(field="text", op=Operator.CONTAINS, value="hola")
SPANISH = RuleSet(name="language", rules=(Rule(name="Spanish", when=HOLA, then=Outputs(language="es-MX")),))
LEAVING: tuple[Callable[..., Command], ...] = (
    CloseConversation,
    ParkConversation,
    ReleaseConversation,
    partial(TransferConversation, queue="general"),
    partial(TransferConversation, queue="second"),
)
"""How a rep leaves what they have."""

CUSTOM = CustomAssignment(
    where=(RepCondition(field="attributes.team", op=RepOperator.NOT_EQUALS, value="west"),),
    order=("proficiency", "-attributes.level", "free_capacity", "idle_time"),
)


class World:
    """A board, and what the reference has to know of it: nothing but records and configuration."""

    def __init__(self, config: BoardConfig, *, board: Board | None = None, at: int = START) -> None:
        self.config = config
        self.at = at
        self.texts = 0
        self.day: date | None = None
        self.taken: dict[tuple[str, str], int] = {}
        self.granted: dict[int, dict[str, int]] = {}
        self.board = board or Board(config.name)
        if board is None:
            self.do(Configure(config=config))

    def copy(self) -> World:
        """Return a world that goes its own way from here."""
        copy = World(self.config, board=Board.restore(self.board.snapshot()), at=self.at)
        copy.day, copy.taken, copy.granted = self.day, dict(self.taken), dict(self.granted)
        return copy

    def do(self, command: Command) -> tuple[Event, ...]:
        """Apply a command; one that is refused does nothing."""
        try:
            events = self.board.apply(command, self.at)
        except CordboardError:
            return ()

        self.count_the_day(events)
        return events

    # The reference. Nothing in it is remembered from one question to the next.

    def workstream_named(self, name: str) -> Workstream:
        return next(each for each in self.config.workstreams if each.name == name)

    def workstream(self, it: Conversation) -> Workstream:
        return self.workstream_named(it.workstream)

    def queue(self, it: Conversation) -> Queue:
        return next(each for each in self.config.queues if each.name == it.queue)

    def since(self, it: Conversation) -> int:
        return it.queued_at or 0 if it.unanswered_since is None else it.unanswered_since

    def needs(self, it: Conversation) -> tuple[SkillMatching, dict[str, int]]:
        workstream = self.workstream(it)
        steps = workstream.skill_relaxation[: it.relaxed]
        matching = [workstream.skill_matching, *(each.skill_matching for each in steps if each.skill_matching)][-1]
        lower_by = sum(each.lower_by for each in steps)
        needed = {**workstream.skills, **it.skills}
        return matching, {name: rating - lower_by for name, rating in needed.items() if rating > lower_by}

    def own(self, it: Conversation) -> list[str]:
        queue = self.queue(it)
        if queue.assignment is not AssignmentMethod.PREFERRED_REPS:
            return []

        reps = [rep for each in self.config.preferences if each.customer == it.customer for rep in each.reps]
        return [each for each in reps if each in queue.reps]

    def awaited(self, it: Conversation) -> str | None:
        """For whom alone it waits, since they had it last."""
        affinity = self.workstream(it).affinity
        over = it.returned_at is None or affinity.to is AffinityTo.NONE or self.at >= it.returned_at + affinity.wait
        return None if over or it.rep in it.passed else it.rep

    def can_take_back(self, rep: Rep, it: Conversation) -> bool:
        workstream = self.workstream(it)
        matching, needed = self.needs(it)
        presence, despite = self.board.reps[rep.name].presence, workstream.affinity.despite
        unskilled = matching is SkillMatching.EXACT and any(rep.skills.get(name, 0) < needed[name] for name in needed)
        full = not self.has_room(rep, workstream)
        foreign = workstream.language_matching is LanguageMatching.REQUIRED and not self.understands(rep, it)
        return not (
            presence is Presence.OFFLINE
            or (presence not in workstream.allowed_presences and Obstacle.PRESENCE not in despite)
            or (full and Obstacle.CAPACITY not in despite)
            or (unskilled and Obstacle.SKILLS not in despite)
            or foreign
        )

    def can_take(self, rep: Rep, it: Conversation) -> bool:
        if (awaited := self.awaited(it)) is not None:
            return awaited == rep.name and self.can_take_back(rep, it)

        queue, workstream = self.queue(it), self.workstream(it)
        matching, needed = self.needs(it)
        if rep.name not in queue.reps or self.board.reps[rep.name].presence not in workstream.allowed_presences:
            return False

        if not self.has_room(rep, workstream):
            return False

        if workstream.language_matching is LanguageMatching.REQUIRED and not self.understands(rep, it):
            return False

        if matching is SkillMatching.EXACT and any(rep.skills.get(name, 0) < needed[name] for name in needed):
            return False

        if queue.assignment is AssignmentMethod.BULLSEYE and self.ring(rep, queue) > it.ring:
            return False

        if queue.assignment is AssignmentMethod.CUSTOM and rep.attributes["team"] == "west":
            return False

        own = self.own(it)
        return rep.name in own or not own or queue.fallback is PreferenceFallback.OTHERS

    def has_room(self, rep: Rep, workstream: Workstream) -> bool:
        if workstream.capacity_cost and rep.capacity - self.board.load_of(rep.name) < workstream.capacity_cost:
            return False

        left = {each.name: self.limit(rep, each) - self.used(rep, each) for each in self.config.capacity_profiles}
        if any(left[name] < units for name, units in workstream.costs.items()):
            return False

        blocking = [each for each in self.config.capacity_profiles if each.blocks_assignment]
        return not any(self.used(rep, each) and left[each.name] <= 0 for each in blocking)

    def limit(self, rep: Rep, profile: CapacityProfile) -> int:
        return rep.limits.get(profile.name, profile.limit)

    def used(self, rep: Rep, profile: CapacityProfile) -> int:
        held = [each for each in self.board.held_by(rep.name) if each.assignment]
        if profile.reset is ProfileReset.IMMEDIATE:
            return sum(each.assignment.costs.get(profile.name, 0) for each in held if each.assignment)

        offered = [each.assignment for each in held if each.assignment and each.state is State.ASSIGNED]
        return self.taken.get((rep.name, profile.name), 0) + sum(each.costs.get(profile.name, 0) for each in offered)

    def count_the_day(self, events: Iterable[Event]) -> None:
        """Count what was taken today, as a plain list of what happened tells it."""
        for event in events:
            day = datetime.fromtimestamp(event.at / 1000, ZoneInfo(self.config.time_zone)).date()
            if day != self.day:
                self.day = day
                self.taken = {}

            if isinstance(event, Grant):
                self.granted[event.conversation] = event.costs

            if isinstance(event, OfferAccepted):
                for name, units in self.granted[event.conversation].items():
                    key = (event.rep, name)
                    self.taken[key] = self.taken.get(key, 0) + units

    def understands(self, rep: Rep, it: Conversation) -> bool:
        return not it.language or any(it.language in (each, f"{each}-MX") for each in rep.languages)

    def ring(self, rep: Rep, queue: Queue) -> int:
        return next((at for at, ring in enumerate(queue.rings) if rep.name in ring.reps), len(queue.rings) - 1)

    def rank(self, rep: Rep, it: Conversation) -> tuple[Any, ...]:
        queue, workstream, now = self.queue(it), self.workstream(it), self.board.reps[rep.name]
        matching, needed = self.needs(it)
        free = rep.capacity - self.board.load_of(rep.name)
        counted = {} if matching is SkillMatching.NONE else needed
        sum_of_ratings = sum(rep.skills.get(name, 0) for name in counted)
        lacking = sum(max(counted[name] - rep.skills.get(name, 0), 0) for name in counted)
        too_much = sum(max(rep.skills.get(name, 0) - counted[name], 0) for name in counted)
        wished = workstream.preferred_skills if matching is not SkillMatching.NONE else {}
        unwished = sum(max(wished[name] - rep.skills.get(name, 0), 0) for name in wished)
        close = (lacking, too_much) if matching is SkillMatching.CLOSEST else (0, 0)
        own = self.own(it)
        if not workstream.capacity_cost and workstream.costs:
            profiles = [each for each in self.config.capacity_profiles if each.name in workstream.costs]
            free = min(self.limit(rep, each) - self.used(rep, each) for each in profiles)

        foreign = workstream.language_matching is not LanguageMatching.NONE and not self.understands(rep, it)
        by_method: dict[AssignmentMethod, tuple[Any, ...]] = {
            AssignmentMethod.HIGHEST_CAPACITY: (foreign, close, unwished, -free),
            AssignmentMethod.ROUND_ROBIN: (foreign, close, unwished),
            AssignmentMethod.LEAST_ACTIVE: (foreign, close, unwished, now.released_at),
            AssignmentMethod.MOST_PROFICIENT: (foreign, -sum_of_ratings, unwished),
            AssignmentMethod.PREFERRED_REPS: (
                own.index(rep.name) if rep.name in own else len(own), foreign, close, unwished, -free,
            ),
            AssignmentMethod.BULLSEYE: (foreign, self.ring(rep, queue), close, unwished, -free),
            AssignmentMethod.CUSTOM: (
                foreign, close, unwished, -sum_of_ratings, -int(rep.attributes["level"]), -free, now.released_at,
            ),
        }  # fmt: skip
        return (*by_method[queue.assignment], now.last_assignment, rep.name)

    def choose(self, it: Conversation) -> str | None:
        """Whom a conversation goes to."""
        able = [each for each in self.config.reps if self.can_take(each, it)]
        fresh = [each for each in able if each.name not in it.passed]
        if fresh:
            return min(fresh, key=lambda rep: self.rank(rep, it)).name

        again = [each for each in able if it.passed[each.name] < self.workstream(it).max_declines]
        least = min((it.passed[each.name] for each in again), default=0)
        again = [each for each in again if it.passed[each.name] == least]
        # Among those who are asked again, whose own customer it is does not count any more than before.
        own = self.own(it) if self.queue(it).fallback is PreferenceFallback.OTHERS else []
        ranks = {each.name: self.rank(each, it)[1 if own else 0 :] for each in again}
        return min(ranks, key=ranks.__getitem__) if ranks else None

    def place(self, it: Conversation) -> tuple[int, ...]:
        """Where a conversation stands among everything that waits."""
        queue = self.queue(it)
        due = self.since(it) + ((queue.service_level or 0) if queue.order is QueueOrder.DEADLINE else 0)
        aged = queue.ageing is not None
        moment = due - it.priority * (queue.ageing or 0)
        return (it.escalated_at is None, queue.priority, 0 if aged else -it.priority, moment, it.id)


@st.composite
def worlds(draw: Callable[[Any], Any], method: AssignmentMethod, matching: SkillMatching) -> World:
    """Any board whose first queue uses a method."""
    profiles = tuple(
        CapacityProfile(
            name=name,
            limit=draw(st.integers(0, 3)),
            reset=draw(st.sampled_from(ProfileReset)),
            blocks_assignment=draw(st.booleans()),
        )
        for name in ("sms", "vip")
    )
    workstreams = tuple(
        Workstream(
            name=name,
            queue=queue,
            capacity_cost=draw(st.integers(0 if costs else 1, 2)),
            costs=costs,
            language_matching=draw(st.sampled_from(LanguageMatching)),
            classification=(SPANISH,),
            max_declines=draw(st.integers(1, 3)),
            skills=draw(RATINGS),
            preferred_skills=draw(RATINGS),
            skill_matching=matching,
            affinity=draw(st.sampled_from(AFFINITIES)),
            skill_relaxation=()
            if matching is SkillMatching.NONE
            else draw(
                st.sampled_from(
                    [
                        (),
                        (Relaxation(after=30 * SECOND, lower_by=2),),
                        (
                            Relaxation(after=0, lower_by=1),
                            Relaxation(after=30 * SECOND, lower_by=1),
                            Relaxation(after=60 * SECOND, skill_matching=SkillMatching.CLOSEST),
                        ),
                    ]
                )
            ),
        )
        for name, queue in (("support", "general"), ("sales", "second"))
        for costs in [draw(st.dictionaries(st.sampled_from(sorted(each.name for each in profiles)), st.integers(1, 2)))]
    )
    reps = tuple(
        Rep(
            name=name,
            capacity=draw(st.integers(1, 4)),
            skills=draw(RATINGS),
            limits=draw(st.dictionaries(st.sampled_from(["sms", "vip"]), st.integers(0, 4))),
            languages=draw(st.sampled_from([(), ("es",), ("en", "es-MX")])),
            attributes={"team": draw(st.sampled_from(["east", "west"])), "level": draw(st.integers(0, 2))},
        )
        for name in PEOPLE
    )
    first = Queue(
        name="general",
        reps=PEOPLE,
        assignment=method,
        priority=draw(st.integers(0, 1)),
        ageing=draw(st.none() | st.just(40 * SECOND)),
        escalate_after=draw(st.none() | st.just(90 * SECOND)),
        rings=RINGS if method is AssignmentMethod.BULLSEYE else (),
        custom=CUSTOM if method is AssignmentMethod.CUSTOM else None,
        fallback=draw(st.sampled_from(PreferenceFallback)),
    )
    second = Queue(
        name="second", reps=PEOPLE[1:], order=QueueOrder.DEADLINE, service_level=draw(st.sampled_from([1_000, 60_000]))
    )
    preferences = tuple(
        Preference(customer=each, reps=tuple(draw(st.permutations(PEOPLE))[: draw(st.integers(1, 3))]))
        for each in CUSTOMERS[:4]
    )
    return World(
        BoardConfig(
            name="contoso",
            channels=(Channel(name="main", provider="twilio"),),
            numbers=tuple(
                Number(address=address, channel="main", kind=NumberKind.TOLL_FREE, workstream=workstream)
                for address, workstream in ((OURS, "support"), (SALES, "sales"))
            ),
            workstreams=workstreams,
            queues=(first, second),
            reps=reps,
            skills=tuple(Skill(name=each) for each in SKILLS),
            preferences=preferences,
            capacity_profiles=profiles,
        )
    )


def act(world: World, data: st.DataObject) -> tuple[Event, ...]:
    """Do something, at random, that changes who could get what."""
    world.at += data.draw(st.sampled_from([0, 1, 10 * SECOND, 30 * SECOND, 30 * SECOND, 18 * HOUR]))
    rep = data.draw(st.sampled_from(PEOPLE))
    held = world.board.held_by(rep)
    mine = held[0].id if held else 0
    open_ones = sorted(world.board.conversations) or [0]
    match data.draw(st.integers(0, 10)):
        case 0 | 1 | 2:
            world.texts += 1
            return world.do(
                TextReceived(
                    channel="main",
                    provider_id=f"SM{world.texts}",
                    sender=data.draw(st.sampled_from(CUSTOMERS)),
                    recipient=data.draw(st.sampled_from([OURS, OURS, SALES])),
                    body=data.draw(st.sampled_from(["hello", "hola"])),
                )
            )
        case 3:
            presence = data.draw(st.sampled_from([Presence.AVAILABLE, Presence.AVAILABLE, Presence.AWAY]))
            return world.do(SetPresence(rep=rep, presence=presence, by=rep))
        case 4 | 8:
            return world.do(AcceptOffer(conversation=mine, by=rep))
        case 5:
            return world.do(DeclineOffer(conversation=mine, by=rep))
        case 6 | 9:
            return world.do(data.draw(st.sampled_from(LEAVING))(conversation=mine, by=rep))
        case 7:
            skills = data.draw(BY_HAND)
            return world.do(SetSkills(conversation=data.draw(st.sampled_from(open_ones)), by="system", skills=skills))
        case _:
            return ()


@pytest.mark.parametrize("matching", SkillMatching)
@pytest.mark.parametrize("method", AssignmentMethod)
def test_the_matcher_agrees_with_the_reference(method: AssignmentMethod, matching: SkillMatching) -> None:
    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(world=worlds(method, matching), data=st.data())
    def check(world: World, data: st.DataObject) -> None:
        for rep in PEOPLE[:2]:
            world.do(SetPresence(rep=rep, presence=Presence.AVAILABLE, by=rep))

        for _ in range(data.draw(st.integers(5, 25))):
            act(world, data)
            world.do(Tick())
            agrees(world)

    check()


def agrees(world: World) -> None:
    """Compare everything that the matcher knows, and what it would do next, with the reference."""
    waiting = [each for each in world.board.conversations.values() if each.state is State.QUEUED]
    assert [world.choose(each) for each in waiting] == [None] * len(waiting), "what can be assigned is assigned"
    for each in world.board.conversations.values():
        if each.state is State.ASSIGNED:
            assert each.passed.get(each.holder or "", 0) < world.workstream(each).max_declines

    for queue in world.config.queues:
        listed = [each.id for each in world.board.waiting(queue.name, limit=100)]
        plain = sorted((each for each in waiting if each.queue == queue.name), key=world.place)
        assert listed == [each.id for each in plain]

    _next_text_goes_where_the_reference_says(world)
    _next_free_rep_gets_what_the_reference_says(world)
    _what_comes_back_goes_where_the_reference_says(world)


def _next_text_goes_where_the_reference_says(world: World) -> None:
    """A copy of the board gets one more conversation: whoever is offered it, the reference had chosen."""
    live = {(each.number, each.customer) for each in world.board.conversations.values()}
    for recipient, queue in ((OURS, "general"), (SALES, "second")):
        for customer in CUSTOMERS[3:5]:
            if (recipient, customer) in live or world.board.waiting_on(queue):
                continue

            body = "hola" if customer == CUSTOMERS[3] else "hi"
            text = TextReceived(channel="main", provider_id="SMX", sender=customer, recipient=recipient, body=body)
            events = world.copy().do(text)
            number = next(each for each in world.config.numbers if each.address == recipient)
            thought = Conversation(
                id=10**6, number=recipient, customer=customer, channel="main", workstream=number.workstream,
                state=State.QUEUED, queue=queue, opened_at=world.at, updated_at=world.at, queued_at=world.at,
                language="es-MX" if body == "hola" else "",
                relaxed=sum(1 for each in world.workstream_named(number.workstream).skill_relaxation if not each.after),
            )  # fmt: skip
            offered = [each.rep for each in events if isinstance(each, ConversationOffered)]
            chosen = world.choose(thought)
            assert offered == ([chosen] if chosen else [])


def _next_free_rep_gets_what_the_reference_says(world: World) -> None:
    """On a copy of the board somebody comes back: they get the first thing that waits and that they can take."""
    for rep in world.config.reps:
        if world.board.reps[rep.name].presence is Presence.AVAILABLE:
            continue

        events = world.copy().do(SetPresence(rep=rep.name, presence=Presence.AVAILABLE, by=rep.name))
        before = world.copy()
        records = before.board._state.reps
        records[rep.name] = replace(records[rep.name], presence=Presence.AVAILABLE)  # back, and nothing offered yet
        takeable = [
            each
            for each in before.board.conversations.values()
            if each.state is State.QUEUED
            and before.can_take(rep, each)
            and each.passed.get(rep.name, 0) < before.workstream(each).max_declines
        ]
        first = min(takeable, key=before.place, default=None)
        offered = next(((e.conversation, e.rep) for e in events if isinstance(e, ConversationOffered)), None)
        assert offered == ((first.id, before.choose(first)) if first else None)


def _what_comes_back_goes_where_the_reference_says(world: World) -> None:
    """On a copy of the board the customer of a parked conversation texts: its last rep is asked before anybody else."""
    people = {each.name: each for each in world.config.reps}
    for it in world.board.conversations.values():
        if not it.parked or it.rep is None:
            continue

        text = TextReceived(channel="main", provider_id="SMX", sender=it.customer, recipient=it.number, body="hi")
        granted = next((each.rep for each in world.copy().do(text) if isinstance(each, Grant)), None)
        workstream = world.workstream(it)
        if workstream.affinity.to is AffinityTo.LAST_REP and world.can_take_back(people[it.rep], it):
            assert granted == it.rep
            continue

        since = world.at if it.unanswered_since is None else it.unanswered_since
        waited = world.at - since
        back = replace(
            it, state=State.QUEUED, parked=False, queued_at=world.at, returned_at=world.at, unanswered_since=since,
            relaxed=sum(1 for each in workstream.skill_relaxation if each.after <= waited),
            ring=sum(1 for each in world.queue(it).rings[1:] if each.after <= waited),
        )  # fmt: skip
        assert granted == world.choose(back)
