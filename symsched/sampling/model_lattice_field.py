"""Mean-field measures of any interaction on a lattice of site values: exact by summing over the law of Σ a."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from symsched.errors import require_integer
from symsched.sampling.model_base import AbstractModel, checked_rows
from symsched.sampling.sites import AtomSite

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_CELLS = 1 << 24
"""Entries of a table of partial sums that are held at once."""
_LARGEST = 650.0
_ITERATIONS = 40


@final
@dataclass(frozen=True, eq=False)
class LatticeFieldModel(AbstractModel):
    """The law ∝ Π ρ_0(a_i) exp(energy(m)), m = Σ a_i/d, for ρ_0 on finitely many points of a lattice.

    ``energy`` is d g(m) + f(m) as a NumPy function of m; its modes are basins of m, cut at the increasing
    ``boundaries`` (K−1,).
    Every number is a sum of positive terms over the values of Σ a, carried coordinate by coordinate (forward and
    backward), so that
    nothing cancels. A posterior costs d² operations a path: meant for d up to a few thousand.
    """

    d: int
    site: AtomSite
    energy: Callable[[Array], Array]
    boundaries: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check that the site's values lie on a lattice."""
        object.__setattr__(self, "d", require_integer(self.d, "d", 1))
        steps = self._offsets * self._spacing + self.site.values[0]
        if not np.allclose(steps, self.site.values, rtol=0, atol=1e-9 * self._spacing):
            raise ValueError(f"the site's values must lie on a lattice, got {self.site.values}")

    @property
    def dimension(self) -> int:
        """The dimension d."""
        return self.d

    @property
    def modes(self) -> int:
        """The number of basins K."""
        return len(self.boundaries) + 1

    @cached_property
    def _spacing(self) -> float:
        return float(np.min(np.diff(self.site.values))) if len(self.site.values) > 1 else 1.0

    @cached_property
    def _offsets(self) -> Index:
        return np.rint((self.site.values - self.site.values[0]) / self._spacing).astype(np.intp)

    @cached_property
    def _totals(self) -> Array:
        """Every value of Σ a, increasing."""
        count = self.d * int(self._offsets[-1]) + 1
        return self.d * self.site.values[0] + self._spacing * np.arange(count)

    @cached_property
    def _log_weight(self) -> Array:
        return np.asarray(self.energy(self._totals / self.d), dtype=float)

    @cached_property
    def _log_sums(self) -> Array:
        """log P_0(Σ_{j ≤ i} a_j = s), (d+1, S)."""
        table = np.full((self.d + 1, len(self._totals)), -np.inf)
        table[0, 0] = 0.0
        for i in range(self.d):
            table[i + 1] = _spread(table[i], self._offsets, np.log(self.site.weights))
        return table

    @cached_property
    def _log_partition(self) -> float:
        return float(special.logsumexp(self._log_sums[-1] + self._log_weight))

    def log_density(self, x: ArrayLike) -> Array:
        """Return the log mass of each row, (n,)."""
        rows = checked_rows(x, self.d, "x")
        return np.asarray(
            self.site.log_density(rows).sum(axis=1) + self.energy(rows.mean(axis=1)) - self._log_partition
        )

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent samples, (n, d): the total from its law, then one coordinate after another given what is
        left.
        """
        count = require_integer(n, "n", 0)
        left = rng.choice(len(self._totals), size=count, p=special.softmax(self._log_sums[-1] + self._log_weight))
        samples = np.empty((count, self.d))
        logs = np.log(self.site.weights)
        for i in range(self.d - 1, -1, -1):
            rest = left[:, None] - self._offsets
            options = np.where(rest >= 0, self._log_sums[i, np.maximum(rest, 0)] + logs, -np.inf)
            shares = np.cumsum(special.softmax(options, axis=1), axis=1)
            chosen = np.minimum((rng.random(count)[:, None] > shares).sum(axis=1), len(logs) - 1)
            samples[:, i] = self.site.values[chosen]
            left -= self._offsets[chosen]
        return samples

    def posterior(self, psi: float, y: ArrayLike) -> tuple[Array, Array]:
        """Return E[a_i | z + ψ a = y], (n, d), and the mass of m in each basin, (n, K)."""
        rows = checked_rows(y, self.d, "y")
        means, masses = np.empty(rows.shape), np.empty((rows.shape[0], self.modes))
        step = max(1, _CELLS // ((self.d + 1) * len(self._totals)))
        for start in range(0, rows.shape[0], step):
            part = slice(start, start + step)
            means[part], masses[part] = self._posterior(psi, rows[part])
        return means, masses

    def _posterior(self, psi: float, y: Array) -> tuple[Array, Array]:
        parts = [self._basin(psi, y, k) for k in range(self.modes)]
        masses = special.softmax(np.stack([log_mass for _, log_mass in parts], axis=1), axis=1)
        return np.einsum("rk,krd->rd", masses, np.stack([means for means, _ in parts])), masses

    def _basin(self, psi: float, y: Array, mode: int) -> tuple[Array, Array]:
        """Return the posterior mean (r, d) restricted to one basin of m, and the log mass of the basin, (r,)."""
        values = self.site.values
        edges = np.searchsorted(self._totals / self.d, np.asarray(self.boundaries))
        inside = np.split(np.arange(len(self._totals)), edges)[mode]
        likelihood = np.log(self.site.weights) + psi * y[..., None] * values - psi**2 * values**2 / 2
        # A common tilt brings the uncoupled sum to where the basin has its mass: then no factor underflows.
        tilt = self._tilt(likelihood, inside)
        tilted = likelihood + tilt[:, None, None] * values
        shares = special.softmax(tilted, axis=2)
        weight = np.full((len(y), len(self._totals)), -np.inf)
        weight[:, inside] = self._log_weight[inside] - tilt[:, None] * self._totals[inside]
        forward = np.zeros((self.d + 1, len(y), len(self._totals)))
        forward[0, :, 0] = 1.0
        for i in range(self.d):
            forward[i + 1] = _convolve(forward[i], self._offsets, shares[:, i])
        with np.errstate(divide="ignore"):
            log_terms = np.log(forward[-1]) + weight
        top = log_terms.max(axis=1)
        # Where the data leave the basin no mass that a float can hold, its mean is never used: any finite one will do.
        empty = ~np.isfinite(top)
        top[empty] = 0.0
        log_mass = special.logsumexp(log_terms, axis=1) + special.logsumexp(tilted, axis=2).sum(axis=1)
        backward = np.exp(np.minimum(weight - top[:, None], _LARGEST))
        means = np.empty(y.shape)
        for i in range(self.d - 1, -1, -1):
            ahead = _shifts(backward, self._offsets)  # (A, r, S): the weight if coordinate i takes each value
            joint = np.einsum("rs,ars->ra", forward[i], ahead) * shares[:, i]
            mass = joint.sum(axis=1)
            means[:, i] = (np.where(mass[:, None] > 0, joint, shares[:, i]) @ values) / np.where(mass > 0, mass, 1.0)
            backward = np.einsum("ars,ra->rs", ahead, shares[:, i])
        return means, np.where(empty, -np.inf, log_mass)

    def _tilt(self, likelihood: Array, inside: Index) -> Array:
        """Return u (r,) near u = ∂ energy/∂ Σa at the mean that it gives, kept inside the basin."""
        totals = self._totals[inside]
        slope = np.gradient(self._log_weight[inside], totals) if len(inside) > 1 else np.zeros(1)
        tilt = np.full(len(likelihood), slope[len(slope) // 2])
        for _ in range(_ITERATIONS):
            mean = np.sum(
                special.softmax(likelihood + tilt[:, None, None] * self.site.values, axis=2) @ self.site.values, axis=1
            )
            tilt = (tilt + np.interp(mean, totals, slope)) / 2
        return tilt


def _spread(logs: Array, offsets: Index, weights: Array) -> Array:
    """Return the log law of a sum after one more term, on the same grid."""
    size = len(logs)
    parts = np.full((len(offsets), size), -np.inf)
    for k, (offset, weight) in enumerate(zip(offsets, weights, strict=True)):
        parts[k, offset:] = logs[: size - offset] + weight
    return np.asarray(special.logsumexp(parts, axis=0))


def _convolve(law: Array, offsets: Index, shares: Array) -> Array:
    """Return the laws (r, S) of sums after one more term with its own probabilities (r, A)."""
    out = np.zeros_like(law)
    size = law.shape[1]
    for k, offset in enumerate(offsets):
        out[:, offset:] += law[:, : size - offset] * shares[:, k, None]
    return out


def _shifts(weight: Array, offsets: Index) -> Array:
    """Return weight(s + offset) for every offset, (A, r, S), zero beyond the end."""
    out = np.zeros((len(offsets), *weight.shape))
    size = weight.shape[1]
    for k, offset in enumerate(offsets):
        out[k, :, : size - offset] = weight[:, offset:]
    return out
