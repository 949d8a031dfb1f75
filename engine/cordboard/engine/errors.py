"""Every error Cordboard raises: one root, and each class says whose fault it is and whether to try again.

Messages say what happened, where, and what to do about it.
"""

from __future__ import annotations

import enum
from typing import ClassVar

from cordboard.engine.vocabulary import State, Trigger


class Fault(enum.Enum):
    """Whose fault an error is."""

    CALLER = "caller"
    """What was asked cannot be done; asking again changes nothing."""

    OURS = "ours"
    """We could not do it now."""

    OPERATOR = "operator"
    """Whoever runs this Cordboard has to change something."""


class CordboardError(Exception):
    """Something went wrong in Cordboard."""

    fault: ClassVar[Fault] = Fault.OURS
    retryable: ClassVar[bool] = False


class IllegalTransition(CordboardError):
    """A conversation was asked to make a move that its state does not have; `trigger` is None for a reply."""

    fault = Fault.CALLER

    def __init__(self, *, conversation: int, state: State, trigger: Trigger | None, why: str = "") -> None:
        self.conversation = conversation
        self.state = state
        self.trigger = trigger
        asked = trigger.value if trigger else "reply"
        reason = why or f"a conversation that is {state.value} has no {asked!r}"
        super().__init__(f"conversation {conversation} is {state.value}, cannot {asked}: {reason}")


class NotFound(CordboardError):
    """What was named does not exist on this board."""

    fault = Fault.CALLER


class NotAllowed(CordboardError):
    """This person may not do this."""

    fault = Fault.CALLER


class RepUnable(CordboardError):
    """The rep cannot take this conversation now: presence, capacity or queue."""

    fault = Fault.CALLER


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
