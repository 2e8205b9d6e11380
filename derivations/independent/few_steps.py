"""Samplers of few steps in plain numbers: loops over the nodes, quantiles by root finding, SciPy's optimisers.

In canonical coordinates y = x/α, ψ = β/α every path has dy/dψ = E[a | z + ψa = y].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special

Array = NDArray[np.float64]
_MANY = 1e9  # degrees of freedom from which χ² is normal to five digits


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


def table_width(
    nodes: Sequence[float] | Array, rows: Sequence[Sequence[float]], out: Sequence[float], v: Array
) -> Array:
    """Return the width that a table leaves of N(0, v), by carrying one deviation of the noise through it.

    Row k is y_k = z + Σ c_ki D_i; ``out`` has the coefficients of z, D_1, …, D_n.
    """
    answers: list[Array] = []
    for psi, row in zip(nodes, rows, strict=True):
        y = np.ones_like(v)
        for c, answer in zip(row, answers, strict=True):
            y = y + c * answer
        # Cov(a, z + ψa)/Var(z + ψa)
        answers.append(psi * v / (1 + psi**2 * v) * y)
    width = np.full_like(v, out[0])
    for c, answer in zip(out[1:], answers, strict=True):
        width = width + c * answer
    return width


@dataclass(frozen=True)
class Table:
    """The best table found: its worst relative error of a width, its nodes in order, how many starts met it."""

    worst: float
    nodes: tuple[float, ...]
    met: int


@cache
def best_table(count: int, low: float, high: float, *, row: bool, starts: int = 8) -> Table:
    """Return the table of ``count`` evaluations whose widths are nearest to σ, at worst over σ in [low, high].

    What comes out is a row of its own, or the last D.
    """
    sigma, rng = np.geomspace(low, high, 161), np.random.default_rng(count)
    below = count * (count - 1) // 2

    def placed(logs: Array) -> Array:
        return np.exp(np.clip(logs, -6, 8))

    def error(numbers: Array) -> Array:
        cut = iter(numbers[count : count + below])
        rows = [[next(cut) for _ in range(k)] for k in range(count)]
        out = numbers[count + below :] if row else [0.0] * count + [1.0]
        return np.asarray(table_width(placed(numbers[:count]), rows, list(out), sigma**2) / sigma - 1)

    found: list[tuple[float, tuple[float, ...]]] = []
    for _ in range(starts):
        first = [
            np.sort(rng.uniform(-1.0, 2.8, count)),
            rng.normal(0, 3, below),
            rng.normal(0.5, 0.7, (count + 1) * row),
        ]
        numbers = np.concatenate(first)
        solution = optimize.minimize(
            lambda z: z[-1],
            np.append(numbers, np.abs(error(numbers)).max()),
            constraints={"type": "ineq", "fun": lambda z: np.append(z[-1] - error(z[:-1]), z[-1] + error(z[:-1]))},
            method="SLSQP",
            options={"maxiter": 600, "ftol": 1e-13},
        )
        worst = float(np.abs(error(solution.x[:-1])).max())
        if math.isfinite(worst):
            found.append((worst, tuple(float(node) for node in np.sort(placed(solution.x[:count])))))
    worst, nodes = min(found)
    return Table(worst, nodes, sum(other < 1.001 * worst for other, _ in found))


def undecided_factor(first: float, second: float, psi: float) -> float:
    """Return the g at which y = g z has E log p_1/p_2 = 0, p_k the density of z + ψa for a ~ N(0, v_k): integrated."""

    def log_density(y: float, spread: float) -> float:
        return -(y**2) / (2 * spread) - math.log(2 * math.pi * spread) / 2

    def mean(g: float) -> float:
        def integrand(z: float) -> float:
            ratio = log_density(g * z, 1 + psi**2 * first) - log_density(g * z, 1 + psi**2 * second)
            return ratio * math.exp(log_density(z, 1.0))

        return float(integrate.quad(integrand, -12.0, 12.0, epsabs=1e-13, limit=200)[0])

    return float(optimize.brentq(mean, 1.0, 1 + psi * max(first, second), xtol=1e-14))


@dataclass(frozen=True)
class Jump:
    """One evaluation at ψ² = ``s``/(m√d), m = (v_1 − v_2)/√8, then one step over the gap to ``psi``.

    The modes are N(0, v_k) with the weights p and 1 − p of the wider and the narrower. Before the evaluation a path
    moves by ``c`` times its mean posterior; ``k`` is what the step takes of z itself.
    """

    first: float
    second: float
    psi: float
    s: float
    c: float
    k: float

    def odds(self, nu: float, d: float, p: float) -> float:
        """Return the log-odds of the wider mode at ψ over d, of noise with |z|² = d + ν√(2d): all paths are radial."""
        apart, middle = self.first - self.second, (self.first + self.second) / 2
        prior, length = math.log(p / (1 - p)), 1 + nu * math.sqrt(2 / d)
        scale = apart / math.sqrt(8) * math.sqrt(d)
        u = self.s / scale
        state = 1 + (u * middle + self.c * (2 * p - 1) * apart / 2 / scale) / 2
        wide, narrow = 1 + u * self.first, 1 + u * self.second
        gain = state**2 * length * u * apart / (wide * narrow)
        gain += math.log1p(u * self.second) - math.log1p(u * self.first)
        share = float(special.expit(prior + d * gain / 2))
        answer = state * (share * self.first / wide + (1 - share) * self.second / narrow) / 2
        landed = 1 + self.psi**2 * (self.k / 2 + answer - middle * state / 2)
        far = [1 + self.psi**2 * v for v in (self.first, self.second)]
        return prior / d + (landed**2 * length * (1 / far[1] - 1 / far[0]) - math.log(far[0] / far[1])) / 2

    def weight(self, d: float, p: float) -> float:
        """Return the share of paths that the posterior at ψ gives to the wider mode, |z|² ~ χ²_d."""
        nu = optimize.brentq(lambda nu: self.odds(nu, d, p), -8.0, 8.0, xtol=1e-13)
        return float(special.gammaincc(d / 2, d / 2 * (1 + nu * math.sqrt(2 / d))) if d < _MANY else special.ndtr(-nu))
