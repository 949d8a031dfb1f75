"""What can be wrong with automated messages: texts, slugs, and which of them there may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cordboard.engine.automated_messages import CONTEXT, AutomatedMessage, Slug, parse
from cordboard.engine.config import BoardConfig
from cordboard.engine.language_tags import is_language
from cordboard.engine.vocabulary import MessageTrigger

MOST_PER_HOUR: Final = 100
"""A conversation's record has the time of each."""

_CUSTOMER_NAME: Final = "customer_name"
_ANYWHERE: Final = (_CUSTOMER_NAME, "number", "queue_name")

_SLUGS: Final[dict[MessageTrigger, tuple[str, ...]]] = {
    MessageTrigger.GREETING: (),
    MessageTrigger.HOLIDAY: ("holiday", "opens_at"),
    MessageTrigger.OUT_OF_HOURS: ("opens_at",),
    MessageTrigger.POSITION: ("expected_wait", "position"),
    MessageTrigger.NEXT_IN_LINE: ("expected_wait", "position"),
    MessageTrigger.EXPECTED_WAIT: ("expected_wait", "position"),
    MessageTrigger.UNASSIGNABLE: (),
    MessageTrigger.OVERFLOW_END: (),
    MessageTrigger.OVERFLOW_LATER: ("answer_at", "expected_wait", "position"),
    MessageTrigger.ASSIGNED: ("rep_name",),
    MessageTrigger.JOINED: ("rep_name",),
    MessageTrigger.TRANSFER_ACCEPTED: ("rep_name",),
    MessageTrigger.LEFT: ("rep_name",),
    MessageTrigger.DISCONNECTED: ("rep_name",),
    MessageTrigger.ENDED: ("rep_name",),
    MessageTrigger.INACTIVITY: ("rep_name",),
}
"""What can be filled in where, beside what can be filled in anywhere."""


def find_message_problems(config: BoardConfig) -> Iterator[str]:
    """Yield what does not hold of automated messages, each as `key: reason`."""
    fillable = {
        CONTEXT + name
        for workstream in config.workstreams
        for rule_set in workstream.classification
        for rule in rule_set.rules
        for name in rule.then.context
    }
    if CONTEXT + _CUSTOMER_NAME in fillable or any(each.name for each in config.customers):
        fillable.add(_CUSTOMER_NAME)

    for index, workstream in enumerate(config.workstreams):
        most = workstream.automated_per_hour
        if most > MOST_PER_HOUR:
            yield f"workstreams[{index}].automated_per_hour: {most} is too large: at most {MOST_PER_HOUR}"

    first: dict[tuple[MessageTrigger, str | None, str | None], int] = {}
    for index, message in enumerate(config.automated_messages):
        key = f"automated_messages[{index}]"
        same = (message.trigger, message.channel, message.number)
        if same in first:
            where = f"automated_messages[{first[same]}]"
            yield f"{key}.trigger: there is one for {message.trigger.value!r} there already, as {where}"

        first.setdefault(same, index)
        yield from _of_scope(key, message, config)
        longest = _longest(message, config)
        yield from _of_text(f"{key}.text", message.text, message.trigger, fillable, longest)
        yield from _of_locales(key, message, fillable, longest)


def _of_scope(key: str, message: AutomatedMessage, config: BoardConfig) -> Iterator[str]:
    channels = [each.name for each in config.channels]
    if message.channel is not None and message.channel not in channels:
        yield f"{key}.channel: there is no channel {message.channel!r} (there is: {', '.join(sorted(channels))})"

    numbers = [each.address for each in config.numbers]
    if message.number is not None and message.number not in numbers:
        yield f"{key}.number: {message.number!r} is no number of ours (these are: {', '.join(sorted(numbers))})"

    if message.channel is not None and message.number is not None:
        yield f"{key}.channel: a number has one channel; give the one or the other"


def _of_locales(key: str, message: AutomatedMessage, fillable: set[str], longest: int | None) -> Iterator[str]:
    first: dict[str, str] = {}
    for tag, text in message.locales.items():
        here = f"{key}.locales.{tag}"
        if not is_language(tag):
            yield f"{here}: {tag!r} is no language tag, such as 'es' or 'pt-BR'"
        elif (same := first.setdefault(tag.casefold(), tag)) != tag:
            yield f"{here}: is there already, as {same!r}"

        yield from _of_text(here, text, message.trigger, fillable, longest)


def _longest(message: AutomatedMessage, config: BoardConfig) -> int | None:
    """Return the characters that every channel takes on which a message may be sent."""
    channels = {each.channel for each in config.numbers if message.number in (None, each.address)}
    limits = [
        each.max_characters
        for each in config.channels
        if each.name in channels and message.channel in (None, each.name)
    ]
    return min(limits, default=None)


def _of_text(key: str, text: str, trigger: MessageTrigger, fillable: set[str], longest: int | None) -> Iterator[str]:
    if not text.strip():
        yield f"{key}: is empty; write something, or remove it"

    if any(
        (ord(each) < 32 and each != "\n") or "\x7f" <= each <= "\x9f" or "\ud800" <= each <= "\udfff" for each in text
    ):
        yield f"{key}: has a control character, which no phone can show; remove it"

    try:
        parts = parse(text)
    except ValueError as error:
        yield f"{key}: {error}"
        return

    written = sum(len(each) for each in parts if isinstance(each, str))
    if longest is not None and written > longest:
        yield f"{key}: has {written} characters without its slugs; its channel takes {longest}"

    for slug in parts:
        if isinstance(slug, Slug):
            problem = _of_slug(slug, trigger, fillable)
            if problem:
                yield f"{key}: {problem}"


def _of_slug(slug: Slug, trigger: MessageTrigger, fillable: set[str]) -> str:
    name = slug.name
    if name.startswith(CONTEXT):
        return "" if name in fillable else f"{{{name}}} is never filled in: no rule sets such a context variable"

    if name == _CUSTOMER_NAME and name not in fillable and not slug.fallback:
        return (
            "{customer_name} is never filled in: no customer has a name, and no rule sets the context variable "
            "'customer_name'; write {customer_name|there}"
        )

    if name in _ANYWHERE or name in _SLUGS[trigger]:
        return ""

    if any(name in each for each in _SLUGS.values()):
        return f"{{{name}}} is never filled in where {trigger.value!r} is told"

    known = ", ".join(sorted({*_ANYWHERE, *(each for slugs in _SLUGS.values() for each in slugs)}))
    return f"{{{name}}} is no slug (there is: {known}, and {CONTEXT}NAME)"
