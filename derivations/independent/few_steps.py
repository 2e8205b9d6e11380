"""Samplers of few steps in plain numbers: loops over the nodes, quantiles by root finding, SciPy's optimisers.

In canonical coordinates y = x/α, ψ = β/α every path has dy/dψ = E[a | z + ψa = y].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]


def euler_width(nodes: Sequence[float] | Array, sigma: float) -> float:
    """Return the width that Euler steps in x = (1 − τ) z + τ a leave of N(0, σ²), from τ = ``nodes``[0] to the last."""
    width = 1 - nodes[0]
    for here, there in pairwise(nodes):
        alpha, beta = 1 - here, here
        spread = alpha**2 + beta**2 * sigma**2
        # ẋ = E[a − z | x], each by its covariance with x
        width *= 1 + (there - here) * (beta * sigma**2 - alpha) / spread
    return float(width)


@cache
def widest(steps: int, sigma: float) -> tuple[float, tuple[float, ...]]:
    """Return the width of the grid on [0, 1] that loses least, and its nodes."""

    def nodes(logs: Array) -> Array:
        gaps = np.exp(np.append(logs, 0.0))
        return np.append(0.0, np.cumsum(gaps) / gaps.sum())

    found = optimize.minimize(lambda logs: -math.log(euler_width(nodes(logs), sigma)), np.zeros(steps - 1), tol=1e-12)
    return euler_width(nodes(found.x), sigma), tuple(float(node) for node in nodes(found.x))
