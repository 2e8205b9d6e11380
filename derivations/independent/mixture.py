"""The mixture p N(r, σ²I) + (1 − p) N(−r, σ²I) with |r|² = d in plain numbers: posterior, Euler, exact flow.

With r = (1, …, 1), D = α² + σ²β² and M = r·x/d, the posterior mean at x = αz + βa is
E[a_i | x] = (σ²β x_i + α² tanh(h + dβM/D))/D, h = ½ log(p/(1 − p)): M moves by itself, what is orthogonal to r is
multiplied. The exact flow keeps quantiles of M, whose law is p N(β, D/d) + (1 − p) N(−β, D/d), and scales the rest by
√D.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import mpmath
import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special
from scipy.integrate import solve_ivp

from independent.paths import PLAIN, Number, Path

Array = NDArray[np.float64]
P, SIGMA = 0.8, 0.5
_DIGITS = 60  # of the high-precision steps


def _density(v: float) -> float:
    """The standard normal density."""
    return math.exp(-(v**2) / 2) / math.sqrt(2 * math.pi)


def _integral(integrand: Callable[[float], float], low: float, high: float) -> float:
    """The integral of something smooth, in eight pieces to rounding."""
    edges = np.linspace(low, high, 9)
    return float(sum(integrate.quad(integrand, a, b, epsabs=1e-15, epsrel=1e-13)[0] for a, b in pairwise(edges)))


def posterior(alpha: float, beta: float, x: Array, p: float = P) -> tuple[Array, Array]:
    """Return E[a | x], (n, d), and the log-odds of +r over −r, (n,), at states x (n, d) of αz + βa."""
    spread = alpha**2 + SIGMA**2 * beta**2
    odds = math.log(p / (1 - p)) + 2 * beta * x.sum(axis=1) / spread
    return (SIGMA**2 * beta * x + alpha**2 * np.tanh(odds / 2)[:, None]) / spread, odds


@dataclass(frozen=True)
class Ends:
    """n Euler paths at t = 1: ``odds`` (n,) of +r over −r at the last node that was evaluated, ``width`` (n,) over the
    coordinates; ``halfway`` (n,) and ``halfway_odds`` (n,) are M and the odds at t = ½.
    """

    odds: Array
    width: Array
    halfway: Array
    halfway_odds: Array


def euler_ends(steps: Array, d: float, n: int, rng: np.random.Generator) -> Ends:
    """Return n paths of the d-dimensional sampler with the ``steps`` (N, 4) of ``euler_steps``; no limit is taken.

    r·z/√d ~ N(0, 1) decides M, and |z|² − (r·z)²/d ~ χ²_{d−1} is what the other directions hold.
    """
    ends = euler_from(steps, d, rng.standard_normal(n))
    return replace(ends, width=ends.width * np.sqrt(rng.chisquare(d - 1, n) / (d - 1)))


def euler_from(steps: Array, d: float, starts: Array) -> Ends:
    """Return the paths with r·z/√d = ``starts`` (n,) and |z|² its mean, d − 1, in the other directions."""
    mean = steps[0, 0] * starts / math.sqrt(d)
    factor = np.full(len(starts), steps[0, 0])
    halfway = halfway_odds = np.empty(0)
    for k, (alpha, beta, gain, push) in enumerate(steps):
        spread = alpha**2 + SIGMA**2 * beta**2
        odds = math.log(P / (1 - P)) + 2 * d * beta * mean / spread
        if 2 * k == len(steps):
            halfway, halfway_odds = mean, odds
        mean = gain * mean + push * (SIGMA**2 * beta * mean + alpha**2 * np.tanh(odds / 2)) / spread
        factor *= gain + push * SIGMA**2 * beta / spread
    return Ends(odds, factor, halfway, halfway_odds)


def euler_weight(steps: Array, d: float) -> float:
    """Return the weight of +r over all paths: that of the r·z/√d above the one that ends undecided, bisected."""
    low, high = -12.0, 12.0
    for _ in range(6):
        starts = np.linspace(low, high, 31)
        first = max(1, int(np.argmax(euler_from(steps, d, starts).odds > 0)))
        low, high = float(starts[first - 1]), float(starts[first])
    return float(special.ndtr(-(low + high) / 2))


def width_by_angles(path: Path, steps: int, d: float, kappa: float = 1.0) -> float:
    """Return σ Π cos(θ_k − θ_{k+1}) over uniform times, tan θ = α/(σβ)."""
    nodes = [path(k / steps, d, kappa)[:2] for k in range(steps)] + [(0.0, 1.0)]
    angles = [math.atan2(alpha, SIGMA * beta) for alpha, beta in nodes]
    return SIGMA * math.prod(math.cos(here - there) for here, there in pairwise(angles))


def long_product(ratio: float, factors: int = 1_000_000) -> float:
    """Return (J/a) Π_{j ≤ J} (1 − j/(j² + a²)): σ̂/σ of plain VE with J = N steps, a = ``ratio`` = σN/√d."""
    left = np.arange(1, factors + 1, dtype=np.float64)
    return float(factors / ratio * np.exp(np.sum(np.log1p(-left / (left**2 + ratio**2)))))


def orthogonal_growth(steps: Array, noise: Array) -> float:
    """Return by how much the first half of the ``steps`` multiplies what is orthogonal to r in vectors (n, d)."""
    x = steps[0, 0] * noise
    for alpha, beta, gain, push in steps[: len(steps) // 2]:
        x = gain * x + push * posterior(alpha, beta, x)[0]
    return float(np.mean(x.std(axis=1) / noise.std(axis=1)))


def vector_flow(noise: Array, ratios: Sequence[float]) -> Array:
    """Return y = x/α at ψ = ``ratios`` on the exact flows dy/dψ = E[a | z + ψa = y] from z (n, d): (T, n, d)."""
    solution = solve_ivp(
        lambda psi, y: posterior(1.0, psi, y.reshape(noise.shape))[0].ravel(),
        (0.0, ratios[-1]),
        noise.ravel(),
        "DOP853",
        ratios,
        rtol=1e-8,
        atol=1e-8,
    )
    if not solution.success:
        raise ArithmeticError(f"the flow of a vector could not be solved: {solution.message}")
    return np.asarray(solution.y.T.reshape(len(ratios), *noise.shape))


def ends_at_the_heavier(starts: Array, d: int) -> NDArray[np.bool_]:
    """Return whether the exact d-dimensional flow carries noise with r·z/√d = ``starts`` (n,) to +r."""
    noise = np.random.default_rng(d).standard_normal(d)
    rest = noise - noise.mean()
    return np.asarray(vector_flow(starts[:, None] / math.sqrt(d) + rest, (10.0,))[0].sum(axis=1) > 0)


def clones(psi: float, d: int, n: int, rng: np.random.Generator, believed: float = P) -> NDArray[np.bool_]:
    """Return for n pairs of clones that share z + ψa in dimension d whether they end in the same mode, (n,).

    Each takes a mode from the exact posterior; ``believed`` is the weight that the posterior assumes.
    """
    labels = np.where(rng.random(n) < P, 1.0, -1.0)
    shared = rng.standard_normal((n, d)) + psi * (labels[:, None] + SIGMA * rng.standard_normal((n, d)))
    heavier = 1 / (1 + np.exp(-posterior(1.0, psi, shared, believed)[1]))
    return np.asarray((rng.random(n) < heavier) == (rng.random(n) < heavier))


@dataclass(frozen=True)
class ExactFlow:
    """The exact flow along a path of amplitudes at any d, in mpmath; write a large d as "1e40"."""

    path: Path
    d: float | str
    kappa: float = 3.0

    def _widths(self, t: float) -> tuple[Number, Number, Number]:
        alpha, beta, _, _ = self.path(mpmath.mpf(t), mpmath.mpf(self.d), mpmath.mpf(self.kappa))
        return alpha, beta, mpmath.sqrt(alpha**2 + mpmath.mpf(SIGMA) ** 2 * beta**2)

    def overlap(self, start: float, t: float) -> float:
        """Return M at t on the path with r·z/√d = ``start``: p Φ(u − b) + (1 − p) Φ(u + b) = Φ(start), M = u√(D/d)."""
        with mpmath.workdps(_DIGITS):
            _, beta, width = self._widths(t)
            root, p = mpmath.sqrt(mpmath.mpf(self.d)), mpmath.mpf(str(P))
            apart, level = beta * root / width, mpmath.ncdf(mpmath.mpf(start))
            u = mpmath.findroot(
                lambda u: p * mpmath.ncdf(u - apart) + (1 - p) * mpmath.ncdf(u + apart) - level,
                (start - apart - 1, start + apart + 1),
                solver="anderson",
                tol=mpmath.mpf(10) ** -50,
            )
            return float(u * width / root)

    def order_parameter(self, start: float, t: float) -> float:
        """Return μ = √d M in the unit of α(0) at t."""
        unit = float(self.path(0.0, float(self.d), self.kappa)[0])
        return self.overlap(start, t) * math.sqrt(float(self.d)) / unit

    def orthogonal(self, t: float, since: float = 0.5) -> float:
        """Return √(D(t)/D(since)), the factor of what is orthogonal to r."""
        with mpmath.workdps(_DIGITS):
            return float(self._widths(t)[2] / self._widths(since)[2])


def overlap_rate(name: str, d: int, tau: str, overlap: str) -> float:
    """Return Ṁ at (τ, M) on an undilated path as −∂_τ F/∂_M F, F the distribution function of M, by differences."""
    with mpmath.workdps(_DIGITS):
        p, sigma, size = mpmath.mpf(str(P)), mpmath.mpf(SIGMA), mpmath.mpf(d)

        def level(at: Number, m: Number) -> Number:
            alpha, beta, _, _ = PLAIN[name](at, size, 1)
            scale = mpmath.sqrt(size / (alpha**2 + sigma**2 * beta**2))
            return p * mpmath.ncdf((m - beta) * scale) + (1 - p) * mpmath.ncdf((m + beta) * scale)

        at = (mpmath.mpf(tau), mpmath.mpf(overlap))
        return float(-mpmath.diff(level, at, (1, 0)) / mpmath.diff(level, at, (0, 1)))


def velocity_by_score(name: str, tau: float, place: Sequence[float], index: int) -> float:
    """Return b_i at x = ``place`` from the score: (β̇/β) x + α (αβ̇/β − α̇) ∂ log p, p integrated from the densities.

    p(x) = Σ_k w_k Π_i p_k(x_i) with p_k(x) = ∫ ρ_k(a) φ(x − βa; α²) da and its derivative by quadrature.
    """
    alpha, beta, fall, rise = (float(v) for v in PLAIN[name](tau, float(len(place)), 1.0))

    def coordinate(x: float, centre: int, *, slope: bool = False) -> float:
        def integrand(a: float) -> float:
            steep = (beta * a - x) / alpha**2 if slope else 1.0
            return steep * _density((a - centre) / SIGMA) / SIGMA * _density((x - beta * a) / alpha) / alpha

        return _integral(integrand, centre - 9 * SIGMA, centre + 9 * SIGMA)

    parts = {1: P, -1: 1 - P}
    masses = {c: p * math.prod(coordinate(x, c) for x in place) for c, p in parts.items()}
    x = place[index]
    score = sum(mass * coordinate(x, c, slope=True) / coordinate(x, c) for c, mass in masses.items())
    score /= sum(masses.values())
    return rise / beta * x + alpha * (alpha * rise / beta - fall) * score


def transported(
    name: str, tau: float, velocity: Callable[[float, Array], Array], *, d: int, n: int, rng: np.random.Generator
) -> Array:
    """Return f(I) r·(İ − b(I))/d for n drawn pairs (a, z) with f = tanh(5M): its mean is 0 if b is the velocity."""
    alpha, beta, fall, rise = (float(v) for v in PLAIN[name](tau, float(d), 1.0))
    labels = np.where(rng.random(n) < P, 1.0, -1.0)
    data = labels[:, None] + SIGMA * rng.standard_normal((n, d))
    noise = rng.standard_normal((n, d))
    state = alpha * noise + beta * data
    difference = fall * noise + rise * data - velocity(tau, state)
    return np.asarray(np.tanh(5 * state.mean(axis=1)) * difference.mean(axis=1))


def weight_above(edge: float | None, strength: float) -> float:
    """Return the mass of p N(s, 1) + (1 − p) N(−s, 1) above ``edge``, integrated; without one, above their tie."""

    def excess(v: float) -> float:
        return math.log(P * _density(v - strength)) - math.log((1 - P) * _density(v + strength))

    low = float(optimize.brentq(excess, -10.0, 10.0, xtol=1e-15)) if edge is None else edge
    return _integral(lambda v: P * _density(v - strength) + (1 - P) * _density(v + strength), low, strength + 12)


def agreement(strength: float, p: float = P) -> float:
    """Return E Σ_k π_k² of p N(s, 1) + (1 − p) N(−s, 1), integrated on the densities."""

    def density(v: float) -> float:
        heavy, light = p * _density(v - strength), (1 - p) * _density(v + strength)
        return (heavy**2 + light**2) / (heavy + light)

    return _integral(density, -strength - 12, strength + 12)


def clones_by_tanh(d: float, time: float, sigma: float) -> float:
    """Return ½(1 + E tanh(Λ + √Λ g)), Λ = d e^−2t/(1 − e^−2t + σ² e^−2t): arXiv 2402.18491, for p = ½."""
    decay = math.exp(-2 * time)
    level = d * decay / (1 - decay + sigma**2 * decay)
    return (1 + _integral(lambda g: math.tanh(level + math.sqrt(level) * g) * _density(g), -12.0, 12.0)) / 2
