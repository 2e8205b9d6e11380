"""What the mixture does at finite d, exactly: nothing here is derived by symsched, and nothing predicts from it.

With M = r·x/|r|² and D = α² + σ²β², the law of M on the path of interpolants is p N(β, D/d) + (1 − p) N(−β, D/d); the
probability flow is its quantile map, and what is orthogonal to r scales by √D. Written in mpmath, so that d may be
10^40. The interpolants and dilations are those printed in arXiv 2501.00988, typed in once more on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import mpmath

Number: TypeAlias = Any
"""A number of mpmath, which ships no types."""
Amplitudes = Callable[[Number, Number], tuple[Number, Number]]

_DIGITS = 60


def _variance_preserving(tau: Number, _: Number) -> tuple[Number, Number]:
    return 1 - tau, tau


def _variance_preserving_trig(tau: Number, _: Number) -> tuple[Number, Number]:
    return mpmath.sqrt(1 - tau**2), tau


def _variance_exploding(tau: Number, d: Number) -> tuple[Number, Number]:
    return mpmath.sqrt(d) * (1 - tau), tau


def _variance_exploding_trig(tau: Number, d: Number) -> tuple[Number, Number]:
    return mpmath.sqrt(d) * mpmath.sqrt(1 - tau**2), tau


AMPLITUDES: dict[str, Amplitudes] = {
    "vp": _variance_preserving,
    "vp-trig": _variance_preserving_trig,
    "ve": _variance_exploding,
    "ve-trig": _variance_exploding_trig,
}
"""α(τ), β(τ) of the paper's interpolants."""


def dilation(name: str, t: float, d: Number, kappa: float) -> Number:
    """Return τ(t) of the paper's dilated schedules."""
    time, constant, root = mpmath.mpf(t), mpmath.mpf(kappa), mpmath.sqrt(d)
    first = time <= mpmath.mpf("0.5")
    if name in ("vp", "vp-trig"):
        return 2 * constant * time / root if first else constant / root + (1 - constant / root) * (2 * time - 1)
    if name == "ve":
        return (1 - constant / root) * 2 * time if first else 1 - constant / root + constant / root * (2 * time - 1)
    if first:
        return mpmath.sqrt(1 - constant**2 / d) * 2 * time
    return mpmath.sqrt(1 - constant**2 * (2 - 2 * time) ** 2 / d)


@dataclass(frozen=True)
class ExactMixture:
    """p N(r, σ²I) + (1 − p) N(−r, σ²I) with |r|² = d, and an interpolant by name; d may be any positive number."""

    name: str
    d: Number
    p: Number
    sigma: Number

    @staticmethod
    def of(name: str, d: float | str, p: float = 0.8, sigma: float = 0.5) -> ExactMixture:
        """Return the mixture with its numbers in high precision; write a large d as "1e40"."""
        return ExactMixture(name, mpmath.mpf(d), mpmath.mpf(str(p)), mpmath.mpf(str(sigma)))

    def signal(self, tau: Number) -> tuple[Number, Number, Number]:
        """Return β, √D, and the separation b = β√d/√D of the modes in standard deviations of M."""
        alpha, beta = AMPLITUDES[self.name](tau, self.d)
        width = mpmath.sqrt(alpha**2 + self.sigma**2 * beta**2)
        return beta, width, beta * mpmath.sqrt(self.d) / width

    def score(self, tau: Number, nu0: float) -> Number:
        """Return u = M√d/√D at τ on the path whose noise has r·z/|r| = ``nu0``: p Φ(u − b) + (1 − p) Φ(u + b) =
        Φ(ν_0).
        """
        separation = self.signal(tau)[2]
        level = mpmath.ncdf(mpmath.mpf(nu0))

        def excess(u: Number) -> Number:
            return self.p * mpmath.ncdf(u - separation) + (1 - self.p) * mpmath.ncdf(u + separation) - level

        reach = separation + 1
        return mpmath.findroot(excess, (nu0 - reach, nu0 + reach), solver="anderson", tol=mpmath.mpf(10) ** -50)

    def magnetisation(self, tau: Number, nu0: float) -> Number:
        """Return M = r·x/|r|² at τ."""
        return self.score(tau, nu0) * self.signal(tau)[1] / mpmath.sqrt(self.d)

    def magnetisation_rate(self, tau: float | str, magnetisation: float | str) -> float:
        """Return Ṁ at (τ, M) = −∂_τ F/∂_M F, F the distribution function of M, by finite differences."""
        with mpmath.workdps(_DIGITS):
            time, place = mpmath.mpf(tau), mpmath.mpf(magnetisation)

            def level(at: Number, m: Number) -> Number:
                beta, width, _ = self.signal(at)
                scale = mpmath.sqrt(self.d) / width
                return self.p * mpmath.ncdf((m - beta) * scale) + (1 - self.p) * mpmath.ncdf((m + beta) * scale)

            return float(-mpmath.diff(level, (time, place), (1, 0)) / mpmath.diff(level, (time, place), (0, 1)))

    def amplitudes(self, t: float, kappa: float) -> tuple[float, float]:
        """Return α and β at time t of the paper's dilated schedule."""
        with mpmath.workdps(_DIGITS):
            alpha, beta = AMPLITUDES[self.name](dilation(self.name, t, self.d, kappa), self.d)
            return float(alpha), float(beta)

    def order_parameter(self, t: float, nu0: float, kappa: float) -> float:
        """Return r·x/|r| in the unit of α(0) at time t of the paper's dilated schedule: μ."""
        with mpmath.workdps(_DIGITS):
            unit = AMPLITUDES[self.name](mpmath.mpf(0), self.d)[0]
            at = dilation(self.name, t, self.d, kappa)
            return float(self.magnetisation(at, nu0) * mpmath.sqrt(self.d) / unit)

    def overlap(self, t: float, nu0: float, kappa: float) -> float:
        """Return M at time t of the paper's dilated schedule."""
        with mpmath.workdps(_DIGITS):
            return float(self.magnetisation(dilation(self.name, t, self.d, kappa), nu0))

    def orthogonal(self, t: float, kappa: float, since: float = 0.5) -> float:
        """Return √(D(t)/D(since)) on the paper's dilated schedule, the factor of what is orthogonal to r."""
        with mpmath.workdps(_DIGITS):
            widths = [self.signal(dilation(self.name, at, self.d, kappa))[1] for at in (t, since)]
            return float(widths[0] / widths[1])
