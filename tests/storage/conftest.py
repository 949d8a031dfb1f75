"""What the tests of the stores share."""

from __future__ import annotations

import pytest

# So that a failure shows what was compared.
pytest.register_assert_rewrite("cordboard.engine.testing.histories", "cordboard.engine.testing.stores")
