"""The coordinates of many paths as something that functions are summed over."""

from __future__ import annotations

import math
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.laws.numeric.kernels import AbstractKernel

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_CHUNK = 15_000
"""Numbers evaluated at once: just less memory (128 KiB) than what is asked of the system anew, and cleared, each
time."""


@final
class Store:
    """Memory that outlives one population, because clearing new memory takes longer than filling it."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._memory = np.empty(0)

    def take(self, size: int) -> Array:
        """Return ``size`` numbers of any value; what was taken before is lost."""
        if self._memory.size < size:
            self._memory = np.empty(3 * size // 2)
        return self._memory[:size]


@final
class Coordinates:
    """The coordinates of n paths at one ψ; fields u are given per window, and every window belongs to a path.

    ``field`` = psi y (n, m); each stands for ``weights``, (n, m) or one number, equal ones. With a ``store`` the means
    at the last fields asked for are kept there for ``mixture``. ``thin``: fewer ones that stand for them in surveys.
    """

    def __init__(
        self,
        field: Array,
        weights: Array | float = 1.0,
        store: Store | None = None,
        thin: Coordinates | None = None,
    ) -> None:
        """Take ψ y, what each value counts, where to keep means, and who is surveyed."""
        self._field = field
        self._weights = weights
        self._store = store
        self._surveyed = self if thin is None else thin
        self._kept: tuple[Array, Array] | None = None

    @property
    def paths(self) -> int:
        """Number of paths n."""
        return int(self._field.shape[0])

    def field_means(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of means, (W, c)."""
        total = np.zeros(fields.shape)
        kept = np.empty(0) if self._store is None else self._store.take(fields.size * self._field.shape[1])
        done = 0
        for windows, columns in self._chunks(fields.shape):
            means = kernel.mean(self._arguments(path, fields, windows, columns))
            total[windows] += self._sum(path, windows, columns, means)
            if kept.size:
                kept[done : done + means.size] = means.reshape(-1)
                done += means.size
        self._kept = (fields, kept) if kept.size else None
        return total

    def field_variances(self, kernel: AbstractKernel, path: Index, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and of variances, (W, c) each."""
        total, spread = np.zeros(fields.shape), np.zeros(fields.shape)
        for windows, columns in self._chunks(fields.shape):
            means, variances = kernel.spread(self._arguments(path, fields, windows, columns))
            total[windows] += self._sum(path, windows, columns, means)
            spread[windows] += self._sum(path, windows, columns, variances)
        return total, spread

    def field_logs(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of log normalisers, (W, c)."""
        total = np.zeros(fields.shape)
        for windows, columns in self._chunks(fields.shape):
            logs = kernel.both(self._arguments(path, fields, windows, columns))[0]
            total[windows] += self._sum(path, windows, columns, logs)
        return total

    def survey(self, kernel: AbstractKernel, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and of variances on one grid of fields (G,) for all paths, (n, G) each."""
        path = np.arange(self.paths)
        return self._surveyed.field_variances(kernel, path, np.broadcast_to(fields, (self.paths, fields.size)))

    def mixture(self, kernel: AbstractKernel, path: Index, fields: Array, weights: Array) -> Array:
        """Return sum_c w_c mean(u_c + psi y) for every coordinate, (n, m)."""
        kept = self._kept[1] if self._kept is not None and self._kept[0] is fields else np.empty(0)
        mixed = np.empty((path.size, self._field.shape[1]))
        done = 0
        for windows, columns in self._chunks(fields.shape):
            if kept.size:
                shape = (windows.stop - windows.start, fields.shape[1], columns.stop - columns.start)
                size = math.prod(shape)
                means = kept[done : done + size].reshape(shape)
                done += size
            else:
                means = kernel.mean(self._arguments(path, fields, windows, columns))
            mixed[windows, columns] = np.matmul(weights[windows, None], means)[:, 0]
        if path.size == self.paths:
            return mixed
        return np.asarray(np.add.reduceat(mixed, np.flatnonzero(np.diff(path, prepend=-1)), axis=0))

    def _arguments(self, path: Index, fields: Array, windows: slice, columns: slice) -> Array:
        """Return u + ψ y, (w, c, m')."""
        return np.asarray(self._field[path[windows], None, columns] + fields[windows, :, None])

    def _sum(self, path: Index, windows: slice, columns: slice, values: Array) -> Array:
        """Return the weighted sums over coordinates of values (w, c, m'), (w, c)."""
        if isinstance(self._weights, float):
            return np.asarray(self._weights * values.sum(axis=2))
        return np.asarray(np.matmul(values, self._weights[path[windows], columns, None])[:, :, 0])

    def _chunks(self, shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
        """Return the parts, of windows and of coordinates, in which everything is evaluated."""
        count, width = shape
        m = self._field.shape[1]
        column_step = max(1, min(m, _CHUNK // width))
        row_step = max(1, _CHUNK // (width * column_step))
        return [
            (slice(row, min(row + row_step, count)), slice(column, min(column + column_step, m)))
            for row in range(0, count, row_step)
            for column in range(0, m, column_step)
        ]
