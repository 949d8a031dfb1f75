"""The runtime: the only part of the engine that awaits."""
