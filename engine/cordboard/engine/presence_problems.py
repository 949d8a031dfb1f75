"""What can be wrong with presences, and with what refers to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cordboard.engine.config import BoardConfig
from cordboard.engine.vocabulary import Presence

_WORDS: Final = frozenset(each.value for each in Presence)

_OUT: Final = (Presence.INACTIVE, Presence.DO_NOT_DISTURB, Presence.AWAY)
"""What a rep may be said to be who let an offer go: offline would take what else they have from them."""


def find_presence_problems(config: BoardConfig) -> Iterator[str]:
    """Yield what does not hold of presences, each as `key: reason`."""
    known: dict[str, int] = {}
    for index, each in enumerate(config.presences):
        key = f"presences[{index}]"
        if each.name in known:
            yield f"{key}.name: {each.name!r} is there already, as presences[{known[each.name]}]"
        elif each.name in _WORDS:
            yield f"{key}.name: {each.name!r} is a word of Cordboard's own; choose another name"

        known.setdefault(each.name, index)
        if each.base is Presence.INACTIVE:
            yield f"{key}.base: nobody says of themselves that they are inactive; choose another base"

    for index, workstream in enumerate(config.workstreams):
        key = f"workstreams[{index}].allowed_presences"
        if not workstream.allowed_presences:
            yield f"{key}: with none, nobody would ever get anything; name some"

        if Presence.OFFLINE in workstream.allowed_presences:
            yield f"{key}: nobody who is offline can take anything; remove 'offline'"

        if Presence.INACTIVE in workstream.allowed_presences:
            yield f"{key}: who is inactive has just missed an offer; remove 'inactive'"

    for name in ("missed", "declined"):
        presence = getattr(config.presence, name)
        if presence is not None and presence not in _OUT:
            listed = ", ".join(repr(each.value) for each in _OUT)
            yield f"board.presence.{name}: cannot be {presence.value!r}; it is one of {listed}"
