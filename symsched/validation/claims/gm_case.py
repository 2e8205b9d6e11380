"""The Gaussian mixture that the ledger's claims are about, its limits, and the paths that they are held against.

p N(r, σ²I) + (1 − p) N(−r, σ²I) with p = 4/5, |r|² = d, σ = 1/2, and κ = 3: the setting of the reference values.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from symsched.distributions.named import GaussianMixture
from symsched.distributions.product.mixture import ProductMixture
from symsched.laws import AtomLaw
from symsched.limits.limit import Limit, derive
from symsched.schedules.interpolant import INTERPOLANTS, Interpolant

GROUP = "Gaussian mixture"
SOURCE = "arXiv 2501.00988"
P = sp.Rational(4, 5)
SIGMA = sp.Rational(1, 2)
KAPPA = 3.0


@cache
def mixture(p: sp.Rational = P, sigma: sp.Rational = SIGMA) -> ProductMixture:
    """Return the mixture, with m = 1."""
    return GaussianMixture(p=p, m=1, sigma=sigma)


def interpolant(name: str) -> Interpolant:
    """Return a built-in interpolant by its command-line name."""
    return INTERPOLANTS[name]


@cache
def limit(name: str) -> Limit:
    """Return the derived limit of the mixture under a built-in interpolant."""
    return derive(mixture(), interpolant(name))


def effective_law(found: Limit) -> AtomLaw:
    """Return the effective law of the speciation; TypeError if it has no atoms."""
    law = found.phases[0].law
    if not isinstance(law, AtomLaw):
        raise TypeError(f"the speciation of a mixture must have an effective law with atoms, got {law!r}")
    return law
