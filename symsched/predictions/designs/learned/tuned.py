"""What a window's numbers gain at finite d: paths between two modes must be divided where their weights say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import final

import numpy as np
from scipy import optimize, special

from symsched.algebra.arrays import Array
from symsched.limits.limit import Limit
from symsched.models.order_model import DiscreteOrderModel
from symsched.predictions.designs.errors import FAR, LEAST, WEIGHT
from symsched.predictions.designs.learned.table import Nearby, Table
from symsched.predictions.order_paths import order_paths
from symsched.schedules.plan import History

_SIZES = (LEAST, 1e6, *FAR)
"""Dimensions at which it is fitted."""
LEFT = 0.5
"""What may be left of ν_0 where the gap ends, in units of the read-out, for a table to be judged at a d."""
_BESIDE = 0.02
"""Distance of the starts beside an edge."""
_LOST = 3.0
"""Where an edge is that was not found, in standard deviations of ν_0."""
_REACH, _NODES = 7.5, 121
"""Standard deviations of one coordinate's noise, and nodes of the trapezoidal rule between."""
_STEP = 1e-3
_HELD = 0.02
"""Weight of the numbers themselves, which keeps them small where they do not matter."""
_STEPS = 8
"""Iterations of least squares."""


@final
class Tuning:
    """The edges between two modes of a limit that parts by c_q, ``cumulants`` (2,), under tables of one kind."""

    def __init__(self, limit: Limit, table: Table, shares: Array, cumulants: Array) -> None:
        """Read the limit at every d at which the table can be used; ``shares`` (P,) are weights of the first mode."""
        self.table, self.shares, self.cumulants = table, shares, cumulants
        sizes = [d for d in _SIZES if d >= table.least_dimension and table.left(d) < LEFT]
        self.models = {d: model for d in sizes if isinstance(model := limit.order_model(d), DiscreteOrderModel)}

    @property
    def count(self) -> int:
        """How many numbers a table has: nodes, the reads of all rows, and the tie."""
        n = self.table.inside
        return n + (n + 1) * (n + 2) // 2 + 1

    def best(self) -> Table | None:
        """Return the table whose numbers p_0 + p_1 x divide paths best, by least squares; None if there is none.

        It asks nothing of the rows behind the gap: what it finds holds for others.
        """
        if len(self.models) < 2:
            return None

        def residuals(numbers: Array) -> Array:
            parts = [self.off(self._moved(numbers, d), d) / WEIGHT for d in self.models]
            return np.concatenate([*parts, _HELD * numbers])

        def slopes(numbers: Array) -> Array:
            # Of p_0 + p_1 x only the sum is seen at one d.
            parts = []
            for d in self.models:
                here, x = self._moved(numbers, d), self._x(d)
                off = self.off(here, d)
                by = [(self.off(self._nearby(here, _STEP * one), d) - off) / _STEP for one in np.eye(self.count)]
                parts.append(np.hstack([np.transpose(by), x * np.transpose(by)]) / WEIGHT)
            return np.vstack([*parts, _HELD * np.eye(2 * self.count)])

        found = optimize.least_squares(residuals, np.zeros(2 * self.count), jac=slopes, max_nfev=_STEPS).x
        table = replace(self._nearby(self.table, found[: self.count]), near=self._read(found[self.count :]))
        return table if all(_increase(table.at(d), d) for d in self.models) else None

    def _x(self, d: float) -> float:
        return Nearby.share(d, self.table.gap.exponent)

    def _moved(self, numbers: Array, d: float) -> Table:
        return self._nearby(self.table, numbers[: self.count] + self._x(d) * numbers[self.count :])

    def _read(self, numbers: Array) -> Nearby:
        n = self.table.inside
        reads = np.zeros((n + 1, n + 1))
        reads[np.tril_indices(n + 1)] = numbers[n:-1]
        return Nearby(numbers[:n], reads, float(numbers[-1]))

    def _nearby(self, table: Table, numbers: Array) -> Table:
        return replace(table, near=self._read(numbers)).moved(1.0)

    def off(self, table: Table, d: float) -> Array:
        """Return by how much the weight of the first mode is missed at ``d``, (P,).

        Where c_1 > c_2 it is P(ν_0 > ν*), so that at ν* = Φ⁻¹(w_2) log w_1/w_2 + d E log p_1/p_2 must vanish at the
        first node behind the gap.
        """
        if not _increase(table, d):
            return np.ones(len(self.shares))
        return np.array(list(self._off(table, d)))

    def _off(self, table: Table, d: float) -> Iterator[float]:
        order, inside = table.gap.order, table.inside
        noise = np.linspace(-_REACH, _REACH, _NODES)
        wave = special.eval_hermitenorm(order, noise) / math.sqrt(math.factorial(order) * d)
        normal = np.exp(-(noise**2) / 2)
        normal /= normal.sum()
        sign = float(np.sign(self.cumulants[0] - self.cumulants[1]))
        for share in self.shares:
            weights = np.array([share, 1 - share])
            model = replace(self.models[d], points=replace(self.models[d].points, weights=weights))
            gap = replace(table.gap, average=float(weights @ self.cumulants))
            plan = replace(table, gap=gap).plan(d)
            edge = -sign * float(special.ndtri(share))
            start = edge + _BESIDE * np.array([[-1.0], [1.0]])
            posterior = order_paths(model, plan, start).responsibilities
            masses = normal * (1 + start * wave)
            x, history = np.tile(noise, (2, 1)), History(plan, bend=plan.bend(noise))
            for k in range(inside + 1):
                means = model.evidence(plan.psi[k], x, masses).means
                x = history.advance(k, x, posterior[:, k, [0]] * means[0] + posterior[:, k, [1]] * means[1])
            ratios = model.evidence(plan.psi[inside + 1], x, masses).ratios
            odds = d * (ratios[:, 0] - ratios[:, 1]) + math.log(share / (1 - share))
            climb = float(odds[1] - odds[0]) / (2 * _BESIDE)
            lost = not np.isfinite(climb) or climb * sign <= 0
            found = sign * _LOST if lost else float(np.clip(-odds.mean() / climb, -_LOST, _LOST))
            yield float(special.ndtr(-sign * (edge + found)) - share)


def _increase(table: Table, d: float) -> bool:
    """Whether the nodes of a table increase at ``d``."""
    return bool(np.all(np.diff(table.nodes(d)) > 0))
