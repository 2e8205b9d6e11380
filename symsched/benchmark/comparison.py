"""The samplers next to the plain loops: time, memory, and error against exact answers."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from symsched.benchmark.yardstick import SETTINGS, Setting, plain_loop
from symsched.models.estimates import Estimate
from symsched.simulation.run import run_plan

Array = NDArray[np.float64]

_MEMORY = 1.5e9
"""Bytes that the plain loop may take; more paths than fit are run in turns, which costs it nothing."""


@final
@dataclass(frozen=True)
class Comparison:
    """One experiment run both ways.

    ``seconds`` and ``peak`` (bytes) of ours, with the exact posterior, and of the plain loop; ``same_seconds``: ours
    with the formula of the plain loop. ``weight`` and ``width``: share of paths in the mode of positive mean, and the
    mean absolute coordinate (cw) or the width within a mode (gm), each with its standard error over the paths;
    ``exact``: what the same plan gives from many order-parameter paths of the exact posterior.
    """

    name: str
    d: int
    n: int
    steps: int
    method: str
    seconds: float
    same_seconds: float
    plain_seconds: float
    peak: int
    plain_peak: int
    weight: Estimate
    plain_weight: Estimate
    exact_weight: Estimate
    width: Estimate
    plain_width: Estimate
    exact_width: Estimate

    @property
    def speedup(self) -> float:
        """How many times faster, with the exact posterior."""
        return self.plain_seconds / self.seconds

    @property
    def same_speedup(self) -> float:
        """How many times faster by the same formula."""
        return self.plain_seconds / self.same_seconds

    @property
    def saving(self) -> float:
        """How many times less memory."""
        return self.plain_peak / self.peak

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self) | {"speedup": self.speedup, "same_speedup": self.same_speedup, "saving": self.saving}


def compare(setting: Setting, *, repetitions: int = 2, exact_paths: int = 4000) -> Comparison:
    """Run one experiment both ways; ours keeps the statistics that the plain loop reduces its states to."""
    model, plan = setting.model(), setting.plan()
    ours, same, theirs = [], [], []
    for seed in range(repetitions):
        if setting.kind == "cw":
            start = time.perf_counter()
            run_plan(setting.product_form(), plan, setting.n, seed, keep="statistics")
            same.append(time.perf_counter() - start)
        start = time.perf_counter()
        run = run_plan(model, plan, setting.n, seed, keep="statistics")
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        first, second = _plain_moments(setting, np.random.default_rng(seed))
        theirs.append(time.perf_counter() - start)
    plain = _statistics(setting, first, second)
    peak = _peak(lambda: run_plan(model, plan, setting.n, 0, keep="statistics"))
    part = replace(setting, n=_rows(setting))
    # Every array of the plain loop has n rows, so that its memory is proportional to n.
    plain_peak = int(_peak(lambda: plain_loop(part, np.random.default_rng(0))) * (setting.n / part.n))
    exact = run_plan(model, plan, exact_paths, 99, keep="statistics", method="order parameter")
    mine = _statistics(setting, run.moments[:, 0], run.moments[:, 1])
    truth = _statistics(setting, exact.moments[:, 0], exact.moments[:, 1])
    return Comparison(
        name=setting.name,
        d=setting.d,
        n=setting.n,
        steps=setting.steps,
        method=run.method,
        seconds=min(ours),
        same_seconds=min(same or ours),
        plain_seconds=min(theirs),
        peak=peak,
        plain_peak=plain_peak,
        weight=mine[0],
        plain_weight=plain[0],
        exact_weight=truth[0],
        width=mine[1],
        plain_width=plain[1],
        exact_width=truth[1],
    )


def compare_all(
    settings: Sequence[Setting] = SETTINGS, progress: Callable[[Comparison], None] | None = None
) -> list[Comparison]:
    """Return all comparisons."""
    results = []
    for setting in settings:
        results.append(compare(setting))
        if progress is not None:
            progress(results[-1])
    return results


def geometric_means(comparisons: Sequence[Comparison]) -> tuple[float, float, float]:
    """Return the geometric means of speedup, speedup by the same formula, and saving of memory."""
    ratios = np.array([[c.speedup, c.same_speedup, c.saving] for c in comparisons])
    speed, same, saving = np.exp(np.log(ratios).mean(axis=0)).tolist()
    return speed, same, saving


def comparison_markdown(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as a table."""
    lines = [
        "| experiment | d | n | steps | seconds | same formula | plain | × faster | same formula | MB | plain MB "
        "| weight | plain | exact | width or spin | plain | exact |",
        "|" + "---|" * 17,
    ]
    for c in comparisons:
        cells = [c.name, str(c.d), str(c.n), str(c.steps)]
        cells += [f"{seconds:.4f}" for seconds in (c.seconds, c.same_seconds, c.plain_seconds)]
        cells += [f"{c.speedup:.1f}", f"{c.same_speedup:.1f}", f"{c.peak / 1e6:.1f}", f"{c.plain_peak / 1e6:.0f}"]
        for group in ((c.weight, c.plain_weight, c.exact_weight), (c.width, c.plain_width, c.exact_width)):
            cells += [f"{e.value:.5f} ± {e.standard_error:.0e}" for e in group]
        lines.append("| " + " | ".join(cells) + " |")
    speed, same, saving = geometric_means(comparisons)
    lines += [
        "",
        f"Geometric means: {speed:.1f} × faster, {same:.1f} × by the same formula, {saving:.1f} × less memory.",
        "",
        "The exact posterior of Curie–Weiss integrates over its collective field; the plain loop takes the two-mode",
        'product form. "Same formula": the samplers with that form too.',
    ]
    return "\n".join(lines) + "\n"


def _rows(setting: Setting) -> int:
    """Return how many paths of the plain loop fit in the memory that a benchmark may take."""
    return int(np.clip(_MEMORY / (8 * setting.d * (setting.steps + 8)), 1, setting.n))


def _plain_moments(setting: Setting, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the means over coordinates of x and x² of all paths, (n,), some paths at a time."""
    step = _rows(setting)
    parts = [plain_loop(replace(setting, n=min(step, setting.n - start)), rng) for start in range(0, setting.n, step)]
    return np.concatenate([x.mean(axis=1) for x in parts]), np.concatenate([(x**2).mean(axis=1) for x in parts])


def _statistics(setting: Setting, first: Array, second: Array) -> tuple[Estimate, Estimate]:
    """Return the weight of the positive mode, and the width (gm) or the mean size of the magnetisation (cw)."""
    n = first.size
    hits = float(np.mean(first > 0))
    weight = Estimate(hits, math.sqrt(max(hits * (1 - hits), 0.25 / n) / n))
    values = np.sqrt(np.maximum(second - first**2, 0.0)) if setting.kind == "gm" else np.abs(first)
    return weight, Estimate(float(values.mean()), float(values.std(ddof=1) / math.sqrt(n)))


def _peak(action: Callable[[], object]) -> int:
    """Return the largest memory that Python and NumPy held during an action, in bytes."""
    tracemalloc.start()
    action()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
