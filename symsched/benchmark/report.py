"""The benchmark as a table, fitted exponents, and JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from symsched.benchmark.comparison import Comparison, compare_all, comparison_markdown
from symsched.benchmark.families import FAMILIES, dilated_plan
from symsched.benchmark.floor import Timing, growth, measure_floor, sweep
from symsched.benchmark.symbolic import QUICK, SymbolicTiming, measure_all, symbolic_markdown
from symsched.benchmark.yardstick import SETTINGS
from symsched.models.base import AbstractModel
from symsched.simulation.run import run_plan
from symsched.zoo import ZOO, find

_NUMBERS = 4_000_000
"""About n·d of every point of the sweep over dimensions."""
_SUMMED = (10**2, 10**4, 10**6, 10**8, 10**12)
_QUICK_PLAIN = 10_000
"""Largest dimension of the plain loops in a quick benchmark."""


@final
@dataclass(frozen=True)
class BenchmarkReport:
    """Timings at the targets, and sweeps over dimension, number of paths and number of steps, per family.

    ``sums``: runs of order parameters alone at growing d; ``comparisons`` with plain loops; ``symbolic`` times;
    ``rounding``: the largest error of float32 samples relative to float64, per family.
    """

    targets: tuple[Timing, ...]
    sweeps: dict[str, dict[str, tuple[Timing, ...]]]
    sums: tuple[Timing, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    symbolic: tuple[SymbolicTiming, ...] = ()
    rounding: dict[str, float] = field(default_factory=dict)

    def exponents(self) -> dict[str, dict[str, float]]:
        """Return per family the growth of the time: per path with d, in all with n, in all with steps."""
        return {
            family: {
                axis: growth([_size(axis, t) for t in timings], [_cost(axis, t) for t in timings])
                for axis, timings in axes.items()
            }
            for family, axes in self.sweeps.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "machine": {"python": platform.python_version(), "numpy": np.__version__, "processor": platform.machine()},
            "targets": [timing.to_dict() for timing in self.targets],
            "sweeps": {
                family: {axis: [timing.to_dict() for timing in timings] for axis, timings in axes.items()}
                for family, axes in self.sweeps.items()
            },
            "exponents": self.exponents(),
            "sums": [timing.to_dict() for timing in self.sums],
            "comparisons": [comparison.to_dict() for comparison in self.comparisons],
            "symbolic": [timing.to_dict() for timing in self.symbolic],
            "float32": self.rounding,
        }

    def write(self, path: Path) -> None:
        """Write ``to_dict`` as JSON."""
        path.write_text(json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def to_markdown(self) -> str:
        """Return the tables."""
        head = [
            "| family | method | d | n | steps | seconds | × floor | × own floor | map error |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        swept = [timing for axes in self.sweeps.values() for timings in axes.values() for timing in timings]
        lines = ["## Against the floor: drawing the n·d normal numbers", "", *head]
        lines += [_row(timing) for timing in (*self.targets, *swept)]
        lines += ["", "| family | time per path ~ d^a | time ~ n^b | time ~ steps^c |", "|---|---|---|---|"]
        for family, exponents in self.exponents().items():
            cells = " | ".join(f"{exponents[axis]:.2f}" if axis in exponents else "" for axis in ("d", "n", "steps"))
            lines.append(f"| {family} | {cells} |")
        if self.sums:
            lines += ["", "## Order parameters alone: no array of dimension d", "", *head, *map(_row, self.sums)]
        if self.rounding:
            lines += ["", "## Samples in float32", "", "| family | largest relative error |", "|---|---|"]
            lines += [f"| {family} | {error:.1e} |" for family, error in self.rounding.items()]
        if self.comparisons:
            lines += ["", "## Side by side with plain loops", "", comparison_markdown(self.comparisons)]
        if self.symbolic:
            lines += ["", "## Symbolic side", "", symbolic_markdown(self.symbolic)]
        return "\n".join(lines) + "\n"


def benchmark(*, quick: bool = False, progress: Callable[[str], None] | None = None) -> BenchmarkReport:
    """Measure the samplers at their targets and their growth, beside plain loops, and the symbolic side.

    About six minutes; ``quick`` about one, without the large plain loops. ``progress`` is told what has been measured.
    """

    def tell(timing: Timing) -> None:
        if progress is not None:
            progress(f"{timing.family}, d = {timing.d:.0e}")

    def tell_name(part: Comparison | SymbolicTiming) -> None:
        if progress is not None:
            progress(part.name)

    scale = 4 if quick else 1
    targets = []
    for family, steps in (("Gaussian modes", (20, 200)), ("directions", (200,))):
        targets += sweep(family, dimensions=[10**6 // scale], counts=[16], steps=steps, progress=tell)
    for family in ("exchangeable mixture", "Curie–Weiss"):
        targets += sweep(family, dimensions=[10**6 // scale], counts=[16], steps=[100], progress=tell)
    sweeps, sums, rounding = {}, [], {}
    for family, build in FAMILIES.items():
        largest = 5 if quick else 7
        dimensions = [10**k for k in range(2, largest + 1)]
        counts, lengths = ((25, 50, 100), (20, 40, 80)) if quick else ((25, 100, 400), (20, 60, 200))
        axes = {
            "d": [
                measure_floor(family, d, int(np.clip(_NUMBERS // scale // d, 1, 2000)), 50, repetitions=2)
                for d in dimensions
            ],
            "n": [measure_floor(family, 10**4, n, 50, repetitions=2) for n in counts],
            "steps": [measure_floor(family, 10**5, 16, steps, repetitions=2) for steps in lengths],
        }
        sweeps[family] = {axis: tuple(timings) for axis, timings in axes.items()}
        for timing in (timing for timings in axes.values() for timing in timings):
            tell(timing)
        for d in _SUMMED:
            sums.append(measure_floor(family, d, 200, 50, keep="statistics", repetitions=2, method="order parameter"))
            tell(sums[-1])
        rounding[family] = _rounding(build(10**4))
    settings = tuple(setting for setting in SETTINGS if setting.d <= _QUICK_PLAIN) if quick else SETTINGS
    return BenchmarkReport(
        tuple(targets),
        sweeps,
        tuple(sums),
        tuple(compare_all(settings, progress=tell_name)),
        tuple(measure_all([find(name) for name in QUICK] if quick else ZOO, progress=tell_name)),
        rounding,
    )


def _rounding(model: AbstractModel) -> float:
    """Return the largest error of float32 samples in units of the samples' width."""
    exact, single = (
        run_plan(model, dilated_plan(model.dimension, 20), 4, 0, dtype=dtype).x for dtype in (np.float64, np.float32)
    )
    if exact is None or single is None:
        raise RuntimeError("a run that keeps x has no samples")
    return float(np.max(np.abs(single - exact)) / np.std(exact))


def _size(axis: str, timing: Timing) -> float:
    return float({"d": timing.d, "n": timing.n, "steps": timing.steps}[axis])


def _cost(axis: str, timing: Timing) -> float:
    return timing.seconds / timing.n if axis == "d" else timing.seconds


def _row(timing: Timing) -> str:
    ratios = ["–" if ratio is None else f"{ratio:.2f}" for ratio in (timing.ratio, timing.own_ratio)]
    return (
        f"| {timing.family} | {timing.method} | {timing.d:.0e} | {timing.n} | {timing.steps} | {timing.seconds:.3f} "
        f"| {' | '.join(ratios)} | {timing.map_error:.0e} |"
    )
