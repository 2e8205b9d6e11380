"""Runs timed against the floor: drawing their n·d normal numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.errors import nearest, require_integer
from symsched.models.noise import Blocks
from symsched.models.recording import OrderParameter
from symsched.simulation.run import run_plan

from .families import FAMILIES, dilated_plan


@final
@dataclass(frozen=True)
class Timing:
    """One configuration: the best of a few repetitions, each next to its own floor.

    ``seconds`` of the run, ``floor`` of ``default_rng().standard_normal((n, d))``, ``own_floor`` of the generator that
    the run uses, filling the same array; the ratios are seconds over either. Without an (n, d) array there is no floor.
    """

    family: str
    d: int
    n: int
    steps: int
    keep: str
    method: str
    seconds: float
    map_error: float
    floor: float | None = None
    own_floor: float | None = None
    ratio: float | None = None
    own_ratio: float | None = None


def measure_floor(
    family: str, d: int, n: int, steps: int, *, keep: str = "x", repetitions: int = 3, method: str = "auto"
) -> Timing:
    """Return the time of one run of a family and its floor, measured in turns so that both see the same machine."""
    if family not in FAMILIES:
        raise ValueError(f"unknown family {family!r}; {nearest(family, FAMILIES)}")
    model, plan = FAMILIES[family].model(require_integer(d, "d", 1)), dilated_plan(d, steps)
    draws: list[Callable[[], object]] = [
        lambda: np.random.default_rng(0).standard_normal((n, d)),
        lambda: Blocks(0, n, d).generator(0).standard_normal((n, d)),
    ]
    rounds = []
    for seed in range(require_integer(repetitions, "repetitions", 1)):
        start = time.perf_counter()
        run = run_plan(model, plan, n, seed, keep=keep, method=method, statistic=OrderParameter())
        taken = time.perf_counter() - start
        method, error = run.method, run.map_error
        del run
        rounds.append([taken, *(seconds_of(draw) for draw in draws if method != "order parameter")])
    seconds, *floors = map(min, zip(*rounds, strict=True))
    ratios = [seconds / floor for floor in floors]
    return Timing(family, d, n, steps, keep, method, seconds, error, *floors, *ratios)


def seconds_of(action: Callable[[], object]) -> float:
    """Return the wall time of an action, without what it takes to free its result."""
    start = time.perf_counter()
    result = action()
    taken = time.perf_counter() - start
    del result
    return taken
