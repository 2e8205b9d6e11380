"""The d = ∞ recursion of one spin under fixed Euler steps, the collective field being solved for again at every node.

In the exact flow the field stays at βm. Steps of finite size leave the coordinates with a law that is not quite
that of z + ψa, and the exact posterior answers with another field: u_k = g'(E_k[a]), the maximum that the field's
posterior has on the mode's side. So the recursion carries the law of a coordinate along, and the field with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy import special

from symsched.codegen import Array, compiled, number
from symsched.distributions.mean_field import MeanField
from symsched.effective import EffectiveModel, effective_model
from symsched.ledger.claims.cw_model import KAPPA
from symsched.limits import Limit
from symsched.predictions import INFINITE, order_paths
from symsched.sampling.scheme import Plan
from symsched.sampling.sites import AbstractSite
from symsched.symbols import m as m_symbol

_STARTS = 16
_LINE = 8001
_REACH = 6.5
_MOST_ITERATIONS = 500


@dataclass(frozen=True)
class SpinPrediction:
    """Mean and variance of a coordinate at the end of a plan over the paths that end in the last mode, and the
    field's tilt there.
    """

    mean: float
    variance: float
    field: float


@dataclass(frozen=True)
class FieldMap:
    """The collective field as a function of where the coordinates are: u = g'(E[a]) for spins ``site``, ``pull`` =
    g'.
    """

    site: AbstractSite
    pull: Callable[[Array], Array]

    def settled(self, signal: Array, curvature: Array, mass: Array, start: Array) -> Array:
        """Return u (P,) with u = g'(mean over the line of the spin tilted by u + signal), by iteration from
        ``start``.
        """
        field = start
        for _ in range(_MOST_ITERATIONS):
            moved = self.pull(np.sum(mass * self.site.tilted(signal + field[:, None], curvature)[1], axis=1))
            change = np.max(np.abs(moved - field), initial=0.0)
            field = moved
            if change < 1e-10:
                return np.asarray(field)
        raise ArithmeticError("the collective field does not settle")


def spin_statistics(limit: Limit, plan: Plan, *, solve_field: bool = True) -> SpinPrediction:
    """Return the statistics of a spin in the last mode at d = ∞ after the steps of ``plan``.

    ``solve_field=False`` keeps the field at its saddle point, which is what the product form of the posterior does.
    """
    measure = limit.distribution
    if not isinstance(measure, MeanField):
        raise TypeError(f"the field's recursion needs a MeanField measure, got {measure!r}")
    pull = compiled(sp.diff(measure.limiting_interaction, m_symbol), (m_symbol,), "the slope of the interaction")
    site = measure.spin.site()
    field_map = FieldMap(site, pull)
    saddles = np.array([number(saddle.tilt, "a tilt") for saddle in measure.saddles])
    model = effective_model(measure, limit.cascade, INFINITE)
    if len(saddles) > 1:
        starts, weights = _starts_in_last_mode(model, plan)
        shares = order_paths(model, plan, starts[:, None]).responsibilities
    else:
        shares, weights = np.ones((_STARTS, plan.steps, 1)), np.full(_STARTS, 1 / _STARTS)
    # Every path has its own offset of the grid, so that a steep map of the line is still integrated well.
    width = 2 * _REACH / _LINE
    offset = (np.arange(len(shares)) + 0.5) / len(shares) - 0.5
    z = -_REACH + width * (np.arange(_LINE) + 0.5 + offset[:, None])
    mass = np.exp(-(z**2) / 2)
    mass /= mass.sum(axis=1, keepdims=True)
    x = plan.alpha[0] * z
    fields = np.tile(saddles, (len(shares), 1))
    for k in range(plan.steps):
        signal = plan.psi[k] * x / plan.alpha[k]
        curvature = np.asarray(plan.psi[k] ** 2)
        posterior = np.zeros_like(x)
        for j in range(len(saddles)):
            rows = np.flatnonzero(shares[:, k, j] > 1e-14)
            # Before the data phase the field sits at its saddle point; a mode that a path has left has no field of
            # its own.
            led = np.flatnonzero(shares[:, k, j] > 0.5)
            if solve_field and plan.psi[k] > 1e-8 and led.size:
                fields[led, j] = field_map.settled(signal[led], curvature, mass[led], fields[led, j])
            posterior[rows] += (
                shares[rows, k, j, None] * site.tilted(signal[rows] + fields[rows, j, None], curvature)[1]
            )
        x = plan.A[k] * x + plan.B[k] * posterior
    first = np.sum(mass * x, axis=1)
    second = np.sum(mass * x**2, axis=1)
    return SpinPrediction(float(weights @ first), float(weights @ (second - first**2)), float(weights @ fields[:, -1]))


def edge(model: EffectiveModel, plan: Plan) -> float:
    """Return the ν_0 above which the path of the order parameter ends in the last mode, bisected to the last digit."""
    low, high = -_REACH, _REACH
    for _ in range(60):
        middle = (low + high) / 2
        last = order_paths(model, plan, np.array([[middle]])).modes[0] == len(model.sites) - 1
        low, high = (low, middle) if last else (middle, high)
    return high


def last_weight(limit: Limit, plan: Plan, d: float) -> float:
    """Return the weight of the last mode after the steps of ``plan`` by the effective model at dimension ``d``."""
    return float(special.ndtr(-edge(effective_model(limit.distribution, limit.cascade, d), plan)))


def _starts_in_last_mode(model: EffectiveModel, plan: Plan) -> tuple[Array, Array]:
    """Return ν_0 (P,) and weights that integrate over N(0, 1) given that the path ends in the last mode, dense at the
    edge.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_STARTS)
    share = ((1 + nodes) / 2) ** 3
    return -special.ndtri(special.ndtr(-edge(model, plan)) * (1 - share)), weights * 1.5 * ((1 + nodes) / 2) ** 2


def euler_plan(
    limit: Limit, steps: int, d: float = INFINITE, kappa: float | None = KAPPA, scheme: str = "interpolant"
) -> Plan:
    """Return the plan of the limit's own schedule."""
    return limit.schedule.plan(steps, d, kappa, scheme)
