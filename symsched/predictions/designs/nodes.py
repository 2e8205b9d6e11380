"""Laws of one coordinate as searches need them: the monotone map from noise, and denoisers without a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite, AtomSite

_SHARP = 300.0
"""s, in units of one over a site's deviation, at which a coordinate is read off its noisy value."""
_NODES, _REACH = 261, 6.5
"""Nodes that stand for a density, and the deviations of the noise that they span."""


def monotone(site: AbstractSite, noise: Array) -> Array:
    """Return the coordinate at each ``noise`` (L,), read off the exact flow where hardly any noise is left."""
    if site.variance == 0:
        return np.full(noise.shape, site.mean)
    sharp = np.full(noise.shape, _SHARP / math.sqrt(site.variance))
    return np.asarray(site.denoiser(sharp, site.flow(sharp, noise)))


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
        noise = np.linspace(-_REACH, _REACH, _NODES)
        return cls(monotone(site, noise), -(noise**2) / 2 - np.log(np.exp(-(noise**2) / 2).sum()))

    def both(self, psi: float, y: Array) -> tuple[Array, Array]:
        """Return log E exp(ψ y a − ψ² a²/2) and the mean of a under it, for y of any shape."""
        exponents = self.logs - (psi * self.values) ** 2 / 2 + psi * y.reshape(-1, 1) * self.values
        top = exponents.max(axis=1)
        terms = np.exp(exponents - top[:, None])
        total = terms.sum(axis=1)
        return (top + np.log(total)).reshape(y.shape), (terms @ self.values / total).reshape(y.shape)
