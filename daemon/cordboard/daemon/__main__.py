"""`python -m cordboard.daemon`."""

from __future__ import annotations

import sys

from cordboard.daemon.cli import main

if __name__ == "__main__":
    sys.exit(main())
