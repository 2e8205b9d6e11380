"""One distribution per family of methods, and the dilated plans of the paper's experiments (arXiv 2501.00988)."""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from symsched.distributions.base import AbstractDistribution
from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.named import CurieWeiss, GaussianMixture
from symsched.distributions.product.mixture import ProductMixture
from symsched.laws import AtomLaw
from symsched.schedules.plan import Plan
from symsched.schedules.schemes import canonical, euler

P = sp.Rational(4, 5)
"""Weight of the heavier mode; of the Curie–Weiss spins too, in units of their mean: h = log(p/(1 − p))/2."""
_GRAM = ((1, 0, 0), (0, 1, sp.Rational(3, 10)), (0, sp.Rational(3, 10), sp.Rational(109, 100)))
_UP = sp.Rational(49, 50)


def spins(up: sp.Expr) -> AtomLaw:
    """Return the law of a spin that is up with probability ``up``."""
    return AtomLaw((-sp.S.One, sp.S.One), (1 - up, up))


FAMILIES: dict[str, AbstractDistribution] = {
    "Gaussian modes": GaussianMixture(P, 1, sp.Rational(1, 2)),
    "directions": GaussianModes((sp.Rational(1, 2), sp.Rational(3, 10), sp.Rational(1, 5)), _GRAM, sp.Rational(1, 2)),
    "exchangeable mixture": ProductMixture([(P, spins(_UP)), (1 - P, spins(1 - _UP))]),
    "Curie–Weiss": CurieWeiss(2, sp.log(P / (1 - P)) / 2),
}


def dilated_plan(d: int, steps: int, kappa: float = 3.0, *, ve: bool = False, linear: bool = True) -> Plan:
    """Return a dilated schedule, VP or VE, on uniform steps; the linear interpolant, or Euler in x for α² + β² = 1."""
    times = np.linspace(0.0, 1.0, steps + 1)
    late = times > 0.5
    window = kappa / math.sqrt(d)
    size = math.sqrt(d) if ve else 1.0
    # Time passes at 2κ/√d in the half that holds the window: the first of VP, at small τ, the second of VE, at small
    # 1 − τ.
    rate = 2 * np.where(late == ve, window, 1 - window)
    rest = np.where(late, rate * (1 - times), 1 - rate * times)
    tau = 1 - rest
    if linear:
        return canonical(times, size * rest, tau)
    alpha = np.sqrt(rest * (1 + tau))
    rate, step = rate[:-1], np.diff(times)
    tangent = size * (alpha[:-1] - step * tau[:-1] / alpha[:-1] * rate)
    return euler(times, size * alpha, tau, tangent, tau[:-1] + step * rate)
