"""Azure's words in ours: what delivery reports say, and delivery codes as people can understand them.

The codes are those of https://learn.microsoft.com/azure/communication-services/resources/troubleshooting/voice-video-calling/troubleshooting-codes
and of the SMS FAQ. There may be others at any time: whoever looks one up here has to expect that it is not there.
"""

from __future__ import annotations

import re
from typing import Final

from cordboard.engine.carrier import Failure
from cordboard.engine.vocabulary import FailureKind

NO_REPORTS: Final = "5002"
"""The customer's carrier gives no reports: the text may well have arrived."""

NEVER_SENT: Final = frozenset({"795", "4000", "4001", "4002", "4003", "4007", "4008", "4009", "4010", "4020", "4795"})
"""Codes with which Azure says that it did not hand the text on at all."""

OPTED_OUT: Final = "4007"

_CODES: Final[dict[str, tuple[FailureKind, str]]] = {
    # The resource, and the number of ours.
    "795": (FailureKind.CONFIGURATION, "The toll-free number of ours is not verified yet."),
    "4001": (FailureKind.CONFIGURATION, "The number of ours is not valid, or may not send texts."),
    "4003": (FailureKind.CONFIGURATION, "The number of ours cannot send texts to this destination."),
    "4008": (FailureKind.LATER, "The number of ours has sent as many texts as it may for now."),
    "4009": (FailureKind.ACCOUNT, "Microsoft does not let this resource send texts at the moment."),
    "4010": (FailureKind.CONFIGURATION, "The toll-free number of ours is not verified yet."),
    "4020": (FailureKind.LATER, "The number of ours has sent too many texts to too many people in a short time."),
    "4795": (FailureKind.CONFIGURATION, "The toll-free number of ours is not verified yet."),
    # The customer's number.
    "4002": (FailureKind.RECIPIENT, "The customer's number is not valid."),
    "4004": (FailureKind.RECIPIENT, "The customer's number does not exist."),
    "4006": (FailureKind.UNREACHABLE, "The handset could not be reached: it may be switched off or have no signal."),
    OPTED_OUT: (FailureKind.OPTED_OUT, "The customer has opted out of texts from this number."),
    # The text, and the way there.
    "4000": (FailureKind.CONTENT, "Azure took the text for a fraud."),
    "4005": (FailureKind.BLOCKED, "The customer's carrier blocked the text."),
    "5000": (FailureKind.TROUBLE, "The text was not delivered; a carrier on the way had trouble."),
    "5001": (FailureKind.TROUBLE, "The text was not delivered; a carrier on the way had trouble for a while."),
    NO_REPORTS: (
        FailureKind.UNKNOWN,
        "The customer's carrier does not report what becomes of texts: it may have arrived.",
    ),
    "9999": (FailureKind.UNKNOWN, "The text was not delivered, and nobody says why."),
}

_CODE_FIRST: Final = re.compile(r"\s*(\d{3,5})\b", re.ASCII)
"""`4006: Destination unreachable`; the events of Event Grid often have the words alone."""

_WORDS_OF_OPT_OUT: Final = re.compile(r"sender blocked for given recipient|opted[ -]?out", re.IGNORECASE)


def explain(details: str) -> Failure:
    """Return the details of a delivery report as a failure, in words even if they are unknown.

    Args:
        details: Free text, which begins with a code where Azure is in the mood. It may name a number: it is not kept.
    """
    match = _CODE_FIRST.match(details)
    if match is None and _WORDS_OF_OPT_OUT.search(details):
        code = OPTED_OUT
    elif match is None:
        return Failure(code="failed", text="The text was not delivered, and Azure does not say why.")
    else:
        code = match[1]

    kind, words = _CODES.get(code, (FailureKind.UNKNOWN, f"The text was not delivered: Azure's delivery code {code}."))
    return Failure(code=code, text=words, kind=kind)
