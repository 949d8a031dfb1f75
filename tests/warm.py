"""Processes that begin where Cordboard is imported already: importing it takes longer than most of what they do.

They are real ones all the same, with a number, a folder, an environment and streams of their own, to be killed as any.
"""

from __future__ import annotations

import os
import runpy
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import DupFd
from operator import methodcaller
from pathlib import Path
from typing import Any

_WARM = get_context("forkserver")
_WARM.set_forkserver_preload(["tests.imported"])


def begin(
    arguments: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    stdout: int = 1,
    stderr: int = 2,
) -> ForkServerProcess:
    """Begin a process that does what `python -W error ARGUMENTS` would do.

    Args:
        arguments: `-m` and a module, or a file; then what it is told.
        folder: Where; here, if it is not said.
        environment: All of its environment.
        stdout: The descriptor that it writes its output to.
        stderr: The descriptor that it writes errors to.
    """
    streams = _Descriptor(stdout), _Descriptor(stderr)
    process = _WARM.Process(target=_be, args=(list(arguments), folder or Path.cwd(), dict(environment), *streams))
    process.start()
    return process


class _Descriptor(int):
    """One that is open, under another number, in the process that is told it."""

    def __reduce__(self) -> tuple[Callable[[Any], int], tuple[Any]]:
        return methodcaller("detach"), (DupFd(self),)


def _be(arguments: list[str], folder: Path, environment: dict[str, str], stdout: int, stderr: int) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for given, known in ((stdout, 1), (stderr, 2)):
        os.dup2(given, known)
        os.close(given)

    warnings.simplefilter("error")
    if arguments[0] == "-m":
        _, module, *sys.argv[1:] = arguments
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        program, *sys.argv[1:] = arguments
        runpy.run_path(program, run_name="__main__")
