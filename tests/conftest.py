"""What every test stands on."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Cordboard runs on asyncio: aiosqlite and uvicorn do."""
    return "asyncio"
