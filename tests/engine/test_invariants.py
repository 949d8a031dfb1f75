"""Whatever is thrown at a board, and whenever: it keeps its promises."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.engine.any_board.configurations import CONFIGS
from tests.engine.any_board.watched import Watched

from cordboard.engine import Board
from cordboard.engine.board.routing.explaining import explain_waiting
from cordboard.engine.board.routing.matching import choose, reserved_for
from cordboard.engine.carrier import Accepted, Ambiguous, DeliveryReported, Failure, Rejected, Throttled
from cordboard.engine.commands import (
    AcceptOffer,
    CloseConversation,
    Command,
    Configure,
    DeclineOffer,
    DesksLost,
    EndWrapUp,
    ParkConversation,
    PickConversation,
    RecordSend,
    ReleaseConversation,
    RepConnected,
    RepDisconnected,
    Reply,
    ResumeConversation,
    SetPresence,
    SetSkills,
    StartSending,
    TakeOver,
    Tick,
    TransferConversation,
)
from cordboard.engine.config import (
    SECOND,
)
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import (
    ConversationOpened,
    CustomerOptedIn,
    CustomerOptedOut,
    Event,
    Grant,
    ReplyQueued,
    SendStarted,
)
from cordboard.engine.routing_words import (
    Distribution,
    Obstacle,
    PassedOver,
    ProfileReset,
)
from cordboard.engine.rules import split_key
from cordboard.engine.testing.playground import CONFIG, OURS, Playground
from cordboard.engine.vocabulary import (
    FailureKind,
    Keyword,
    MessageStatus,
    Presence,
    State,
)

REPS = st.sampled_from(["ana", "ben", "sue"])
CUSTOMERS = st.sampled_from([f"+1415555010{each}" for each in range(6)])
CONVERSATIONS = st.integers(min_value=1, max_value=8)
MESSAGES = st.integers(min_value=1, max_value=25)
SHORT_WAITS = st.sampled_from([0, 1, 999, 30 * SECOND, 120 * SECOND, 150 * SECOND])
LONG_WAITS = st.sampled_from([600 * SECOND, 86_400 * SECOND, 10**10])
FAILURE = Failure(code="30003", text="unreachable")
RESULTS = st.sampled_from(
    [
        Accepted(provider_id="OUT1"),
        Accepted(provider_id="OUT2", segments=2),
        Rejected(failure=FAILURE),
        Rejected(failure=FAILURE, channel_down=True),
        Throttled(failure=FAILURE),
        Throttled(failure=FAILURE, retry_after=5_000),
        Ambiguous(failure=FAILURE),
        Rejected(failure=Failure(code="21610", text="opted out", kind=FailureKind.OPTED_OUT)),
    ]
)
HANDLED = st.sampled_from(
    [
        AcceptOffer,
        DeclineOffer,
        PickConversation,
        ParkConversation,
        ResumeConversation,
        ReleaseConversation,
        CloseConversation,
        EndWrapUp,
        TakeOver,
    ]
)


class AnyBoard(RuleBasedStateMachine):
    """Random commands at random times, by people who may and people who may not."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Watched()
        # How far a changed configuration, or a supervisor, has left each rep over their capacity, and over a profile.
        self.forgiven: Counter[str] = Counter()
        self.forgiven_of: Counter[tuple[str, str]] = Counter()

    def attempt(self, command: Command) -> tuple[Event, ...]:
        """Apply a command; a refused one must change nothing."""
        before = self.world.board.snapshot()
        try:
            return self.world.do(command)
        except CordboardError:
            assert self.world.board.snapshot() == before
            assert not self.world.board.broken
            return ()

    def excess(self) -> tuple[Counter[str], Counter[tuple[str, str]]]:
        """How far reps are over their capacity, and over profiles."""
        board, state = self.world.board, self.world.board._state
        over = {name: state.holdings.load_of(name) - state.configured.reps[name].capacity for name in state.reps}
        uses = {
            (name, each.name): board.profile_use(name, each.name)
            for name in state.reps
            for each in board.config.capacity_profiles
        }
        return Counter({name: max(units, 0) for name, units in over.items()}), Counter(
            {key: max(use.used - use.limit, 0) for key, use in uses.items()}
        )

    def live(self, which: int) -> int:
        """Return the id of a live conversation; any id where nothing is."""
        live = list(self.world.board.conversations)
        return live[which % len(live)] if live else which

    def at_hand(self, which: int) -> int:
        """Return the id of a message with which something is still to be done; any id where there is none."""
        at_hand = list(self.world.board.messages)
        return at_hand[which % len(at_hand)] if at_hand else which

    @initialize(config=CONFIGS, people=st.lists(REPS, unique=True))
    def a_day_begins(self, config: Any, people: list[str]) -> None:
        self.attempt(Configure(config=config))
        for rep in people:
            self.attempt(SetPresence(rep=rep, presence=Presence.AVAILABLE, by=rep))

    @rule(customer=CUSTOMERS, known=st.booleans(), body=st.sampled_from(["hello", "a refund, please"]))
    def a_customer_texts(self, customer: str, known: bool, body: str) -> None:
        self.world.text(body, customer=customer, recipient=OURS if known else "+18005550999")

    @rule(customer=CUSTOMERS, word=st.sampled_from(["STOP", "START", "HELP"]))
    def a_customer_texts_a_word(self, customer: str, word: str) -> None:
        self.world.text(word, customer=customer)

    @rule(kind=HANDLED, conversation=CONVERSATIONS, by=REPS)
    def somebody_handles_a_conversation(self, kind: Any, conversation: int, by: str) -> None:
        self.attempt(kind(conversation=self.live(conversation), by=by))

    @rule(kind=HANDLED, conversation=CONVERSATIONS)
    def a_rep_handles_what_is_theirs(self, kind: Any, conversation: int) -> None:
        found = self.world.board.conversation(self.live(conversation))
        if found is not None:
            self.attempt(kind(conversation=found.id, by=found.holder or found.rep or "ben"))

    @rule(conversation=CONVERSATIONS, rep=REPS)
    def a_rep_hands_on_what_is_theirs(self, conversation: int, rep: str) -> None:
        found = self.world.board.conversation(self.live(conversation))
        if found is not None:
            self.attempt(TransferConversation(conversation=found.id, by=found.holder or "sue", rep=rep))

    @rule(conversation=CONVERSATIONS, by=REPS, rep=REPS)
    def somebody_transfers_to_a_rep(self, conversation: int, by: str, rep: str) -> None:
        self.attempt(TransferConversation(conversation=self.live(conversation), by=by, rep=rep))

    @rule(conversation=CONVERSATIONS, by=REPS, rep=REPS)
    def somebody_overrides(self, conversation: int, by: str, rep: str) -> None:
        command = TransferConversation(conversation=conversation, by=by, rep=rep, override=True)
        for event in self.attempt(command):
            if isinstance(event, Grant) and PassedOver.CAPACITY in event.overrode:
                self.forgiven[event.rep] += event.cost

            if isinstance(event, Grant) and PassedOver.PROFILE in event.overrode:
                self.forgiven_of.update({(event.rep, name): units for name, units in event.costs.items()})

    @rule(conversation=CONVERSATIONS, by=REPS, queue=st.sampled_from(["general", "second", "nowhere"]))
    def somebody_transfers_to_a_queue(self, conversation: int, by: str, queue: str) -> None:
        self.attempt(TransferConversation(conversation=self.live(conversation), by=by, queue=queue))

    @rule(conversation=CONVERSATIONS, by=REPS, body=st.sampled_from(["hi", "", "x" * 1601]))
    def somebody_replies(self, conversation: int, by: str, body: str) -> None:
        self.attempt(Reply(conversation=self.live(conversation), by=by, body=body))

    @rule(conversation=CONVERSATIONS, by=REPS, skills=st.sampled_from([{}, {"billing": 3}, {"billing": 0}, {"x": 1}]))
    def somebody_says_what_a_conversation_needs(self, conversation: int, by: str, skills: dict[str, int]) -> None:
        self.attempt(SetSkills(conversation=self.live(conversation), by=by, skills=skills))

    @rule(rep=REPS, presence=st.sampled_from([*Presence, "lunch", "siesta"]), by=REPS, when_done=st.booleans())
    def somebody_sets_a_presence(self, rep: str, presence: Presence | str, by: str, when_done: bool) -> None:
        self.attempt(SetPresence(rep=rep, presence=presence, by=by, when_done=when_done))

    @rule(rep=REPS)
    def a_desk_opens(self, rep: str) -> None:
        self.attempt(RepConnected(rep=rep))

    @rule(rep=REPS)
    def a_desk_closes(self, rep: str) -> None:
        self.attempt(RepDisconnected(rep=rep))

    @rule()
    def the_desks_begin_anew(self) -> None:
        self.attempt(DesksLost())

    @rule(rep=REPS)
    def a_rep_comes(self, rep: str) -> None:
        self.attempt(SetPresence(rep=rep, presence=Presence.AVAILABLE, by=rep))

    @rule(message=MESSAGES, repeatable=st.booleans())
    def sending_starts(self, message: int, repeatable: bool) -> None:
        self.attempt(StartSending(message=self.at_hand(message), repeatable=repeatable))

    @rule()
    def everything_queued_is_started(self) -> None:
        for message in list(self.world.board.messages.values()):
            if message.status is MessageStatus.QUEUED:
                self.attempt(StartSending(message=message.id, key="key"))

    @rule(by=REPS)
    def somebody_replies_to_whatever_is_theirs(self, by: str) -> None:
        for conversation in self.world.board.held_by(by):
            self.attempt(Reply(conversation=conversation.id, by=by, body="hi"))

    @rule(message=MESSAGES, result=RESULTS, repeatable=st.booleans())
    def sending_ends(self, message: int, result: Any, repeatable: bool) -> None:
        self.attempt(RecordSend(message=self.at_hand(message), result=result, repeatable=repeatable))

    @rule(
        provider_id=st.sampled_from(["OUT1", "OUT2", "OUT3"]),
        status=st.sampled_from(MessageStatus),
        message=st.none() | MESSAGES,
    )
    def the_carrier_reports(self, provider_id: str, status: MessageStatus, message: int | None) -> None:
        self.attempt(DeliveryReported(channel="main", provider_id=provider_id, status=status, message=message))

    @rule(by=REPS)
    def a_rep_picks_whatever_waits(self, by: str) -> None:
        for conversation in list(self.world.board.conversations.values()):
            if conversation.state is State.QUEUED:
                self.attempt(PickConversation(conversation=conversation.id, by=by))

    @rule()
    def everybody_accepts(self) -> None:
        for conversation in list(self.world.board.conversations.values()):
            if conversation.state is State.ASSIGNED:
                self.attempt(AcceptOffer(conversation=conversation.id, by=conversation.holder or ""))

    @precondition(lambda self: len(self.world.journal) % 5 == 0)
    @rule(config=CONFIGS)
    def the_configuration_changes(self, config: Any) -> None:
        self.attempt(Configure(config=config))
        self.forgiven, self.forgiven_of = self.excess()

    @rule(wait=SHORT_WAITS)
    def time_passes(self, wait: int) -> None:
        self.world.later(wait)

    @precondition(lambda self: len(self.world.journal) % 7 == 0)  # seldom, or nothing lives long enough to meet
    @rule(wait=LONG_WAITS)
    def much_time_passes(self, wait: int) -> None:
        self.world.later(wait)

    @rule()
    def the_process_restarts(self) -> None:
        remembered = self.world.board._state.recollection
        self.world.board = Board.restore(self.world.board.snapshot())
        self.world.board.recall(remembered.conversations.values(), remembered.messages.values())

    @rule()
    def boards_from_what_is_kept_go_on_beside_it(self) -> None:
        self.world.twins.begin(self.world.board, self.world.journal)

    @invariant()
    def nobody_is_over_capacity_or_a_profile_but_where_the_configuration_or_an_override_lets_them(self) -> None:
        excess, excess_of = self.excess()
        overloads = [Obstacle.CAPACITY in each.affinity.despite for each in self.world.board.config.workstreams]
        if not any(overloads):
            assert all(units <= self.forgiven[name] for name, units in excess.items())
            assert all(units <= self.forgiven_of[key] for key, units in excess_of.items())

        self.forgiven, self.forgiven_of = excess, excess_of

    @invariant()
    def what_reps_hold_is_counted_as_their_assignments_say(self) -> None:
        state = self.world.board._state
        for name, rep in state.reps.items():
            held = [(each.assignment, each.state) for each in state.held_by(name)]
            assert sum(each.cost for each, _ in held if each) == state.holdings.load_of(name)
            assert bool(rep.used_today) is (rep.used_since is not None)
            for profile in state.configured.config.capacity_profiles:
                daily = profile.reset is ProfileReset.END_OF_DAY
                counted = [each for each, where in held if each and (where is State.ASSIGNED or not daily)]
                used = sum(each.costs.get(profile.name, 0) for each in counted)
                used += rep.used_today.get(profile.name, 0)
                assert used == self.world.board.profile_use(name, profile.name).used

    @invariant()
    def an_assignment_is_where_the_state_says(self) -> None:
        for conversation in self.world.board.conversations.values():
            holds = conversation.assignment is not None
            match conversation.state:
                case State.NEW | State.QUEUED:
                    assert not holds
                case State.ASSIGNED:
                    assert holds
                case State.ACTIVE:
                    assert holds is not conversation.parked
                case State.CLOSED:
                    assert holds, "a closed conversation without wrap-up has left the board"

    @invariant()
    def what_is_queued_is_on_one_list_and_nothing_else_is(self) -> None:
        state = self.world.board._state
        queued = {each.id: each.queue for each in state.conversations.values() if each.state is State.QUEUED}
        listed = {id_: entry[0].queue for id_, entry in state.waiting._entries.items()}
        assert listed == queued
        places = [place[-1] for lists in state.waiting._lists.values() for each in lists.values() for place in each]
        assert sorted(places) == sorted(queued)
        for queue in state.configured.queues:
            assert state.waiting.count(queue) == sum(1 for each in queued.values() if each == queue)

    @invariant()
    def every_open_conversation_has_a_timer(self) -> None:
        state = self.world.board._state
        for conversation in state.conversations:
            assert ("conversation", conversation) in state.timers._due

    @invariant()
    def what_can_be_assigned_is_assigned(self) -> None:
        state = self.world.board._state
        for conversation in state.conversations.values():
            if conversation.state is State.QUEUED:
                assert choose(state, conversation) is None
                assert reserved_for(state, conversation) == (self.world.reservation(conversation) or (None,))[0]
                workstream = state.configured.workstream_of(conversation)
                if workstream.distribution is Distribution.PUSH and conversation.queue is not None:
                    reps = explain_waiting(state, conversation).reps
                    assert PassedOver.NOTHING not in {each.reason for each in reps}

    @invariant()
    def presences_say_what_they_should(self) -> None:
        state = self.world.board._state
        for rep in state.reps.values():
            assert rep.presence is state.presence_due(rep)
            assert rep.draining is None or state.holdings.holds(rep.name) or rep.presence is Presence.OFFLINE
            assert rep.before is None or rep.presence is Presence.OFFLINE
            assert not rep.custom or state.configured.presences[rep.custom].base is rep.presence

    @invariant()
    def what_rules_say_is_said_of_every_new_conversation(self) -> None:
        refunds = [each for each in self.world.board.conversations.values() if each.context.get("topic") == "refund"]
        assert all((each.priority, each.cost) == (5, 2) for each in refunds)
        config = self.world.board.config
        keys = {
            split_key(stream.name, each.name) for stream in config.workstreams for each in stream.routes if each.split
        }
        assert set(self.world.board.counters.splits) <= keys

    @invariant()
    def two_conversations_never_share_two_numbers(self) -> None:
        pairs = [(each.number, each.customer) for each in self.world.board.conversations.values()]
        assert len(pairs) == len(set(pairs))

    @invariant()
    def nothing_is_overdue(self) -> None:
        self.world.later(0)
        deadline = self.world.board.next_deadline
        assert deadline is None or deadline > self.world.at
        for conversation in self.world.board.conversations.values():
            if conversation.state is State.CLOSED:
                assert self.world.wrap_up_over(conversation) > self.world.at, "a wrap-up ends when its time is over"

    @precondition(lambda self: len(self.world.journal) % 5 == 0)
    @invariant()
    def replaying_the_journal_gives_the_same_board(self) -> None:
        assert Board.replay(CONFIG.name, self.world.journal).snapshot() == self.world.board.snapshot()
        self.world.twins.resemble(self.world.board)

    @precondition(lambda self: len(self.world.journal) % 5 == 0)
    @invariant()
    def who_has_opted_out_is_sent_nothing_but_the_confirmation(self) -> None:
        opted_out: set[tuple[str, str]] = set()
        allowed: dict[int, tuple[tuple[str, str], bool]] = {}
        pairs = {
            each.conversation: (each.number, each.customer)
            for each in self.world.journal
            if isinstance(each, ConversationOpened)
        }
        for event in self.world.journal:
            match event:
                case CustomerOptedOut():
                    opted_out.add((event.number, event.customer))
                case CustomerOptedIn():
                    opted_out.discard((event.number, event.customer))
                case ReplyQueued():
                    allowed[event.message] = (pairs[event.conversation], event.answers is Keyword.STOP)
                case SendStarted():
                    pair, compliance = allowed[event.message]
                    assert compliance or pair not in opted_out
                case _:
                    pass

    @invariant()
    def events_are_numbered_without_a_gap(self) -> None:
        assert [event.seq for event in self.world.journal] == list(range(1, len(self.world.journal) + 1))


AnyBoard.TestCase.settings = settings(
    max_examples=350,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyBoard = AnyBoard.TestCase


def test_the_same_commands_at_the_same_times_give_the_same_events() -> None:
    def live() -> Playground:
        world = Playground()
        world.presence("ana")
        for turn in range(4):
            world.text(customer=f"+1415555010{turn}")
            world.later(50 * SECOND)

        world.do(Tick())
        return world

    assert live().journal == live().journal
