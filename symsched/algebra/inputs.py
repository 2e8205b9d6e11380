"""Checked passage from what a user gives to expressions; text is refused, because SymPy would evaluate it."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Rational, Real
from typing import Any

import sympy as sp


def require_probability(value: sp.Expr, name: str) -> sp.Expr:
    """Return ``value`` if it can lie strictly between 0 and 1; raise ValueError if it cannot."""
    value = require_expression(value, name)
    if value.is_real is False or (value.is_number and not 0 < value < 1):
        raise ValueError(f"{name} must lie strictly between 0 and 1, got {value}")
    return require_assumption(value, name, "positive", value.is_positive)


def require_weights(weights: Sequence[sp.Expr]) -> None:
    """Raise ValueError unless every weight of several can lie strictly between 0 and 1, and all sum to 1."""
    if len(weights) > 1:
        for k, weight in enumerate(weights):
            require_probability(weight, f"weight {k}")
    total = sp.simplify(sp.Add(*weights))
    if total.is_number and abs(sp.N(total - 1)) > 1e-12:
        raise ValueError(f"the weights must sum to 1, got {total}; divide each by {total}")
    if not total.is_number:
        raise ValueError(f"the weights must sum to 1, got {total}: write the last one as 1 minus the others")


def require_positive(value: sp.Expr, name: str) -> sp.Expr:
    """Return ``value`` if it can be positive; raise ValueError if it cannot."""
    value = require_expression(value, name)
    if value.is_number and not value > 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return require_assumption(value, name, "positive", value.is_positive)


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


INTEGERS = "a sequence of integers such as (1_000, 10_000)"


def require_sequence(value: object, name: str, wanted: str) -> list[Any]:
    """Return the entries of ``value``; TypeError, saying what is ``wanted``, where it has none."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return list(value)


def require_substitution(values: object) -> dict[sp.Symbol, sp.Expr]:
    """Return a mapping from symbols to numbers or expressions; text is refused, because SymPy would evaluate it."""
    if not isinstance(values, Mapping):
        raise TypeError(f"subs needs a mapping such as {{symbol: number}}, got {values!r}")
    for symbol in values:
        if not isinstance(symbol, sp.Expr):
            raise TypeError(f"subs replaces SymPy symbols, got the key {symbol!r}; pass the symbol itself")
    return {symbol: require_expression(value, str(symbol)) for symbol, value in values.items()}


def require_assumption(value: sp.Expr, name: str, wanted: str, holds: bool | None) -> sp.Expr:
    """Raise ValueError, showing the assumptions, where they contradict what is ``wanted``."""
    if holds is False:
        shown = {str(s): s._assumptions_orig for s in sorted(value.free_symbols, key=str)}
        raise ValueError(
            f"{name} must be {wanted}, but {value} cannot be under the assumptions {shown}; declare the symbol {wanted}"
        )
    return value
