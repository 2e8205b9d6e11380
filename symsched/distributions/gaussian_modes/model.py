"""Gaussian modes with centres in general position."""

from dataclasses import dataclass
from functools import partial
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array
from symsched.distributions.gaussian_modes.affine import integrate_directions, integrate_projections
from symsched.distributions.gaussian_modes.directions import Directions
from symsched.models.base import AbstractModel, checked_draw, checked_noisy, checked_rows
from symsched.models.method import Method


@final
@dataclass(frozen=True, eq=False)
class DirectionModel(Directions, AbstractModel):
    """The law Σ_k w_k N(√d Σ_j centres[k, j] e_j, sigma² I) in R^d, e_j the rows of ``cosine_rows``.

    ``weights`` (K,), ``centres`` (K, r) with r ≤ d; centres @ centres.T is the Gram matrix of the means over d.
    """

    @property
    def modes(self) -> int:
        """The number of modes K."""
        return int(self.centres.shape[0])

    def methods(self) -> tuple[Method, ...]:
        """Return the affine methods: by the projections of the noise, or with all coordinates."""
        return (
            Method("order parameter", partial(integrate_projections, self), keeps="statistics", highest=2, linear=True),
            Method("affine", partial(integrate_directions, self), linear=True),
        )

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent samples, (n, d)."""
        count = checked_draw(rng, n)
        labels = rng.choice(self.modes, size=count, p=self.weights)
        samples = self.sigma * rng.standard_normal((count, self.d))
        samples += np.sqrt(self.d) * self.centres[labels] @ self.frame
        return samples

    def log_density(self, x: ArrayLike) -> Array:
        """Return the log density of each row, (n,)."""
        rows = checked_rows(x, self.d, "x")
        if self.sigma == 0:
            raise ValueError("log_density: the law has no density for sigma = 0; give a positive sigma")
        frame = self.frame
        inside = rows @ frame.T
        # The part orthogonal to the frame is formed explicitly: |x|² − |inside|² would cancel.
        outside = np.sum((rows - inside @ frame) ** 2, axis=1)
        squares = np.sum((inside[:, None, :] - np.sqrt(self.d) * self.centres) ** 2, axis=2) + outside[:, None]
        logs = np.log(self.weights) - squares / (2 * self.sigma**2)
        constant = self.d / 2 * np.log(2 * np.pi * self.sigma**2)
        return np.asarray(special.logsumexp(logs, axis=1) - constant)

    def posterior(self, psi: float, y: ArrayLike) -> tuple[Array, Array]:
        """Return g y + (1 − ψ g) Σ_k π_k r_k with g = ψσ²/(1 + ψ²σ²), (n, d), and π, (n, K)."""
        psi, rows = checked_noisy(psi, y, self.d)
        frame = self.frame
        weights = self.decide(psi, rows @ frame.T)
        variance = self.sigma**2 / (1 + psi**2 * self.sigma**2)
        pull = np.sqrt(self.d) / (1 + psi**2 * self.sigma**2)
        return psi * variance * rows + pull * (weights @ self.centres) @ frame, weights
