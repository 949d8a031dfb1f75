"""What people call presences."""

from __future__ import annotations

from typing import Final

from cordboard.engine.config import BoardConfig
from cordboard.engine.vocabulary import Presence

PRESENCES: Final = {
    Presence.AVAILABLE: "Available",
    Presence.BUSY: "Busy",
    Presence.DO_NOT_DISTURB: "Do not disturb",
    Presence.AWAY: "Away",
    Presence.OFFLINE: "Offline",
    Presence.INACTIVE: "Inactive",
}


def presence_choices(config: BoardConfig) -> dict[str, str]:
    """Return what a person can choose, by name, in words: the board's own after the others."""
    own = {each.name: each.text or each.name for each in config.presences}
    return {each.value: words for each, words in PRESENCES.items() if each is not Presence.INACTIVE} | own


def presence_text(presence: Presence, custom: str, config: BoardConfig) -> str:
    """Return a presence in words; one whose custom name is gone is its base."""
    return presence_choices(config).get(custom, PRESENCES[presence])
