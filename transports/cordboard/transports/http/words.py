"""Carriers' words in ours: how far a text has come, and what an HTTP status means for it.

The words are those of SMPP's delivery receipts (`DELIVRD`, SMPP 3.4, appendix B) and those that carriers with an HTTP
API use by and large; what a channel is told of its carrier's words goes before them.
"""

from __future__ import annotations

from typing import Final

from cordboard.engine.vocabulary import FailureKind, MessageStatus, Word


class ReportWord(Word):
    """What a word of the carrier's can mean."""

    RECEIVED = "received"
    """It is no report at all: a customer's text has come."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"

    UNKNOWN = "unknown"
    """Nothing more will be heard of it, and it may have arrived."""


USUAL_WORDS: Final[dict[str, ReportWord]] = {
    "received": ReportWord.RECEIVED,
    "queued": ReportWord.QUEUED,
    "scheduled": ReportWord.QUEUED,
    "sending": ReportWord.SENDING,
    "enroute": ReportWord.SENT,
    "acceptd": ReportWord.SENT,
    "accepted": ReportWord.SENT,
    "buffered": ReportWord.SENT,
    "sent": ReportWord.SENT,
    "submitted": ReportWord.SENT,
    "delivrd": ReportWord.DELIVERED,
    "delivered": ReportWord.DELIVERED,
    "read": ReportWord.DELIVERED,
    "undeliv": ReportWord.UNDELIVERED,
    "undelivered": ReportWord.UNDELIVERED,
    "undeliverable": ReportWord.UNDELIVERED,
    "expired": ReportWord.UNDELIVERED,
    "rejectd": ReportWord.FAILED,
    "rejected": ReportWord.FAILED,
    "failed": ReportWord.FAILED,
    "deleted": ReportWord.CANCELED,
    "canceled": ReportWord.CANCELED,
    "cancelled": ReportWord.CANCELED,
    "unknown": ReportWord.UNKNOWN,
}
"""In lower case."""

STATUSES: Final[dict[ReportWord, MessageStatus]] = {
    each: MessageStatus(each.value) for each in ReportWord if each is not ReportWord.UNKNOWN
} | {ReportWord.UNKNOWN: MessageStatus.SENT}

FAILED: Final = frozenset({ReportWord.UNDELIVERED, ReportWord.FAILED, ReportWord.UNKNOWN})
"""Those that want a reason."""

USUAL_STATUSES: Final[dict[int, FailureKind]] = {
    **dict.fromkeys((301, 302, 307, 308, 404, 405), FailureKind.ACCOUNT),  # the address or the method is wrong
    **dict.fromkeys((401, 402, 403, 407), FailureKind.ACCOUNT),  # credentials, money, a firewall, a proxy
    429: FailureKind.BUSY,
}
"""What HTTP statuses mean where a channel is told nothing else of them."""

TEXTS: Final[dict[FailureKind, str]] = {
    FailureKind.RECIPIENT: "The customer's number cannot be reached by text.",
    FailureKind.OPTED_OUT: "The customer has opted out of texts from this number.",
    FailureKind.BLOCKED: "The message was blocked; the customer may have opted out.",
    FailureKind.CONTENT: "The carrier will not carry this text.",
    FailureKind.CONFIGURATION: "The number of ours, or the account's settings, do not allow it.",
    FailureKind.ACCOUNT: "The carrier refuses the channel. Check its address and its credentials.",
    FailureKind.BUSY: "The carrier has too many requests at once.",
    FailureKind.LATER: "A limit at the carrier is used up for now.",
    FailureKind.UNREACHABLE: "The handset could not be reached: it may be switched off or have no signal.",
    FailureKind.TROUBLE: "The carrier has trouble of its own.",
    FailureKind.EXPIRED: "It was not sent in time.",
    FailureKind.DEFECT: "The carrier did not understand the request. Check the channel's settings.",
    FailureKind.UNKNOWN: "The carrier does not say why.",
}
