"""The plain loops that the samplers are set against: a path is an array of all coordinates at all times.

They repeat the mathematics of the paper's experiments (arXiv 2501.00988) in the plainest NumPy: one array operation
after the other on (n, d), every state kept, and for Curie–Weiss the two-mode product form of the posterior.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import expit

from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import AtomSite, GaussianSite
from symsched.models.base import AbstractModel
from symsched.schedules.plan import History, Plan
from symsched.schedules.schemes import canonical, euler

Array = NDArray[np.float64]


@final
@dataclass(frozen=True)
class Setting:
    """One experiment: ``kind`` "gm" or "cw", ``interpolant`` "VP"/"VE", linear or trigonometric, and its sizes.

    For "gm": p, mean m and sigma; for "cw": inverse temperature and field (m is then the spontaneous magnetisation).
    """

    name: str
    kind: str
    interpolant: str
    linear: bool
    d: int
    n: int
    steps: int
    kappa: float
    probability: float
    mean: float
    sigma: float
    temperature: float

    @property
    def field(self) -> float:
        """Half the log odds of the modes, h, for gm; the external field for cw."""
        return math.log(self.probability / (1 - self.probability)) / 2

    def model(self) -> AbstractModel:
        """Return the exact model."""
        if self.kind == "gm":
            variance = self.sigma**2
            weights = np.array([self.probability, 1 - self.probability])
            return ProductModel(
                self.d, weights, (GaussianSite(self.mean, variance), GaussianSite(-self.mean, variance))
            )
        spin = AtomSite(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
        return MeanFieldModel(self.d, spin, self.temperature, tilt=self.field, boundaries=(0.0,))

    def product_form(self) -> AbstractModel:
        """Return the law whose exact posterior the plain loop computes: spins are independent within a mode."""
        if self.kind == "gm":
            return self.model()
        bias = self.temperature * self.mean
        up, weight = expit(2 * bias), expit(2 * self.mean * self.field)
        spins = np.array([-1.0, 1.0])
        sites = (AtomSite(spins, np.array([1 - up, up])), AtomSite(spins, np.array([up, 1 - up])))
        return ProductModel(self.d, np.array([weight, 1 - weight]), sites)

    def plan(self) -> Plan:
        """Return the dilated plan on uniform steps."""
        times = np.linspace(0.0, 1.0, self.steps + 1)
        window = self.kappa / math.sqrt(self.d)
        late = times > 0.5
        if self.interpolant == "VP":
            tau = np.where(late, window + (1 - window) * (2 * times - 1), 2 * window * times)
            rest = 1 - tau
            rate = np.where(late, 2 * (1 - window), 2 * window)[:-1]
            size = 1.0
        else:
            rest = np.where(late, window * (2 - 2 * times), 1 - (1 - window) * 2 * times)
            tau = 1 - rest
            rate = np.where(late, 2 * window, 2 * (1 - window))[:-1]
            size = math.sqrt(self.d)
        if self.linear:
            return canonical(times, size * rest, tau)
        return _trigonometric(times, tau, rest, rate, size)


def _trigonometric(times: Array, tau: Array, rest: Array, rate: Array, size: float) -> Plan:
    """Return Euler in x for α = size √(1 − τ²), β = τ."""
    alpha = np.sqrt(rest * (1 + tau))
    step = np.diff(times)
    slope = -tau[:-1] / alpha[:-1] * rate
    return euler(times, size * alpha, tau, size * (alpha[:-1] + step * slope), tau[:-1] + step * rate)


def _magnetisation(temperature: float) -> float:
    """Return the positive root of m = tanh(βm), for inverse temperatures β well above 1."""
    return float(optimize.brentq(lambda m: m - math.tanh(temperature * m), 0.1, 1.0, xtol=1e-15))


SETTINGS = (
    Setting("gm_vp", "gm", "VP", False, 3_000, 40, 200, 5.0, 0.8, 0.9, 0.1, 0.0),
    Setting("gm_ve", "gm", "VE", False, 10_000, 100, 100, 3.0, 0.8, 0.9575, 1.0, 0.0),
    Setting("gm_ve linear", "gm", "VE", True, 1_000_000, 10, 200, 3.0, 0.8, 1.0, 0.5, 0.0),
    Setting("cw_vp", "cw", "VP", False, 50_000, 200, 50, 3.0, 0.8, _magnetisation(2.0), 0.0, 2.0),
    Setting("cw_vp linear", "cw", "VP", True, 100_000, 200, 100, 3.0, 0.8, _magnetisation(1.1), 0.0, 1.1),
    Setting("cw_ve", "cw", "VE", False, 1_000, 200, 200, 3.0, 0.8, _magnetisation(2.0), 0.0, 2.0),
    Setting("cw_ve linear", "cw", "VE", True, 10_000, 10, 100, 3.0, 0.8, _magnetisation(2.0), 0.0, 2.0),
)
"""The sizes of the seven public experiments."""


def plain_loop(setting: Setting, rng: np.random.Generator, *, keep_paths: bool = True) -> Array:
    """Return x (n, d) at the end of the plain loop, which holds all steps + 1 states like the experiments do."""
    plan, n, d = setting.plan(), setting.n, setting.d
    history = History(plan)
    states = np.empty((setting.steps + 1 if keep_paths else 1, n, d))
    states[0] = plan.alpha[0] * rng.standard_normal((n, d))
    x = states[0]
    for node in range(plan.steps):
        psi, y = plan.psi[node], x / plan.alpha[node]
        mean = _gaussian_posterior(setting, psi, y) if setting.kind == "gm" else _product_form(setting, psi, y)
        x = history.advance(node, x.copy(), mean)
        if keep_paths:
            states[node + 1] = x
    return np.asarray(x)


def _gaussian_posterior(setting: Setting, psi: float, y: Array) -> Array:
    """Return the posterior mean of p N(m, σ²) + (1 − p) N(−m, σ²)."""
    damping = 1 + psi**2 * setting.sigma**2
    side = np.tanh(setting.field + psi * setting.mean * y.sum(axis=1, keepdims=True) / damping)
    return np.asarray((psi * setting.sigma**2 * y + setting.mean * side) / damping)


def _product_form(setting: Setting, psi: float, y: Array) -> Array:
    """Return the posterior mean of w Π(tilt βm) + (1 − w) Π(tilt −βm): spins are independent within a mode."""
    bias = setting.temperature * setting.mean
    up, down = bias + psi * y, -bias + psi * y
    evidence = (_log_cosh(up) - _log_cosh(down)).sum(axis=1, keepdims=True)
    weight = 1 / (1 + np.exp(-np.clip(2 * setting.mean * setting.field + evidence, -700, 700)))
    return np.asarray(weight * np.tanh(up) + (1 - weight) * np.tanh(down))


def _log_cosh(x: Array) -> Array:
    """Return log 2cosh x without overflow."""
    size = np.abs(x)
    return np.asarray(size + np.log1p(np.exp(-2 * size)))
