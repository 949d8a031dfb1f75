"""Every benchmark, one after the other."""

from __future__ import annotations

from benchmarks import board, door, durable

for program in (board, durable, door):
    print(f"\n{(program.__doc__ or '').splitlines()[0]}")
    program.main()
