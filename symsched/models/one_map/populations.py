"""The coordinates of many paths as something that functions are summed over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.laws.numeric.kernels import AbstractKernel

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_CHUNK = 15_000
"""Numbers evaluated at once: just less memory (128 KiB) than what is asked of the system anew, and cleared, each
time."""
_KEPT_CHUNK = 30_000
"""The same where they are written to memory that is there already; they stay in the second-level cache."""


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
    """The coordinates of n paths at one ψ; fields u are given in rows (W, c), and every row belongs to a path.

    ``field`` = psi y (n, m); each stands for ``weights``, (n, m) or one number, equal ones. With a ``store`` the means
    at the last fields asked for are kept there for ``mixture``. ``used`` (n,): how many columns of each path count.
    """

    def __init__(
        self,
        field: Array,
        weights: Array | float = 1.0,
        store: Store | None = None,
        used: Index | None = None,
    ) -> None:
        """Take ψ y, what each value counts, where to keep means, and how many values there are."""
        self._field = field
        self._weights = weights
        self._store = store
        self._used = np.full(field.shape[0], field.shape[1]) if used is None else used
        self._kept: tuple[Array, Array] | None = None

    @property
    def paths(self) -> int:
        """Number of paths n."""
        return int(self._field.shape[0])

    def means(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of means, (W, c)."""
        total = np.zeros(fields.shape)
        kept = None if self._store is None else self._store.take(fields.size * self._field.shape[1])
        for rows, columns, part in self._chunks(path, fields.shape):
            y, u = self._field[path[rows], columns], fields[rows]
            means = kernel.fan(y, u, None if kept is None else kept[part].reshape(*u.shape, y.shape[1]))
            total[rows] += self._sum(path[rows], columns, means)
        self._kept = None if kept is None else (fields, kept)
        return total

    def variances(self, kernel: AbstractKernel, path: Index, fields: Array) -> tuple[Array, Array]:
        """Return the sums of means and of variances, (W, c) each."""
        total, spread = np.zeros(fields.shape), np.zeros(fields.shape)
        for rows, columns, _ in self._chunks(path, fields.shape):
            means, variances = kernel.spread(self._field[path[rows], None, columns] + fields[rows, :, None])
            total[rows] += self._sum(path[rows], columns, means)
            spread[rows] += self._sum(path[rows], columns, variances)
        return total, spread

    def logs(self, kernel: AbstractKernel, path: Index, fields: Array) -> Array:
        """Return the sums of log normalisers, (W, c)."""
        total = np.zeros(fields.shape)
        for rows, columns, _ in self._chunks(path, fields.shape):
            logs = kernel.both(self._field[path[rows], None, columns] + fields[rows, :, None])[0]
            total[rows] += self._sum(path[rows], columns, logs)
        return total

    def mixture(self, kernel: AbstractKernel, path: Index, fields: Array, weights: Array) -> Array:
        """Return sum_c w_c mean(u_c + psi y) for every coordinate, (n, m)."""
        kept = self._kept[1] if self._kept is not None and self._kept[0] is fields else None
        mixed = np.empty((path.size, self._field.shape[1]))
        for rows, columns, part in self._chunks(path, fields.shape):
            y, u = self._field[path[rows], columns], fields[rows]
            means = kernel.fan(y, u) if kept is None else kept[part].reshape(*u.shape, y.shape[1])
            mixed[rows, columns] = np.matmul(weights[rows, None], means)[:, 0]
        if path.size == self.paths:
            return mixed
        return np.asarray(np.add.reduceat(mixed, np.flatnonzero(np.diff(path, prepend=-1)), axis=0))

    def _sum(self, path: Index, columns: slice, values: Array) -> Array:
        """Return the weighted sums over coordinates of values (w, c, m'), (w, c)."""
        if isinstance(self._weights, float):
            return np.asarray(self._weights * values.sum(axis=2))
        return np.asarray(np.matmul(values, self._weights[path, columns, None])[:, :, 0])

    def _chunks(self, path: Index, shape: tuple[int, ...]) -> Iterator[tuple[slice, slice, slice]]:
        """Yield the parts, of rows and of coordinates, in which everything is evaluated, and where each is kept."""
        count, width = shape
        most = _CHUNK if self._store is None else _KEPT_CHUNK
        m = self._field.shape[1]
        column_step = max(1, min(m, most // width))
        row_step = max(1, most // (width * column_step))
        done = 0
        for row in range(0, count, row_step):
            rows = slice(row, min(row + row_step, count))
            used = int(self._used[path[rows]].max())
            for column in range(0, used, column_step):
                columns = slice(column, min(column + column_step, used))
                size = math.prod((rows.stop - row, width, columns.stop - column))
                yield rows, columns, slice(done, done + size)
                done += size
