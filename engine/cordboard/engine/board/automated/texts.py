"""Which automated message is sent, and in which language: a number's, else its channel's, else the general one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from cordboard.engine.automated_messages import AutomatedMessage, Part, Slug, parse
from cordboard.engine.board.automated.occasions import WATCHED
from cordboard.engine.config import BoardConfig
from cordboard.engine.language_tags import ever_wider
from cordboard.engine.records import Conversation
from cordboard.engine.vocabulary import MessageTrigger

if TYPE_CHECKING:
    from cordboard.engine.board.automated.spoken_times import SpokenTimes

_Scope: TypeAlias = tuple[str | None, str | None]
"""A channel or a number, or neither."""


_PLACES: Final = frozenset({MessageTrigger.POSITION, MessageTrigger.NEXT_IN_LINE})

_TIMES: Final = frozenset({"opens_at", "answer_at", "expected_wait"})
"""The slugs that stand for times."""


class Wording(NamedTuple):
    """A text that is ready to be filled in.

    Attributes:
        language: Its language, a language tag; empty where nobody said.
        parts: Its words and slugs.
    """

    language: str
    parts: tuple[Part, ...]


class AutomatedTexts:
    """The automated messages of a configuration.

    Attributes:
        watched: The classes of events that are looked at; none, where nothing would be told.
        tells_places: Whether anybody is told where they stand in a line.
        tells_waits: Whether anybody is told how long they may wait.

    Args:
        config: The configuration, in which everything holds that `find_problems` asks.
    """

    def __init__(self, config: BoardConfig) -> None:
        self._messages: dict[tuple[MessageTrigger, _Scope], AutomatedMessage] = {
            (each.trigger, (each.channel, each.number)): each for each in config.automated_messages
        }
        self._parts = {
            text: parse(text) for each in config.automated_messages for text in (each.text, *each.locales.values())
        }
        self._languages = {each.address: each.language for each in config.numbers}
        told = {each.trigger for each in config.automated_messages if each.active}
        self.watched: frozenset[type] = WATCHED if told else frozenset()
        self.tells_places = not told.isdisjoint(_PLACES)
        self.tells_waits = MessageTrigger.EXPECTED_WAIT in told
        if any(isinstance(part, Slug) and part.name in _TIMES for parts in self._parts.values() for part in parts):
            locales = {tag for each in config.automated_messages for tag in each.locales}
            for language in locales.union(self._languages.values()):
                times_in(language)  # loaded now, so that no text waits for the disk

    def wording(self, trigger: MessageTrigger, conversation: Conversation) -> Wording | None:
        """Return what a conversation's customer is told; None for nothing."""
        scopes: tuple[_Scope, ...] = ((None, conversation.number), (conversation.channel, None), (None, None))
        found = next((self._messages[trigger, each] for each in scopes if (trigger, each) in self._messages), None)
        if found is None or not found.active:
            return None

        usual = self._languages.get(conversation.number, "")
        locales = {tag.casefold(): (tag, text) for tag, text in found.locales.items()}
        for wanted in ever_wider(conversation.language or usual):
            if wanted.casefold() in locales:
                tag, text = locales[wanted.casefold()]
                return Wording(tag, self._parts[text])

        return Wording(usual, self._parts[found.text])


@cache
def times_in(language: str) -> SpokenTimes:
    """Return how times are told in a language; empty where nobody said which."""
    from cordboard.engine.board.automated.spoken_times import SpokenTimes

    return SpokenTimes(language)
