"""The order parameters of a phase as functions of the d canonical coordinates y_i."""

import sympy as sp

from symsched.distributions.cascade import CanonicalPhase
from symsched.laws.moments import moments_of_cumulants
from symsched.symbols import d, psi

index = sp.Symbol("i", integer=True, positive=True)
"""Counts the coordinates."""
coordinate = sp.Indexed("y", index)
"""The canonical coordinate y_i = x_i/α."""


def direction(k: int) -> sp.Indexed:
    """Return e_ki, coordinate i of the k-th of the orthonormal directions that span the means."""
    return sp.Indexed("e", k, index)


def order_parameters(canonical: CanonicalPhase, noise: sp.Expr) -> tuple[sp.Basic, ...]:
    """Return the order parameter of every branch in y_i, ψ and d, α being ``noise``; in the data phase x_i itself."""
    if canonical.order is None:
        return (sp.Indexed("x", index),)
    if canonical.directions is not None:
        projections = [noise * sp.Sum(direction(k + 1) * coordinate, (index, 1, d)) for k in range(canonical.dimension)]
        return (projections[0] if len(projections) == 1 else sp.Tuple(*projections),)
    return tuple(
        noise**canonical.order * _hermite_sum(canonical.order, common, reference)
        for common, reference in zip(canonical.common, canonical.references, strict=True)
    )


def _hermite_sum(order: int, common: tuple[sp.Expr, ...], reference: sp.Expr) -> sp.Expr:
    """(q! d)^{−1/2} Σ_i He_q(ŷ_i) less what all modes share, ŷ standardised by the common lower cumulants.

    E He_q(ŷ) of one coordinate is ψ̂^q, ψ̂ = ψ/√V, times the q-th moment that cumulants 0, 0, c_3, …, c_q would have.
    """
    centre = common[0] if common else reference
    spread = sp.sqrt(1 + psi**2 * (common[1] if order > 2 else 0))
    standardised = (coordinate - psi * centre) / spread
    summed = sp.Sum(sp.hermite_prob(order, standardised), (index, 1, d)) / sp.sqrt(sp.factorial(order) * d)
    if order == 1:
        return summed
    shared = moments_of_cumulants([sp.S.Zero] * min(2, order - 1) + [*common[2:], reference])[-1]
    return summed - sp.sqrt(d / sp.factorial(order)) * (psi / spread) ** order * shared
