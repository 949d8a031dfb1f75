"""Which Cordboard this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """Return the installed version; `unreleased` for a source tree that is not installed."""
    try:
        return version("cordboard")
    except PackageNotFoundError:
        return "unreleased"
