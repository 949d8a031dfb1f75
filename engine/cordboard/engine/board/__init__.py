"""The board: a pure machine that decides what happens, with no clock, no chance and no I/O."""
