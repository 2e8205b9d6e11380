"""What noisy data say of clean data, by exact quadrature: I(ψ) and the mmse of one coordinate at a given d.

I(ψ) = I(a; z + ψ a)/d is what the modes' choice carries, 1/d of at most log K, and what a coordinate carries once its
mode is known; dI/dψ = ψ mmse(ψ). Source: Guo, Shamai and Verdú 2005.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from scipy import interpolate, special, stats

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite
from symsched.models.order_model import AbstractOrderModel, AbstractPointsModel

_DENSITY = 12
"""Values of ψ in a decade, between which curves are splines in log ψ."""
_BELOW = 1e-3
"""ψ, in units of the first scale at which something is seen, where the curves begin: I is quadratic below."""
_ABOVE = 300.0
"""ψ, in units of 1/deviation, where they end: a density's mmse is 1/ψ² there, that of atoms nothing."""
_UNSEEN = 1e-3
"""ψ times the deviation below which a coordinate's mmse is its variance."""
_REACH, _STEP, _MOST = 14.0, 0.25, 20_001
"""The line of y: deviations to either side, distance of two nodes (noise has deviation 1), and nodes at most."""
_NET = 11
"""Binary logarithm of the points for several order parameters."""
_TINY = 1e-300


@final
@dataclass(frozen=True, eq=False)
class Information:
    """I and the mmse of a coordinate as splines in log ψ, on ``reach``, two ends of ψ."""

    reach: tuple[float, float]
    gained: interpolate.CubicSpline
    """I."""
    rate: interpolate.CubicSpline
    """dI/d log ψ = ψ² mmse."""

    def __call__(self, psi: Array) -> Array:
        """Return I(ψ)."""
        return np.asarray(self.gained(np.log(psi)))

    def mmse(self, psi: Array) -> Array:
        """Return the mean square error of the best guess of a coordinate."""
        return np.asarray(self.rate(np.log(psi)) / psi**2)


def information(model: AbstractOrderModel) -> Information:
    """Return the information of a model at its d.

    Inside a mean-field mode the coordinates are taken as independent: what their common mean adds is of order 1/d.
    """
    deviation = max(math.sqrt(site.variance) for site in model.sites)
    narrow = min(math.sqrt(site.variance) for site in model.sites) or 1.0
    first = 1 / deviation if deviation else 1.0
    if isinstance(model, AbstractPointsModel):
        first = min([first, *(model.dimension ** (-1 / (2 * order)) for order in model.orders)])
    low, high = _BELOW * first, _ABOVE / narrow
    psi = np.geomspace(low, high, 2 + math.ceil(_DENSITY * math.log10(high / low)))
    site_rate = np.zeros_like(psi)
    for site, weight in zip(model.sites, model.weights, strict=True):
        site_rate += weight * psi**2 * np.array([_mmse(site, float(one)) for one in psi])
    logs = np.log(psi)
    sites = interpolate.CubicSpline(logs, site_rate)
    # Below the first ψ a coordinate's I is ψ² mmse/2.
    gained = sites.antiderivative()(logs) + site_rate[0] / 2
    modes = np.array([chosen(model, float(one)) for one in psi]) / model.dimension
    choice = interpolate.CubicSpline(logs, modes)
    return Information(
        (low, high),
        interpolate.CubicSpline(logs, gained + modes),
        interpolate.CubicSpline(logs, site_rate + choice.derivative()(logs)),
    )


@lru_cache(maxsize=4096)
def _mmse(site: AbstractSite, psi: float) -> float:
    """Return E Var(a | z + ψ a) of one coordinate."""
    variance = site.variance
    if psi * math.sqrt(variance) < _UNSEEN:
        return variance
    if site.gaussian is not None:
        return variance / (1 + psi**2 * variance)
    spread = math.sqrt(1 + psi**2 * variance)
    count = min(_MOST, 1 + 2 * math.ceil(_REACH * spread / _STEP))
    y = psi * site.mean + spread * np.linspace(-_REACH, _REACH, count)
    log_density = site.log_normaliser(psi * y, np.asarray(psi**2)) - y**2 / 2
    mass = np.exp(log_density - log_density.max())
    return float(mass @ site.tilted_variance(psi * y, np.asarray(psi**2)) / mass.sum())


def chosen(model: AbstractOrderModel, psi: float) -> float:
    """Return I(mode; order parameters at ψ), between 0 and the entropy of the weights."""
    if not isinstance(model, AbstractPointsModel) or len(model.sites) < 2:
        return 0.0
    noise, mass = _noise(len(model.orders))
    signal = model.strengths(psi) * model.points.places
    total = 0.0
    for mode, weight in enumerate(model.points.weights):
        share = model.responsibilities(psi, signal[mode] + noise)[:, mode]
        total += weight * float(mass @ np.log(np.maximum(share, _TINY) / weight))
    return max(total, 0.0)


@lru_cache(maxsize=8)
def _noise(components: int) -> tuple[Array, Array]:
    """Return points (P, C) and masses (P,) of N(0, 1): even on the line, where the trapezoidal rule is exact."""
    if components == 1:
        line = np.linspace(-9, 9, 361)
        mass = np.exp(-(line**2) / 2)
        return line[:, None], mass / mass.sum()
    net = stats.qmc.Sobol(components, seed=np.random.default_rng(0)).random_base2(_NET)
    return np.asarray(special.ndtri(np.clip(net, 1e-12, 1 - 1e-12))), np.full(len(net), 1.0 / len(net))
