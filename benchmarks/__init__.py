"""Programs that measure Cordboard beside something to compare it with, each run as `python -m benchmarks.NAME`."""
