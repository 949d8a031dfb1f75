"""Moments and lengths of time as who writes a language says them, after Unicode's locales (CLDR).

Importing this imports Babel, a tenth of a second's work: `texts.times_in` does it where a text tells a time.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_day_names
from babel.units import format_unit

from cordboard.engine.config import HOUR, MINUTE
from cordboard.engine.language_tags import ever_wider
from cordboard.engine.vocabulary import Milliseconds

_USUAL: Final = "en"
"""Where nobody said which language it is, or Unicode has no locale for it."""

_ORDINARY_SPACES: Final = {0x00A0: " ", 0x202F: " "}
"""`8:00 AM` has a narrow space in most locales, and with it the whole text would travel in UCS-2: in twice the SMS."""


class SpokenTimes:
    """How times are told in a language.

    Args:
        language: A language tag; empty where nobody said.
    """

    def __init__(self, language: str) -> None:
        self._locale = _locale_of(language)
        self._day_and_time = str(self._locale.datetime_formats["medium"]).replace("'", "")
        self._weekdays: dict[int, str] = dict(get_day_names("wide", "stand-alone", locale=self._locale))

    def moment(self, then: datetime, now: datetime) -> str:
        """Return a moment as it is said at another, both by the clocks of the place.

        The day is told where it is not today: by its name within a week, `Monday, 8:00 AM`, and by its date beyond.
        """
        said = format_time(then, "short", locale=self._locale)
        days = (then.date() - now.date()).days
        if days:
            said = self._day_and_time.format(said, self._day(then, days))

        return said.translate(_ORDINARY_SPACES)

    def length(self, length: Milliseconds) -> str:
        """Return a length of time, rounded up: whoever waits is rather served too early.

        Exact to the minute up to ten, to five minutes up to an hour and a half, and to the hour beyond: no estimate is
        worth more.
        """
        minutes = max(1, -(-length // MINUTE))
        if minutes > 10:
            minutes = -(-minutes // 5) * 5

        value, unit = (minutes, "duration-minute") if minutes <= 90 else (-(-length // HOUR), "duration-hour")
        return _length(value, unit, self._locale)

    def _day(self, then: datetime, days: int) -> str:
        if 0 < days < 7:
            return self._weekdays[then.weekday()]

        return format_skeleton("MMMMd" if days < 365 else "yMMMMd", then, locale=self._locale)


@lru_cache(maxsize=1_000)  # there are few, and a customer who comes into a long line is told one
def _length(value: int, unit: str, locale: Locale) -> str:
    return format_unit(value, unit, "long", locale=locale).translate(_ORDINARY_SPACES)


def _locale_of(language: str) -> Locale:
    for tag in ever_wider(language):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue

    return Locale.parse(_USUAL)
