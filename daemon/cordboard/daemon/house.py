"""What the daemon's rooms share: the engine, the people, the simulated carriers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from msgspec.structs import replace

from cordboard.daemon.access import Access
from cordboard.daemon.allowance import Allowance
from cordboard.daemon.config_changes import Change, compare, in_short
from cordboard.daemon.config_file import Configuration
from cordboard.daemon.open_desks import OpenDesks
from cordboard.engine import Engine
from cordboard.engine.clock import SystemClock
from cordboard.engine.ports import Clock, MediaStore
from cordboard.transports.base import ChannelSettings
from cordboard.transports.simulator import SimulatorTransport

log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False)
class House:
    """One running daemon.

    Attributes:
        engine: The board and all that moves it.
        access: Who may come in; replaced when a configuration is applied.
        simulators: The simulated carriers, by channel.
        uploads: Where files are kept that reps attach; without it, only URLs can be attached.
        allowance: How many more each rep may attach.
        channels: The settings that the engine's transports were made with; a channel that is not among them counts as
            changed when a configuration is applied.
        clock: Tells what time it is.
        demo: Whether the house was started with `cordboard demo`.
        stopping: Set when the daemon begins to stop: whatever streams to a client ends then, since the web server
            waits for every open response.
        desks: Who has a desk open.
    """

    engine: Engine
    access: Access
    simulators: Mapping[str, SimulatorTransport] = field(default_factory=dict)
    uploads: MediaStore | None = None
    allowance: Allowance = field(default_factory=Allowance)
    channels: tuple[ChannelSettings, ...] = ()
    clock: Clock = field(default_factory=SystemClock)
    demo: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    desks: OpenDesks = field(init=False)
    _applying: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        """Furnish it."""
        self.desks = OpenDesks(self.engine, self.stopping)

    async def apply(self, configuration: Configuration, *, by: str, dry_run: bool = False) -> tuple[Change, ...]:
        """Put a configuration in force; transports are replaced only where a channel's settings changed.

        Args:
            configuration: The whole of it.
            by: Who asks.
            dry_run: Only tell what would change, and whether it could: no channel is opened to find that out.

        Returns:
            What differs from the configuration that was in force.

        Raises:
            InvalidConfiguration: It cannot be used; everything stays as it was.
        """
        async with self._applying:
            access = Access(configuration.board, configuration.tokens)
            changed = tuple(each for each in configuration.channels if each not in self.channels)
            transports = replace(configuration, channels=changed).build_transports()
            before = Configuration(
                board=self.engine.board.config, channels=self.channels, tokens=dict(self.access.tokens)
            )
            changes = compare(before, configuration)
            if dry_run:
                self.engine.check(configuration.board, transports=transports)
                return changes

            await self.engine.configure(configuration.board, by=by, transports=transports)
            self.access, self.channels = access, configuration.channels
            self.simulators = {
                name: each for name, each in self.engine.transports.items() if isinstance(each, SimulatorTransport)
            }
            log.info("configuration_applied", by=by, **in_short(changes))
            return changes
