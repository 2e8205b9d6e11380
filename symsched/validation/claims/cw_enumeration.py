"""The exact law of the spin mean of a Curie–Weiss measure at finite d: every one of its d + 1 values.

Nothing here knows of saddle points, limits or the flow; the claims hold what is derived against these numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from symsched.algebra.codegen import Array


@dataclass(frozen=True, eq=False)
class SpinMeans:
    """The values m = −1, −1 + 2/d, …, 1 of the spin mean, (d + 1,), and their probabilities."""

    d: int
    values: Array
    masses: Array

    @property
    def up(self) -> float:
        """P(m > 0), the value 0 counting half."""
        return float(self.masses[self.values > 0].sum() + self.masses[self.values == 0].sum() / 2)

    def given_up(self) -> tuple[float, float]:
        """Return mean and variance of m given m > 0."""
        inside = self.values > 0
        shares = self.masses[inside] / self.masses[inside].sum()
        mean = float(shares @ self.values[inside])
        return mean, float(shares @ (self.values[inside] - mean) ** 2)

    def moment(self, power: int) -> float:
        """Return E m^power."""
        return float(self.masses @ self.values**power)

    def noisy_cdf(self, strength: float, at: Array) -> Array:
        """Return P(z + strength·m ≤ at), z ~ N(0, 1): the law of Σ(z + ψa)_i/√d at √d ψ = strength."""
        out = np.empty(len(at))
        inside = self.masses > 1e-18
        for k, place in enumerate(at):
            out[k] = self.masses[inside] @ special.ndtr(place - strength * self.values[inside])
        return out


def spin_means(d: int, beta: float, field: float) -> SpinMeans:
    """Return the law of m: mass ∝ C(d, k) exp(d β m²/2 + h m) at m = (2k − d)/d."""
    ups = np.arange(d + 1, dtype=float)
    values = (2 * ups - d) / d
    logs = special.gammaln(d + 1.0) - special.gammaln(ups + 1) - special.gammaln(d - ups + 1)
    logs += d * beta * values**2 / 2 + field * values
    masses = np.exp(logs - special.logsumexp(logs))
    return SpinMeans(d, values, masses / masses.sum())
