"""Rows behind the gap that are fitted: which of their numbers are free, and the search for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import final

import numpy as np
from scipy import optimize

from symsched.algebra.arrays import Array
from symsched.predictions.designs.errors import WIDTH
from symsched.predictions.designs.learned.sites import Landing, Rows, shared_tie
from symsched.predictions.designs.minimax import minimax, simplex
from symsched.predictions.designs.nodes import few_atoms, half_seen

_TRIES = 40
"""Evaluations of the simplex per free number, for sites with atoms."""
_CORNER = 0.25
_STEPS = 30
"""Iterations of least squares."""
_FAILED = 1e3
_LARGE = 12.0
"""Logarithm beyond which a number is not looked for."""
_ENOUGH = 0.3
"""Error, in units of 5 %, below which no further start is tried."""
_ROUNDS, _SHARED_ROUNDS = 12, 25
"""Iterations of sequential quadratic programming for sites with atoms, and twice as many before; more of several laws,
whose errors pull apart."""


@final
@dataclass(frozen=True)
class Form:
    """Which numbers of ``Rows`` are free, of ``count`` nodes beyond ψ = ``floor``, or from there on where ``fixed``;
    ``unit`` is the ψ that sees half of a coordinate, in which numbers are counted.

    ``anchored``: D_a is there. ``blind``: rows sum to ψ, the output to 1. ``gained``: the gain is free. ``row``: the
    output is a row, else the last D.
    """

    count: int
    floor: float
    unit: float
    anchored: bool
    blind: bool
    gained: bool
    row: bool
    fixed: bool = False

    def rows(self, numbers: Array) -> Rows:
        """Return the table of free numbers."""
        rest = list(numbers)
        n, first = self.count, 0 if self.anchored else 1
        steps = [0.0] if self.fixed else []
        lengths = steps + [math.exp(rest.pop(0)) for _ in range(n - len(steps))]
        nodes = self.floor + self.unit * np.cumsum(np.array(lengths))
        gain = math.exp(rest.pop(0)) if self.gained else 1.0
        rows, output = np.zeros((n, n + 1)), np.zeros(n + 2)
        for j in range(1, n):
            for i in range(1 if self.anchored else 2, j + 1):
                rows[j, i] = rest.pop(0) * nodes[j]
            rows[j, first] = nodes[j] - rows[j].sum() if self.blind else rest.pop(0) * nodes[j]
        output[-1] = 1.0
        if self.row:
            output[0] = rest.pop(0) / self.unit
            output[1 + first : -1] = [rest.pop(0) for _ in range(n - first)]
            output[-1] = 1 - output[1:].sum() + output[-1] if self.blind else rest.pop(0)
        return Rows(nodes, gain, rows, output)

    def starts(self, first: float, last: float) -> Array:
        """Return numbers of a table whose every row restarts from z with the D before."""
        n = self.count
        psi = np.geomspace(first, last, n) if n > 1 else np.array([first])
        numbers = [*np.log(np.diff(psi / self.unit, prepend=0.0))][1 if self.fixed else 0 :]
        numbers += [0.0] if self.gained else []
        for j in range(1, n):
            inner = list(range(1 if self.anchored else 2, j + 1))
            numbers += [1.0 if i == j else 0.0 for i in inner]
            if not self.blind:
                numbers.append(0.0 if inner and inner[-1] == j else min(1.0, 2.0 * self.unit / psi[j]))
        if self.row:
            numbers += [0.0] * (1 + n - (0 if self.anchored else 1))
            numbers += [] if self.blind else [1.0]
        return np.array(numbers)


def best_rows(landings: Sequence[Landing], form: Form) -> tuple[Rows, float]:
    """Return the rows with the least error over all landings that was found, and the error.

    Least squares over noise, paths and modes where sites are smooth, Nelder and Mead's simplex where they have atoms,
    and sequential quadratic programming where that misses 5 % or laws are several, from a few restarts from z at nodes
    between 1/2 and 5 times the ψ that sees half of a coordinate. Deterministic.
    """
    sites = [site for one in landings for site in one.model.sites]
    halves = [half_seen(site) for site in sites]
    high, low = max(halves), min(halves)
    nearest = max(form.floor, 0.1 * low)
    atoms = any(few_atoms(site) for site in sites)

    def errors(numbers: Array) -> Array:
        rows = form.rows(np.clip(numbers, -_LARGE, _LARGE))
        tie = shared_tie(landings, float(rows.nodes[0]))
        return np.array([error for one in landings for error in one.errors(rows, tie)]) / WIDTH

    def residuals(numbers: Array) -> Array:
        rows = form.rows(np.clip(numbers, -_LARGE, _LARGE))
        tie = shared_tie(landings, float(rows.nodes[0]))
        parts = [1e-4 * numbers]
        for one in landings:
            for off, paths, short in one.off(rows, tie):
                parts.append((off * np.sqrt(paths[:, None] * one.noise[1]) / WIDTH).ravel())
                parts.append(np.array([0.1 * min(short, 1e3)]))
        return np.nan_to_num(np.concatenate(parts), nan=_FAILED, posinf=_FAILED, neginf=-_FAILED)

    def inside(numbers: Array) -> bool:
        return bool(np.all(np.abs(numbers) <= _LARGE))

    def worst(numbers: Array) -> float:
        return float(errors(numbers).max()) if inside(numbers) else _FAILED

    starts = [form.starts(*ends) for ends in ((0.9 * low, 5 * high), (0.6 * low, 2 * high), (nearest, 20 * high))]
    if not atoms:
        ended = [optimize.least_squares(residuals, one, max_nfev=_STEPS, x_scale=1.0).x for one in starts]
        found = [(worst(one), one) for one in ended]
    elif len(landings) == 1:
        found = [simplex(worst, one, _TRIES * len(one), _CORNER) for one in starts]
        value, numbers = min(found, key=itemgetter(0))
        # Where several errors are as bad, a simplex stalls.
        if value > 1:
            found += _lowered(errors, [numbers], inside, _ROUNDS)
    else:
        found = []
        for one in starts:
            found += _lowered(errors, [one], inside, _SHARED_ROUNDS)
            if found and min(found, key=itemgetter(0))[0] < _ENOUGH:
                break
    value, numbers = min(found, key=itemgetter(0))
    return form.rows(numbers), value * WIDTH


def _lowered(
    errors: Callable[[Array], Array], starts: list[Array], inside: Callable[[Array], bool], rounds: int
) -> list[tuple[float, Array]]:
    """Return what sequential quadratic programming makes of starts, and the worst error there."""
    best = minimax(errors, starts, inside, rounds)
    return [] if best is None else [(best.value, best.point)]
