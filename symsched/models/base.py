"""What every numeric model in dimension d can do."""

import abc

import numpy as np
from numpy.typing import ArrayLike

from symsched.algebra.arrays import Array, real_array, unwritable
from symsched.errors import require_count, require_real
from symsched.models.method import Method

_MOST = 1e100
"""ψ up to which its square, and that of ψ y, are numbers."""


class AbstractModel(abc.ABC):
    """A probability law on R^d with K modes (K = 1 if it has none), all of its parameters numbers."""

    d: int

    @property
    def dimension(self) -> int:
        """The dimension d."""
        return self.d

    @property
    @abc.abstractmethod
    def modes(self) -> int:
        """The number of modes K."""

    @abc.abstractmethod
    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent exact samples, (n, d)."""

    @abc.abstractmethod
    def log_density(self, x: ArrayLike) -> Array:
        """Return the log density (of atoms: the log mass) of each row of ``x`` (n, d), shape (n,)."""

    @abc.abstractmethod
    def posterior(self, psi: float, y: ArrayLike) -> tuple[Array, Array]:
        """Return E[a | z + psi a = y] for each row of ``y`` (n, d), and the probabilities of the modes, (n, K)."""

    @property
    def frame(self) -> Array | None:
        """Orthonormal rows (r, d) on which paths are projected, where means differ from coordinate to coordinate."""
        return None

    @property
    def coordinate_mean(self) -> float | None:
        """The mean E a_i of every coordinate at this d, if it is known to differ from that of its limit, else None."""
        return None

    @property
    def integrates(self) -> bool:
        """Whether a posterior costs an integral for every coordinate of every path."""
        return False

    def responsibilities(self, psi: float, y: ArrayLike) -> Array:
        """Return the probabilities of the modes alone, (n, K)."""
        return self.posterior(psi, y)[1]

    def methods(self) -> tuple[Method, ...]:
        """Return the ways to run this model besides the plain loop, the preferred one first."""
        return ()


def checked_draw(rng: np.random.Generator, n: int) -> int:
    """Return how many samples are wanted; TypeError unless ``rng`` is a Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator, such as np.random.default_rng(0), got {rng!r}")
    return require_count(n, "n", 0)


def checked_rows(values: ArrayLike, d: int, name: str) -> Array:
    """Return ``values`` as a finite float64 array of shape (n, d)."""
    rows = real_array(values, name)
    if rows.ndim != 2 or rows.shape[1] != d:
        raise ValueError(f"{name} must have shape (n, {d}), got {rows.shape}")
    if not np.all(np.isfinite(rows)):
        raise ValueError(f"{name} holds a value that is not finite")
    return rows


def checked_noisy(psi: float, y: ArrayLike, d: int) -> tuple[float, Array]:
    """Return the root signal-to-noise ratio ``psi`` ≥ 0 and the noisy rows ``y`` (n, d), both finite."""
    ratio = require_real(psi, "psi")
    if ratio < 0:
        raise ValueError(f"psi must be a number of at least 0, got {ratio:g}")
    if ratio > _MOST:
        raise ValueError(f"psi must be at most {_MOST:g}, where its square is still a number, got {ratio:g}")
    return ratio, checked_rows(y, d, "y")


def checked_weights(weights: ArrayLike, count: int) -> Array:
    """Return the mode weights as a vector of ``count`` positive numbers that sum to one."""
    vector = np.atleast_1d(np.asarray(weights, dtype=np.float64))
    if vector.shape != (count,):
        raise ValueError(f"weights must have one entry for each of the {count} modes, got shape {vector.shape}")
    if not np.all(np.isfinite(vector)) or np.any(vector <= 0) or abs(vector.sum() - 1) > 1e-9:
        raise ValueError(f"weights must be positive and sum to 1, got {vector}")
    return unwritable(vector / vector.sum())


def softmax(logits: Array) -> Array:
    """Return exp(logits) normalised over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
