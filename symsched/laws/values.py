"""Arguments of a law: expressions, points, or arrays of numbers."""

from collections.abc import Iterable

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array, real_array
from symsched.algebra.inputs import require_expression

_LARGEST = 1e75


def point(value: object, name: str) -> sp.Expr | sp.Tuple:
    """Return ``value`` as an expression, or a sequence as a ``sp.Tuple`` of expressions."""
    if isinstance(value, tuple | list | sp.Tuple):
        return sp.Tuple(*(require_expression(entry, name) for entry in value))
    return require_expression(value, name)


def is_symbolic(arguments: Iterable[object]) -> bool:
    """Return whether any argument is a SymPy object or holds one, so that the answer is to be an expression."""
    return any(
        isinstance(argument, sp.Basic) or (isinstance(argument, tuple | list) and is_symbolic(argument))
        for argument in arguments
    )


def array(value: object, name: str) -> Array:
    """Return numbers as a finite float64 array."""
    try:
        result = real_array(value, name)
    except TypeError:
        raise TypeError(f"{name} must be numbers or a SymPy expression, got {value!r}") from None
    if not np.all(np.isfinite(result)):
        raise ValueError(f"{name} must be finite numbers")
    return result


def scale(value: object, name: str) -> Array:
    """Return numbers whose squares, and the squares of whose products, are numbers in float64 too."""
    result = array(value, name)
    if np.any(np.abs(result) > _LARGEST):
        raise ValueError(f"{name} must be between -{_LARGEST:g} and {_LARGEST:g}: squares of larger numbers overflow")
    return result


def pair(s: object, nu: object, name: str, ends: int) -> tuple[Array, Array]:
    """Return s and nu as ``scale`` does; ValueError unless they broadcast, but for the last ``ends`` axes of nu."""
    signal, place = scale(s, "s"), scale(nu, name)
    try:
        np.broadcast_shapes(signal.shape, place.shape[: place.ndim - ends])
    except ValueError:
        raise ValueError(f"shapes {signal.shape} of s and {place.shape} of {name} do not go together") from None
    return signal, place


def plain(value: Array) -> float | Array:
    """Return an array of no dimensions as a float, any other unchanged."""
    return float(value) if np.ndim(value) == 0 else value
