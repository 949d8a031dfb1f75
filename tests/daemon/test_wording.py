"""What the desk says, in which words."""

from __future__ import annotations

import pytest

from cordboard.daemon.desk.notes import note_of
from cordboard.daemon.desk.wording import (
    Delivery,
    Times,
    countdown,
    delivery_of,
    how_opted_out,
    length_of_time,
    phone_number,
)
from cordboard.engine.carrier import Failure
from cordboard.engine.config import HOUR
from cordboard.engine.events import ConversationClosed, CustomerOptedIn, CustomerOptedOut, Event
from cordboard.engine.records import Consent, Message
from cordboard.engine.states import ChannelState
from cordboard.engine.vocabulary import CloseReason, ConsentSource, Direction, FailureKind, MessageStatus

NOON = 1_795_521_600_000  # 24 November 2026, 12:00 in UTC


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+14155550123", "+1 415 555 0123"),
        ("+447700900123", "+44 770 090 0123"),
        ("+4915123456789", "+49 151 234 567 89"),
        ("+3531234567", "+353 123 4567"),
        ("+77012345678", "+7 701 234 5678"),
        ("12345", "12345"),
        ("+", "+"),
        ("", ""),
        ("BANK", "BANK"),
    ],
)
def test_numbers_are_shown_in_groups_that_can_be_read_out(address: str, shown: str) -> None:
    assert phone_number(address) == shown


def text(status: MessageStatus, **more: object) -> Message:
    facts = {"id": 1, "conversation": 1, "channel": "main", "number": "+1", "customer": "+2", "author": "ana"}
    return Message(
        **{**facts, "direction": Direction.OUTBOUND, "body": "Hi", "at": NOON, "status": status, **more}  # type: ignore[arg-type]
    )


def shown(message: Message, channel: ChannelState | None = None) -> Delivery:
    delivery = delivery_of(
        message, Times("UTC", NOON), report_timeout=HOUR, channel=channel or ChannelState(name="main")
    )
    assert delivery is not None
    return delivery


def failed(kind: FailureKind, status: MessageStatus = MessageStatus.FAILED, **more: object) -> Message:
    return text(status, failure=Failure(code="1", text="The carrier's words.", kind=kind), **more)


@pytest.mark.parametrize(
    ("message", "word", "tone", "why"),
    [
        (text(MessageStatus.QUEUED), "queued", "pending", ""),
        (text(MessageStatus.SENDING), "sending", "pending", ""),
        (text(MessageStatus.SENT, sent_at=NOON - HOUR + 1), "sent", "good", ""),
        (text(MessageStatus.DELIVERED, sent_at=NOON - 2 * HOUR), "delivered", "good", ""),
        (text(MessageStatus.CANCELED), "taken back", "bad", ""),
        (
            text(MessageStatus.FAILED, failure=Failure(code="21614", text="No mobile number")),
            "not sent",
            "bad",
            "No mobile number",
        ),
        (
            text(MessageStatus.UNDELIVERED, failure=Failure(code="30003", text="Handset off")),
            "not delivered",
            "bad",
            "Handset off",
        ),
        (
            text(
                MessageStatus.SENDING,
                uncertain=True,
                failure=Failure(code="ambiguous", text="It may not have been sent: No answer"),
            ),
            "may not have been sent",
            "unsure",
            "No answer",
        ),
        (
            text(MessageStatus.QUEUED, not_before=NOON + 60_000, failure=Failure(code="429", text="Too fast")),
            "queued",
            "pending",
            "will be tried again at 12:01: Too fast",
        ),
        (
            text(MessageStatus.SENT, sent_at=NOON - HOUR),
            "delivery unknown",
            "unsure",
            "the carrier has said nothing for 1 h; it may have arrived",
        ),
        (
            text(
                MessageStatus.SENT,
                sent_at=NOON,
                unreported=True,
                failure=Failure(code="4004", text="Nobody will know."),
            ),
            "delivery unknown",
            "unsure",
            "Nobody will know.",
        ),
        (
            text(MessageStatus.DELIVERED, disputed=MessageStatus.UNDELIVERED),
            "delivered, disputed",
            "unsure",
            "the carrier said so first, and later “not delivered”",
        ),
        # It was reported after all: what the carrier says outranks what we could not know.
        (text(MessageStatus.DELIVERED, uncertain=True), "delivered", "good", ""),
    ],
)
def test_every_text_says_how_far_it_has_come(message: Message, word: str, tone: str, why: str) -> None:
    delivery = shown(message)

    assert (delivery.word, delivery.tone, delivery.why) == (word, tone, why)


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failed_text_tells_its_rep_what_can_be_done(kind: FailureKind) -> None:
    delivery = shown(failed(kind))

    assert delivery.why == "The carrier's words."
    assert delivery.advice.endswith(".")
    assert ("can be sent again" in delivery.advice) is kind.may_pass
    assert delivery.again is (kind.may_pass or kind is FailureKind.CONTENT)


def test_nobody_is_asked_to_write_an_automated_text_again() -> None:
    delivery = shown(failed(FailureKind.TROUBLE, author="system"))

    assert (delivery.word, delivery.advice, delivery.again) == ("not sent", "", False)


def test_a_text_in_doubt_is_to_be_asked_about_before_it_is_sent_again() -> None:
    delivery = shown(failed(FailureKind.TROUBLE, MessageStatus.SENDING, uncertain=True))

    assert delivery.advice.startswith("Ask the customer whether they have it")
    assert not delivery.again


def test_a_text_that_waits_for_its_channel_says_so() -> None:
    stopped = ChannelState(
        name="main", stopped_at=NOON - 60_000, failure=Failure(code="20003", text="Wrong credentials.")
    )

    queued = shown(text(MessageStatus.QUEUED, not_before=NOON + 60_000), stopped)
    sent = shown(text(MessageStatus.SENT, sent_at=NOON), stopped)

    assert queued.why == "texts wait, the channel is stopped since 11:59: Wrong credentials."
    assert (sent.word, sent.why) == ("sent", "")


def test_a_customers_text_has_no_delivery() -> None:
    received = text(MessageStatus.RECEIVED, direction=Direction.INBOUND)

    assert delivery_of(received, Times("UTC", NOON), report_timeout=HOUR, channel=ChannelState(name="main")) is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (ConsentSource.KEYWORD, "today at 12:00, with “STOP”"),
        (ConsentSource.CARRIER, "today at 12:00, as their carrier says"),
    ],
)
def test_it_is_said_when_and_how_a_customer_opted_out(source: ConsentSource, words: str) -> None:
    consent = Consent(number="+1", customer="+2", opted_out=True, at=NOON, source=source, word="STOP")

    assert how_opted_out(consent, Times("UTC", NOON)) == words


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            CustomerOptedOut(seq=1, at=1, number="+1", customer="+2", source=ConsentSource.KEYWORD, word="Stop"),
            "The customer opted out with “Stop”: nothing can be sent until they text START",
        ),
        (
            CustomerOptedOut(seq=1, at=1, number="+1", customer="+2", source=ConsentSource.CARRIER, word="21610"),
            "The customer opted out, says the carrier (21610): nothing can be sent until they text START",
        ),
        (
            CustomerOptedIn(seq=1, at=1, number="+1", customer="+2", source=ConsentSource.KEYWORD, word="START"),
            "The customer takes texts again with “START”",
        ),
        (
            ConversationClosed(seq=1, at=1, conversation=1, by="system", reason=CloseReason.OPT_OUT),
            "Ended: the customer wants no more texts",
        ),
        (
            ConversationClosed(seq=1, at=1, conversation=1, by="system", reason=CloseReason.KEYWORD),
            "Ended: it was only a word that is answered by itself",
        ),
        (
            ConversationClosed(seq=1, at=1, conversation=1, by="system", reason=CloseReason.INACTIVITY),
            "Ended: nothing happened for long enough",
        ),
        (
            ConversationClosed(seq=1, at=1, conversation=1, by="ana", reason=CloseReason.REP),
            "Ended by Ana",
        ),
    ],
)
def test_a_transcript_notes_consent_and_why_a_conversation_ended(event: Event, words: str) -> None:
    assert note_of(event, {"ana": "Ana"}) == words


def test_times_are_told_by_the_boards_clock() -> None:
    times = Times("America/Los_Angeles", NOON)

    assert times.clock(NOON) == "04:00"
    assert times.day(NOON) == "Today"
    assert times.day(NOON - 5 * 3_600_000) == "Yesterday"
    assert times.day(NOON - 48 * 3_600_000) == "Sun 22 Nov 2026"
    assert times.full(NOON) == "Tue 24 Nov 2026, 04:00:00 PST"
    assert times.iso(NOON) == "2026-11-24T12:00:00.000Z"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (-5, "< 1 min"),
        (59_999, "< 1 min"),
        (60_000, "1 min"),
        (3_600_000, "1 h"),
        (172_799_999, "47 h"),
        (172_800_000, "2 d"),
    ],
)
def test_lengths_of_time_are_told_in_their_largest_unit(length: int, words: str) -> None:
    assert length_of_time(length) == words


@pytest.mark.parametrize(
    ("left", "shown"), [(120_000, "2:00"), (119_001, "2:00"), (61_000, "1:01"), (1, "0:01"), (-9, "0:00")]
)
def test_a_countdown_counts_a_second_that_has_begun(left: int, shown: str) -> None:
    assert countdown(left) == shown
