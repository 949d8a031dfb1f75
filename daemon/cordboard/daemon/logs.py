"""What the daemon writes of itself: to standard error, for people on a terminal, as JSON lines for machines.

Only the daemon configures logging, and only when it is started. Nothing here shows a secret, a body or a whole phone
number, whoever logs it.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from cordboard.engine.secret import Secret

LEVELS: Final = ("debug", "info", "warning", "error")

_PHONE: Final = re.compile(r"(?:\+|%2[Bb])[1-9]\d{6,14}")
_BODIES: Final = frozenset({"body", "text", "media", "raw"})
_SECRETS: Final = re.compile(r"token|secret|password|access_key|authorization|cookie|signature", re.IGNORECASE)
_UNSEEN: Final = (Secret, bytes)
_PLAIN: Final = (bool, int, float)
_HIDDEN: Final = "•••"


def configure_logging(level: str = "info", *, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process, by structlog or by `logging`, to one stream.

    Args:
        level: The least of `LEVELS` to show.
        stream: Where to; standard error where it is not given.
    """
    sink = _Losing(stream or sys.stderr)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after = _rendering(pretty=sink.isatty())
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", sink)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(cast("TextIO", sink))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
        )
    )
    # What other packages say to their own engineers stays unsaid: aiosqlite shows statements, and with them bodies.
    logging.basicConfig(level=max(threshold, logging.INFO), handlers=[handler], force=True)
    _route_web_server(threshold)


class _Losing:
    """A stream that loses what it cannot write: no text has to wait for a pipe that broke or a disk that is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        """Write, if that is possible."""
        with suppress(OSError, ValueError):  # ValueError: it is closed
            self._stream.write(line)

        return len(line)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether people read it."""
        return self._stream.isatty()


def masked(number: str) -> str:
    """Return a phone number that can be recognised by who knows it, and by nobody else: `+1415•••0123`."""
    return f"{number[:5]}{_HIDDEN}{number[-4:]}" if len(number) >= 11 else f"{number[:2]}{_HIDDEN}"


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take bodies and secrets out of a log entry, and mask its phone numbers; a processor of structlog's."""
    return {key: _shown(key, value) for key, value in event.items()}


def _shown(key: str, value: Any) -> Any:
    if key in _BODIES or isinstance(value, _UNSEEN):
        return _HIDDEN

    if isinstance(value, str):
        return _HIDDEN if _names_secret(key) else _without_phones(value)

    if value is None or isinstance(value, _PLAIN):
        return value

    if isinstance(value, Mapping):
        return {str(name): _shown(str(name), each) for name, each in value.items()}

    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(key, each) for each in value]

    return _shown(key, str(value))


@lru_cache(maxsize=1_000)
def _names_secret(key: str) -> bool:
    return _SECRETS.search(key) is not None


def _without_phones(value: str) -> str:
    if "+" not in value and "%2" not in value:
        return value

    return _PHONE.sub(lambda found: masked(found[0]), value)


def _rendering(*, pretty: bool) -> list[Processor]:
    if pretty:
        # Tracebacks stay plain: the fancy ones show variables, and with them bodies.
        console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return [structlog.processors.format_exc_info, redact, console]

    return [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer(serializer=_json)]


def _json(event: EventDict, **_options: Any) -> str:
    return msgspec.json.encode(event).decode()


def _route_web_server(threshold: int) -> None:
    """Let uvicorn's words come to the root logger, and only when something is wrong; one line a request is too many."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
        logger.setLevel(max(threshold, logging.WARNING))
