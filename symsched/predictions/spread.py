"""How far an average over few paths may lie from what is predicted: tails of the law of one path, not its variance.

Of a skewed number 4 standard errors of a small sample promise nothing: the tail may not have been drawn yet. The law of
one path is known here, as values with masses and independent Gaussian noise, and so is the tail of an average, by the
saddlepoint formula of Lugannani and Rice (1980): with K the cumulant generating function of one path and K'(θ) = x,
r = sgn(θ) √(2n(θx − K)), u = θ √(n K''), the normal score of P(average ≥ x) is r + log(u/r)/r up to n^(−3/2).
"""

import math
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from scipy import optimize, special, stats

from symsched.algebra.arrays import Array
from symsched.models.estimates import Estimate

_MIDDLE = 1e-2  # of a standard error: below it both formulas are the difference itself
_FARTHEST = 38.0  # standard errors that a normal tail in float64 can hold
_MANY = 4_000  # values that a law keeps apart
_LIMIT = 4.0  # z at which tails are compared
_LARGEST = 2.0  # by which the error bar of a small sample may exceed that of a large one


@final
@dataclass(frozen=True)
class Spread:
    """The law of one path's number: ``values`` (P,) with ``masses`` (P,), and independent normal noise."""

    values: Array
    masses: Array
    noise: float

    @classmethod
    def of(cls, values: Array, masses: Array) -> "Spread":
        """Return the law without noise of values that are many: neighbours are put together, the mean stays."""
        if len(values) <= _MANY:
            return cls(values, masses, 0.0)
        order = np.argsort(values)
        firsts = np.linspace(0, len(values), _MANY, endpoint=False).astype(int)
        total = np.add.reduceat(masses[order], firsts)
        moment = np.add.reduceat((masses * values)[order], firsts)
        kept = total > 0
        return cls(moment[kept] / total[kept], total[kept], 0.0)

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.masses @ self.values / self.masses.sum())

    @property
    def variance(self) -> float:
        """The variance."""
        centred = self.values - self.mean
        return float(self.masses @ centred**2 / self.masses.sum()) + self.noise

    def widened(self, variance: float) -> "Spread":
        """Return the law with at least this variance, the rest being noise."""
        return replace(self, noise=self.noise + max(0.0, variance - self.variance))

    def score(self, difference: float, n: int) -> float:
        """Return z of an average over n paths that lies ``difference`` above the mean: the normal score of its tail."""
        deviation = math.sqrt(self.variance / n)
        if deviation == 0:
            return 0.0 if difference == 0 else math.copysign(math.inf, difference)
        z = difference / deviation
        if abs(z) <= _MIDDLE or abs(z) >= _FARTHEST:
            return z
        sign = math.copysign(1.0, difference)
        # In standard deviations of one path, and from the side on which the average lies.
        scale = math.sqrt(self.variance)
        places, noise = sign * (self.values - self.mean) / scale, self.noise / scale**2
        x = abs(difference) / scale

        def derivatives(theta: float) -> tuple[float, float, float]:
            with np.errstate(divide="ignore"):
                logs = np.log(self.masses / self.masses.sum()) + theta * places
            total = float(special.logsumexp(logs))
            share = np.exp(logs - total)
            first = float(share @ places)
            second = float(share @ (places - first) ** 2)
            return total + noise * theta**2 / 2, first + noise * theta, second + noise

        high = 1.0
        while derivatives(high)[1] < x:
            high *= 2
            if high > 1e6:
                return sign * math.inf  # no path lies there
        theta = float(optimize.brentq(lambda at: derivatives(at)[1] - x, 0.0, high, xtol=1e-13))
        cumulant, _, bend = derivatives(theta)
        root = math.sqrt(max(0.0, 2 * n * (theta * x - cumulant)))
        other = theta * math.sqrt(n * bend)
        return sign * (root + (math.log(other / root) / root if root > _MIDDLE and other > 0 else 0.0))


def binomial_score(hits: int, n: int, p: float) -> float:
    """Return the normal score of the exact binomial tail that begins at ``hits`` of n, 0 where it holds the middle."""
    above = hits > n * p
    tail = float(stats.binom.logsf(hits - 1, n, p) if above else stats.binom.logcdf(hits, n, p))
    if math.isinf(tail):
        # A tail that float64 cannot hold: by its exponent, n times the relative entropy.
        share = hits / n
        tail = -n * float(special.rel_entr(share, p) + special.rel_entr(1 - share, 1 - p))
    z = -float(special.ndtri_exp(tail)) if tail < -math.log(2) else 0.0
    return z if above else -z


def few(n: int) -> bool:
    """Whether Student's quantile for n paths exceeds twice the normal one at z = 4: no error bar can be trusted."""
    return n < 2 or _student(n) > _LARGEST


def bar(seen: Estimate, n: int) -> float:
    """Return the standard error of an average over n paths, widened from normal to Student's quantile at z = 4."""
    return seen.standard_error * _student(n)


def _student(n: int) -> float:
    return float(stats.t.isf(stats.norm.sf(_LIMIT), n - 1)) / _LIMIT
