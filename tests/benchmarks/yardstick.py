"""The plain loops that the samplers are set against: a path is an array of all coordinates at all times.

They repeat the mathematics of the paper's experiments (arXiv 2501.00988) in the plainest NumPy: one array operation
after the other on (n, d), every state kept, and for Curie–Weiss the two-mode product form of the posterior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import expit

from symsched.distributions.base import AbstractDistribution
from symsched.distributions.named import CurieWeiss, GaussianMixture
from symsched.distributions.product.mixture import ProductMixture
from symsched.schedules.plan import Plan

from .families import P, dilated_plan, spins

Array = NDArray[np.float64]

_FIELD = math.log(P / (1 - P)) / 2
"""Half the log odds of the modes (gm), the external field (cw)."""


class Noise(Protocol):
    """What hands out standard normal numbers."""

    def standard_normal(self, size: tuple[int, int]) -> Array:
        """Return an array of them."""


@final
@dataclass(frozen=True)
class Setting:
    """One experiment: sizes, interpolant, and ``mean`` and ``sigma`` of a Gaussian mode, or the coupling of spins."""

    name: str
    d: int
    n: int
    steps: int
    kappa: float = 3.0
    mean: float = 1.0
    sigma: float = 1.0
    coupling: float | None = None

    @property
    def distribution(self) -> AbstractDistribution:
        """The exact measure."""
        if self.coupling is None:
            return GaussianMixture(P, self.mean, self.sigma)
        return CurieWeiss(self.coupling, sp.log(P / (1 - P)) / 2)

    @property
    def product_form(self) -> AbstractDistribution:
        """The measure whose exact posterior the plain loop computes: spins are independent within a mode."""
        if self.coupling is None:
            return self.distribution
        m = magnetisation(self.coupling)
        weight, up = (sp.Float(expit(2 * m * strength)) for strength in (_FIELD, self.coupling))
        return ProductMixture([(weight, spins(up)), (1 - weight, spins(1 - up))])

    @property
    def plan(self) -> Plan:
        """The dilated plan on uniform steps."""
        ve, linear = "ve" in self.name, "linear" in self.name
        return dilated_plan(self.d, self.steps, self.kappa, ve=ve, linear=linear)


def magnetisation(coupling: float) -> float:
    """Return the positive root of m = tanh(βm), for β well above 1."""
    return float(optimize.brentq(lambda m: m - math.tanh(coupling * m), 0.1, 1.0, xtol=1e-15))


SETTINGS = (
    Setting("gm_vp", 3_000, 40, 200, kappa=5.0, mean=0.9, sigma=0.1),
    Setting("gm_ve", 10_000, 100, 100, mean=0.9575),
    Setting("gm_ve linear", 1_000_000, 10, 200, sigma=0.5),
    Setting("cw_vp", 50_000, 200, 50, coupling=2.0),
    Setting("cw_vp linear", 100_000, 200, 100, coupling=1.1),
    Setting("cw_ve", 1_000, 200, 200, coupling=2.0),
    Setting("cw_ve linear", 10_000, 10, 100, coupling=2.0),
)
"""The sizes of the seven public experiments."""


def plain_loop(setting: Setting, rng: Noise, *, keep_paths: bool = True) -> Array:
    """Return x (n, d) at the end of the plain loop, which holds all steps + 1 states like the experiments do."""
    plan, n, d = setting.plan, setting.n, setting.d
    states = np.empty((setting.steps + 1 if keep_paths else 1, n, d))
    states[0] = plan.alpha[0] * rng.standard_normal((n, d))
    x = states[0]
    for node, (psi, keep, gain) in enumerate(zip(plan.psi, plan.A, plan.B.diagonal(), strict=True)):
        y = x / plan.alpha[node]
        x = keep * x + gain * (_gaussian if setting.coupling is None else _product_form)(setting, psi, y)
        if keep_paths:
            states[node + 1] = x
    return np.asarray(x)


def _gaussian(setting: Setting, psi: float, y: Array) -> Array:
    """Return the posterior mean of p N(m, σ²) + (1 − p) N(−m, σ²)."""
    damping = 1 + psi**2 * setting.sigma**2
    side = np.tanh(_FIELD + psi * setting.mean * y.sum(axis=1, keepdims=True) / damping)
    return np.asarray((psi * setting.sigma**2 * y + setting.mean * side) / damping)


def _product_form(setting: Setting, psi: float, y: Array) -> Array:
    """Return the posterior mean of w Π(tilt βm) + (1 − w) Π(tilt −βm): spins are independent within a mode."""
    coupling = setting.coupling or 0.0
    m = magnetisation(coupling)
    up, down = coupling * m + psi * y, -coupling * m + psi * y
    evidence = (_log_cosh(up) - _log_cosh(down)).sum(axis=1, keepdims=True)
    weight = 1 / (1 + np.exp(-np.clip(2 * m * _FIELD + evidence, -700, 700)))
    return np.asarray(weight * np.tanh(up) + (1 - weight) * np.tanh(down))


def _log_cosh(x: Array) -> Array:
    """Return log 2cosh x without overflow."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)))
