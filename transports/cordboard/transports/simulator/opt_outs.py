"""Who has opted out, as the carrier keeps it: STOP blocks a customer for a number of ours, START lifts that."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from cordboard.engine.vocabulary import Keyword, Word

_WORDS: Final = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), Keyword.STOP),
    **dict.fromkeys(("START", "YES", "UNSTOP"), Keyword.START),
    **dict.fromkeys(("HELP", "INFO"), Keyword.HELP),
}
"""Twilio's, each alone in its text: `STOP PLEASE` is none."""

_REPLIES: Final = {
    Keyword.STOP: "You are unsubscribed, and get no more messages from this number. Reply START to subscribe again.",
    Keyword.START: "You are subscribed again. Reply HELP for help, STOP to unsubscribe.",
    Keyword.HELP: "Reply STOP to unsubscribe. Message and data rates may apply.",
}

_TOLL_FREE: Final = re.compile(r"\+18(?:00|33|44|55|66|77|88)\d{7}")
"""There the network keeps the list, and does not take YES for START."""


class KeywordHandling(Word):
    """What the carrier does about STOP, START and HELP."""

    NONE = "none"
    """Nothing: they are texts like any other, as on a number whose handling was turned off."""

    DEFAULT = "default"
    """It answers them and blocks who sends STOP; the text comes to us without a mark."""

    ADVANCED = "advanced"
    """The same, and Twilio marks the text: its Advanced Opt-Out."""


class Heard(Struct, frozen=True, kw_only=True):
    """What the carrier made of a customer's text.

    Attributes:
        keyword: The keyword it is.
        reply: What the customer is answered.
        mark: Whether we are told.
    """

    keyword: Keyword
    reply: str
    mark: bool


class OptOuts:
    """Which customers are blocked, for each number of ours or each group of numbers.

    Args:
        handling: What is done about keywords.
    """

    def __init__(self, handling: KeywordHandling) -> None:
        self.handling = handling
        self._blocked: set[tuple[str, str]] = set()

    def blocks(self, customer: str, scope: str) -> bool:
        """Whether a customer gets nothing from a number, or a group of numbers."""
        return (customer, scope) in self._blocked

    def hear(self, customer: str, number: str, scope: str, body: str) -> Heard | None:
        """Take note of what a customer texts to a number; None if it is no keyword."""
        keyword = _WORDS.get(body.strip().upper())
        if self.handling is KeywordHandling.NONE or keyword is None:
            return None

        if keyword is Keyword.START and body.strip().upper() == "YES" and _TOLL_FREE.fullmatch(number):
            return None

        if keyword is Keyword.STOP:
            self._blocked.add((customer, scope))
        elif keyword is Keyword.START:
            self._blocked.discard((customer, scope))

        return Heard(keyword=keyword, reply=_REPLIES[keyword], mark=self.handling is KeywordHandling.ADVANCED)
