"""One monotone map of the line per path, carried by piecewise polynomials that are refined while they evolve.

Along a path of an exchangeable model all coordinates obey the same scalar recursion, so that x_i = f(z_i) with one
map f. It is held at Chebyshev nodes of cells. When the map steepens inside a cell, the cell is halved *before* the step
that it would not resolve. Where the bins' moments no longer tell its sums, the cell is given its own list of
coordinates; a cell of few coordinates is replaced by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.laws.numeric import chebyshev
from symsched.models.noise import tiles
from symsched.models.one_map.bins import MOMENTS, Bins, cubic_matrix, moment_matrix
from symsched.models.one_map.members import Finder, Members

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

NODES = 15
"""Nodes per cell."""
_BASE_CELLS = 1
_WIDE = 256
"""Bins from which on a cell's moments are worth looking at in place."""
_FEW = 64
"""A cell with fewer coordinates than this is replaced by them rather than halved."""


@final
@dataclass
class Cells:
    """The maps of r paths: C cells with NODES nodes each and R coordinates on their own.

    ``path``, ``first``, ``width`` (C,): owner and place of each cell, in bins; ``members`` (C): the cell's coordinates,
    or None while the bins' moments stand for them; ``owner_single``, ``position`` (R,): owner and flat position in
    ``noise`` (r, d) of each coordinate on its own; ``x`` (C·NODES + R,): the state, cells first; ``weights`` likewise:
    what a value counts in a sum over the coordinates of its path. Without coordinates (``noise`` (r, 0)) only the bins'
    moments are known, and the coordinates of a bin follow the normal density in it.
    """

    bins: Bins
    noise: Array
    moments: Array
    path: Index
    first: Array
    width: Array
    members: list[Members | None]
    owner_single: Index
    position: Index
    x: Array
    weights: Array
    finder: Finder

    @staticmethod
    def start(bins: Bins, noise: Array, moments: Array, outside: Index, amplitude: float) -> Cells:
        """Return the maps f(z) = amplitude · z."""
        rows, d = noise.shape
        width = bins.count // _BASE_CELLS
        path = np.repeat(np.arange(rows), _BASE_CELLS)
        first = np.tile(np.arange(_BASE_CELLS) * float(width), rows)
        weights = moments.reshape(rows * _BASE_CELLS, width * MOMENTS) @ moment_matrix(width, NODES)
        z = (first[:, None] + width / 2 * (1 + chebyshev.nodes(NODES)) - bins.count / 2) * bins.width
        return Cells(
            bins,
            noise,
            moments,
            path,
            first,
            np.full(path.size, float(width)),
            [None] * path.size,
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

    def refine(self, halve: Mask, listed: Mask) -> Callable[[Array], Array]:
        """Halve some cells, give some (perhaps the same) their lists of coordinates; single these out where few.

        Returns the map from a function's values on the cells as they were, (T,), to those on the new ones.
        """
        singled = halve & (self.population() < _FEW) & self.named
        for cell in np.flatnonzero(listed | singled | (halve & (self.width <= 1) & self.named)):
            if self.members[cell] is None:
                self.members[cell] = self.finder.find(int(self.path[cell]), self.first[cell], self.width[cell])
        inner = self.inner
        weights = self.weights[:inner].reshape(-1, NODES)
        kept, halved = np.flatnonzero(~(halve | listed)), np.flatnonzero(halve & ~singled)
        only = np.flatnonzero(listed & ~halve)
        parts = [(self.path[kept], self.first[kept], self.width[kept], weights[kept])]
        members = [self.members[cell] for cell in kept]
        for side in (0, 1):
            part, lists = self._half(halved, side)
            parts.append(part)
            members.extend(lists)
        exact = np.array([self._weigh(_known(self.members[cell]), cell) for cell in only.tolist()]).reshape(-1, NODES)
        parts.append((self.path[only], self.first[only], self.width[only], exact))
        members.extend(self.members[cell] for cell in only)
        found = [(cell, _known(self.members[cell])) for cell in np.flatnonzero(singled).tolist()]
        places = [(cell, self._place(mine.z, cell)) for cell, mine in found]

        def expressed(values: Array) -> Array:
            nodes = values[:inner].reshape(-1, NODES)
            halves = [nodes[halved] @ half for half in _HALVES]
            states = [chebyshev.evaluate(nodes[cell], place) for cell, place in places]
            cells = [part.ravel() for part in (nodes[kept], *halves, nodes[only])]
            return np.concatenate([*cells, values[inner:], *states])

        self.x = expressed(self.x)
        self.position = np.concatenate([self.position, *(mine.position for _, mine in found)])
        self.owner_single = self.position // max(self.noise.shape[1], 1)
        self.weights = np.concatenate([*(part[3].ravel() for part in parts), np.ones(self.position.size)])
        self.path = np.concatenate([part[0] for part in parts])
        self.first = np.concatenate([part[1] for part in parts])
        self.width = np.concatenate([part[2] for part in parts])
        self.members = members
        return expressed

    def _half(self, cells: Index, side: int) -> tuple[tuple[Index, Array, Array, Array], list[Members | None]]:
        """Return path, first, width and weights of one half of the cells, and its members."""
        width = self.width[cells] / 2
        first = self.first[cells] + side * width
        weights = np.empty((cells.size, NODES))
        lists: list[Members | None] = [None] * cells.size
        unlisted = np.array([self.members[cell] is None for cell in cells], dtype=bool)
        parts = np.flatnonzero(unlisted & (width < 1))
        if parts.size:
            weights[parts] = self._spread(self.path[cells[parts]], first[parts], width[parts])
        for size in np.unique(width[unlisted & (width >= 1)]).astype(int).tolist():
            same = np.flatnonzero(unlisted & (width == size))
            weights[same] = self._gather(self.path[cells[same]], first[same].astype(np.intp), size)
        for number in np.flatnonzero(~unlisted):
            cell = cells[number]
            parent = _known(self.members[cell])
            place = self._place(parent.z, cell)
            mine = np.flatnonzero(place >= 0 if side else place < 0)
            lists[number] = parent[mine]
            weights[number] = chebyshev.exact_weights(NODES, 2 * place[mine] + (1 - 2 * side))
        return (self.path[cells], first, width, weights), lists

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

    def _place(self, z: Array, cell: int) -> Array:
        """Return where in [−1, 1] of a cell initial coordinates lie."""
        half = self.width[cell] / 2 * self.bins.width
        middle = (self.first[cell] - self.bins.count / 2) * self.bins.width + half
        return np.asarray((z - middle) / half)

    def _weigh(self, mine: Members, cell: int) -> Array:
        """Return the exact weights of a cell's nodes."""
        return chebyshev.exact_weights(NODES, self._place(mine.z, cell))

    def scatter(self, tolerance: float) -> float:
        """Overwrite the noise by f(z), in place, and return the largest error of the cubics that were used.

        Bins on which a cubic misses the cell's polynomial by more than ``tolerance`` are evaluated by the polynomial.
        """
        rows, d = self.noise.shape
        table, cell_of_bin, error = self._table(tolerance)
        values = self.x[: self.inner].reshape(-1, NODES)
        states = [
            (mine.position, chebyshev.evaluate(values[cell], self._place(mine.z, cell)))
            for cell, mine in enumerate(self.members)
            if mine is not None
        ]
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
        flat_noise = self.noise.reshape(-1)
        for position, state in states:
            flat_noise[position] = state
        flat_noise[self.position] = self.x[self.inner :]
        return error

    def _table(self, tolerance: float) -> tuple[Array, Index | None, float]:
        """Return cubics (4, r · bins), the cell of each bin on which they do not suffice (or −1), and their error."""
        length = self.paths * self.bins.count
        table = np.zeros((4, length))
        special = np.full(length, -1, dtype=np.intp)
        values = self.x[: self.inner].reshape(-1, NODES)
        unlisted = np.array([mine is None for mine in self.members], dtype=bool)
        start = (self.path * self.bins.count + self.first).astype(np.intp)
        error = 0.0
        for size in np.unique(self.width[unlisted]).astype(np.intp):
            same = np.flatnonzero(unlisted & (self.width == size))
            cubic = (values[same] @ cubic_matrix(int(size), NODES)).reshape(same.size, 5, size)
            where = start[same, None] + np.arange(size)
            for order in range(4):
                table[order, where] = cubic[:, order]
            miss = np.abs(cubic[:, 4])
            special[where] = np.where(miss > tolerance, same[:, None], -1)
            error = max(error, float(np.max(np.minimum(miss, tolerance))))
        return table, special if np.any(special >= 0) else None, error


_HALVES = tuple(chebyshev.interpolation(NODES, (chebyshev.nodes(NODES) + side) / 2) for side in (-1, 1))
_AT_LEGENDRE = chebyshev.interpolation(NODES, chebyshev.gauss_legendre(NODES + 1)[0]).T


def _known(members: Members | None) -> Members:
    """Return a list that the caller has made sure of."""
    if members is None:
        raise RuntimeError("a cell has no list of coordinates")
    return members
