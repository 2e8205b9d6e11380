"""Gaussian modes with centres in general position."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.errors import require_integer, require_real
from symsched.models.base import AbstractModel, Array, checked_noisy, checked_rows, checked_weights, softmax

_SPAN = 1024


@functools.lru_cache(maxsize=2)
def cosine_rows(count: int, d: int) -> Array:
    """Return the first ``count`` rows of the orthonormal cosine basis of R^d, (count, d).

    Row 0 is constant, 1/√d; row j is √(2/d) cos(π j (i + ½)/d): spread over all coordinates.
    """
    blocks = -(-d // _SPAN)
    rows = np.empty((count, d))
    rows[:1] = 1 / np.sqrt(d)
    for j in range(1, count):
        # The addition theorem: d/1024 + 1024 cosines instead of d.
        coarse = np.pi * j / d * (_SPAN * np.arange(blocks) + 0.5)
        fine = np.pi * j / d * np.arange(_SPAN)
        wave = np.outer(np.cos(coarse), np.cos(fine)) - np.outer(np.sin(coarse), np.sin(fine))
        rows[j] = np.sqrt(2 / d) * wave.ravel()[:d]
    rows.setflags(write=False)
    return rows


@final
@dataclass(frozen=True, eq=False)
class DirectionModel(AbstractModel):
    """The law Σ_k w_k N(√d Σ_j centres[k, j] e_j, sigma² I) in R^d, e_j the rows of ``cosine_rows``.

    ``weights`` (K,), ``centres`` (K, r) with r ≤ d; centres @ centres.T is the Gram matrix of the means over d.
    """

    d: int
    weights: Array
    centres: Array
    sigma: float

    def __post_init__(self) -> None:
        """Check shapes and signs."""
        object.__setattr__(self, "d", require_integer(self.d, "d", 1))
        centres = np.atleast_2d(np.asarray(self.centres, dtype=np.float64))
        if centres.ndim != 2 or not np.all(np.isfinite(centres)):
            raise ValueError(f"centres must be a finite array of shape (K, r), got shape {centres.shape}")
        if centres.shape[1] > self.d:
            raise ValueError(f"d must be at least the number of directions {centres.shape[1]}, got {self.d}")
        object.__setattr__(self, "centres", centres)
        object.__setattr__(self, "weights", checked_weights(self.weights, centres.shape[0]))
        object.__setattr__(self, "sigma", require_real(self.sigma, "sigma"))
        if self.sigma < 0:
            raise ValueError(f"sigma must not be negative, got {self.sigma}")

    @property
    def dimension(self) -> int:
        """The dimension d."""
        return self.d

    @property
    def modes(self) -> int:
        """The number of modes K."""
        return int(self.centres.shape[0])

    @property
    def directions(self) -> int:
        """The dimension r of the span of the means."""
        return int(self.centres.shape[1])

    @property
    def frame(self) -> Array:
        """The orthonormal rows e_j, (r, d), read-only."""
        return cosine_rows(self.directions, self.d)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent samples, (n, d)."""
        labels = rng.choice(self.modes, size=require_integer(n, "n", 0), p=self.weights)
        samples = self.sigma * rng.standard_normal((n, self.d))
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

    def responsibilities(self, psi: float, projections: Array) -> Array:
        """Return the probabilities of the modes given the projections frame @ y, (n, r) to (n, K)."""
        scale = np.sqrt(self.d) * psi / (1 + psi**2 * self.sigma**2)
        squares = np.sqrt(self.d) * psi * np.sum(self.centres**2, axis=1) / 2
        return softmax(np.log(self.weights) + scale * (projections @ self.centres.T - squares))

    def posterior(self, psi: float, y: ArrayLike) -> tuple[Array, Array]:
        """Return g y + (1 − ψ g) Σ_k π_k r_k with g = ψσ²/(1 + ψ²σ²), (n, d), and π, (n, K)."""
        psi, rows = checked_noisy(psi, y, self.d)
        frame = self.frame
        weights = self.responsibilities(psi, rows @ frame.T)
        variance = self.sigma**2 / (1 + psi**2 * self.sigma**2)
        pull = np.sqrt(self.d) / (1 + psi**2 * self.sigma**2)
        return psi * variance * rows + pull * (weights @ self.centres) @ frame, weights
