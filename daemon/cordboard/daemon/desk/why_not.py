"""Why something was not done, in words that a representative reads at a glance: no name of a setting, no id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cordboard.daemon.allowance import TooManyUploads
from cordboard.daemon.desk.notes import who
from cordboard.engine.errors import (
    Bar,
    CannotAttach,
    CordboardError,
    Fault,
    Flaw,
    IllegalTransition,
    Inability,
    InvalidMessage,
    KeyReused,
    MessageTooLong,
    NotAllowed,
    NotFound,
    OfferBinding,
    OptedOut,
    RepUnable,
    StoreFull,
    Thing,
)
from cordboard.engine.vocabulary import State, Trigger

STATES: Final = {
    State.NEW: "new",
    State.QUEUED: "waiting on a queue",
    State.ASSIGNED: "offered to a representative",
    State.ACTIVE: "with a representative",
    State.CLOSED: "ended",
}

TRIGGERS: Final = {
    Trigger.ENQUEUE: "put on a queue",
    Trigger.REQUEUE: "put on another queue",
    Trigger.ASSIGN: "offered",
    Trigger.ACCEPT: "accepted",
    Trigger.DECLINE: "declined",
    Trigger.EXPIRE: "missed",
    Trigger.WITHDRAW: "withdrawn",
    Trigger.PICK: "taken from the queue",
    Trigger.PARK: "parked",
    Trigger.RESUME: "resumed",
    Trigger.WAKE: "woken",
    Trigger.RELEASE: "put back on its queue",
    Trigger.TRANSFER: "transferred",
    Trigger.CLOSE: "ended",
    Trigger.END_WRAP_UP: "finished",
    Trigger.REOPEN: "opened again",
}

INABILITIES: Final = {
    Inability.HELD: ("You have this conversation already.", "{rep} has this conversation already."),
    Inability.OFFLINE: (
        "You are offline: choose another presence before you take conversations.",
        "{rep} is offline and could not accept it. Choose somebody else, or a queue.",
    ),
    Inability.HOURS: (
        "You are outside of your working hours, so nothing is offered to you.",
        "{rep} is outside of their working hours. Choose somebody else, or a queue.",
    ),
    Inability.DRAINING: (
        "You are finishing what you have, so nothing more is offered to you. Choose a presence to go on.",
        "{rep} is finishing what they have, and gets nothing more. Choose somebody else, or a queue.",
    ),
    Inability.PRESENCE: (
        "Nothing of this kind is offered to you in the presence that you have. Choose another one.",
        "{rep} has a presence in which nothing of this kind is offered. Choose somebody else, or a queue.",
    ),
    Inability.CAPACITY: (
        "You have too little capacity free for it. End or park another conversation first.",
        "{rep} has too little capacity free for it. Choose somebody else, or a queue.",
    ),
    Inability.PROFILE: (
        "You have had as many conversations of this kind as you may. End or park one, or wait until the day is over.",
        "{rep} has had as many conversations of this kind as they may. Choose somebody else, or a queue.",
    ),
    Inability.SKILLS: (
        "You lack a skill that it needs. A supervisor can let you have it all the same.",
        "{rep} lacks a skill that it needs. Choose somebody who has it, or ask a supervisor.",
    ),
    Inability.LANGUAGE: (
        "You do not speak its language. A supervisor can let you have it all the same.",
        "{rep} does not speak its language. Choose somebody who does, or ask a supervisor.",
    ),
    Inability.AFFINITY: (
        "It waits for you, who had it last.",
        "It still waits for {rep}, who had it last. A supervisor can take it now.",
    ),
}
"""Why somebody cannot have a conversation: said to themselves, and to others."""

BARS: Final = {
    Bar.NOT_THEIRS: "This conversation is not with you, so only a supervisor can do that.",
    Bar.NOT_OFFERED: "This conversation is not offered to you, or not any more.",
    Bar.OTHER_QUEUE: "This conversation waits on a queue that you do not serve.",
    Bar.SUPERVISORS: "Only supervisors can do this.",
    Bar.OVERSEERS: "Only supervisors and administrators can do this.",
    Bar.ADMINISTRATORS: "Only administrators can do this.",
    Bar.SYSTEM: "This happens by itself, and nobody can choose it.",
    Bar.TOO_MANY: "These are too many at once. Choose fewer.",
    Bar.NOBODY: "You are not among the people here any more. Ask your administrator.",
}

THINGS: Final = {
    Thing.CONVERSATION: "There is no such conversation.",
    Thing.MESSAGE: "There is no such text.",
    Thing.ATTACHMENT: "There is no such attachment.",
    Thing.REP: "There is no such colleague any more. Reload the page.",
    Thing.QUEUE: "There is no such queue any more. Reload the page.",
    Thing.PRESENCE: "There is no such presence any more. Reload the page.",
    Thing.CHANNEL: "There is no such channel any more. Reload the page.",
    Thing.NUMBER: "No simulated customer can text this number. Choose one of a simulated carrier.",
    Thing.HOURS: "There are no such hours any more. Reload the page.",
}

FLAWS: Final = {
    Flaw.NO_FILE: "There is nothing in this file. Choose another one.",
    Flaw.NO_KIND: "Nobody can tell what kind of file this is. Give its name the usual ending, such as .jpg or .pdf.",
    Flaw.NOT_KEPT: "A file that you attached is not here any more. Remove it, and attach it again.",
    Flaw.NOT_CARRIED: "No files can be sent from this number. Send your text without.",
    Flaw.NOT_FETCHED: (
        "No files can be sent from here, as it is set up. Send your text without, and tell your administrator."
    ),
}

_FAULTS: Final = {
    Fault.CALLER: (409, "This cannot be done as it was asked. Reload the page, and try again."),
    Fault.OURS: (500, "This is a fault of Cordboard: tell your administrator."),
    Fault.OPERATOR: (500, "Something is not set up as it should be: tell your administrator."),
}

DEFECT: Final = _FAULTS[Fault.OURS][1]
"""What is told of an error that nobody expected."""


def refusal(error: CordboardError, *, you: str, names: Mapping[str, str]) -> tuple[int, str]:
    """Return the HTTP status of an error, and what to tell the person who ran into it.

    Args:
        error: The error.
        you: Who ran into it.
        names: What people call each rep.
    """
    match error:
        case IllegalTransition(state=state, trigger=trigger, parked=parked):
            is_ = "parked" if parked else STATES[state]
            verb = TRIGGERS[trigger] if trigger else "answered"
            return 409, f"This conversation is {is_} now, so it cannot be {verb}. The page shows how it is."
        case OfferBinding():
            return (
                409,
                "This conversation is assigned to you, so it cannot be declined. You can release or transfer it.",
            )
        case RepUnable(rep=rep, inability=inability):
            to_you, to_others = INABILITIES[inability]
            return 409, to_you if rep == you else to_others.format(rep=who(rep, names))
        case MessageTooLong(length=length, limit=limit):
            return 422, f"Your text has {length} characters; {limit} is the most that can be sent. Send it in parts."
        case OptedOut():
            return 409, (
                "The customer has opted out of texts from this number, so your text was not sent. "
                "Nothing can be sent until they text START."
            )
        case KeyReused():
            return 409, "A different text was sent from here just before. Look at the transcript, then send again."
        case CannotAttach(flaw=flaw):
            return 422, FLAWS[flaw]
        case InvalidMessage():
            return 422, _sentence(error)
        case NotFound(what=what):
            return 404, THINGS[what]
        case NotAllowed(bar=bar):
            return 403, BARS[bar]
        case TooManyUploads():
            return 429, "You have uploaded too many files in the past hour, so this one was not. Try again in a minute."
        case StoreFull():
            return 507, (
                "There is too little room left for files, so yours was not uploaded. Texts go on; "
                "tell whoever runs this Cordboard."
            )
        case CordboardError(retryable=True):
            return 503, "Cordboard could not do this just now, and nothing has changed. Try again in a moment."
        case _:
            return _FAULTS[error.fault]


def _sentence(error: Exception) -> str:
    """Return an error's own words as a sentence: a text's flaws are told to people alone."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
