"""What the tests of the stores share."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from cordboard.storage.sqlite import SqliteStore

# So that a failure shows what was compared.
pytest.register_assert_rewrite(
    "cordboard.engine.testing.histories", "cordboard.engine.testing.media_stores", "cordboard.engine.testing.stores"
)

PATIENCE = 60
"""Seconds to wait for another process: it has to start a Python."""


class Other:
    """Another process, and what it says line by line."""

    def __init__(self, process: Process) -> None:
        assert process.stdout is not None
        self.process = process
        self._lines = BufferedByteReceiveStream(process.stdout)

    async def line(self) -> str:
        """Return the next line it says."""
        with anyio.fail_after(PATIENCE):
            return (await self._lines.receive_until(b"\n", 10_000)).decode()

    async def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it is gone."""
        self.process.kill()
        with anyio.fail_after(PATIENCE):
            await self.process.wait()

    async def rest(self) -> list[str]:
        """Return the whole lines that it said and nobody has read yet, once it is gone."""
        said = b""
        with anyio.fail_after(PATIENCE):
            while True:
                try:
                    said += await self._lines.receive()
                except anyio.EndOfStream:
                    return said.decode().split("\n")[:-1]


RunOther: TypeAlias = Callable[..., AbstractAsyncContextManager[Other]]


@pytest.fixture
def run_other() -> RunOther:
    """Run a program in another process that can import what this one can; at the end it is killed."""

    @asynccontextmanager
    async def run(program: str, *arguments: str) -> AsyncIterator[Other]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        async with await anyio.open_process(
            [sys.executable, "-c", program, *arguments], env=environment, stderr=None
        ) as process:
            try:
                yield Other(process)
            finally:
                if process.returncode is None:
                    process.kill()

    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "cordboard.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """A store that is open, holds the board, and does not wait for anybody."""
    async with SqliteStore(path, busy_timeout=0) as store:
        await store.load("contoso")
        yield store
