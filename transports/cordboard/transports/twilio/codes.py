"""Twilio's words in ours: statuses, and error codes as people can understand them.

Twilio may add codes and statuses at any time: whoever looks one up here has to expect that it is not there.
"""

from __future__ import annotations

from typing import Final

from cordboard.engine.carrier import Failure
from cordboard.engine.vocabulary import MessageStatus

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

CHANNEL_DOWN: Final = frozenset({20003, 20005, 20404, 30002})
"""Errors that are the account's: no other text will go through either."""

BUSY: Final = frozenset({20429, 21611})
"""Errors that say: not taken, try again later."""

ERRORS: Final[dict[int, str]] = {
    # The account, and how it is used.
    20001: "Twilio did not understand the request.",
    20003: "Twilio refused the credentials, or the account may not do this. Check account_sid and auth_token.",
    20005: "The account at Twilio is not active.",
    20404: "Twilio does not know this account. Check account_sid and api_url.",
    20429: "Twilio has too many requests of this account at once.",
    20500: "Twilio had an internal error.",
    20503: "Twilio is not available at the moment.",
    30002: "The account at Twilio is suspended.",
    # Our number.
    21212: "The number of ours is not valid.",
    21601: "The number of ours cannot send texts.",
    21603: "No number of ours was given to send from.",
    21606: "The number of ours cannot send texts to this destination, or does not belong to the account.",
    21611: "Too many texts are waiting to be sent from the number of ours.",
    21619: "Neither a text nor a messaging service was given.",
    21703: "The messaging service has no number that could send this.",
    21704: "The messaging service has no number.",
    21705: "The messaging service is not valid.",
    30024: "The number of ours is not set up with the carriers yet.",
    30032: "The toll-free number of ours is not verified yet.",
    30034: "The number of ours is not registered with a 10DLC campaign.",
    30035: "The number of ours is not set up with the carriers yet.",
    # The customer's number.
    21211: "The customer's number is not valid.",
    21408: "Sending texts to this country is not allowed in the account's settings.",
    21604: "No number was given to send to.",
    21608: "A trial account can only text numbers that were verified with Twilio.",
    21610: "The customer has opted out of texts from this number.",
    21612: "The customer's number cannot be reached by text from this number.",
    21614: "The customer's number is not a mobile number.",
    30003: "The handset could not be reached: it may be switched off or have no signal.",
    30004: "The message was blocked; the customer may have opted out.",
    30005: "The customer's number is unknown, or no longer in use.",
    30006: "The customer's number is a landline, or with a carrier that cannot be reached.",
    # The text.
    21602: "The message is empty.",
    21609: "Twilio refused the address for delivery reports. Check public_url.",
    21617: "The text is too long.",
    21620: "The address of an attachment is not valid.",
    21623: "The message has too many attachments.",
    30007: "A carrier filtered the message as unwanted.",
    30019: "An attachment is too big.",
    # The way there.
    30001: "Too many texts were waiting to be sent.",
    30008: "The message was not delivered, and the carrier does not say why.",
    30022: "The 10DLC campaign has sent too many texts in a short time.",
    30023: "The 10DLC brand has sent as many texts as it may in a day.",
    30027: "The 10DLC campaign has sent as many texts to T-Mobile as it may in a day.",
    30410: "A carrier did not answer in time.",
    30450: "Twilio blocks this number for a while: it looks like SMS pumping.",
}


def failure(code: str) -> Failure:
    """Return a code of Twilio's as a failure, in words even if it is unknown."""
    known = ERRORS.get(int(code)) if code.isascii() and code.isdecimal() and len(code) < 10 else None
    return Failure(code=code, text=known or f"Twilio's error {code}: https://www.twilio.com/docs/errors/{code}")
