"""A law with finitely many atoms, in numbers."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array, unwritable
from symsched.laws.numeric.site_base import AbstractSite

_CHUNK = 1 << 20
"""Numbers held at once in an array with one axis over the atoms."""


@final
@dataclass(frozen=True, eq=False)
class AtomSite(AbstractSite):
    """The law sum_k w_k delta_{g_k}: ``values`` (K,) are kept increasing and distinct, ``weights`` (K,) sum to one.

    >>> site = AtomSite([-1.0, 1.0], [0.5, 0.5])
    >>> log_normaliser, mean = site.tilted(0.3, 1e12)
    >>> bool(abs(mean - np.tanh(0.3)) < 1e-16)
    True
    """

    values: Array
    weights: Array

    def __post_init__(self) -> None:
        """Check the atoms, merge equal ones and sort them."""
        values = np.atleast_1d(np.asarray(self.values, dtype=np.float64))
        weights = np.atleast_1d(np.asarray(self.weights, dtype=np.float64))
        if values.ndim != 1 or values.shape != weights.shape or values.size == 0:
            raise ValueError(
                f"values and weights must be vectors of one length, got shapes {values.shape} and {weights.shape}"
            )
        if not (np.all(np.isfinite(values)) and np.all(np.isfinite(weights))):
            raise ValueError(f"atoms must be finite numbers, got values {values} and weights {weights}")
        if np.any(weights < 0) or abs(weights.sum() - 1) > 1e-9:
            raise ValueError(f"weights must be non-negative and sum to 1, got {weights} (sum {weights.sum():.12g})")
        distinct, index = np.unique(values[weights > 0], return_inverse=True)
        merged = np.bincount(index, weights=weights[weights > 0])
        object.__setattr__(self, "values", unwritable(distinct))
        object.__setattr__(self, "weights", unwritable(merged / merged.sum()))

    @property
    def mean(self) -> float:
        """E a."""
        return float(self.weights @ self.values)

    @property
    def variance(self) -> float:
        """Var a."""
        return float(self.weights @ (self.values - self.mean) ** 2)

    @property
    def gaussian(self) -> tuple[float, float] | None:
        """(value, 0) for a single atom, otherwise None."""
        return (float(self.values[0]), 0.0) if self.values.size == 1 else None

    def tilted(self, field: ArrayLike, curvature: ArrayLike) -> tuple[Array, Array]:
        """Return log sum_k w_k exp(f g_k − c g_k²/2) and the tilted mean."""
        field, curvature = _checked(field, curvature)
        if self.values.size == 2:
            return self._tilted_pair(field, curvature)
        moments = self._moments(field, curvature)
        return moments[0], moments[1]

    def tilted_variance(self, field: ArrayLike, curvature: ArrayLike) -> Array:
        """Return the variance of the tilted atoms."""
        field, curvature = _checked(field, curvature)
        if self.values.size == 2:
            half = self._half_log_odds(field, curvature)
            gap = self.values[1] - self.values[0]
            return gap**2 * special.expit(2 * half) * special.expit(-2 * half)
        return self._moments(field, curvature)[2]

    def _half_log_odds(self, field: Array, curvature: Array) -> Array:
        """Return half the tilted log odds of the upper of two atoms; c (g_0 + g_1) cancels exactly at ±g."""
        low, high = self.values
        prior = np.log(self.weights[1]) - np.log(self.weights[0])
        return np.asarray((prior + (field - curvature * (low + high) / 2) * (high - low)) / 2)

    def _tilted_pair(self, field: Array, curvature: Array) -> tuple[Array, Array]:
        half = self._half_log_odds(field, curvature)
        low, high = self.values
        base = np.log(self.weights[0]) + (field - curvature * low / 2) * low
        log_normaliser = base + np.logaddexp(0.0, 2 * half)
        return log_normaliser, (low + high) / 2 + (high - low) / 2 * np.tanh(half)

    def _moments(self, field: Array, curvature: Array) -> tuple[Array, Array, Array]:
        """Return log normaliser, mean and variance of the tilt, with logits relative to each point's largest."""
        fields, curvatures = (part.ravel() for part in np.broadcast_arrays(field, curvature))
        shape = np.broadcast_shapes(field.shape, curvature.shape)
        log_normaliser, mean, variance = (np.empty(fields.size) for _ in range(3))
        step = max(1, _CHUNK // self.values.size)
        log_weights = np.log(self.weights)
        for start in range(0, fields.size, step):
            chunk = slice(start, start + step)
            f, c = fields[chunk, None], curvatures[chunk, None]
            top = np.argmax(log_weights + (f - c * self.values / 2) * self.values, axis=1)
            reference = self.values[top][:, None]
            offset = self.values - reference
            logits = log_weights + (f - c * (self.values + reference) / 2) * offset
            peak = logits.max(axis=1, keepdims=True)
            probabilities = np.exp(logits - peak)
            total = probabilities.sum(axis=1, keepdims=True)
            probabilities /= total
            normaliser = (peak + np.log(total))[:, 0]
            shift = np.sum(probabilities * offset, axis=1)
            log_normaliser[chunk] = normaliser + ((f - c * reference / 2) * reference)[:, 0]
            mean[chunk] = reference[:, 0] + shift
            variance[chunk] = np.sum(probabilities * (offset - shift[:, None]) ** 2, axis=1)
        return log_normaliser.reshape(shape), mean.reshape(shape), variance.reshape(shape)

    def log_density(self, a: ArrayLike) -> Array:
        """Return the log mass of the atom at ``a``, −inf where there is none."""
        points = np.asarray(a, dtype=np.float64)
        index = np.clip(np.searchsorted(self.values, points), 0, self.values.size - 1)
        return np.where(self.values[index] == points, np.log(self.weights)[index], -np.inf)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> Array:
        """Return independent atoms of shape ``size``."""
        if self.values.size == 2:
            return np.where(rng.random(size) < self.weights[0], self.values[0], self.values[1])
        edges = np.cumsum(self.weights)[:-1]
        return np.asarray(self.values[np.searchsorted(edges, rng.random(size), side="right")], dtype=np.float64)

    def log_cdf(self, s: ArrayLike, nu: ArrayLike) -> tuple[Array, Array]:
        """Return log F and log (1 − F) of z + s a at nu."""
        signal, point = np.broadcast_arrays(np.asarray(s, dtype=np.float64), np.asarray(nu, dtype=np.float64))
        lower = np.full(point.shape, -np.inf)
        upper = np.full(point.shape, -np.inf)
        for value, log_weight in zip(self.values, np.log(self.weights), strict=True):
            distance = point - signal * value
            lower = np.logaddexp(lower, log_weight + special.log_ndtr(distance))
            upper = np.logaddexp(upper, log_weight + special.log_ndtr(-distance))
        return np.minimum(lower, 0.0), np.minimum(upper, 0.0)


def _checked(field: ArrayLike, curvature: ArrayLike) -> tuple[Array, Array]:
    """Return finite float arrays."""
    fields, curvatures = np.asarray(field, dtype=np.float64), np.asarray(curvature, dtype=np.float64)
    if not (np.all(np.isfinite(fields)) and np.all(np.isfinite(curvatures))):
        raise ValueError("field and curvature must be finite numbers")
    return fields, curvatures
