"""Samplers of few steps in plain numbers: loops over the nodes, quantiles by root finding, SciPy's optimisers.

In canonical coordinates y = x/α, ψ = β/α every path has dy/dψ = E[a | z + ψa = y].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special

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


def level(strength: float, nu: float, p: float) -> float:
    """Return P(ν_s ≤ ν), ν_s = z ± s with the weights p and 1 − p."""
    return float(p * special.ndtr(nu - strength) + (1 - p) * special.ndtr(nu + strength))


@cache
def dividing(strength: float, p: float) -> float:
    """Return the ν from which the exact flow goes to neither mode: the quantile 1 − p."""
    return float(optimize.brentq(lambda nu: level(strength, nu, p) - (1 - p), -12.0, 12.0, xtol=1e-15))


def last(nodes: Sequence[float] | Array, nu: float, p: float, *, adams: bool = False) -> float:
    """Return ν after Euler (or two-step Adams, begun by Euler) from ν at s = ``nodes``[0] to the last, two modes ±1."""
    half, before = math.log(p / (1 - p)) / 2, None
    for here, there in pairwise(nodes):
        drift = math.tanh(half + here * nu)
        nu += (there - here) * (drift if before is None or not adams else 1.5 * drift - 0.5 * before)
        before = drift
    return nu


def weight_by_flow(nodes: Sequence[float] | Array, p: float, *, adams: bool = False) -> float:
    """Return the share of paths that the exact flow carries to +1 from where the steps leave them."""
    edge = dividing(float(nodes[-1]), p)
    start = optimize.brentq(lambda nu: last(nodes, nu, p, adams=adams) - edge, -9.0, 9.0, xtol=1e-14)
    return float(special.ndtr(-start))


def weight_by_argmax(nodes: Sequence[float] | Array, p: float) -> float:
    """Return the share of paths whose posterior prefers +1 at the last node."""
    edge = -math.log(p / (1 - p)) / 2 / nodes[-1]
    start = optimize.brentq(lambda nu: last(nodes, nu, p) - edge, -9.0, 9.0, xtol=1e-14)
    return float(special.ndtr(-start))


@cache
def bent_grid(steps: int, end: float, p: float) -> tuple[float, ...]:
    """Return nodes from 0 to ``end`` whose density is |ν''ρ|^½, by differences of the dividing quantile."""
    fine, gap = np.linspace(0.0, end, 801), 1e-3
    middle = np.array([dividing(s, p) for s in fine])
    slopes = np.tanh(math.log(p / (1 - p)) / 2 + fine * middle)
    ahead = np.array([dividing(s + gap, p) for s in fine])
    second = 2 * (ahead - middle - gap * slopes) / gap**2
    apart = [level(s, m + gap, p) - level(s, m - gap, p) for s, m in zip(fine, middle, strict=True)]
    density = np.array(apart) / (2 * gap)
    root = np.sqrt(np.abs(second * density))
    share = np.append(0.0, np.cumsum((root[1:] + root[:-1]) / 2))
    return tuple(float(s) for s in np.interp(np.linspace(0, 1, steps + 1), share / share[-1], fine))


def settled(error: Callable[[int], float], power: int, counts: Sequence[int] = (20, 40, 80, 160)) -> float:
    """Return the limit of N^power × error(N), the counts doubling, powers of 1/N removed one by one."""
    table = [count**power * error(count) for count in counts]
    for k in range(1, len(table)):
        table = [(2**k * fine - coarse) / (2**k - 1) for coarse, fine in pairwise(table)]
    return table[0]


@cache
def best_end(steps: int, p: float) -> float:
    """Return the end of a window of uniform Euler steps at which the weight by argmax is nearest to p."""

    def loss(end: float) -> float:
        return abs(weight_by_argmax(np.linspace(0.0, end, steps + 1), p) - p)

    return float(optimize.minimize_scalar(loss, bounds=(0.6, 6.0), method="bounded", options={"xatol": 1e-7}).x)


def posterior_by_quadrature(y: float, psi: float, mean: float, sigma: float) -> float:
    """Return E[a | z + ψa = y], a ~ N(m, σ²), integrated against the prior on a grid round the posterior's peak."""
    a = np.linspace(-1, 1, 4001) * 12 * min(sigma, 1 / max(psi, 1e-12))
    # The peak only says where to look.
    a = a + (mean + psi * sigma**2 * y) / (1 + psi**2 * sigma**2)
    logs = -((a - mean) ** 2) / (2 * sigma**2) - (y - psi * a) ** 2 / 2
    mass = np.exp(logs - logs.max())
    return float(mass @ a / mass.sum())


def flow_of_a_coordinate(start: float, mean: float, begin: float, end: float, sigma: float) -> float:
    """Return y at ψ = ``end`` of the exact flow of N(m, σ²) from ``start`` at ``begin``, by SciPy."""

    def drift(psi: float, y: Array) -> list[float]:
        return [posterior_by_quadrature(float(y[0]), psi, mean, sigma)]

    found = integrate.solve_ivp(drift, (begin, end), [start], "DOP853", rtol=1e-10, atol=1e-12)
    return float(found.y[0, -1])
