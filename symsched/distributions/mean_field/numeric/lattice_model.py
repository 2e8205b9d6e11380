"""Mean-field measures of any interaction on a lattice of site values: exact by summing over the law of Σ a."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array, Index, Mask
from symsched.distributions.mean_field.numeric.model import AbstractBasinModel
from symsched.errors import require_integer
from symsched.laws.numeric import AtomSite
from symsched.models.base import checked_draw, checked_noisy, checked_rows

_CELLS = 1 << 24
"""Entries of a table of partial sums that are held at once."""
_LARGEST = 300.0
"""Nats of which two fit into a float64, with room."""
_TILTS = 97  # slopes at which the convex conjugate is tabulated
_ROUNDS = 4  # in which they are moved to where they count, each a hundred times finer
_FINEST = 60  # parts of the smallest gap between values that are tried as the spacing
_NATS = 60.0
"""What lies that much below the heaviest total is left out."""


@final
@dataclass(frozen=True, eq=False)
class LatticeFieldModel(AbstractBasinModel):
    """The law ∝ Π ρ_0(a_i) exp(energy(m)), m = Σ a_i/d, for ρ_0 on finitely many points of a lattice.

    ``energy`` is d g(m) + f(m) as a NumPy function of m; its modes are basins of m, cut at the increasing
    ``boundaries`` (K−1,).
    Every number is a sum of positive terms over the values of Σ a, carried coordinate by coordinate (forward and
    backward), so that nothing cancels. A posterior costs d² operations a path: meant for d up to a few thousand.
    """

    d: int
    site: AtomSite
    energy: Callable[[Array], Array]
    boundaries: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check that the site's values lie on a lattice."""
        object.__setattr__(self, "d", require_integer(self.d, "d", 1))
        if not lattice_totals(self.site, self.d):
            raise ValueError(f"the site's values must lie on a lattice, got {self.site.values}")

    @cached_property
    def _spacing(self) -> float:
        return lattice_spacing(self.site)

    @cached_property
    def _offsets(self) -> Index:
        return np.rint((self.site.values - self.site.values[0]) / self._spacing).astype(np.intp)

    @cached_property
    def _totals(self) -> Array:
        """Every value of Σ a, increasing."""
        return self.d * self.site.values[0] + self._spacing * np.arange(lattice_totals(self.site, self.d))

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

    @property
    def coordinate_mean(self) -> float | None:
        """The mean of Σ a/d over the values of the total."""
        return float(special.softmax(self._log_sums[-1] + self._log_weight) @ self._totals / self.d)

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
        count = checked_draw(rng, n)
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
        psi, rows = checked_noisy(psi, y, self.d)
        means, masses = np.empty(rows.shape), np.empty((rows.shape[0], self.modes))
        step = max(1, _CELLS // ((self.d + 1) * len(self._totals)))
        for start in range(0, rows.shape[0], step):
            part = slice(start, start + step)
            means[part], masses[part] = self._posterior(psi, rows[part])
        return means, masses

    def _posterior(self, psi: float, y: Array) -> tuple[Array, Array]:
        values = self.site.values
        likelihood = np.log(self.site.weights) + psi * y[..., None] * values - psi**2 * values**2 / 2
        tilts, alive, hard = self._tilts(likelihood)
        means, log_masses = np.zeros((self.modes, *y.shape)), np.full((len(y), self.modes), -np.inf)
        for k in range(self.modes):
            rows = alive[:, k] & ~hard
            if rows.any():
                means[k, rows], log_masses[rows, k] = self._basin(likelihood[rows], tilts[rows, k], k)
        found, masses = np.zeros(y.shape), np.zeros((len(y), self.modes))
        masses[~hard] = special.softmax(log_masses[~hard], axis=1)
        found[~hard] = np.einsum("rk,krd->rd", masses[~hard], means[:, ~hard])
        if hard.any():
            found[hard], masses[hard] = self._in_logs(likelihood[hard])
        return found, masses

    def _in_logs(self, likelihood: Array) -> tuple[Array, Array]:
        """Return posterior means (r, d) and basin masses (r, K), every factor as a logarithm: slower, never lost."""
        rows, size = len(likelihood), len(self._totals)
        forward = np.full((self.d + 1, rows, size), -np.inf)
        forward[0, :, 0] = 0.0
        for i in range(self.d):
            forward[i + 1] = _spread(forward[i], self._offsets, likelihood[:, i])
        terms = forward[-1] + self._log_weight
        parts = [special.logsumexp(terms[:, inside], axis=1) for inside in self._basins]
        masses = special.softmax(np.stack(parts, axis=1), axis=1)
        backward, means = np.broadcast_to(self._log_weight, (rows, size)), np.empty((rows, self.d))
        for i in range(self.d - 1, -1, -1):
            ahead = np.full((len(self._offsets), rows, size), -np.inf)
            for k, offset in enumerate(self._offsets):
                ahead[k, :, : size - offset] = backward[:, offset:] + likelihood[:, i, k, None]
            joint = np.logaddexp.reduce(forward[i] + ahead, axis=2)  # (A, r): the log weight if i takes each value
            means[:, i] = self.site.values @ special.softmax(joint, axis=0)
            backward = np.logaddexp.reduce(ahead, axis=0)
        return means, masses

    @cached_property
    def _basins(self) -> list[Index]:
        edges = np.searchsorted(self._totals / self.d, self.cuts)
        return np.split(np.arange(len(self._totals)), edges)

    def _basin(self, likelihood: Array, tilt: Array, mode: int) -> tuple[Array, Array]:
        """Return the posterior mean (r, d) restricted to one basin of m, and the log mass of the basin, (r,)."""
        values, inside = self.site.values, self._basins[mode]
        rows = len(tilt)
        tilted = likelihood + tilt[:, None, None] * values
        shares = special.softmax(tilted, axis=2)
        weight = np.full((rows, len(self._totals)), -np.inf)
        weight[:, inside] = self._log_weight[inside] - tilt[:, None] * self._totals[inside]
        forward = np.zeros((self.d + 1, rows, len(self._totals)))
        forward[0, :, 0] = 1.0
        for i in range(self.d):
            forward[i + 1] = _convolve(forward[i], self._offsets, shares[:, i])
        with np.errstate(divide="ignore"):
            log_terms = np.log(forward[-1]) + weight
        top = log_terms.max(axis=1)
        log_mass = special.logsumexp(log_terms, axis=1) + special.logsumexp(tilted, axis=2).sum(axis=1)
        backward = np.exp(np.minimum(weight - top[:, None], 2 * _LARGEST))
        means = np.empty((rows, self.d))
        for i in range(self.d - 1, -1, -1):
            ahead = _shifts(backward, self._offsets)  # (A, r, S): the weight if coordinate i takes each value
            joint = np.einsum("rs,ars->ra", forward[i], ahead) * shares[:, i]
            means[:, i] = (joint @ values) / joint.sum(axis=1)
            backward = np.einsum("ars,ra->rs", ahead, shares[:, i])
        return means, log_mass

    def _tilts(self, likelihood: Array) -> tuple[Array, Mask, Mask]:
        """Return for each row and basin the tilt under which its heaviest total is typical, whether the basin counts,
        and for each row whether no common tilt will do.

        Chernoff: log of the mass at a total s ≤ min_u energy(s) + log Z(u) − u s. Basins whose bound is 60 nats and
        more below the best are left out; under one common tilt no factor of what is left underflows, unless a heavy
        total is far from typical under it: one basin with two separate peaks, or data so strong that no tilt which the
        energy alone can have reaches it.
        """
        low, high = self._slopes
        spread = float(np.ptp(likelihood, axis=2).max()) / self._spacing + high - low
        beyond = spread * 2.0 ** np.arange(-12, 1)
        rows = np.arange(len(likelihood))[:, None]
        outside = np.broadcast_to(np.concatenate([high + beyond, low - beyond]), (len(likelihood), 2 * beyond.size))
        u = np.concatenate([self._spread_tilts(likelihood, low, high), outside], axis=1)
        dual = self._log_masses(likelihood, u)[:, :, None] - u[:, :, None] * self._totals  # (r, u, s)
        best = dual[:, :_TILTS].argmin(axis=1)
        least = np.take_along_axis(dual, best[:, None], axis=1)[:, 0]
        everywhere = dual.min(axis=1)
        bound = everywhere + self._log_weight
        heaviest = np.stack([inside[bound[:, inside].argmax(axis=1)] for inside in self._basins], axis=1)
        chosen = np.take_along_axis(best, heaviest, axis=1)
        tops = np.take_along_axis(bound, heaviest, axis=1)
        heavy = bound > tops.max(axis=1, keepdims=True) - _NATS
        hard = np.any(heavy & (everywhere < least - _LARGEST), axis=1)
        for k, inside in enumerate(self._basins):
            loss = np.take_along_axis(dual, chosen[:, k, None, None], axis=1)[:, 0] - least
            hard |= np.any(heavy[:, inside] & (loss[:, inside] > _LARGEST), axis=1)
        return u[rows, chosen], tops > tops.max(axis=1, keepdims=True) - _NATS, hard

    def _log_masses(self, likelihood: Array, u: Array) -> Array:
        """Return Σ_i log Z_i(u) at the tilts (r, u) of each row."""
        tilted = (likelihood + at[:, None, None] * self.site.values for at in u.T)
        return np.stack([special.logsumexp(part, axis=2).sum(axis=1) for part in tilted], axis=1)

    def _spread_tilts(self, likelihood: Array, low: float, high: float) -> Array:
        """Return tilts from low to high (r, u) under which the mean total moves evenly, if only in a small part."""
        u = np.tile(np.linspace(low, high, _TILTS), (len(likelihood), 1))
        for _ in range(_ROUNDS):
            shares = (special.softmax(likelihood + at[:, None, None] * self.site.values, axis=2) for at in u.T)
            means = np.stack([(share @ self.site.values).sum(axis=1) for share in shares], axis=1)
            even = np.linspace(means[:, 0], means[:, -1], _TILTS, axis=1)
            u = np.stack([np.interp(to, at, nodes) for to, at, nodes in zip(even, means, u, strict=True)])
            u[:, 0], u[:, -1] = low, high
        return u

    @cached_property
    def _slopes(self) -> tuple[float, float]:
        """The least and the largest slope of the energy in Σ a, and some room."""
        slope = np.gradient(self._log_weight, self._totals) if len(self._totals) > 1 else np.zeros(1)
        room = 1 / max(np.sqrt(self.site.variance), self._spacing / 10)
        return float(slope.min() - room), float(slope.max() + room)


def lattice_spacing(site: AtomSite) -> float:
    """Return the largest spacing of a lattice that holds the site's values, 1 for a single one, 0 if none is found."""
    gaps = np.diff(site.values)
    for parts in range(1, _FINEST + 1) if gaps.size else ():
        places = (site.values - site.values[0]) / gaps.min() * parts
        if np.allclose(places, np.rint(places), rtol=0, atol=1e-9):
            return float(gaps.min()) / parts
    return 0.0 if gaps.size else 1.0


def lattice_totals(site: AtomSite, d: int) -> int:
    """Return how many values Σ a has if the site's values lie on a lattice, else zero."""
    spacing = lattice_spacing(site)
    return d * int(np.rint((site.values[-1] - site.values[0]) / spacing)) + 1 if spacing else 0


def _spread(logs: Array, offsets: Index, weights: Array) -> Array:
    """Return the log laws (…, S) of sums after one more term with log probabilities (…, A), on the same grid."""
    out = np.full(logs.shape, -np.inf)
    size = logs.shape[-1]
    for k, offset in enumerate(offsets):
        ahead = out[..., offset:]
        np.logaddexp(ahead, logs[..., : size - offset] + weights[..., k, None], out=ahead)
    return out


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
