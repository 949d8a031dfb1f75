"""Every benchmark, one after the other."""

from __future__ import annotations

from benchmarks import board, door, durable, receiving, routing, segments

for program in (board, routing, segments, durable, receiving, door):
    print(f"\n{(program.__doc__ or '').splitlines()[0]}")
    program.main()
