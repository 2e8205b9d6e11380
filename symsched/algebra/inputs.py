"""User input on its way to an expression."""

from __future__ import annotations

from numbers import Rational, Real

import sympy as sp


def require_expression(value: object, name: str) -> sp.Expr:
    """Return ``value`` as a finite SymPy expression; text is refused, because SymPy would evaluate it."""
    if isinstance(value, sp.Expr):
        expression = value
    elif isinstance(value, Rational) and not isinstance(value, bool):
        expression = sp.Rational(int(value.numerator), int(value.denominator))
    elif isinstance(value, Real) and not isinstance(value, bool):
        expression = sp.sympify(float(value))
    else:
        hint = "; text is read by symsched.parse" if isinstance(value, str) else ""
        raise TypeError(f"{name} must be a number or a SymPy expression, got {value!r}{hint}")
    if expression.has(sp.nan, sp.oo, -sp.oo, sp.zoo):
        raise ValueError(f"{name} must be finite, got {expression}")
    # NumPy would drop the imaginary part of a coefficient and go on.
    imaginary = expression.is_real is False if expression.is_number else expression.has(sp.I)
    if imaginary:
        raise ValueError(f"{name} must be real, got {expression}")
    return expression
