"""The law of the collective field of a mean-field measure, whatever the interaction."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.models.one_map.populations import Coordinates, Means

EXACT = 1e-12
"""Relative error of the exponent of a law's density that leaves means exact to rounding."""


@final
@dataclass(frozen=True)
class Windows:
    """Intervals of the field around ``middle`` (n,), one per path and all with the same ``half`` width."""

    middle: Array
    half: float

    def hold(self, law: FieldLaw) -> bool:
        """Return whether a law lies in windows twice as wide: peaks move a little in a step."""
        if law.low is None or law.high is None:
            return True
        low, high = self.middle - 2 * self.half, self.middle + 2 * self.half
        return bool(np.all(law.low > low) and np.all(law.high < high))


@final
@dataclass(frozen=True)
class FieldLaw:
    """The posterior of the field of n paths on W ≥ n rows of c nodes each.

    ``means``: those of the coordinates at the W rows of nodes; ``weights`` of their terms, (W, K + 1) or (W, c), with
    E mean(u + ψ y) = Σ w term over a path;
    ``basins`` (n, K): posterior mass of each basin; ``log_integral`` (n,): log ∫ exp(e(u)) du, if it was asked for;
    ``low``, ``high`` (n,): between these lies all of each law, if known; ``near``: where the next step's law is to be
    looked for, if nothing else is worth a look; ``lead``: by how many nats all other peaks are below the highest.
    """

    means: Means
    weights: Array
    basins: Array
    log_integral: Array
    low: Array | None = None
    high: Array | None = None
    near: Windows | None = None
    lead: float = 0.0


@final
@dataclass(frozen=True)
class Question:
    """Whose law is wanted: that of the field given noisy coordinates, through the ``kernel`` of their site.

    ``boundaries`` (K−1,) cut it into basins; ``absolute``: the normaliser is wanted too; ``near`` promises that the
    law lies in these windows, and is checked at their ends only; ``tolerance``: relative error allowed in the
    density's exponent.
    """

    population: Coordinates
    kernel: AbstractKernel
    boundaries: Array
    absolute: bool = False
    near: Windows | None = None
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
