"""The law of the collective field of a mean-field measure, whatever the interaction."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.distributions.mean_field.numeric.field_scan import Peaks, Windows
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.models.one_map.populations import Coordinates

Array = NDArray[np.float64]
Index = NDArray[np.intp]

EXACT = 1e-12
"""Relative error of the exponent of a law's density that leaves means exact to rounding."""


_CELLS = (24, 200)
"""Cells of a survey's grid, at least and at most."""
_MANY = 1e7
"""Dimension from which on a survey's grid is twice as fine."""
_WIDENINGS = 60
_NOTHING = 1e-250
"""Mass of a peak whose mean is no longer known."""


@final
@dataclass(frozen=True)
class FollowedPeaks:
    """The peaks of the laws of n paths: whose each is, its ``mean`` and its ``mass``, (P,)."""

    path: Index
    mean: Array
    mass: Array

    def outnumber(self, others: FollowedPeaks) -> bool:
        """Return whether some path has more peaks here than there."""
        more, fewer = (np.bincount(peaks.path) for peaks in (self, others))
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
        mass = np.add.reduceat(self.mass, starts)
        moment = np.add.reduceat(np.einsum("wc,wc->w", self.fields, self.weights), starts)
        mean = np.divide(moment, mass, out=self.windows.middle[starts], where=np.abs(mass) > _NOTHING)
        return FollowedPeaks(self.windows.path[starts], mean, mass)

    def basins(self, boundaries: Array, paths: int) -> Array:
        """Return the posterior mass between consecutive ``boundaries`` (K−1,), shape (n, K)."""
        mode = np.searchsorted(boundaries, self.windows.middle) if self.basin is None else self.basin
        width = boundaries.size + 1
        cells = self.windows.path * width + mode
        return np.asarray(np.bincount(cells, self.mass, minlength=paths * width), dtype=float).reshape(paths, width)


@final
@dataclass(frozen=True)
class Question:
    """Whose law is wanted: that of the field given noisy coordinates, through the ``kernel`` of their site.

    ``boundaries`` (K−1,) cut it into basins; ``absolute``: the normaliser is wanted too; ``near`` promises that the
    peaks are close to those of another law, and saves looking for others; ``tolerance``: relative error allowed in the
    density's exponent.
    """

    population: Coordinates
    kernel: AbstractKernel
    boundaries: Array
    absolute: bool = False
    near: FollowedPeaks | None = None
    tolerance: float = EXACT


class AbstractCollective(abc.ABC):
    """What couples d coordinates: given their noisy values, a law of one field that makes them independent.

    ``span``: (low, high) between which the law's peaks lie for plausible data; ``scale``: the scale of the field on
    which one site's log normaliser varies (one over its standard deviation).
    """

    d: float
    span: tuple[float, float]
    scale: float

    @abc.abstractmethod
    def law(self, question: Question) -> FieldLaw:
        """Return the law of the field given the coordinates."""

    @abc.abstractmethod
    def _slope(self, grid: Array, means: Array) -> Array:
        """Return a function (n, G) of the sign of the exponent's slope on a grid of fields (G,), from Σ⟨a⟩ (n, G)."""

    @abc.abstractmethod
    def _read(self, grid: Array, means: Array, variances: Array) -> tuple[Peaks, bool, bool]:
        """Return the exponent's maxima, and whether all of the law lies above the grid's first point and below its
        last."""

    def survey(self, question: Question, margin: float) -> Peaks:
        """Return the maxima of the law's exponent, read off a grid that holds all of the law."""
        low, high = self.span
        # The cubics' error, (spacing)⁴/400 per site, must not hide a valley of a few nats between two peaks.
        spacing = self.scale * (0.25 if self.d < _MANY else 0.125)
        for _ in range(_WIDENINGS):
            first, last = low - margin, high + margin
            count = int(np.clip(np.ceil((last - first) / spacing), *_CELLS)) + 1
            grid = np.linspace(first, last, count)
            means, variances = question.population.survey(question.kernel, grid)
            ends = self._slope(grid[[0, -1]], means[:, [0, -1]])
            good_left, good_right = bool(np.all(ends[:, 0] > 0)), bool(np.all(ends[:, 1] < 0))
            if good_left and good_right:
                peaks, good_left, good_right = self._read(grid, means, variances)
                if good_left and good_right:
                    return peaks
            reach = high - low + self.scale
            low, high = (low if good_left else low - reach), (high if good_right else high + reach)
        raise ArithmeticError("the field's law has no maximum within reach; the measure cannot be normalised")
