"""Paths of spins at any d through how many coordinates are where: counts in cells instead of coordinates.

Along one path all coordinates obey the same scalar equation, so d of them are as good as B cells with multinomial
counts: exact up to the width of a cell, and of a cost that does not know d. Written for the claims; it shares no
code with simulate().
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from symsched.algebra.codegen import Array
from symsched.schedules.plan import History, Plan
from symsched.validation.claims.cw_field import Spins

_REACH = 6.5
_DECIDED = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class Population:
    """Initial noise of n paths: ``z`` (n, B), each entry standing for ``counts`` (n, B) of d coordinates."""

    d: int
    z: Array
    counts: Array

    def total(self, values: Array) -> Array:
        """Return the sum over the coordinates of values given per entry, (n,)."""
        return np.asarray(np.sum(self.counts * values, axis=1))

    def started_at(self, nu: Array) -> Population:
        """Return the population given Σ z_i/√d = ``nu`` (n,): a common shift, which is the exact conditional law."""
        shift = nu / math.sqrt(self.d) - self.total(self.z) / self.d
        return Population(self.d, self.z + shift[:, None], self.counts)


def draw(d: int, paths: int, cells: int, generator: np.random.Generator) -> Population:
    """Return d standard normal coordinates per path: themselves if there are at most ``cells`` of them, else counted
    in cells.

    The cells are equal on ±6.5, at a random offset per path, so that what a cell hides averages out over paths.
    """
    if d <= cells:
        return Population(d, generator.standard_normal((paths, d)), np.ones((paths, d)))
    width = 2 * _REACH / cells
    inner = -_REACH + width * (np.arange(1, cells) + generator.random((paths, 1)) - 0.5)
    far = np.full((paths, 1), 40.0)
    edges = np.concatenate([-far, inner, far], axis=1)
    masses = np.diff(special.ndtr(edges), axis=1)
    counts = np.array([generator.multinomial(d, row / row.sum()) for row in masses], dtype=float)
    density = np.exp(-(edges**2) / 2) / math.sqrt(2 * math.pi)
    return Population(d, -np.diff(density, axis=1) / masses, counts)


def run(spins: Spins, plan: Plan, population: Population) -> tuple[Array, Array]:
    """Return x (n, B) at the end of a plan with the exact posterior mean, and the posterior mass of u > 0 at its last
    node, (n,).
    """
    x, history = plan.alpha[0] * population.z, History(plan)
    for k in range(plan.steps):
        mean, up = spins.posterior(plan.psi[k], x / plan.alpha[k], population.counts)
        history.advance(k, x, mean)
    return x, up


def ends_up(spins: Spins, plan: Plan, population: Population) -> Array:
    """Return for each path whether its posterior ends on u > 0, stopping once that is beyond doubt, (n,)."""
    x, history = plan.alpha[0] * population.z, History(plan)
    for k in range(plan.steps):
        mean, up = spins.posterior(plan.psi[k], x / plan.alpha[k], population.counts)
        if np.all(np.maximum(up, 1 - up) > _DECIDED):
            break
        history.advance(k, x, mean)
    return np.asarray(up > 0.5)


def up_share(spins: Spins, plan: Plan, population: Population, bisections: int = 20) -> Array:
    """Return P(the path ends up | everything but ν_0), (n,): ν_0 ~ N(0, 1) is independent of the rest, and decides at
    a threshold.

    The mean over paths estimates the weight with a far smaller error than counting paths.
    """
    low, high = np.full(len(population.z), -6.0), np.full(len(population.z), 6.0)
    for _ in range(bisections):
        middle = (low + high) / 2
        up = ends_up(spins, plan, population.started_at(middle))
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return np.asarray(special.ndtr(-(low + high) / 2))


def flow(spins: Spins, population: Population, ratios: Array) -> tuple[Array, Array]:
    """Return y (len(ratios), n, B) of the exact flow dy/dψ = E[a | y] at ψ = ``ratios``, and the final posterior mass
    of u > 0, (n,).

    Runge–Kutta of order 4 on the given nodes, the first of which is ψ = 0.
    """
    y = population.z
    states = [y]
    for begin, end in itertools.pairwise(ratios):
        step, middle = end - begin, (begin + end) / 2
        first = spins.posterior(begin, y, population.counts)[0]
        second = spins.posterior(middle, y + step / 2 * first, population.counts)[0]
        third = spins.posterior(middle, y + step / 2 * second, population.counts)[0]
        fourth = spins.posterior(end, y + step * third, population.counts)[0]
        y = y + step / 6 * (first + 2 * second + 2 * third + fourth)
        states.append(y)
    return np.array(states), spins.posterior(ratios[-1], y, population.counts)[1]


def thresholds(spins: Spins, population: Population, ratios: Array, node: int, probes: int = 64) -> tuple[Array, Array]:
    """Return the y at ``ratios[node]`` that decides a coordinate's final sign, times S, and the path's mode S = ±1,
    (n,) each.

    One map of the line moves all coordinates of a path, so a place in the initial noise decides. It is bracketed by
    two coordinates, and then
    by probes between them: coordinates that count for nothing in the field.
    """
    z = np.sort(population.z, axis=1) if np.all(population.counts == 1) else population.z
    population = Population(population.d, z, population.counts)
    states, up = flow(spins, population, ratios)
    rows = np.arange(len(z))
    first_up = np.argmax(states[-1] > 0, axis=1)
    low, high = z[rows, first_up - 1], z[rows, first_up]
    between = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, probes)
    probed = Population(
        population.d,
        np.concatenate([z, between], axis=1),
        np.concatenate([population.counts, np.zeros_like(between)], axis=1),
    )
    states, up = flow(spins, probed, ratios)
    tail = states[:, :, z.shape[1] :]
    first_up = np.argmax(tail[-1] > 0, axis=1)
    side = np.where(up > 0.5, 1.0, -1.0)
    place = (tail[node, rows, first_up - 1] + tail[node, rows, first_up]) / 2
    return side * place, side
