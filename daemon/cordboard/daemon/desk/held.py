"""What a rep has in hand, and what it takes of their capacity: told where somebody asks why they get nothing."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from cordboard.daemon.api.views_of_people import ProfileView, profile_views
from cordboard.daemon.desk.wording import phone_number
from cordboard.engine import Board
from cordboard.engine.vocabulary import State

_AS: Final = {
    State.ASSIGNED: "offered",
    State.ACTIVE: "active",
    State.CLOSED: "in wrap-up",
}
"""How a conversation is that holds capacity."""


class Held(Struct, frozen=True, kw_only=True):
    """One conversation that a rep has.

    Attributes:
        conversation: Its id.
        customer: Its customer's name, or number.
        state: How it is, in words.
        cost: Units of capacity that it holds.
    """

    conversation: int
    customer: str
    state: str
    cost: int


class InHand(Struct, frozen=True, kw_only=True):
    """All that a rep has.

    Attributes:
        load: Units of capacity in use.
        capacity: Units there are.
        conversations: What uses them.
        profiles: The capacity profiles of which they have used any.
    """

    load: int
    capacity: int
    conversations: tuple[Held, ...]
    profiles: tuple[ProfileView, ...]


def in_hand(board: Board, rep: str) -> InHand:
    """Return what a rep has."""
    conversations = tuple(
        Held(
            conversation=each.id,
            customer=board.customer_name(each.customer) or phone_number(each.customer),
            state=_AS[each.state],
            cost=each.assignment.cost,
        )
        for each in board.held_by(rep)
        if each.assignment is not None
    )
    return InHand(
        load=board.load_of(rep),
        capacity=next(each.capacity for each in board.config.reps if each.name == rep),
        conversations=conversations,
        profiles=tuple(each for each in profile_views(rep, board) if each.used),
    )
