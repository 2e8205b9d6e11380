"""Mean-field Gibbs measures in their phases: one maximum, several, and critical points."""

import mpmath
import sympy as sp
from sympy.stats import FiniteRV, Normal, Rademacher, Uniform

from symsched.distributions.mean_field.measure import MeanField
from symsched.distributions.named import CurieWeiss
from symsched.laws import DensityLaw
from symsched.symbols import a, d, m, u
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_LOG_2 = sp.log(2)
_DIGITS = 40
"""Digits with which constants are solved for, before they are written as Floats of 17."""


def curie_weiss(beta: sp.Expr = _ONE * 2, h: sp.Expr = _LOG_2) -> MeanField:
    """Spins with an ordering interaction, the paper's second example."""
    return CurieWeiss(beta, h)


def curie_weiss_hot(beta: sp.Expr = _HALF, h: sp.Expr = sp.S.Zero) -> MeanField:
    """Curie–Weiss at β = 1/2: one maximum, no speciation."""
    return CurieWeiss(beta, h)


def curie_weiss_critical(field: sp.Expr = _ONE * 4 / 5) -> MeanField:
    """Curie–Weiss at β = 1 in a field d^(1/4): a continuous effective law exp(−u⁴/12)."""
    return CurieWeiss(sp.S.One, field * d ** sp.Rational(1, 4))


def asymmetric_field(beta: sp.Expr = _ONE * 3 / 2, field: sp.Expr = _ONE / 5, up: sp.Expr = _HALF) -> MeanField:
    """Spins in a field as strong as their interaction: one maximum.

    The interaction is g = β m²/2 + field · m, of order d in the exponent; ``up`` is the prior mass of +1.
    """
    return MeanField(FiniteRV("a", {-sp.S.One: 1 - up, sp.S.One: up}), beta * m**2 / 2 + field * m)


def _blume_capel(beta: sp.Expr, vacancy: sp.Expr, h: sp.Expr = sp.S.Zero) -> MeanField:
    """Return spins on {−1, 0, 1} with prior mass ``vacancy`` on 0 and g = β m²/2."""
    side = (1 - vacancy) / 2
    spin = FiniteRV("a", {-sp.S.One: side, sp.S.Zero: vacancy, sp.S.One: side})
    return MeanField(spin, beta * m**2 / 2, h * m)


def blume_capel_ordered(beta: sp.Expr = _ONE * 3, vacancy: sp.Expr = _HALF, h: sp.Expr = _ONE / 4) -> MeanField:
    """Blume–Capel spins {−1, 0, 1}, ordered: two maxima."""
    return _blume_capel(beta, vacancy, h)


def blume_capel_disordered(beta: sp.Expr = _ONE, vacancy: sp.Expr = _HALF) -> MeanField:
    """Blume–Capel spins, disordered: one maximum."""
    return _blume_capel(beta, vacancy)


def blume_capel_tricritical() -> MeanField:
    """Blume–Capel at its tricritical point: an effective law exp(−c u⁶).

    There the second and the fourth derivative of g − I vanish together: the fourth cumulant of Λ must vanish, which
    gives the vacancy, and then 1 = β Λ''(0).
    """
    vacancy = sp.Symbol("v", positive=True)
    variance, fourth = (sp.simplify(sp.diff(_laplace(vacancy), u, order).subs(u, 0)) for order in (2, 4))
    (share,) = (root for root in sp.solve(fourth, vacancy) if 0 < root < 1)
    return _blume_capel(1 / variance.subs(vacancy, share), share)


def _laplace(vacancy: sp.Expr) -> sp.Expr:
    """Return Λ(u) = log E exp(u a) of a Blume–Capel spin."""
    return sp.log(vacancy + (1 - vacancy) * sp.cosh(u))


def blume_capel_coexistence(vacancy: sp.Expr = _ONE * 9 / 10) -> MeanField:
    """Blume–Capel on its first-order line: three maxima of different width.

    Its wells at −m, 0 and m are equally deep: u = β m, m = Λ'(u) and Λ(u) = u m/2; β is solved from them. Needs
    vacancy > 2/3.
    """
    if not sp.Rational(2, 3) < vacancy < 1:
        raise ValueError(f"vacancy must lie between 2/3 (the tricritical point) and 1, got {vacancy}")
    mean = sp.diff(_laplace(vacancy), u)
    balance = sp.lambdify(u, _laplace(vacancy) - u * mean / 2, "mpmath")
    with mpmath.workdps(_DIGITS):
        # Λ falls short of half the work at small u and exceeds it at large u: one crossing in between.
        low, high = mpmath.mpf(1), mpmath.mpf(2)
        while balance(low) > 0:
            low /= 2
        while balance(high) < 0:
            high *= 2
        field = sp.Float(mpmath.findroot(balance, (low, high), solver="anderson"), _DIGITS)
    return _blume_capel(sp.Float(field / mean.subs(u, field), 17), vacancy)


def asymmetric_coexistence(coupling: sp.Expr = _ONE, h: sp.Expr = _ONE / 2) -> MeanField:
    """An asymmetric three-state spin at coexistence: two maxima of different width.

    With g = coupling m²/2 + s m, s is solved from the equality of the two maxima of g − I; h is a tilt of order one.
    """
    spin = {sp.S(0): _HALF, sp.S(1): _ONE * 3 / 10, sp.S(3): _ONE / 5}
    low, high, slope = unknowns = sp.symbols("low high slope")
    laplace = sp.log(sp.Add(*(weight * sp.exp(value * u) for value, weight in spin.items())))
    stationary = u - slope - coupling * sp.diff(laplace, u)
    depth = laplace - (u - slope) ** 2 / (2 * coupling)
    conditions = [stationary.subs(u, low), stationary.subs(u, high), depth.subs(u, low) - depth.subs(u, high)]
    # Start where all sites at 0 and all at 3 have one energy.
    middle = -coupling * 3 / 2
    solved = sp.nsolve(conditions, unknowns, (middle, middle + 3 * coupling, middle), prec=_DIGITS)
    return MeanField(FiniteRV("a", spin), coupling * m**2 / 2 + sp.Float(solved[2], 17) * m, h * m)


def soft_spin(coupling: sp.Expr = _ONE * 4, h: sp.Expr = _ONE / 5) -> MeanField:
    """Real spins of density exp(−a⁴), ordered by a quadratic coupling."""
    return MeanField(DensityLaw(a, sp.exp(-(a**4)), -sp.oo, sp.oo), coupling * m**2 / 2, h * m)


def bounded_spin(coupling: sp.Expr = _ONE * 5, h: sp.Expr = _ONE / 2) -> MeanField:
    """Real spins on [−1, 1], ordered by a quadratic coupling.

    Their prior is uniform, so that they order for coupling > 3.
    """
    return MeanField(Uniform("a", -1, 1), coupling * m**2 / 2, h * m)


def four_spins(coupling: sp.Expr = _ONE * 9 / 10, h: sp.Expr = _ONE / 3) -> MeanField:
    """Spins with a four-spin interaction m⁴, ordered through a first-order transition."""
    return MeanField(Rademacher("a"), coupling * m**4, h * m)


def confined_gaussian(attraction: sp.Expr = _ONE, h: sp.Expr = _ONE / 2) -> MeanField:
    """Gaussian sites in a double well of their mean, g = m² − m⁴/2.

    In general g = attraction m² − m⁴/2, a double well for attraction > 1/2.
    """
    return MeanField(Normal("a", 0, 1), attraction * m**2 - m**4 / 2, h * m)


_GROUP = "Mean-field Gibbs measures"
# Measures whose posterior is a lattice sum, a quadrature, or follows from a smooth interaction take longer.
_MEASURE = Settings(dimensions=(1_000, 10_000), n=800)
_INTEGRATED = Settings(dimensions=(1_000, 10_000), n=500)
_INTERACTING = Settings(dimensions=(10_000, 100_000), n=500)
_CRITICAL = Settings(dimensions=(10_000, 100_000), n=800)

CURIE_WEISS = Entry(curie_weiss, "The paper's two", Settings(dimensions=(1_000, 10_000), n=1_500))

MEASURES = (
    Entry(curie_weiss_hot, _GROUP, _MEASURE),
    Entry(curie_weiss_critical, _GROUP, Settings(dimensions=(10_000, 1_000_000), n=1_500)),
    Entry(asymmetric_field, _GROUP, _MEASURE),
    Entry(blume_capel_ordered, _GROUP, _MEASURE),
    Entry(blume_capel_disordered, _GROUP, _MEASURE),
    Entry(blume_capel_tricritical, _GROUP, _CRITICAL),
    Entry(blume_capel_coexistence, _GROUP, _MEASURE),
    Entry(asymmetric_coexistence, _GROUP, _MEASURE),
    Entry(soft_spin, _GROUP, _INTEGRATED),
    Entry(bounded_spin, _GROUP, _INTEGRATED),
    Entry(four_spins, _GROUP, _INTERACTING),
    Entry(confined_gaussian, _GROUP, _INTERACTING),
)
