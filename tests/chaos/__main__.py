"""Drive ten thousand texts and as many replies through a daemon that is killed again and again: `make chaos`.

`make chaos ARGS="--seed 7 --texts 2000"` chooses. A seed repeats who says what, what goes wrong with it, and after how
many texts the daemon is killed; the rest is left to the machine, as in life.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.chaos.play import IMPATIENT, PATIENT, Outcome, Plan, Play

from cordboard.daemon.logs import configure_logging

_TEXTS_EACH = 20
"""Texts that one customer writes."""


def main() -> int:
    """Play what the command line asks for; return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seed", default=secrets.token_hex(4), help="repeats a run; what it was is printed")
    parser.add_argument("--texts", type=int, default=10_000, help="how many customers write (%(default)s)")
    parser.add_argument("--kills", type=int, default=15, help="how often the daemon is killed (%(default)s)")
    parser.add_argument(
        "--impatient", action="store_true", help="wait for carriers as shortly as the run in `make test` does"
    )
    parser.add_argument("--settling", type=float, default=300, help="seconds until all has ended (%(default)s)")
    told = parser.parse_args()
    configure_logging("warning")
    print(f"seed {told.seed}", flush=True)
    plan = Plan(
        seed=told.seed,
        customers=max(1, told.texts // _TEXTS_EACH),
        texts=_TEXTS_EACH,
        kills=told.kills,
        settling=told.settling,
        program=IMPATIENT if told.impatient else PATIENT,
    )
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(Play(plan, Path(folder)).run())

    print(_summary(outcome))
    for each in outcome.broken:
        print(f"BROKEN: {each}", file=sys.stderr)

    return 1 if outcome.broken else 0


def _summary(outcome: Outcome) -> str:
    facts = outcome.facts
    sent = [each for each in facts.kept if each.direction == "outbound"]
    ends = Counter("uncertain" if each.uncertain else each.status for each in sent)
    unheard = sum(not each.acknowledged for each in facts.written)
    return "\n".join(
        [
            f"{outcome.seconds:.0f} s; the daemon was killed {outcome.kills} times",
            f"{len(facts.written)} texts, {unheard} of them acknowledged by no webhook; {len(facts.stopped)} STOP",
            f"{len(facts.answered)} replies taken, {outcome.refused} refused",
            f"{len(sent)} texts of ours: {', '.join(f'{count} {end}' for end, count in ends.most_common())}",
            f"{len(facts.carried)} texts at the carriers; {len(outcome.broken)} promises broken",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
