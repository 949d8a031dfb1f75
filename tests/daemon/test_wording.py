"""What the desk says, in which words."""

from __future__ import annotations

import pytest

from cordboard.daemon.desk.wording import Times, countdown, delivery_of, length_of_time, phone_number
from cordboard.engine.carrier import Failure
from cordboard.engine.records import Message
from cordboard.engine.vocabulary import Direction, MessageStatus

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


@pytest.mark.parametrize(
    ("message", "word", "tone", "why"),
    [
        (text(MessageStatus.QUEUED), "queued", "pending", ""),
        (text(MessageStatus.SENDING), "sending", "pending", ""),
        (text(MessageStatus.SENT), "sent", "good", ""),
        (text(MessageStatus.DELIVERED), "delivered", "good", ""),
        (text(MessageStatus.CANCELED), "canceled", "bad", ""),
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
            text(MessageStatus.SENDING, uncertain=True, failure=Failure(code="ambiguous", text="No answer")),
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
        # It was reported after all: what the carrier says outranks what we could not know.
        (text(MessageStatus.DELIVERED, uncertain=True), "delivered", "good", ""),
    ],
)
def test_every_text_says_how_far_it_has_come(message: Message, word: str, tone: str, why: str) -> None:
    delivery = delivery_of(message, Times("UTC", NOON))

    assert delivery is not None
    assert (delivery.word, delivery.tone, delivery.why) == (word, tone, why)


def test_a_customers_text_has_no_delivery() -> None:
    received = text(MessageStatus.RECEIVED, direction=Direction.INBOUND)

    assert delivery_of(received, Times("UTC", NOON)) is None


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
