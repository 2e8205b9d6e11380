"""What the laws of d coordinates say of the mode a path is in, beyond the cumulants that its order parameters see."""

import math
from typing import final

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array
from symsched.models.order_model import AbstractOrderModel
from symsched.schedules.plan import History, Plan

_REACH = 7.5
"""Standard deviations of one coordinate's noise: 6e-14 lies beyond."""
FEW = 61
"""Nodes of the trapezoidal rule between: right to e^{−2π·4 b} for a law that is analytic within b of the line."""
MANY = 241
"""The same for paths whose coarse steps have brought b close to 0."""
_ROUNDING = 1e-14
"""Relative error of the log of a site's normaliser, read from its table; a tenth of it is absolute."""
_ENOUGH = 1e-3
"""Error of a log-likelihood ratio that moves no posterior by more."""


@final
class Coordinates:
    """One coordinate of every path under the steps of a plan, as a map of its noise z, and what d of them decide.

    Given ν_0 a coordinate's noise has the density φ(z) (1 + Σ_c ν_0c He_{q_c}(z)/√(q_c! d)), and the log-likelihood of
    mode k is log w_k + d E log p_k(y(z)). In a window this is the order parameters' own s g ν − s² g²/2, up to O(ψ).
    Where ψ is O(1) it is not: the tie between two modes is where E log p_k = E log p_l under the law that the path
    *has*, which a coarse step has put between the two, and not half way between their cumulants. ``spins`` (P, N, K)
    are the evidence's, and ``unresolved`` (P,) says where more nodes would tell what these have not.
    """

    def __init__(self, model: AbstractOrderModel, plan: Plan, start: Array, count: int) -> None:
        """Start from ν_0 = ``start`` (P, C), with ``count`` nodes for the noise."""
        self._model, self._plan = model, plan
        nodes = np.linspace(-_REACH, _REACH, count)
        masses = np.exp(-(nodes**2) / 2)
        masses /= masses.sum()
        tilt = np.ones((len(start), count))
        for c, order in enumerate(model.orders):
            wave = np.polynomial.hermite_e.hermeval(nodes, np.eye(order + 1)[order])
            tilt += start[:, c, None] * wave / math.sqrt(math.factorial(order) * model.dimension)
        self._masses = masses * tilt
        self._x = plan.alpha[0] * np.tile(nodes, (len(start), 1))
        self._means: list[Array] = []
        self._history = History(plan, bend=plan.bend(nodes))
        self.spins = np.full((len(start), plan.steps, len(model.sites)), np.nan)
        self.unresolved = np.zeros(len(start), dtype=bool)
        self._log_weights = np.log(model.weights)

    def corrected(self, node: int, shares: Array) -> Array:
        """Return the posterior over the modes at a node, (P, K).

        It is ``shares``, that of the order parameters, where rounding or too few nodes would lose d log-likelihoods.
        """
        model, psi = self._model, self._plan.psi[node]
        y = self._x / self._plan.alpha[node]
        seen = model.evidence(psi, y, self._masses)
        self._means = seen.means
        self.spins[:, node] = seen.spins
        error = model.dimension * _ROUNDING * (seen.scale + 0.1)
        logits = self._log_weights + model.dimension * seen.ratios
        # Twice the spacing has about the root of the error, or where a map has become a step an error as large.
        known = np.isfinite(seen.ratios)
        doubled = np.abs(np.where(known, seen.ratios, 0.0) - np.where(known, seen.halved, 0.0)).max(axis=1)
        first, second = (np.partition(logits, at, axis=1)[:, at] for at in (-1, -2))
        exact = (error < _ENOUGH) | (first - second > 30 + error / _ENOUGH)
        resolved = (model.dimension * doubled**2 < _ENOUGH) | (first - second > 30 + 4 * model.dimension * doubled)
        self.unresolved |= exact & ~resolved
        sure = exact & resolved
        out = shares.copy()
        out[sure] = special.softmax(logits[sure], axis=1)
        return out

    def advance(self, node: int, shares: Array) -> None:
        """Carry the coordinates one step on, under the posterior ``shares`` (P, K)."""
        mean = np.zeros_like(self._x)
        for k, one in enumerate(self._means):
            mean += shares[:, k, None] * one
        self._history.advance(node, self._x, mean)
