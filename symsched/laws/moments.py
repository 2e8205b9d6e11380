"""Cumulants from moments and from generating functions."""

from collections.abc import Sequence
from functools import lru_cache

import mpmath as mp
import sympy as sp

from symsched.algebra.forms import factored, simplified
from symsched.symbols import d

DIGITS = 20
"""Of a cumulant by numbers: a float and some to spare."""
Estimates = tuple[tuple[sp.Expr, ...], tuple[float, ...]]
"""Cumulants, and a bound on the error of each."""
WORKING_DIGITS = 35
"""With which moments by numbers are done: cumulants of order 12 lose a few by cancellation."""
_FLOAT = 1e-15
"""Relative error of a weight or a value that comes as a float."""
_LEFT_OUT = 1e-2
"""Mass beyond the last atom, 1e−18 at most, in units of that error, with room for how far it reaches."""
MAX_ORDER = 12
"""The highest cumulant there is: two laws that agree up to here count as equal."""


def cumulants_of_moments(moments: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Return c_1 … c_n from the raw moments m_1 … m_n: c_n = m_n − sum_k binom(n−1, k−1) c_k m_{n−k}.

    >>> cumulants_of_moments([sp.Integer(0), sp.Integer(1), sp.Integer(0), sp.Integer(1)])
    (0, 1, 0, -2)
    """
    cumulants: list[sp.Expr] = []
    for n, moment in enumerate(moments, start=1):
        lower = sum(
            (sp.binomial(n - 1, k - 1) * cumulants[k - 1] * moments[n - k - 1] for k in range(1, n)),
            start=sp.Integer(0),
        )
        cumulants.append(tidy(moment - lower))
    return tuple(cumulants)


def sum_cumulants(atoms: Sequence[tuple[mp.mpf | float, mp.mpf | float]], order: int, loss: float = 1.0) -> Estimates:
    """Return c_1 … c_n of atoms (value, weight), and bounds on their errors; floats are rounded, ``loss`` times."""
    rounding = mp.mpf(_FLOAT * loss if any(isinstance(part, float) for atom in atoms for part in atom) else 0)
    with mp.workdps(WORKING_DIGITS):
        total = mp.fsum(weight for _, weight in atoms)
        centre = mp.fsum(value * weight for value, weight in atoms) / total
        width = mp.sqrt(mp.fsum((value - centre) ** 2 * weight for value, weight in atoms) / total) or mp.mpf(1)
        standard = [((value - centre) / width, weight / total) for value, weight in atoms]
        moments = [mp.fsum(place**k * weight for place, weight in standard) for k in range(1, order + 1)]
        far = max(abs(place) for place, _ in standard)
        errors = [
            rounding * (mp.fsum(abs(place) ** k * weight for place, weight in standard)) + _LEFT_OUT * rounding * far**k
            for k in range(1, order + 1)
        ]
        return scaled_cumulants(moments, errors, centre, width, order)


def scaled_cumulants(
    moments: Sequence[mp.mpf], errors: Sequence[mp.mpf], centre: mp.mpf, width: mp.mpf, order: int
) -> Estimates:
    """Return c_1 … c_n of centre + width x from the raw moments of x and bounds on their errors, with bounds of theirs.

    Errors of moments enter as in c_n = m_n − Σ binom(n−1, k−1) c_k m_{n−k}; to them comes what the digits lose.
    """
    size = [max(mp.mpf(1), abs(m)) for m in moments]
    lost = mp.mpf(10) ** (3 - WORKING_DIGITS)
    values: list[mp.mpf] = []
    bounds: list[mp.mpf] = []
    for n in range(1, order + 1):
        value, bound = moments[n - 1], errors[n - 1] + lost * size[n - 1]
        for k in range(1, n):
            factor = mp.binomial(n - 1, k - 1)
            value -= factor * values[k - 1] * moments[n - k - 1]
            bound += factor * (abs(values[k - 1]) * (errors[n - k - 1] + lost * size[n - k - 1]))
            bound += factor * bounds[k - 1] * size[n - k - 1]
        # Where symmetry makes a cumulant 0 nothing is left but the error.
        values.append(value if abs(value) > bound else mp.mpf(0))
        bounds.append(bound)
    full = [value * width**n + (centre if n == 1 else 0) for n, value in enumerate(values, start=1)]
    wide = [
        bound * width**n + abs(value) * mp.mpf(10) ** -DIGITS
        for n, (bound, value) in enumerate(zip(bounds, full, strict=True), start=1)
    ]
    return (
        tuple(
            sp.Float(mp.nstr(value, DIGITS + 5), DIGITS) if abs(value) > error else sp.Integer(0)
            for value, error in zip(full, wide, strict=True)
        ),
        tuple(float(error) for error in wide),
    )


def moments_of_cumulants(cumulants: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Return the raw moments m_1 … m_n from c_1 … c_n: m_n = sum_k binom(n−1, k−1) c_k m_{n−k}.

    >>> moments_of_cumulants([sp.Integer(0), sp.Integer(1), sp.Integer(0), sp.Integer(-2)])
    (0, 1, 0, 1)
    """
    moments: list[sp.Expr] = [sp.Integer(1)]
    for n in range(1, len(cumulants) + 1):
        terms = (sp.binomial(n - 1, k - 1) * cumulants[k - 1] * moments[n - k] for k in range(1, n + 1))
        moments.append(tidy(sp.Add(*terms)))
    return tuple(moments[1:])


def cumulants_of_generating_function(generating: sp.Expr, u: sp.Symbol, order: int) -> tuple[sp.Expr, ...]:
    """Return the derivatives at 0 of log M(u), where M is the moment generating function."""
    return cumulants_of_moments([_moment(generating, u, k) for k in range(1, order + 1)])


@lru_cache(maxsize=256)
def _moment(generating: sp.Expr, u: sp.Symbol, order: int) -> sp.Expr:
    # A law is asked for a few cumulants, then for more: what took seconds is kept.
    return simplified(sp.expand_func(_derivative(generating, u, order).subs(u, 0)))


@lru_cache(maxsize=256)
def _derivative(generating: sp.Expr, u: sp.Symbol, order: int) -> sp.Expr:
    return sp.diff(_derivative(generating, u, order - 1), u) if order else generating


def tidy(value: sp.Expr) -> sp.Expr:
    """Return an equal, usually shorter, expression: rational functions are cancelled and factored."""
    if value.is_number and value.has(sp.Float):
        return value
    value = sp.expand(value)
    if value.is_number:
        return value if value.is_Rational else simplified(value)
    if value.free_symbols == {d} and all(_is_power(term) for term in sp.Add.make_args(value)):
        return value  # a sum of powers of d is simple, and takes SymPy minutes
    if value.has(sp.erf, sp.erfc, sp.exp, sp.cosh, sp.sinh, sp.tanh) and sp.count_ops(value) > 150:
        return value
    return factored(simplified(value))


def _is_power(term: sp.Expr) -> bool:
    base, exponent = term.as_independent(d, as_Add=False)[1].as_base_exp()
    return bool(base in (d, 1) and exponent.is_Rational)


def tidy_ratio(numerator: sp.Expr, denominator: sp.Expr) -> sp.Expr:
    """Return the quotient, simplified where that is cheap: without erf."""
    ratio = numerator / denominator
    if ratio.has(sp.erf) or sp.count_ops(ratio) > 250:
        return ratio
    return simplified(ratio)
