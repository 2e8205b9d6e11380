"""Runs timed against the floor: drawing their n·d normal numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np

from symsched.benchmark.families import FAMILIES, dilated_plan
from symsched.errors import nearest, require_integer
from symsched.models.noise import Blocks
from symsched.models.recording import OrderParameter
from symsched.simulation.run import run_plan


@final
@dataclass(frozen=True)
class Timing:
    """One configuration: the best of a few repetitions, each next to its own floor.

    ``seconds`` of the run, ``floor`` of ``default_rng().standard_normal((n, d))``, ``own_floor`` of the generator that
    the run uses, filling the same array; ``ratio`` = seconds/floor. A run without an (n, d) array has no floor.
    """

    family: str
    d: int
    n: int
    steps: int
    keep: str
    method: str
    seconds: float
    floor: float | None
    own_floor: float | None
    map_error: float

    @property
    def ratio(self) -> float | None:
        """Time in units of the floor."""
        return None if self.floor is None else self.seconds / self.floor

    @property
    def own_ratio(self) -> float | None:
        """Time in units of the own floor."""
        return None if self.own_floor is None else self.seconds / self.own_floor

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers and the ratio."""
        return asdict(self) | {"ratio": self.ratio}


def measure_floor(
    family: str, d: int, n: int, steps: int, *, keep: str = "x", repetitions: int = 3, method: str = "auto"
) -> Timing:
    """Return the time of one run of a family and its floor, measured in turns so that both see the same machine."""
    if family not in FAMILIES:
        raise ValueError(f"unknown family {family!r}; {nearest(family, FAMILIES)}")
    model, plan = FAMILIES[family](require_integer(d, "d", 1)), dilated_plan(d, steps)
    floors, own, seconds = [], [], []
    for repetition in range(require_integer(repetitions, "repetitions", 1)):
        if method != "order parameter":
            floors.append(_timed(lambda: np.random.default_rng(0).standard_normal((n, d))))
            own.append(_timed(lambda: Blocks(0, n, d).generator(0).standard_normal((n, d))))
        seed = repetition
        start = time.perf_counter()
        run = run_plan(model, plan, n, seed, keep=keep, method=method, statistic=OrderParameter())
        seconds.append(time.perf_counter() - start)
        used, error = run.method, run.map_error
        del run
    floor, own_floor = min(floors, default=None), min(own, default=None)
    return Timing(family, d, n, steps, keep, used, min(seconds), floor, own_floor, error)


def sweep(
    family: str,
    *,
    dimensions: Sequence[int],
    counts: Sequence[int],
    steps: Sequence[int],
    repetitions: int = 3,
    progress: Callable[[Timing], None] | None = None,
) -> list[Timing]:
    """Return timings for every combination."""
    timings = []
    for d in dimensions:
        for n in counts:
            for count in steps:
                timing = measure_floor(family, d, n, count, repetitions=repetitions)
                timings.append(timing)
                if progress is not None:
                    progress(timing)
    return timings


def growth(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the exponent a of seconds ∝ size^a, by least squares in logarithms.

    >>> round(growth([1, 10, 100], [2.0, 20.0, 200.0]), 12)
    1.0
    """
    if len(sizes) < 2:
        raise ValueError("an exponent needs at least two sizes")
    return float(np.polyfit(np.log(np.asarray(sizes)), np.log(np.asarray(seconds)), 1)[0])


def _timed(action: Callable[[], object]) -> float:
    """Return the wall time of an action, with what it allocates."""
    start = time.perf_counter()
    result = action()
    elapsed = time.perf_counter() - start
    del result
    return elapsed
