"""Putting another configuration in force on a running daemon."""

from __future__ import annotations

import anyio.to_thread
from litestar import post
from litestar.params import JSONBody
from msgspec import Struct

from cordboard.daemon import config_file
from cordboard.daemon.api.caller import Caller, InHouse, require_admin
from cordboard.daemon.api.problems import RESPONSES
from cordboard.daemon.config_changes import Change, Fate
from cordboard.engine.errors import InvalidConfiguration


class Application(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configuration file to apply.

    Attributes:
        source: What its problems call it: the file's name.
        toml: Its text.
        dry_run: Whether to tell only what would change, and leave everything as it is.
    """

    source: str
    toml: str
    dry_run: bool = False


class Applied(Struct, frozen=True, kw_only=True):
    """What is in force now, or would be.

    Attributes:
        board: The board's name.
        changed_channels: The channels that are new or work with other settings, in order.
        applied: Whether it is in force: false for a dry run.
        changes: What differs from the configuration that was in force, in the order of the file's sections.
    """

    board: str
    changed_channels: list[str]
    applied: bool
    changes: tuple[Change, ...]


@post("/configuration", status_code=200, guards=[require_admin], responses=RESPONSES, summary="Apply a configuration")
async def apply_configuration(house: InHouse, person: Caller, data: JSONBody[Application]) -> Applied:
    """Check a configuration and put it in force: it works on the next command. With `dry_run` it is only checked."""
    new = await anyio.to_thread.run_sync(lambda: config_file.parse(data.toml, source=data.source))
    try:
        changes = await house.apply(new, by=person.name, dry_run=data.dry_run)
    except InvalidConfiguration as refusal:  # the board's reasons; the file's own name it already
        raise InvalidConfiguration(tuple(f"{data.source}: {each}" for each in refusal.problems)) from None

    channels = [each.name for each in changes if each.section == "channels" and each.fate is not Fate.REMOVED]
    return Applied(board=new.board.name, changed_channels=channels, applied=not data.dry_run, changes=changes)
