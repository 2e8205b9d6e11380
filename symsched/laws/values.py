"""Checked passage from user input to expressions, and from expressions without free symbols to floats."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import sympy as sp
from numpy.typing import NDArray

_DIGITS = 20


def expression(value: object, name: str) -> sp.Expr:
    """Return ``value`` as an expression; text is refused, never evaluated."""
    if isinstance(value, str):
        raise TypeError(f"{name} must be a number or a SymPy expression, got the text {value!r}")
    if isinstance(value, np.generic):
        value = value.item()
    try:
        result = sp.sympify(value, strict=True)
    except sp.SympifyError:
        raise TypeError(f"{name} must be a number or a SymPy expression, got {value!r}") from None
    if not isinstance(result, sp.Expr):
        raise TypeError(f"{name} must be a number or a SymPy expression, got {value!r}")
    if result.has(sp.nan, sp.zoo) or result in (sp.oo, -sp.oo):
        raise ValueError(f"{name} must be finite, got {result}")
    if result.is_number and result.is_real is False:
        raise ValueError(f"{name} must be real, got {result}")
    return result


def number(value: sp.Expr, name: str) -> float:
    """Return an expression without free symbols as a float, evaluated to 20 digits first.

    Raises TypeError naming the free symbols, ValueError if the value is not real and finite.
    """
    if value.free_symbols:
        free = ", ".join(sorted(str(symbol) for symbol in value.free_symbols))
        raise TypeError(f"{name} = {value} still depends on {free}; substitute numbers first with .subs({{...}})")
    result = complex(sp.N(value, _DIGITS))
    if abs(result.imag) > 1e-12 * max(1.0, abs(result.real)) or math.isnan(result.real):
        raise ValueError(f"{name} must be real, got {value} = {result}")
    return result.real


def point(value: object, name: str) -> sp.Expr | sp.Tuple:
    """Return ``value`` as an expression, or a sequence as a ``sp.Tuple`` of expressions."""
    if isinstance(value, tuple | list | sp.Tuple):
        return sp.Tuple(*(expression(entry, name) for entry in value))
    return expression(value, name)


def is_symbolic(arguments: Iterable[object]) -> bool:
    """Return whether any argument is a SymPy object or holds one, so that the answer is to be an expression."""
    return any(
        isinstance(argument, sp.Basic) or (isinstance(argument, tuple | list) and is_symbolic(argument))
        for argument in arguments
    )


def array(value: object, name: str) -> NDArray[np.float64]:
    """Return numbers as a finite float64 array."""
    try:
        if np.asarray(value).dtype.kind in "SUb":
            raise TypeError
        result = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be numbers or a SymPy expression, got {value!r}") from None
    if not np.all(np.isfinite(result)):
        raise ValueError(f"{name} must be finite numbers")
    return result


def plain(value: NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Return an array of no dimensions as a float, any other unchanged."""
    return float(value) if np.ndim(value) == 0 else value
