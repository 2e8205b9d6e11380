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

EXACT = 1e-11
"""Relative error of the exponent of a law's density that leaves means exact to rounding."""


@final
@dataclass(frozen=True)
class FieldLaw:
    """The posterior of the field of n paths on W windows with c nodes each.

    ``fields`` (W, c): nodes; ``weights`` (W, c): E f(u) = Σ w f(u) over a path; ``mass`` (W,): posterior mass;
    ``log_integral`` (n,): log ∫ exp(e(u)) du; ``exponent`` (W, c): e at the nodes, relative to it; ``lead``: by how
    many nats the highest peak of each path leads its others, at least (NaN: nobody looked);
    ``basin`` (W,): which basin each window belongs to, if not told by its place among the boundaries.
    """

    windows: Windows
    fields: Array
    weights: Array
    mass: Array
    log_integral: Array
    exponent: Array
    lead: float = float("nan")
    basin: NDArray[np.intp] | None = None

    def spread(self, paths: int) -> tuple[Array, Array]:
        """Return mean and standard deviation of u for each path, (n,) each."""
        path = self.windows.path
        mean: Array = np.asarray(
            np.bincount(path, np.einsum("wc,wc->w", self.fields, self.weights), minlength=paths), dtype=float
        )
        offset = self.fields - mean[path, None]
        variance = np.bincount(path, np.einsum("wc,wc,wc->w", offset, offset, self.weights), minlength=paths)
        return mean, np.sqrt(np.maximum(np.asarray(variance, dtype=float), 0.0))

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
        near: tuple[Array, Array] | None = None,
        tolerance: float = EXACT,
    ) -> FieldLaw:
        """Return the law of the field given the coordinates; ``absolute``: also its normaliser.

        ``boundaries`` cut it into basins; ``near``, mean and deviation (n,), promises that each path's law is a single
        peak close by, and saves looking for others. ``tolerance``: relative error allowed in the density's exponent.
        """
