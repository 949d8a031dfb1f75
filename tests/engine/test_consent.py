"""Who has had enough gets nothing more: the words STOP, START and HELP, and what carriers tell of them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cordboard.engine.board.board import Board
from cordboard.engine.carrier import Accepted, DeliveryReported, Failure, Rejected, TextReceived
from cordboard.engine.commands import Configure, RecordSend, StartSending
from cordboard.engine.config import HOUR, MINUTE, Keywords, Number
from cordboard.engine.errors import OptedOut
from cordboard.engine.events import CustomerOptedIn, CustomerOptedOut, Event, ReplyQueued, SendCanceled
from cordboard.engine.testing.playground import CONFIG, CUSTOMER, OURS, Playground
from cordboard.engine.vocabulary import (
    CloseReason,
    ConsentSource,
    FailureKind,
    Keyword,
    MessageStatus,
    NumberKind,
    State,
)

BLOCKED = Failure(code="21610", text="opted out", kind=FailureKind.OPTED_OUT)

LOCAL = "+14255550100"

WITH_LOCAL_NUMBER = replace(
    CONFIG,
    numbers=(
        *CONFIG.numbers,
        Number(address=LOCAL, channel="main", kind=NumberKind.LOCAL_10DLC, workstream="support"),
    ),
)


def opted_out(world: Playground, *, number: str = OURS) -> bool:
    return world.board.opted_out(number, CUSTOMER) is not None


def automated(events: tuple[Event, ...]) -> list[str]:
    """The texts that went out by themselves."""
    return [each.body for each in events if isinstance(each, ReplyQueued) and each.author == "system"]


def marked(keyword: Keyword, body: str, which: int = 1) -> TextReceived:
    """A text whose word the carrier has recognised and answered."""
    return TextReceived(
        channel="main", provider_id=f"MARKED{which}", sender=CUSTOMER, recipient=OURS, body=body, keyword=keyword
    )


def listed(body: str, sent_at: int) -> TextReceived:
    """A text that its webhook did not bring, and the carrier's list did."""
    return TextReceived(
        channel="main", provider_id=f"LISTED{sent_at}", sender=CUSTOMER, recipient=OURS, body=body, sent_at=sent_at
    )


@pytest.mark.parametrize(
    "word",
    ["STOP", "stop", " Stop. ", "“STOP”", "STOPALL", "unsubscribe", "CANCEL", "End", "quit", "Revoke", "OPTOUT",
     "opt out", "Opt-out!", "stop all"],
)  # fmt: skip
def test_stop_in_all_its_words_opts_out_and_is_confirmed_once(world: Playground, word: str) -> None:
    events = world.text(word)

    assert opted_out(world)
    assert automated(events) == [Keywords().stop]
    assert world.conversation().close_reason is CloseReason.OPT_OUT


@pytest.mark.parametrize("words", ["please stop by at 5", "stop it", "I want to cancel my order", "no", "yes", ""])
def test_what_says_more_is_for_a_person(world: Playground, words: str) -> None:
    world.text(words)

    assert not opted_out(world)
    assert world.conversation().state is State.QUEUED


def test_stop_in_an_open_conversation_is_in_its_transcript_and_closes_it(world: Playground) -> None:
    world.active_with("ana")
    world.text("STOP")

    assert (world.conversation().state, world.conversation().close_reason) == (State.CLOSED, CloseReason.OPT_OUT)
    assert world.board.load_of("ana") == 0
    assert world.board.counters.conversation == 1


def test_a_second_stop_is_not_answered_again(world: Playground) -> None:
    world.text("STOP")
    events = world.text("STOP")

    assert automated(events) == []
    assert opted_out(world)


def test_stop_does_not_bring_a_closed_conversation_back(world: Playground) -> None:
    world.active_with("ana")
    world.close()
    world.text("STOP")

    assert world.conversation(1).close_reason is CloseReason.REP
    assert world.conversation(2).close_reason is CloseReason.OPT_OUT
    assert world.offered(2) is None


def test_stop_opts_out_of_one_number_alone(world: Playground) -> None:
    world.do(Configure(config=WITH_LOCAL_NUMBER))
    world.text("STOP")

    assert (opted_out(world), opted_out(world, number=LOCAL)) == (True, False)


def test_whoever_opted_out_may_write_but_cannot_be_answered(world: Playground) -> None:
    world.text("STOP")
    world.active_with("ana")

    with pytest.raises(OptedOut, match="opted out"):
        world.reply()


@pytest.mark.parametrize("word", ["START", "start", "UNSTOP", "un-stop"])
def test_start_opts_in_again_and_is_confirmed(world: Playground, word: str) -> None:
    world.text("STOP")
    events = world.text(word)

    assert not opted_out(world)
    assert automated(events) == [Keywords().start]
    assert world.conversation(2).close_reason is CloseReason.KEYWORD


def test_yes_opts_in_except_on_a_toll_free_number(world: Playground) -> None:
    world.do(Configure(config=WITH_LOCAL_NUMBER))
    for number in (OURS, LOCAL):
        world.text("STOP", recipient=number)
        world.text("YES", recipient=number)

    assert (opted_out(world), opted_out(world, number=LOCAL)) == (True, False)


def test_start_from_who_never_opted_out_is_a_text_like_any_other(world: Playground) -> None:
    events = world.text("START")

    assert automated(events) == []
    assert world.conversation().state is State.QUEUED


def test_help_is_answered_and_goes_to_a_rep_all_the_same(world: Playground) -> None:
    world.presence("ana")
    events = world.text("HELP")

    assert automated(events) == [Keywords().help]
    assert world.offered() == "ana"
    assert world.conversation().unanswered_since == world.at


def test_two_machines_do_not_ask_each_other_for_help_for_ever(world: Playground) -> None:
    world.text("HELP")
    again = world.text("info")
    world.later(2 * MINUTE)
    later = world.text("HELP")

    assert (automated(again), automated(later)) == ([], [Keywords().help])


def test_help_from_who_opted_out_is_not_answered_by_a_text(world: Playground) -> None:
    world.text("STOP")

    assert automated(world.text("HELP")) == []


@pytest.mark.parametrize("keyword", Keyword)
def test_what_the_carrier_has_answered_is_not_answered_again(world: Playground, keyword: Keyword) -> None:
    events = world.do(marked(keyword, keyword.value))

    assert automated(events) == []
    assert opted_out(world) == (keyword is Keyword.STOP)


def test_a_carrier_that_answers_without_saying_so_can_be_configured(world: Playground) -> None:
    channel = replace(CONFIG.channels[0], answers_keywords=(Keyword.STOP,))
    world.do(Configure(config=replace(CONFIG, channels=(channel,))))
    events = world.text("STOP")

    assert opted_out(world)
    assert automated(events) == []
    assert automated(world.text("START")) == [Keywords().start]


def test_words_of_ones_own_can_be_configured_or_none(world: Playground) -> None:
    world.do(Configure(config=replace(CONFIG, keywords=Keywords(stop="Contoso: bye.", help=""))))

    assert automated(world.text("HELP")) == []
    assert automated(world.text("STOP")) == ["Contoso: bye."]


def test_the_confirmation_goes_out_after_the_stop_and_nothing_else_does(world: Playground) -> None:
    world.active_with("ana")
    world.reply("one moment")
    events = world.text("STOP")
    confirmation = next(each.message for each in events if isinstance(each, ReplyQueued))
    canceled = world.do(StartSending(message=2, key="a"))
    world.do(StartSending(message=confirmation, key="b"))
    reply, last = world.board.message(2), world.board.message(confirmation)

    assert [type(each) for each in canceled] == [SendCanceled]
    assert reply is not None
    assert reply.failure is not None
    assert (reply.status, reply.failure.kind) == (MessageStatus.CANCELED, FailureKind.OPTED_OUT)
    assert last is not None
    assert last.status is MessageStatus.SENDING


def test_a_confirmation_that_is_late_is_not_sent(world: Playground) -> None:
    events = world.text("STOP")
    confirmation = next(each.message for each in events if isinstance(each, ReplyQueued))
    world.later(6 * MINUTE)
    world.do(StartSending(message=confirmation, key="a"))
    found = world.board.message(confirmation)

    assert found is not None
    assert found.status is MessageStatus.FAILED


@pytest.mark.parametrize("told", ["answer", "report"])
def test_an_opt_out_that_the_carrier_tells_is_the_same_fact(world: Playground, told: str) -> None:
    world.active_with("ana")
    world.reply()
    world.do(StartSending(message=2, key="a"))
    if told == "answer":
        events = world.do(RecordSend(message=2, result=Rejected(failure=BLOCKED)))
    else:
        world.do(RecordSend(message=2, result=Accepted(provider_id="OUT1")))
        undelivered = MessageStatus.UNDELIVERED
        events = world.do(DeliveryReported(channel="main", provider_id="OUT1", status=undelivered, failure=BLOCKED))

    fact = next(each for each in events if isinstance(each, CustomerOptedOut))
    assert (fact.source, fact.word) == (ConsentSource.CARRIER, "21610")
    assert opted_out(world)
    assert automated(events) == []
    assert world.conversation().close_reason is CloseReason.OPT_OUT


def test_a_start_that_is_told_late_does_not_undo_a_newer_stop(world: Playground) -> None:
    world.text("STOP")
    world.later(MINUTE)
    world.text("START")
    started = world.at
    world.later(MINUTE)
    world.text("STOP")
    events = world.do(listed("START", started - 1))

    assert opted_out(world)
    assert automated(events) == []


def test_a_stop_that_is_told_late_does_not_undo_a_newer_start(world: Playground) -> None:
    world.text("STOP")
    world.later(10 * MINUTE)
    world.text("START")
    world.do(listed("STOP", world.at - MINUTE))
    world.do(listed("stop", world.at + 1))

    assert opted_out(world), "by the second one, which is newer"
    facts = [type(each) for each in world.journal if isinstance(each, CustomerOptedOut | CustomerOptedIn)]
    assert facts == [CustomerOptedOut, CustomerOptedIn, CustomerOptedOut]


def test_a_word_that_was_missed_for_long_is_heeded_and_not_answered(world: Playground) -> None:
    events = world.do(listed("STOP", world.at - HOUR))

    assert opted_out(world)
    assert automated(events) == []


def test_a_stop_that_comes_by_another_channel_than_its_number_s_is_heeded_all_the_same(world: Playground) -> None:
    other = replace(CONFIG.channels[0], name="other")
    world.do(Configure(config=replace(CONFIG, channels=(*CONFIG.channels, other))))
    world.active_with("ana")
    astray = replace(marked(Keyword.STOP, "STOP"), channel="other", keyword=None)
    events = world.do(astray)

    assert opted_out(world)
    assert automated(events) == []
    assert world.conversation().close_reason is CloseReason.OPT_OUT


def test_a_yes_that_the_carrier_takes_for_a_start_is_an_answer_from_who_never_opted_out(world: Playground) -> None:
    world.active_with("ana")
    world.reply("Shall we send it again?")
    world.park()
    events = world.do(marked(Keyword.START, "Yes"))

    assert automated(events) == []
    assert world.conversation().unanswered_since == world.at
    assert world.offered() == "ana"


def test_a_late_refusal_of_an_old_text_does_not_undo_a_start(world: Playground) -> None:
    world.active_with("ana")
    world.reply()
    world.do(StartSending(message=2, key="a"))
    world.do(RecordSend(message=2, result=Accepted(provider_id="OUT1")))
    world.later(MINUTE)
    world.text("STOP")
    world.text("START")
    undelivered = MessageStatus.UNDELIVERED
    world.do(DeliveryReported(channel="main", provider_id="OUT1", status=undelivered, failure=BLOCKED))

    assert not opted_out(world)


def test_help_after_another_word_s_answer_is_answered(world: Playground) -> None:
    world.text("STOP")
    world.text("START")

    assert automated(world.text("HELP")) == [Keywords().help]


def test_consent_outlives_the_conversation_and_a_restart(world: Playground) -> None:
    world.text("STOP")
    world.later(40 * 24 * HOUR)
    again = Board.restore(world.board.snapshot())

    assert again.opted_out(OURS, CUSTOMER) == world.board.opted_out(OURS, CUSTOMER) is not None


def test_every_change_of_consent_is_in_the_journal(world: Playground) -> None:
    world.text("STOP")
    world.text("START")
    facts = [each for each in world.journal if isinstance(each, CustomerOptedOut | CustomerOptedIn)]

    assert [(type(each), each.word, each.conversation) for each in facts] == [
        (CustomerOptedOut, "STOP", 1),
        (CustomerOptedIn, "START", 2),
    ]


def test_who_has_opted_out_is_listed_the_latest_first_and_goes_on_after_the_last_seen(world: Playground) -> None:
    customers = ("+14155550201", "+14155550202", "+14155550203")
    for customer in customers:
        world.text("STOP", customer=customer)
        world.later(MINUTE)

    world.text("START", customer=customers[1])
    [latest] = world.board.opt_outs(limit=1)
    after = world.board.opt_outs(before=(latest.at, latest.number, latest.customer), limit=9)

    assert latest.customer == customers[2]
    assert [each.customer for each in after] == [customers[0]]
    assert [each.customer for each in world.board.opt_outs(customer=customers[0], limit=9)] == [customers[0]]
    assert world.board.opt_outs(number=LOCAL, limit=9) == ()


def test_a_reply_to_who_opted_out_is_refused_for_that_reason_even_when_the_conversation_is_closed(
    world: Playground,
) -> None:
    world.active_with("ana")
    world.text("STOP")

    with pytest.raises(OptedOut):
        world.reply()
