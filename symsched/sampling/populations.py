"""The coordinates of many paths as something that functions are summed over."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.sampling.kernels import AbstractKernel

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_CHUNK = 1 << 16
"""Numbers evaluated at once: small enough for the second-level cache."""


class AbstractPopulation(abc.ABC):
    """The coordinates y of n paths at one ψ; fields u are given per window, and every window belongs to a path."""

    @property
    @abc.abstractmethod
    def paths(self) -> int:
        """Number of paths n."""

    @abc.abstractmethod
    def field_means(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return sum_j mean(u + psi y_j) for each window's fields, (W, c)."""

    @abc.abstractmethod
    def field_variances(self, kernel: AbstractKernel, path: Index, fields: Array) -> tuple[Array, Array]:
        """Return the sums over the coordinates of mean and variance, (W, c) each."""

    @abc.abstractmethod
    def field_logs(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return sum_j log Z(u + psi y_j), (W, c)."""

    @abc.abstractmethod
    def survey(self, kernel: AbstractKernel, fields: Array) -> tuple[Array, Array]:
        """Return the sums of mean and variance on one grid of fields (G,) for all paths, (n, G), to scan them."""


@final
@dataclass(frozen=True)
class Coordinates(AbstractPopulation):
    """All coordinates themselves: ``field`` = psi y of shape (n, d), each standing for ``multiplicity`` equal ones."""

    field: Array
    multiplicity: float = 1.0

    @property
    def paths(self) -> int:
        """Number of paths n."""
        return int(self.field.shape[0])

    def field_means(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of means, (W, c)."""
        total = np.zeros(fields.shape)
        for windows, columns in self._chunks(fields.shape):
            total[windows] += kernel.mean(self._arguments(path, fields, windows, columns)).sum(axis=1)
        return self.multiplicity * total

    def field_variances(self, kernel: AbstractKernel, path: Index, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and of variances, (W, c) each."""
        total, spread = np.zeros(fields.shape), np.zeros(fields.shape)
        for windows, columns in self._chunks(fields.shape):
            means, variances = kernel.spread(self._arguments(path, fields, windows, columns))
            total[windows] += means.sum(axis=1)
            spread[windows] += variances.sum(axis=1)
        return self.multiplicity * total, self.multiplicity * spread

    def field_logs(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of log normalisers, (W, c)."""
        total = np.zeros(fields.shape)
        for windows, columns in self._chunks(fields.shape):
            total[windows] += kernel.both(self._arguments(path, fields, windows, columns))[0].sum(axis=1)
        return self.multiplicity * total

    def survey(self, kernel: AbstractKernel, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and of variances, (n, G) each."""
        path = np.arange(self.paths)
        return self.field_variances(kernel, path, np.broadcast_to(fields, (self.paths, fields.size)))

    def mixture(self, kernel: AbstractKernel, path: Index, fields: Array, weights: Array) -> Array:
        """Return sum_c w_c mean(u_c + psi y) for every coordinate, (n, d)."""
        mixed = np.zeros(self.field.shape)
        for windows, columns in self._chunks(fields.shape):
            means = kernel.mean(self._arguments(path, fields, windows, columns))
            # A path may own several windows, so the rows are added one window at a time.
            np.add.at(
                mixed, (path[windows, None], np.arange(columns.start, columns.stop)), _contract(means, weights[windows])
            )
        return mixed

    def _arguments(self, path: Index, fields: Array, windows: slice, columns: slice) -> Array:
        return np.asarray(self.field[path[windows], columns, None] + fields[windows, None, :])

    def _chunks(self, shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
        count, width = shape
        d = self.field.shape[1]
        column_step = max(1, min(d, _CHUNK // width))
        row_step = max(1, _CHUNK // (width * column_step))
        return [
            (slice(row, min(row + row_step, count)), slice(column, min(column + column_step, d)))
            for row in range(0, count, row_step)
            for column in range(0, d, column_step)
        ]


def _contract(means: Array, weights: Array) -> Array:
    return np.asarray(np.matmul(means, weights[:, :, None])[:, :, 0])
