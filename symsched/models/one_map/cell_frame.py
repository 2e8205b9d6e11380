"""What can be asked of the cells' maps while the cells stay the same: sums over coordinates, tails, steepness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import chebyshev
from symsched.models.one_map.bins import FOURTH
from symsched.models.one_map.cells import NODES, Cells
from symsched.models.one_map.populations import Coordinates, Store


@final
@dataclass(frozen=True)
class Packed:
    """All values, one row per path: ``index`` and ``weights`` (r, V), and how many of each row are ``used`` (r,)."""

    index: Index
    weights: Array
    used: Index

    @staticmethod
    def of(cells: Cells, rule: Array) -> tuple[Packed, Index]:
        """Return all nodes, weighed by ``rule`` (C, NODES), and all coordinates on their own.

        Also return the flat place of each, those of the cells first.
        """
        path, owner = cells.path, cells.owner_single
        row, held = _rank(path, cells.paths)
        after, alone = _rank(owner, cells.paths)
        used = held * NODES + alone
        width = int(used.max())
        place = np.concatenate(
            [
                ((path * width + row * NODES)[:, None] + np.arange(NODES)).ravel(),
                owner * width + held[owner] * NODES + after,
            ]
        )
        # A row is filled up by one of its values, so that nothing is evaluated that is not asked for anyway.
        index = np.empty(cells.paths, dtype=np.intp)
        index[place // width] = np.arange(place.size)
        index = np.repeat(index, width)
        index[place] = np.arange(place.size)
        weights = np.zeros(index.size)
        weights[place] = np.concatenate([rule.ravel(), cells.weights[cells.inner :]])
        return Packed(index.reshape(-1, width), weights.reshape(-1, width), used), place

    def sum(self, values: Array) -> Array:
        """Return the sum over the coordinates of each path of a function given at all values (T,), (r,)."""
        return np.asarray(np.einsum("rv,rv->r", self.weights, values[self.index]))


@final
class CellFrame:
    """Owners, weights and populations of the cells as they are now."""

    def __init__(self, cells: Cells) -> None:
        """Read the cells."""
        inner = cells.inner
        weights = cells.weights[:inner].reshape(-1, NODES)
        self.paths = cells.paths
        self.path = cells.path
        self.owner = cells.owner
        self.population = cells.population()
        self._all, self._place = Packed.of(cells, weights)
        self._inner = inner
        self._bin_width = cells.bins.width
        self._scale = 2 / cells.width
        # Expected error of a sum, per fourth derivative, from what the bins' moments leave open.
        self._blur = FOURTH / 24 * self._scale**4 if cells.named else np.zeros(0)
        self._absolute = np.abs(weights)

    def coordinates(self, field: Array, store: Store) -> Coordinates:
        """Return ψ y, given at every value (T,), as coordinates."""
        return Coordinates(field[self._all.index], self._all.weights, store, self._all.used)

    def sum(self, values: Array) -> Array:
        """Return the sum over the coordinates of each path of a function given at all values (T,), (r,)."""
        return self._all.sum(values)

    def unpack(self, rows: Array) -> Array:
        """Return values (T,) found in rows as long as those that are summed, (r, V)."""
        return np.asarray(rows.reshape(-1)[self._place])

    def tails(self, values: Array) -> Array:
        """Return the size of the last Chebyshev coefficients of a function given at all values, (C,)."""
        return np.asarray(np.abs(self._nodes(values) @ _LAST).max(axis=1))

    def moment_error(self, values: Array) -> Array:
        """Return the expected error of each cell's sum of a function from the bins' missing moments, (C,)."""
        if not self._blur.size:
            return np.zeros(self.path.size)
        fourth = self._nodes(values) @ _FOURTH_DERIVATIVE
        return self._blur * np.sqrt(np.einsum("cq,cq->c", self._absolute, fourth**2))

    def steepest(self, x: Array) -> Array:
        """Return the largest slope dx/dz that each path's map has inside its cells, (r,)."""
        slope = np.abs(self._nodes(x) @ _DERIVATIVE).max(axis=1)
        largest = np.zeros(self.paths)
        np.maximum.at(largest, self.path, slope * (self._scale / self._bin_width))
        return largest

    def _nodes(self, values: Array) -> Array:
        """Return the values at the cells' nodes, (C, NODES)."""
        return values[: self._inner].reshape(-1, NODES)


_LAST = np.ascontiguousarray(chebyshev.coefficients(NODES)[:, -3:])
_DERIVATIVE = chebyshev.derivative(NODES, chebyshev.nodes(NODES), 1)
_FOURTH_DERIVATIVE = chebyshev.derivative(NODES, chebyshev.nodes(NODES), 4)


def _rank(path: Index, paths: int) -> tuple[Index, Index]:
    """Return the place of each among those of its path, and how many each path has, (r,)."""
    order = np.argsort(path, kind="stable")
    counts = np.bincount(path, minlength=paths)
    rank = np.empty(path.size, dtype=np.intp)
    rank[order] = np.arange(path.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return rank, counts
