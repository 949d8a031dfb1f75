"""Consent: the words by which a customer has no more texts, has them again, or asks who we are.

The words are the default ones of Twilio and of the US carriers, and "opt out" in two words, which the FCC names too
(47 CFR 64.1200(a)(10)). A text counts as a word only if it says nothing else: what is said around it is for a person to
read. Whoever has opted out is texted no more, with one exception: the text that confirms it.
"""

from __future__ import annotations

import re
from typing import Final

from cordboard.engine.board.decision import Decision
from cordboard.engine.board.outgoing import as_sent, queue
from cordboard.engine.carrier import Failure, TextReceived
from cordboard.engine.config import MINUTE, Number
from cordboard.engine.events import ConversationClosed, CustomerOptedIn, CustomerOptedOut
from cordboard.engine.records import Conversation, Message
from cordboard.engine.vocabulary import (
    SYSTEM,
    CloseReason,
    ConsentSource,
    FailureKind,
    Keyword,
    Milliseconds,
    NumberKind,
    State,
)

_STOP: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
_START: Final = frozenset({"start", "unstop"})
_HELP: Final = frozenset({"help", "info"})

_YES: Final = "yes"
"""Opts in as well, but not on toll-free numbers, whose network does not take it for that."""

_BETWEEN: Final = re.compile(r"[\W_]+")

_LONGEST_WORD: Final = 40
"""Characters: no text that is longer can be one of the words with something around it."""

_ANSWER_EXPIRY: Milliseconds = 5 * MINUTE
"""A confirmation that comes later than that is no confirmation any more, but a text after STOP."""

_HELP_AGAIN_AFTER: Milliseconds = 1 * MINUTE
"""Two machines that answer each other must not do it for ever."""

OPTED_OUT: Final = Failure(
    code="opted_out", text="The customer has opted out of texts from this number.", kind=FailureKind.OPTED_OUT
)


def keyword_in(decision: Decision, text: TextReceived, number: Number) -> Keyword | None:
    """Return the word that a text is, if it is one.

    A START is one only from who has opted out: from anybody else, "yes" is an answer for a person.
    """
    keyword = text.keyword or _word_in(text.body, number)
    starts = keyword is Keyword.START
    return None if starts and not is_opted_out(decision, text.recipient, text.sender) else keyword


def is_opted_out(decision: Decision, number: str, customer: str) -> bool:
    """Whether a customer wants no texts from a number of ours."""
    return (number, customer) in decision.state.opted_out


def heed(decision: Decision, keyword: Keyword, text: TextReceived, conversation: int) -> None:
    """Do what a word asks; the text that says it is in `conversation` already."""
    if keyword is Keyword.HELP:
        _answer(decision, keyword, text, conversation)
        return

    kind = CustomerOptedOut if keyword is Keyword.STOP else CustomerOptedIn
    if _changes(decision, keyword, text):
        _note(decision, kind, text, conversation)
        _answer(decision, keyword, text, conversation)

    if is_opted_out(decision, text.recipient, text.sender):
        _close(decision, decision.conversation(conversation), CloseReason.OPT_OUT)


def heed_astray(decision: Decision, text: TextReceived, number: Number) -> None:
    """Heed a STOP that came by another channel than its number's: whoever says it cannot know of channels."""
    if keyword_in(decision, text, number) is Keyword.STOP and _changes(decision, Keyword.STOP, text):
        _note(decision, CustomerOptedOut, text, None)
        _close_open(decision, text.recipient, text.sender)


def let_rest(decision: Decision, conversation: int) -> None:
    """Close a conversation that was opened by a word alone: nobody has anything to do with it."""
    found = decision.conversation(conversation)
    if found.state is State.NEW:
        _close(decision, found, CloseReason.KEYWORD)


def heed_carrier(decision: Decision, message: Message, failure: Failure | None) -> None:
    """Take note of an opt-out that a carrier tells by refusing a text of ours."""
    if failure is None or failure.kind is not FailureKind.OPTED_OUT:
        return

    back_in = decision.state.opted_in.get((message.number, message.customer))
    if back_in is not None and (message.tried_at or message.at) <= back_in.at:
        return  # it is about a text from before they opted in again

    if not is_opted_out(decision, message.number, message.customer):
        decision.emit(
            CustomerOptedOut,
            number=message.number,
            customer=message.customer,
            source=ConsentSource.CARRIER,
            word=failure.code,
            conversation=message.conversation,
        )

    _close_open(decision, message.number, message.customer)


def _word_in(body: str, number: Number) -> Keyword | None:
    if len(body) > _LONGEST_WORD:
        return None

    word = _BETWEEN.sub("", body).casefold()
    if word in _STOP:
        return Keyword.STOP

    if word in _HELP:
        return Keyword.HELP

    return Keyword.START if word in _START or (word == _YES and number.kind is not NumberKind.TOLL_FREE) else None


def _changes(decision: Decision, keyword: Keyword, text: TextReceived) -> bool:
    """Whether a word changes what holds: not if it does already, nor if the customer has said otherwise since."""
    pair = (text.recipient, text.sender)
    same, other = decision.state.opted_out, decision.state.opted_in
    if keyword is Keyword.START:
        same, other = other, same

    since = other.get(pair)
    return pair not in same and (since is None or text.sent_at is None or text.sent_at >= since.at)


def _note(
    decision: Decision, kind: type[CustomerOptedOut | CustomerOptedIn], text: TextReceived, conversation: int | None
) -> None:
    decision.emit(
        kind,
        number=text.recipient,
        customer=text.sender,
        source=ConsentSource.KEYWORD if text.keyword is None else ConsentSource.CARRIER,
        word=text.body[:_LONGEST_WORD],
        conversation=conversation,
        said_at=text.sent_at,
    )


def _answer(decision: Decision, keyword: Keyword, text: TextReceived, conversation: int) -> None:
    """Text what is configured, unless the carrier has answered already, or it was asked too long ago."""
    words = getattr(decision.state.configured.config.keywords, keyword.value)
    by_carrier = (
        text.keyword is not None or keyword in decision.state.configured.channels[text.channel].answers_keywords
    )
    late = text.sent_at is not None and decision.at > text.sent_at + _ANSWER_EXPIRY
    if not words or by_carrier or late:
        return

    found = decision.conversation(conversation)
    if keyword is Keyword.HELP and (
        is_opted_out(decision, text.recipient, text.sender) or decision.at < found.helped_at + _HELP_AGAIN_AFTER
    ):
        return

    queue(
        decision,
        found,
        author=SYSTEM,
        body=as_sent(decision, found, words),
        expires_at=decision.at + _ANSWER_EXPIRY,
        answers=keyword,
    )


def _close(decision: Decision, conversation: Conversation, reason: CloseReason) -> None:
    decision.emit(ConversationClosed, conversation=conversation.id, reason=reason, by=SYSTEM)


def _close_open(decision: Decision, number: str, customer: str) -> None:
    open_now = decision.state.latest(number, customer)
    if open_now is not None and open_now.state is not State.CLOSED:
        _close(decision, open_now, CloseReason.OPT_OUT)
