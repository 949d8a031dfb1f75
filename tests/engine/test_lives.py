"""The rest of a conversation's life: parking, waking, releasing, transferring, closing, reopening."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine.carrier import TextReceived
from cordboard.engine.commands import (
    CloseConversation,
    Configure,
    ReleaseConversation,
    Reply,
    ResumeConversation,
    TransferConversation,
)
from cordboard.engine.config import DAY, HOUR, MINUTE, AutoClose
from cordboard.engine.errors import (
    IllegalTransition,
    InvalidConfiguration,
    InvalidMessage,
    MessageTooLong,
    NotAllowed,
    NotFound,
    RepUnable,
)
from cordboard.engine.events import OfferAccepted, ReplyQueued
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS, START, Playground
from cordboard.engine.vocabulary import CloseReason, Presence, State, Status


def test_parking_frees_capacity_and_keeps_the_conversation_active(world: Playground) -> None:
    world.active_with("ana")
    world.park()

    conversation = world.conversation()
    assert (conversation.state, conversation.status, conversation.rep) == (State.ACTIVE, Status.WAITING, "ana")
    assert world.board.load_of("ana") == 0


def test_a_text_wakes_a_parked_conversation_to_its_rep(world: Playground) -> None:
    world.active_with("ana")
    world.park()
    world.presence("ben")
    world.text("one more thing")

    assert (world.conversation().state, world.offered()) == (State.ASSIGNED, "ana")


@pytest.mark.parametrize("presence", [Presence.OFFLINE, Presence.AWAY])
def test_a_text_to_a_parked_conversation_goes_to_another_when_its_rep_cannot(
    world: Playground, presence: Presence
) -> None:
    world.active_with("ana")
    world.park()
    world.presence("ana", presence)
    world.presence("ben")
    world.text("hello?")

    assert world.offered() == "ben"


def test_a_text_to_a_parked_conversation_whose_rep_is_full_goes_to_another(world: Playground) -> None:
    world.active_with("ana")
    world.park()
    for turn in (2, 3):
        world.text(customer=f"+1415555010{turn}")

    assert world.board.load_of("ana") == 2
    world.presence("ben")
    world.text("hello?")

    assert world.offered(1) == "ben"


def test_a_silent_customer_is_parked_after_quiet_after(world: Playground) -> None:
    world.active_with("ana")
    world.reply()
    world.later(10 * MINUTE - 1)
    assert not world.conversation().parked

    world.later(1)

    assert world.conversation().parked
    assert world.board.load_of("ana") == 0


def test_a_customer_who_waits_for_an_answer_is_not_parked_for_being_silent(world: Playground) -> None:
    world.active_with("ana")
    world.later(3 * HOUR)
    assert not world.conversation().parked

    world.reply()
    world.later(10 * MINUTE)

    assert world.conversation().parked


def test_every_text_postpones_quiet_parking(world: Playground) -> None:
    world.active_with("ana")
    for _ in range(5):
        world.later(6 * MINUTE)
        world.text("still typing")

    assert not world.conversation().parked


def test_a_parked_conversation_is_resumed_by_its_rep_alone_and_with_room(world: Playground) -> None:
    world.active_with("ana")
    world.park()
    with pytest.raises(NotAllowed):
        world.do(ResumeConversation(conversation=1, by="ben"))

    for turn in (2, 3):
        world.text(customer=f"+1415555010{turn}")

    with pytest.raises(RepUnable):
        world.do(ResumeConversation(conversation=1, by="ana"))

    world.accept(2)
    world.close(2)
    world.do(ResumeConversation(conversation=1, by="ana"))

    assert (world.conversation().parked, world.offered()) == (False, "ana")


def test_a_reply_resumes_a_parked_conversation(world: Playground) -> None:
    world.active_with("ana")
    world.park()
    world.reply("sorry, I was away")

    assert (world.conversation().parked, world.offered()) == (False, "ana")


def test_a_released_conversation_is_offered_anew(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ben")
    world.do(ReleaseConversation(conversation=1, by="ana"))

    assert (world.conversation().state, world.offered()) == (State.ASSIGNED, "ben")


def test_a_transfer_is_an_offer_to_the_other_rep_and_frees_the_first(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ben")
    world.do(TransferConversation(conversation=1, by="ana", rep="ben"))

    assert (world.conversation().state, world.offered(), world.board.load_of("ana")) == (State.ASSIGNED, "ben", 0)


def test_a_transfer_to_a_queue_releases_it_there(world: Playground) -> None:
    world.active_with("ana")
    world.do(TransferConversation(conversation=1, by="ana", queue="second"))

    assert (world.conversation().state, world.conversation().queue) == (State.QUEUED, "second")

    world.presence("ben")
    assert world.offered() == "ben"


def test_a_transfer_goes_only_to_who_can_take_it(world: Playground) -> None:
    world.active_with("ana")
    with pytest.raises(NotFound, match="no rep 'nobody'"):
        world.do(TransferConversation(conversation=1, by="ana", rep="nobody"))

    with pytest.raises(NotFound, match="no queue 'nowhere'"):
        world.do(TransferConversation(conversation=1, by="ana", queue="nowhere"))

    with pytest.raises(RepUnable, match="ben is offline"):
        world.do(TransferConversation(conversation=1, by="ana", rep="ben"))

    with pytest.raises(RepUnable, match="with ana already"):
        world.do(TransferConversation(conversation=1, by="ana", rep="ana"))

    with pytest.raises(NotAllowed):
        world.do(TransferConversation(conversation=1, by="ben", queue="second"))

    assert world.offered() == "ana"


def test_a_supervisor_assigns_requeues_and_takes_offers_back(world: Playground) -> None:
    world.text()
    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    assert world.conversation().queue == "second"

    world.presence("ana")
    world.do(TransferConversation(conversation=1, by="sue", rep="ana"))
    assert world.offered() == "ana"

    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    assert (world.conversation().state, world.conversation().queue) == (State.QUEUED, "second")


def test_a_supervisor_takes_over_by_replying(world: Playground) -> None:
    world.active_with("ana")
    world.presence("sue")
    events = world.reply("Sue here", by="sue")

    assert (world.offered(), world.board.load_of("ana"), world.board.load_of("sue")) == ("sue", 0, 1)
    assert [type(each) for each in events[-2:]] == [OfferAccepted, ReplyQueued]


def test_only_the_holder_replies(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ben")
    with pytest.raises(NotAllowed, match="only its holder"):
        world.reply(by="ben")

    with pytest.raises(NotAllowed, match="nobody on board"):
        world.reply(by="mallory")


def test_an_offer_is_accepted_before_it_is_replied_to(world: Playground) -> None:
    world.presence("ana")
    world.text()
    with pytest.raises(IllegalTransition, match="accept the offer"):
        world.reply()


def test_a_reply_that_cannot_be_sent_is_refused(world: Playground) -> None:
    world.active_with("ana")
    for body in ("", "   \n", "a\x00b", "half \ud83d"):
        with pytest.raises(InvalidMessage):
            world.reply(body)

    with pytest.raises(MessageTooLong, match="1601 characters; channel 'main' takes at most 1600"):
        world.reply("x" * 1601)

    world.reply("x" * 1600)


def test_a_closed_conversation_takes_no_reply(world: Playground) -> None:
    world.active_with("ana")
    world.close()
    with pytest.raises(IllegalTransition, match="closed"):
        world.reply()


def test_who_may_close_what(world: Playground) -> None:
    world.text()
    with pytest.raises(NotAllowed):
        world.close(by="ana")

    world.presence("ana")
    with pytest.raises(NotAllowed):
        world.close(by="ana")

    world.accept()
    world.close()
    assert world.conversation().close_reason is CloseReason.REP

    world.text()
    world.do(CloseConversation(conversation=1, by="sue"))
    assert world.conversation().close_reason is CloseReason.SUPERVISOR


def test_wrap_up_holds_capacity_until_it_ends(world: Playground) -> None:
    world.configure(wrap_up=60_000, capacity_cost=2)
    world.active_with("ana")
    world.text(customer="+14155550199")
    world.close()
    assert (world.conversation().status, world.offered(2)) == (Status.WRAP_UP, None)

    world.later(60_000)

    assert (world.conversation(1).status, world.offered(2)) == (Status.CLOSED, "ana")


def test_a_text_in_wrap_up_reopens_to_that_rep(world: Playground) -> None:
    world.configure(wrap_up=60_000, capacity_cost=2)
    world.active_with("ana")
    world.presence("ben")
    world.close()
    world.text("wait!")

    assert (world.conversation().state, world.offered()) == (State.ASSIGNED, "ana")
    assert world.board.load_of("ana") == 2


def test_a_text_within_the_reopen_window_goes_on_with_the_last_rep(world: Playground) -> None:
    world.active_with("ana")
    world.close()
    world.presence("ben")
    world.later(24 * HOUR - 1)
    world.text("it broke again")

    assert world.board.conversation(2) is None
    assert world.offered(1) == "ana"


def test_a_text_after_the_reopen_window_opens_a_new_conversation(world: Playground) -> None:
    world.active_with("ana")
    world.close()
    world.later(24 * HOUR)
    world.text("a new thing")

    assert world.conversation(2).state is State.ASSIGNED
    assert world.conversation(1).state is State.CLOSED


@pytest.mark.parametrize(("stage", "after"), [("queued", 30 * DAY), ("parked", 3 * DAY)], ids=["queued", "parked"])
def test_nothing_stays_open_for_ever(world: Playground, stage: str, after: int) -> None:
    if stage == "queued":
        world.text()
    else:
        world.active_with("ana")
        world.reply()
        world.park()

    world.later(after - 1)
    assert world.conversation().state is not State.CLOSED

    world.later(1)

    assert world.conversation().close_reason is CloseReason.INACTIVITY
    assert world.board.next_deadline is None


def test_a_parked_customer_who_still_waits_for_an_answer_goes_to_the_others_instead_of_being_closed(
    world: Playground,
) -> None:
    world.active_with("ana")
    world.presence("ben")
    world.presence("ana", Presence.AWAY)
    world.park()
    world.later(3 * DAY)

    assert (world.conversation().state, world.offered()) == (State.ASSIGNED, "ben")


def test_who_releases_a_conversation_is_not_offered_it_back(world: Playground) -> None:
    world.configure(auto_accept=True)
    world.presence("ana")
    world.text()
    world.do(ReleaseConversation(conversation=1, by="ana"))
    assert (world.conversation().state, world.offered()) == (State.QUEUED, None)

    world.presence("ben")
    assert world.offered() == "ben"


def test_a_rep_learns_nothing_of_what_is_not_theirs(world: Playground) -> None:
    world.text()
    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    for command in (Reply(conversation=1, by="ana", body="hi"), CloseConversation(conversation=1, by="ana")):
        with pytest.raises(NotAllowed, match="not ana's to act on"):
            world.do(command)


def test_a_reply_goes_out_on_the_channel_the_customer_last_texted(world: Playground) -> None:
    world.active_with("ana")
    other = replace(world.config.channels[0], name="other")
    moved = replace(world.config.numbers[0], channel="other")
    world.do(Configure(config=replace(world.config, channels=(*world.config.channels, other), numbers=(moved,))))
    world.do(TextReceived(channel="other", provider_id="X1", sender=CUSTOMER, recipient=OURS, body="still there?"))
    world.reply()

    assert [each.channel for each in world.board.messages.values()] == ["other"]


def test_very_many_deadlines_take_effect_in_turns(world: Playground) -> None:
    for each in range(700):
        world.text(customer=f"+1415555{each:04d}")

    world.later(30 * DAY)
    assert len(world.board.conversations) == 200
    assert world.board.next_deadline == START + 30 * DAY

    world.later(0)
    assert not world.board.conversations


def test_finished_conversations_leave_no_reminders_behind(world: Playground) -> None:
    world.presence("ana")
    for each in range(1, 500):
        world.text(customer=f"+1415555{each:04d}")
        world.accept(each)
        world.close(each)

    assert len(world.board._state.timers._heap) < 100
    assert len(world.board._state.timers._reminder) < 100


def test_a_clock_that_is_set_back_leaves_no_deadline_in_the_far_future(world: Playground) -> None:
    world.at += 365 * DAY
    world.presence("ana")
    world.at -= 365 * DAY
    world.text()

    assert world.conversation().assignment is not None
    assert world.conversation().assignment.expires_at == world.at + 120_000  # type: ignore[union-attr]


def test_an_active_conversation_that_never_goes_quiet_closes_after_its_time(world: Playground) -> None:
    world.configure(quiet_after=2 * HOUR, auto_close=AutoClose(active=1 * HOUR))
    world.active_with("ana")
    world.reply()
    world.later(1 * HOUR)

    assert world.conversation().close_reason is CloseReason.INACTIVITY


def test_an_active_conversation_whose_customer_was_never_answered_goes_back_to_its_queue(world: Playground) -> None:
    world.configure(auto_close=AutoClose(active=1 * HOUR))
    world.active_with("ana")
    world.presence("ana", Presence.AWAY)
    world.later(1 * HOUR)

    assert world.conversation().state is State.QUEUED


def test_an_offline_rep_keeps_conversations_for_the_grace_time_and_no_longer(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ben")
    world.presence("ana", Presence.OFFLINE)
    world.later(149_999)
    assert world.offered() == "ana"

    world.later(1)

    assert world.offered() == "ben"


def test_a_rep_back_within_the_grace_time_loses_nothing(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ana", Presence.OFFLINE)
    world.later(100_000)
    world.presence("ana")
    world.later(100_000)

    assert (world.offered(), world.conversation().state) == ("ana", State.ACTIVE)


def test_presence_is_ones_own_or_a_supervisors(world: Playground) -> None:
    world.presence("ana", by="sue")
    with pytest.raises(NotAllowed):
        world.presence("ana", Presence.AWAY, by="ben")

    with pytest.raises(NotFound):
        world.presence("nobody", by="sue")

    assert world.board.reps["ana"].presence is Presence.AVAILABLE


def test_the_same_presence_again_is_nothing_new(world: Playground) -> None:
    world.presence("ana")
    before = len(world.journal)
    world.presence("ana")

    assert len(world.journal) == before


def test_a_text_to_a_number_that_is_not_configured_is_kept(world: Playground) -> None:
    (event,) = world.text("who is this?", recipient="+18005550999")

    kept = world.board.message(event.message)  # type: ignore[union-attr]
    assert kept is not None
    assert (kept.conversation, kept.body) == (None, "who is this?")


def test_a_rep_who_is_removed_leaves_their_conversations_to_the_others(world: Playground) -> None:
    world.active_with("ana")
    world.presence("ben")
    queues = (replace(CONFIG.queues[0], reps=("ben",)), CONFIG.queues[1])
    world.do(Configure(config=replace(CONFIG, queues=queues, reps=CONFIG.reps[1:])))

    assert world.offered() == "ben"
    assert "ana" not in world.board.reps


def test_who_is_no_longer_configured_can_do_nothing_more(world: Playground) -> None:
    world.active_with("ana")
    world.park()
    queues = (replace(CONFIG.queues[0], reps=("ben",)), CONFIG.queues[1])
    world.do(Configure(config=replace(CONFIG, queues=queues, reps=CONFIG.reps[1:])))
    for command in (
        Reply(conversation=1, by="ana", body="still here"),
        ResumeConversation(conversation=1, by="ana"),
        CloseConversation(conversation=1, by="ana"),
    ):
        with pytest.raises(NotAllowed, match="'ana' is nobody"):
            world.do(command)


def test_a_queue_that_is_removed_leaves_its_conversations_to_the_fallback_queue(world: Playground) -> None:
    world.text()
    world.do(TransferConversation(conversation=1, by="sue", queue="second"))
    world.do(Configure(config=replace(CONFIG, queues=CONFIG.queues[:1])))
    assert world.conversation().queue == "general"

    world.presence("ana")
    assert world.offered() == "ana"


def test_wrap_up_of_one_conversation_does_not_hide_the_next(world: Playground) -> None:
    world.configure(wrap_up=60_000)
    world.active_with("ana")
    world.close()
    other = replace(world.config.workstreams[0], name="other")
    moved = replace(world.config.numbers[0], workstream="other")
    world.do(Configure(config=replace(world.config, workstreams=(*world.config.workstreams, other), numbers=(moved,))))
    world.text("a new thing")
    world.later(60_000)
    world.text("the same new thing")

    assert world.board.conversation(3) is None
    assert len(world.board.conversations) == 1


def test_a_workstream_with_open_conversations_stays(world: Playground) -> None:
    world.text()
    before = world.board.snapshot()
    with pytest.raises(InvalidConfiguration, match="'support' is gone, but 1 open conversations run under it"):
        world.do(Configure(config=replace(CONFIG, workstreams=(), numbers=())))

    assert world.board.snapshot() == before


def test_a_second_text_with_the_same_provider_id_changes_nothing(world: Playground) -> None:
    first = world.text()
    world._texts -= 1
    again = world.text()

    assert (len(first) > 0, again) == (True, ())


def test_replying_twice_queues_two_messages_in_order(world: Playground) -> None:
    world.active_with("ana")
    world.do(Reply(conversation=1, by="ana", body="one"))
    world.do(Reply(conversation=1, by="ana", body="two"))

    assert [world.board.messages[each].body for each in sorted(world.board.messages)] == ["one", "two"]
