"""The initial coordinates of each path as moments in fine bins, and functions of them as cubics on these bins.

A sum Σ_i f(z_i) of a smooth f needs only the zeroth to third moments of the coordinates in each bin; d numbers are read
once, whatever the number of functions summed afterwards.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import chebyshev

MOMENTS = 4
"""Moments per bin: orders 0 to 3."""


@final
@dataclass(frozen=True)
class Bins:
    """``count`` equal bins (a power of two) on [−reach, reach]."""

    count: int
    reach: float

    @staticmethod
    def of(d: int) -> Bins:
        """Return bins that leave about two coordinates outside, and resolve smooth maps to 1e-11."""
        count = 2048 if d < 3000 else 4096 if d < 300_000 else 8192
        return Bins(count, float(special.ndtri(1 - 1 / max(d, 100))))

    @property
    def width(self) -> float:
        """Width of a bin."""
        return 2 * self.reach / self.count

    def locate(self, z: Array) -> tuple[Index, Array, Index]:
        """Return bin numbers, offsets in [−½, ½) bins, and where (flat) z lies outside; those count in bin 0 at −½."""
        offset = z * (1 / self.width)
        offset += self.count / 2
        outside = np.empty(0, dtype=np.intp)
        if offset.min(initial=0.0) < 0 or offset.max(initial=0.0) >= self.count:
            flat = offset.reshape(-1)
            outside = np.flatnonzero((flat < 0) | (flat >= self.count))
            flat[outside] = 0.0
        floor = np.floor(offset)
        index = floor.astype(np.intp)
        offset -= floor
        offset -= 0.5
        return index, offset, outside

    def gather(self, z: Array) -> tuple[Array, Index]:
        """Return the moments of a tile ``z`` (r, c), (r, bins, 4), and the flat positions outside the bins."""
        rows = z.shape[0]
        index, offset, outside = self.locate(z)
        if rows > 1:
            index += (np.arange(rows) * self.count)[:, None]
        flat = index.reshape(-1)
        length = rows * self.count
        moments = np.empty((length, MOMENTS))
        moments[:, 0] = np.bincount(flat, minlength=length)
        power = offset
        for order in range(1, MOMENTS):
            moments[:, order] = np.bincount(flat, power.reshape(-1), minlength=length)
            if order + 1 < MOMENTS:
                power = power * offset
        absent = np.bincount(outside // z.shape[1], minlength=rows)
        moments[:: self.count] -= absent[:, None] * (-0.5) ** np.arange(MOMENTS)
        return moments.reshape(rows, self.count, MOMENTS), outside


@functools.cache
def moment_matrix(width: int, nodes: int) -> Array:
    """Return the matrix (width · 4, nodes) from the moments in a cell of ``width`` bins to weights of its nodes.

    The weights sum any polynomial of degree below ``nodes`` over the coordinates, up to what the fourth powers of
    their places in the bins fluctuate.
    """
    centres = (2 * np.arange(width) + 1) / width - 1
    taylor = [chebyshev.interpolation(nodes, centres).T]
    for order in range(1, 6):
        scale = (2 / width) ** order / math.factorial(order)
        taylor.append(scale * chebyshev.derivative(nodes, centres, order).T)
    # The fourth and fifth powers of t in [−½, ½] by their projections on the lower ones (Legendre).
    taylor[0] = taylor[0] - 3 / 560 * taylor[4]
    taylor[2] = taylor[2] + 3 / 14 * taylor[4]
    taylor[1] = taylor[1] - 5 / 336 * taylor[5]
    taylor[3] = taylor[3] + 5 / 18 * taylor[5]
    return np.stack(taylor[:MOMENTS], axis=1).reshape(width * MOMENTS, nodes)


FOURTH = 8 / 35 / 3 / 16
"""Root mean square of t⁴ less its projection on 1 and t², for t uniform in [−½, ½]."""


@functools.cache
def cubic_matrix(width: int, nodes: int) -> Array:
    """Return the matrix (nodes, 5 · width) from values at a cell's nodes to cubics on its bins.

    Rows of the result, each (width,): the coefficients of 1, t, t², t³ with t in [−½, ½], and the size of the first
    neglected Chebyshev coefficient.
    """
    centres = (2 * np.arange(width) + 1) / width - 1
    local = chebyshev.nodes(5)
    points = (centres[:, None] + local / width).ravel()
    values = chebyshev.interpolation(nodes, points).reshape(nodes, width, 5)
    series = values @ chebyshev.coefficients(5)
    # Chebyshev coefficients in 2t to powers of t: T_2 = 8t² − 1, T_3 = 32t³ − 6t.
    powers = np.empty((nodes, 5, width))
    powers[:, 0] = series[:, :, 0] - series[:, :, 2]
    powers[:, 1] = 2 * series[:, :, 1] - 6 * series[:, :, 3]
    powers[:, 2] = 8 * series[:, :, 2]
    powers[:, 3] = 32 * series[:, :, 3]
    powers[:, 4] = series[:, :, 4]
    return powers.reshape(nodes, 5 * width)
