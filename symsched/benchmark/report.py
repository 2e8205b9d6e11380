"""The benchmark as a table, fitted exponents, and JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from symsched.benchmark.families import FAMILIES
from symsched.benchmark.floor import Timing, growth, measure_floor, sweep

_NUMBERS = 4_000_000
"""About n·d of every point of the sweep over dimensions."""


@final
@dataclass(frozen=True)
class BenchmarkReport:
    """Timings at the targets, and sweeps over dimension, number of paths and number of steps, per family."""

    targets: tuple[Timing, ...]
    sweeps: dict[str, dict[str, tuple[Timing, ...]]]

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
        }

    def write(self, path: Path) -> None:
        """Write ``to_dict`` as JSON."""
        path.write_text(json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def to_markdown(self) -> str:
        """Return the tables."""
        lines = [
            "| family | method | d | n | steps | seconds | × floor | × own floor | map error |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [_row(timing) for timing in self.targets]
        for axes in self.sweeps.values():
            lines += [_row(timing) for timings in axes.values() for timing in timings]
        lines += ["", "| family | time per path ~ d^a | time ~ n^b | time ~ steps^c |", "|---|---|---|---|"]
        for family, exponents in self.exponents().items():
            cells = " | ".join(f"{exponents[axis]:.2f}" if axis in exponents else "" for axis in ("d", "n", "steps"))
            lines.append(f"| {family} | {cells} |")
        return "\n".join(lines) + "\n"


def benchmark(*, quick: bool = False, progress: Callable[[Timing], None] | None = None) -> BenchmarkReport:
    """Measure the targets of the samplers and their growth; a few minutes, ``quick`` a few tens of seconds."""
    scale = 4 if quick else 1
    targets = []
    for family, steps in (("Gaussian modes", (20, 200)), ("directions", (200,))):
        targets += sweep(family, dimensions=[10**6 // scale], counts=[16], steps=steps, progress=progress)
    for family in ("exchangeable mixture", "Curie–Weiss"):
        targets += sweep(family, dimensions=[10**6 // scale], counts=[16], steps=[100], progress=progress)
    sweeps = {}
    for family in FAMILIES:
        largest = 5 if quick else 7
        dimensions = [10**k for k in range(2, largest + 1)]
        axes = {
            "d": [
                measure_floor(family, d, int(np.clip(_NUMBERS // scale // d, 1, 2000)), 50, repetitions=2)
                for d in dimensions
            ],
            "n": [measure_floor(family, 10**4, n, 50, repetitions=2) for n in (25, 100, 400 // scale)],
            "steps": [measure_floor(family, 10**5, 16, steps, repetitions=2) for steps in (20, 60, 200 // scale + 20)],
        }
        sweeps[family] = {axis: tuple(timings) for axis, timings in axes.items()}
        if progress is not None:
            for timing in (timing for timings in axes.values() for timing in timings):
                progress(timing)
    return BenchmarkReport(tuple(targets), sweeps)


def _size(axis: str, timing: Timing) -> float:
    return float({"d": timing.d, "n": timing.n, "steps": timing.steps}[axis])


def _cost(axis: str, timing: Timing) -> float:
    return timing.seconds / timing.n if axis == "d" else timing.seconds


def _row(timing: Timing) -> str:
    return (
        f"| {timing.family} | {timing.method} | {timing.d:.0e} | {timing.n} | {timing.steps} | {timing.seconds:.3f} "
        f"| {timing.ratio:.2f} | {timing.seconds / timing.own_floor:.2f} | {timing.map_error:.0e} |"
    )
