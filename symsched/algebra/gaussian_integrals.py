"""Closed forms for densities that are, piece by piece, polynomial × exp(quadratic polynomial).

One rule covers the normal, uniform, Laplace and exponential laws, gamma and beta laws of integer shape, triangular and
truncated normal laws, and user densities of that form: moments by recursion on the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

_MAX_POWER = 600
"""Of a polynomial: beyond it the moments are fractions of thousands of digits."""


@dataclass(frozen=True)
class Interval:
    """A smooth stretch of a density: ``expression`` on (low, high)."""

    low: sp.Expr
    high: sp.Expr
    expression: sp.Expr


@dataclass(frozen=True)
class Term:
    """coefficient × a^power × exp(−stiffness a² + slope a) on (low, high)."""

    coefficient: sp.Expr
    power: int
    stiffness: sp.Expr
    slope: sp.Expr
    low: sp.Expr
    high: sp.Expr


def terms_of(intervals: Sequence[Interval], a: sp.Symbol) -> tuple[Term, ...] | None:
    """Return the density as a sum of terms, or None if a factor is neither polynomial nor exp(quadratic)."""
    terms: list[Term] = []
    for interval in intervals:
        if any(_stops(power, a) for power in interval.expression.atoms(sp.Pow)):
            return None
        expanded = sp.expand(sp.expand(interval.expression.rewrite(sp.exp), power_exp=False), power_exp=False)
        for summand in sp.Add.make_args(expanded):
            term = _term(summand, a, interval)
            if term is None:
                return None
            terms.append(term)
    return tuple(terms)


def _stops(power: sp.Pow, a: sp.Symbol) -> bool:
    """Return whether a power is none that a term may hold: expanding (1 + a²/n)^−(n+1)/2 takes minutes at large n."""
    whole = power.exp.is_Integer and power.exp >= 0
    return bool((whole and power.exp > _MAX_POWER) or (not whole and power.base.is_Add and power.base.has(a)))


def _term(summand: sp.Expr, a: sp.Symbol, interval: Interval) -> Term | None:
    coefficient, dependent = summand.as_independent(a, as_Add=False)
    power = 0
    exponent = sp.Integer(0)
    for factor in sp.Mul.make_args(dependent):
        base, degree = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            exponent += factor.args[0]
        elif factor == 1:
            continue
        elif base == a and degree.is_Integer and degree >= 0:
            power += int(degree)
        elif not base.has(a):
            exponent += degree * sp.log(base)
        else:
            return None
    polynomial = sp.Poly(sp.expand(exponent), a) if sp.expand(exponent).is_polynomial(a) else None
    if polynomial is None or polynomial.degree() > 2:
        return None
    constant, slope, quadratic = (polynomial.coeff_monomial(a**k) for k in range(3))
    return Term(coefficient * sp.exp(constant), power, -quadratic, slope, interval.low, interval.high)


def bumps(terms: Sequence[Term]) -> tuple[tuple[sp.Expr, sp.Expr], ...]:
    """Return (centre, width) of every Gaussian factor: where the density may have narrow structure."""
    stiff = [term for term in terms if term.stiffness != 0]
    return tuple(dict.fromkeys((term.slope / (2 * term.stiffness), 1 / sp.sqrt(2 * term.stiffness)) for term in stiff))


def moment(terms: Sequence[Term], order: int, field: sp.Expr, curvature: sp.Expr) -> sp.Expr:
    """Return the integral of a^order density(a) exp(field a − curvature a²/2)."""
    total = sp.Integer(0)
    for term in terms:
        stiffness = sp.factor(term.stiffness + curvature / 2)
        slope = term.slope + field
        total += term.coefficient * _power_integral(term.power + order, stiffness, slope, term.low, term.high)
    return total


def _power_integral(power: int, stiffness: sp.Expr, slope: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """Return the integral of a^power exp(−A a² + B a) over (low, high), A = stiffness and B = slope.

    For A != 0, (k a^{k−1} + B a^k − 2A a^{k+1}) e is the derivative of a^k e; for A = 0 parts are integrated in B.
    A boundary term at infinity vanishes: integrability is the caller's assumption.
    """

    def edge(k: int) -> sp.Expr:
        """Return [a^k exp(−A a² + B a)] between the ends."""
        return sum(
            (
                sign * end**k * sp.exp(sp.expand(-stiffness * end**2 + slope * end))
                for sign, end in ((1, high), (-1, low))
                if end not in (sp.oo, -sp.oo)
            ),
            start=sp.Integer(0),
        )

    if stiffness == 0:
        if slope == 0:
            return (high ** (power + 1) - low ** (power + 1)) / (power + 1)
        value = edge(0) / slope
        for k in range(1, power + 1):
            value = (edge(k) - k * value) / slope
        return value
    root = sp.sqrt(stiffness)
    centre = slope / (2 * stiffness)
    upper, lower = (
        sp.Integer(1 if end == sp.oo else -1) if end in (sp.oo, -sp.oo) else sp.erf(root * (end - centre))
        for end in (high, low)
    )
    values = [sp.sqrt(sp.pi) / (2 * root) * sp.exp(sp.cancel(slope**2 / (4 * stiffness))) * (upper - lower)]
    for k in range(power):
        previous = k * values[k - 1] if k else sp.Integer(0)
        values.append((slope * values[k] + previous - edge(k)) / (2 * stiffness))
    return values[power]
