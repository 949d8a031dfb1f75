"""Both media stores keep every promise of the port."""

from __future__ import annotations

from pathlib import Path

import pytest

from cordboard.engine.testing.media_stores import MediaStoreConformance, OpenMediaStore
from cordboard.storage.media_folder import MediaFolder
from cordboard.storage.media_memory import MediaMemory


class TestMemory(MediaStoreConformance):
    """Attachments in memory."""

    @pytest.fixture
    def open_media(self) -> OpenMediaStore:
        """Return the one store there is: it shares its data with nobody."""
        only = MediaMemory()
        return lambda: only


class TestFolder(MediaStoreConformance):
    """Attachments in a folder."""

    @pytest.fixture
    def open_media(self, tmp_path: Path) -> OpenMediaStore:
        """Return stores on one folder."""
        return lambda: MediaFolder(tmp_path / "media")
