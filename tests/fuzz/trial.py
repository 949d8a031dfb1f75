"""Tries a transport's `receive` with spoilt requests, and says what it did that no transport may do."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import Final

import msgspec
from msgspec import Struct
from tests.fuzz.mutations import spoil
from tests.fuzz.subjects import Subject

from cordboard.engine.carrier import (
    CarrierEvent,
    ChannelNotice,
    DeliveryReported,
    TextReceived,
    WebhookReply,
    WebhookUnreadable,
)
from cordboard.engine.vocabulary import FailureKind

SLOWEST: Final = 1.0
"""Seconds of computing that a request may cost: the longest that the door takes is a megabyte."""


class Broken(AssertionError):
    """A transport broke its word. The message repeats the case: what is printed there can be pasted into a test."""


def try_case(subject: Subject, seed: str, case: int) -> str:
    """Try one case, and return what became of it: `refused`, `read`, `unreadable` or `nothing`.

    Half of the cases are a stranger's, who spoils a request that has been proven; the others a carrier's that has gone
    mad, and proves what it has spoilt.

    Raises:
        Broken: The transport did what no transport may do.
    """
    chance = Random(f"{seed}/{case}")  # noqa: S311 - it has to be repeatable, not secret
    genuine = chance.choice(subject.genuine)
    request = spoil(chance, genuine)
    if chance.random() < 0.5:
        request = subject.prove(request)
        trusted = True
    else:
        trusted = subject.shows is not None and subject.shows(request)

    began = time.thread_time()
    try:
        reply = subject.transport.receive(request)
    except Exception as error:
        raise Broken(f"case {case} of seed {seed}: {request!r}") from error

    took = time.thread_time() - began
    wrong = _wrong_with(reply, subject)
    if took > SLOWEST:
        wrong.append(f"it took {took:.3f} seconds")

    if not trusted and not _is_unchanged(reply, subject.transport.receive(genuine)):
        wrong.append("it brings something that nobody has proven")

    if wrong:
        raise Broken(f"case {case} of seed {seed}: {'; '.join(wrong)}: {request!r} became {reply!r}")

    return _outcome(reply)


def try_many(subject: Subject, seed: str, cases: int) -> Counter[str]:
    """Try so many cases, and count what became of them.

    Raises:
        Broken: The transport did what no transport may do.
    """
    return Counter(try_case(subject, seed, case) for case in range(cases))


def _wrong_with(reply: WebhookReply, subject: Subject) -> list[str]:
    wrong = []
    if reply.refusal:
        if reply.events or reply.body or not (400 <= reply.status < 500 or reply.status == 503):
            wrong.append("it is refused, and yet something comes of it")
    elif not 200 <= reply.status < 300 and reply.status != 400:
        wrong.append(f"its status is {reply.status}")

    for each in reply.events:
        if each.channel != subject.transport.name:
            wrong.append("an event is another channel's")

        try:
            kept = msgspec.json.decode(msgspec.json.encode(each), type=CarrierEvent)
        except (UnicodeEncodeError, msgspec.DecodeError):
            kept = None

        if kept != each:
            wrong.append("an event cannot be kept")

        if isinstance(each, TextReceived) and not (each.provider_id and each.sender and each.recipient):
            wrong.append("a text has no id or no number")

        if isinstance(each, DeliveryReported) and not (each.provider_id and each.message != 0):
            wrong.append("a report has no id")

    return wrong


def _is_unchanged(reply: WebhookReply, genuine: WebhookReply) -> bool:
    """Whether a stranger's request brought what the genuine one had brought, or less.

    Carriers do not sign everything, nor always unambiguously: Twilio signs `NumSegments=2` as it would `Num=Segments2`.
    A change may make a request unreadable or take something from it, but never bring another text.
    """
    return all(
        isinstance(each, WebhookUnreadable) or any(_says_no_more(each, other) for other in genuine.events)
        for each in reply.events
    )


def _says_no_more(said: object, genuine: object) -> bool:
    """Whether something is the genuine thing, but for what it does not say."""
    if said == genuine or said in ("", (), 0, None, False):
        return True

    if isinstance(said, tuple) and isinstance(genuine, tuple):
        return all(_says_no_more(one, other) for one, other in zip(said, genuine, strict=False))

    if not isinstance(said, Struct) or type(said) is not type(genuine):
        return False

    return all(
        _says_no_more(getattr(said, name), getattr(genuine, name))
        or (isinstance(said, DeliveryReported) and name == "failure" and _is_no_reason(said))
        for name in said.__struct_fields__
    )


def _is_no_reason(report: DeliveryReported) -> bool:
    return report.failure is not None and report.failure.kind is FailureKind.UNKNOWN


def _outcome(reply: WebhookReply) -> str:
    if reply.refusal:
        return "refused"

    kinds = {type(each) for each in reply.events}
    if kinds & {TextReceived, DeliveryReported, ChannelNotice}:
        return "read"

    return "unreadable" if kinds else "nothing"
