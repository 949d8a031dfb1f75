"""One running daemon: the store, the transports, the engine and the web server, from the first to the last moment."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import anyio
import structlog
import uvicorn
from litestar.types import ASGIApp

from cordboard.daemon.access import Access
from cordboard.daemon.app import create_app
from cordboard.daemon.config_file import Configuration
from cordboard.daemon.house import House
from cordboard.daemon.listening import listening, url_of
from cordboard.daemon.release import release
from cordboard.daemon.wire import IDLE_SECONDS, GuardedProtocol
from cordboard.engine import Engine
from cordboard.engine.ports import MediaStore, Store
from cordboard.storage.media_folder import MediaFolder
from cordboard.storage.media_memory import MediaMemory
from cordboard.storage.memory import MemoryStore
from cordboard.storage.sqlite import SqliteStore
from cordboard.transports.simulator import SimulatorTransport

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

log = structlog.get_logger(__name__)

ANSWERING_SECONDS: Final = 15
"""How long requests in flight may still take when the daemon stops: a body may take ten to arrive."""


class Stop:
    """How a daemon is asked to stop: first in good order and, if asked again, quickly."""

    def __init__(self) -> None:
        self.asked = anyio.Event()
        self.urgent = anyio.Event()

    def ask(self) -> None:
        """Ask, or ask again."""
        (self.urgent if self.asked.is_set() else self.asked).set()


@dataclass(frozen=True, kw_only=True)
class Running:
    """A daemon that answers requests.

    Attributes:
        url: Where.
        house: What is behind it.
    """

    url: str
    house: House


async def serve(
    configuration: Configuration,
    *,
    db: Path | None,
    listeners: Sequence[socket.socket],
    demo: bool = False,
    stop: Stop | None = None,
    ready: Callable[[Running], None] | None = None,
) -> None:
    """Run a daemon until it is asked to stop.

    Stopping, it takes no new connection, answers what is in flight after committing it, waits for texts that are on
    their way to a carrier, and closes the store.

    Args:
        configuration: What to run.
        db: The database's file; without one, everything is gone when the daemon stops.
        listeners: What to listen on: see `listening`. They are closed when it stops.
        demo: Whether this is `cordboard demo`.
        stop: Asks it to stop.
        ready: Called once requests are answered.

    Raises:
        StoreUnavailable: The database cannot be used.
        InvalidConfiguration: The configuration does not suit the transports or the board.
    """
    transports = [
        transport.with_public_url(url_of(listeners[0]))
        if isinstance(transport, SimulatorTransport) and not settings.public_url
        else transport
        for settings, transport in zip(configuration.channels, configuration.build_transports(), strict=True)
    ]
    store: Store = MemoryStore() if db is None else SqliteStore(db)
    received, uploads = media_stores(db)
    async with Engine(configuration.board, store=store, transports=transports, media=received) as engine:
        house = House(
            engine=engine,
            access=Access(configuration.board, configuration.tokens),
            simulators={name: each for name, each in engine.transports.items() if isinstance(each, SimulatorTransport)},
            uploads=uploads,
            channels=configuration.channels,
            demo=demo,
        )
        running = Running(url=url_of(listeners[0]), house=house)

        def announce() -> None:
            for name in configuration.weak_tokens:
                log.warning("weak_token", rep=name, advice="anybody can guess it: use 16 random characters or more")

            log.info("daemon_ready", url=running.url, board=configuration.board.name, release=release())
            if ready is not None:
                ready(running)

        await _serve_web(house, listeners, stop or Stop(), announce)

    log.info("daemon_stopped", board=configuration.board.name)


def media_stores(db: Path | None) -> tuple[MediaStore, MediaStore]:
    """Return where customers' attachments are kept, and where uploads: in a folder beside the database, `DB-media`.

    They are two, so that no key of a customer's attachment can ever mean anything where carriers fetch uploads.

    Args:
        db: The database's file; without one, they are gone when the daemon stops.
    """
    if db is None:
        return MediaMemory(), MediaMemory()

    folder = db.with_name(f"{db.name}-media")
    return MediaFolder(folder / "received"), MediaFolder(folder / "uploads")


async def serve_until_signal(configuration: Configuration, *, db: Path, host: str, port: int) -> None:
    """Run a daemon until SIGTERM or SIGINT; a second one hurries it. Raises as `serve` and `listening` do."""
    stop = Stop()
    with stopped_by_signals(stop), listening(host, port) as listeners:
        await serve(configuration, db=db, listeners=listeners, stop=stop)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Have SIGTERM and SIGINT ask for a stop, each time they come."""
    loop = asyncio.get_running_loop()
    heeded = (signal.SIGTERM, signal.SIGINT)

    def heed(received: signal.Signals) -> None:
        stop.ask()
        log.info("daemon_stopping", signal=received.name, urgent=stop.urgent.is_set())

    for each in heeded:
        loop.add_signal_handler(each, heed, each)

    try:
        yield
    finally:
        for each in heeded:
            loop.remove_signal_handler(each)


class _WebServer(uvicorn.Server):
    """uvicorn's server, which leaves the process's signals to us and says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._ready()


def web_settings(app: ASGIApp) -> uvicorn.Config:
    """Return how the web server serves an application."""
    return uvicorn.Config(
        cast("ASGI3Application", app),
        http=GuardedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=ANSWERING_SECONDS,
    )


async def _serve_web(house: House, listeners: Sequence[socket.socket], stop: Stop, ready: Callable[[], None]) -> None:
    web = _WebServer(web_settings(create_app(house)), ready)

    async def heed_stop() -> None:
        await stop.asked.wait()
        house.stopping.set()
        web.should_exit = True
        await stop.urgent.wait()
        for connection in list(web.server_state.connections):
            connection.transport.abort()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heed_stop)
        await web.serve(list(listeners))
        tasks.cancel_scope.cancel()
