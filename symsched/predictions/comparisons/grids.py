"""Rules of grids in use, by their formulas: ψ = 1/σ at the evaluations, from the number of these and free numbers.

ψ = 0 is a node where the rule starts from σ = ∞: the denoiser is E a there, which is free. A rule that starts from
σ < ∞ starts from σ_0 z and misses the share of the signal that is there.
"""

import math

import numpy as np
from scipy import interpolate

from symsched.algebra.arrays import Array
from symsched.predictions.comparisons.information import Information

AYS = {
    "SD 1.5": (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029),
    "SDXL": (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029),
    "SVD": (700.0, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002),
}
"""σ of Align Your Steps for three image models. Source: arXiv 2404.14507, table 3."""
LIPSCHITZ_CUT = 1e-3
"""Share of the time that the authors of the Lipschitz-guided schedule leave out at either end."""
_FINE = 4001
"""Values of ψ at which a density of nodes is summed."""


def uniform(count: int, _: Array) -> Array:
    """Return uniform t on α = 1 − t, β = t."""
    share = np.arange(count + 1) / (count + 1)
    return np.asarray(share / (1 - share))


def cosine(count: int, _: Array) -> Array:
    """Return ψ = tan(π t/2) at uniform t."""
    return np.asarray(np.tan(np.pi / 2 * np.arange(count + 1) / (count + 1)))


def tangent(count: int, numbers: Array) -> Array:
    """Return equal angles arctan(σ ψ), σ² the one eigenvalue of the covariance."""
    return np.asarray(cosine(count, numbers) / numbers[0])


def karras(count: int, numbers: Array) -> Array:
    """Return σ^(1/ρ) evenly from ``numbers`` σ_max to σ_min, and ρ."""
    high, low, rho = numbers
    ends = high ** (1 / rho), low ** (1 / rho)
    return np.asarray(1 / np.linspace(*ends, count) ** rho)


def published(count: int, _: Array) -> Array:
    """Return EDM's own σ: from 80 to 0.002 with ρ = 7."""
    return karras(count, np.array([80.0, 0.002, 7.0]))


def log_uniform(count: int, numbers: Array) -> Array:
    """Return log σ evenly from ``numbers`` σ_max to σ_min."""
    high, low = numbers
    return np.asarray(1 / np.geomspace(float(high), float(low), count))


def aligned(count: int, table: tuple[float, ...]) -> Array:
    """Return a list of AYS, log-linearly interpolated to N + 1 values of which the last is then replaced by 0."""
    places = np.linspace(0, 1, count + 1)
    return np.exp(-np.interp(places, np.linspace(0, 1, len(table)), np.log(table)))[:-1]


def entropic(count: int, numbers: Array, known: Information) -> Array:
    """Return N equal gains of information from none up to what is known at σ_min, the one of ``numbers``."""
    psi, last = _fine(known, float(numbers[0]))
    gained = known(psi)
    targets = gained[-1] * np.arange(1, count + 1) / count
    # Below the curve's beginning I is quadratic in ψ.
    early = psi[0] * np.sqrt(targets / gained[0])
    inner = np.exp(np.interp(np.log(targets), np.log(gained), np.log(psi)))
    found = np.where(targets < gained[0], early, inner)
    found[-1] = last
    return np.concatenate([np.zeros(1), found])


def least_path_divergence(count: int, numbers: Array, known: Information) -> Array:
    """Return nodes for the least ½ Σ ∫ (mmse(γ_k) − mmse(γ)) dγ over steps of γ = ψ² from 0 to 1/σ_min².

    It is the error of a left Riemann sum, least where nodes are as dense in γ as √(−mmse'): to the first order in 1/N.
    """
    psi, last = _fine(known, float(numbers[0]))
    slope = interpolate.CubicSpline(np.log(psi), known.mmse(psi)).derivative()(np.log(psi))
    # √(−dmmse/dγ) dγ = √(−dmmse/dlogψ · 2ψ²) dlogψ.
    density = np.sqrt(np.maximum(-slope, 0.0) * 2 * psi**2)
    begin = density[0] / 2  # ∫ from ψ = 0 on, where the density grows like ψ²
    grown = begin + np.concatenate([np.zeros(1), np.cumsum(np.diff(np.log(psi)) * (density[1:] + density[:-1]) / 2)])
    shares = grown[-1] * np.arange(1, count + 1) / count
    found = np.exp(np.interp(shares, grown, np.log(psi)))
    found[-1] = last
    return np.concatenate([np.zeros(1), found])


def _fine(known: Information, sigma: float) -> tuple[Array, float]:
    """Return ψ from the beginning of the curves to 1/σ, and that; ValueError where the curves do not reach it."""
    low, high = known.reach
    last = 1 / sigma
    if not 10 * low < last < high:
        raise ValueError(f"σ = {sigma:g} is not between the ends of the information")
    psi = np.geomspace(low, last, _FINE)
    psi[-1] = last
    return psi, last


def lipschitz(time: Array, height: float) -> tuple[Array, Array]:
    """Return β² and its derivative of the Lipschitz-guided schedule for two modes at ±M, M² = ``height``.

    β = √(−log(1 − (1 − e^{−M²}) t))/M and α² = 1 − β². Source: arXiv 2509.01629, of the authors' code for p N(r, 1) +
    (1 − p) N(−r, 1) in d = 1000 with M = |r|; their tables of weights follow from it (see the tests).
    """
    share = -math.expm1(-height)
    rest = 1 - share * time
    return -np.log(rest) / height, share / (rest * height)


def lipschitz_nodes(count: int, height: float) -> Array:
    """Return ψ of that schedule at N uniform times between the authors' ends."""
    square, _ = lipschitz(np.linspace(LIPSCHITZ_CUT, 1 - LIPSCHITZ_CUT, count), height)
    return np.asarray(np.sqrt(square / (1 - square)))
