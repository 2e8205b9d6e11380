"""Two evaluations for two modes ±r of coordinates N(±1, σ²), |r|² = d, in plain numbers: paths at finite d, a search.

A path is a share of r and a multiple of the noise that is orthogonal to it; both are followed exactly. For the search
the first answer is T r, as d → ∞ with √d ψ_1 = s, and the second keeps the sign S of what it is asked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Array = NDArray[np.float64]
WEIGHTS = np.array([0.505, 0.6, 0.7, 0.8, 0.88, 0.94, 0.97, 0.99])
WIDTHS = np.array([0.3, 0.37, 0.46, 0.55, 0.68, 0.83, 1.0])
LIMITS = (0.01, 0.05)
"""Errors of the weight, and of a coordinate's law over its width (Wasserstein-2), that count as one."""
_STARTS = np.linspace(-7, 7, 1401)
_MASSES = np.exp(-(_STARTS**2) / 2) / np.exp(-(_STARTS**2) / 2).sum()


@dataclass(frozen=True)
class TwoAnswers:
    """y_1 = z + (c/√d) E a at √d ψ_1 = s, y_2 = z + b E a + g D_1 at ψ; a row of z, E a, D_1, D_2 comes out."""

    s: float
    c: float
    g: float
    b: float
    psi: float
    row: tuple[float, float, float, float]

    def ends(self, nu: Array, d: float, p: float, sigma: float) -> tuple[Array, float]:
        """Return the share of r that comes out of noise with r·z/√d = ``nu``, and the multiple of the other noise."""
        mean, root = 2 * p - 1, math.sqrt(d)
        share, rest = nu / root + self.c * mean / root, 1.0
        first, first_rest = _answer(self.s / root, (share, rest), d, p, sigma)
        share, rest = nu / root + self.b * mean + self.g * first, 1.0 + self.g * first_rest
        second, second_rest = _answer(self.psi, (share, rest), d, p, sigma)
        e = self.row
        out = e[0] * nu / root + e[1] * mean + e[2] * first + e[3] * second
        return out, e[0] + e[2] * first_rest + e[3] * second_rest

    def chosen(self, nu: Array, d: float, p: float, sigma: float) -> Array:
        """Return the mode, ±1, that the second answer is about."""
        mean, root = 2 * p - 1, math.sqrt(d)
        first = _answer(self.s / root, ((nu + self.c * mean) / root, 1.0), d, p, sigma)[0]
        return np.sign(nu / root + self.b * mean + self.g * first)

    def worst(self, d: float) -> float:
        """Return the worst error in units of ``LIMITS``, over ``WEIGHTS`` and ``WIDTHS``."""
        errors = [0.0]
        for p in WEIGHTS:
            for sigma in WIDTHS:
                out, width = self.ends(_STARTS, d, float(p), float(sigma))
                sign = self.chosen(_STARTS, d, float(p), float(sigma))
                turn = int(np.argmax(sign > 0))
                above = _tail(self, d, float(p), float(sigma), turn)
                law = math.sqrt((width - sigma) ** 2 + float(_MASSES @ (out - sign) ** 2)) / sigma
                errors += [abs(above - p) / LIMITS[0], law / LIMITS[1]]
        return max(errors)


def _tail(table: TwoAnswers, d: float, p: float, sigma: float, turn: int) -> float:
    low, high = float(_STARTS[turn - 1]), float(_STARTS[turn])
    for _ in range(40):
        middle = (low + high) / 2
        up = float(table.chosen(np.array([middle]), d, p, sigma)[0]) > 0
        low, high = (low, middle) if up else (middle, high)
    return 0.5 * math.erfc(high / math.sqrt(2))


def _answer(psi: float, state: tuple[Array, float], d: float, p: float, sigma: float) -> tuple[Array, float]:
    """Return D at y = share·r + rest·noise, its state: its own share of r and multiple of the noise."""
    share, rest = state
    spread = 1 + psi**2 * sigma**2
    mode = np.tanh(math.log(p / (1 - p)) / 2 + psi * d * share / spread)
    kept = psi * sigma**2 / spread
    return mode + kept * (share - psi * mode), kept * rest


def _errors(numbers: Array) -> tuple[Array, Array]:
    """Return the errors of the weight, (8,), and of the law, (8, 7), in units of ``LIMITS``, as d → ∞."""
    s, c, g, b, psi = math.exp(numbers[0]), *numbers[1:4], math.exp(numbers[4])
    mean, half = (2 * WEIGHTS - 1)[:, None], np.log(WEIGHTS / (1 - WEIGHTS))[:, None] / 2
    first = np.tanh(half + s * (_STARTS + c * mean))
    asked = g * first + b * mean
    slope = np.gradient(asked, axis=1)
    up = np.clip(0.5 + asked / (np.abs(slope) + 1e-12), 0, 1)  # of the cell round a start
    sign = 2 * up - 1
    kept = psi * WIDTHS**2 / (1 + psi**2 * WIDTHS**2)
    e = numbers[5:9]
    width = e[0] + e[3] * kept
    # out − S in S, T and E, for every σ
    parts = e[3] * (1 - psi * kept) - 1, e[2] + e[3] * g * kept, e[1] + e[3] * b * kept
    square = parts[0] ** 2 + 2 * parts[0] * parts[1] * ((sign * first) @ _MASSES)[:, None]
    square = square + parts[1] ** 2 * ((first**2) @ _MASSES)[:, None] + (parts[2] * mean) ** 2
    square = square + 2 * parts[2] * mean * (
        parts[0] * (sign @ _MASSES)[:, None] + parts[1] * (first @ _MASSES)[:, None]
    )
    law = np.sqrt((width - WIDTHS) ** 2 + np.maximum(square, 0)) / WIDTHS
    return (up @ _MASSES - WEIGHTS) / LIMITS[0], law / LIMITS[1]


def _worst(numbers: Array) -> float:
    weight, law = _errors(numbers)
    return float(max(np.abs(weight).max(), law.max()))


@cache
def searched(starts: int, seed: int = 0) -> tuple[tuple[float, TwoAnswers], ...]:
    """Return what SciPy's optimiser reaches from each start, the best first: worst error and table."""
    rng, reached = np.random.default_rng(seed), []
    low = np.array([-0.3, -0.5, -1, -1, -2, 0, 0, -1, 0.5])
    high = np.array([2, 1.5, 3, 1, 1, 0.5, 0, 1, 2])

    def room(z: Array) -> Array:
        weight, law = _errors(z[:-1])
        return np.concatenate([z[-1] - weight, z[-1] + weight, z[-1] - law.ravel()])

    for _ in range(starts):
        numbers = rng.uniform(low, high)
        for _ in range(2):
            found = optimize.minimize(
                lambda z: z[-1],
                np.append(numbers, min(_worst(numbers), 50.0)),
                constraints={"type": "ineq", "fun": room},
                method="SLSQP",
                options={"maxiter": 400, "ftol": 1e-9},
            )
            numbers = found.x[:-1]
        if math.isfinite(_worst(numbers)):
            s, c, g, b, psi, *row = (float(part) for part in numbers)
            table = TwoAnswers(math.exp(s), c, g, b, math.exp(psi), (row[0], row[1], row[2], row[3]))
            reached.append((_worst(numbers), table))
    return tuple(sorted(reached, key=lambda pair: pair[0]))
