"""The kind of check that solves a derived equation and holds it against an exact flow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import compiled
from symsched.reporting.charts import Chart, Curve, caption_of
from symsched.reporting.verdicts import Row, deterministic
from symsched.symbols import kappa as kappa_symbol
from symsched.symbols import t
from symsched.validation.checks.base import AbstractCheck, Axes
from symsched.validation.effort import Effort

Exact = Callable[[float, float], float]
"""Start and time → where the exact flow is."""


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


@final
@dataclass(frozen=True)
class Flow:
    """A picture of solutions from ``starts`` along ``times``, with the exact flow at every ``stride``-th of them."""

    axes: Axes
    starts: tuple[float, ...]
    times: Sequence[float] | Array
    exact: Exact
    label: str
    stride: int = 10


@final
@dataclass(frozen=True, kw_only=True)
class SolvesODE(AbstractCheck):
    """Solutions of the derived equation, from each start at each time, are where an exact flow is.

    ``name`` is a format of ``start`` and ``t``; starts and solutions are in the unit of the exact flow, ``unit()`` of
    the equation's. With ``spread`` the starts are 0 and one other, and what is compared is the distance of the two
    solutions: the factor by which an equation that is affine multiplies it. The ``tolerance`` is relative: the solver's
    1e-11 a step, grown along the path, by how much the claim says.
    """

    name: str
    equation: Callable[[], sp.Eq]
    starts: tuple[float, ...]
    times: tuple[float, ...]
    exact: Exact
    tolerance: float
    begin: float = 0.0
    kappa: float = 3.0
    unit: Callable[[], float] = lambda: 1.0
    spread: bool = False
    dimension: float | None = None
    flow: Flow | None = None

    def solutions(self, starts: Sequence[float], times: Sequence[float] | Array) -> Array:
        """Return the solutions from ``starts`` (P,) at ``times`` (T,), shape (P, T)."""
        unit = self.unit()
        begin = [unit * start for start in ((0.0, *starts) if self.spread else starts)]
        found = solve_ode(self.equation(), begin, (self.begin, *times), self.kappa)[:, 1:] / unit
        return found[1:] - found[0] if self.spread else found

    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return a row for every start and time."""
        return tuple(
            deterministic(
                self.name.format(start=start, t=at),
                float(value),
                self.exact(start, at),
                self.tolerance,
                dimension=self.dimension,
            )
            for start, path in zip(self.starts, self.solutions(self.starts, self.times), strict=True)
            for at, value in zip(self.times, path, strict=True)
        )

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the picture of the flow."""
        if self.flow is None:
            return
        drawn = self.flow
        paths = self.solutions(drawn.starts, drawn.times)
        marks = drawn.times[:: drawn.stride]
        curves = []
        for k, (start, path) in enumerate(zip(drawn.starts, paths, strict=True)):
            key, seen = f"from {start:g}", [drawn.exact(start, at) for at in marks]
            curves.append(Curve("" if k else "derived", drawn.times, path, quantity=key))
            curves.append(Curve("" if k else drawn.label, marks, seen, style="points", quantity=key))
        chart = drawn.axes.chart(curves)
        yield replace(chart, caption=f"{caption_of(chart).removesuffix('.')}; a colour for each start.")
