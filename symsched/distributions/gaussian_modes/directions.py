"""Centres in general position, as points in the span of a few directions that are spread over all coordinates."""

import functools
from dataclasses import dataclass

import numpy as np

from symsched.algebra.arrays import Array, unwritable
from symsched.errors import require_integer, require_real
from symsched.models.base import checked_weights, softmax

_SPAN = 1024  # coordinates of a direction per coarse angle


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


@dataclass(frozen=True, eq=False)
class Directions:
    """Modes at √d Σ_j centres[k, j] e_j, e_j the rows of ``cosine_rows``, with noise of width ``sigma`` around them.

    ``weights`` (K,), ``centres`` (K, r) with r ≤ d; centres @ centres.T is the Gram matrix of the means over d.
    """

    d: int
    weights: Array
    centres: Array
    sigma: float

    def __post_init__(self) -> None:
        """Check shapes and signs."""
        object.__setattr__(self, "d", require_integer(self.d, "d", 1))
        centres = np.atleast_2d(np.array(self.centres, dtype=np.float64))
        if centres.ndim != 2 or not np.all(np.isfinite(centres)):
            raise ValueError(f"centres must be a finite array of shape (K, r), got shape {centres.shape}")
        if centres.shape[1] > self.d:
            raise ValueError(f"d must be at least the number of directions {centres.shape[1]}, got {self.d}")
        object.__setattr__(self, "centres", unwritable(centres))
        object.__setattr__(self, "weights", checked_weights(self.weights, centres.shape[0]))
        object.__setattr__(self, "sigma", require_real(self.sigma, "sigma"))
        if self.sigma < 0:
            raise ValueError(f"sigma must not be negative, got {self.sigma}")

    @property
    def directions(self) -> int:
        """The dimension r of the span of the means."""
        return int(self.centres.shape[1])

    @property
    def frame(self) -> Array:
        """The orthonormal rows e_j, (r, d), read-only."""
        return cosine_rows(self.directions, self.d)

    def decide(self, psi: float, projections: Array) -> Array:
        """Return the probabilities of the modes given the projections frame @ y, (n, r) to (n, K)."""
        scale = np.sqrt(self.d) * psi / (1 + psi**2 * self.sigma**2)
        squares = np.sqrt(self.d) * psi * np.sum(self.centres**2, axis=1) / 2
        return softmax(np.log(self.weights) + scale * (projections @ self.centres.T - squares))
