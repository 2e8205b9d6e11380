"""The fields ψ y at the nodes of cells, as a population that functions of one collective field are summed over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from symsched.sampling import chebyshev
from symsched.sampling.cells import NODES, THIRD, Cells
from symsched.sampling.kernels import AbstractKernel
from symsched.sampling.populations import AbstractPopulation

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_SURVEYED_SINGLES = 32
"""Coordinates standing alone that a survey looks at, per path; the others are represented by them."""

_CHUNK = 1 << 17
"""Numbers surveyed at once."""


class CellFrame:
    """What does not change while the cells stay the same: owners and summation matrices."""

    def __init__(self, cells: Cells) -> None:
        """Read the cells as they are now."""
        self.owner = cells.owner
        self.summation = cells.summation()
        self.paths = cells.paths
        inner = cells.inner
        fifth = cells.weights[:inner].reshape(-1, NODES) @ chebyshev.interpolation(5, chebyshev.nodes(NODES)).T
        chosen, weights = _thin(cells.owner_single, cells.paths)
        self.surveyed = np.concatenate([(np.arange(cells.path.size)[:, None] * NODES + THIRD).ravel(), inner + chosen])
        owner = self.owner[self.surveyed]
        self.survey = sparse.csr_array(
            (np.concatenate([fifth.ravel(), weights]), (owner, np.arange(owner.size))), shape=(cells.paths, owner.size)
        )


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


class CellFields(AbstractPopulation):
    """ψ y at every node and single coordinate of the cells; means at the last fields asked for are kept."""

    def __init__(self, frame: CellFrame, field: Array) -> None:
        """Take ψ y at every value, (T,)."""
        self._frame = frame
        self._field = field
        self._asked: Array | None = None
        self._means: list[tuple[Index | slice, Index, Array]] = []

    @property
    def paths(self) -> int:
        """Number of paths r."""
        return self._frame.paths

    def field_means(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of means, (W, c)."""
        self._asked, self._means = fields, []
        total = np.empty(fields.shape)
        for windows, members, window in self._slots(path):
            means = kernel.mean(self._field[members, None] + fields[window])
            self._means.append((members, window, means))
            total[windows] = self._sum(members, means)[path[windows]]
        return total

    def field_variances(self, kernel: AbstractKernel, path: Index, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and of variances, (W, c) each."""
        total, spread = np.empty(fields.shape), np.empty(fields.shape)
        for windows, members, window in self._slots(path):
            means, variances = kernel.spread(self._field[members, None] + fields[window])
            total[windows] = self._sum(members, means)[path[windows]]
            spread[windows] = self._sum(members, variances)[path[windows]]
        return total, spread

    def field_logs(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of log normalisers, (W, c)."""
        total = np.empty(fields.shape)
        for windows, members, window in self._slots(path):
            logs = kernel.both(self._field[members, None] + fields[window])[0]
            total[windows] = self._sum(members, logs)[path[windows]]
        return total

    def survey(self, kernel: AbstractKernel, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and variances by the five-point rules of the cells, (r, G) each."""
        surveyed, survey = self._frame.surveyed, self._frame.survey
        field = self._field[surveyed, None]
        sums, spreads = np.empty((self.paths, fields.size)), np.empty((self.paths, fields.size))
        step = max(1, _CHUNK // max(1, surveyed.size))
        for start in range(0, fields.size, step):
            chunk = slice(start, start + step)
            means, variances = kernel.spread(field + fields[chunk])
            sums[:, chunk], spreads[:, chunk] = survey @ means, survey @ variances
        return sums, spreads

    def mixture(self, kernel: AbstractKernel, path: Index, fields: Array, weights: Array) -> Array:
        """Return sum_c w_c mean(u_c + psi y) at every node and single coordinate."""
        if self._asked is not fields:
            self.field_means(kernel, path, fields)
        mixed = np.zeros(self._field.size)
        for members, window, means in self._means:
            mixed[members] += np.einsum("tc,tc->t", means, weights[window])
        return mixed

    def _sum(self, members: Index | slice, values: Array) -> Array:
        """Return the sums over each path of values given at some members, (r, c)."""
        if isinstance(members, slice):
            return np.asarray(self._frame.summation @ values)
        everywhere = np.zeros((self._field.size, values.shape[1]))
        everywhere[members] = values
        return np.asarray(self._frame.summation @ everywhere)

    def _slots(self, path: Index) -> Iterator[tuple[Index, Index | slice, Index]]:
        """Yield sets of windows with at most one per path: the windows, the members concerned, each member's window."""
        if path.size == self.paths:
            yield path, slice(None), self._frame.owner
            return
        first = np.searchsorted(path, path)
        rank = np.arange(path.size) - first
        for slot in range(int(rank.max()) + 1):
            windows = np.flatnonzero(rank == slot)
            window_of_path = np.full(self.paths, -1)
            window_of_path[path[windows]] = windows
            window = window_of_path[self._frame.owner]
            if windows.size == self.paths:
                yield windows, slice(None), window
            else:
                members = np.flatnonzero(window >= 0)
                yield windows, members, window[members]
