"""The picture of a limit: paths of its order parameter, the flow of the effective law beside samples in dimension d."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from symsched.algebra.codegen import Array, number
from symsched.laws import AbstractLaw
from symsched.limits.limit import Limit, Phase
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.numbers import dimension_text, number_text
from symsched.simulation.simulate import simulate

_PATHS = 14
_SPARE = 8
_STEPS_PER_WINDOW = 60
_MARKS = 9
_LINE = 121
_APART = 7.0
"""A picture ends where the closest two atoms are this many standard deviations of ν apart."""


@dataclass(frozen=True)
class Samples:
    """Order parameters ν (P, L, r) of P paths at L strengths s, in dimension ``dimension``."""

    dimension: int
    strengths: Array
    paths: Array


def chart_of_limit(limit: Limit, dimension: int, kappa: float, rng: np.random.Generator) -> Chart:
    """Return the paths of the first order parameter: the limit's flow as lines, samples from the same noise as points.

    A distribution without speciation is shown by the flow of one coordinate.
    """
    phase = limit.phases[0]
    if phase.order is None:
        return _coordinate_chart(phase)
    samples = _draw(limit, phase, dimension, kappa, rng)
    return _line_chart(phase, samples) if phase.canonical.dimension == 1 else _plane_chart(phase, samples)


def _draw(limit: Limit, phase: Phase, dimension: int, kappa: float, rng: np.random.Generator) -> Samples:
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
    return Samples(dimension, strengths, paths[chosen])


@dataclass(frozen=True)
class _Atoms:
    """Values (K, r) and weights (K,) of a law with finitely many atoms."""

    values: Array
    weights: Array

    def logits(self, s: float, nu: Array) -> Array:
        """Log posterior of each atom at order parameters (…, r), up to a constant."""
        squares = np.sum(self.values**2, axis=1)
        return np.asarray(np.log(self.weights) + s * nu @ self.values.T - s * s * squares / 2)

    def drift(self, s: float, nu: Array) -> Array:
        """E[g | ν] at one order parameter (r,)."""
        logits = self.logits(s, nu)
        shares = np.exp(logits - logits.max())
        return np.asarray(shares @ self.values / shares.sum())

    @property
    def reach(self) -> float:
        """The s at which the closest two atoms are well apart."""
        gaps = np.sqrt(np.sum((self.values[:, None] - self.values[None]) ** 2, axis=2))
        return float(_APART / np.min(gaps[~np.eye(len(gaps), dtype=bool)]))


def _atoms(law: AbstractLaw) -> _Atoms | None:
    if law.atoms is None or len(law.atoms) < 2:
        return None
    points = [
        [number(c, "an atom") for c in (value.args if isinstance(value, sp.Tuple) else (value,))] for value in law.atoms
    ]
    return _Atoms(np.array(points), np.array([number(w, "a weight") for w in law.atoms.values()]))


def _groups(atoms: _Atoms | None, reach: float, ends: Array) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return (label, which paths) for every outcome that a path comes to."""
    if atoms is None:
        return [("flow of the law", np.ones(len(ends), dtype=bool))]
    outcomes = np.argmax(atoms.logits(reach, ends), axis=1)
    return [(f"to mode {k} (weight {number_text(atoms.weights[k], 3)})", outcomes == k) for k in np.unique(outcomes)]


def _joined(label: str, x: Array, y: Array) -> Curve:
    """Return the lines (P, L) as one curve with gaps between them."""
    gap = np.full((len(y), 1), np.nan)
    return Curve(label, _list(np.hstack([np.broadcast_to(x, y.shape), gap])), _list(np.hstack([y, gap])))


def _list(values: Array) -> list[float]:
    return [float(value) for value in values.ravel()]


def _marks(samples: Samples, reach: float) -> NDArray[np.intp]:
    """Return the nodes to mark: a few, evenly spread over s."""
    inside = samples.strengths[samples.strengths <= reach]
    return np.unique(np.searchsorted(inside, np.linspace(0, inside[-1], _MARKS)))


def _scale(phase: Phase) -> str:
    order = phase.order or 1
    strength = "s" if order == 1 else f"s^(1/{order})"
    return f"ψ = {strength} d^(−{phase.exponent})"


def _exact(law: AbstractLaw, starts: Array) -> tuple[_Atoms | None, Array, Array]:
    """Return the law's atoms, s (L,) and the exact flow (P, L) from the starts."""
    atoms = _atoms(law)
    reach = atoms.reach if atoms is not None else _APART / (2 * law.site().variance ** 0.5)
    s = np.linspace(0, reach, _LINE)
    return atoms, s, np.array([law.flow(s, np.full_like(s, start)) for start in starts])


def _coordinate_chart(phase: Phase) -> Chart:
    atoms, psi, flows = _exact(phase.law, np.linspace(-2.2, 2.2, _PATHS))
    if atoms is None:
        curves = [_joined("flow of a coordinate", psi, flows)]
    else:
        ends = np.argmax(atoms.logits(psi[-1], flows[:, -1:]), axis=1)
        curves = [_joined(f"to {number_text(atoms.values[k, 0], 3)}", psi, flows[ends == k]) for k in np.unique(ends)]
    caption = f"Exact flow of one coordinate, y = z + ψ a, from {_PATHS} starts: nothing is decided before it."
    return Chart("flow", "Data phase: one coordinate chooses", r"$\psi$", "$y$", tuple(curves), caption=caption)


def _line_chart(phase: Phase, samples: Samples) -> Chart:
    atoms, s, flows = _exact(phase.law, samples.paths[:, 0, 0])
    marks = _marks(samples, s[-1])
    seen = samples.paths[:, marks, 0]
    curves = [_joined(label, s, flows[chosen]) for label, chosen in _groups(atoms, s[-1], flows[:, -1:])]
    across = np.broadcast_to(samples.strengths[marks], seen.shape)
    curves.append(Curve(f"d = {dimension_text(samples.dimension)}", _list(across), _list(seen), style="points"))
    caption = (
        f"Lines: exact flow of the effective law. Points: paths in dimension d from the same noise, {_scale(phase)}."
    )
    return Chart("flow", f"{phase.name.capitalize()}: order parameter", "$s$", r"$\nu$", tuple(curves), caption=caption)


def _plane_chart(phase: Phase, samples: Samples) -> Chart:
    """Return paths in the plane of the first two order parameters, over √(1 + s²) so that they end at the atoms."""
    atoms = _atoms(phase.law)
    if atoms is None:
        raise ValueError("a phase with several order parameters needs a law with at least two atoms")
    s = np.linspace(0, atoms.reach, _LINE)
    settings = {"t_eval": s, "rtol": 1e-8, "atol": 1e-8}
    flows = np.array([solve_ivp(atoms.drift, (0, s[-1]), path[0], **settings).y.T for path in samples.paths])
    shrunk = flows / np.sqrt(1 + s * s)[:, None]
    marks = _marks(samples, s[-1])
    seen = samples.paths[:, marks] / np.sqrt(1 + samples.strengths[marks] ** 2)[:, None]
    curves = [
        _joined(label, shrunk[chosen, :, 0], shrunk[chosen, :, 1])
        for label, chosen in _groups(atoms, s[-1], flows[:, -1])
    ]
    curves.append(
        Curve(f"d = {dimension_text(samples.dimension)}", _list(seen[..., 0]), _list(seen[..., 1]), style="points")
    )
    curves.append(Curve("atoms of the law", _list(atoms.values[:, 0]), _list(atoms.values[:, 1]), style="points"))
    caption = (
        f"Two of {phase.canonical.dimension} order parameters. Lines: flow of the effective law. "
        f"Points: paths in dimension d from the same noise, {_scale(phase)}."
    )
    x, y = (rf"$\nu_{k}/\sqrt{{1+s^2}}$" for k in (1, 2))
    return Chart("flow", f"{phase.name.capitalize()}: order parameters", x, y, tuple(curves), caption=caption)
