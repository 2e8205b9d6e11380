"""Where a function of one field u, read on a fine grid, has its maxima, and how wide they are."""

import functools
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import chebyshev
from symsched.models.one_map.populations import Fields

_FINE = 4
"""Points per grid cell at which the cubic through slopes and bends is read."""

DEPTH = 46.0
"""Nats below its maximum at which a window ends: e^{−46} = 1e−20."""


@final
@dataclass(frozen=True)
class Intervals:
    """Intervals [left, right] of the field, (W,) each, ordered by the path that owns them."""

    path: Index
    left: Array
    right: Array

    @property
    def middle(self) -> Array:
        """Middles, (W,)."""
        return (self.left + self.right) / 2

    @property
    def half(self) -> Array:
        """Half widths, (W,)."""
        return (self.right - self.left) / 2

    def nodes(self, count: int) -> Fields:
        """Return ``count`` Chebyshev nodes per window."""
        return Fields(self.path, self.middle, chebyshev.nodes(count)[:, None] * self.half)


@final
@dataclass(frozen=True)
class Peaks:
    """Candidate maxima, ordered by path and position.

    ``path``, ``position`` (W,); ``index`` (W,): the point of ``fine`` (F,) before each; ``height`` (n, F): the
    functions, up to a constant per path.
    """

    path: Index
    position: Array
    index: Index
    fine: Array
    height: Array

    @property
    def resolution(self) -> float:
        """Spacing of the points the peaks were read from."""
        return float(self.fine[1] - self.fine[0])

    def contained(self) -> tuple[bool, bool]:
        """Return whether all functions have fallen by DEPTH at the first point, and at the last."""
        fallen = self.height.max(axis=1, keepdims=True) - self.height[:, [0, -1]] > DEPTH
        return bool(np.all(fallen[:, 0])), bool(np.all(fallen[:, 1]))

    def windows(self) -> Intervals:
        """Return where each peak has fallen by DEPTH, or reaches the valley towards its neighbour."""
        height, index, fine = self.height[self.path], self.index, self.fine
        row = np.arange(index.size)
        top = np.maximum(height[row, index], height[row, index + 1])
        position = np.arange(fine.size)
        low = height < (top - DEPTH)[:, None]
        left = np.where(low & (position <= index[:, None]), position, 0).max(axis=1)
        right = np.where(low & (position > index[:, None]), position, fine.size - 1).min(axis=1)
        meet = np.flatnonzero((self.path[1:] == self.path[:-1]) & (right[:-1] > left[1:]))
        between = (position >= index[meet, None]) & (position <= index[meet + 1, None] + 1)
        valley = np.where(between, height[meet], np.inf).argmin(axis=1)
        right[meet] = left[meet + 1] = valley
        return Intervals(self.path, fine[left], fine[right])


def interpolate(grid: Array, values: Array, slopes: Array) -> tuple[Array, Array, Array]:
    """Return a fine grid (F,), the cubics through ``values`` and ``slopes`` (n, G) on it, and their integrals."""
    spacing = float(grid[1] - grid[0])
    to_values, to_slopes, areas, area_slopes = _matrices(grid.size)
    fine = values @ to_values + slopes @ (spacing * to_slopes)
    integral = values @ (spacing * areas) + slopes @ (spacing**2 * area_slopes)
    return np.linspace(grid[0], grid[-1], fine.shape[1]), fine, integral


def read_peaks(fine: Array, fine_slope: Array, height: Array, slack: Array) -> Peaks:
    """Return the maxima where the slope on ``fine`` turns negative, but for those ``slack`` (n,) below the highest."""
    falling = fine_slope <= 0
    path, index = np.nonzero(falling[:, 1:] > falling[:, :-1])
    before, after = fine_slope[path, index], fine_slope[path, index + 1]
    position = fine[index] + before / (before - after) * (fine[1] - fine[0])
    top = np.maximum(height[path, index], height[path, index + 1])
    best = np.maximum.reduceat(top, np.flatnonzero(np.diff(path, prepend=-1)))
    drop = best[path] - top
    kept = drop < slack[path]
    return Peaks(path[kept], position[kept], index[kept], fine, height)


@functools.lru_cache(maxsize=64)
def _matrices(count: int) -> tuple[Array, Array, Array, Array]:
    """Return the Hermite matrices (G, F): the function from values, from derivatives, and its integral from both."""
    t = np.arange(_FINE) / _FINE
    value = np.stack([(1 + 2 * t) * (1 - t) ** 2, t**2 * (3 - 2 * t)])
    slope = np.stack([t * (1 - t) ** 2, t**2 * (t - 1)])
    value_area = np.stack([t - t**3 + t**4 / 2, t**3 - t**4 / 2])
    slope_area = np.stack([t**2 / 2 - 2 * t**3 / 3 + t**4 / 4, t**4 / 4 - t**3 / 3])
    fine = (count - 1) * _FINE + 1
    result = [np.zeros((count, fine)) for _ in range(4)]
    for cell in range(count - 1):
        here = slice(cell * _FINE, (cell + 1) * _FINE)
        for matrix, local in zip(result, (value, slope, value_area, slope_area), strict=True):
            matrix[cell : cell + 2, here] += local
        after = slice((cell + 1) * _FINE, None)
        result[2][cell : cell + 2, after] += 0.5
        result[3][cell, after] += 1 / 12
        result[3][cell + 1, after] -= 1 / 12
    result[0][-1, -1] = 1.0
    for matrix in result:
        matrix.setflags(write=False)
    return result[0], result[1], result[2], result[3]
