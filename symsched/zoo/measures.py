"""Mean-field Gibbs measures in their phases: one maximum, several, and critical points."""

from __future__ import annotations

import mpmath
import sympy as sp
from sympy.stats import FiniteRV, Normal, Rademacher, Uniform
from sympy.stats.rv import RandomSymbol

from symsched.distributions.mean_field.measure import MeanField
from symsched.distributions.named import CurieWeiss
from symsched.laws import DensityLaw
from symsched.symbols import a, d, m
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_LOG_2 = sp.log(2)
_DIGITS = 30


def curie_weiss(beta: sp.Expr = _ONE * 2, h: sp.Expr = _LOG_2) -> MeanField:
    """Return the paper's Curie–Weiss model, ordered for β > 1."""
    return CurieWeiss(beta, h)


def curie_weiss_hot(beta: sp.Expr = _HALF, h: sp.Expr = sp.S.Zero) -> MeanField:
    """Return Curie–Weiss above its critical temperature, β < 1."""
    return CurieWeiss(beta, h)


def curie_weiss_critical(field: sp.Expr = _ONE * 4 / 5) -> MeanField:
    """Return Curie–Weiss at β = 1 in the field h = field · d^(1/4), which is what matters there."""
    return CurieWeiss(sp.S.One, sp.S(field) * d ** sp.Rational(1, 4))


def asymmetric_field(beta: sp.Expr = _ONE * 3 / 2, field: sp.Expr = _ONE / 5, up: sp.Expr = _HALF) -> MeanField:
    """Return spins with g = β m²/2 + field · m: a field of order d in the exponent leaves one maximum."""
    up = sp.S(up)
    return MeanField(FiniteRV("a", {-sp.S.One: 1 - up, sp.S.One: up}), sp.S(beta) * m**2 / 2 + sp.S(field) * m)


def _three_state(vacancy: sp.Expr) -> RandomSymbol:
    vacancy = sp.S(vacancy)
    side = (1 - vacancy) / 2
    return FiniteRV("a", {-sp.S.One: side, sp.S.Zero: vacancy, sp.S.One: side})


def blume_capel(beta: sp.Expr, vacancy: sp.Expr) -> MeanField:
    """Return spins on {−1, 0, 1} with prior mass ``vacancy`` on 0 and g = β m²/2."""
    return MeanField(_three_state(vacancy), sp.S(beta) * m**2 / 2)


def blume_capel_ordered(beta: sp.Expr = _ONE * 3, vacancy: sp.Expr = _HALF, h: sp.Expr = _ONE / 4) -> MeanField:
    """Return Blume–Capel in its ordered phase, with a field of order one."""
    return MeanField(_three_state(vacancy), sp.S(beta) * m**2 / 2, sp.S(h) * m)


def blume_capel_disordered(beta: sp.Expr = _ONE, vacancy: sp.Expr = _HALF) -> MeanField:
    """Return Blume–Capel in its disordered phase."""
    return blume_capel(beta, vacancy)


def blume_capel_tricritical() -> MeanField:
    """Return Blume–Capel where the second and the fourth derivative of g − I vanish together.

    With Λ(u) = log(v + (1 − v) cosh u) the fourth cumulant must vanish, which gives v, and then 1 = β Λ''(0).
    """
    u, vacancy = sp.symbols("u v", positive=True)
    cumulant = sp.log(vacancy + (1 - vacancy) * sp.cosh(u))
    variance, fourth = (sp.simplify(sp.diff(cumulant, u, order).subs(u, 0)) for order in (2, 4))
    (share,) = (root for root in sp.solve(fourth, vacancy) if 0 < root < 1)
    return blume_capel(1 / variance.subs(vacancy, share), share)


def blume_capel_coexistence(vacancy: sp.Expr = _ONE * 9 / 10) -> MeanField:
    """Return Blume–Capel on its first-order line, where the wells at −m, 0 and m are equally deep.

    There u = β m, m = Λ'(u) and Λ(u) = u m/2; β is solved from them. Needs vacancy > 2/3.
    """
    share = sp.S(vacancy)
    if not sp.Rational(2, 3) < share < 1:
        raise ValueError(f"vacancy must lie between 2/3 (the tricritical point) and 1, got {share}")
    with mpmath.workdps(_DIGITS + 10):
        side = mpmath.mpf(1) - mpmath.mpf(share.p) / share.q if share.is_Rational else mpmath.mpf(sp.N(1 - share, 40))

        def balance(u: mpmath.mpf) -> mpmath.mpf:
            mass = 1 + side * (mpmath.cosh(u) - 1)
            return mpmath.log(mass) - u * side * mpmath.sinh(u) / mass / 2

        # log(mass) falls short of half the work at small u and exceeds it at large u: one crossing in between.
        low, high = mpmath.mpf(1), mpmath.mpf(2)
        while balance(low) > 0:
            low /= 2
        while balance(high) < 0:
            high *= 2
        field = mpmath.findroot(balance, (low, high), solver="anderson", tol=mpmath.mpf(10) ** -(2 * _DIGITS))
        mass = 1 + side * (mpmath.cosh(field) - 1)
        beta = field * mass / (side * mpmath.sinh(field))
        return blume_capel(sp.Float(beta, 17), share)


def asymmetric_coexistence(coupling: sp.Expr = _ONE, h: sp.Expr = _ONE / 2) -> MeanField:
    """Return an asymmetric three-state spin at coexistence: two wells of different width, g = coupling m²/2 + s m.

    s is solved from the equality of the two maxima of g − I; h is a tilt of order one.
    """
    values, masses = (0, 1, 3), (sp.Rational(1, 2), sp.Rational(3, 10), sp.Rational(1, 5))
    with mpmath.workdps(_DIGITS + 10):
        strength = mpmath.mpf(sp.N(sp.S(coupling), _DIGITS + 10))
        numbers = [mpmath.mpf(w.p) / w.q for w in masses]

        def free_energy(u: mpmath.mpf) -> mpmath.mpf:
            return mpmath.log(mpmath.fsum(w * mpmath.exp(v * u) for v, w in zip(values, numbers, strict=True)))

        def mean(u: mpmath.mpf) -> mpmath.mpf:
            weights = [w * mpmath.exp(v * u) for v, w in zip(values, numbers, strict=True)]
            return mpmath.fsum(v * w for v, w in zip(values, weights, strict=True)) / mpmath.fsum(weights)

        def conditions(low: mpmath.mpf, high: mpmath.mpf, slope: mpmath.mpf) -> list[mpmath.mpf]:
            depth = [free_energy(u) - (u - slope) ** 2 / (2 * strength) for u in (low, high)]
            return [low - slope - strength * mean(low), high - slope - strength * mean(high), depth[0] - depth[1]]

        middle = -strength * 3 / 2
        start = (middle, middle + 3 * strength, middle)
        slope = mpmath.findroot(conditions, start, tol=mpmath.mpf(10) ** -(2 * _DIGITS))[2]
        spin = FiniteRV("a", dict(zip(map(sp.S, values), masses, strict=True)))
        return MeanField(spin, sp.S(coupling) * m**2 / 2 + sp.Float(slope, 17) * m, sp.S(h) * m)


def soft_spin(coupling: sp.Expr = _ONE * 4, h: sp.Expr = _ONE / 5) -> MeanField:
    """Return real spins of prior density ∝ exp(−a⁴) with g = coupling m²/2, above criticality."""
    return MeanField(DensityLaw(a, sp.exp(-(a**4)), -sp.oo, sp.oo), sp.S(coupling) * m**2 / 2, sp.S(h) * m)


def bounded_spin(coupling: sp.Expr = _ONE * 5, h: sp.Expr = _ONE / 2) -> MeanField:
    """Return real spins uniform on [−1, 1] with g = coupling m²/2, ordered for coupling > 3."""
    return MeanField(Uniform("a", -1, 1), sp.S(coupling) * m**2 / 2, sp.S(h) * m)


def four_spins(coupling: sp.Expr = _ONE * 9 / 10, h: sp.Expr = _ONE / 3) -> MeanField:
    """Return spins ±1 with g = coupling m⁴: ordered through a first-order transition, unlike Curie–Weiss."""
    return MeanField(Rademacher("a"), sp.S(coupling) * m**4, sp.S(h) * m)


def confined_gaussian(attraction: sp.Expr = _ONE, h: sp.Expr = _ONE / 2) -> MeanField:
    """Return standard normal sites with g = attraction m² − m⁴/2, a double well for attraction > 1/2."""
    return MeanField(Normal("a", 0, 1), sp.S(attraction) * m**2 - m**4 / 2, sp.S(h) * m)


_GROUP = "Mean-field Gibbs measures"
_MEASURE = Settings(dimensions=(1_000, 10_000), n=800)
_INTEGRATED = Settings(dimensions=(1_000, 10_000), n=500)
_INTERACTING = Settings(dimensions=(10_000, 100_000), n=500)
_CRITICAL = Settings(dimensions=(10_000, 100_000), n=800)

CURIE_WEISS = Entry(
    "curie-weiss",
    "Spins with an ordering interaction, the paper's second example",
    curie_weiss,
    "The paper's two",
    Settings(dimensions=(1_000, 10_000), n=1_500),
)

MEASURES = (
    Entry("curie-weiss-hot", "Curie–Weiss at β = 1/2: one maximum, no speciation", curie_weiss_hot, _GROUP, _MEASURE),
    Entry(
        "curie-weiss-critical",
        "Curie–Weiss at β = 1 in a field d^(1/4): a continuous effective law exp(−u⁴/12)",
        curie_weiss_critical,
        _GROUP,
        Settings(dimensions=(10_000, 1_000_000), n=1_500),
    ),
    Entry(
        "asymmetric-field",
        "Spins in a field as strong as their interaction: one maximum",
        asymmetric_field,
        _GROUP,
        _MEASURE,
    ),
    Entry(
        "blume-capel-ordered",
        "Blume–Capel spins {−1, 0, 1}, ordered: two maxima",
        blume_capel_ordered,
        _GROUP,
        _MEASURE,
    ),
    Entry(
        "blume-capel-disordered", "Blume–Capel spins, disordered: one maximum", blume_capel_disordered, _GROUP, _MEASURE
    ),
    Entry(
        "blume-capel-tricritical",
        "Blume–Capel at its tricritical point: an effective law exp(−c u⁶)",
        blume_capel_tricritical,
        _GROUP,
        _CRITICAL,
    ),
    Entry(
        "blume-capel-coexistence",
        "Blume–Capel on its first-order line: three maxima of different width",
        blume_capel_coexistence,
        _GROUP,
        _MEASURE,
    ),
    Entry(
        "asymmetric-coexistence",
        "An asymmetric three-state spin at coexistence: two maxima of different width",
        asymmetric_coexistence,
        _GROUP,
        _MEASURE,
    ),
    Entry(
        "soft-spin", "Real spins of density exp(−a⁴), ordered by a quadratic coupling", soft_spin, _GROUP, _INTEGRATED
    ),
    Entry("bounded-spin", "Real spins on [−1, 1], ordered by a quadratic coupling", bounded_spin, _GROUP, _INTEGRATED),
    Entry(
        "four-spins",
        "Spins with a four-spin interaction m⁴, ordered through a first-order transition",
        four_spins,
        _GROUP,
        _INTERACTING,
    ),
    Entry(
        "confined-gaussian",
        "Gaussian sites in a double well of their mean, g = m² − m⁴/2",
        confined_gaussian,
        _GROUP,
        _INTERACTING,
    ),
)
