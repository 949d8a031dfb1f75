"""Every error Cordboard raises: one root, and each class says whose fault it is and whether to try again.

Messages say what happened, where, and what to do about it.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from cordboard.engine.vocabulary import State, Trigger


class Fault(enum.Enum):
    """Whose fault an error is."""

    CALLER = "caller"
    """What was asked cannot be done; asking again changes nothing."""

    OURS = "ours"
    """We could not do it now."""

    OPERATOR = "operator"
    """Whoever runs this Cordboard has to change something."""


class Thing(enum.Enum):
    """What was named and is not there."""

    CONVERSATION = "conversation"
    MESSAGE = "message"
    ATTACHMENT = "attachment"
    REP = "rep"
    QUEUE = "queue"
    PRESENCE = "presence"
    CHANNEL = "channel"
    NUMBER = "number"
    HOURS = "hours"


class Bar(enum.Enum):
    """Why somebody may not do something."""

    NOT_THEIRS = "not_theirs"
    """The conversation is not with them, or not theirs to know of."""

    NOT_OFFERED = "not_offered"
    """The conversation is not offered to them."""

    OTHER_QUEUE = "other_queue"
    """They do not serve the conversation's queue."""

    SUPERVISORS = "supervisors"
    """Supervisors alone may."""

    OVERSEERS = "overseers"
    """Supervisors and administrators alone may."""

    ADMINISTRATORS = "administrators"
    """Administrators alone may."""

    SYSTEM = "system"
    """Nobody may: the system does it."""

    TOO_MANY = "too_many"
    """Nobody may ask it of so many at once."""

    NOBODY = "nobody"
    """Who asks is not configured, or not any more."""


class Inability(enum.Enum):
    """Why a rep cannot have a conversation now."""

    HELD = "held"
    """They have it already."""

    OFFLINE = "offline"
    HOURS = "hours"
    """They do not work at this hour."""

    DRAINING = "draining"
    """They finish what they have."""

    PRESENCE = "presence"
    """Their presence is none in which it is offered."""

    CAPACITY = "capacity"
    PROFILE = "profile"
    """They have too little left of a capacity profile."""

    SKILLS = "skills"
    LANGUAGE = "language"
    AFFINITY = "affinity"
    """It still waits for them, its last rep, alone: so nobody else can have it."""


class Flaw(enum.Enum):
    """Why files cannot be attached."""

    NO_FILE = "no_file"
    """There is none, or nothing in it."""

    NO_KIND = "no_kind"
    """Nobody says what kind of file it is."""

    NOT_KEPT = "not_kept"
    """It was never uploaded, or is not kept any more."""

    NOT_CARRIED = "not_carried"
    """The channel carries no attachments."""

    NOT_FETCHED = "not_fetched"
    """The carrier could not fetch what is uploaded here."""


class CordboardError(Exception):
    """Something went wrong in Cordboard."""

    fault: ClassVar[Fault] = Fault.OURS
    retryable: ClassVar[bool] = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error be copied and pickled, whatever its class asks for: as it is, without being made anew."""
        return type(self).__new__, (type(self), *self.args), vars(self)


class IllegalTransition(CordboardError):
    """A conversation was asked to make a move that its state does not have; `trigger` is None for a reply."""

    fault = Fault.CALLER

    def __init__(
        self, *, conversation: int, state: State, trigger: Trigger | None, why: str = "", parked: bool = False
    ) -> None:
        self.conversation = conversation
        self.state = state
        self.trigger = trigger
        self.parked = parked
        asked = trigger.value if trigger else "reply"
        reason = why or f"a conversation that is {state.value} has no {asked!r}"
        super().__init__(f"conversation {conversation} is {state.value}, cannot {asked}: {reason}")


class NotFound(CordboardError):
    """What was named does not exist on this board; `what` says of which kind it would be."""

    fault = Fault.CALLER

    def __init__(self, message: str, *, what: Thing) -> None:
        self.what = what
        super().__init__(message)


class NotAllowed(CordboardError):
    """This person may not do this, because of `bar`."""

    fault = Fault.CALLER

    def __init__(self, message: str, *, bar: Bar) -> None:
        self.bar = bar
        super().__init__(message)


class RepUnable(CordboardError):
    """A rep cannot take this conversation now: `inability` is in the way, and it is `rep`'s."""

    fault = Fault.CALLER

    def __init__(self, message: str, *, rep: str, inability: Inability) -> None:
        self.rep = rep
        self.inability = inability
        super().__init__(message)


class OfferBinding(CordboardError):
    """An offer cannot be declined: its workstream assigns conversations."""

    fault = Fault.CALLER


class InvalidSkills(CordboardError):
    """A conversation cannot need what it is said to need."""

    fault = Fault.CALLER


class InvalidMessage(CordboardError):
    """A text cannot be sent as it is."""

    fault = Fault.CALLER


class MessageTooLong(InvalidMessage):
    """A text is longer than the carrier takes."""

    def __init__(self, *, length: int, limit: int, channel: str) -> None:
        self.length = length
        self.limit = limit
        super().__init__(
            f"the text has {length} characters; channel {channel!r} takes at most {limit}. Send it in parts."
        )


class CannotAttach(InvalidMessage):
    """A file cannot be attached to a text, whatever is in it."""

    def __init__(self, message: str, *, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(message)


class KeyReused(CordboardError):
    """An idempotency key came back with a different request."""

    fault = Fault.CALLER


class Overloaded(CordboardError):
    """The mailbox is full."""

    retryable = True


class NotRunning(CordboardError):
    """The engine has not started, or is stopping: nothing is taken any more."""

    retryable = True


class CommitFailed(CordboardError):
    """The store could not keep a batch: none of it happened."""

    retryable = True


class InvalidConfiguration(CordboardError):
    """The configuration cannot be used; `problems` has every reason."""

    fault = Fault.OPERATOR

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("the configuration cannot be used:\n" + "\n".join(f"  {each}" for each in problems))


class OptedOut(CordboardError):
    """The customer has opted out of texts from this number: nothing may be sent to them."""

    fault = Fault.CALLER


class ReconciliationFailed(CordboardError):
    """A carrier could not be asked for what its webhooks did not bring."""

    retryable = True


class ChannelUnavailable(CordboardError):
    """A channel's transport cannot be opened."""

    fault = Fault.OPERATOR


class TransportBroke(CordboardError):
    """A channel's transport raised over a request, which it must not: a defect of the transport. Nothing was taken."""

    retryable = True


class StoreUnavailable(CordboardError):
    """The store cannot be opened, read or written."""

    fault = Fault.OPERATOR
    retryable = True


class StoreFull(StoreUnavailable):
    """There is too little room to keep more files: what is left is for texts."""


class BoardInUse(StoreUnavailable):
    """Another process holds this board."""

    retryable = False


class StoreTooNew(StoreUnavailable):
    """The store was written by a newer Cordboard."""

    retryable = False


class BoardBroken(CordboardError):
    """A decision failed half-way: a defect of Cordboard. The board must be loaded again from its store."""
