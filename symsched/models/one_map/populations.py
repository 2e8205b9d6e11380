"""The coordinates of many paths as something that functions are summed over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.models.one_map.bases import AbstractBasis, Fan, basis

_CHUNK = 15_000
"""Numbers evaluated at once: just less memory (128 KiB) than what is asked of the system anew, and cleared, each
time."""
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
@dataclass(frozen=True, eq=False)
class Means:
    """The means at some fields as functions of ψ y: themselves, or the terms 1, f_1, … of a ``series`` (c, K + 1).

    ``kept``: memory that holds the means or the f_k at all coordinates.
    """

    fields: Fields
    series: Array | None = None
    kept: Array | None = None

    def terms(self, at_fields: Array) -> Array:
        """Return the weights of the terms from those of the fields, (…, c)."""
        return at_fields if self.series is None else np.asarray(at_fields @ self.series)


@final
@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of means over the coordinates, as sums (W, K + 1 or c) of the terms of the means."""

    means: Means
    terms: Array

    @property
    def at_fields(self) -> Array:
        """The sums at the fields, (W, c)."""
        return self.terms if self.means.series is None else np.asarray(self.terms @ self.means.series.T)


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
        everyone = field.shape[1] * np.ones(field.shape[0])
        self._counts = everyone * weights if isinstance(weights, float) else weights.sum(axis=1)
        self._used = np.full(field.shape[0], field.shape[1]) if used is None else used

    @property
    def paths(self) -> int:
        """Number of paths n."""
        return int(self._field.shape[0])

    def means(self, kernel: AbstractKernel, fields: Fields) -> Array:
        """Return the sums of means, (W, c)."""
        return self.sums(kernel, fields, np.zeros(fields.shape[1])).at_fields

    def sums(self, kernel: AbstractKernel, fields: Fields, slack: Array) -> Sums:
        """Return the sums of means; ``slack`` (c,): error allowed at each field, relative to the scale of a mean."""
        found: AbstractBasis = Fan(kernel, fields.shape[1])
        kept = None
        if self._store is not None:
            reach = float(np.abs(self._field).max(initial=1e-300))
            found = basis(kernel, fields.middle, fields.offsets, reach, slack)
            kept = self._store.take(fields.shape[0] * self._field.shape[1] * found.width)
        total = np.zeros((fields.shape[0], found.width))
        for part in self._parts(fields, found.width):
            out = np.empty(part.shape) if kept is None else part.of(kept)
            total[part.rows] += self._sum(part, found.fill(self._v(fields, part), part.u, out))
        if found.series is not None:
            total = np.concatenate([self._counts[fields.path, None], total], axis=1)
        return Sums(Means(fields, found.series, kept), total)

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

    def mixture(self, kernel: AbstractKernel, means: Means, weights: Array) -> Array:
        """Return sum_c w_c mean(u_c + psi y) for every coordinate, (n, m); ``weights`` (W, c), or of a series' terms.

        Means that are kept must be those that were summed last.
        """
        fields, constant = means.fields, None
        if means.series is not None:
            constant, weights = weights[:, :1], weights[:, 1:]
        mixed = np.empty((fields.path.size, self._field.shape[1]))
        for part in self._parts(fields, weights.shape[1]):
            values = kernel.fan(self._v(fields, part), part.u) if means.kept is None else part.of(means.kept)
            mixed[part.rows, part.columns] = np.matmul(weights[part.rows, None], values.transpose(1, 0, 2))[:, 0]
        if constant is not None:
            mixed += constant
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
