"""`cordboard demo`: a contact centre on this machine alone, with simulated customers and no account anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cordboard.daemon.config_file import Configuration
from cordboard.daemon.listening import listening, url_of
from cordboard.daemon.serve import Running, Stop, serve, stopped_by_signals
from cordboard.engine.config import SECOND, BoardConfig, Channel, Number, Queue, Rep, Workstream
from cordboard.engine.errors import BoardInUse, CordboardError, Fault
from cordboard.engine.secret import Secret
from cordboard.engine.vocabulary import Capability, NumberKind, Role
from cordboard.transports.simulator import SimulatorSettings

HOST: Final = "127.0.0.1"
"""Loopback, and nothing else: in a demo anybody may sign in as anybody."""

CHANNEL: Final = "simulator"
NUMBER: Final = "+18005550100"
TOKENS: Final = {"ana": "demo-token-of-ana", "ben": "demo-token-of-ben"}

BOARD: Final = BoardConfig(
    name="demo",
    channels=(Channel(name=CHANNEL, provider="simulator"),),
    numbers=(
        Number(
            address=NUMBER,
            channel=CHANNEL,
            kind=NumberKind.TOLL_FREE,
            workstream="support",
            capabilities=(Capability.SMS, Capability.MMS),
        ),
    ),
    workstreams=(Workstream(name="support", queue="general", offer_timeout=60 * SECOND),),
    queues=(Queue(name="general", reps=("ana", "ben")),),
    reps=(
        Rep(name="ana", display_name="Ana", capacity=5),
        Rep(name="ben", display_name="Ben", capacity=5, roles=(Role.REP, Role.SUPERVISOR, Role.ADMIN)),
    ),
)

_WELCOME: Final = """
Cordboard's demo is running, on this machine alone.

  The desk      {url}/desk/     sign in as Ana, and become available
  The phones    {url}/phone/    be a customer, and text {number}

A text is offered to Ana, who has 60 seconds to accept it. Answer it at the desk, and watch the phone.
Ben is a supervisor: sign in as Ben in a private window to see everything.

  The API       curl -H 'Authorization: Bearer {ana}' {url}/v1/conversations
  The events    curl -N -H 'Authorization: Bearer {ben}' {url}/v1/events

Everything is kept in {folder}: stop with Ctrl+C, start again, and it goes on.
"""


class FolderUnusable(CordboardError):
    """The demo's data cannot be kept where it was told to."""

    fault = Fault.OPERATOR


async def run_demo(folder: Path, *, port: int) -> None:
    """Run the demo until SIGTERM or SIGINT, and keep its data in a folder.

    Raises:
        CordboardError: It cannot start.
    """

    def welcome(running: Running) -> None:
        print(_WELCOME.format(url=running.url, number=NUMBER, folder=folder, **TOKENS), flush=True)

    stop = Stop()
    with stopped_by_signals(stop), listening(HOST, port) as listeners:
        configuration = configure_demo(folder, url_of(listeners[0]))
        db = database_in(folder)
        try:
            await serve(configuration, db=db, listeners=listeners, demo=True, stop=stop, ready=welcome)
        except BoardInUse:
            raise FolderUnusable(
                f"another demo keeps its data in {folder}; choose another folder with --data DIR"
            ) from None


def configure_demo(folder: Path, url: str) -> Configuration:
    """Return the demo's configuration, with its data in a folder that is made where there is none.

    Raises:
        FolderUnusable: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable(f"the demo cannot keep its data in {folder}: {error.strerror}") from None

    carrier = SimulatorSettings(name=CHANNEL, public_url=url, phones=str(folder / "phones.jsonl"))
    tokens = {name: Secret(token) for name, token in TOKENS.items()}
    return Configuration(board=BOARD, channels=(carrier,), tokens=tokens)


def database_in(folder: Path) -> Path:
    """Return where in its folder the demo keeps its board."""
    return folder / "cordboard.db"
