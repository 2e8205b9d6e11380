"""The one boundary from SymPy to NumPy: expressions become floats and array functions here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, final

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from sympy.core.function import AppliedUndef

from symsched.algebra.arrays import Array
from symsched.algebra.constants import ImplicitConstant

_DIGITS = 25
"""Decimal digits before rounding to a float: the float is then the nearest one."""
_IMAGINARY = 1e-12
"""A real root written with complex radicals keeps an imaginary part of this size at most, relative above 1."""


def number(expression: sp.Expr | float, what: str) -> float:
    """Return the value of an expression without free symbols, correctly rounded to a float.

    Raises ValueError naming ``what`` and every symbol that is still free, or when the value is no finite real number.
    """
    expression = sp.S(expression) if isinstance(expression, (sp.Basic, int, float)) else expression
    if not isinstance(expression, sp.Expr):
        raise TypeError(f"{what} must be a number or a SymPy expression, got {expression!r}")
    free = sorted(map(str, expression.free_symbols))
    if free:
        raise ValueError(
            f"{what} = {expression} needs a number for {', '.join(free)}: "
            "give the parameter a number before asking for numbers"
        )
    value = _value(expression)
    if abs(value.imag) > _IMAGINARY * max(1.0, abs(value.real)) or not math.isfinite(value.real):
        raise ValueError(f"{what} must be a finite real number, got {expression} = {value}")
    return value.real


@lru_cache(maxsize=4096)
def _value(expression: sp.Expr) -> complex:
    # Constants first, with digits to spare: what is left is arithmetic, done once from the leaves up. SymPy's own
    # evaluation solves for a constant wherever it occurs, and again for every level of a nested formula.
    solved = {constant: sp.N(constant, 2 * _DIGITS) for constant in expression.atoms(ImplicitConstant)}
    return complex(sp.N(expression.xreplace(solved), _DIGITS))


@final
@dataclass(frozen=True)
class Compiled:
    """A NumPy function of ``arguments`` (renamed symbols) equal to ``body``; it can be sent to other processes.

    What is sent is the expression: each process prints and compiles its own function.
    """

    body: sp.Expr
    arguments: tuple[sp.Dummy, ...]

    def __call__(self, *values: ArrayLike) -> Array:
        """Return the value at arrays that broadcast against each other."""
        arrays: Sequence[Array] = [np.asarray(value, dtype=float) for value in values]
        if len(arrays) > 1:
            arrays = np.broadcast_arrays(*arrays)
        try:
            result = np.asarray(self._function(*arrays), dtype=float)
        except OverflowError:
            shown = f"{self.body!s:.60}"
            raise OverflowError(f"a number in {shown} is beyond the floats: none may exceed 1.8e308") from None
        if result.shape != arrays[0].shape:
            return np.broadcast_to(result, arrays[0].shape)
        result = result.view()  # an argument itself may be what was returned
        result.flags.writeable = False
        return result

    def __reduce__(self) -> tuple[type[Compiled], tuple[sp.Expr, tuple[sp.Dummy, ...]]]:
        """Rebuild from the expression."""
        return Compiled, (self.body, self.arguments)

    @cached_property
    def _function(self) -> Callable[..., Any]:
        return sp.lambdify(self.arguments, self.body, modules=["scipy", "numpy"], cse=True)


def compiled(expression: sp.Expr, arguments: Sequence[sp.Symbol], what: str) -> Compiled:
    """Return a NumPy function of ``arguments`` equal to ``expression``, broadcasting also where it is constant.

    Only declared arguments may be free, and no undefined function may occur: user text never becomes code, because
    every symbol is renamed before SymPy prints the function.
    """
    stray = expression.free_symbols - set(arguments)
    if stray:
        raise ValueError(f"{what} = {expression} needs a number for {', '.join(sorted(map(str, stray)))}")
    undefined = expression.atoms(AppliedUndef)
    if undefined:
        raise ValueError(f"{what} holds the undefined function {undefined.pop()}; give an explicit expression")
    constants = {c: sp.N(c, 20) for c in expression.atoms(ImplicitConstant)}
    dummies = tuple(sp.Dummy() for _ in arguments)
    return Compiled(expression.xreplace(constants).xreplace(dict(zip(arguments, dummies, strict=True))), dummies)
