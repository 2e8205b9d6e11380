"""Samples from a density by a table of its inverse distribution function."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from symsched.algebra.arrays import Array, Mask
from symsched.laws.numeric.pieces import Piece
from symsched.laws.numeric.quadrature import KRONROD, NODES

_NATS_PER_CELL = 0.03
"""Change of the log density across a cell: a quintic then misses the quantile by less than 1e−9."""
_MIN_CELLS, _MAX_CELLS = 64, 4096
"""Cells in a panel."""
_MAX_SPLITS = 40
"""Halvings of cells next to a zero of the density, where the mass falls by at least as much each time."""
_NEGLIGIBLE = 1e-12
"""A cell with less than this share of the mass may stay too coarse."""
_STEEP = 1.1
"""By which factor the density may differ from its mean over a cell."""


@dataclass(frozen=True, eq=False)
class InverseTable:
    """The inverse cdf on cells: in each, the coordinate x is a quintic Hermite polynomial of the probability.

    ``levels`` (C+1,) are the exact cdf at the cells' ends; ``coefficients`` (6, C) are for the fraction of the cell's
    probability; ``owner`` (C,) says which piece maps x to a. Values, slopes and curvatures are exact at both ends.
    """

    pieces: tuple[Piece, ...]
    levels: Array
    coefficients: Array
    starts: tuple[int, ...]

    def __call__(self, probability: Array) -> Array:
        """Return the quantiles of probabilities in [0, 1)."""
        cell = np.clip(np.searchsorted(self.levels, probability, side="right") - 1, 0, self.levels.size - 2)
        fraction = (probability - self.levels[cell]) / (self.levels[cell + 1] - self.levels[cell])
        x = self.coefficients[5][cell]
        for row in self.coefficients[4::-1]:
            x = x * fraction + row[cell]
        if len(self.pieces) == 1:
            return self.pieces[0].point(x)
        result = np.empty_like(x)
        ends = (*self.starts[1:], self.levels.size - 1)
        for piece, start, end in zip(self.pieces, self.starts, ends, strict=True):
            mine = (cell >= start) & (cell < end)
            result[mine] = piece.point(x[mine])
        return result


def tabulate(pieces: Sequence[Piece], panels: Sequence[Array]) -> InverseTable:
    """Return the table of the law whose density is resolved on ``panels`` of each piece."""
    top = max(float(piece.log_weight(_within(edges)).max()) for piece, edges in zip(pieces, panels, strict=True))
    masses: list[Array] = []
    coefficients, starts = [], []
    for piece, edges in zip(pieces, panels, strict=True):
        starts.append(sum(part.size for part in masses))
        # Along a mirrored piece a falls as x grows; cells run with a, so that the table is the increasing inverse.
        nodes = _cells(piece, edges)[:: int(piece.sign)]
        for _ in range(_MAX_SPLITS):
            mass, polynomial, coarse = _quintic(piece, nodes, top)
            if not np.any(coarse):
                break
            nodes = np.sort(np.concatenate([nodes, (nodes[:-1][coarse] + nodes[1:][coarse]) / 2]))[:: int(piece.sign)]
        masses.append(mass)
        coefficients.append(polynomial)
    flat = np.concatenate(masses)
    levels = np.concatenate([[0.0], np.cumsum(flat) / flat.sum()])
    return InverseTable(tuple(pieces), levels, np.concatenate(coefficients, axis=1), tuple(starts))


def _within(edges: Array) -> Array:
    """Return points spread over every panel."""
    return (edges[:-1, None] + np.diff(edges)[:, None] * np.linspace(0.01, 0.99, 33)).ravel()


def _cells(piece: Piece, edges: Array) -> Array:
    """Return nodes with about 0.03 nats of the density between neighbours."""
    nodes = [edges[:1]]
    for left, right in pairwise(edges):
        values = piece.log_weight(left + (right - left) * np.linspace(0.01, 0.99, 33))
        values = values[np.isfinite(values)]
        change = float(np.abs(np.diff(values)).sum()) if values.size > 1 else 0.0
        count = int(np.clip(change / _NATS_PER_CELL, _MIN_CELLS, _MAX_CELLS))
        nodes.append(np.linspace(left, right, count + 1)[1:])
    return np.concatenate(nodes)


def _quintic(piece: Piece, nodes: Array, top: float) -> tuple[Array, Array, Mask]:
    """Return the masses of the cells, the polynomials of x in the fraction of each, and which cells are too coarse.

    Cells without mass are dropped. A cell is too coarse when the density changes too much across it, as at a zero.
    """
    half = np.diff(nodes) / 2
    x = (nodes[:-1] + half)[:, None] + half[:, None] * NODES
    every_mass = (np.exp(piece.log_weight(x) - top) @ KRONROD) * np.abs(half)
    kept = every_mass > 1e-25
    left, right, mass = nodes[:-1][kept], nodes[1:][kept], every_mass[kept]
    width = right - left
    step = 0.05 * np.abs(width)
    sense = np.sign(width)
    usable = np.ones(mass.size, dtype=bool)
    ends = []
    for point, side in ((left, sense), (right, -sense)):
        density, beyond, further = (np.exp(piece.log_weight(point + side * j * step) - top) for j in range(3))
        derivative = side * (4 * beyond - 3 * density - further) / (2 * step)
        with np.errstate(all="ignore"):
            first = sense * mass / density
            second = -(mass**2) * derivative / density**3
            ratio = first / width
            usable &= np.isfinite(second) & (ratio < _STEEP) & (ratio > 1 / _STEEP)
        ends.append((first, second))
    (v0, c0), (v1, c1) = ((np.where(usable, first, width), np.where(usable, second, 0.0)) for first, second in ends)
    rise = width - v0 - c0 / 2
    slope = v1 - v0 - c0
    bend = c1 - c0
    cubic = 10 * rise - 4 * slope + bend / 2
    quartic = -15 * rise + 7 * slope - bend
    fifth = 6 * rise - 3 * slope + bend / 2
    coarse = np.zeros(every_mass.size, dtype=bool)
    coarse[kept] = ~usable & (mass > _NEGLIGIBLE * mass.sum())
    return mass, np.stack([left, v0, c0 / 2, cubic, quartic, fifth]), coarse
