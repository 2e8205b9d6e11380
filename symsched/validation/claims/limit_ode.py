"""Derived limit equations, solved by SciPy."""

from __future__ import annotations

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from symsched.algebra.codegen import compiled
from symsched.symbols import kappa as kappa_symbol
from symsched.symbols import t

Array = NDArray[np.float64]


def solve_ode(equation: sp.Eq, starts: ArrayLike, times: ArrayLike, kappa: float) -> Array:
    """Return the solutions of f'(t) = F(t, f) from ``starts`` (P,) at ``times[0]``, at all ``times`` (T,): shape (P,
    T).

    Dormand–Prince of order 8 with tolerance 1e-11. Raises ArithmeticError where the solver gives up.
    """
    unknown = equation.lhs.args[0]
    place = sp.Symbol("place", real=True)
    rhs = equation.rhs.subs(unknown, place).subs(kappa_symbol, sp.Rational(kappa))
    field = compiled(rhs, [t, place], "the right-hand side")
    begin = np.atleast_1d(np.asarray(starts, dtype=np.float64))
    nodes = np.asarray(times, dtype=np.float64)
    solution = solve_ivp(field, (nodes[0], nodes[-1]), begin, "DOP853", nodes, rtol=1e-11, atol=1e-12)
    if not solution.success:
        raise ArithmeticError(f"the limit equation could not be solved up to t = {nodes[-1]:g}: {solution.message}")
    return np.asarray(solution.y)
