"""Dynamics' transitions 1 to 9: a conversation opens, and leaves Open. The docstrings are in docs/dynamics.md."""

from __future__ import annotations

from msgspec.structs import replace
from tests.scenarios.life import OTHERS, Life, one

from cordboard.engine import Queue
from cordboard.engine.commands import (
    CloseConversation,
    PickConversation,
    ReleaseConversation,
    SetSkills,
    TransferConversation,
)
from cordboard.engine.config import DAY, HOUR, MINUTE, AutoClose, Overflow, Skill
from cordboard.engine.errors import NotAllowed, RepUnable
from cordboard.engine.events import (
    ConversationClosed,
    ConversationOffered,
    ConversationOpened,
    ConversationOverflowed,
    ConversationPicked,
    ConversationQueued,
    ConversationReleased,
    MessageReceived,
    OfferAccepted,
    ReplyQueued,
)
from cordboard.engine.routing_words import (
    AssignmentMethod,
    Distribution,
    Operator,
    OverflowAction,
    OverflowCondition,
    PassedOver,
)
from cordboard.engine.rules import Condition, Outputs, Rule, RuleSet
from cordboard.engine.testing.playground import CUSTOMER
from cordboard.engine.vocabulary import CloseReason, Presence, State, Status


def test_01_new_to_open_a_text_opens_a_conversation_on_a_queue(life: Life) -> None:
    """New → Open: a text comes where no conversation is open, and is routed.

    Ours: new → queued (enqueue).
    Same as Dynamics: the text opens a conversation, rules choose its queue, and what its customer writes next is in it.
    """
    events = life.text("my order is late")
    assert [type(each) for each in events] == [ConversationOpened, MessageReceived, ConversationQueued]
    queued = one(ConversationQueued, events)
    assert (queued.queue, queued.by, queued.why) == ("general", "system", "fallback queue")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)

    life.stop_and_go_on()
    [joins] = life.text("are you there?")

    assert isinstance(joins, MessageReceived)
    assert joins.conversation == 1
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    assert life.held == {}


def test_02_open_to_active_a_rep_picks(life: Life) -> None:
    """Open → Active: a rep picks the conversation from the open work items.

    Ours: queued → active (pick).
    Better: nobody picks more than they have room for, and a workstream may change between picking and pushing at any
    time (fault 11).
    """
    life.configure(distribution=Distribution.PICK)
    life.presence("ana")
    life.text()
    for customer in OTHERS[:2]:
        life.text(customer=customer)

    assert life.stands() == (State.QUEUED, Status.OPEN, None)

    life.stop_and_go_on()
    [picked] = life.pick()

    assert isinstance(picked, ConversationPicked)
    assert (picked.rep, picked.by, picked.expires_at) == ("ana", "ana", None)
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}
    life.configure(distribution=Distribution.PUSH)
    assert life.stands(2) == (State.ASSIGNED, Status.ACTIVE, "ana")
    life.configure(distribution=Distribution.PICK)
    life.refused(PickConversation(conversation=3, by="ana"), RepUnable, "0 units of capacity free")
    assert life.held == {"ana": 2}


def test_03_open_to_active_the_router_offers_and_the_rep_accepts(life: Life) -> None:
    """Open → Active: the router assigns the conversation to a rep, who accepts it.

    Ours: queued → assigned (assign), assigned → active (accept).
    Better: whatever can be assigned is assigned at once, however much stands before it that cannot (fault 8); a change
    of the configuration counts from the next command (fault 18); and each offer says why it went to whom.
    """
    needs = Condition(field="text", op=Operator.CONTAINS, value="refund")
    rule = Rule(name="refund", when=needs, then=Outputs(skills={"billing": 1}))
    life.arrange(
        skills=(Skill(name="billing"),),
        workstreams=(replace(life.config.workstreams[0], classification=(RuleSet(name="topics", rules=(rule,)),)),),
    )
    life.presence("ana")
    for customer in OTHERS[:101]:
        life.text("a refund, please", customer=customer)

    assert life.held == {}, "nobody has the skill"

    life.stop_and_go_on()
    offer = one(ConversationOffered, life.text())

    assert (offer.conversation, offer.rep, offer.by, offer.expires_at) == (102, "ana", "system", life.at + 120_000)
    assert offer.reason is not None
    assert (offer.reason.method, offer.reason.free, offer.reason.candidates) == (
        AssignmentMethod.HIGHEST_CAPACITY,
        2,
        1,
    )
    assert life.stands(102) == (State.ASSIGNED, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}

    [accepted] = life.accept(102)

    assert isinstance(accepted, OfferAccepted)
    assert life.stands(102) == (State.ACTIVE, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}
    learned = life.arrange(reps=(replace(life.config.reps[0], skills={"billing": 1}), *life.config.reps[1:]))
    assert one(ConversationOffered, learned).conversation == 1


def test_04_open_to_active_a_supervisor_assigns(life: Life) -> None:
    """Open → Active: a supervisor assigns the conversation to a rep of its queue.

    Ours: queued → assigned (assign), assigned → active (accept).
    Better: the rep may serve any queue (fault 21). Presence and room count, unless the supervisor overrides that; what
    was overridden is kept.
    """
    life.arrange(skills=(Skill(name="billing"),), queues=(Queue(name="general", reps=("ben",)),))
    life.text()
    life.do(SetSkills(conversation=1, by="sue", skills={"billing": 5}))
    to_ana = TransferConversation(conversation=1, by="sue", rep="ana")
    life.refused(to_ana, RepUnable, "ana is offline")
    life.refused(replace(to_ana, by="ben"), NotAllowed, "only a supervisor may transfer it")
    life.presence("ana")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)

    life.stop_and_go_on()
    [offer] = life.do(to_ana)

    assert isinstance(offer, ConversationOffered)
    assert (offer.rep, offer.by, offer.reason) == ("ana", "sue", None)
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}
    life.accept()
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    for customer in OTHERS[:2]:
        life.text(customer=customer)

    life.do(replace(to_ana, conversation=2))
    life.refused(replace(to_ana, conversation=3), RepUnable, "0 units of capacity free")
    [offer] = life.do(replace(to_ana, conversation=3, override=True))
    assert isinstance(offer, ConversationOffered)
    assert offer.overrode == (PassedOver.CAPACITY,)
    assert life.held == {"ana": 3}


def test_05_open_to_closed_a_customer_cannot_leave_but_may_opt_out(life: Life) -> None:
    """Open → Closed: the customer leaves the chat before anybody is assigned.

    Ours: queued → closed (close).
    Not for SMS: nobody hangs up a text, so silence loses no place. What ends the conversation is STOP, since nobody may
    answer any more.
    """
    life.text()
    life.refused(CloseConversation(conversation=1, by=CUSTOMER), NotAllowed, "nobody on board")

    life.stop_and_go_on()
    life.later(10 * HOUR)
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    closed = one(ConversationClosed, life.text("STOP"))

    assert (closed.reason, closed.by, closed.wrap_up_until) == (CloseReason.OPT_OUT, "system", None)
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}


def test_06_open_to_closed_nothing_happens_for_thirty_days(life: Life) -> None:
    """Open → Closed: nothing has happened for 30 days.

    Ours: queued → closed (close).
    Better: to the millisecond instead of every five minutes, and a workstream's configuration says how long instead of
    a table's (fault 2).
    """
    life.text()
    life.later(20 * DAY)

    life.stop_and_go_on()
    life.later(10 * DAY - 1)
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    [closed] = life.later(1)

    assert isinstance(closed, ConversationClosed)
    assert (closed.reason, closed.by) == (CloseReason.INACTIVITY, "system")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.board.next_deadline is None
    life.configure(auto_close=AutoClose(queued=1 * DAY))
    life.text(customer=OTHERS[0])
    assert one(ConversationClosed, life.later(1 * DAY)).conversation == 2


def test_07_open_to_closed_a_queue_that_nobody_serves_lets_customers_wait(life: Life) -> None:
    """Open → Closed: the conversation is routed or transferred to a queue without reps.

    Ours: new → queued (enqueue), active → queued (release), queued → assigned (assign).
    Better: it is not closed (fault 3). It waits, can be asked why, and is offered the moment somebody serves the queue.
    """
    [general, second] = life.config.queues
    life.arrange(queues=(general, replace(second, reps=())))
    life.active_with("ana")
    released = one(ConversationReleased, life.do(TransferConversation(conversation=1, by="ana", queue="second")))
    assert (released.queue, released.by) == ("second", "ana")
    life.configure(queue="second")
    life.text(customer=OTHERS[0])
    for each in (1, 2):
        assert life.stands(each) == (State.QUEUED, Status.OPEN, None)
        assert life.board.explain_waiting(each).summary == "nobody serves queue 'second'"

    assert life.held == {}

    life.stop_and_go_on()
    life.presence("ben")
    life.arrange(queues=(general, second))

    assert [life.offered(each) for each in (1, 2)] == ["ben", "ben"]
    assert life.held == {"ben": 2}


def test_08_open_to_closed_the_queue_overflows(life: Life) -> None:
    """Open → Closed: an overflow of the queue, when the conversation comes or while it waits, ends it.

    Ours: queued → closed (close), queued → closed (close).
    Better: what waits is counted when the text comes, so that no burst gets past the limit, and the limit may be any
    (fault 14); a fallback queue overflows like any other (fault 15); and nobody is ended whom a rep has had since the
    conversation began or was taken up again: it waits, for its customer is in the middle of it.
    """
    when_full = Overflow(when=OverflowCondition.LENGTH, limit=1, do=OverflowAction.END)
    when_late = Overflow(when=OverflowCondition.WAITED, over=5 * MINUTE, do=OverflowAction.END)
    life.arrange(queues=(replace(life.config.queues[0], overflow=(when_full, when_late)), life.config.queues[1]))
    life.text()
    assert life.stands() == (State.QUEUED, Status.OPEN, None)

    life.stop_and_go_on()
    events = life.text(customer=OTHERS[0])
    overflowed, closed = one(ConversationOverflowed, events), one(ConversationClosed, events)

    assert (overflowed.queue, overflowed.when, overflowed.measured) == ("general", OverflowCondition.LENGTH, 1)
    assert (closed.conversation, closed.reason, closed.by) == (2, CloseReason.OVERFLOW, "system")
    assert life.stands(2) == (State.CLOSED, Status.CLOSED, None)
    life.later(5 * MINUTE - 1)
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    closed = one(ConversationClosed, life.later(1))
    assert (closed.conversation, closed.reason, closed.why) == (1, CloseReason.OVERFLOW, "overflow: waited")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}

    life.presence("ana")
    life.text(customer=OTHERS[1])
    life.accept(3)
    life.text(customer=OTHERS[2])
    life.presence("ana", Presence.AWAY)
    life.do(ReleaseConversation(conversation=3, by="ana"))
    assert life.later(5 * MINUTE), "the one that nobody has had is ended"
    assert [life.stands(each)[0] for each in (3, 4)] == [State.QUEUED, State.CLOSED]


def test_09_open_to_waiting_a_supervisor_texts_and_leaves(life: Life) -> None:
    """Open → Waiting: a supervisor messages the customer of an open conversation.

    Ours: queued → active (pick), active → active (park), active → assigned (wake).
    Better: it holds for SMS as well. The text takes the conversation over, the supervisor leaves it (or silence does),
    and what the customer answers comes back to who asked.
    """
    life.presence("sue")
    life.text()
    life.presence("sue", Presence.AWAY)

    life.stop_and_go_on()
    events = life.reply("which order is it?", by="sue")
    assert [type(each) for each in events] == [ConversationPicked, ReplyQueued]
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "sue")
    assert life.held == {"sue": 1}
    life.park(by="sue")
    assert life.stands() == (State.ACTIVE, Status.WAITING, None)
    assert life.held == {}

    life.presence("ana")
    assert life.held == {}, "it is not ana's"
    life.presence("sue")
    life.text("number 5")
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "sue")
