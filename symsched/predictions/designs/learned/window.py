"""A window with free coefficients at d = ∞: order parameters that choose among points, whatever their weights are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import final

import numpy as np
from scipy import special, stats

from symsched.algebra.arrays import Array, Index, unwritable
from symsched.predictions.designs.errors import WEIGHT
from symsched.predictions.designs.minimax import minimax, simplex

_REACH = 8.5
_LINE = np.linspace(-_REACH, _REACH, 171)
"""ν_0 along its first direction; the others come from a net."""
_LINES = {2: 6}
"""Binary logarithm of how many lines in space; in more directions than two 8."""
_TRIES = 60
"""Evaluations of the objective per free number."""
_LINE_TRIES = 400
"""The same for more than two points on a line: as many edges are to be hit by the same few numbers."""
_CORNER = 0.25
_ROUNDS = 15
"""Iterations of sequential quadratic programming, and twice as many before."""
_LARGEST = 6.0
_FAILED = 1e3


@final
@dataclass(frozen=True, eq=False)
class Window:
    """ν_j = ν_0 + Σ_{i≤j} c_ji G_i at s_j, j = 0 … n−1, and the read-out Σ_i e_i G_i.

    G_0 is the mean of the points, G_{j+1} their posterior mean at (s_j, ν_j), counted from the middle of the points in
    units of half their smallest distance. ``strengths`` (n,) are s, ``rows`` (n, n) c, ``readout`` (n + 1,) e.
    """

    strengths: Array
    rows: Array
    readout: Array


@final
@dataclass(frozen=True)
class Choice:
    """Points (K, C) among which ν chooses, in the units of a ``Window``.

    They meet half way, or, on a line, where the read-out passes from each to the next at ``edges`` (K − 1,).
    """

    points: Array
    edges: tuple[float, ...] | None = None

    def _scores(self, seen: Array) -> Array:
        """Return (…, K), of which the largest says in which mode a read-out ends."""
        levels = np.sum(self.points**2, axis=1) / 2
        if self.edges is not None:
            order = np.argsort(self.points[:, 0])
            steps = np.array(self.edges) * np.diff(self.points[order, 0])
            levels[order] = np.concatenate([[0.0], np.cumsum(steps)])
        return np.asarray(seen @ self.points.T - levels)

    def shares(self, window: Window, tables: Array) -> tuple[Array, bool]:
        """Return the share of N(0, I) whose read-out is nearest to each point, under weights ``tables`` (T, K) each, in
        that shape, and whether none of two modes is met twice along the line.
        """
        nu, masses = _lines(self.points.shape[1])
        scores = self._scores(self.read(window, nu, tables[:, None, None]))
        owner = np.argmax(scores, axis=-1)
        left, right = owner[..., :-1], owner[..., 1:]
        # Between two nodes of different owners the difference of their scores is taken to be straight.
        table, line, node = np.nonzero(left != right)
        first, second = left[table, line, node], right[table, line, node]
        low, high = (scores[table, line, at, first] - scores[table, line, at, second] for at in (node, node + 1))
        cut = special.ndtr(_LINE[node] + low / (low - high) * (_LINE[node + 1] - _LINE[node]))
        ends, mass = special.ndtr(_LINE), masses[line]
        # What lies between two nodes is the left one's, but for what lies behind an edge.
        between = np.broadcast_to(masses[:, None] * np.diff(ends), left.shape)
        moved = mass * (ends[node + 1] - cut)
        count = tables.shape[1]
        start = np.arange(len(tables))[:, None, None] * count
        owners = [(start + left).ravel(), table * count + first, table * count + second]
        shares = [between.ravel(), -moved, moved]
        out: Array = np.asarray(np.bincount(np.concatenate(owners), np.concatenate(shares), tables.size))
        changes = np.bincount(table * len(nu) + line, minlength=1).max(initial=0) if len(table) else 0
        return out.reshape(tables.shape), bool(tables.shape[1] > 2 or changes <= 1)

    def read(self, window: Window, nu: Array, weights: Array) -> Array:
        """Return Σ e_i G_i for paths from ν_0 (…, C), under weights (…, K): those of each path, or of all."""
        mean = weights @ self.points
        means = [np.broadcast_to(mean, np.broadcast_shapes(mean.shape, nu.shape))]
        for s, row in zip(window.strengths, window.rows, strict=True):
            at = nu + sum(c * one for c, one in zip(row, means, strict=False))
            logits = np.log(weights) - s**2 * np.sum(self.points**2, axis=1) / 2 + s * (at @ self.points.T)
            logits -= logits.max(axis=-1, keepdims=True)
            np.exp(logits, out=logits)
            means.append(logits @ self.points / logits.sum(axis=-1, keepdims=True))
        return np.asarray(sum(e * one for e, one in zip(window.readout, means, strict=True)))

    def error(self, window: Window, tables: Array) -> float:
        """Return the worst error of a weight over the tables; huge where two modes are met in turns."""
        shares, orderly = self.shares(window, tables)
        return float(np.max(np.abs(shares - tables))) if orderly else _FAILED

    def paths(self, window: Window, weights: Array, count: int) -> tuple[Array, Index, Array]:
        """Return read-outs (P, C) of ``count`` starts for every mode, the modes (P,) and masses (P,) of the starts."""
        nu, masses = _lines(self.points.shape[1])
        mass = (masses[:, None] * _normal_masses()).ravel()
        seen = self.read(window, nu, weights).reshape(len(mass), -1)
        owner = np.argmax(self._scores(seen), axis=1)
        parts = []
        for mode in range(len(weights)):
            mine = np.flatnonzero((owner == mode) & (mass > 1e-12))
            if mine.size == 0:
                continue
            off = seen[mine] - self.points[mode]
            # On a line a path may be on either side of its point, and the mean of both would be none.
            mine = mine[np.argsort(off[:, 0] if off.shape[1] == 1 else np.linalg.norm(off, axis=1), kind="stable")]
            grown = np.cumsum(mass[mine])
            groups = np.minimum((grown / grown[-1] * count).astype(int), count - 1)
            for group in np.unique(groups):
                inside = mine[groups == group]
                parts.append((np.average(seen[inside], axis=0, weights=mass[inside]), mode, mass[inside].sum()))
        reads, modes, kept = zip(*parts, strict=True)
        if len(weights) == 2:  # and one on the edge of either mode, whose mass is nothing
            edge = np.full(1, self.edges[0] if self.edges else 0.0)
            reads, modes, kept = (*reads, edge, edge), (*modes, 0, 1), (*kept, 1e-12, 1e-12)
        return np.array(reads), np.array(modes), np.array(kept)


def _normal_masses() -> Array:
    masses = np.exp(-(_LINE**2) / 2)
    return np.asarray(masses / masses.sum())


@lru_cache
def _lines(components: int) -> tuple[Array, Array]:
    """Return ν_0 (M, L, C) on M lines along the first direction, and the masses (M,) of the lines."""
    beside = np.zeros((1, 0))
    if components > 1:
        net = stats.qmc.Sobol(components - 1, seed=np.random.default_rng(0)).random_base2(_LINES.get(components, 8))
        beside = special.ndtri(net)
    nu = np.empty((len(beside), len(_LINE), components))
    nu[..., 0] = _LINE
    nu[..., 1:] = beside[:, None, :]
    return unwritable(nu), unwritable(np.full(len(beside), 1 / len(beside)))


def best_window(
    choice: Choice, tables: Array, count: int, *, free: bool, shown: bool = True, others: Sequence[Choice] = ()
) -> tuple[Window, float]:
    """Return the window of ``count`` nodes with the least worst error over ``tables`` of weights (T, K) that a simplex
    found, on a line improved by sequential quadratic programming, and that error; over ``others`` too, if given.

    Where the middle of the points is known, ``free``, the rows are; else they sum to s and the read-out to 1, so that
    nothing depends on where the points lie. ``shown``: G_0 is known before anything is evaluated.
    """
    first = 0 if shown else 1

    def read(numbers: Array) -> Window:
        strengths = np.exp(numbers[:count])
        rest = list(numbers[count:])
        rows = np.zeros((count, count))
        for j in range(count):
            inner = [rest.pop(0) for _ in range(first, j + 1 if free else j)]
            rows[j, first : first + len(inner)] = inner
            if not free:
                rows[j, j] = strengths[j] - sum(inner)
        readout = np.zeros(count + 1)
        readout[-1] = 1.0
        if rest:
            readout[first:-1] = rest
            readout[-1] -= sum(rest)
        return Window(strengths, rows, readout)

    def cost(numbers: Array) -> float:
        if np.any(np.abs(numbers) > _LARGEST) or np.any(np.diff(numbers[:count]) <= 0):
            return _FAILED
        window = read(numbers)
        return max(one.error(window, tables) for one in (choice, *others)) / WEIGHT

    def residuals(numbers: Array) -> Array:
        window = read(np.clip(numbers, -_LARGEST, _LARGEST))
        return np.concatenate([(one.shares(window, tables)[0] - tables).ravel() for one in (choice, *others)]) / WEIGHT

    strengths = 1.5 * (np.arange(1, count + 1) / count) ** 1.5
    start = list(np.log(strengths))
    for j in range(count):
        start += [0.3 * strengths[j] / (j + 1) if shown else strengths[j]] * max((j + 1 if free else j) - first, 0)
    if not (free and shown):
        start += [*np.zeros(count - 1), -1.0] if shown else [*np.zeros(count - 1)]
    if len(choice.points) == 2:
        tries = _TRIES * len(start)
    else:
        tries = _LINE_TRIES * len(start) if choice.points.shape[1] == 1 else _TRIES * len(start) // 3
    value, numbers = simplex(cost, np.array(start), tries, _CORNER)
    if choice.points.shape[1] > 1:
        value, numbers = min((value, numbers), simplex(cost, numbers, tries, _CORNER / 10), key=itemgetter(0))
        return read(numbers), value * WEIGHT
    # Where several tables are as bad, a simplex stalls: from there on all are lowered at once.
    ended = minimax(residuals, [numbers], lambda point: cost(point) < _FAILED, _ROUNDS)
    if ended is not None and cost(ended.point) < value:
        value, numbers = cost(ended.point), ended.point
    return read(numbers), value * WEIGHT


def weight_tables(modes: int, own: Array, between: tuple[float, float] | None = None, least: float = 0.05) -> Array:
    """Return the weights over which a window is judged, (T, K): of two a range, else one, two, … that outweigh."""
    if modes == 2:
        # Chebyshev's points, dense at the ends, where the worst case is.
        share = (1 - np.cos(np.pi * np.arange(13) / 12)) / 2
        low, high = between or (0.505, 0.99)
        p = low + (high - low) * share
        return np.stack([p, 1 - p], axis=1)
    rows: list[Array] = [np.full(modes, 1 / modes), own]
    for heavy in range(1, modes):
        for chosen in itertools.combinations(range(modes), heavy):
            table = np.full(modes, least)
            table[list(chosen)] = (1 - least * (modes - heavy)) / heavy
            rows.append(table)
    return np.array(rows, dtype=float)
