"""One monotone map of the line per path, carried by piecewise polynomials that are refined while they evolve.

Along a path of an exchangeable model all coordinates obey the same scalar recursion, so that x_i = f(z_i) with one
map f. It is held at Chebyshev nodes of cells. When the map steepens inside a cell, the cell is halved *before* the step
that it would not resolve. Where the bins' moments no longer tell its sums, and where few are left, the cell is replaced
by its coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index, Mask
from symsched.laws.numeric import chebyshev
from symsched.models.noise import tiles
from symsched.models.one_map.bins import MOMENTS, Bins, cubic_matrix, moment_matrix
from symsched.models.one_map.finder import Finder

NODES = 15
"""Nodes per cell."""
_WIDE = 256
"""Bins from which on a cell's moments are worth looking at in place."""
_FEW = 64
"""A cell with fewer coordinates than this is replaced by them rather than halved."""


@final
@dataclass
class Cells:
    """The maps of r paths: C cells with NODES nodes each and R coordinates on their own.

    ``path``, ``first``, ``width`` (C,): owner and place of each cell, in bins; ``owner_single``, ``position`` (R,):
    owner and flat position in ``noise`` (r, d) of each coordinate on its own; ``x`` (C·NODES + R,): the state, cells
    first; ``weights`` likewise: what a value counts in a sum over the coordinates of its path. Without coordinates
    (``noise`` (r, 0)) only the bins' moments are known, and the coordinates of a bin follow the normal density in it.
    """

    bins: Bins
    noise: Array
    moments: Array
    path: Index
    first: Array
    width: Array
    owner_single: Index
    position: Index
    x: Array
    weights: Array
    finder: Finder

    @staticmethod
    def start(bins: Bins, noise: Array, moments: Array, outside: Index, amplitude: float) -> Cells:
        """Return the maps f(z) = amplitude · z."""
        rows, d = noise.shape
        width, path, first = bins.count, np.arange(rows), np.zeros(rows)
        weights = moments.reshape(rows, width * MOMENTS) @ moment_matrix(width, NODES)
        z = (first[:, None] + width / 2 * (1 + chebyshev.nodes(NODES)) - bins.count / 2) * bins.width
        return Cells(
            bins,
            noise,
            moments,
            path,
            first,
            np.full(path.size, float(width)),
            outside // max(d, 1),
            outside,
            amplitude * np.concatenate([z.ravel(), noise.reshape(-1)[outside]]),
            np.concatenate([weights.ravel(), np.ones(outside.size)]),
            Finder(bins, noise, moments[:, :, 0]),
        )

    @property
    def paths(self) -> int:
        """Number of paths r."""
        return int(self.noise.shape[0])

    @property
    def named(self) -> bool:
        """Whether the coordinates themselves are known."""
        return self.noise.shape[1] > 0

    @property
    def inner(self) -> int:
        """Number of values that belong to cells."""
        return self.path.size * NODES

    @property
    def owner(self) -> Index:
        """The path of every value."""
        return np.concatenate([np.repeat(self.path, NODES), self.owner_single])

    def population(self) -> Array:
        """Return the number of coordinates in each cell, (C,)."""
        return np.abs(self.weights[: self.inner].reshape(-1, NODES).sum(axis=1))

    def refine(self, halve: Mask, unknown: Mask) -> Callable[[Array], Array]:
        """Halve some cells, and replace by their coordinates those whose sums are unknown and those of few.

        Returns the map from a function's values on the cells as they were, (T,), to those on the new ones.
        """
        few = (self.population() < _FEW) | (self.width <= 1)
        singled = np.flatnonzero((unknown | (halve & few)) & self.named)
        kept, halved = np.flatnonzero(~(halve | unknown)), np.flatnonzero(halve & ~(unknown | few & self.named))
        inner = self.inner
        place, position = np.empty((2, 0)), np.empty(0, dtype=np.intp)
        if singled.size:
            cell, position = self.finder.find(self.path[singled], self.first[singled], self.width[singled])
            singled = singled[cell]
            z = self.noise.reshape(-1)[position] / self.bins.width
            place = (z + self.bins.count / 2 - self.first[singled]) / self.width[singled] * 2 - 1

        def expressed(values: Array) -> Array:
            nodes = values[:inner].reshape(-1, NODES)
            cells = [part.ravel() for part in (nodes[kept], *(nodes[halved] @ half for half in _HALVES))]
            states = chebyshev.evaluate_each(nodes, singled, place) if singled.size else np.empty(0)
            return np.concatenate([*cells, values[inner:], states])

        self.x = expressed(self.x)
        width = self.width[halved] / 2
        sides = [(self.path[halved], self.first[halved] + side * width, width) for side in (0, 1)]
        weights = [self.weights[:inner].reshape(-1, NODES)[kept], *(self._weigh(*side) for side in sides)]
        kept_cells = (self.path[kept], self.first[kept], self.width[kept])
        self.path, self.first, self.width = (np.concatenate(each) for each in zip(kept_cells, *sides, strict=True))
        self.position = np.concatenate([self.position, position])
        self.owner_single = self.position // max(self.noise.shape[1], 1)
        self.weights = np.concatenate([*(part.ravel() for part in weights), np.ones(self.position.size)])
        return expressed

    def _weigh(self, path: Index, first: Array, width: Array) -> Array:
        """Return the weights of cells from the bins' moments, (cells, NODES)."""
        weights = np.empty((path.size, NODES))
        parts = np.flatnonzero(width < 1)
        if parts.size:
            weights[parts] = self._spread(path[parts], first[parts], width[parts])
        for size in np.unique(width[width >= 1]).astype(int).tolist():
            same = np.flatnonzero(width == size)
            weights[same] = self._gather(path[same], first[same].astype(np.intp), size)
        return weights

    def _gather(self, path: Index, first: Index, size: int) -> Array:
        """Return the weights of cells of ``size`` whole bins from the bins' moments."""
        matrix = moment_matrix(size, NODES)
        if size < _WIDE:
            moments = self.moments[path[:, None], first[:, None] + np.arange(size)]
            return np.asarray(moments.reshape(path.size, size * MOMENTS) @ matrix)
        # Wide cells are the same ones in most paths, and their moments too many to be copied.
        weights = np.empty((path.size, NODES))
        flat = self.moments.reshape(self.paths, -1)
        for start in np.unique(first).tolist():
            here = np.flatnonzero(first == start)
            columns = flat[:, start * MOMENTS : (start + size) * MOMENTS]
            everyone = np.array_equal(path[here], np.arange(self.paths))
            weights[here] = (columns if everyone else columns[path[here]]) @ matrix
        return weights

    def _spread(self, path: Index, first: Array, width: Array) -> Array:
        """Return the weights of parts of bins whose coordinates follow the normal density."""
        whole = np.floor(first)
        points, rule = chebyshev.gauss_legendre(NODES + 1)
        middle = (whole[:, None] + 0.5 - self.bins.count / 2) * self.bins.width

        def density(low: Array, span: Array) -> Array:
            z = (low[:, None] + span[:, None] / 2 * (1 + points) - self.bins.count / 2) * self.bins.width
            return np.asarray(span[:, None] / 2 * rule * np.exp((middle - z) * (middle + z) / 2))

        share = self.moments[path, whole.astype(np.intp), 0] / density(whole, np.ones(whole.size)).sum(axis=1)
        return np.asarray((share[:, None] * density(first, width)) @ _AT_LEGENDRE)

    def scatter(self, tolerance: float) -> float:
        """Overwrite the noise by f(z), in place, and return the largest error of the cubics that were used.

        Bins on which a cubic misses the cell's polynomial by more than ``tolerance`` are evaluated by the polynomial.
        """
        rows, d = self.noise.shape
        table, cell_of_bin, error = self._table(tolerance)
        values = self.x[: self.inner].reshape(-1, NODES)
        for row, column in tiles(rows, d):
            tile = self.noise[row, column]
            index, offset, _ = self.bins.locate(tile)
            index += (np.arange(row.start, row.stop) * self.bins.count)[:, None]
            np.take(table[3], index, out=tile, mode="clip")
            for order in (2, 1, 0):
                tile *= offset
                tile += np.take(table[order], index, mode="clip")
            if cell_of_bin is not None:
                cell = np.take(cell_of_bin, index.reshape(-1), mode="clip")
                flat = np.flatnonzero(cell >= 0)
                cell = cell[flat]
                inside = index.reshape(-1)[flat] % self.bins.count - self.first[cell]
                t = (inside + offset.reshape(-1)[flat] + 0.5) / self.width[cell] * 2 - 1
                tile.reshape(-1)[flat] = chebyshev.evaluate_each(values, cell, t)
        self.noise.reshape(-1)[self.position] = self.x[self.inner :]
        return error

    def _table(self, tolerance: float) -> tuple[Array, Index | None, float]:
        """Return cubics (4, r · bins), the cell of each bin on which they do not suffice (or −1), and their error.

        They take the place of the moments, which nobody asks for any more; bins outside all cells hold any numbers.
        """
        length = self.paths * self.bins.count
        table = self.moments.reshape(4, length)
        special = None
        values = self.x[: self.inner].reshape(-1, NODES)
        start = (self.path * self.bins.count + self.first).astype(np.intp)
        error = 0.0
        for size in np.unique(self.width).astype(np.intp):
            same = np.flatnonzero(self.width == size)
            cubic = (values[same] @ cubic_matrix(int(size), NODES)).reshape(same.size, 5, size)
            where = start[same, None] + np.arange(size)
            for order in range(4):
                table[order, where] = cubic[:, order]
            miss = np.abs(cubic[:, 4])
            error = max(error, float(np.max(np.minimum(miss, tolerance))))
            if np.any(miss > tolerance):
                special = np.full(length, -1, dtype=np.intp) if special is None else special
                special[where] = np.where(miss > tolerance, same[:, None], -1)
        return table, special, error


_HALVES = tuple(chebyshev.interpolation(NODES, (chebyshev.nodes(NODES) + side) / 2) for side in (-1, 1))
_AT_LEGENDRE = chebyshev.interpolation(NODES, chebyshev.gauss_legendre(NODES + 1)[0]).T
