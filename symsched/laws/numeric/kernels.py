"""A site at one ψ as a function of the field alone: log E exp(v a − ψ² a²/2), its first derivative and its second."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite, AtomSite, chebyshev

_SMALL = 0.3
"""Exponents below which log Z is summed relative to 1: it is small there, and d of them are added."""
_FARTHEST = 300.0
"""Fields whose odds are far from zero and from infinity."""
_MOST_POWERS = 32
"""Polynomials in which a mean is developed before it is cut."""
_FEW_POWERS = 14
"""Powers up to which they are well conditioned and worth their work."""
_FEW_ATOMS = 12
"""Atoms up to which a sum over them is faster than a table."""


class AbstractKernel(abc.ABC):
    """The tilt of one site by a field v at a fixed ψ, evaluated on arrays of any shape."""

    @abc.abstractmethod
    def mean(self, v: Array) -> Array:
        """Return the mean of the tilted site."""

    def fan(self, v: Array, u: Array, out: Array | None = None) -> Array:
        """Return the means at all v + u, (c, w, m), for ``v`` (w, m) and ``u`` (c, w or 1), in ``out`` if given."""
        found = self.mean(v + u[:, :, None])
        if out is None:
            return found
        out[...] = found
        return out

    def coordinate(self, v: Array) -> Array:
        """Return the coordinate t(v) in [−1, 1] of ``series``."""
        raise NotImplementedError

    def series(self, u: Array, slack: Array) -> Array | None:
        """Return (c, K) with mean(v + u_c) = Σ_k (c, K) t(v)^k for all v, up to ``slack`` (c,), if there is such a t.

        None where the means at several fields are no polynomials in one function of v.
        """
        return None

    @abc.abstractmethod
    def both(self, v: Array) -> tuple[Array, Array]:
        """Return the log normaliser and the mean."""

    @abc.abstractmethod
    def spread(self, v: Array) -> tuple[Array, Array]:
        """Return mean and variance of the tilted site; the variance need only be right to 1e-12 absolutely."""


@final
@dataclass(frozen=True)
class SiteKernel(AbstractKernel):
    """Any site, evaluated by its own method."""

    site: AbstractSite
    psi: float

    def mean(self, v: Array) -> Array:
        """Return the tilted mean."""
        return self.site.tilted(v, self.psi**2)[1]

    def both(self, v: Array) -> tuple[Array, Array]:
        """Return the log normaliser and the tilted mean."""
        return self.site.tilted(v, self.psi**2)

    def spread(self, v: Array) -> tuple[Array, Array]:
        """Return the tilted mean and variance."""
        return self.mean(v), self.site.tilted_variance(v, self.psi**2)


@final
@dataclass(frozen=True)
class PairKernel(AbstractKernel):
    """Two atoms g_0 < g_1: the tilted mean is middle + radius tanh(radius v + offset).

    log Z = constant + middle v + log 2cosh(radius v + offset), one exponential for both.
    """

    low: float
    high: float
    upper_weight: float
    psi: float
    middle: float
    radius: float
    offset: float
    constant: float

    @staticmethod
    def of(values: Array, weights: Array, psi: float) -> PairKernel:
        """Return the kernel of two atoms."""
        low, high = (float(value) for value in values)
        log_low, log_high = (float(value) for value in np.log(weights))
        middle, radius = (low + high) / 2, (high - low) / 2
        # middle enters multiplied by radius, so that atoms at ±g leave no trace of a large curvature in the offset.
        offset = (log_high - log_low) / 2 - psi**2 * middle * radius
        constant = (log_low + log_high) / 2 - psi**2 * (low**2 + high**2) / 4
        return PairKernel(low, high, float(weights[1]), psi, middle, radius, offset, constant)

    def mean(self, v: Array) -> Array:
        """Return middle + radius tanh(radius v + offset)."""
        half = v if self.radius == 1 else v * self.radius
        half = np.tanh(half + self.offset if self.offset else half)
        if self.radius != 1:
            half *= self.radius
        if self.middle:
            half += self.middle
        return half

    def fan(self, v: Array, u: Array, out: Array | None = None) -> Array:
        """Return high − 2 radius/(1 + e^{2 radius v + 2 offset} e^{2 radius u}): one exponential for all u."""
        if not np.abs(u).max(initial=0.0) * self.radius < _FARTHEST:
            return super().fan(v, u, out)
        out = np.empty((u.shape[0], *v.shape)) if out is None else out
        # Where the first factor overflows, the mean is an end of the range.
        with np.errstate(over="ignore"):
            odds = np.exp(2 * (self.radius * v + self.offset))
            np.multiply(odds, np.exp(2 * self.radius * u)[:, :, None], out=out)
        out += 1
        np.divide(-2 * self.radius, out, out=out)
        out += self.high
        return out

    def coordinate(self, v: Array) -> Array:
        """Return t = tanh(radius v + offset)."""
        return np.tanh(self.radius * v + self.offset)

    def series(self, u: Array, slack: Array) -> Array | None:
        """Return middle + radius (t + τ)/(1 + t τ), τ = tanh(radius u), as polynomials in t."""
        shift = np.tanh(self.radius * u)[:, None]
        t = chebyshev.nodes(_MOST_POWERS)
        found = self.radius * ((t + shift) / (1 + t * shift)) @ chebyshev.coefficients(_MOST_POWERS)
        rest = np.cumsum(np.abs(found[:, ::-1]), axis=1)[:, ::-1]
        few = np.flatnonzero((rest < slack[:, None]).all(axis=0))
        if not few.size or few[0] > _FEW_POWERS:
            return None
        powers = found[:, : few[0]] @ chebyshev.powers(int(few[0]))
        powers[:, 0] += self.middle
        return np.asarray(powers)

    def both(self, v: Array) -> tuple[Array, Array]:
        """Return the log normaliser and the tilted mean."""
        largest = max(abs(self.low), abs(self.high))
        if largest * (np.abs(v).max(initial=0.0) + self.psi**2 * largest) < _SMALL:
            low = np.expm1(v * self.low - (self.psi * self.low) ** 2 / 2)
            high = np.expm1(v * self.high - (self.psi * self.high) ** 2 / 2)
            return np.log1p(low + self.upper_weight * (high - low)), self.mean(v)
        half = v * self.radius + self.offset
        size = np.abs(half)
        log_normaliser = size + np.log1p(np.exp(-2 * size)) + self.constant
        if self.middle:
            log_normaliser += self.middle * v
        return log_normaliser, self.mean(v)

    def spread(self, v: Array) -> tuple[Array, Array]:
        """Return the mean and radius² (1 − tanh²)."""
        mean = self.mean(v)
        variance = mean * mean if self.middle == 0 else (mean - self.middle) ** 2
        np.subtract(self.radius**2, variance, out=variance)
        return mean, variance


@final
@dataclass(frozen=True, eq=False)
class AtomKernel(AbstractKernel):
    """A few atoms: log Z and mean by sums over the atoms relative to the first, vectorised over the fields."""

    values: Array
    log_weights: Array
    psi: float

    def _powers(self, v: Array) -> tuple[Array, list[Array]]:
        """Return the largest logit relative to the first atom, and exp(logit − largest) per atom."""
        base = self.values[0]
        logits = [
            (v - self.psi**2 * ((value + base) / 2)) * (value - base) + log_weight
            for value, log_weight in zip(self.values, self.log_weights, strict=True)
        ]
        top = logits[0]
        for logit in logits[1:]:
            top = np.maximum(top, logit)
        return top, [np.exp(logit - top) for logit in logits]

    def mean(self, v: Array) -> Array:
        """Return the tilted mean."""
        return self.both(v)[1]

    def both(self, v: Array) -> tuple[Array, Array]:
        """Return the log normaliser and the tilted mean."""
        largest = float(np.abs(self.values).max())
        if largest * (np.abs(v).max(initial=0.0) + self.psi**2 * largest) < _SMALL:
            return self._near_one(v)
        top, powers = self._powers(v)
        total = sum(powers[1:], start=powers[0])
        base = self.values[0]
        first = sum(
            (power * (value - base) for power, value in zip(powers, self.values, strict=True)), np.zeros_like(v)
        )
        return top + np.log(total) + (v - self.psi**2 * (base / 2)) * base, base + first / total

    def _near_one(self, v: Array) -> tuple[Array, Array]:
        """Return log Z = log(1 + Σ w (e^… − 1)) and the mean, for small fields."""
        excess, first = np.zeros_like(v), np.zeros_like(v)
        for value, weight in zip(self.values, np.exp(self.log_weights), strict=True):
            power = weight * np.expm1(v * value - (self.psi * value) ** 2 / 2)
            excess += power
            first += (power + weight) * value
        return np.log1p(excess), first / (1 + excess)

    def spread(self, v: Array) -> tuple[Array, Array]:
        """Return the tilted mean and variance."""
        _, powers = self._powers(v)
        total = sum(powers[1:], start=powers[0])
        mean = sum((power * value for power, value in zip(powers, self.values, strict=True)), np.zeros_like(v)) / total
        squares = (power * (value - mean) ** 2 for power, value in zip(powers, self.values, strict=True))
        return mean, sum(squares, np.zeros_like(v)) / total


@final
@dataclass(frozen=True)
class GaussianKernel(AbstractKernel):
    """A Gaussian site: the tilted mean is affine in the field."""

    intercept: float
    slope: float
    constant: float

    def mean(self, v: Array) -> Array:
        """Return intercept + slope v."""
        return np.asarray(self.intercept + self.slope * v)

    def both(self, v: Array) -> tuple[Array, Array]:
        """Return constant + intercept v + slope v²/2 and the tilted mean."""
        return np.asarray(self.constant + v * (self.intercept + self.slope / 2 * v)), self.mean(v)

    def spread(self, v: Array) -> tuple[Array, Array]:
        """Return the mean and the constant variance."""
        return self.mean(v), np.full(v.shape, self.slope)


def gaussian_coefficients(
    centre: float | Array, variance: float | Array, psi: float | Array
) -> tuple[Array, Array, Array]:
    """Return intercept, slope and constant of Gaussian kernels, broadcast over all arguments."""
    curvature = np.square(psi)
    damping = 1 + curvature * variance
    constant = -(np.log1p(curvature * variance) + curvature * np.square(centre) / damping) / 2
    return np.asarray(centre / damping), np.asarray(variance / damping), np.asarray(constant)


def kernel(site: AbstractSite, psi: float) -> AbstractKernel:
    """Return ``site`` at ``psi`` in its cheapest exact form."""
    if site.gaussian is not None:
        intercept, slope, constant = gaussian_coefficients(*site.gaussian, psi)
        return GaussianKernel(float(intercept), float(slope), float(constant))
    if isinstance(site, AtomSite) and site.values.size == 2:
        return PairKernel.of(site.values, site.weights, psi)
    if isinstance(site, AtomSite) and site.values.size <= _FEW_ATOMS:
        return AtomKernel(site.values, np.log(site.weights), psi)
    return SiteKernel(site, psi)
