"""How far a text of ours has come, whatever order the carrier tells it in."""

from __future__ import annotations

import itertools

import pytest
from msgspec.structs import replace

from cordboard.engine.board.ranks import RANK
from cordboard.engine.carrier import Accepted, Ambiguous, DeliveryReported, Failure, Rejected, SendResult, Throttled
from cordboard.engine.commands import RecordSend, StartSending
from cordboard.engine.config import HOUR, SECOND
from cordboard.engine.errors import InvalidMessage, NotFound
from cordboard.engine.events import DeliveryDisputed, Event, ReportKept, ReportUnmatched
from cordboard.engine.records import Message
from cordboard.engine.testing.playground import Playground
from cordboard.engine.vocabulary import AmbiguousSends, MessageStatus

FAILURE = Failure(code="503", text="the carrier is unwell")
REPLY = 2
"""The id of the reply: the customer's text has 1."""


@pytest.fixture
def sending(world: Playground) -> Playground:
    """A board with one reply that is being handed over."""
    world.active_with("ana")
    world.reply()
    world.do(StartSending(message=REPLY))
    return world


def message(world: Playground) -> Message:
    found = world.board.message(REPLY)
    assert found is not None
    return found


def answer(world: Playground, result: SendResult, *, repeatable: bool = False) -> tuple[Event, ...]:
    return world.do(RecordSend(message=REPLY, result=result, repeatable=repeatable))


def report(
    world: Playground, status: MessageStatus, *, ours: int | None = None, provider_id: str = "OUT1"
) -> tuple[Event, ...]:
    return world.do(DeliveryReported(channel="main", provider_id=provider_id, status=status, message=ours))


def test_a_reply_is_queued_then_sending_then_sent_then_delivered(world: Playground) -> None:
    world.active_with("ana")
    world.reply()
    statuses = [message(world).status]
    world.do(StartSending(message=REPLY))
    statuses.append(message(world).status)
    answer(world, Accepted(provider_id="OUT1", segments=2))
    statuses.append(message(world).status)
    report(world, MessageStatus.DELIVERED)
    statuses.append(message(world).status)

    assert [each.value for each in statuses] == ["queued", "sending", "sent", "delivered"]
    assert (message(world).provider_id, message(world).segments, message(world).unsent) == ("OUT1", 2, False)


@pytest.mark.parametrize(
    "order",
    list(itertools.permutations([MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED])),
    ids=lambda order: "-".join(each.value for each in order),
)
def test_reports_in_any_order_end_at_the_furthest(sending: Playground, order: tuple[MessageStatus, ...]) -> None:
    answer(sending, Accepted(provider_id="OUT1"))
    for status in order:
        report(sending, status)
        report(sending, status)

    assert message(sending).status is MessageStatus.DELIVERED


def test_a_report_never_takes_a_message_back(sending: Playground) -> None:
    answer(sending, Accepted(provider_id="OUT1"))
    report(sending, MessageStatus.DELIVERED)
    events = report(sending, MessageStatus.SENT)

    assert (events, message(sending).status) == ((), MessageStatus.DELIVERED)


def test_a_second_ending_that_disagrees_is_recorded_and_not_applied(sending: Playground) -> None:
    answer(sending, Accepted(provider_id="OUT1"))
    report(sending, MessageStatus.UNDELIVERED)
    events = report(sending, MessageStatus.DELIVERED)

    assert [type(each) for each in events] == [DeliveryDisputed]
    assert message(sending).status is MessageStatus.UNDELIVERED


def test_a_report_with_our_id_may_come_before_the_answer(sending: Playground) -> None:
    report(sending, MessageStatus.DELIVERED, ours=REPLY)
    answer(sending, Accepted(provider_id="OUT1"))

    assert (message(sending).status, message(sending).provider_id) == (MessageStatus.DELIVERED, "OUT1")


def test_a_report_without_our_id_is_kept_until_the_answer_names_its_message(sending: Playground) -> None:
    (kept,) = report(sending, MessageStatus.DELIVERED)
    assert isinstance(kept, ReportKept)

    answer(sending, Accepted(provider_id="OUT1"))

    assert message(sending).status is MessageStatus.DELIVERED
    assert sending.board.early_reports == ()


def test_a_kept_report_is_let_go_when_nothing_can_claim_it(sending: Playground) -> None:
    report(sending, MessageStatus.DELIVERED, provider_id="SOMEBODY-ELSES")
    events = answer(sending, Accepted(provider_id="OUT1"))

    assert isinstance(events[-1], ReportUnmatched)
    assert sending.board.early_reports == ()


def test_a_report_cannot_touch_a_text_that_was_never_handed_over(world: Playground) -> None:
    world.active_with("ana")
    world.reply()
    (event,) = report(world, MessageStatus.DELIVERED, ours=REPLY)

    assert isinstance(event, ReportUnmatched)
    assert message(world).status is MessageStatus.QUEUED


def test_a_report_cannot_touch_a_text_that_the_carrier_has_not_taken(sending: Playground) -> None:
    answer(sending, Throttled(failure=FAILURE))
    (event,) = report(sending, MessageStatus.DELIVERED, ours=REPLY)

    assert isinstance(event, ReportUnmatched)
    assert message(sending).status is MessageStatus.QUEUED


def test_a_report_of_another_message_with_our_id_is_not_believed(sending: Playground) -> None:
    answer(sending, Accepted(provider_id="OUT1"))
    report(sending, MessageStatus.FAILED, ours=REPLY, provider_id="OF-ANOTHER-DATABASE")

    assert (message(sending).status, message(sending).provider_id) == (MessageStatus.SENT, "OUT1")


def test_a_text_that_may_have_been_sent_never_ends_as_certainly_not_sent(sending: Playground) -> None:
    sending.configure(ambiguous_sends=AmbiguousSends.AT_LEAST_ONCE)
    answer(sending, Ambiguous(failure=FAILURE))
    sending.at += 1 * SECOND
    sending.do(StartSending(message=REPLY))
    answer(sending, Rejected(failure=FAILURE))

    assert (message(sending).status, message(sending).uncertain) == (MessageStatus.SENDING, True)
    assert "may not have been sent" in (message(sending).failure or FAILURE).text


def test_a_text_that_grew_old_in_the_queue_is_not_sent_any_more(world: Playground) -> None:
    world.active_with("ana")
    world.reply("see you in ten minutes")
    world.at += 1 * HOUR + 1
    world.do(StartSending(message=REPLY))

    assert message(world).status is MessageStatus.FAILED


def test_a_carrier_that_asks_for_a_long_wait_is_asked_once_more_at_the_last_moment(sending: Playground) -> None:
    answer(sending, Throttled(failure=FAILURE, retry_after=2 * HOUR))

    assert message(sending).not_before == message(sending).at + 1 * HOUR


def test_a_report_about_nothing_of_ours_changes_no_message(world: Playground) -> None:
    world.active_with("ana")
    (event,) = report(world, MessageStatus.DELIVERED)

    assert isinstance(event, ReportUnmatched)


def test_a_report_cannot_touch_a_customers_text(world: Playground) -> None:
    world.text()
    (event,) = report(world, MessageStatus.FAILED, ours=1)

    assert isinstance(event, ReportUnmatched)


def test_a_rejected_text_has_failed_and_says_why(sending: Playground) -> None:
    answer(sending, Rejected(failure=Failure(code="21614", text="not a mobile number")))

    assert (message(sending).status, message(sending).failure) == (
        MessageStatus.FAILED,
        Failure(code="21614", text="not a mobile number"),
    )


def test_a_throttled_text_waits_as_long_as_the_carrier_asks(sending: Playground) -> None:
    answer(sending, Throttled(failure=FAILURE, retry_after=30 * SECOND))

    assert (message(sending).status, message(sending).not_before) == (
        MessageStatus.QUEUED,
        sending.at + 30 * SECOND,
    )


def test_waits_between_tries_grow(sending: Playground) -> None:
    waits = []
    for _ in range(8):
        answer(sending, Throttled(failure=FAILURE))
        until = message(sending).not_before
        assert until is not None
        waits.append((until - sending.at) // SECOND)
        sending.at = until
        sending.do(StartSending(message=REPLY))

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_text_the_carrier_will_not_take_is_given_up_after_an_hour(sending: Playground) -> None:
    sending.at += 1 * HOUR
    answer(sending, Throttled(failure=FAILURE))

    assert message(sending).status is MessageStatus.FAILED
    assert "not sent within 60 min" in (message(sending).failure or FAILURE).text


def test_an_account_that_is_down_does_not_burn_its_texts(sending: Playground) -> None:
    answer(sending, Rejected(failure=FAILURE, channel_down=True))

    assert message(sending).status is MessageStatus.QUEUED


def test_an_ambiguous_text_is_not_sent_again_and_says_so(sending: Playground) -> None:
    answer(sending, Ambiguous(failure=FAILURE))

    assert (message(sending).status, message(sending).uncertain, message(sending).unsent) == (
        MessageStatus.SENDING,
        True,
        False,
    )


def test_an_ambiguous_text_is_sent_again_where_the_workstream_says_so(sending: Playground) -> None:
    sending.configure(ambiguous_sends=AmbiguousSends.AT_LEAST_ONCE)
    answer(sending, Ambiguous(failure=FAILURE))

    assert message(sending).status is MessageStatus.QUEUED


def test_an_ambiguous_text_is_sent_again_where_the_carrier_takes_it_once(sending: Playground) -> None:
    answer(sending, Ambiguous(failure=FAILURE), repeatable=True)

    assert message(sending).status is MessageStatus.QUEUED


def test_a_text_that_may_have_been_sent_is_not_begun_again_once_the_carrier_may_not_know_it(
    sending: Playground,
) -> None:
    answer(sending, Ambiguous(failure=FAILURE), repeatable=True)
    sending.at += 1 * SECOND
    sending.do(StartSending(message=REPLY, repeatable=True))
    answer(sending, Throttled(failure=FAILURE), repeatable=True)
    sending.at += 30 * SECOND
    sending.do(StartSending(message=REPLY, repeatable=False))

    assert (message(sending).uncertain, message(sending).attempts) == (True, 2)
    assert "may not have been sent" in (message(sending).failure or FAILURE).text


def test_a_text_that_was_certainly_not_sent_is_begun_again_however_late(sending: Playground) -> None:
    answer(sending, Throttled(failure=FAILURE))
    sending.at += 30 * SECOND
    sending.do(StartSending(message=REPLY, repeatable=False))

    assert (message(sending).status, message(sending).attempts) == (MessageStatus.SENDING, 2)


def test_any_report_proves_that_an_ambiguous_text_was_sent(sending: Playground) -> None:
    answer(sending, Ambiguous(failure=FAILURE))
    report(sending, MessageStatus.QUEUED, ours=REPLY)

    assert (message(sending).status, message(sending).uncertain, message(sending).failure) == (
        MessageStatus.SENT,
        False,
        None,
    )


def test_a_text_is_handed_over_once_at_a_time(sending: Playground) -> None:
    with pytest.raises(InvalidMessage, match="message 2 is sending"):
        sending.do(StartSending(message=REPLY))

    with pytest.raises(NotFound, match="no outbound message 1"):
        sending.do(StartSending(message=1))


def test_an_answer_that_was_noted_is_not_noted_again(sending: Playground) -> None:
    answer(sending, Accepted(provider_id="OUT1"))

    assert answer(sending, Accepted(provider_id="OUT1")) == ()
    assert answer(sending, Rejected(failure=FAILURE)) == ()


def test_every_status_has_a_rank() -> None:
    assert set(RANK) == set(MessageStatus)


def test_a_number_that_moved_to_another_channel_opens_a_new_conversation(world: Playground) -> None:
    world.active_with("ana")
    world.close()
    other = replace(world.config.channels[0], name="other")
    number = replace(world.config.numbers[0], channel="other")
    world.config = replace(world.config, channels=(*world.config.channels, other), numbers=(number,))
    world.configure()
    (unroutable,) = world.text()

    assert type(unroutable).__name__ == "TextUnroutable"
