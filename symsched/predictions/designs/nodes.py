"""Laws of one coordinate as searches need them: the monotone map from noise, and denoisers without a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard, final

import numpy as np
from scipy import optimize

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite, AtomSite

_SHARP = 300.0
"""s, in units of one over a site's deviation, at which a coordinate is read off its noisy value."""
_HALVES = math.log(1e-3), math.log(30.0)
"""Between these, in units of one over the deviation, half of any law's variance is seen."""
_NODES, _REACH = 261, 6.5
"""Nodes that stand for a density, and the deviations of the noise that they span."""


_FEW = 4


def few_atoms(site: AbstractSite) -> TypeGuard[AtomSite]:
    """Whether the monotone map to a site has steps so few that a table may hit each; many are as good as smooth."""
    return isinstance(site, AtomSite) and site.values.size <= _FEW


def monotone(site: AbstractSite, noise: Array) -> Array:
    """Return the coordinate at each ``noise`` (L,), read off the exact flow where hardly any noise is left."""
    if site.variance == 0:
        return np.full(noise.shape, site.mean)
    sharp = np.full(noise.shape, _SHARP / math.sqrt(site.variance))
    return np.asarray(site.denoiser(sharp, site.flow(sharp, noise)))


@lru_cache(maxsize=64)
def half_seen(site: AbstractSite) -> float:
    """Return the ψ at which y = z + ψ a leaves half the variance of a coordinate: E D² = (m² + E a²)/2.

    One over the deviation for a normal law. Not for a spin that is nearly always 1: what little it varies is seen
    where the two values are told apart, far before ψ is one over its deviation.
    """
    if site.variance == 0:
        return 1.0
    deviation, (noise, masses) = math.sqrt(site.variance), normal_nodes()

    def ahead(log_psi: float) -> float:
        psi = np.full(noise.shape, math.exp(log_psi) / deviation)
        seen = site.denoiser(psi, site.flow(psi, noise)) - site.mean
        return float(masses @ seen**2) / site.variance - 0.5

    return math.exp(float(optimize.brentq(ahead, *_HALVES, xtol=1e-6))) / deviation


def normal_nodes() -> tuple[Array, Array]:
    """Return numbers that stand for a standard normal one, and their masses."""
    noise = np.linspace(-_REACH, _REACH, _NODES)
    masses = np.exp(-(noise**2) / 2)
    return noise, masses / masses.sum()


@final
@dataclass(frozen=True, eq=False)
class NodeLaw:
    """A law as atoms: its own, or of a density its values at the quantiles of a normal law's nodes, right to 1e-5.

    A search meets every ψ once, for which a table would be built in vain.
    """

    values: Array
    logs: Array

    @classmethod
    def of(cls, site: AbstractSite) -> NodeLaw:
        """Return the atoms of a site."""
        if isinstance(site, AtomSite):
            return cls(site.values, np.log(site.weights))
        noise, masses = normal_nodes()
        return cls(monotone(site, noise), np.log(masses))

    def both(self, psi: float, y: Array) -> tuple[Array, Array]:
        """Return log E exp(ψ y a − ψ² a²/2) and the mean of a under it, for y of any shape."""
        exponents = self.logs - (psi * self.values) ** 2 / 2 + psi * y.reshape(-1, 1) * self.values
        top = exponents.max(axis=1)
        terms = np.exp(exponents - top[:, None])
        total = terms.sum(axis=1)
        return (top + np.log(total)).reshape(y.shape), (terms @ self.values / total).reshape(y.shape)
