"""Defects: told to whoever runs the process, without the texts that happened to be in memory."""

from __future__ import annotations

import traceback

import structlog

log = structlog.get_logger(__name__)


def report_defect(event: str, defect: Exception, **facts: object) -> None:
    """Log a defect with its traceback as plain lines: log renderers like to print every frame's variables."""
    log.error(event, **facts, traceback="".join(traceback.format_exception(defect)))
