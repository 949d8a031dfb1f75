"""Processes of their own for the tests to talk to, begun warm or cold."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Protocol

from tests.warm import begin


class Process(Protocol):
    """What tests do with a process: it is one of asyncio's, or one that began warm."""

    stdout: asyncio.StreamReader | None
    stderr: asyncio.StreamReader | None

    @property
    def returncode(self) -> int | None: ...

    def send_signal(self, signal: int) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...

    async def wait(self) -> int: ...
    async def communicate(self) -> tuple[bytes, bytes]: ...


async def start(
    *arguments: str,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    cold: bool = False,
) -> Process:
    """Start a Python in another process, as `asyncio.create_subprocess_exec` would.

    Args:
        arguments: What it is to run: `-m` and a module, or a file; then what that is told.
        env: All of its environment.
        cwd: The folder that it runs in.
        stdout: `PIPE`, to read it.
        stderr: `PIPE`, to read it, or `STDOUT`, to read it with the other.
        cold: Whether it begins as a user's does, from nothing, which takes a second of a processor more.
    """
    if cold:
        command = [sys.executable, "-W", "error", *arguments]
        return await asyncio.create_subprocess_exec(*command, env=env, cwd=cwd, stdout=stdout, stderr=stderr)

    heard_out, out = os.pipe() if stdout == PIPE else (None, 1)
    heard_err, err = os.pipe() if stderr == PIPE else (None, out if stderr == STDOUT else 2)
    process = begin(arguments, folder=cwd, environment=env, stdout=out, stderr=err)
    for heard, given in ((heard_out, out), (heard_err, err)):
        if heard is not None:
            os.close(given)

    return _Warm(process, await _stream(heard_out), await _stream(heard_err))


async def _stream(descriptor: int | None) -> asyncio.StreamReader | None:
    if descriptor is None:
        return None

    stream = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(descriptor, "rb", buffering=0)
    )
    return stream


class _Warm:
    """A process that began warm, as asyncio has its own."""

    def __init__(
        self,
        process: ForkServerProcess,
        stdout: asyncio.StreamReader | None,
        stderr: asyncio.StreamReader | None,
    ) -> None:
        self.stdout, self.stderr = stdout, stderr
        self._process = process
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(process.sentinel, self._end)

    def _end(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode if self._ended.is_set() else None

    def send_signal(self, signal: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal)

    def terminate(self) -> None:
        self.send_signal(SIGTERM)

    def kill(self) -> None:
        self.send_signal(SIGKILL)

    async def wait(self) -> int:
        await self._ended.wait()
        assert self._process.exitcode is not None
        return self._process.exitcode

    async def communicate(self) -> tuple[bytes, bytes]:
        out, err = await asyncio.gather(_all_of(self.stdout), _all_of(self.stderr))
        await self.wait()
        return out, err


async def _all_of(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()
