"""Dynamics' transitions 22 to 29: from Waiting, from Wrap-up, by force. The docstrings are in docs/dynamics.md."""

from __future__ import annotations

from msgspec.structs import replace
from tests.scenarios.life import OTHERS, Life, one

from cordboard.engine.commands import CloseConversation, EndWrapUp, ResumeConversation, TransferConversation
from cordboard.engine.config import DAY, HOUR, MINUTE, SECOND
from cordboard.engine.errors import NotAllowed, RepUnable
from cordboard.engine.events import (
    ConversationClosed,
    ConversationOpened,
    ConversationReleased,
    ConversationResumed,
    ConversationTransferred,
    ConversationWoken,
    CustomerOptedOut,
    MessageReceived,
    ReplyQueued,
    WrapUpEnded,
)
from cordboard.engine.routing_words import WrapUp
from cordboard.engine.vocabulary import CloseReason, Keyword, Presence, State, Status


def test_22_waiting_to_closed_nobody_says_anything(life: Life) -> None:
    """Waiting → Closed: neither side says anything within the time of auto-close after inactivity.

    Ours: active → queued (release), active → closed (close).
    Better: a customer who still waits for an answer is not closed, but goes back to the queue.
    """
    life.active_with("ana")
    life.park()
    life.presence("ana", Presence.AWAY)
    [released] = life.later(3 * DAY)
    assert isinstance(released, ConversationReleased)
    assert (released.by, released.why) == ("system", "its customer still waits for an answer")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    life.pick()
    life.reply("here is your answer")
    life.park()

    life.stop_and_go_on()
    life.later(3 * DAY - 1)
    assert life.stands() == (State.ACTIVE, Status.WAITING, None)
    [closed] = life.later(1)

    assert isinstance(closed, ConversationClosed)
    assert (closed.reason, closed.by) == (CloseReason.INACTIVITY, "system")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}


def test_23_waiting_to_active_the_rep_opens_it_again(life: Life) -> None:
    """Waiting → Active: the rep opens the conversation again from their work items.

    Ours: active → active (resume).
    Same as Dynamics: by opening it, or by texting the customer; with room for it, so that nobody has too much at once.
    """
    life.active_with("ana")
    life.park()
    life.refused(ResumeConversation(conversation=1, by="ben"), NotAllowed, "not parked by ben")

    life.stop_and_go_on()
    [resumed] = life.do(ResumeConversation(conversation=1, by="ana"))

    assert isinstance(resumed, ConversationResumed)
    assert (resumed.rep, resumed.by, resumed.expires_at) == ("ana", "ana", None)
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}
    life.park()
    assert [type(each) for each in life.reply("I looked it up")] == [ConversationResumed, ReplyQueued]
    life.park()
    for customer in OTHERS[:2]:
        life.text(customer=customer)

    life.refused(ResumeConversation(conversation=1, by="ana"), RepUnable, "0 units of capacity free")
    assert life.held == {"ana": 2}


def test_24_waiting_to_open_the_customer_writes_again(life: Life) -> None:
    """Waiting → Open: the customer writes again, and the conversation is routed anew, or to the rep who had it.

    Ours: active → assigned (wake), assigned → active (accept), active → queued (release).
    Better: the rep who had it is asked first, but only if they are there and have room (fault 7); where they cannot,
    the customer waits at the place of their oldest text that nobody has answered, and not at the end (fault 5).
    """
    life.active_with("ana")
    life.park()
    [_, woken] = life.text("hello?")
    assert isinstance(woken, ConversationWoken)
    assert (woken.rep, woken.by) == ("ana", "customer")
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}
    life.accept()
    life.park()
    life.presence("ana", Presence.AWAY)
    life.later(1 * MINUTE)
    life.text(customer=OTHERS[0])

    life.stop_and_go_on()
    life.later(1 * MINUTE)
    [_, released] = life.text("is nobody there?")

    assert isinstance(released, ConversationReleased)
    assert (released.queue, released.by, released.why) == ("general", "customer", "ana cannot take it now")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    assert [each.id for each in life.board.waiting("general", limit=9)] == [1, 2], "the first text is still unanswered"
    assert life.held == {}
    life.presence("ben")
    assert life.held == {"ben": 2}


def test_25_waiting_to_active_or_open_a_supervisor_hands_it_on(life: Life) -> None:
    """Waiting → Active, Open: a supervisor transfers or assigns the conversation.

    Ours: active → assigned (transfer), assigned → active (accept), active → queued (release).
    Same as Dynamics: to a rep it is an offer, to a queue it waits there. To any rep and any queue (fault 21).
    """
    life.active_with("ana")
    life.park()
    to_ben = TransferConversation(conversation=1, by="sue", rep="ben")
    life.refused(to_ben, RepUnable, "ben is offline")
    life.presence("ben")

    life.stop_and_go_on()
    [offer] = life.do(to_ben)

    assert isinstance(offer, ConversationTransferred)
    assert (offer.rep, offer.by, offer.expires_at) == ("ben", "sue", life.at + 120 * SECOND)
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ben")
    assert life.held == {"ben": 1}
    life.accept(by="ben")
    life.park(by="ben")
    life.presence("ben", Presence.AWAY)
    [released] = life.do(TransferConversation(conversation=1, by="sue", queue="second"))
    assert isinstance(released, ConversationReleased)
    assert (released.queue, released.by) == ("second", "sue")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    assert life.held == {}


def test_26_wrap_up_to_closed_the_rep_is_done(life: Life) -> None:
    """Wrap-up → Closed: the rep closes the session after End.

    Ours: active → closed (close), closed → closed (end_wrap_up).
    Same as Dynamics: where a workstream says `wrap_up = "always"`, capacity is held until the rep says that they are
    done; it may also end by itself after a time, or not be at all.
    """
    life.configure(wrap_up=WrapUp.ALWAYS)
    life.active_with("ana")
    [closed] = life.close()
    assert isinstance(closed, ConversationClosed)
    assert (closed.reason, closed.wraps_up, closed.wrap_up_until) == (CloseReason.REP, True, None)
    life.later(12 * HOUR)
    life.refused(EndWrapUp(conversation=1, by="ben"), NotAllowed, "wrapped up by ana")

    life.stop_and_go_on()
    assert life.stands() == (State.CLOSED, Status.WRAP_UP, None)
    assert life.held == {"ana": 1}
    [ended] = life.end_wrap_up()

    assert isinstance(ended, WrapUpEnded)
    assert (ended.rep, ended.by, ended.why) == ("ana", "ana", "")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}


def test_27_wrap_up_to_closed_the_rep_forgets(life: Life) -> None:
    """Wrap-up → Closed: the wrap-up has lasted for a day.

    Ours: closed → closed (end_wrap_up).
    Better: to the millisecond, after the time that a workstream's configuration says (`auto_close.wrap_up`, fault 2);
    and what has waited for the capacity is offered in the same step.
    """
    life.configure(wrap_up=WrapUp.ALWAYS, capacity_cost=2)
    life.active_with("ana")
    life.close()
    life.text(customer=OTHERS[0])

    life.stop_and_go_on()
    life.later(1 * DAY - 1)
    assert life.stands() == (State.CLOSED, Status.WRAP_UP, None)
    assert life.stands(2) == (State.QUEUED, Status.OPEN, None)
    assert life.held == {"ana": 2}
    events = life.later(1)

    ended = one(WrapUpEnded, events)
    assert (ended.rep, ended.by, ended.why) == ("ana", "system", "forgotten")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.stands(2) == (State.ASSIGNED, Status.ACTIVE, "ana")
    assert life.held == {"ana": 2}


def test_28_anything_to_closed_a_supervisor_ends_it(life: Life) -> None:
    """Open, Active, Wrap-up, Waiting → Closed: a supervisor forces the conversation closed, and those in it are told.

    Ours: queued → closed (close), assigned → closed (close), active → closed (close), active → closed (close), closed →
    closed (end_wrap_up).
    Same as Dynamics: of one or of a thousand at once, with a reason that everybody can read; all capacity is free at
    once.
    """
    life.arrange(reps=(replace(life.config.reps[0], capacity=4), *life.config.reps[1:]))
    life.configure(wrap_up=WrapUp.ALWAYS)
    life.presence("ana")
    for customer in OTHERS[:4]:
        life.text(customer=customer)

    for each in (2, 3, 4):
        life.accept(each)

    life.park(3)
    life.close(4)
    life.presence("ana", Presence.BUSY)
    life.configure(allowed_presences=(Presence.AVAILABLE,))
    life.text(customer=OTHERS[4])
    stands = [Status.ACTIVE, Status.ACTIVE, Status.WAITING, Status.WRAP_UP, Status.OPEN]
    assert [life.conversation(each).status for each in range(1, 6)] == stands
    assert life.held == {"ana": 3}
    life.refused(CloseConversation(conversation=5, by="ana"), NotAllowed, "only a supervisor may close it")

    life.stop_and_go_on()
    for each in (5, 1, 2, 3):
        [closed] = life.do(CloseConversation(conversation=each, by="sue", why="it was a test"))
        assert isinstance(closed, ConversationClosed)
        assert (closed.reason, closed.by, closed.why) == (CloseReason.SUPERVISOR, "sue", "it was a test")
        assert not closed.wraps_up

    assert life.held == {"ana": 1}
    [ended] = life.end_wrap_up(4, by="sue")
    assert isinstance(ended, WrapUpEnded)
    assert (ended.rep, ended.by) == ("ana", "sue")
    assert {life.stands(each) for each in range(1, 6)} == {(State.CLOSED, Status.CLOSED, None)}
    assert life.held == {}


def test_29_new_to_closed_what_answers_itself_ends_itself(life: Life) -> None:
    """With an AI agent → Closed: the AI agent ends the conversation.

    Ours: new → closed (close).
    Not yet: there are no AI agents. What needs nobody, a STOP that begins a conversation, is answered and closed by
    itself, and no queue sees it.
    """
    life.presence("ana")

    life.stop_and_go_on()
    events = life.text("STOP")

    assert [type(each) for each in events] == [
        ConversationOpened,
        MessageReceived,
        CustomerOptedOut,
        ReplyQueued,
        ConversationClosed,
    ]
    assert one(ReplyQueued, events).answers is Keyword.STOP
    closed = one(ConversationClosed, events)
    assert (closed.reason, closed.by) == (CloseReason.OPT_OUT, "system")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}
