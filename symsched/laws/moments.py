"""Cumulants from moments and from generating functions."""

from collections.abc import Sequence

import sympy as sp

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
    moments = []
    derivative = generating
    for _ in range(order):
        derivative = sp.diff(derivative, u)
        moments.append(sp.simplify(sp.expand_func(derivative.subs(u, 0))))
    return cumulants_of_moments(moments)


def tidy(value: sp.Expr) -> sp.Expr:
    """Return an equal, usually shorter, expression: rational functions are cancelled and factored."""
    if value.is_number and value.has(sp.Float):
        return value
    value = sp.expand(value)
    if value.is_number:
        return sp.nsimplify(value) if value.is_Rational else sp.simplify(value)
    if value.has(sp.erf, sp.erfc, sp.exp, sp.cosh, sp.sinh, sp.tanh) and sp.count_ops(value) > 150:
        return value
    return sp.factor(sp.simplify(value))


def tidy_ratio(numerator: sp.Expr, denominator: sp.Expr) -> sp.Expr:
    """Return the quotient, simplified where that is cheap: without erf."""
    ratio = numerator / denominator
    if ratio.has(sp.erf) or sp.count_ops(ratio) > 250:
        return ratio
    return sp.simplify(ratio)
