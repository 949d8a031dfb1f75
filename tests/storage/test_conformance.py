"""Both stores keep every promise of the port."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.engine.testing.histories import OpenStore
from cordboard.engine.testing.stores import StoreConformance
from cordboard.storage.memory import MemoryStore
from cordboard.storage.sqlite import SqliteStore


class TestMemory(StoreConformance):
    """The store in memory."""

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Return stores that share their boards."""
        first = MemoryStore()
        return lambda: MemoryStore(sharing=first)


class TestSqlite(StoreConformance):
    """The store in an SQLite database."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        """Return stores on one database."""
        return lambda: SqliteStore(tmp_path / "cordboard.db")
