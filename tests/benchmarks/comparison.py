"""The samplers next to the plain loops: time, memory, and error against exact answers."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from symsched.models.estimates import Estimate, average, share
from symsched.simulation.run import run_plan

from .floor import seconds_of
from .yardstick import Array, Setting, plain_loop

_MEMORY = 1.5e9
"""Bytes that the plain loop may take; more paths than fit are run in turns, which costs it nothing."""


@final
@dataclass(frozen=True)
class Comparison:
    """One experiment run both ways.

    ``seconds`` and ``peak`` (bytes) of ours, with the exact posterior, and of the plain loop; ``same_seconds``: ours
    with the formula of the plain loop. ``weight`` and ``width``: share of paths in the mode of positive mean, and the
    mean absolute coordinate (cw) or the width within a mode (gm), each with its standard error over the paths;
    ``exact``: what the same plan gives from many order-parameter paths of the exact posterior. ``speedup``,
    ``same_speedup`` and ``saving`` say how many times faster, by either formula, and how many times less memory.
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
    speedup: float
    same_speedup: float
    saving: float


def compare(setting: Setting, *, repetitions: int = 2, exact_paths: int = 4000) -> Comparison:
    """Run one experiment both ways; ours keeps the statistics that the plain loop reduces its states to."""
    plan = setting.plan
    model, same = setting.distribution.model(setting.d), setting.product_form.model(setting.d)
    actions: tuple[Callable[[], object], ...] = (
        lambda: run_plan(model, plan, setting.n, 0, keep="statistics"),
        lambda: run_plan(same, plan, setting.n, 0, keep="statistics"),
        lambda: _plain_moments(setting),
    )
    rounds = [[seconds_of(action) for action in actions] for _ in range(repetitions)]
    seconds, same_seconds, plain_seconds = map(min, zip(*rounds, strict=True))
    peak = _peak(actions[0])
    part = replace(setting, n=_rows(setting))
    # Every array of the plain loop has n rows, so that its memory is proportional to n.
    plain_peak = int(_peak(lambda: plain_loop(part, np.random.default_rng(0))) * (setting.n / part.n))
    run = run_plan(model, plan, setting.n, 0, keep="statistics")
    exact = run_plan(model, plan, exact_paths, 99, keep="statistics", method="order parameter")
    ours, plain, truth = (
        _statistics(setting, *moments)
        for moments in (run.moments[:, :2].T, _plain_moments(setting), exact.moments[:, :2].T)
    )
    return Comparison(
        name=setting.name,
        d=setting.d,
        n=setting.n,
        steps=setting.steps,
        method=run.method,
        seconds=seconds,
        same_seconds=same_seconds,
        plain_seconds=plain_seconds,
        peak=peak,
        plain_peak=plain_peak,
        weight=ours[0],
        plain_weight=plain[0],
        exact_weight=truth[0],
        width=ours[1],
        plain_width=plain[1],
        exact_width=truth[1],
        speedup=plain_seconds / seconds,
        same_speedup=plain_seconds / same_seconds,
        saving=plain_peak / peak,
    )


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
        for e in (c.weight, c.plain_weight, c.exact_weight, c.width, c.plain_width, c.exact_width):
            cells.append(f"{e.value:.5f} ± {e.standard_error:.0e}")
        lines.append("| " + " | ".join(cells) + " |")
    ratios = [[c.speedup, c.same_speedup, c.saving] for c in comparisons]
    speed, same, saving = np.exp(np.log(ratios).mean(axis=0))
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


def _plain_moments(setting: Setting) -> Array:
    """Return the means over coordinates of x and x² of all paths, (2, n), some paths at a time."""
    rng = np.random.default_rng(0)

    def parts() -> Iterator[Array]:
        for start in range(0, setting.n, _rows(setting)):
            x = plain_loop(replace(setting, n=min(_rows(setting), setting.n - start)), rng)
            yield np.array([x.mean(axis=1), (x**2).mean(axis=1)])

    return np.concatenate(list(parts()), axis=1)


def _statistics(setting: Setting, first: Array, second: Array) -> tuple[Estimate, Estimate]:
    """Return the share of paths of positive mean, and the mean width of a path (gm) or size of its magnetisation (cw).

    From the means (n,) of x and of x² over the coordinates.
    """
    values = np.abs(first) if setting.coupling else np.sqrt(np.maximum(second - first**2, 0.0))
    return share(first > 0), average(values)


def _peak(action: Callable[[], object]) -> int:
    """Return the largest memory that Python and NumPy held during an action, in bytes."""
    tracemalloc.start()
    action()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
