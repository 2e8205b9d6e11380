"""What can be asked of the cells' maps while the cells stay the same: sums over coordinates, tails, steepness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.sampling import chebyshev
from symsched.sampling.bins import FOURTH
from symsched.sampling.cells import NODES, THIRD, Cells
from symsched.sampling.kernels import AbstractKernel
from symsched.sampling.populations import Coordinates, Store

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_SURVEYED_SINGLES = 32
"""Coordinates standing alone that a survey looks at, per path; the others are represented by them."""


@final
@dataclass(frozen=True)
class Packed:
    """Some of the values, one row per path: ``index`` and ``weights`` (r, V), rows filled up by weights 0."""

    index: Index
    weights: Array

    @staticmethod
    def of(owner: Index, position: Index, weights: Array, paths: int) -> tuple[Packed, Index]:
        """Return values at ``position`` (T,) in rows of their ``owner``, and the flat place of each, (T,)."""
        order = np.argsort(owner, kind="stable")
        counts = np.bincount(owner, minlength=paths)
        starts = np.cumsum(counts) - counts
        width = int(counts.max())
        place = np.empty(owner.size, dtype=np.intp)
        place[order] = owner[order] * width + np.arange(owner.size) - np.repeat(starts, counts)
        # A row is filled up by its first value, so that nothing is evaluated that is not asked for anyway.
        index = np.repeat(position[order[starts]], width)
        index[place] = position
        padded = np.zeros(index.size)
        padded[place] = weights
        return Packed(index.reshape(paths, width), padded.reshape(paths, width)), place

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
        self.all, self._place = Packed.of(self.owner, np.arange(self.owner.size), cells.weights, self.paths)
        fifth = weights @ chebyshev.interpolation(5, chebyshev.nodes(NODES)).T
        chosen, thinned = _thin(cells.owner_single, self.paths)
        surveyed = np.concatenate([(np.arange(cells.path.size)[:, None] * NODES + THIRD).ravel(), inner + chosen])
        self.surveyed, _ = Packed.of(
            self.owner[surveyed], surveyed, np.concatenate([fifth.ravel(), thinned]), self.paths
        )
        self._inner = inner
        self._bin_width = cells.bins.width
        self._scale = 2 / cells.width
        # Expected error of a sum, per fourth derivative, from what the bins' moments leave open.
        unlisted = np.array([listed is None for listed in cells.members], dtype=bool)
        self._blur = np.where(unlisted & cells.named, FOURTH / 24 * self._scale**4, 0.0)
        self._absolute = np.abs(weights)

    def sum(self, values: Array) -> Array:
        """Return the sum over the coordinates of each path of a function given at all values (T,), (r,)."""
        return self.all.sum(values)

    def unpack(self, rows: Array) -> Array:
        """Return values (T,) that were found in the rows of ``all``, (r, V)."""
        return np.asarray(rows.reshape(-1)[self._place])

    def tails(self, values: Array) -> Array:
        """Return the size of the last Chebyshev coefficients of a function given at all values, (C,)."""
        return np.asarray(np.abs(self._nodes(values) @ _LAST).max(axis=1))

    def moment_error(self, values: Array) -> Array:
        """Return the expected error of each cell's sum of a function from the bins' missing moments, (C,)."""
        if not np.any(self._blur):
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


def _thin(path: Index, paths: int) -> tuple[Index, Array]:
    """Return at most about _SURVEYED_SINGLES coordinates per path, and how many each stands for."""
    counts = np.bincount(path, minlength=paths)
    if path.size == 0 or counts.max() <= _SURVEYED_SINGLES:
        return np.arange(path.size), np.ones(path.size)
    order = np.argsort(path, kind="stable")
    rank = np.arange(path.size) - np.repeat(np.cumsum(counts) - counts, counts)
    stride = np.maximum(1, counts // _SURVEYED_SINGLES)[path[order]]
    chosen = order[rank % stride == 0]
    kept = np.bincount(path[chosen], minlength=paths)
    return chosen, (counts / np.maximum(kept, 1))[path[chosen]]


@final
class CellFields(Coordinates):
    """ψ y at every node and single coordinate of the cells; surveyed by the cells' five-point rules."""

    def __init__(self, frame: CellFrame, field: Array, store: Store) -> None:
        """Take ψ y at every value, (T,)."""
        super().__init__(field[frame.all.index], frame.all.weights, store)
        self._thin = Coordinates(field[frame.surveyed.index], frame.surveyed.weights)

    def survey(self, kernel: AbstractKernel, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and variances, (r, G) each."""
        return self._thin.survey(kernel, fields)
