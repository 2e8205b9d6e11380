"""Finding the coordinates that started in given bins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.models.one_map.bins import Bins

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@final
@dataclass(frozen=True)
class Members:
    """Coordinates of one path: flat positions in the noise and initial values, (m,) each."""

    position: Index
    z: Array

    def __getitem__(self, chosen: Index) -> Members:
        """Return some of them."""
        return Members(self.position[chosen], self.z[chosen])


@final
@dataclass(frozen=True)
class Finder:
    """Searches rows of ``noise`` (r, d), whose bins hold ``counts`` (r, bins), and remembers the regions searched."""

    bins: Bins
    noise: Array
    counts: Array
    regions: dict[int, list[tuple[float, float, Members, Array]]] = field(default_factory=dict)

    def find(self, path: int, first: float, width: float) -> Members:
        """Return the coordinates in the bins from ``first`` to ``first + width``."""
        last = first + width
        known = self.regions.setdefault(path, [])
        for low, high, members, place in known:
            if low <= first and last <= high:
                return members[np.flatnonzero((place >= first) & (place < last))]
        low, high = self._region(path, first, last)
        row = self.noise[path]
        slack = 1e-9
        left, right = ((edge - self.bins.count / 2) * self.bins.width for edge in (low - slack, high + slack))
        near = np.flatnonzero((row > left) & (row < right))
        z = row[near]
        # On the edges the rounding of the bins decides.
        index, offset, _ = self.bins.locate(z)
        place = index + (offset + 0.5)
        members = Members(near + path * self.noise.shape[1], z)
        known.append((low, high, members, place))
        return members[np.flatnonzero((place >= first) & (place < last))]

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
