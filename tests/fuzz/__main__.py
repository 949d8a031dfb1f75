"""Try every transport's `receive` with many spoilt requests: `make fuzz`.

`make fuzz ARGS="--subject twilio --cases 1000000 --seed 7"` chooses; `--case 4711` repeats a single one.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time

from tests.fuzz.subjects import SUBJECTS
from tests.fuzz.trial import Broken, try_case, try_many


def main() -> int:
    """Try what the command line asks for; return how many transports broke their word."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--subject", choices=SUBJECTS, action="append", help="this one alone (may be repeated)")
    parser.add_argument("--cases", type=int, default=100_000, help="how many for each (%(default)s)")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="repeats a run; what it was is printed")
    parser.add_argument("--case", type=int, help="try this case alone")
    told = parser.parse_args()
    print(f"seed {told.seed}")
    broken = 0
    for name in told.subject or SUBJECTS:
        subject = SUBJECTS[name]()
        began = time.perf_counter()
        try:
            if told.case is not None:
                print(f"{name}: {try_case(subject, told.seed, told.case)}")
                continue

            outcomes = try_many(subject, told.seed, told.cases)
        except Broken as error:
            broken += 1
            print(f"{name}: {error}" + (f": {error.__cause__!r}" if error.__cause__ else ""), file=sys.stderr)
            continue

        rate = told.cases / (time.perf_counter() - began)
        print(f"{name}: {told.cases} cases, {rate:.0f} a second; {', '.join(f'{n} {k}' for k, n in outcomes.items())}")

    return broken


if __name__ == "__main__":
    sys.exit(main())
