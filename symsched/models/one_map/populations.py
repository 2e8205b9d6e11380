"""The coordinates of many paths as something that functions are summed over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import chebyshev
from symsched.laws.numeric.kernels import AbstractKernel

_CHUNK = 15_000
"""Numbers evaluated at once: just less memory (128 KiB) than what is asked of the system anew, and cleared, each
time."""
_DEGREES = (6, 9, 12, 16, 20, 24)
"""Numbers of polynomials in ψ y that are tried in turn to stand for all fields."""
_SEPARATED = 1e-14
"""Size of their last coefficients, relative to the largest."""
_KEPT_CHUNK = 60_000
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
@dataclass(frozen=True)
class Fields:
    """Rows of c fields u: those of the row w, which belongs to the path ``path`` (W,), are ``middle`` (W,) + offsets.

    ``offsets`` (c, W), or (c, 1) where they are the same for all rows.
    """

    path: Index
    middle: Array
    offsets: Array

    @property
    def values(self) -> Array:
        """The fields, (W, c)."""
        return np.asarray(self.middle[:, None] + self.offsets.T)

    @property
    def shape(self) -> tuple[int, int]:
        """W and c."""
        return self.middle.size, self.offsets.shape[0]


@final
class Coordinates:
    """The coordinates of n paths at one ψ, over which functions of u + ψ y are summed.

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
        self._kept: tuple[Fields, Array, Array | None] | None = None

    @property
    def paths(self) -> int:
        """Number of paths n."""
        return int(self._field.shape[0])

    def means(self, kernel: AbstractKernel, fields: Fields) -> Array:
        """Return the sums of means, (W, c)."""
        if self._store is None:
            total = np.zeros(fields.shape)
            for part in self._parts(fields, fields.shape[1]):
                total[part.rows] += self._sum(part, kernel.fan(self._v(fields, part), part.u))
            return total
        split = self._separate(kernel, fields)
        width = fields.shape[1] if split is None else split[1].shape[1]
        kept = self._store.take(fields.shape[0] * self._field.shape[1] * width)
        total = np.zeros((fields.shape[0], width))
        for part in self._parts(fields, width):
            if split is None:
                values = kernel.fan(self._v(fields, part), part.u, part.of(kept))
            else:
                values = chebyshev.polynomials((self._v(fields, part) - fields.middle[0]) / split[0], part.of(kept))
            total[part.rows] += self._sum(part, values)
        self._kept = (fields, kept, None if split is None else split[1])
        return total if split is None else np.asarray(total @ split[1].T)

    def _separate(self, kernel: AbstractKernel, fields: Fields) -> tuple[float, Array] | None:
        """Return v's reach and Chebyshev series in v/reach of the means at u + v, (c, K), if u is the same for all.

        None where a fan of them is no more work.
        """
        count = fields.shape[1]
        if fields.offsets.shape[1] > 1 or np.ptp(fields.middle) > 0:
            return None
        reach = float(np.abs(self._field).max(initial=1e-300))
        for degree in _DEGREES:
            if 2 * degree > count:
                return None
            u = fields.middle[0] + fields.offsets
            series = kernel.mean(u + reach * chebyshev.nodes(degree)) @ chebyshev.coefficients(degree)
            if np.abs(series[:, -2:]).max() < _SEPARATED * np.abs(series).max():
                return reach, series
        return None

    def variances(self, kernel: AbstractKernel, fields: Fields) -> tuple[Array, Array]:
        """Return the sums of means and of variances, (W, c) each."""
        total, spread = np.zeros(fields.shape), np.zeros(fields.shape)
        for part in self._parts(fields, fields.shape[1]):
            means, variances = kernel.spread(self._v(fields, part) + part.u[:, :, None])
            total[part.rows] += self._sum(part, means)
            spread[part.rows] += self._sum(part, variances)
        return total, spread

    def logs(self, kernel: AbstractKernel, fields: Fields) -> Array:
        """Return the sums of log normalisers, (W, c)."""
        total = np.zeros(fields.shape)
        for part in self._parts(fields, fields.shape[1]):
            logs = kernel.both(self._v(fields, part) + part.u[:, :, None])[0]
            total[part.rows] += self._sum(part, logs)
        return total

    def mixture(self, kernel: AbstractKernel, fields: Fields, weights: Array) -> Array:
        """Return sum_c w_c mean(u_c + psi y) for every coordinate, (n, m); ``weights`` (W, c)."""
        kept, series = None, None
        if self._kept is not None and self._kept[0] is fields:
            _, kept, series = self._kept
            weights = weights if series is None else weights @ series
        mixed = np.empty((fields.path.size, self._field.shape[1]))
        for part in self._parts(fields, weights.shape[1]):
            means = kernel.fan(self._v(fields, part), part.u) if kept is None else part.of(kept)
            mixed[part.rows, part.columns] = np.matmul(weights[part.rows, None], means.transpose(1, 0, 2))[:, 0]
        if fields.path.size == self.paths:
            return mixed
        return np.asarray(np.add.reduceat(mixed, np.flatnonzero(np.diff(fields.path, prepend=-1)), axis=0))

    def _sum(self, part: _Part, values: Array) -> Array:
        """Return the weighted sums over coordinates of values (c, w, m'), (w, c)."""
        if isinstance(self._weights, float):
            return np.asarray(self._weights * values.sum(axis=2).T)
        return np.asarray(np.matmul(values.transpose(1, 0, 2), self._weights[part.path, part.columns, None])[:, :, 0])

    def _parts(self, fields: Fields, width: int) -> Iterator[_Part]:
        """Yield the parts, of rows and of coordinates, in which ``width`` functions of each are evaluated."""
        count = fields.shape[0]
        most = _CHUNK if self._store is None else _KEPT_CHUNK
        column_step = max(1, min(self._field.shape[1], most // width))
        row_step = max(1, most // (width * column_step))
        most_used = np.maximum.reduceat(self._used[fields.path], np.arange(0, count, row_step)).tolist()
        start = 0
        for row, used in zip(range(0, count, row_step), most_used, strict=True):
            rows = slice(row, min(row + row_step, count))
            path = fields.path[rows]
            u = fields.offsets if fields.offsets.shape[1] == 1 else fields.offsets[:, rows]
            for column in range(0, used, column_step):
                columns = slice(column, min(column + column_step, used))
                shape = (width, path.size, columns.stop - column)
                yield _Part(rows, columns, path, u, start, shape)
                start += math.prod(shape)

    def _v(self, fields: Fields, part: _Part) -> Array:
        """Return ψ y + middle for a part, (w, m')."""
        v = self._field[part.path, part.columns]
        v += fields.middle[part.rows, None]
        return v


@final
@dataclass(frozen=True)
class _Part:
    """Some rows of fields, the path of each (w,), and some columns; offsets ``u`` (c, w) or (c, 1) of the fields.

    ``start``, ``shape``: where functions of each may be kept, (functions, w, m').
    """

    rows: slice
    columns: slice
    path: Index
    u: Array
    start: int
    shape: tuple[int, int, int]

    def of(self, memory: Array) -> Array:
        """Return what is kept of this part."""
        return memory[self.start : self.start + math.prod(self.shape)].reshape(self.shape)
