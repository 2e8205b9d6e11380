"""Numbers from samples with their standard errors: shares, averages, and exponents of power laws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symsched.algebra.arrays import Array, Mask


@dataclass(frozen=True)
class Estimate:
    """A Monte Carlo estimate with its standard error."""

    value: float
    standard_error: float

    def __str__(self) -> str:
        """Value ± standard error."""
        return f"{self.value:.6g} ± {self.standard_error:.2g}"

    def __repr__(self) -> str:
        """Like the text, so that lists of estimates can be read."""
        return str(self)


def share(hits: Mask) -> Estimate:
    """Return a share with its standard error; half a count on either side keeps the error of 0 and 1 from vanishing."""
    smoothed = (float(hits.sum()) + 0.5) / (len(hits) + 1)
    return Estimate(float(hits.mean()), float(np.sqrt(smoothed * (1 - smoothed) / len(hits))))


def average(values: Array) -> Estimate:
    """Return a mean with its standard error."""
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def exponent(sizes: Sequence[float], errors: Sequence[Estimate]) -> Estimate:
    """Return the slope of log error against log size by least squares, with its standard error."""
    logs = np.log(sizes)
    weights = (logs - logs.mean()) / np.sum((logs - logs.mean()) ** 2)
    slope = float(weights @ np.log([error.value for error in errors]))
    return Estimate(slope, float(np.linalg.norm(weights * [error.standard_error / error.value for error in errors])))


def variance(values: Array, scale: float = 1.0) -> Estimate:
    """Return ``scale`` times the variance of independent values, its error from their fourth moment."""
    found = float(np.var(values, ddof=1)) * scale
    fourth = float(np.mean((values - values.mean()) ** 4)) * scale**2
    return Estimate(found, float(np.sqrt(max(fourth - found**2, 0.0) / len(values))))


def variance_score(seen: float, expected: float, n: int) -> float:
    """Return z of the variance of n normal numbers, by the cube root that Wilson and Hilferty (1931) make normal."""
    spread = 2 / (9 * (n - 1))
    return float(((seen / expected) ** (1 / 3) - (1 - spread)) / spread**0.5)


@dataclass(frozen=True)
class Comparison:
    """A number of the limit beside an estimate of it from exact samples at one dimension.

    ``allowance`` bounds what the limit neglects there, and ``reason`` names it; ``score`` is z by a named
    ``law``.
    """

    claim: str
    predicted: float
    measured: Estimate
    dimension: int
    allowance: float
    reason: str
    score: Callable[[float, float], float] | None = None
    law: str = ""
