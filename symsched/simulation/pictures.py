"""The pictures of a run: paths of the order parameter on the limit's quantiles, and coordinates on their exact law."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from symsched.algebra.arrays import Array, Index
from symsched.algebra.codegen import number
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import CanonicalPhase
from symsched.errors import require_integer
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.limits.pictures import (
    fan,
    law_text,
    order_label,
    percents,
    phase_text,
    require_levels,
    site_of,
)
from symsched.reporting.charts import Chart, Curve, Plate
from symsched.reporting.numbers import dimension_text, number_text
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schedule import Schedule

PICTURES = ("order", "sites")
"""What ``Run.plot`` draws."""
BINS = 60
"""Cells of a histogram of a density."""
_THREADS = 40
"""Paths that are shown: more would hide each other."""
_LINE = 161
"""Points of a line."""
_MARKS = 12
"""Nodes at which quantiles of the paths are marked, at most."""
_APART = 7.0
"""Under a table a picture ends where the closest two atoms are this many standard deviations of ν apart."""
_TAIL = 2e-4
"""Mass of a law that a histogram leaves out on either side."""
_DENSE = 601
"""Points of a density."""
_LATTICE = 80
"""Atoms shown, at most: the rest lie in the tails."""


class Sampled(Protocol):
    """What a picture takes from a run."""

    @property
    def x(self) -> NDArray[np.floating] | None: ...  # noqa: D102
    @property
    def paths(self) -> Array: ...  # noqa: D102
    @property
    def path_times(self) -> Array: ...  # noqa: D102
    @property
    def modes(self) -> Index: ...  # noqa: D102
    @property
    def plan(self) -> Plan: ...  # noqa: D102
    @property
    def dimension(self) -> int: ...  # noqa: D102
    @property
    def unit(self) -> float: ...  # noqa: D102
    @property
    def distribution(self) -> AbstractDistribution: ...  # noqa: D102
    @property
    def source(self) -> Schedule | AbstractTable | Plan: ...  # noqa: D102
    @property
    def kappa(self) -> float | None: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class _Clock:
    """Where the nodes (M,) of the paths are drawn, and the points (T,) of the lines, with s and α^q in its unit."""

    label: str
    nodes: Array
    line: Array
    strengths: Array
    lift: Array
    kept: Index


def settings_text(run: Sampled) -> str:
    """Return d, n, steps, κ and the seed of a run."""
    cost = f"{run.plan.steps} steps" + (
        "" if run.plan.evaluations == run.plan.steps else f" of {run.plan.evaluations} evaluations"
    )
    kappa = "" if run.kappa is None else f", κ = {number_text(run.kappa, 6)}"
    return f"d = {dimension_text(run.dimension)}, n = {len(run.modes)} paths, {cost}{kappa}, seed {run.seed}"


def order_plate(run: Sampled, levels: Sequence[float], component: int) -> Plate:
    """Return paths and quantiles of the first order parameter on the exact quantiles of the limit."""
    shown, place = require_levels(levels), require_integer(component, "component", 0)
    phase = run.distribution.cascade.phases[0]
    if phase.order is None:
        raise ValueError("there is one mode, and no order parameter that chooses: plot('sites') shows the coordinates")
    law = phase.branches[0].law
    site = site_of(law, place)
    clock = _clock(run, phase)
    paths = run.paths if run.paths.ndim == 2 else run.paths[:, :, place]
    paths = paths[:, clock.kept]
    if not isinstance(run.source, Schedule):
        paths = paths / (run.plan.alpha[_nodes(run)[clock.kept]] / run.unit) ** phase.order
    curves = fan(clock.line, clock.strengths, clock.lift, site, shown)
    threads = np.hstack([paths[:_THREADS], np.full((min(_THREADS, len(paths)), 1), np.nan)])
    along = np.tile(np.append(clock.nodes, np.nan), len(threads))
    curves.insert(0, Curve(f"{len(threads)} paths", along, threads.ravel(), None, "threads", "order"))
    for k, level in enumerate(shown):
        values, errors = _quantiles(paths, level)
        marks = np.unique(np.linspace(0, len(clock.nodes) - 1, _MARKS).round().astype(int))
        label = "quantiles of the paths" if k == 0 else ""
        curves.append(Curve(label, clock.nodes[marks], values[marks], errors[marks], "points", "order"))
    letter = r"\mu" if isinstance(run.source, Schedule) else r"\nu"
    caption = (
        f"Order parameter {'μ' if isinstance(run.source, Schedule) else 'ν'} of the {phase_text(phase)}; "
        f"{settings_text(run)}. Lines: exact quantiles at {percents(shown)} in the limit d → ∞, at the ψ of this d, "
        f"with {law_text(law)}. Points: those of the sampled paths, with one standard error; thin: {len(threads)} of "
        "the paths."
    )
    chart = Chart("order", "Order parameter", clock.label, order_label(phase, place, letter), tuple(curves))
    return Plate((chart,), caption)


def _nodes(run: Sampled) -> Index:
    """Return the nodes of the plan at which the paths are known."""
    return np.searchsorted(run.plan.times, run.path_times)


def _clock(run: Sampled, phase: CanonicalPhase) -> _Clock:
    """Return time under a schedule, as far as its first window; s elsewhere, as far as the modes are told apart."""
    order, scale = phase.order or 1, run.dimension ** float(phase.exponent)
    if isinstance(run.source, Schedule):
        kept = np.flatnonzero(run.path_times <= float(run.source.windows[0].end) * (1 + 1e-12))
        line = np.linspace(0.0, run.path_times[kept[-1]], _LINE)
        noise, signal = run.source.amplitudes(line, run.dimension, run.kappa)
        # At the very end of a schedule without windows there is no noise.
        there = noise > 0
        line, noise, signal = line[there], noise[there], signal[there]
        kept = kept[run.plan.alpha[_nodes(run)[kept]] > 0]
        strengths, lift = (signal / noise * scale) ** order, (noise / run.unit) ** order
        return _Clock("time $t$", run.path_times[kept], line, strengths, lift, kept)
    nodes = _nodes(run)
    nodes = nodes[nodes < run.plan.steps]
    strengths = (run.plan.psi[nodes] * scale) ** order
    distance = phase.distance
    spread = phase.branches[0].law.site().variance ** 0.5 if distance is None else 0.0
    reach = _APART / (2 * spread if distance is None else number(distance, "a distance of modes"))
    # A table of few evaluations may have a single node within.
    last = min(max(int(np.searchsorted(strengths, reach, side="right")) - 1, 1), len(strengths) - 1)
    line = np.linspace(0.0, max(float(strengths[last]), 1e-12), _LINE)
    return _Clock("signal strength $s$", strengths[: last + 1], line, line, np.ones(_LINE), np.arange(last + 1))


def _quantiles(paths: Array, level: float) -> tuple[Array, Array]:
    """Return quantiles (M,) of n paths (n, M), and standard errors: half of what lies within one error of the rank.

    The rank of a quantile among n independent paths is binomial, of deviation √(q(1 − q)/n) in the level.
    """
    deviation = math.sqrt(level * (1 - level) / len(paths))
    middle, low, high = np.quantile(paths, [level, max(level - deviation, 0.0), min(level + deviation, 1.0)], axis=0)
    return np.asarray(middle), np.asarray((high - low) / 2)


def site_plate(run: Sampled, modes: Sequence[int] | None, bins: int) -> Plate:
    """Return the coordinates of each mode as a histogram, on the density or the masses of the data's own law."""
    if run.x is None:
        raise ValueError("the coordinates were not kept: simulate with keep='x'")
    if run.distribution.cascade.phases[0].directions is not None:
        raise ValueError("coordinates differ in their mean from one to the next, so that no histogram has one law")
    laws = run.distribution.independent_modes or run.distribution.cascade.modes
    chosen = range(len(laws)) if modes is None else [require_integer(k, "each of modes", 0) for k in modes]
    cells = require_integer(bins, "bins", 2)
    found = {k: np.flatnonzero(run.modes == k) for k in chosen}
    for k, rows in found.items():
        if k >= len(laws):
            raise ValueError(f"modes must be below {len(laws)}, the number of modes, got {k}")
        if len(rows) < 2 and modes is not None:
            raise ValueError(f"{len(rows)} paths ended in mode {k}: an error bar needs two")
    drawn: dict[int, list[Curve]] = {}
    masses = []
    for k, rows in found.items():
        law = laws[k].law
        site = (law.subs(dict.fromkeys(law.free_symbols, run.dimension)) if law.free_symbols else law).site()
        if len(rows) >= 2:
            masses += [k] if isinstance(site, AtomSite) else []
            x = run.x[rows]
            drawn[k] = _on_atoms(x, site, k) if isinstance(site, AtomSite) else _on_line(x, site, k, cells)
    if not drawn:
        raise ValueError("no mode has two paths, which an error bar needs: take a larger n")
    # Bars would stand on each other: with masses every mode has a panel of its own.
    groups = [[k] for k in drawn] if masses else [list(drawn)]
    names = [f"sites-{group[0]}" if masses else "sites" for group in groups]
    charts = tuple(
        Chart(
            name,
            "Coordinates",
            "coordinate $x_i$",
            "mass" if group[0] in masses else "density",
            tuple(curve for k in group for curve in drawn[k]),
        )
        for name, group in zip(names, groups, strict=True)
    )
    told = []
    whose = "" if run.distribution.independent_modes else " of the limit d → ∞"
    if masses:
        told.append(f"bars: exact masses{whose}; points: shares of the coordinates that are nearest to each")
    if len(masses) < len(drawn):
        told.append(f"lines: exact density{whose}; steps: histogram")
    which = "; ".join(f"({'abcdefghijkl'[place]}) mode {group[0]}" for place, group in enumerate(groups))
    caption = (
        f"Coordinates at t = 1 within {'each mode' if len(drawn) > 1 else f'mode {next(iter(drawn))}'}"
        f"{f', {which}' if len(groups) > 1 else ''}; {settings_text(run)}. "
        f"{told[0][0].upper()}{'; '.join(told)[1:]}, with one standard error over the paths."
    )
    return Plate(charts, caption)


def _shares(x: NDArray[np.floating], edges: Array) -> tuple[Array, Array]:
    """Return the share of coordinates in each cell, averaged over paths (n, d), and its standard error."""
    counts = np.array([np.histogram(row, edges)[0] for row in x]) / x.shape[1]
    return counts.mean(axis=0), counts.std(axis=0, ddof=1) / math.sqrt(len(x))


def _on_atoms(x: NDArray[np.floating], site: AtomSite, mode: int) -> list[Curve]:
    """Return exact masses as bars, and the share of the coordinates that are nearest to each atom."""
    largest = np.sort(np.argsort(-site.weights, kind="stable")[:_LATTICE])
    inner = (site.values[1:] + site.values[:-1]) / 2
    shares, errors = _shares(x, np.concatenate([[-np.inf], inner, [np.inf]]))
    kept = largest[(site.weights[largest] > _TAIL) | (shares[largest] > _TAIL)]
    places, name = site.values[kept], f"mode {mode}"
    return [
        Curve(f"exact, {name}", places, site.weights[kept], None, "bars", name),
        Curve(f"sampled, {name}", places, shares[kept], errors[kept], "points", name),
    ]


def _on_line(x: NDArray[np.floating], site: AbstractSite, mode: int, cells: int) -> list[Curve]:
    """Return the exact density, and the histogram of all coordinates between its outermost quantiles."""
    low, high = _range(site)
    edges = np.linspace(low, high, cells + 1)
    shares, errors = _shares(x, edges)
    width, name = edges[1] - edges[0], f"mode {mode}"
    line = np.linspace(low, high, _DENSE)
    return [
        Curve(f"exact, {name}", line, np.exp(site.log_density(line)), quantity=name),
        Curve(f"sampled, {name}", (edges[1:] + edges[:-1]) / 2, shares / width, errors / width, "steps", name),
    ]


def _range(site: AbstractSite) -> tuple[float, float]:
    """Return quantiles of a density that leave a small mass out on either side, by its running sum."""
    centre, width = site.bulk
    wide = centre + width * np.linspace(-30.0, 30.0, 60_001)
    mass = np.cumsum(np.exp(site.log_density(wide)))
    mass /= mass[-1]
    return float(wide[np.searchsorted(mass, _TAIL)]), float(wide[np.searchsorted(mass, 1 - _TAIL)])
