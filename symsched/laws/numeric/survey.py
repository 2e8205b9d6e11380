"""Where the mass of a density lies on a piece: its modes, the stretch that holds it, and panels that resolve it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric.pieces import Piece
from symsched.laws.numeric.quadrature import KRONROD, NATS, NODES, Scan, Stretch, locate

_POINTS = 2401
"""Of a scan of a whole piece: ten to a unit of the sinh coordinate, over which a tail falls by a factor e."""
_GRID, _ROUNDS = 17, 60
"""Points and rounds by which a mode is refined: each round narrows it by 8 until 1e−9 is reached."""
_MAX_MODES = 64
"""Of more hills than this the highest are kept."""
_MAX_PANELS = 1024
"""Of a piece: a bound on time for a density that no panels resolve."""
_DROP = 8.0
"""Nats by which the density has fallen at the distance that sets the marks around a mode: four standard deviations."""


@dataclass(frozen=True, eq=False)
class Survey:
    """The stretch that holds the mass, and the modes on it with points around each, in coordinates of the piece.

    ``several`` says that there is more than one mode. A mode narrower than the scan and hidden on the shoulder of a
    higher one is found only if ``marks`` of the site point at it.
    """

    stretch: Stretch
    marks: Array
    several: bool


def survey(piece: Piece, hints: Array) -> Survey:
    """Return what a scan of the whole piece finds; ``hints`` are points of the line worth a look."""
    extra = piece.coordinate(hints)
    nodes = np.unique(np.concatenate([np.linspace(piece.low, piece.high, _POINTS), extra]))
    # A second, finer scan of the stretch that the first one finds.
    for _ in range(2):
        modes = _modes(piece, nodes, piece.log_weight(nodes))
        several = modes.size > 1 or extra.size > 0
        marks = np.unique(np.concatenate([_around(piece, modes) if several else modes, extra]))
        nodes = np.unique(np.concatenate([nodes, marks]))
        scan = Scan.of(piece, nodes, track=several)
        stretch = locate(piece, flat, np.zeros(1, np.intp), scan, np.empty((1, 0)))
        nodes = np.unique(np.concatenate([nodes, np.linspace(float(stretch.low[0]), float(stretch.high[0]), _POINTS)]))
    return Survey(stretch, marks, several)


def flat(rows: Index, a: Array, reference: Array) -> Array:
    """Return the log of the kernel 1."""
    return np.zeros(np.broadcast_shapes(a.shape, reference.shape))


def body(piece: Piece, found: Survey) -> tuple[Array, Array]:
    """Return points over the stretch that holds the mass, and the log density of the coordinate there."""
    low, high = float(found.stretch.low[0]), float(found.stretch.high[0])
    x = np.concatenate([np.linspace(low, high, _POINTS), np.clip(found.marks, low, high), found.stretch.best])
    return piece.point(x), piece.log_weight(x)


def panels(piece: Piece, found: Survey) -> Array:
    """Return the edges of panels on which the 21-point rule gives mass and two moments to 1e-12."""
    if not found.stretch.found[0]:
        return np.array([piece.low, piece.high])
    low, high = float(found.stretch.low[0]), float(found.stretch.high[0])
    top = float(piece.log_weight(found.stretch.best)[0])
    unit = float(np.abs(piece.point(np.array([low, high]))).max())

    def rule(left: float, right: float) -> Array:
        x = (left + right) / 2 + (right - left) / 2 * NODES
        weight = np.exp(piece.log_weight(x) - top) * (right - left) / 2
        a = piece.point(x) / unit
        return np.array([weight @ KRONROD, (weight * a) @ KRONROD, (weight * a**2) @ KRONROD])

    edges = np.unique(np.concatenate([[low, high], found.marks[(found.marks > low) & (found.marks < high)]]))
    total = sum(float(rule(left, right)[0]) for left, right in pairwise(edges.tolist()))
    accepted = [low]
    stack = [(left, right, 0) for left, right in pairwise(edges.tolist())][::-1]
    while stack:
        left, right, depth = stack.pop()
        middle = (left + right) / 2
        gap = np.abs(rule(left, right) - rule(left, middle) - rule(middle, right)).max()
        if gap <= 1e-12 * total or depth >= 24 or len(stack) + len(accepted) > _MAX_PANELS:
            accepted.append(right)
        else:
            stack += [(middle, right, depth + 1), (left, middle, depth + 1)]
    return np.array(accepted)


def _modes(piece: Piece, nodes: Array, heights: Array) -> Array:
    """Return the local maxima of the scan, refined, that are within 60 nats of the highest."""
    inner = (heights[1:-1] > heights[:-2]) & (heights[1:-1] >= heights[2:]) & np.isfinite(heights[1:-1])
    at = np.flatnonzero(inner) + 1
    if at.size == 0:
        return np.empty(0)
    low, high = nodes[at - 1], nodes[at + 1]
    grid = np.linspace(0.0, 1.0, _GRID)
    rows = np.arange(at.size)
    best, value = nodes[at], heights[at]
    for _ in range(_ROUNDS):
        x = low[:, None] + (high - low)[:, None] * grid
        h = piece.log_weight(x)
        top = np.argmax(h, axis=1)
        best, value = x[rows, top], h[rows, top]
        low, high = x[rows, np.maximum(top - 1, 0)], x[rows, np.minimum(top + 1, _GRID - 1)]
        if np.all(high - low <= 1e-9 * (1 + np.abs(best))):
            break
    order = np.argsort(-value)[:_MAX_MODES]
    kept = np.sort(order[value[order] - value.max() > -NATS - 15])
    return _separate(best[kept], value[kept], nodes, heights)


def _separate(best: Array, value: Array, nodes: Array, heights: Array) -> Array:
    """Return the modes between which the density dips by more than a nat; of two that share a hill, the higher."""
    modes: list[float] = []
    levels: list[float] = []
    for mode, level in zip(best.tolist(), value.tolist(), strict=True):
        if modes:
            between = heights[(nodes > modes[-1]) & (nodes < mode)]
            if between.size == 0 or between.min() > min(level, levels[-1]) - 1:
                if level > levels[-1]:
                    modes[-1], levels[-1] = mode, level
                continue
        modes.append(mode)
        levels.append(level)
    return np.array(modes)


def _around(piece: Piece, modes: Array) -> Array:
    """Return each mode and points around it, at multiples of the distance over which the density falls by 8 nats."""
    value = piece.log_weight(modes)[:, None]
    reach = 2.0 ** np.arange(-44, 8)
    marks = [modes]
    for sign in (-1.0, 1.0):
        x = np.clip(modes[:, None] + sign * reach, piece.low, piece.high)
        fallen = value - piece.log_weight(x) > _DROP
        distance = reach[np.where(fallen.any(axis=1), np.argmax(fallen, axis=1), reach.size - 1)]
        marks += [modes + sign * distance * factor for factor in (0.25, 0.5, 1.0, 2.0)]
    return np.clip(np.concatenate(marks), piece.low, piece.high)
