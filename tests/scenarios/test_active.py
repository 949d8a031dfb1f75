"""Dynamics' transitions 10 to 21: a conversation leaves Active. The docstrings are in docs/dynamics.md."""

from __future__ import annotations

import pytest
from tests.scenarios.life import OTHERS, Life, one

from cordboard.engine.commands import (
    CloseConversation,
    DeclineOffer,
    PickConversation,
    ReleaseConversation,
    RepConnected,
    RepDisconnected,
    TransferConversation,
)
from cordboard.engine.config import DAY, MINUTE, SECOND, Rep, Skill
from cordboard.engine.errors import IllegalTransition, NotAllowed, RepUnable
from cordboard.engine.events import (
    ConversationClosed,
    ConversationEscalated,
    ConversationOffered,
    ConversationParked,
    ConversationReleased,
    ConversationReopened,
    ConversationTransferred,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferWithdrawn,
)
from cordboard.engine.testing.playground import CUSTOMER
from cordboard.engine.vocabulary import CloseReason, Presence, State, Status


def test_10_active_to_open_the_rep_declines_or_misses_the_offer(life: Life) -> None:
    """Active → Open: the rep rejects the notification, or lets it time out.

    Ours: assigned → queued (decline), assigned → queued (expire), queued → active (pick).
    Better: who declined is asked again only when nobody else is left; and when everybody is through with it, it is no
    dead item (fault 12): it goes before everything else, supervisors are told, and anybody may still pick it.
    """
    life.configure(max_declines=1)
    life.presence("ana")
    life.presence("ben")
    life.text()
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ana")
    events = life.do(DeclineOffer(conversation=1, by="ana"))
    assert [type(each) for each in events] == [OfferDeclined, ConversationOffered]
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ben")
    assert life.held == {"ben": 1}

    life.stop_and_go_on()
    assert life.later(120 * SECOND - 1) == ()
    events = life.later(1)

    assert one(OfferExpired, events).rep == "ben"
    assert one(ConversationEscalated, events).why == "everybody who could take it has declined or missed it"
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    assert life.held == {}
    life.text(customer=OTHERS[0])
    assert life.held == {"ana": 1}, "what nobody will have does not stand in the way of the next"
    life.presence("ana", Presence.OFFLINE)
    life.presence("ben", Presence.OFFLINE)
    assert [each.id for each in life.board.waiting("general", limit=2)] == [1, 2]
    life.presence("ben")
    life.do(PickConversation(conversation=1, by="ben"))
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ben")


def test_11_active_to_open_the_rep_is_gone_and_does_not_come_back(life: Life) -> None:
    """Active → Open: the rep is disconnected, and not back within a time.

    Ours: assigned → queued (withdraw), active → queued (release).
    Better: a desk that is loaded again costs nothing; one that is lost makes its rep offline, and what was only offered
    goes to somebody else at once. What the rep has stays theirs for the time that is configured for them.
    """
    life.do(RepConnected(rep="ana"))
    life.active_with("ana")
    life.text(customer=OTHERS[0])
    life.do(RepDisconnected(rep="ana"))
    life.later(9 * SECOND)
    life.do(RepConnected(rep="ana"))
    life.later(60 * SECOND)
    assert life.stands(2) == (State.ASSIGNED, Status.ACTIVE, "ana")
    assert life.held == {"ana": 2}
    life.do(RepDisconnected(rep="ana"))
    events = life.later(10 * SECOND)

    withdrawn = one(OfferWithdrawn, events)
    assert (withdrawn.conversation, withdrawn.by, withdrawn.why) == (2, "system", "desk gone")
    assert life.board.reps["ana"].presence is Presence.OFFLINE
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    assert life.stands(2) == (State.QUEUED, Status.OPEN, None)
    life.presence("ben")
    life.accept(2, by="ben")
    assert life.held == {"ana": 1, "ben": 1}

    life.stop_and_go_on()
    life.later(150 * SECOND - 1)
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    events = life.later(1)

    released = one(ConversationReleased, events)
    assert (released.by, released.why) == ("system", "offline for longer than the grace time")
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ben")
    assert life.held == {"ben": 2}


def test_12_active_to_open_the_rep_releases(life: Life) -> None:
    """Active → Open: the rep releases the conversation to its queue.

    Ours: active → queued (release).
    Same as Dynamics: and who gave it back is not offered it again until somebody else has had it.
    """
    life.active_with("ana")
    assert life.held == {"ana": 1}

    life.stop_and_go_on()
    [released] = life.do(ReleaseConversation(conversation=1, by="ana"))

    assert isinstance(released, ConversationReleased)
    assert (released.queue, released.by) == ("general", "ana")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    assert life.held == {}
    life.presence("ben")
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ben")


def test_13_active_to_open_the_rep_transfers_to_another_queue(life: Life) -> None:
    """Active → Open: the rep transfers the conversation to another queue.

    Ours: active → queued (release).
    Same as Dynamics: the rep's capacity is free at once, and the customer's place on the other queue counts from the
    text that waits for an answer.
    """
    life.presence("ana")
    life.text()
    waits_since = life.at
    life.accept()
    life.later(3 * MINUTE)

    life.stop_and_go_on()
    [released] = life.do(TransferConversation(conversation=1, by="ana", queue="second"))

    assert isinstance(released, ConversationReleased)
    assert (released.queue, released.by) == ("second", "ana")
    assert life.stands() == (State.QUEUED, Status.OPEN, None)
    assert life.board.explain_waiting(1).since == waits_since
    assert life.held == {}
    life.presence("ben")
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ben")


def test_14_active_to_open_leaving_without_ending_parks_instead(life: Life) -> None:
    """Active → Open: the rep closes the session without End, on live chat and voice.

    Ours: active → active (park).
    Not for SMS: leaving without ending parks the conversation, as in 15. It is on no queue, and offered to nobody else.
    """
    life.active_with("ana")

    life.stop_and_go_on()
    life.park()
    life.presence("ben")

    assert life.stands() == (State.ACTIVE, Status.WAITING, None)
    assert life.conversation().rep == "ana"
    assert life.board.waiting_on("general") == 0
    assert life.held == {}


def test_15_active_to_waiting_the_rep_leaves_without_ending(life: Life) -> None:
    """Active → Waiting: the rep closes the session without End.

    Ours: active → active (park), active → active (resume), active → active (park).
    Better: leaving and ending are two words, and a customer who says nothing for ten minutes (`quiet_after`) is parked
    by itself: nothing forgotten holds capacity (fault 4).
    """
    life.active_with("ana")
    [parked] = life.park()
    assert isinstance(parked, ConversationParked)
    assert (parked.rep, parked.by, parked.why) == ("ana", "ana", "")
    assert life.stands() == (State.ACTIVE, Status.WAITING, None)
    assert life.held == {}
    life.reply("is it solved?")
    assert life.held == {"ana": 1}

    life.stop_and_go_on()
    assert life.later(10 * MINUTE - 1) == ()
    [parked] = life.later(1)

    assert isinstance(parked, ConversationParked)
    assert (parked.rep, parked.by, parked.why) == ("ana", "system", "quiet")
    assert life.stands() == (State.ACTIVE, Status.WAITING, None)
    assert life.held == {}


def test_16_active_to_wrap_up_the_rep_ends(life: Life) -> None:
    """Active → Wrap-up: the rep presses End.

    Ours: active → closed (close), closed → queued (reopen), queued → assigned (assign).
    Better: capacity is held as is configured, as there; and what the customer writes meanwhile, which Dynamics says
    nothing of, goes on with the same conversation and rep (fault 1).
    """
    life.configure(wrap_up=5 * MINUTE)
    life.active_with("ana")
    [closed] = life.close()
    assert isinstance(closed, ConversationClosed)
    assert (closed.reason, closed.by) == (CloseReason.REP, "ana")
    assert life.stands() == (State.CLOSED, Status.WRAP_UP, None)
    assert life.held == {"ana": 1}

    life.stop_and_go_on()
    life.later(4 * MINUTE)
    assert life.held == {"ana": 1}
    events = life.text("one more thing")

    assert one(ConversationReopened, events).conversation == 1
    assert one(ConversationOffered, events).why == "last rep"
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "ana")
    assert life.held == {"ana": 1}


def test_17_active_to_wrap_up_only_reps_end(life: Life) -> None:
    """Active → Wrap-up: the customer ends the chat or is disconnected.

    Ours: active → closed (close).
    Not for SMS: a customer cannot end. Silence parks (15); STOP closes, and leaves nothing to wrap up.
    """
    life.configure(wrap_up=5 * MINUTE)
    life.active_with("ana")
    life.refused(CloseConversation(conversation=1, by=CUSTOMER), NotAllowed, "nobody on board")

    life.stop_and_go_on()
    assert life.held == {"ana": 1}
    closed = one(ConversationClosed, life.text("stop"))

    assert (closed.reason, closed.by) == (CloseReason.OPT_OUT, "system")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}


def test_18_active_to_active_the_rep_transfers_to_another_rep(life: Life) -> None:
    """Active → Active: the rep transfers the conversation to another rep, after a consult.

    Ours: active → assigned (transfer), assigned → active (accept).
    Better: no consult has to come first (fault 20), and nobody who lacks a skill it needs can be chosen (fault 21). The
    first rep's capacity is free at once, as there.
    """
    [ana, ben, sue] = life.config.reps
    life.arrange(skills=(Skill(name="billing"),), reps=(ana, ben, sue, Rep(name="cleo", skills={"billing": 5})))
    life.active_with("ana")
    life.presence("ben")
    life.presence("cleo")

    life.stop_and_go_on()
    to_cleo = TransferConversation(conversation=1, by="ana", rep="cleo")
    [offer] = life.do(to_cleo)

    assert isinstance(offer, ConversationTransferred)
    assert (offer.rep, offer.by, offer.expires_at) == ("cleo", "ana", life.at + 120 * SECOND)
    assert life.stands() == (State.ASSIGNED, Status.ACTIVE, "cleo")
    assert life.held == {"cleo": 1}
    [accepted] = life.accept(by="cleo")
    assert isinstance(accepted, OfferAccepted)
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "cleo")
    life.configure(skills={"billing": 5})
    to_ben = TransferConversation(conversation=1, by="cleo", rep="ben")
    life.refused(to_ben, RepUnable, "ben lacks a skill that conversation 1 needs")


def test_19_active_to_closed_an_offer_outlasts_silence(life: Life) -> None:
    """Active → Closed: the customer leaves the chat before the rep accepts.

    Ours: assigned → active (accept), assigned → closed (close).
    Not for SMS: nobody is gone who is silent; the rep accepts and answers. Only STOP takes the offer away.
    """
    life.presence("ana")
    life.text()
    life.text(customer=OTHERS[0])
    assert life.held == {"ana": 2}

    life.stop_and_go_on()
    life.later(119 * SECOND)
    life.accept()
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    assert life.stands(2) == (State.ASSIGNED, Status.ACTIVE, "ana")
    closed = one(ConversationClosed, life.text("STOP", customer=OTHERS[0]))

    assert (closed.conversation, closed.reason) == (2, CloseReason.OPT_OUT)
    assert life.stands(2) == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {"ana": 1}


def test_20_active_to_closed_nothing_happens_for_thirty_days(life: Life) -> None:
    """Active → Closed: nothing has happened for 30 days.

    Ours: active → active (park), active → closed (close).
    Better: silence parks before it closes, so no rep's capacity is held for a month (fault 4); where `quiet_after` is
    longer than that, the conversation is closed as it is there.
    """
    life.active_with("ana")
    life.reply()
    life.later(10 * MINUTE)
    assert life.stands() == (State.ACTIVE, Status.WAITING, None)
    life.configure(quiet_after=31 * DAY)
    life.reply("still there?")
    assert life.held == {"ana": 1}
    life.later(20 * DAY)

    life.stop_and_go_on()
    life.later(10 * DAY - 1)
    assert life.stands() == (State.ACTIVE, Status.ACTIVE, "ana")
    [closed] = life.later(1)

    assert isinstance(closed, ConversationClosed)
    assert (closed.reason, closed.by, closed.wrap_up_until) == (CloseReason.INACTIVITY, "system", None)
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}


def test_21_active_to_closed_there_is_nothing_but_the_conversation(life: Life) -> None:
    """Active → Closed: the record that was routed is resolved, and its session closed.

    Ours: active → closed (close).
    Not for SMS: texts are routed, no records. A rep ends a conversation, and without a wrap-up it is closed at once.
    """
    life.active_with("ana")

    life.stop_and_go_on()
    [closed] = life.close()

    assert isinstance(closed, ConversationClosed)
    assert (closed.reason, closed.by) == (CloseReason.REP, "ana")
    assert life.stands() == (State.CLOSED, Status.CLOSED, None)
    assert life.held == {}
    with pytest.raises(IllegalTransition, match="conversation 1 is closed"):
        life.park()
