"""Global maxima of g − I for a mean-field measure: where its spin mean can be as d → ∞.

Λ(u) = log E_0 e^{ua}, I its Legendre transform. A maximum m solves m = Λ'(g'(m)); there χ = 1 − g''(m) Λ''(u)
measures how much the interaction softens the collective direction. χ = 0 is critical, and the order at which g − I
bends takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.forms import simplified
from symsched.distributions.mean_field.heights import CRITICAL, DIGITS, EQUAL, ROUNDED, Heights, PreciseHeights
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, LatticeLaw
from symsched.symbols import m, u

MAX_BEND = 8
"""Highest order of g − I that is looked at where it is flat."""
_SIMPLE = 1000  # denominator up to which a maximum is tried as a fraction
_LONG = 25
"""Operations of a formula with rounded numbers beyond which its value is shown instead."""


@dataclass(frozen=True)
class Saddle:
    """A global maximum m of g − I.

    ``tilt`` is u = g'(m); ``variance`` Λ''(u); ``chi`` = 1 − g'' Λ'' (0 where critical); ``bend`` the order at which
    g − I leaves its maximum (2 unless critical) and ``stiffness`` c > 0 in g − I ≈ maximum − c (δm)^bend. ``exact``
    says that all are closed forms or implicit constants, not rounded numbers.
    """

    magnetisation: sp.Expr
    tilt: sp.Expr
    variance: sp.Expr
    chi: sp.Expr
    bend: int
    stiffness: sp.Expr
    exact: bool


def find_saddles(law: AbstractLaw, interaction: sp.Expr) -> tuple[Saddle, ...]:
    """Return all global maxima of g(m) − I(m), in increasing order of m; every parameter must be a number.

    Raises DerivationError where the measure does not exist because g outgrows I.
    """
    landscape = Heights(law, interaction)
    tilts = landscape.stationary()
    precise = PreciseHeights.of(law, interaction)
    top = landscape.highest(tilts) if precise is None else precise.highest(tilts)
    if not top:
        raise DerivationError(
            "saddle points",
            f"g − I is so flat with g = {interaction} that its maxima, if there are several, are not told apart",
            "Move a parameter away from the critical point, or onto it.",
        )
    _require_untruncated(law, landscape, top)
    magnetisations = _name(law, interaction, [float(landscape.mean(np.array(tilt))) for tilt in top], top)
    found = tuple(_saddle(law, interaction, value, tilt) for value, tilt in zip(magnetisations, top, strict=True))
    return tuple(_as_mirror(saddle, found) for saddle in found)


def _require_untruncated(law: AbstractLaw, landscape: Heights, tilts: list[float]) -> None:
    """Raise where a maximum lies among atoms that the numbers of an infinite lattice leave out."""
    cumulant = law.log_laplace(u) if isinstance(law, LatticeLaw) else None
    if cumulant is None:
        return
    for tilt in tilts:
        exact = sp.N(sp.diff(cumulant, u).subs(u, sp.Float(tilt, 20)), 20)
        if not abs(exact - float(landscape.mean(np.array(tilt)))) <= 1e-8 * max(1, abs(exact)):
            raise DerivationError(
                "saddle points",
                f"g = {landscape.interaction} pushes the spin mean to u = {tilt:.6g}, beyond the atoms that hold all "
                "but 1e-18 of the single-site mass: g outgrows I and the measure does not exist, or g pulls too far",
                "Take an interaction that grows more slowly than I(m), or fold its linear part into the site law.",
            )


def _as_mirror(saddle: Saddle, family: tuple[Saddle, ...]) -> Saddle:
    """Give −m the expressions of m where the two are mirror images, so that equal quantities look equal."""
    for other in family:
        mirrored = other.magnetisation == -saddle.magnetisation and isinstance(other.magnetisation, ImplicitConstant)
        # Each by itself: a difference that vanishes would be evaluated at ever more digits.
        if mirrored and abs(number(other.chi, "chi") - number(saddle.chi, "chi")) < 1e-14:
            return replace(saddle, variance=other.variance, chi=other.chi, stiffness=other.stiffness)
    return saddle


def _name(law: AbstractLaw, interaction: sp.Expr, values: list[float], tilts: list[float]) -> list[sp.Expr]:
    """Return each maximum as 0, as an implicit constant of m = Λ'(g'(m)), as minus another one, or else as a number."""
    cumulant = law.log_laplace(u)
    named: list[sp.Expr] = []
    positive = sorted((v for v in values if v > 1e-12), reverse=True)
    for value, tilt in zip(values, tilts, strict=True):
        if tilt == 0.0:
            named.append(simplified(law.cumulants(1)[0]))
            continue
        if cumulant is None:
            named.append(sp.Float(value, 16))
            continue
        equation = m - _slopes(cumulant)[0].subs(u, sp.diff(interaction, m))
        exact = sp.nsimplify(value, rational=True, tolerance=1e-14)
        if exact.q <= _SIMPLE and simplified(equation.subs(m, exact)) == 0:
            named.append(exact)
            continue
        partner = next((v for v in positive if abs(v + value) < 1e-12), None) if value < 0 else None
        if partner is not None and simplified(equation.subs(m, -m) + equation) == 0:
            named.append(-_constant(equation, partner, positive, len(values)))
        else:
            named.append(_constant(equation, value, positive or values, len(values)))
    return named


def _constant(equation: sp.Expr, value: float, family: list[float], count: int) -> ImplicitConstant:
    rank = family.index(value) + 1 if value in family else count
    name = "m_star" if rank == 1 else f"m_star{rank}"
    return ImplicitConstant(name, m, equation, sp.Float(value, 17))


def _saddle(law: AbstractLaw, interaction: sp.Expr, value: sp.Expr, tilt: float) -> Saddle:
    cumulant = law.log_laplace(u)
    field = sp.diff(interaction, m).subs(m, value)
    exact = cumulant is not None and not value.has(sp.Float)
    if exact:
        # At u = 0 a formula like log(sinh u/u) has no value, its cumulants do.
        variance = law.cumulants(2)[1] if field == 0 else _variance(cumulant, value, field)
        if variance.has(sp.Float) and sp.count_ops(variance) > _LONG:
            # Rounded parameters are not worth a long formula.
            variance = sp.Float(number(variance, "the variance"), 17)
    else:
        variance = sp.Float(float(law.site().tilted_variance(np.array(tilt), np.array(0.0))), 16)
    chi = 1 - sp.diff(interaction, m, 2).subs(m, value) * variance
    if not _vanishes(chi, exact):
        return Saddle(value, field, variance, chi, 2, chi / (2 * variance), exact)
    bend, stiffness = _bending(law, interaction, value, field, exact)
    return Saddle(value, field, variance, sp.S.Zero, bend, stiffness, exact)


def _variance(cumulant: sp.Expr, value: sp.Expr, field: sp.Expr) -> sp.Expr:
    """Λ''(u), written through m = Λ'(u) where that is shorter (1 − m² for spins)."""
    if value == 0:
        return sp.diff(cumulant, u, 2).subs(u, field)
    slope, curvature = _slopes(cumulant)
    # For Λ' = tanh u: Λ'' = 1 − tanh² u. Where Λ'' is a function of Λ' alone, it is one of m.
    through_mean = curvature.subs(slope, m)
    return through_mean.subs(m, value) if not through_mean.has(u) else curvature.subs(u, field)


@lru_cache(maxsize=64)
def _slopes(cumulant: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Λ' and Λ'' as expressions in u, simplified while they still hold a plain symbol."""
    slope = simplified(sp.diff(cumulant, u))
    return slope, simplified(sp.diff(slope, u))


def _vanishes(derivative: sp.Expr, exact: bool) -> bool:
    """Whether a derivative of g − I is zero, to the digits that it has."""
    if not exact:
        return abs(float(sp.N(derivative, 20))) <= CRITICAL
    # A constant that solves an equation is a number to any digits; only a parameter that is a float is rounded.
    size = abs(sp.N(derivative, DIGITS))
    return bool(size <= (ROUNDED if derivative.has(sp.Float) else EQUAL))


def _bending(
    law: AbstractLaw, interaction: sp.Expr, value: sp.Expr, field: sp.Expr, exact: bool
) -> tuple[int, sp.Expr]:
    """Return the first order 2k > 2 at which g − I bends at a critical point, and c = −(g − I)^(2k)/(2k)!."""
    cumulants = law.tilt(field).cumulants(MAX_BEND)
    rate = legendre_derivatives(cumulants)
    for order in range(3, MAX_BEND + 1):
        derivative = simplified(sp.diff(interaction, m, order).subs(m, value) - rate[order])
        if _vanishes(derivative, exact):
            continue
        if order % 2 == 1 or derivative > 0:
            raise DerivationError(
                "critical point",
                f"at m = {value} the derivative of order {order} of g − I is {derivative}: this is no maximum",
                "The parameters sit at a spinodal; move them.",
            )
        return order, simplified(-derivative / sp.factorial(order))
    raise DerivationError(
        "critical point", f"g − I is flat at m = {value} up to order {MAX_BEND}", "No finite order decides."
    )


def legendre_derivatives(cumulants: tuple[sp.Expr, ...]) -> dict[int, sp.Expr]:
    """Return {n: I^(n)} at the mean, for n = 2 …, of the Legendre transform of a Λ whose derivatives are the cumulants.

    I'(m) is the inverse series of m = Λ'(u): I'' = 1/c_2, I''' = −c_3/c_2³, and so on by reversion.

    >>> legendre_derivatives((sp.S(0), sp.S(1), sp.S(0), sp.S(-2)))[4]
    2
    """
    size = len(cumulants)
    x = sp.Symbol("x")
    slopes = [cumulants[k] / sp.factorial(k) for k in range(1, size)]  # δm = Σ slopes[k−1] δu^k
    inverse: list[sp.Expr] = [1 / slopes[0]]
    for n in range(2, len(slopes) + 1):
        known = sum((c * x ** (k + 1) for k, c in enumerate(inverse)), sp.S.Zero)
        composed = sum((slopes[k - 1] * known**k for k in range(1, n + 1)), sp.S.Zero)
        residual = sp.expand(composed).coeff(x, n)
        inverse.append(simplified(-residual / slopes[0]))
    return {k + 2: simplified(coefficient * sp.factorial(k + 1)) for k, coefficient in enumerate(inverse)}
