"""Which events give occasion to tell the customer something, and what.

Events are what has happened, so nothing is told that did not happen, and whatever leads to an event is told alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from cordboard.engine.events import (
    ConversationClosed,
    ConversationEscalated,
    ConversationOffered,
    ConversationOverflowed,
    ConversationPicked,
    ConversationQueued,
    ConversationReleased,
    ConversationReopened,
    ConversationRequeued,
    ConversationTransferred,
    MessageReceived,
    OfferAccepted,
    ReplyQueued,
)
from cordboard.engine.records import Conversation
from cordboard.engine.routing_words import OverflowAction
from cordboard.engine.vocabulary import SYSTEM, CloseReason, MessageTrigger, Timestamp, Trigger


class Occasion(NamedTuple):
    """Something to tell a customer of.

    Attributes:
        conversation: In which conversation.
        triggers: What it may be told as: as the first of these for which there is a text.
        rep: Whom it is about, if anybody.
        answer_at: When an answer can be expected, where that is what it tells of.
    """

    conversation: int
    triggers: tuple[MessageTrigger, ...]
    rep: str | None = None
    answer_at: Timestamp | None = None


CLOSED_NOW: Final = (MessageTrigger.HOLIDAY, MessageTrigger.OUT_OF_HOURS)
"""What is told where it turns out that the number's hours are over; on a holiday rather the first."""

_Before: TypeAlias = Conversation | None


def _began(event: ConversationQueued, _before: _Before) -> Iterator[Occasion]:
    yield Occasion(event.conversation, (MessageTrigger.GREETING,))
    yield Occasion(event.conversation, CLOSED_NOW)


def _began_again(event: ConversationReopened, _before: _Before) -> Iterator[Occasion]:
    yield Occasion(event.conversation, CLOSED_NOW)


def _escalated(event: ConversationEscalated, _before: _Before) -> Iterator[Occasion]:
    yield Occasion(event.conversation, (MessageTrigger.UNASSIGNABLE,))


def _overflowed(event: ConversationOverflowed, _before: _Before) -> Iterator[Occasion]:
    if event.stays:
        return

    if event.do is OverflowAction.END:
        yield Occasion(event.conversation, (MessageTrigger.OVERFLOW_END,))
    elif event.do is OverflowAction.LATER:
        yield Occasion(event.conversation, (MessageTrigger.OVERFLOW_LATER,), answer_at=event.answer_at)


def _offered(event: ConversationOffered, _before: _Before) -> Iterator[Occasion]:
    yield Occasion(event.conversation, (MessageTrigger.ASSIGNED,), event.rep)


def _accepted(event: OfferAccepted, before: _Before) -> Iterator[Occasion]:
    origin = before.assignment.origin if before is not None and before.assignment is not None else None
    if origin is Trigger.WAKE:
        return  # the customer has met them, and they had never left

    handed_on = (MessageTrigger.TRANSFER_ACCEPTED,) if origin is Trigger.TRANSFER else ()
    yield Occasion(event.conversation, (*handed_on, MessageTrigger.JOINED), event.rep)


def _picked(event: ConversationPicked, _before: _Before) -> Iterator[Occasion]:
    yield Occasion(event.conversation, (MessageTrigger.JOINED,), event.rep)


def _transferred(event: ConversationTransferred, before: _Before) -> Iterator[Occasion]:
    yield Occasion(event.conversation, (MessageTrigger.LEFT,), before.rep if before is not None else None)
    yield Occasion(event.conversation, (MessageTrigger.ASSIGNED,), event.rep)


def _released(event: ConversationReleased, before: _Before) -> Iterator[Occasion]:
    rep = before.rep if before is not None else None
    if event.disconnected:
        yield Occasion(event.conversation, (MessageTrigger.DISCONNECTED,), rep)
    elif event.by not in (SYSTEM, "customer"):
        yield Occasion(event.conversation, (MessageTrigger.LEFT,), rep)


def _closed(event: ConversationClosed, before: _Before) -> Iterator[Occasion]:
    trigger = {
        CloseReason.REP: MessageTrigger.ENDED,
        CloseReason.SUPERVISOR: MessageTrigger.ENDED,
        CloseReason.INACTIVITY: MessageTrigger.INACTIVITY,
    }.get(event.reason)
    if trigger is not None:
        yield Occasion(event.conversation, (trigger,), before.rep if before is not None else None)


OCCASIONS: Final[dict[type[Any], Callable[[Any, _Before], Iterator[Occasion]]]] = {
    ConversationQueued: _began,
    ConversationReopened: _began_again,
    ConversationEscalated: _escalated,
    ConversationOverflowed: _overflowed,
    ConversationOffered: _offered,
    OfferAccepted: _accepted,
    ConversationPicked: _picked,
    ConversationTransferred: _transferred,
    ConversationReleased: _released,
    ConversationClosed: _closed,
}
"""What is told of an event, by its class, given its conversation as it was before."""

ENTERING: Final = (ConversationQueued, ConversationReopened, ConversationRequeued, ConversationReleased)
"""By these a conversation comes onto a queue anew; after an offer that came to nothing it is only back on it."""

WATCHED: Final[frozenset[type]] = frozenset({*OCCASIONS, *ENTERING, MessageReceived, ReplyQueued})
"""Everything that is looked at: besides what is told of, what may forbid to tell of it."""
