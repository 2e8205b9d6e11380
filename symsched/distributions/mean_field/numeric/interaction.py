"""A smooth interaction through the mean: d g(m) + f(m), with its first two derivatives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array

Function = Callable[[Array], Array]


@final
@dataclass(frozen=True)
class Interaction:
    """``strong`` = (g, g', g'') and ``weak`` = (f, f', f''), vectorised functions of the mean m.

    They are asked a little outside of the range of m too; where they are not defined there, they must return some
    finite continuation.
    """

    strong: tuple[Function, Function, Function]
    weak: tuple[Function, Function, Function]

    def energy(self, total: Array, d: float) -> Array:
        """Return G(S) = d g(S/d) + f(S/d) for totals S = d m."""
        mean = total / d
        return np.asarray(d * self.strong[0](mean) + self.weak[0](mean), dtype=np.float64)

    def force(self, total: Array, d: float) -> Array:
        """Return G'(S)."""
        mean = total / d
        return np.asarray(self.strong[1](mean) + self.weak[1](mean) / d, dtype=np.float64)

    def bend(self, total: Array, d: float) -> Array:
        """Return G''(S)."""
        mean = total / d
        return np.asarray((self.strong[2](mean) + self.weak[2](mean) / d) / d, dtype=np.float64)
