"""Twilio's words in ours: statuses, and error codes as people can understand them.

Twilio may add codes and statuses at any time: whoever looks one up here has to expect that it is not there. What a code
means is documented at https://www.twilio.com/docs/api/errors.
"""

from __future__ import annotations

from typing import Final

from cordboard.engine.carrier import Failure
from cordboard.engine.vocabulary import FailureKind, Keyword, MessageStatus

STATUSES: Final[dict[str, MessageStatus]] = {
    "accepted": MessageStatus.QUEUED,  # a messaging service is choosing the sender
    "scheduled": MessageStatus.QUEUED,
    "queued": MessageStatus.QUEUED,
    "sending": MessageStatus.SENDING,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,  # other channels than SMS; it comes after delivered
    "undelivered": MessageStatus.UNDELIVERED,
    "partially_delivered": MessageStatus.UNDELIVERED,  # deprecated
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.CANCELED,
}

INBOUND_STATUSES: Final = frozenset({"receiving", "received"})

KEYWORDS: Final = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
"""The values of `OptOutType`, which says that Advanced Opt-Out has answered already."""

SEGMENT_MISSING: Final = "30009"
"""A customer's text came in parts, and one of them never did."""

MEANINGS: Final[dict[FailureKind, dict[int, str]]] = {
    # Nothing else goes through either: `Rejected.channel_down`.
    FailureKind.ACCOUNT: {
        20003: "Twilio refused the credentials, or the account may not do this. Check account_sid and auth_token, or "
        "the API key.",
        20005: "The account at Twilio is not active.",
        20404: "Twilio does not know this account. Check account_sid and api_url.",
        30002: "The account at Twilio is suspended.",
    },
    # Not taken, and may be asked again: `Throttled`.
    FailureKind.BUSY: {
        20429: "Twilio has too many requests of this account at once.",
        21611: "Too many texts are waiting to be sent from the number of ours.",
        30001: "Too many texts were waiting to be sent.",
    },
    FailureKind.TROUBLE: {
        20500: "Twilio had an internal error.",
        20503: "Twilio is not available at the moment.",
        30410: "A carrier did not answer in time.",
    },
    FailureKind.LATER: {
        30022: "The 10DLC campaign has sent too many texts in a short time.",
        30023: "The 10DLC brand has sent as many texts as it may in a day.",
        30027: "The 10DLC campaign has sent as many texts to T-Mobile as it may in a day.",
        30450: "Twilio blocks this number for a while: it looks like SMS pumping.",
        63018: "The sender has sent too many messages in a short time.",
        63038: "The account has sent as many messages as it may in a day.",
    },
    FailureKind.CONFIGURATION: {
        11200: "Twilio called this Cordboard and got no usable answer. Check public_url.",
        11205: "Twilio could not reach this Cordboard. Check public_url.",
        12300: "Twilio could not read this Cordboard's answer. Check what stands before public_url.",
        21212: "The number of ours is not valid.",
        21408: "Sending texts to this country is not allowed in the account's settings.",
        21601: "The number of ours cannot send texts.",
        21606: "The number of ours cannot send texts to this destination, or does not belong to the account.",
        21608: "A trial account can only text numbers that were verified with Twilio.",
        21609: "Twilio refused the address for delivery reports. Check public_url.",
        21703: "The messaging service has no number that could send this.",
        21704: "The messaging service has no number.",
        21705: "The messaging service is not valid. Check messaging_service_sid.",
        30024: "The number of ours is not set up with the carriers yet.",
        30032: "The toll-free number of ours is not verified yet.",
        30034: "The number of ours is not registered with a 10DLC campaign.",
        30035: "The number of ours is not set up with the carriers yet.",
    },
    FailureKind.RECIPIENT: {
        21211: "The customer's number is not valid.",
        21612: "The customer's number cannot be reached by text from this number.",
        21614: "The customer's number is not a mobile number.",
        30005: "The customer's number is unknown, or no longer in use.",
        30006: "The customer's number is a landline, or with a carrier that cannot be reached.",
    },
    FailureKind.OPTED_OUT: {21610: "The customer has opted out of texts from this number."},
    FailureKind.BLOCKED: {30004: "The message was blocked; the customer may have opted out."},
    FailureKind.UNREACHABLE: {30003: "The handset could not be reached: it may be switched off or have no signal."},
    FailureKind.CONTENT: {
        21617: "The text is too long.",
        21620: "The address of an attachment is not valid.",
        21623: "The message has too many attachments.",
        30007: "A carrier filtered the message as unwanted.",
        30019: "An attachment is too big.",
        63016: "Outside the hours after the customer's last message, only a template may be sent.",
    },
    FailureKind.DEFECT: {
        20001: "Twilio did not understand the request.",
        21602: "The message is empty.",
        21603: "No number of ours was given to send from.",
        21604: "No number was given to send to.",
        21619: "Neither a text nor a messaging service was given.",
    },
    FailureKind.UNKNOWN: {
        30008: "The message was not delivered, and the carrier does not say why.",
        int(SEGMENT_MISSING): "A part of the text never came.",
    },
}
"""What Twilio answers with and what it reports, by what it means; the documentation's words in fewer."""

ERRORS: Final = {code: text for codes in MEANINGS.values() for code, text in codes.items()}

_KINDS: Final = {code: kind for kind, codes in MEANINGS.items() for code in codes}


def failure(code: str) -> Failure:
    """Return a code of Twilio's as a failure, in words even if it is unknown."""
    number = int(code) if code.isascii() and code.isdecimal() and len(code) < 10 else 0
    if number in ERRORS:
        return Failure(code=code, text=ERRORS[number], kind=_KINDS[number])

    return Failure(code=code, text=f"Twilio's error {code}: https://www.twilio.com/docs/errors/{code}")


def why_not_delivered(status: str, code: str) -> Failure:
    """Return why a message ended as it did.

    Args:
        status: Twilio's word for the ending.
        code: Twilio's error code; empty or `0` for none.
    """
    if code not in ("", "0"):
        return failure(code)

    if status == "partially_delivered":
        return Failure(code=status, text="Only a part of the message was delivered.")

    return Failure(code=status, text="The carrier does not say why.")
