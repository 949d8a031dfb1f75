"""What must hold of every event, looked at right after the command that led to it."""

from __future__ import annotations

from tests.engine.any_board.twins import Twins

from cordboard.engine.board.routing.waiting import place_of
from cordboard.engine.commands import (
    Command,
    Configure,
    EndWrapUp,
)
from cordboard.engine.errors import CordboardError
from cordboard.engine.events import (
    BoardConfigured,
    ConversationClosed,
    ConversationOffered,
    ConversationOverflowed,
    ConversationPicked,
    ConversationQueued,
    ConversationReleased,
    ConversationReopened,
    ConversationRequeued,
    ConversationResumed,
    ConversationTransferred,
    ConversationWoken,
    DrainStarted,
    Event,
    Grant,
    OfferAccepted,
    PresenceChanged,
    SearchWidened,
    ShiftChanged,
    WrapUpEnded,
)
from cordboard.engine.explanations import OfferReason
from cordboard.engine.language_tags import speaks
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import (
    LanguageMatching,
    OverflowAction,
    SkillMatching,
)
from cordboard.engine.testing.playground import Playground
from cordboard.engine.vocabulary import (
    CloseReason,
    Presence,
    PresenceReason,
    State,
)


class Watched(Playground):
    """A board whose every offer, wrap-up and overflow is looked at, right after the command that led to it."""

    def __init__(self) -> None:
        self.been: dict[int, set[str]] = {}
        self.had: set[int] = set()
        self.off: set[str] = set()
        self.draining: set[str] = set()
        self.presences: dict[str, Presence] = {}
        self.twins = Twins()
        super().__init__()

    def do(self, command: Command) -> tuple[Event, ...]:
        reserved = {each.id: self.reservation(each) for each in self.board.conversations.values() if each.returned_at}
        wraps_up = {each.id: self.wrap_up_over(each) for each in self.board.conversations.values() if each.closed_at}
        events = self.decide(command)
        for event in events:
            if isinstance(event, WrapUpEnded) and not isinstance(command, EndWrapUp | Configure):
                assert wraps_up[event.conversation] <= self.at, "a wrap-up holds capacity until its time is over"

            if isinstance(event, ConversationOffered) and event.reason is not None:
                self.qualified(event, event.reason)
                self.first_come(event)

        if not isinstance(command, Configure):
            self.nobody_else_s(reserved, events)

        self.overflows(events)
        for event in events:
            self.note(event)

        return events

    def decide(self, command: Command) -> tuple[Event, ...]:
        """Apply a command, here and to the board's twins."""
        try:
            events = super().do(command)
        except CordboardError as refusal:
            self.twins.decide(command, self.at, refusal)
            raise

        self.twins.decide(command, self.at, events)
        return events

    def reservation(self, waiting: Conversation) -> tuple[str, int] | None:
        """For whom alone a conversation waits, and until when."""
        workstream = self.board._state.configured.workstream_of(waiting)
        wait, returned_at, rep = workstream.affinity.wait, waiting.returned_at, waiting.rep
        if waiting.state is not State.QUEUED or not wait or returned_at is None or rep is None:
            return None

        known = rep in self.board.reps and rep not in waiting.passed
        return (rep, returned_at + wait) if known else None

    def nobody_else_s(self, reserved: dict[int, tuple[str, int] | None], events: tuple[Event, ...]) -> None:
        """What waits for its last rep alone is offered to nobody else before its time.

        But a supervisor may say so, and who finishes what they have or is off work is waited for no longer.
        """
        not_awaited = self.off | self.draining
        for event in events:
            match event:
                case DrainStarted() | ShiftChanged(working=False):
                    not_awaited.add(event.rep)
                case SearchWidened(anybody=True):
                    kept = reserved.pop(event.conversation, None)
                    assert kept is None or kept[1] <= event.at or kept[0] in not_awaited
                case ConversationRequeued():
                    reserved.pop(event.conversation, None)
                case ConversationReopened() | ConversationReleased():
                    now = self.board.conversation(event.conversation)
                    reserved[event.conversation] = self.reservation(now) if now is not None else None
                case Grant():
                    kept = reserved.pop(event.conversation, None)
                    assert kept is None or event.rep == kept[0] or event.by == "sue"
                case _:
                    pass

    def wrap_up_over(self, closed: Conversation) -> int:
        """When a wrap-up ends by itself."""
        ends_at = closed.assignment.expires_at if closed.assignment else None
        forgotten_at = closed.updated_at + self.board._state.configured.workstream_of(closed).auto_close.wrap_up
        return forgotten_at if ends_at is None else ends_at

    def overflows(self, events: tuple[Event, ...]) -> None:
        """Nothing goes in a circle by overflow, and nothing ends by it that a rep has had, or is not configured to."""
        configured = {
            (queue.name, rule.when, rule.do, rule.queue)
            for queue in self.board.config.queues
            for rule in queue.overflow
        }
        by_overflow: ConversationOverflowed | None = None
        for event in events:
            match event:
                case ConversationOverflowed():
                    assert (event.queue, event.when, event.do, event.to_queue) in configured
                    by_overflow = event
                    continue
                case ConversationRequeued() if event.why.startswith("overflow"):
                    assert by_overflow is not None
                    assert (by_overflow.conversation, by_overflow.to_queue) == (event.conversation, event.queue)
                    assert event.queue not in self.been.get(event.conversation, set())
                case ConversationClosed() if event.reason is CloseReason.OVERFLOW:
                    assert by_overflow is not None
                    assert (by_overflow.conversation, by_overflow.do) == (event.conversation, OverflowAction.END)
                    assert event.conversation not in self.had
                case _:
                    pass

            by_overflow = None
            self.note_stay(event)

    def note_stay(self, event: Event) -> None:
        """Keep, beside the board, which conversations a rep has had, and on which queues they have been since."""
        match event:
            case ConversationQueued() | ConversationRequeued() | ConversationReleased():
                self.been.setdefault(event.conversation, set()).add(event.queue)
            case ConversationReopened():
                self.been[event.conversation] = {event.queue}
                self.had.discard(event.conversation)
            case OfferAccepted() | ConversationPicked() | ConversationResumed():
                self.been[event.conversation] = set()
                self.had.add(event.conversation)

    def note(self, event: Event) -> None:
        """Nobody is offered anything who is out, finishes what they have, or does not work, at that moment.

        What supervisors take over is no offer.
        """
        match event:
            case ShiftChanged():
                (self.off.discard if event.working else self.off.add)(event.rep)
            case DrainStarted():
                self.draining.add(event.rep)
            case PresenceChanged():
                self.presences[event.rep] = event.presence
                if event.why in (None, PresenceReason.DONE):
                    self.draining.discard(event.rep)
            case BoardConfigured():
                left = {each.name for each in event.config.reps}
                self.off &= left
                self.draining &= left
                self.presences = {name: each for name, each in self.presences.items() if name in left}
            case ConversationOffered() | ConversationWoken() | ConversationTransferred() if event.by != event.rep:
                assert event.rep not in self.off
                assert event.rep not in self.draining
                assert self.presences.get(event.rep) not in (None, Presence.OFFLINE)
                assert event.overrode or self.presences.get(event.rep) is not Presence.INACTIVE
            case _:
                pass

    def qualified(self, offer: ConversationOffered, reason: OfferReason) -> None:
        """What needs a skill is never offered to somebody who lacks it."""
        has = self.board._state.configured.reps[offer.rep].skills
        if reason.skill_matching is SkillMatching.EXACT:
            assert all(has.get(name, 0) >= rating for name, rating in reason.skills.items())

        workstreams = {each.language_matching for each in self.board.config.workstreams}
        if reason.language and workstreams == {LanguageMatching.REQUIRED}:
            assert speaks(self.board._state.configured.reps[offer.rep].languages, reason.language)

    def first_come(self, offer: ConversationOffered) -> None:
        """Nothing that requires the same, and that the rep had not passed by, was there before and waits on."""
        state = self.board._state
        given = state.conversations.get(offer.conversation)
        if given is None or given.state is not State.ASSIGNED or given.escalated_at == self.at:
            return

        queue = state.configured.queues[given.queue or ""]
        for other in state.conversations.values():
            same = self.needs(other) == self.needs(given)
            waited = other.state is State.QUEUED and self.at not in (other.queued_at, other.escalated_at)
            if (
                same
                and waited
                and offer.rep not in other.passed
                and state.configured.own_reps(other) == state.configured.own_reps(given)
            ):
                assert place_of(given, queue) < place_of(other, queue)

    def needs(self, it: Conversation) -> tuple[object, ...]:
        """What it takes to be able to take a conversation."""
        own = (it.skills, it.relaxed, it.ring, it.cost, it.costs, it.language, self.returns_to(it))
        return (it.queue, it.workstream, *own)

    def returns_to(self, conversation: Conversation) -> str | None:
        """Whom a conversation came back to and may have to wait for."""
        return conversation.rep if conversation.returned_at is not None else None
