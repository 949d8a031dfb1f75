"""The carriers' codes for the same trouble: a script names either, and each carrier says its own."""

from __future__ import annotations

from typing import Final

DETAILS: Final[dict[int, str]] = {
    2000: "No Error",
    4000: "Message is fraudulent",
    4001: "Invalid From phone number",
    4002: "Invalid To phone number",
    4003: "Unsupported destination",
    4004: "The number does not exist",
    4005: "Blocked by the carrier",
    4006: "The phone cannot be reached",
    4007: "Sender blocked for given recipient.",
    4008: "Over the limit",
    4009: "Rejected by Microsoft",
    4010: "The toll-free number is not verified",
    4020: "Too much traffic",
    5000: "Message failed to deliver",
    5001: "Temporary failure",
    5002: "The carrier gives no delivery reports",
    9999: "Unknown failure",
}
"""ACS's delivery codes, in words like its own."""

_ACS: Final = {
    21211: 4002,
    21408: 4003,
    21610: 4007,
    21612: 4003,
    21614: 4004,  # ACS does not look for landlines: it tries, and fails
    30001: 4008,
    30003: 4006,
    30004: 4005,
    30005: 4004,
    30006: 4004,
    30007: 4005,
    30008: 5000,
    30032: 4010,
    30036: 5000,
    30410: 5001,
}

_TWILIO: Final = {
    4000: 30007,
    4001: 21606,
    4005: 30004,
    4004: 30005,
    4009: 30007,
    4020: 30022,
    5000: 30008,
    5002: 30008,
}
"""Where Twilio has several for one of ACS's, the plainest."""


def twilio_code(code: int) -> int:
    """Return Twilio's code for one of either carrier's."""
    if code not in DETAILS:
        return code

    return _TWILIO.get(code) or next((ours for ours, theirs in _ACS.items() if theirs == code), 30008)


def acs_code(code: int | None) -> int:
    """Return ACS's code for one of either carrier's; that of a failure without a reason for None."""
    if code in DETAILS:
        return code

    return _ACS.get(code or 0, 5000)


def fails_later(code: int | None) -> bool:
    """Whether ACS takes a text that Twilio turns away with this code, and fails to deliver it."""
    return code != 21211 and code in _ACS
