"""``symsched benchmark``: the samplers against the time of drawing their random numbers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from symsched.benchmark.report import BenchmarkReport, benchmark
from symsched.cli.output import write_json
from symsched.cli.reading import progress
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.drawing import draw


def run(options: argparse.Namespace) -> int:
    """Measure, print the ratios and the fitted growth, and keep both as JSON and as figures."""
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    with tqdm(unit="timing", file=sys.stderr, disable=not progress(options)) as bar:

        def advance(measured: str) -> None:
            bar.set_description(measured)
            bar.update()

        report = benchmark(quick=options.quick, progress=advance)
    report.write(folder / "benchmark.json")
    for chart in growth_charts(report):
        (folder / f"{chart.name}.png").write_bytes(draw(chart, "png"))
    if options.json:
        write_json(report.to_dict())
    else:
        print(f"{report.to_markdown()}\n{folder}")
    return 0


def growth_charts(report: BenchmarkReport) -> list[Chart]:
    """Return one log-log chart per axis of growth, every family a curve with its fitted exponent."""
    exponents = report.exponents()
    charts = []
    for axis, label in (("d", "dimension $d$"), ("n", "samples $n$"), ("steps", "steps")):
        curves = []
        for family, axes in report.sweeps.items():
            timings = axes[axis]
            seconds = [t.seconds / t.n if axis == "d" else t.seconds for t in timings]
            sizes = [float(getattr(t, axis)) for t in timings]
            curves.append(Curve(f"{family} (slope {exponents[family][axis]:.2f})", sizes, seconds))
        unit = "seconds per path" if axis == "d" else "seconds"
        charts.append(
            Chart(f"growth-{axis}", f"Time against {label}", label, unit, tuple(curves), log_x=True, log_y=True)
        )
    return charts
