"""Curie–Weiss spins, density ∝ exp(d β m̂²/2 + h m̂), in plain numbers: every value of m̂, constants, and the posterior.

Given y = z + ψa the posterior is a mixture over one number, the collective field u, of independent spins in fields
u + ψy_i (Hubbard–Stratonovich); its density ∝ exp(−d (u − h/d)²/(2β)) Π_j 2cosh(u + ψy_j) is summed on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from scipy.integrate import solve_ivp

Array = NDArray[np.float64]
BETA, FIELD = 2.0, math.log(2)
_REACH = 6.5  # deviations on both sides of a peak that are summed
_NODES = 15  # of the trapezium rule on a peak
_MOST_ITERATIONS = 400  # on the way to a peak; critical ones are reached slowly
_DECIDED = 60.0
"""Height, in nats, by which one peak of the field's density outgrows the other for that to be left out."""
_CHUNK = 1 << 21  # numbers held at once: 16 MB
_DIGITS = 30  # of the high-precision sums


@dataclass(frozen=True, eq=False)
class SpinMeans:
    """The values m̂ = −1, −1 + 2/d, …, 1 of the spin mean, (d + 1,), and their probabilities."""

    d: int
    values: Array
    masses: Array

    @property
    def up(self) -> float:
        """P(m̂ > 0), the value 0 counting half."""
        return float(self.masses[self.values > 0].sum() + self.masses[self.values == 0].sum() / 2)

    @property
    def peaks(self) -> int:
        """Number of maxima of the law."""
        inner, left, right = self.masses[1:-1], self.masses[:-2], self.masses[2:]
        return int(np.sum((inner > left) & (inner >= right)))

    def given_up(self) -> tuple[float, float]:
        """Return mean and variance of m̂ given m̂ > 0."""
        inside = self.values > 0
        shares = self.masses[inside] / self.masses[inside].sum()
        mean = float(shares @ self.values[inside])
        return mean, float(shares @ (self.values[inside] - mean) ** 2)

    def moment(self, power: int) -> float:
        """Return E m̂^power."""
        return float(self.masses @ self.values**power)

    def noisy_cdf(self, strength: float, at: Array) -> Array:
        """Return P(z + strength·m̂ ≤ at), z ~ N(0, 1): the law of Σ(z + ψa)_i/√d at √d ψ = strength, (n,)."""
        inside = self.masses > 1e-18
        masses, places = self.masses[inside], strength * self.values[inside]
        return np.array([masses @ special.ndtr(place - places) for place in at])


@lru_cache(maxsize=4)
def spin_means(d: int, beta: float = BETA, field: float = FIELD) -> SpinMeans:
    """Return the law of m̂: mass ∝ C(d, k) exp(d β m̂²/2 + h m̂) at m̂ = (2k − d)/d."""
    ups = np.arange(d + 1, dtype=float)
    values = (2 * ups - d) / d
    logs = -special.gammaln(ups + 1) - special.gammaln(d - ups + 1) + d * beta * values**2 / 2 + field * values
    masses = np.exp(logs - logs.max())
    return SpinMeans(d, values, masses / masses.sum())


@lru_cache
def magnetisation(beta: float = BETA) -> float:
    """Return the positive root of m = tanh(βm)."""
    with mpmath.workdps(_DIGITS):
        return float(mpmath.findroot(lambda m: m - mpmath.tanh(beta * m), 0.99))


def up_weight(beta: float = BETA, field: float = FIELD) -> float:
    """Return e^{hm}/(2 cosh hm)."""
    return 1 / (1 + math.exp(-2 * field * magnetisation(beta)))


def normal_quantile(probability: float) -> float:
    """Return Φ⁻¹."""
    with mpmath.workdps(_DIGITS):
        return float(mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(probability) - 1))


def quantile_flow(up: float, size: float, strength: float, start: float) -> float:
    """Return ν with (1 − w) Φ(ν + s g) + w Φ(ν − s g) = Φ(ν_0): the exact flow of two atoms ±``size`` g, w = ``up``."""
    with mpmath.workdps(_DIGITS):
        target, shift = mpmath.ncdf(start), strength * size

        def above(nu: float) -> float:
            return float((1 - up) * mpmath.ncdf(nu + shift) + up * mpmath.ncdf(nu - shift) - target)

        return float(optimize.brentq(above, start - shift - 1, start + shift + 1, xtol=1e-14, rtol=1e-15))


def mode_flow(strength: float, start: float) -> float:
    """Return Σ y_i/√d at √d ψ = ``strength`` on the exact flow as d → ∞."""
    return quantile_flow(up_weight(), magnetisation(), strength, start)


def spin_threshold(side: float, ratio: float = 0.0) -> float:
    """Return the y_i at ψ = ``ratio`` above which a spin of the mode ±m, ``side`` ±1, ends at +1."""
    up = (1 + side * magnetisation()) / 2
    start = normal_quantile(1 - up)
    return quantile_flow(up, 1.0, ratio, start) if ratio else start


def spin_flow(side: float, begin: float, start: float, ratio: float) -> float:
    """Return y_i at ψ = ``ratio`` of a spin of the mode ±m that is at ``start`` at ψ = ``begin``."""
    up = (1 + side * magnetisation()) / 2
    with mpmath.workdps(_DIGITS):
        level = float((1 - up) * mpmath.ncdf(start + begin) + up * mpmath.ncdf(start - begin))
    return quantile_flow(up, 1.0, ratio, normal_quantile(level))


def field_error(psi: float, beta: float = BETA) -> float:
    """Return lim √d · (rms error per coordinate) of the product form at ψ: √(E sech⁴ · d Var(E[u | y])).

    The field of one mode has the variance 1/(1/β − (1 − m²))/d, of which 1/(1/β − E sech²)/d stays hidden given y; the
    averages run over βm + ψ(z + ψa) in the + mode.
    """
    m = magnetisation(beta)
    # The trapezoidal rule converges faster than any power of its spacing here.
    z = np.linspace(-12, 12, 4001)
    masses = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    bends = [np.cosh(beta * m + psi * (z + psi * a)) ** -2.0 for a in (-1, 1)]
    second, fourth = (
        sum(float((1 + a * m) / 2 * (masses @ bend**power)) for a, bend in zip((-1, 1), bends, strict=True))
        for power in (1, 2)
    )
    return math.sqrt(fourth * (1 / (1 / beta - (1 - m**2)) - 1 / (1 / beta - second)))


@dataclass(frozen=True, eq=False)
class FieldLaw:
    """The posterior law of the collective field of n paths at one ψ: ``nodes`` and ``masses``, (n, G) each."""

    psi: float
    nodes: Array
    masses: Array

    @property
    def up(self) -> Array:
        """Mass of u > 0, (n,)."""
        return np.asarray(np.where(self.nodes > 0, self.masses, 0.0).sum(axis=1))

    def mean(self, y: Array) -> Array:
        """Return E[a_i | field's law, y_i], (n, B), for any coordinates y (n, B) of the n paths."""
        return np.einsum("nbg,ng->nb", np.tanh(self.psi * y[:, :, None] + self.nodes[:, None, :]), self.masses)


@dataclass(frozen=True)
class Spins:
    """d spins at inverse temperature ``beta`` in the field ``field``."""

    d: float
    beta: float = BETA
    field: float = FIELD

    def posterior(self, psi: float, y: Array, counts: Array | None = None) -> tuple[Array, FieldLaw]:
        """Return E[a_i | z + ψa = y], (n, B), and the law of the field, for paths ``y`` (n, B).

        ``counts`` (n, B) says for how many coordinates each entry stands; without it each entry is one and B = d.
        """
        numbers = np.ones_like(y) if counts is None else counts
        nodes, spacing = self._grid(psi * y, numbers)
        means, masses = np.empty(y.shape), np.empty(nodes.shape)
        rows = max(1, _CHUNK // (y.shape[1] * nodes.shape[1]))
        for part in (slice(first, first + rows) for first in range(0, y.shape[0], rows)):
            argument = psi * y[part, :, None] + nodes[part, None, :]
            spin = np.tanh(argument)
            log_cosh = np.abs(argument) - np.log1p(np.abs(spin))
            logs = np.einsum("nb,nbg->ng", numbers[part], log_cosh) + self._gaussian(nodes[part])
            mass = np.exp(logs - logs.max(axis=1, keepdims=True)) * spacing[part]
            masses[part] = mass / mass.sum(axis=1, keepdims=True)
            means[part] = np.einsum("nbg,ng->nb", spin, masses[part])
        return means, FieldLaw(psi, nodes, masses)

    def _gaussian(self, u: Array) -> Array:
        return np.asarray(-self.d / (2 * self.beta) * (u - self.field / self.d) ** 2)

    def _grid(self, signal: Array, counts: Array) -> tuple[Array, Array]:
        """Return nodes and the spacing that each stands for, (n, G) each.

        A window round the lowest peak and one round the highest, one over both where they touch, or one alone where it
        holds all of the mass.
        """
        low, low_width, low_height = self._peak(signal, counts, -1.0)
        high, high_width, high_height = self._peak(signal, counts, 1.0)
        apart = high - low > _REACH * (low_width + high_width)
        unit = np.linspace(-_REACH, _REACH, _NODES)
        if np.all(apart & (np.abs(high_height - low_height) > _DECIDED)):
            is_up = high_height > low_height
            place, width = np.where(is_up, high, low), np.where(is_up, high_width, low_width)
            nodes = place[:, None] + width[:, None] * unit
            return nodes, np.ones_like(nodes)
        left, right = low[:, None] + low_width[:, None] * unit, high[:, None] + high_width[:, None] * unit
        begin, end = low - _REACH * low_width, high + _REACH * high_width
        whole = begin[:, None] + (end - begin)[:, None] * np.linspace(0, 1, 2 * _NODES)
        nodes = np.where(apart[:, None], np.concatenate([left, right], axis=1), whole)
        ends = nodes[:, 1] - nodes[:, 0], nodes[:, -1] - nodes[:, -2]
        return nodes, np.repeat(np.stack(ends, axis=1), _NODES, axis=1)

    def _peak(self, signal: Array, counts: Array, side: float) -> tuple[Array, Array, Array]:
        """Return the outermost peak on one side, its Gaussian width and its height, (n,) each.

        u ← h/d + (β/d) Σ tanh(u + ψy_j) increases in u, so from beyond all peaks it falls on the outermost one.
        """
        here = np.full(signal.shape[0], side * (self.beta + abs(self.field) / self.d))
        for _ in range(_MOST_ITERATIONS):
            spin = np.tanh(signal + here[:, None])
            curvature = self.d / self.beta - np.sum(counts * (1 - spin**2), axis=1)
            width = 1 / np.sqrt(np.maximum(curvature, np.sqrt(self.d) / self.beta))
            moved = (self.field + self.beta * np.sum(counts * spin, axis=1)) / self.d
            step, here = moved - here, moved
            # What is left to go is at most the next step times a geometric sum, β/(d·curvature); the windows reach
            # far beyond.
            if np.all(np.abs(step) * self.d / (self.beta * np.maximum(curvature, 1.0)) < 0.1 * width):
                break
        argument = np.abs(signal + here[:, None])
        height = np.sum(counts * (argument + np.log1p(np.exp(-2 * argument))), axis=1) + self._gaussian(here)
        return here, width, height


def product_form(psi: float, y: Array, counts: Array, beta: float = BETA) -> Array:
    """Return E[a_i | y] of the two-mode product form, the field kept at ±βm, for entries y (n, B) that stand for
    ``counts`` coordinates.
    """
    signal, field = psi * y, beta * magnetisation(beta)
    odds = 2 * FIELD * magnetisation(beta) + np.sum(
        counts * np.log(np.cosh(signal + field) / np.cosh(signal - field)), axis=1
    )
    up = special.expit(odds)[:, None]
    return np.asarray(up * np.tanh(signal + field) + (1 - up) * np.tanh(signal - field))


def order_parameters(d: int, starts: Sequence[float] | Array, strengths: Sequence[float], seed: int) -> Array:
    """Return ν = Σ y_i/√d at √d ψ = ``strengths`` on exact d-dimensional flows from ν_0 = ``starts``: (n, T)."""
    root, spins = math.sqrt(d), Spins(d)
    z = np.random.default_rng([seed, d]).standard_normal((len(starts), d))
    # Normal given its sum: paths of several d begin alike.
    z += (np.asarray(starts) / root - z.mean(axis=1))[:, None]

    def velocity(strength: float, flat: Array) -> Array:
        return np.asarray(spins.posterior(strength / root, flat.reshape(z.shape))[0].ravel() / root)

    found = solve_ivp(velocity, (0.0, max(strengths)), z.ravel(), "DOP853", list(strengths), rtol=1e-6, atol=1e-6)
    if not found.success:
        raise ArithmeticError(f"the d-dimensional flow could not be integrated: {found.message}")
    return np.asarray(found.y.reshape(*z.shape, -1).sum(axis=1) / root)
