"""Counts failing rows of right limits, and wrong limits that are found, over seeds."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from scipy import stats

from symsched.reporting.verdicts import Z_LIMIT, Verdict
from symsched.validation import posteriors, validate
from tests.verdicts.cases import RIGHT, WRONG, Case

PROMISE = 2 * float(stats.norm.sf(Z_LIMIT))
"""Share of rows that decide and fail although the limit is right."""
_SURPRISE = 1e-3  # chance at which more alarms than that are called a broken promise


def most(rows: int) -> int:
    """The number of failing rows that is exceeded once in a thousand measurements if the promise is kept."""
    return int(stats.binom.isf(_SURPRISE, rows, PROMISE))


@contextmanager
def remembered() -> Iterator[None]:
    """Within it what does not depend on the seed is found once."""
    kept = {}

    def once(function):
        def call(subject, *rest, **named):
            key = function, id(subject), rest, tuple(sorted(named.items()))
            if key not in kept:
                kept[key] = subject, function(subject, *rest, **named)
            return kept[key][1]

        return call

    homes = (validate, "predict"), (posteriors, "posterior_nodes")
    originals = [getattr(home, name) for home, name in homes]
    try:
        for (home, name), original in zip(homes, originals, strict=True):
            setattr(home, name, once(original))
        yield
    finally:
        for (home, name), original in zip(homes, originals, strict=True):
            setattr(home, name, original)


def alarms(seeds: int, cases: tuple[Case, ...] = RIGHT) -> Iterator[tuple[str, int, list[str]]]:
    """Yield, for every right case, its rows that decide over all seeds and those that fail."""
    with remembered():
        for case in cases:
            decided, failed = 0, []
            for seed in range(seeds):
                rows = [row for row in case.report(seed).rows if row.decides]
                decided += len(rows)
                failed += [f"{row.claim}, seed {seed}, z = {row.z:.1f}" for row in rows if row.verdict is Verdict.FAILS]
            yield case.name, decided, failed


def power(seeds: int, cases: tuple[Case, ...] = WRONG) -> Iterator[tuple[str, str, int]]:
    """Yield, for every wrong case, what is wrong with it and at how many seeds a row fails."""
    with remembered():
        for case in cases:
            found = [any(row.verdict is Verdict.FAILS for row in case.report(seed).rows) for seed in range(seeds)]
            yield case.kind, case.name, int(np.sum(found))
