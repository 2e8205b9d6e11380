"""What a design is judged by: the worst errors of weights and sites."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

DIMENSIONS = (1e2, 1e3, 1e4, 1e6, 1e8, 1e12)
"""Where a design's errors at finite d are looked at."""
WEIGHT, WIDTH = 0.01, 0.05
"""Errors that count as one in what a search minimises."""


@final
@dataclass(frozen=True)
class Errors:
    """The worst error of a mode's ``weight``, and the worst Wasserstein-2 distance of a site over its deviation.

    Of sites with atoms the latter is Wasserstein-1: the square is a probability there.
    """

    weight: float
    width: float

    def __iter__(self) -> Iterator[float]:
        """Unpack as (weight, width)."""
        return iter((self.weight, self.width))

    @property
    def worst(self) -> float:
        """The larger of both in units of 1 % and 5 %."""
        return max(self.weight / WEIGHT, self.width / WIDTH)
