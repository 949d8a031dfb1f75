"""How far a text of ours can come. Reports come late, twice and in any order: a message only ever moves up."""

from __future__ import annotations

from cordboard.engine.vocabulary import MessageStatus

RANK: dict[MessageStatus, int] = {
    MessageStatus.RECEIVED: 0,
    MessageStatus.QUEUED: 1,
    MessageStatus.SENDING: 2,
    MessageStatus.SENT: 3,
    MessageStatus.DELIVERED: 4,
    MessageStatus.UNDELIVERED: 4,
    MessageStatus.FAILED: 4,
    MessageStatus.CANCELED: 4,
}
"""Twilio's order; a carrier that reports less skips some."""

FINAL = 4
"""The rank of an ending."""


def further(one: MessageStatus, other: MessageStatus) -> MessageStatus:
    """Return the status that is further on; `one` where they are equally far."""
    return other if RANK[other] > RANK[one] else one
