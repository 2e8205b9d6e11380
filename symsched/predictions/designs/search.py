"""The best table of a given number of evaluations: splits of the budget, starts, and the least worst error."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from symsched.algebra.arrays import Array
from symsched.predictions.designs.errors import WEIGHT, WIDTH
from symsched.predictions.designs.minimax import Optimum, minimax
from symsched.predictions.designs.two_modes import Shape, Table, TwoModes

_STARTS = {2: 3, 3: 3, 4: 1}
"""Random starts by evaluations; where there are more, the table of one evaluation less is the start."""
_ALONE = 3  # evaluations up to which no smaller table is a start
_SEARCHED = 4  # evaluations up to which both splits and random starts are tried
_ITERATIONS = 60
_ENOUGH = 0.25
"""Errors, in units of 1 % and 5 %, below which no further evaluation is tried."""
_NEAREST = 0.05
"""ψ m at the first node behind the window: a window of s ≤ 2 ends before it from d = 1600 on."""
_WALL = 1e3


def without_idle_nodes(table: Table) -> Table:
    """Return the table without the last nodes that its output does not use: they would be paid for nothing."""
    while table.shape.row and table.shape.data > 1 and table.output[-1] == 0:
        fewer = replace(table.shape, data=table.shape.data - 1)
        table = Table(fewer, table.nodes[:-1], table.rows[:-1, :-1], table.output[:-1])
    return table


def worst(laws: Sequence[TwoModes], table: Table) -> tuple[float, float]:
    """Return the largest error of a weight and the largest Wasserstein-2 distance over its deviation."""
    pairs = [one.errors(table) for one in laws]
    return max(float(np.abs(w).max()) for w, _ in pairs), max(float(s.max()) for _, s in pairs)


def best_table(laws: Sequence[TwoModes], evaluations: int, *, row: bool) -> tuple[Table, Optimum]:
    """Return the blind table with the least max(Δw/0.01, W2/0.05 sd) over ``laws``, and what its starts ended at.

    From four evaluations on an output row starts besides from the best table of one evaluation less, with a node that
    its output does not use yet: more evaluations are never worse. None is added to a quarter of 1 % and 5 %.
    """
    if not row or evaluations <= _ALONE:
        return _best_of(laws, _shapes(evaluations, row, None), None)
    before, optimum = best_table(laws, evaluations - 1, row=row)
    if optimum.value < _ENOUGH:
        return before, optimum
    return _best_of(laws, _shapes(evaluations, row, before), before)


def _shapes(evaluations: int, row: bool, before: Table | None) -> list[Shape]:
    """How the evaluations may be split: one node in the window, or two from four evaluations on."""
    if before is not None and evaluations > _SEARCHED:
        return [Shape(before.shape.window, evaluations - before.shape.window, row=row)]
    windows = (1,) if evaluations <= _ALONE else (1, 2) if evaluations <= _SEARCHED else (2,)
    return [Shape(window, evaluations - window, row=row) for window in windows]


def refined(laws: Sequence[TwoModes], table: Table) -> tuple[Table, Optimum]:
    """Return the best table over ``laws`` that is found from one that was made for fewer of them."""
    return _least([_descended(laws, table.shape, [table.shape.point(table)], 2 * _ITERATIONS)])


def grown(laws: Sequence[TwoModes], table: Table) -> tuple[Table, Optimum]:
    """Return the best table with an output row and one evaluation more that is found from ``table``."""
    more = replace(table.shape, data=table.shape.data + 1)
    return _least([_descended(laws, more, [more.point(_with_a_node(table, more))], _ITERATIONS // 2)])


def _best_of(laws: Sequence[TwoModes], shapes: Sequence[Shape], before: Table | None) -> tuple[Table, Optimum]:
    """Return the best table of any shape from random starts, and from the one of one evaluation less."""
    found = []
    for shape in shapes:
        rng, total = np.random.default_rng(shape.evaluations), shape.evaluations
        starts = [_start(rng, shape, laws[0]) for _ in range(_STARTS.get(total, 0 if before is not None else 2))]
        if before is not None and before.shape.window == shape.window:
            starts.append(shape.point(_with_a_node(before, shape)))
        found.append(_descended(laws, shape, starts, _ITERATIONS if total <= _SEARCHED else _ITERATIONS // 2))
    return _least(found)


def _least(found: Sequence[tuple[Table, Optimum] | None]) -> tuple[Table, Optimum]:
    ended = [pair for pair in found if pair is not None]
    if not ended:
        raise ArithmeticError("no start ended at a table whose decision changes once along ν_0")
    return min(ended, key=lambda pair: pair[1].value)


def _descended(
    laws: Sequence[TwoModes], shape: Shape, starts: Sequence[Array], iterations: int
) -> tuple[Table, Optimum] | None:
    count = sum(len(one.p) * (1 + len(one.widths)) for one in laws) + shape.evaluations
    nearest = _NEAREST / laws[0].m

    def disorder(table: Table) -> Array:
        """How far each node lies before where it may: the one before it in the window or in the data."""
        steps = np.diff(table.nodes, prepend=0.0)
        steps[shape.window] = table.nodes[shape.window] - nearest
        return np.maximum(-steps, 0.0)

    def residuals(point: Array) -> Array:
        table = shape.table(point)
        if np.any(table.nodes <= 0):
            return np.full(count, 1e3)
        pairs = [one.errors(table) for one in laws]
        errors = [np.concatenate([w / WEIGHT, s.ravel() / WIDTH]) for w, s in pairs]
        return np.concatenate([*errors, _WALL * disorder(table)])

    def accepted(point: Array) -> bool:
        table = shape.table(point)
        return bool(np.all(table.nodes > 0) and disorder(table).max() < 1e-3) and all(
            one.is_monotone(table) for one in laws
        )

    optimum = minimax(residuals, starts, accepted, iterations)
    return None if optimum is None else (shape.table(optimum.point), optimum)


def _with_a_node(table: Table, shape: Shape) -> Table:
    """Return a table with one more node at the end, half as far again, that its output does not use yet."""
    rows = np.pad(table.rows, ((0, 1), (0, 1)))
    rows[-1] = 1.5 * rows[-2]
    return Table(shape, np.append(table.nodes, 1.5 * table.nodes[-1]), rows, np.append(table.output, 0.0))


def _start(rng: np.random.Generator, shape: Shape, laws: TwoModes) -> Array:
    """Return a table that is right to leading order: Euler from each node's own D, the window read against E a."""
    low, high = 0.3 / laws.widths.max(), 8.0 / laws.widths.max()
    nodes = np.concatenate(
        [
            np.sort(rng.uniform(0.3, 2.2, shape.window)),
            np.sort(np.exp(rng.uniform(np.log(low), np.log(high), shape.data))),
        ]
    )
    total = shape.evaluations
    rows, output = np.zeros((total, 1 + total)), np.zeros(2 + total)
    for j in range(total):
        rows[j, j] = nodes[j]
    # D_1 at s ≈ 1 tells the modes apart where it exceeds a share of E a: y = z + ψ (D_1 − g E a)/(1 − g).
    share = rng.uniform(0.5, 0.75)
    rows[shape.window, [0, shape.window]] = np.array([-share, 1.0]) * nodes[shape.window] / (1 - share)
    output[-1] = 1.0
    if shape.row:
        output[0] = 0.1 * rng.uniform()
    return shape.point(Table(shape, nodes, rows, output))
