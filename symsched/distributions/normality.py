"""Local asymptotic normality by its expansion: a likelihood ratio to the order that decides, and the rest.

Of one coordinate ŷ, standardised by the cumulants that the modes share, λ = log Z_k − log Z_1 is a series in ψ̂ = ψ/√V
whose terms are polynomials in ŷ; Z = Σ_n ψ̂^n m_n He_n(ŷ)/n! with the moments m_n that the other cumulants have. Given
mode 1, E He_n(ŷ) = ψ̂^n m_n. Summed over d coordinates a term t ψ^n He_h(ŷ) is of size √d ψ^n, a mean of size d ψ^n.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.polys.rings import ring

from symsched.algebra.asymptotics import NegligibleError, leading_power
from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.forms import simplified
from symsched.distributions.product.cascade import MAX_ORDER, difference_of
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.symbols import psi, s

standard = sp.Symbol("yhat", real=True)
"""ŷ = (y − ψ c_1)/√V."""
_HALF = sp.Rational(1, 2)
_DIGITS = 40
_CANCELLED = sp.Float("1e-12")
"""Part of its terms below which a sum of rounded numbers is 0: cumulants from a quadrature have about 20 digits."""


def hermite(order: int) -> sp.Expr:
    """Return He_n(ŷ) by its name."""
    return sp.Function(f"He_{order}")(standard)


@dataclass(frozen=True)
class Normality:
    """The logarithm of the likelihood ratio of two modes at ψ = s^{1/q} d^−γ.

    ``decides`` is what of one coordinate's λ becomes s (g_k − g_1) ν − s² (g_k² − g_1²)/2, ``rest`` the largest of what
    is left, both in ψ, ŷ and d. The sum R of the rest over the coordinates has, given mode 1, the root mean square
    ``size`` d^−``exponent`` to leading order; ``exponent`` is None where nothing is left, ``size`` where it is unknown.
    """

    decides: sp.Expr
    rest: sp.Expr
    size: sp.Expr | None
    exponent: sp.Rational | None


Term = tuple[int, int, sp.Expr, sp.Expr]
"""n, h and t of a term t ψ^n He_h(ŷ), and its own mean over ψ^{n+h}; h = 0 for the mean of all terms of an order."""


@dataclass(frozen=True)
class KnownCumulants:
    """Cumulants of a coordinate as numbers, each with a bound on its error."""

    values: tuple[sp.Expr, ...]
    errors: tuple[float, ...]

    def cumulants(self, n: int) -> tuple[sp.Expr, ...]:
        """Return the first ``n``."""
        return self.values[:n]

    def cumulant_errors(self, n: int) -> tuple[float, ...]:
        """Return the bounds on their errors."""
        return self.errors[:n]


def normality(
    first: AbstractLaw | KnownCumulants,
    other: AbstractLaw | KnownCumulants,
    order: int,
    exponent: sp.Rational,
    reference: sp.Expr = sp.S.Zero,
    *,
    fastest: sp.Rational | None = None,
) -> Normality:
    """Return the expansion for two laws whose cumulants differ at ``order`` first, at ψ ~ d^−``exponent``.

    ``reference`` is what they share of the cumulant of that order. What falls as fast as d^−``fastest`` is not told
    apart from what the coordinates share beside their law, and has no size. Raises DerivationError where the cumulants
    that the rest takes are not known.
    """
    reach = 0
    while order + reach < MAX_ORDER:
        reach += 1
        shared = [_readable(first.cumulants(n)[n - 1]) for n in range(1, order + reach + 1)]
        gaps = [_gap(other, first, n) for n in range(1, order + reach + 1)]
        found = _expanded(tuple(shared), tuple(gaps), order, _readable(reference))
        sizes = [(_power(term, exponent), term) for term in found.terms]
        known = [(power, term) for power, term in sizes if power is not None]
        growth = max((e for gap in gaps if (e := _growth(gap)) is not None), default=sp.S.Zero)
        beyond = max(_HALF + growth - (order + reach + 1) * exponent, 1 + growth - (2 * order + reach + 1) * exponent)
        largest = max((power[1] for power, _ in known), default=None)
        if fastest is not None and max(beyond, beyond if largest is None else largest) <= -fastest:
            return Normality(found.decides, sp.S.Zero, None, fastest)
        if largest is not None and largest > beyond:
            leading = [(power[0], term) for power, term in known if power[1] == largest]
            return Normality(found.decides, _shown(leading, exponent, largest), _size(leading, order), -largest)
    if known:
        raise DerivationError(
            "local asymptotic normality",
            f"the rest of the likelihood ratio takes cumulants beyond order {MAX_ORDER}",
            "Its limit stands; how fast it is reached is not known.",
        )
    return Normality(found.decides, sp.S.Zero, sp.S.Zero, None)


def _gap(left: AbstractLaw | KnownCumulants, right: AbstractLaw | KnownCumulants, order: int) -> sp.Expr:
    """Return the difference of cumulants; of numbers that no one would read by their digits, 0 within their errors."""
    one, other = (law.cumulants(order)[order - 1] for law in (left, right))
    exact = not (one - other).is_number or not (one - other).has(ImplicitConstant, sp.Float)
    if exact and isinstance(left, AbstractLaw) and isinstance(right, AbstractLaw):
        return difference_of(left, right, order)
    first, second = (sp.N(value, 2 * _DIGITS) for value in (one, other))
    error = sum(law.cumulant_errors(order)[order - 1] for law in (left, right))
    known = error + sp.Float(f"1e-{_DIGITS}") * max(abs(first), abs(second), 1)
    return sp.S.Zero if abs(first - second) <= known else sp.N(first - second, _DIGITS)


def _readable(value: sp.Expr) -> sp.Expr:
    """Return a number that no one would read, of constants known by an equation or of rounded ones, as its digits."""
    return sp.N(value, _DIGITS) if value.is_number and value.has(ImplicitConstant, sp.Float) else value


@dataclass(frozen=True)
class _Expansion:
    decides: sp.Expr
    terms: tuple[Term, ...]


@lru_cache(maxsize=256)
def _expanded(shared: tuple[sp.Expr, ...], gaps: tuple[sp.Expr, ...], order: int, reference: sp.Expr) -> _Expansion:
    """Return what decides and every term of the rest, up to ψ^{q+r} and means up to ψ^{2q+r}, r = ``len(gaps)`` − q."""
    lowest = len(gaps)
    last = order + lowest
    values: dict[sp.Symbol, sp.Expr] = {}

    def symbol(name: str, value: sp.Expr) -> sp.Expr:
        if value == 0:
            return sp.S.Zero
        one = sp.Symbol(name)
        values[one] = value
        return one

    # What ŷ is standardised by: the mean, and from q = 3 on the variance.
    own = [*shared]
    own[0] = own[0] - reference if order == 1 else sp.S.Zero
    spread = symbol("v", own[1]) if order > 2 else sp.S.Zero
    if order > 2:
        own[1] = sp.S.Zero
    lower = [symbol(f"c{n}", simplified(value)) for n, value in enumerate(own, 1)]
    change = [symbol(f"g{n}", value) for n, value in enumerate(gaps, 1)]
    common = symbol("r", reference) if order > 1 else sp.S.Zero
    domain, y, *generators = ring(["y", *map(str, values)], sp.QQ)
    table = dict(zip(values, generators, strict=True))

    def element(part: sp.Expr) -> Any:  # noqa: ANN401  # an element of SymPy's ring
        return domain(0) if part == 0 else table[part]

    base = [element(part) for part in lower] + [domain(0)] * (last - lowest)
    moved = [one + element(part) for one, part in zip(base, [*change, *[sp.S.Zero] * (last - lowest)], strict=True)]
    polynomials = _hermite_polynomials(domain, y, last)
    moments = _moments(domain, base, last)
    ratio = [
        a - b
        for a, b in zip(
            _logarithm(domain, _moments(domain, moved, last), polynomials),
            _logarithm(domain, moments, polynomials),
            strict=True,
        )
    ]
    gap, start = element(change[order - 1]), base[order - 1] - element(common)
    held = _moments(domain, [*base[: order - 1], element(common)], order)[order] if order > 1 else domain(0)
    factor = sp.Rational(1, sp.factorial(order))
    squares = (start + gap) ** 2 - start**2
    widened = [domain(1)]
    for k in range(last // 2 + 1):
        widened.append(-widened[k] * element(spread))
        # ψ^q and ψ^{2q} in ψ̂, ψ² = ψ̂²/(1 − ψ̂² v).
        for power, part in ((order, gap * polynomials[order] * factor), (2 * order, -gap * held * factor)):
            if power + 2 * k <= last:
                ratio[power + 2 * k] -= part * _binomial(-sp.Rational(order, 2), k) * widened[k]
        if 2 * order + 2 * k <= last:
            ratio[2 * order + 2 * k] += squares * factor / 2 * _binomial(-sp.Integer(order), k) * widened[k]
    terms = list(_terms(ratio, moments, lowest, last, values))
    decides = gaps[order - 1] * factor * psi**order * (hermite(order) - psi**order * _back(held, values))
    decides -= _back(squares, values) * factor * psi ** (2 * order) / 2
    return _Expansion(decides, tuple(terms))


def _binomial(top: sp.Rational, k: int) -> sp.Rational:
    return sp.Rational(sp.ff(top, k) / sp.factorial(k))


def _back(part: Any, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:  # noqa: ANN401
    """Return an element of the ring with the values of its generators, 0 where rounded ones cancel."""
    own = list(values.values())
    terms = [
        sp.Rational(factor.numerator, factor.denominator) * sp.Mul(*(v**n for v, n in zip(own, powers, strict=True)))
        for (_, *powers), factor in part.terms()
    ]
    total = sp.Add(*terms)
    if total.is_Float and abs(total) <= _CANCELLED * sp.Add(*map(sp.Abs, terms)):
        return sp.S.Zero
    return simplified(total)


def _hermite_polynomials(domain: Any, y: Any, last: int) -> list[Any]:  # noqa: ANN401
    found = [domain(1), y]
    for n in range(2, last + 1):
        found.append(y * found[n - 1] - (n - 1) * found[n - 2])
    return found


def _moments(domain: Any, cumulants: Sequence[Any], last: int) -> list[Any]:  # noqa: ANN401
    found = [domain(1)]
    for n in range(1, last + 1):
        found.append(
            sum((int(sp.binomial(n - 1, k - 1)) * cumulants[k - 1] * found[n - k] for k in range(1, n + 1)), domain(0))
        )
    return found


def _logarithm(domain: Any, moments: Sequence[Any], polynomials: Sequence[Any]) -> list[Any]:  # noqa: ANN401
    """Return the coefficients of log Σ_n ψ̂^n m_n He_n/n!: n l_n = n z_n − Σ_k k l_k z_{n−k}."""
    series = [
        moment * polynomial * sp.Rational(1, sp.factorial(n))
        for n, (moment, polynomial) in enumerate(zip(moments, polynomials, strict=True))
    ]
    found = [domain(0)]
    for n in range(1, len(series)):
        lower = sum((k * found[k] * series[n - k] for k in range(1, n)), domain(0))
        found.append(series[n] - lower * sp.Rational(1, n))
    return found


def _terms(
    ratio: Sequence[Any], moments: Sequence[Any], lowest: int, last: int, values: Mapping[sp.Symbol, sp.Expr]
) -> Iterator[Term]:
    """Yield t ψ^n He_h of the fluctuations, n <= ``lowest``, and t ψ^n of the mean, n <= ``last``."""
    means = [0] * (last + 1)
    for n, part in enumerate(ratio):
        for h, coefficient in _in_hermite(part).items():
            if n + h <= last:
                means[n + h] += coefficient * moments[h]
            if h > 0 and n <= lowest and (value := _back(coefficient, values)) != 0:
                yield n, h, value, _back(coefficient * moments[h], values)
    for n, mean in enumerate(means):
        if mean != 0 and (value := _back(mean, values)) != 0:
            yield n, 0, value, value


def _in_hermite(part: Any) -> dict[int, Any]:  # noqa: ANN401
    """Return a polynomial in y, the first generator, by its coefficients of He_h: y^n = Σ n!/(2^k k! (n − 2k)!) He."""
    domain = part.ring
    found: dict[int, Any] = {}
    for (power, *others), coefficient in part.terms():
        rest = domain({(0, *others): coefficient})
        for k in range(power // 2 + 1):
            count = sp.factorial(power) / (2**k * sp.factorial(k) * sp.factorial(power - 2 * k))
            found[power - 2 * k] = found.get(power - 2 * k, domain(0)) + rest * int(count)
    return found


def _growth(value: sp.Expr) -> sp.Rational | None:
    try:
        return None if value == 0 else leading_power(value, "a cumulant")[1]
    except NegligibleError:
        return None


def _power(term: Term, exponent: sp.Rational) -> tuple[sp.Expr, sp.Rational] | None:
    """Return (c, e) of a term summed over the coordinates: c s^{n/q} d^e times a number of variance h!, or 1."""
    power, degree, value, _ = term
    try:
        coefficient, growth = leading_power(value, "a term of the likelihood ratio")
    except NegligibleError:
        return None
    return coefficient, growth - power * exponent + (_HALF if degree else 1)


def _shown(leading: Sequence[tuple[sp.Expr, Term]], exponent: sp.Rational, largest: sp.Rational) -> sp.Expr:
    """Return the leading terms; a mean is shown less the means that the other terms have themselves."""
    total = sp.S.Zero
    for _, (power, degree, value, own) in leading:
        total += value * psi**power * (hermite(degree) if degree else 1)
        mean = _power((power + degree, 0, own, own), exponent) if degree and own != 0 else None
        if mean is not None and mean[1] == largest:
            total -= own * psi ** (power + degree)
    return sp.expand(total)


def _size(leading: Sequence[tuple[sp.Expr, Term]], order: int) -> sp.Expr:
    totals: dict[int, sp.Expr] = {}
    for coefficient, (power, degree, _, _) in leading:
        totals[degree] = totals.get(degree, sp.S.Zero) + coefficient * s ** sp.Rational(power, order)
    square = sp.Add(*(sp.factorial(degree) * total**2 for degree, total in totals.items()))
    return sp.sqrt(sp.factor(square))
