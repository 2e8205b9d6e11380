"""The picture of a limit: paths of its order parameter, the flow of the effective law beside samples in dimension d."""

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp
from scipy.spatial.distance import pdist

from symsched.algebra.arrays import Array, Index
from symsched.algebra.codegen import number
from symsched.laws import AbstractLaw
from symsched.limits.limit import Limit, Phase
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.numbers import dimension_text, number_text
from symsched.simulation.simulate import simulate

_PATHS = 14
"""Shown: more would hide each other."""
_SPARE = 8
"""Paths simulated for each that is shown, so that the shown ones are spread like quantiles."""
_STEPS_PER_WINDOW = 60
"""Enough for Euler's error to be below the width of a line."""
_MARKS = 9
"""Points on a path."""
_LINE = 121
"""Points of a drawn line."""
_APART = 7.0
"""A picture ends where the closest two atoms are this many standard deviations of ν apart."""


def chart_of_limit(limit: Limit, dimension: int, kappa: float, rng: np.random.Generator) -> Chart:
    """Return the paths of the first order parameter: the limit's flow as lines, samples from the same noise as points.

    A distribution without speciation is shown by the flow of one coordinate.
    """
    phase = limit.phases[0]
    if phase.order is None:
        return _coordinate_chart(phase)
    chart = _line_chart if phase.canonical.dimension == 1 else _plane_chart
    return chart(phase, dimension, *_samples(limit, phase, dimension, kappa, rng))


def _samples(limit: Limit, phase: Phase, dimension: int, kappa: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return strengths s (L,) and order parameters ν (P, L, r) of P paths at them, in dimension ``dimension``."""
    run = simulate(
        limit.distribution,
        limit.schedule,
        d=dimension,
        n=_PATHS * _SPARE,
        steps=_STEPS_PER_WINDOW * len(limit.schedule.windows),
        kappa=kappa,
        rng=rng,
        keep="statistics",
    )
    order = phase.order or 1
    nodes = np.flatnonzero(run.path_times < float(phase.window.end))
    recorded = run.paths[:, nodes] if run.paths.ndim == 3 else run.paths[:, nodes, None]
    paths = recorded / ((run.plan.alpha[nodes] / run.unit) ** order)[:, None]
    strengths = (run.plan.psi[nodes] * dimension ** float(phase.exponent)) ** order
    # Every eighth of the sorted paths: starts that spread over N(0, 1).
    chosen = np.argsort(paths[:, 0, 0])[_SPARE // 2 :: _SPARE]
    return strengths, paths[chosen]


def _atoms(law: AbstractLaw) -> tuple[Array, Array]:
    """Return values (K, r) and weights (K,) of a law's atoms; none of a law with a density."""
    atoms = law.atoms or {}
    points = [[number(c, "an atom") for c in (value if isinstance(value, sp.Tuple) else (value,))] for value in atoms]
    return np.array(points), np.array([number(weight, "a weight") for weight in atoms.values()])


def _reach(law: AbstractLaw) -> float:
    """Return the s at which the closest two atoms are well apart; of a density, the two sides of its middle."""
    values, _ = _atoms(law)
    if len(values) < 2:
        return float(_APART / (2 * law.site().variance ** 0.5))
    return float(_APART / pdist(values).min())


def _lines(law: AbstractLaw, s: float, ends: Array, x: Array, y: Array, *, label: str) -> list[Curve]:
    """Return the lines (P, L), one curve for every atom that they come to: the likeliest at s for ends (P, r)."""
    values, weights = _atoms(law)
    if len(values) < 2:
        return [_joined("flow of the law", x, y)]
    found = np.argmax(np.log(weights) + s * ends @ values.T - s * s * np.sum(values**2, axis=1) / 2, axis=1)
    return [
        _joined(label.format(k, number_text(weights[k], 3), number_text(values[k, 0], 3)), x[found == k], y[found == k])
        for k in np.unique(found)
    ]


def _joined(label: str, x: Array, y: Array) -> Curve:
    """Return lines as one curve with gaps between them."""
    gap = np.full((len(y), 1), np.nan)
    return Curve(label, np.hstack([x, gap]).ravel(), np.hstack([y, gap]).ravel())


def _marks(strengths: Array, reach: float) -> Index:
    """Return the nodes to mark: a few, evenly spread over s."""
    inside = strengths[strengths <= reach]
    return np.unique(np.searchsorted(inside, np.linspace(0, inside[-1], _MARKS)))


def _scale(phase: Phase) -> str:
    order = phase.order or 1
    strength = "s" if order == 1 else f"s^(1/{order})"
    return f"ψ = {strength} d^(−{phase.exponent})"


def _flow(law: AbstractLaw, starts: Array) -> tuple[Array, Array]:
    """Return s (L,) and the exact flow (P, L) of a law on the line."""
    s = np.linspace(0, _reach(law), _LINE)
    return s, np.asarray(law.flow(s, starts[:, None]))


_TO_MODE = "to mode {0} (weight {1})"


def _coordinate_chart(phase: Phase) -> Chart:
    psi, flows = _flow(phase.law, np.linspace(-2.2, 2.2, _PATHS))
    curves = _lines(phase.law, psi[-1], flows[:, -1:], np.broadcast_to(psi, flows.shape), flows, label="to {2}")
    caption = f"Exact flow of one coordinate, y = z + ψ a, from {_PATHS} starts: nothing is decided before it."
    return Chart("flow", "Data phase: one coordinate chooses", r"$\psi$", "$y$", tuple(curves), caption=caption)


def _line_chart(phase: Phase, dimension: int, strengths: Array, paths: Array) -> Chart:
    s, flows = _flow(phase.law, paths[:, 0, 0])
    marks = _marks(strengths, s[-1])
    seen = paths[:, marks, 0]
    curves = _lines(phase.law, s[-1], flows[:, -1:], np.broadcast_to(s, flows.shape), flows, label=_TO_MODE)
    curves.append(_dots(f"d = {dimension_text(dimension)}", np.broadcast_to(strengths[marks], seen.shape), seen))
    caption = (
        f"Lines: exact flow of the effective law. Points: paths in dimension d from the same noise, {_scale(phase)}."
    )
    return Chart("flow", f"{phase.name.capitalize()}: order parameter", "$s$", r"$\nu$", tuple(curves), caption=caption)


def _dots(label: str, x: Array, y: Array) -> Curve:
    return Curve(label, x.ravel(), y.ravel(), style="points")


def _plane_chart(phase: Phase, dimension: int, strengths: Array, paths: Array) -> Chart:
    """Return paths in the plane of the first two order parameters, over √(1 + s²) so that they end at the atoms."""
    values, _ = _atoms(phase.law)
    if len(values) < 2:
        raise ValueError("a phase with several order parameters needs a law with at least two atoms")
    s = np.linspace(0, _reach(phase.law), _LINE)
    settings = {"t_eval": s, "rtol": 1e-8, "atol": 1e-8}
    flows = np.array([solve_ivp(phase.law.denoiser, (0, s[-1]), path[0], **settings).y.T for path in paths])
    shrunk = flows / np.sqrt(1 + s * s)[:, None]
    marks = _marks(strengths, s[-1])
    seen = paths[:, marks] / np.sqrt(1 + strengths[marks] ** 2)[:, None]
    curves = [
        *_lines(phase.law, s[-1], flows[:, -1], shrunk[..., 0], shrunk[..., 1], label=_TO_MODE),
        _dots(f"d = {dimension_text(dimension)}", seen[..., 0], seen[..., 1]),
        _dots("atoms of the law", values[:, 0], values[:, 1]),
    ]
    caption = (
        f"Two of {phase.canonical.dimension} order parameters. Lines: flow of the effective law. "
        f"Points: paths in dimension d from the same noise, {_scale(phase)}."
    )
    x, y = (rf"$\nu_{k}/\sqrt{{1+s^2}}$" for k in (1, 2))
    return Chart("flow", f"{phase.name.capitalize()}: order parameters", x, y, tuple(curves), caption=caption)
