"""Where boards are kept: in memory, and in SQLite."""
