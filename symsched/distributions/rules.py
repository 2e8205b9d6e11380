"""From a distribution to the phases of its canonical flow, by rules that never ask for its name."""

from __future__ import annotations

from functools import singledispatch

from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw
from symsched.distributions.gaussian_modes.cascade import gram_cascade
from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.mean_field.cascade import saddle_cascade
from symsched.distributions.mean_field.measure import MeanField
from symsched.distributions.product.cascade import product_cascade
from symsched.distributions.product.mixture import ProductMixture

__all__ = ["Branch", "CanonicalPhase", "Cascade", "ModeLaw", "cascade"]


@singledispatch
def cascade(distribution: AbstractDistribution) -> Cascade:
    """Return the modes and phases of a distribution; each family registers its rule.

    Raises DerivationError, naming the step, where the family's rule does not apply.
    """
    raise TypeError(f"no cascade is known for {distribution!r}; give a ProductMixture, GaussianModes or MeanField")


cascade.register(ProductMixture, product_cascade)
cascade.register(GaussianModes, gram_cascade)
cascade.register(MeanField, saddle_cascade)
