"""What happened to a conversation, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cordboard.daemon.desk.wording import CLOSE_REASONS, OVERFLOWS
from cordboard.engine import events
from cordboard.engine.routing_words import OverflowCondition
from cordboard.engine.vocabulary import OVERFLOW, SYSTEM, ConsentSource

_WHYS: Final = {
    **{f"{OVERFLOW}: {each.value}": "" for each in OverflowCondition},  # noted just before, with the queue's name
    "offline": "they are offline",
    "desk gone": "their desk is gone",
    "last rep": "they had it last",
}
"""The reasons that the system gives, in the words of the desk."""


def note_of(event: events.Event, names: Mapping[str, str]) -> str:
    """Return what an event says to a reader of the transcript; nothing for one that its texts show already.

    Args:
        event: What happened.
        names: What people call each rep.
    """
    words = _NOTES.get(type(event))
    return words(event, names) if words else ""


def who(name: str, names: Mapping[str, str]) -> str:
    """Return what people call whoever goes by `name`."""
    return "Cordboard" if name == SYSTEM else names.get(name, name)


def _by(event: events.Move, names: Mapping[str, str]) -> str:
    return "" if event.by == SYSTEM else f" by {who(event.by, names)}"


def why_of(event: events.Move) -> str:
    """Return why something happened, as people say it: the system's own reasons are words of the house."""
    return _WHYS.get(event.why, event.why) if event.by == SYSTEM else event.why


def _why(event: events.Move) -> str:
    why = why_of(event)
    return f": {why}" if why else ""


def _queued(event: events.ConversationQueued, _names: Mapping[str, str]) -> str:
    return f"On queue {event.queue}"


def _offered(event: events.Grant, names: Mapping[str, str]) -> str:
    return f"Offered to {who(event.rep, names)}{_by(event, names)}{_why(event)}"


def _accepted(event: events.OfferAccepted, names: Mapping[str, str]) -> str:
    if event.by == SYSTEM:
        return f"Accepted by itself for {who(event.rep, names)}"

    return f"{who(event.rep, names)} accepted{_why(event)}"


def _declined(event: events.OfferDeclined, names: Mapping[str, str]) -> str:
    return f"{who(event.rep, names)} declined{_why(event)}"


def _expired(event: events.OfferExpired, names: Mapping[str, str]) -> str:
    return f"{who(event.rep, names)} did not answer the offer in time"


def _withdrawn(event: events.OfferWithdrawn, names: Mapping[str, str]) -> str:
    return f"Offer to {who(event.rep, names)} taken back{_by(event, names)}{_why(event)}"


def _picked(event: events.ConversationPicked, names: Mapping[str, str]) -> str:
    return f"{who(event.rep, names)} took it from the queue{_why(event)}"


def _requeued(event: events.ConversationRequeued, names: Mapping[str, str]) -> str:
    return f"Moved to queue {event.queue}{_by(event, names)}{_why(event)}"


def _overflowed(event: events.ConversationOverflowed, _names: Mapping[str, str]) -> str:
    stays = f"; it stays, since {event.stays}" if event.stays else ""
    return f"Queue {event.queue} overflows: {OVERFLOWS[event.when]}{stays}"


def _parked(event: events.ConversationParked, names: Mapping[str, str]) -> str:
    if event.by == SYSTEM:
        return "Parked: the customer has been silent"

    return f"Parked{_by(event, names)}"


def _resumed(event: events.ConversationResumed, names: Mapping[str, str]) -> str:
    return f"{who(event.rep, names)} resumed"


def _woken(event: events.ConversationWoken, names: Mapping[str, str]) -> str:
    return f"Woken by a new text: offered to {who(event.rep, names)}"


def _released(event: events.ConversationReleased, names: Mapping[str, str]) -> str:
    moved = "Transferred to" if event.transferred else "Put back on"
    return f"{moved} queue {event.queue}{_by(event, names)}{_why(event)}"


def _transferred(event: events.ConversationTransferred, names: Mapping[str, str]) -> str:
    return f"Transferred to {who(event.rep, names)}{_by(event, names)}{_why(event)}"


def _closed(event: events.ConversationClosed, names: Mapping[str, str]) -> str:
    reason = CLOSE_REASONS[event.reason]
    return f"Ended{_by(event, names)}{f': {reason}' if reason else _why(event)}"


def _wrap_up_ended(event: events.WrapUpEnded, names: Mapping[str, str]) -> str:
    return f"Wrap-up ended{_by(event, names)}{_why(event)}"


def _reopened(event: events.ConversationReopened, _names: Mapping[str, str]) -> str:
    return f"Opened again by a new text: on queue {event.queue}"


def _opted_out(event: events.CustomerOptedOut, _names: Mapping[str, str]) -> str:
    return f"The customer opted out{_as_said(event)}: nothing can be sent until they text START"


def _opted_in(event: events.CustomerOptedIn, _names: Mapping[str, str]) -> str:
    return f"The customer takes texts again{_as_said(event)}"


def _as_said(event: events.CustomerOptedOut | events.CustomerOptedIn) -> str:
    if event.source is ConsentSource.CARRIER:
        return f", says the carrier ({event.word})"

    return f" with “{event.word}”"


_NOTES: Final[dict[type[Any], Callable[[Any, Mapping[str, str]], str]]] = {
    events.ConversationQueued: _queued,
    events.ConversationOffered: _offered,
    events.OfferAccepted: _accepted,
    events.OfferDeclined: _declined,
    events.OfferExpired: _expired,
    events.OfferWithdrawn: _withdrawn,
    events.ConversationPicked: _picked,
    events.ConversationRequeued: _requeued,
    events.ConversationOverflowed: _overflowed,
    events.ConversationParked: _parked,
    events.ConversationResumed: _resumed,
    events.ConversationWoken: _woken,
    events.ConversationReleased: _released,
    events.ConversationTransferred: _transferred,
    events.ConversationClosed: _closed,
    events.ConversationReopened: _reopened,
    events.WrapUpEnded: _wrap_up_ended,
    events.CustomerOptedOut: _opted_out,
    events.CustomerOptedIn: _opted_in,
}
"""The events that a transcript notes."""
