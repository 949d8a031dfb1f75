"""Language tags, as BCP 47 writes them: what is one, what it is a variety of, and who understands whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_TAG: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def is_language(tag: str) -> bool:
    """Whether it is a language tag, such as `es` or `pt-BR`."""
    return _TAG.fullmatch(tag) is not None


def speaks(spoken: Iterable[str], wanted: str) -> bool:
    """Whether somebody who speaks some languages can talk in one.

    Who speaks `es` can talk in `es-MX`, and who speaks `es-MX` in `es`; with `es-ES` alone nobody is taken for a
    speaker of `es-MX`. Upper and lower case are the same (RFC 5646, 2.1.1).
    """
    return any(_begins(each, wanted) or _begins(wanted, each) for each in spoken)


def ever_wider(tag: str) -> Iterator[str]:
    """Yield a language tag and what it is a variety of: `es-MX`, `es` (the look-up of RFC 4647, 3.4)."""
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]


def _begins(short: str, tag: str) -> bool:
    return f"{tag}-".casefold().startswith(f"{short}-".casefold())
