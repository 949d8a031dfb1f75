"""What has been seen of a run, from outside: by the customers, by the reps, in the API, and at the carrier."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

Pair = tuple[str, str]
"""A number of ours and a customer."""

STOP = "STOP"


class Written(Struct, frozen=True, kw_only=True):
    """A customer's text.

    Attributes:
        pair: Which number, and whose.
        provider_id: The carrier's id of it.
        body: The text.
        acknowledged: Whether any call of our webhook about it was answered with success.
        called: Whether our webhook was called about it at all.
    """

    pair: Pair
    provider_id: str
    body: str
    acknowledged: bool
    called: bool = True


class Answered(Struct, frozen=True, kw_only=True):
    """A rep's reply that the API took.

    Attributes:
        pair: From which number, and to whom.
        message: The message that the API says it is.
        body: The text.
        asked_at: When it was first asked for, in seconds.
    """

    pair: Pair
    message: int
    body: str
    asked_at: float


class Kept(Struct, frozen=True, kw_only=True):
    """A message as the API shows it in the end; see `MessageView`."""

    pair: Pair
    id: int
    direction: str
    author: str
    body: str
    status: str
    uncertain: bool = False
    provider_id: str | None = None


class Carried(Struct, frozen=True, kw_only=True):
    """A text of ours that the carrier took.

    Attributes:
        pair: From which number, and to whom.
        provider_id: The carrier's id of it.
        body: The text.
        at: When it was taken, in seconds.
    """

    pair: Pair
    provider_id: str
    body: str
    at: float


@dataclass(kw_only=True)
class Facts:
    """All of it.

    Attributes:
        written: Customers' texts, each customer's in the order in which they were written.
        answered: Replies that were taken.
        kept: What the API shows, oldest first.
        carried: The carrier's ledger, oldest first.
        stopped: When a customer's STOP was acknowledged, in seconds.
        begun_after_stop: Messages that the journal says were handed over after their customer had opted out, however
            that became known.
        confirmation: What the answer to STOP says.
        listed: The numbers whose texts the carrier can be asked for: none of them may be missing.
        oddities: What else should not have happened, in words.
    """

    written: list[Written] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    stopped: dict[Pair, float] = field(default_factory=dict)
    begun_after_stop: list[int] = field(default_factory=list)
    confirmation: str = ""
    listed: frozenset[str] = frozenset()
    oddities: list[str] = field(default_factory=list)
