"""From which dimension on a limit is expected to hold."""

import math
from itertools import combinations

import sympy as sp

from symsched.algebra.codegen import number
from symsched.distributions.cascade import CanonicalPhase
from symsched.limits.limit import Limit

REACH = 0.1
"""A limit is expected to hold where its slowest window sits at ψ = κ d^−γ ≤ 0.1; what it neglects is of the size ψ²."""


def window_reach(limit: Limit, d: float, kappa: float | None) -> float:
    """Return ψ at which the last modes have been chosen: what the limit neglects is of the size ψ².

    It is the far end of a speciation's window, κ d^−γ, or where it lies beyond that the place at which the two nearest
    atoms g of its effective law are told apart, s |g_1 − g_2| = 2.
    """
    reaches = [scale * float(d) ** -exponent for scale, exponent in _scales(limit, kappa)]
    return max(reaches, default=float(d) ** -0.5)


def expected_from(limit: Limit, kappa: float | None) -> float:
    """Return the d from which on ``window_reach`` is at most REACH."""
    return max(((scale / REACH) ** (1 / exponent) for scale, exponent in _scales(limit, kappa)), default=REACH**-2)


def waiting(limit: Limit, d: float, kappa: float | None) -> str:
    """Return from which d on the limit is expected to hold, where ``d`` is smaller; else nothing."""
    if window_reach(limit, d, kappa) <= REACH:
        return ""
    return (
        f"the limit is expected from d ≈ {expected_from(limit, kappa):.1e} on, where its modes have been chosen at "
        f"ψ ≤ {REACH:g}"
    )


def _scales(limit: Limit, kappa: float | None) -> list[tuple[float, float]]:
    """Return ψ d^γ at which the modes of each speciation have been chosen, and γ."""
    speciations = limit.cascade.speciations
    return [(max(kappa or 1.0, _telling_apart(phase)), float(phase.exponent)) for phase in speciations]


def _telling_apart(phase: CanonicalPhase) -> float:
    """Return ψ d^γ at which the two nearest atoms of a branch are told apart; 0 where no law has two atoms."""
    gaps = [
        math.dist(*([number(part, "a place") for part in (g.args if isinstance(g, sp.Tuple) else (g,))] for g in pair))
        for branch in phase.branches
        for pair in combinations(branch.law.atoms or (), 2)
    ]
    return float((2 / min(gaps)) ** (1 / float(phase.order or 1))) if gaps else 0.0
