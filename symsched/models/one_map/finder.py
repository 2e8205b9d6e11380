"""Finding the coordinates that started in given bins."""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.models.one_map.bins import Bins

_REMEMBERED = 30_000
"""Dimension from which a region that was searched is remembered, with its surroundings."""
_TOGETHER = 1 << 18
"""Coordinates of shorter rows that are searched together."""
_SLACK = 1e-9
"""Bins by which more is searched: on the edges the rounding of the bins decides."""


@final
@dataclass(frozen=True)
class Finder:
    """Searches rows of ``noise`` (r, d), whose bins hold ``counts`` (r, bins), and remembers the regions searched."""

    bins: Bins
    noise: Array
    counts: Array
    regions: dict[int, list[tuple[float, float, Index]]] = field(default_factory=dict)

    def find(self, path: Index, first: Array, width: Array) -> tuple[Index, Index]:
        """Return the coordinates in some cells: the number of the cell and the flat position of each, (m,)."""
        d = self.noise.shape[1]
        last = first + width
        if d < _REMEMBERED:
            step = _TOGETHER // d
            found = [self._scan(path, first, last, start, start + step) for start in range(0, path.size, step)]
        else:
            columns = [self._near(*cell) for cell in zip(path.tolist(), first.tolist(), last.tolist(), strict=True)]
            found = [(np.full(near.size, number), near) for number, near in enumerate(columns)]
        cell, column = (np.concatenate(parts) for parts in zip(*found, strict=True))
        position = path[cell] * d + column
        index, offset, _ = self.bins.locate(self.noise.reshape(-1)[position])
        place = index + (offset + 0.5)
        inside = (place >= first[cell]) & (place < last[cell])
        return cell[inside], position[inside]

    def _scan(self, path: Index, first: Array, last: Array, start: int, stop: int) -> tuple[Index, Index]:
        """Return cells and columns of what lies near some of the cells."""
        z = self.noise[path[start:stop]]
        left, right = self._edges(first[start:stop, None], last[start:stop, None])
        cell, column = np.nonzero((z > left) & (z < right))
        return cell + start, column

    def _near(self, path: int, first: float, last: float) -> Index:
        """Return the columns of coordinates in a region around the bins from ``first`` to ``last``."""
        known = self.regions.setdefault(path, [])
        for low, high, columns in known:
            if low <= first and last <= high:
                return columns
        low, high = self._region(path, first, last)
        row = self.noise[path]
        left, right = self._edges(np.asarray(low), np.asarray(high))
        columns = np.flatnonzero((row > left) & (row < right))
        known.append((low, high, columns))
        return columns

    def _edges(self, first: Array, last: Array) -> tuple[Array, Array]:
        """Return the initial values between which bins lie."""
        middle, width = self.bins.count / 2, self.bins.width
        return np.asarray((first - _SLACK - middle) * width), np.asarray((last + _SLACK - middle) * width)

    def _region(self, path: int, first: float, last: float) -> tuple[float, float]:
        """Return bins around the wanted ones that hold at most a few times their coordinates, or few anyway."""
        counts = self.counts[path]
        wanted = counts[int(first) : int(np.ceil(last))].sum()
        for factor in (16, 8, 4, 2):
            reach = (factor - 1) / 2 * max(last - first, 1.0)
            low, high = max(0.0, np.floor(first - reach)), min(float(self.bins.count), np.ceil(last + reach))
            if counts[int(low) : int(high)].sum() <= max(3 * wanted, self.noise.shape[1] / 100):
                return float(low), float(high)
        return float(np.floor(first)), float(np.ceil(last))
