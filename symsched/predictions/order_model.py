"""The effective model of a cascade in numbers: modes as points in the space of order parameters, at one dimension.

All speciations of one distribution are one law. With ν_c ~ N(0, 1) the Hermite sum of order q_c and s_c = √d
ψ^{q_c}, the
log-likelihood of mode k is log w_k + Σ_c (s_c g_kc ν_c − s_c² g_kc²/2). At the scale of a phase it is that phase's
effective law:
what was decided before is saturated, what comes later has not begun. Kept whole, it holds at any d from about 10³ up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy import special

from symsched.algebra.codegen import compiled, number
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import Cascade
from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.mean_field.measure import MeanField
from symsched.distributions.product.mixture import ProductMixture
from symsched.laws.numeric import AbstractSite, GaussianSite
from symsched.laws.numeric.tables import fast_kernel
from symsched.symbols import d as d_symbol
from symsched.symbols import m

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Feedback:
    """A mean-field coupling inside a mode: every coordinate feels u = g'(m̂), m̂ the posterior mean of the spin mean.

    For data that are exactly z + ψ a this is the mode's own tilt; for states that a coarse scheme has put elsewhere
    it is not, and
    the difference stays as d → ∞. ``site`` is ρ_0, ``slope`` and ``bend`` are g' and g'', ``tilts`` (K,) the u of
    the modes.
    """

    site: AbstractSite
    slope: Callable[[Array], Array]
    bend: Callable[[Array], Array]
    tilts: Array

    def posterior_mean(self, mode: int, psi: float, y: Array, mass: Array) -> Array:
        """Return E[a | y] in one mode for paths y (P, L) whose coordinates have masses (P, L), u solved by Newton's
        method."""
        tilt = np.full((y.shape[0], 1), self.tilts[mode])
        kernel = fast_kernel(self.site, float(psi), 1.0)
        for _ in range(_NEWTON):
            mean, spread = kernel.spread(tilt + psi * y)
            whole, width = (np.sum(part * mass, axis=1, keepdims=True) for part in (mean, spread))
            change = (tilt - self.slope(whole)) / (1 - self.bend(whole) * width)
            tilt = tilt - change
            if float(np.max(np.abs(change))) < _CONVERGED:
                break
        return np.asarray(kernel.mean(tilt + psi * y))


_NEWTON = 30
_CONVERGED = 1e-12


@dataclass(frozen=True)
class EffectiveModel:
    """Modes in the space of order parameters.

    ==============  ========  ==============================================================
    field           shape     meaning
    ==============  ========  ==============================================================
    ``orders``      (C,)      order q of each component
    ``weights``     (K,)      mode weights
    ``points``      (K, C)    g_kc; for mean-field modes and means the first cumulants
    ``sites``       K         law of one coordinate given the mode (about the mode's mean if ``centred``)
    ``spread``      C         variance of a coordinate that all modes share (0 if they do not)
    ``feedback``    or None   the coupling of the coordinates inside a mode
    ``continuous``  or None   the law of a critical order parameter, in units of d^−exponent
    ==============  ========  ==============================================================
    """

    dimension: float
    orders: tuple[int, ...]
    weights: Array
    points: Array
    sites: tuple[AbstractSite, ...]
    spread: float = 0.0
    centred: bool = False
    continuous: AbstractSite | None = None
    exponent: float = 0.5
    feedback: Feedback | None = None

    def strengths(self, psi: float) -> Array:
        """s_c = √d ψ^{q_c} (ψ d^exponent for a critical law), shape (C,)."""
        if self.continuous is not None:
            return np.array([psi * self.dimension**self.exponent])
        return np.array([math.sqrt(self.dimension) * psi**order for order in self.orders])

    def responsibilities(self, psi: float, nu: Array) -> Array:
        """Posterior over the modes at order parameters ν (P, C), shape (P, K)."""
        strengths = self.strengths(psi)
        # Completing the square in units of s keeps large s finite: −½ (s g − ν)² up to what all modes share.
        signal = strengths * self.points
        logits = np.log(self.weights) + np.sum(signal[None] * (nu[:, None, :] - signal[None] / 2), axis=2)
        return np.asarray(special.softmax(logits, axis=1))

    def separated(self, psi: float) -> bool:
        """Whether every two modes are more than 8 standard deviations of ν apart at this ψ."""
        if self.continuous is not None or len(self.points) < 2:
            return False
        signal = self.strengths(psi) * self.points
        gaps = np.sqrt(np.sum((signal[:, None] - signal[None]) ** 2, axis=2))
        return bool(np.min(gaps[~np.eye(len(signal), dtype=bool)]) > 8)

    def drift(self, psi: float, nu: Array) -> tuple[Array, Array]:
        """Posterior mean of g at ν (P, C), shape (P, C), and the posterior over modes, (P, K)."""
        if self.continuous is None:
            shares = self.responsibilities(psi, nu)
            return shares @ self.points, shares
        strength = self.strengths(psi)[0]
        mean = self.continuous.tilted(strength * nu[:, 0], np.full(nu.shape[0], strength**2))[1]
        return mean[:, None], np.ones((nu.shape[0], 1))


@singledispatch
def effective_model(distribution: AbstractDistribution, cascade: Cascade, dimension: float) -> EffectiveModel:
    """Return the effective model of a distribution's cascade at dimension ``dimension`` (a real number)."""
    raise TypeError(f"no effective model for {distribution!r}")


@effective_model.register
def _(distribution: ProductMixture, cascade: Cascade, dimension: float) -> EffectiveModel:
    at = {d_symbol: sp.Rational(dimension)}
    modes = [(number(mode.weight.subs(at), "a weight"), mode.law.subs(at)) for mode in distribution.modes]
    orders = tuple(sorted({phase.order for phase in cascade.phases if phase.order is not None}))
    rows = [
        [number(law.cumulants(order)[order - 1], "a cumulant") / math.sqrt(math.factorial(order)) for order in orders]
        for _, law in modes
    ]
    sites = tuple(law.site() for _, law in modes)
    variances = [site.variance for site in sites]
    shared = variances[0] if orders and min(orders) > 2 else 0.0
    points = np.array(rows, dtype=float).reshape(len(modes), len(orders)) - _shared(cascade, orders, at)
    return EffectiveModel(dimension, orders, np.array([w for w, _ in modes]), points, sites, shared)


def _shared(cascade: Cascade, orders: tuple[int, ...], at: dict[sp.Symbol, sp.Expr]) -> Array:
    """What all modes share of each cumulant in ``orders``: without it the posterior is the same, and ν of order 1."""
    shared = np.zeros(len(orders))
    first = cascade.phases[0]
    if first.order is not None:
        reference = number(first.references[0].subs(at), "a common cumulant")
        shared[orders.index(first.order)] = reference / math.sqrt(math.factorial(first.order))
    return shared


@effective_model.register
def _(distribution: GaussianModes, cascade: Cascade, dimension: float) -> EffectiveModel:
    weights = np.array([number(w, "a weight") for w in distribution.weights])
    points = np.array([[number(c, "a centre") for c in row] for row in distribution.centres])
    site = GaussianSite(0.0, number(distribution.sigma, "sigma") ** 2)
    return EffectiveModel(dimension, (1,) * distribution.rank, weights, points, (site,) * len(weights), centred=True)


@effective_model.register
def _(distribution: MeanField, cascade: Cascade, dimension: float) -> EffectiveModel:
    weights = np.array([number(mode.weight, "a weight") for mode in cascade.modes])
    points = np.array([[number(saddle.magnetisation, "m")] for saddle in distribution.saddles])
    sites = tuple(mode.law.site() for mode in cascade.modes)
    first = cascade.phases[0]
    if first.order is not None and not first.branches[0].outcomes:
        return EffectiveModel(
            dimension,
            (1,),
            np.ones(1),
            np.zeros((1, 1)),
            sites,
            continuous=first.branches[0].law.site(),
            exponent=float(first.exponent),
        )
    feedback = Feedback(
        distribution.spin.site(),
        compiled(sp.diff(distribution.limiting_interaction, m), (m,), "the slope of the interaction"),
        compiled(sp.diff(distribution.limiting_interaction, m, 2), (m,), "the curvature of the interaction"),
        np.array([number(saddle.tilt, "a tilt") for saddle in distribution.saddles]),
    )
    return EffectiveModel(dimension, (1,), weights, points, sites, feedback=feedback)
