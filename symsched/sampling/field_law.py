"""The law of the collective field of a mean-field measure, whatever the interaction."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.sampling.field_scan import Windows
from symsched.sampling.kernels import AbstractKernel
from symsched.sampling.populations import AbstractPopulation

Array = NDArray[np.float64]
Index = NDArray[np.intp]

EXACT = 1e-12
"""Relative error of the exponent of a law's density that leaves means exact to rounding."""


_NOTHING = 1e-250
"""Mass of a peak whose mean is no longer known."""


@final
@dataclass(frozen=True)
class FollowedPeaks:
    """The peaks of the laws of n paths: ``windows`` that hold them, ``mean`` and ``mass`` of each, (P,)."""

    windows: Windows
    mean: Array
    mass: Array

    def outnumber(self, others: FollowedPeaks) -> bool:
        """Return whether some path has more peaks here than there."""
        more, fewer = (np.bincount(peaks.windows.path) for peaks in (self, others))
        return bool(np.any(more > fewer))


@final
@dataclass(frozen=True)
class FieldLaw:
    """The posterior of the field of n paths on W windows with c nodes each.

    ``fields`` (W, c): nodes; ``weights`` (W, c): E f(u) = Σ w f(u) over a path; ``mass`` (W,): posterior mass;
    ``log_integral`` (n,): log ∫ exp(e(u)) du; ``exponent`` (W, c): e at the nodes, relative to it; ``lead``: by how
    many nats the highest peak of each path leads those that were left out, at least (NaN: nobody looked);
    ``outer`` (P,): the first window of each peak, if some were cut into several;
    ``basin`` (W,): which basin each window belongs to, if not told by its place among the boundaries.
    """

    windows: Windows
    fields: Array
    weights: Array
    mass: Array
    log_integral: Array
    exponent: Array
    lead: float = float("nan")
    outer: Index | None = None
    basin: Index | None = None

    def peaks(self) -> FollowedPeaks:
        """Return where the peaks are that the law was integrated over."""
        starts = np.arange(self.mass.size) if self.outer is None else self.outer
        path, left = self.windows.path[starts], self.windows.left[starts]
        right = self.windows.right[np.append(starts[1:], self.mass.size) - 1]
        mass = np.add.reduceat(self.mass, starts)
        moment = np.add.reduceat(np.einsum("wc,wc->w", self.fields, self.weights), starts)
        middle = (left + right) / 2
        mean = np.divide(moment, mass, out=middle, where=np.abs(mass) > _NOTHING)
        return FollowedPeaks(Windows(path, left, right), mean, mass)

    def basins(self, boundaries: Array, paths: int) -> Array:
        """Return the posterior mass between consecutive ``boundaries`` (K−1,), shape (n, K)."""
        mode = np.searchsorted(boundaries, self.windows.middle) if self.basin is None else self.basin
        width = boundaries.size + 1
        cells = self.windows.path * width + mode
        return np.asarray(np.bincount(cells, self.mass, minlength=paths * width), dtype=float).reshape(paths, width)


class AbstractCollective(abc.ABC):
    """What couples the coordinates: given their noisy values, a law of one field that makes them independent."""

    scale: float
    """The scale of the field on which one site's log normaliser varies."""

    @abc.abstractmethod
    def law(
        self,
        population: AbstractPopulation,
        kernel: AbstractKernel,
        boundaries: Array,
        *,
        absolute: bool = False,
        near: FollowedPeaks | None = None,
        tolerance: float = EXACT,
    ) -> FieldLaw:
        """Return the law of the field given the coordinates; ``absolute``: also its normaliser.

        ``boundaries`` cut it into basins; ``near`` promises that the peaks are close to those of another law, and saves
        looking for others. ``tolerance``: relative error allowed in the density's exponent.
        """
