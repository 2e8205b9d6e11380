"""A Gaussian law, in numbers."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array
from symsched.laws.numeric.site_base import AbstractSite


@final
@dataclass(frozen=True)
class GaussianSite(AbstractSite):
    """The law N(mean, variance); a variance of zero is an atom.

    >>> GaussianSite(0.0, 1.0).tilted(1.0, 1.0)[1]
    np.float64(0.5)
    """

    centre: float
    spread: float
    """The variance."""

    def __post_init__(self) -> None:
        """Check the two numbers."""
        if not (math.isfinite(self.centre) and math.isfinite(self.spread)):
            raise ValueError(f"mean and variance must be finite, got {self.centre} and {self.spread}")
        if self.spread < 0:
            raise ValueError(f"the variance must not be negative, got {self.spread}")
        object.__setattr__(self, "centre", float(self.centre))
        object.__setattr__(self, "spread", float(self.spread))

    @property
    def mean(self) -> float:
        """E a."""
        return self.centre

    @property
    def variance(self) -> float:
        """Var a."""
        return self.spread

    @property
    def gaussian(self) -> tuple[float, float] | None:
        """(mean, variance)."""
        return self.centre, self.spread

    def tilted(self, field: ArrayLike, curvature: ArrayLike) -> tuple[Array, Array]:
        """Return log E exp(f a − c a²/2) and the mean (m + v f)/(1 + c v)."""
        f, c = np.asarray(field, dtype=np.float64), np.asarray(curvature, dtype=np.float64)
        m, v = self.centre, self.spread
        stiffness = 1 + c * v
        slope = f - c * m
        log_normaliser = (f - c * m / 2) * m + slope * (v * (slope / stiffness)) / 2 - np.log1p(c * v) / 2
        return log_normaliser, (m + v * f) / stiffness

    def tilted_variance(self, field: ArrayLike, curvature: ArrayLike) -> Array:
        """Return v/(1 + c v)."""
        f, c = np.asarray(field, dtype=np.float64), np.asarray(curvature, dtype=np.float64)
        return self.spread / (1 + c * self.spread) + 0 * f

    def log_density(self, a: ArrayLike) -> Array:
        """Return the log density; of a single atom the log mass."""
        points = np.asarray(a, dtype=np.float64)
        if self.spread == 0:
            return np.where(points == self.centre, 0.0, -np.inf)
        return -((points - self.centre) ** 2) / (2 * self.spread) - math.log(2 * math.pi * self.spread) / 2

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> Array:
        """Return independent samples of shape ``size``."""
        return self.centre + math.sqrt(self.spread) * rng.standard_normal(size)

    def log_cdf(self, s: ArrayLike, nu: ArrayLike) -> tuple[Array, Array]:
        """Return log F and log (1 − F) of z + s a ~ N(s m, 1 + s² v)."""
        signal = np.asarray(s, dtype=np.float64)
        score = (np.asarray(nu, dtype=np.float64) - signal * self.centre) / np.sqrt(1 + signal**2 * self.spread)
        return np.asarray(special.log_ndtr(score)), np.asarray(special.log_ndtr(-score))

    def flow(self, s: ArrayLike, nu0: ArrayLike) -> Array:
        """Return s m + nu0 √(1 + s² v)."""
        signal = np.asarray(s, dtype=np.float64)
        return np.asarray(
            signal * self.centre + np.asarray(nu0, dtype=np.float64) * np.sqrt(1 + signal**2 * self.spread)
        )
