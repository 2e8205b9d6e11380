"""How often right limits fail a row, and wrong ones do not: python -m tests.verdicts [--seeds 400] [--wrong 40].

The promise is one failing row in 16 000 that decide, and that each wrong case fails at 19 seeds of 20; what was
measured is in CONTRIBUTING.md.
"""

import argparse
import sys

from tests.verdicts.measure import PROMISE, alarms, most, power

POWER = 0.95


def main() -> int:
    """Measure both, print a line for every case, and leave with 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=400, help="seeds of every right case")
    parser.add_argument("--wrong", type=int, default=40, help="seeds of every wrong case")
    options = parser.parse_args()
    rows = failing = 0
    for name, decided, failed in alarms(options.seeds):
        rows, failing = rows + decided, failing + len(failed)
        print(f"right  {name}: {len(failed)} of {decided} rows fail {failed or ''}", flush=True)
    bound = most(rows)
    print(f"{failing} of {rows} rows fail; expected {rows * PROMISE:.1f}, at most {bound}", flush=True)
    kept = failing <= bound
    for kind, name, seen in power(options.wrong):
        kept = kept and seen >= POWER * options.wrong
        print(f"wrong  {kind}: {name}: found at {seen} of {options.wrong} seeds", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
