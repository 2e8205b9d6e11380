"""The benchmark as a table, fitted exponents, figures, and JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from symsched.distributions.base import AbstractDistribution
from symsched.models.estimates import Estimate, exponent
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.drawing import draw
from symsched.reporting.folder import replace_file
from symsched.simulation.run import run_plan
from symsched.zoo import ZOO, find

from .comparison import Comparison, compare, comparison_markdown
from .families import FAMILIES, dilated_plan
from .floor import Timing, measure_floor
from .symbolic import SymbolicTiming, measure_symbolic, symbolic_markdown
from .yardstick import SETTINGS

_NUMBERS = 4_000_000
"""About n·d of every point of the sweep over dimensions."""
_SUMMED = (10**2, 10**4, 10**6, 10**8, 10**12)
_QUICK_PLAIN = 10_000
"""Largest dimension of the plain loops in a quick benchmark."""
_QUICK_SYMBOLIC = ("gaussian-mixture", "curie-weiss", "two-variances")
_TARGETS = (
    ("Gaussian modes", 20),
    ("Gaussian modes", 200),
    ("directions", 200),
    ("exchangeable mixture", 100),
    ("Curie–Weiss", 100),
)
_AXES = {"d": "dimension $d$", "n": "samples $n$", "steps": "steps"}


@final
@dataclass(frozen=True)
class BenchmarkReport:
    """Timings at the targets, and sweeps over dimension, number of paths and number of steps, per family.

    ``sums``: runs of order parameters alone at growing d; ``comparisons`` with plain loops; ``symbolic`` times;
    ``float32``: the largest error of float32 samples relative to float64, per family.
    """

    targets: tuple[Timing, ...]
    sweeps: dict[str, dict[str, tuple[Timing, ...]]]
    sums: tuple[Timing, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    symbolic: tuple[SymbolicTiming, ...] = ()
    float32: dict[str, float] = field(default_factory=dict)

    def exponents(self) -> dict[str, dict[str, float]]:
        """Return per family the growth of the time: per path with d, in all with n, in all with steps."""
        return {
            family: {axis: _growth(axis, timings) for axis, timings in axes.items()}
            for family, axes in self.sweeps.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        machine = {"python": platform.python_version(), "numpy": np.__version__, "processor": platform.machine()}
        return {"machine": machine, **asdict(self), "exponents": self.exponents()}

    def write(self, folder: Path) -> None:
        """Write ``to_dict`` as JSON and the figures of the growth into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False)
        replace_file(folder / "benchmark.json", f"{text}\n".encode())
        for chart in self.charts():
            replace_file(folder / f"{chart.name}.png", draw(chart, "png"))

    def charts(self) -> list[Chart]:
        """Return one log-log chart per axis of growth, every family a curve with its fitted exponent."""
        exponents = self.exponents()
        return [
            Chart(
                f"growth-{axis}",
                f"Time against {label}",
                label,
                "seconds per path" if axis == "d" else "seconds",
                tuple(
                    Curve(f"{family} (slope {exponents[family][axis]:.2f})", *_growing(axis, axes[axis]))
                    for family, axes in self.sweeps.items()
                ),
                log_x=True,
                log_y=True,
            )
            for axis, label in _AXES.items()
        ]

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
            cells = " | ".join(f"{exponents[axis]:.2f}" if axis in exponents else "" for axis in _AXES)
            lines.append(f"| {family} | {cells} |")
        if self.sums:
            lines += ["", "## Order parameters alone: no array of dimension d", "", *head, *map(_row, self.sums)]
        if self.float32:
            lines += ["", "## Samples in float32", "", "| family | largest relative error |", "|---|---|"]
            lines += [f"| {family} | {error:.1e} |" for family, error in self.float32.items()]
        if self.comparisons:
            lines += ["", "## Side by side with plain loops", "", comparison_markdown(self.comparisons)]
        if self.symbolic:
            lines += ["", "## Symbolic side", "", symbolic_markdown(self.symbolic)]
        return "\n".join(lines) + "\n"


def benchmark(*, quick: bool = False, progress: Callable[[str], None] = lambda _: None) -> BenchmarkReport:
    """Measure the samplers at their targets and their growth, beside plain loops, and the symbolic side.

    About six minutes; ``quick`` about one, without the large plain loops. ``progress`` is told what is being measured.
    """
    scale = 4 if quick else 1

    def timed(family: str, d: int, n: int, steps: int, **how: Any) -> Timing:
        progress(f"{family}, d = {d:.0e}")
        return measure_floor(family, d, n, steps, **how)

    def told(names: list[str]) -> Iterator[str]:
        for name in names:
            progress(name)
            yield name

    targets = tuple(timed(family, 10**6 // scale, 16, steps) for family, steps in _TARGETS)
    dimensions = [10**k for k in range(2, 6 if quick else 8)]
    counts, lengths = ((25, 50, 100), (20, 40, 80)) if quick else ((25, 100, 400), (20, 60, 200))
    sizes = {
        "d": [(d, int(np.clip(_NUMBERS // scale // d, 1, 2000)), 50) for d in dimensions],
        "n": [(10**4, n, 50) for n in counts],
        "steps": [(10**5, 16, steps) for steps in lengths],
    }
    sweeps = {
        family: {axis: tuple(timed(family, *size, repetitions=2) for size in sizes[axis]) for axis in sizes}
        for family in FAMILIES
    }
    alone = {"keep": "statistics", "method": "order parameter", "repetitions": 2}
    sums = tuple(timed(family, d, 200, 50, **alone) for family in FAMILIES for d in _SUMMED)
    settings = {setting.name: setting for setting in SETTINGS if setting.d <= _QUICK_PLAIN or not quick}
    entries = _QUICK_SYMBOLIC if quick else [entry.name for entry in ZOO]
    return BenchmarkReport(
        targets,
        sweeps,
        sums,
        tuple(compare(settings[name]) for name in told(list(settings))),
        tuple(measure_symbolic(find(name)) for name in told(list(entries))),
        {family: rounding(distribution) for family, distribution in FAMILIES.items()},
    )


def rounding(distribution: AbstractDistribution, d: int = 10**4) -> float:
    """Return the largest error of float32 samples in units of the samples' width."""
    exact, single = (
        np.asarray(run_plan(distribution.model(d), dilated_plan(d, 20), 4, 0, dtype=dtype).x)
        for dtype in (np.float64, np.float32)
    )
    return float(np.max(np.abs(single - exact)) / np.std(exact))


def _growing(axis: str, timings: tuple[Timing, ...]) -> tuple[list[float], list[float]]:
    """Return the sizes along an axis and the times: per path where d grows, as n shrinks there."""
    sizes = [float(getattr(timing, axis)) for timing in timings]
    return sizes, [timing.seconds / timing.n if axis == "d" else timing.seconds for timing in timings]


def _growth(axis: str, timings: tuple[Timing, ...]) -> float:
    """Return the exponent a of time ∝ size^a."""
    sizes, seconds = _growing(axis, timings)
    return exponent(sizes, [Estimate(value, 0.0) for value in seconds]).value


def _row(timing: Timing) -> str:
    ratios = ["–" if ratio is None else f"{ratio:.2f}" for ratio in (timing.ratio, timing.own_ratio)]
    return (
        f"| {timing.family} | {timing.method} | {timing.d:.0e} | {timing.n} | {timing.steps} | {timing.seconds:.3f} "
        f"| {' | '.join(ratios)} | {timing.map_error:.0e} |"
    )
