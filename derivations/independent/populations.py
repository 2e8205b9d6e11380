"""Paths of Curie–Weiss spins at any d through how many coordinates are where: counts in cells instead of coordinates.

Along one path all coordinates obey the same scalar equation, so d of them are as good as B cells with multinomial
counts: exact up to the width of a cell, and of a cost that does not know d. For the same reason any other coordinate
can be carried along afterwards, by the laws of the field that the path has met.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from independent.paths import Path
from independent.spins import FieldLaw, Spins, product_form, spin_means

Array = NDArray[np.float64]
Mean = Callable[[float, Array], Array]
"""ψ and y (n, B) → E[a | y], (n, B)."""
_REACH = 6.5  # deviations that the cells cover one by one
_FAR = 40.0  # the edge of the outermost cells
_DECIDED = 1 - 1e-9  # probability of a mode from which no path comes back


@dataclass(frozen=True, eq=False)
class Population:
    """Initial noise of n paths: ``z`` (n, B), each entry standing for ``counts`` (n, B) of d coordinates."""

    d: float
    z: Array
    counts: Array

    def average(self, values: Array) -> Array:
        """Return the mean over the coordinates of values given per entry, (n,)."""
        return np.asarray(np.sum(self.counts * values, axis=1) / self.d)

    def started_at(self, nu: Array) -> Population:
        """Return the population given Σ z_i/√d = ``nu`` (n,): a common shift, which is the exact conditional law."""
        return Population(self.d, self.z + (nu / math.sqrt(self.d) - self.average(self.z))[:, None], self.counts)


def _cells(edges: Array) -> tuple[Array, Array]:
    """Return the mean of N(0, 1) in each cell between ``edges`` (n, B + 1), and the shares of the cells, (n, B)."""
    masses = np.diff(special.ndtr(edges), axis=1)
    means = -np.diff(np.exp(-(edges**2) / 2), axis=1) / math.sqrt(2 * math.pi) / masses
    return means, masses / masses.sum(axis=1, keepdims=True)


def draw(d: float, paths: int, cells: int, rng: np.random.Generator) -> Population:
    """Return d normal coordinates per path: themselves if there are at most ``cells`` of them, else counted in cells.

    The cells are equal on ±6.5, at a random offset per path, so that what a cell hides averages out over paths.
    """
    if d <= cells:
        return Population(d, rng.standard_normal((paths, int(d))), np.ones((paths, int(d))))
    inner = -_REACH + 2 * _REACH / cells * (np.arange(1, cells) + rng.random((paths, 1)) - 0.5)
    far = np.full((paths, 1), _FAR)
    z, shares = _cells(np.concatenate([-far, inner, far], axis=1))
    return Population(d, z, np.array([rng.multinomial(int(d), row) for row in shares], dtype=float))


def typical(count: int) -> Array:
    """Return the quantiles of N(0, 1) at (k + ½)/count."""
    return np.asarray(special.ndtri((np.arange(count) + 0.5) / count))


def observed(spins: Spins, population: Population, met: list[FieldLaw]) -> Mean:
    """Return the exact posterior mean for a population, which notes every law of the field in ``met``."""

    def mean(psi: float, y: Array) -> Array:
        answer, law = spins.posterior(psi, y, population.counts)
        met.append(law)
        return answer

    return mean


def replayed(met: Iterable[FieldLaw]) -> Mean:
    """Return the posterior mean of other coordinates of the same paths, from the laws that were met."""
    laws = iter(met)
    return lambda _, y: next(laws).mean(y)


def flow(mean: Mean, y: Array, ratios: Sequence[float]) -> Array:
    """Return y (T, n, B) at ψ = ``ratios`` (T,) of dy/dψ = E[a | y] from y (n, B) at the first, by Runge–Kutta 4."""
    states = [y]
    for begin, end in itertools.pairwise(ratios):
        step, middle = end - begin, (begin + end) / 2
        first = mean(begin, y)
        second = mean(middle, y + step / 2 * first)
        third = mean(middle, y + step / 2 * second)
        fourth = mean(end, y + step * third)
        y = y + step / 6 * (first + 2 * second + 2 * third + fourth)
        states.append(y)
    return np.array(states)


def euler(mean: Mean, z: Array, steps: Array) -> Array:
    """Return x (n, B) after ``steps`` (N, 4) of α, β, A, B: x' = A x + B E[a | x]."""
    x = steps[0, 0] * z
    for alpha, beta, gain, push in steps:
        x = gain * x + push * mean(beta / alpha, x / alpha)
    return x


def dividing(ends: Callable[[Array], Array], z: Array, probes: int = 32, rounds: int = 3) -> Array:
    """Return for each path the initial value above which a coordinate ends positive, (n,).

    ``ends`` moves coordinates (n, B) to their ends, increasing; coordinates ``z`` (n, B) enclose it first.
    """
    moved = ends(z)
    low = np.where(moved < 0, z, -np.inf).max(axis=1)
    high = np.where(moved > 0, z, np.inf).min(axis=1)
    rows = np.arange(len(z))
    for _ in range(rounds):
        between = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, probes)
        first = np.clip(np.argmax(ends(between) > 0, axis=1), 1, probes - 1)
        low, high = between[rows, first - 1], between[rows, first]
    return np.asarray((low + high) / 2)


def weight(d: float, steps: Array, paths: int, *, cells: int, bisections: int, seed: int) -> Array:
    """Return P(the path ends up | everything but ν_0) under Euler ``steps`` for some paths, (n,).

    ν_0 ~ N(0, 1) is independent of the rest and decides at a threshold: the mean over paths estimates the weight with a
    far smaller error than counting paths.
    """
    spins, population = Spins(d), draw(d, paths, cells, np.random.default_rng(seed))
    low, high = np.full(paths, -_REACH), np.full(paths, _REACH)
    for _ in range(bisections):
        middle = (low + high) / 2
        up = ends_up(spins, steps, population.started_at(middle))
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return np.asarray(special.ndtr(-(low + high) / 2))


def ends_up(spins: Spins, steps: Array, population: Population) -> NDArray[np.bool_]:
    """Return for each path whether its posterior ends on u > 0, stopping once that is beyond doubt, (n,)."""
    x = steps[0, 0] * population.z
    up = np.zeros(len(x))
    for alpha, beta, gain, push in steps:
        mean, law = spins.posterior(beta / alpha, x / alpha, population.counts)
        up = law.up
        if np.all(np.maximum(up, 1 - up) > _DECIDED):
            break
        x = gain * x + push * mean
    return np.asarray(up > 0.5)


def mean_spins(d: float, steps: Array, paths: int, cells: int, seed: int) -> Array:
    """Return the mean spin of those of some paths that end in the + mode under Euler ``steps``."""
    population, met = draw(d, paths, cells, np.random.default_rng(seed)), list[FieldLaw]()
    x = euler(observed(Spins(d), population, met), population.z, steps)
    return np.asarray(population.average(x)[met[-1].up > 0.5])


def thresholds(
    d: float, path: Path, kappa: float, *, nodes: tuple[int, int], paths: int, cells: int, seed: int
) -> Array:
    """Return S times the x_i(½) above which a coordinate of the exact flow ends at +1, S = ±1 its path's mode, (n,).

    ``nodes`` are those of ψ in either half of a path of amplitudes.
    """
    first, second = nodes
    times = [k / (2 * first) for k in range(first)] + [0.5 + k / (2 * second) for k in range(second)]
    amplitudes = [path(t, d, kappa) for t in times]
    ratios = [beta / alpha for alpha, beta, *_ in amplitudes]
    population = draw(d, paths, cells, np.random.default_rng(seed)).started_at(typical(paths))
    met: list[FieldLaw] = []
    moved = flow(observed(Spins(d), population, met), population.z, ratios)[-1]

    def ends(z: Array) -> Array:
        return moved if z is population.z else flow(replayed(met), z, ratios)[-1]

    place = dividing(ends, population.z)[:, None]
    halfway = flow(replayed(met), place, ratios[: first + 1])[-1, :, 0]
    side = np.where(met[-1].up > 0.5, 1.0, -1.0)
    return np.asarray(side * amplitudes[first][0] * halfway)


def kept(d: float, steps: Array, start: float, paths: int, *, cells: int, seed: int) -> Array:
    """Return the mean of sign(x_i) of paths that start at ν_0 = ``start``, (n,): 1 − 2Φ(z*), z* dividing the signs."""
    population = draw(d, paths, cells, np.random.default_rng(seed)).started_at(np.full(paths, start))
    met: list[FieldLaw] = []
    moved = euler(observed(Spins(d), population, met), population.z, steps)

    def ends(z: Array) -> Array:
        return moved if z is population.z else euler(replayed(met), z, steps)

    return np.asarray(1 - 2 * special.ndtr(dividing(ends, population.z)))


def squared_error(d: int, psi: float, paths: int, beta: float, seed: int) -> Array:
    """Return Σ_i (E[a_i | y] by the product form − exactly)² for exact samples y = z + ψa, one per path, (n,).

    The spin mean is enumerated, the noise of the spins on either side counted in cells.
    """
    rng, law = np.random.default_rng([seed, d]), spin_means(d, beta)
    ups = np.rint((1 + rng.choice(law.values, size=paths, p=law.masses)) / 2 * d).astype(int)
    z, shares = _cells(np.concatenate(([-_FAR], np.linspace(-_REACH, _REACH, 299), [_FAR]))[None])
    counts = np.array(
        [np.concatenate([rng.multinomial(k, shares[0]) for k in (up, d - up)]) for up in ups], dtype=float
    )
    y = np.repeat(np.concatenate([z + psi, z - psi], axis=1), paths, axis=0)
    gap = Spins(d, beta).posterior(psi, y, counts)[0] - product_form(psi, y, counts, beta)
    return np.asarray(np.sum(counts * gap**2, axis=1))
