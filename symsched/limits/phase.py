"""One phase of a limit: its window, its equations in t, and their solutions in numbers."""

from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

from symsched.algebra.arrays import Array, real_array
from symsched.algebra.codegen import Compiled, compiled
from symsched.algebra.notation.lines import display, names
from symsched.distributions.cascade import Branch, CanonicalPhase
from symsched.errors import require_integer, require_real
from symsched.laws import AbstractLaw
from symsched.limits.notation import phase_lines
from symsched.schedules.window import Window
from symsched.symbols import kappa as kappa_symbol
from symsched.symbols import t

_RELATIVE, _ABSOLUTE = 1e-11, 1e-12
"""Tolerances of the solver (Dormand–Prince of order 8) on ν and ψ̂, which are of order one."""


@dataclass(frozen=True, repr=False)
class Phase:
    """One phase of the limit, in the time t of the schedule.

    ``alpha`` is lim α/d^e and ``psi`` lim ψ d^γ on the window, both functions of t. ``odes``, ``order_parameters`` and
    ``initials`` hold one entry per branch; a branch is a group of modes that enters the phase undecided, or in the data
    phase one mode. ``ode``, ``order_parameter``, ``initial`` and ``law`` are those of the first.

    ``initials`` are the laws at the window's start that the limits of the earlier phases leave. Where α is infinite
    there, in units of its later size, they are those of ν = μ/α^q, or of y = x/α.
    """

    canonical: CanonicalPhase
    window: Window
    alpha: sp.Expr
    psi: sp.Expr
    odes: tuple[sp.Eq, ...]
    order_parameters: tuple[sp.Basic, ...]
    initials: tuple[sp.Eq, ...]

    def __repr__(self) -> str:
        """One line: its name, the scale of ψ, its window and how many equations it has."""
        scale = "psi = O(1)" if self.exponent == 0 else f"psi ~ d^(-{self.exponent})"
        order = "" if self.order is None else f", q = {self.order}"
        count = f"{len(self.odes)} equation{'s' * (len(self.odes) > 1)}"
        return f"<Phase {self.name}: {scale}{order}, t from {self.window.start} to {self.window.end}, {count}>"

    def latex(self, *, expand: bool = False) -> str:
        """Return the phase as a display in LaTeX: equation, what enters it, initial law; ``expand`` writes it out in t.

        It needs amsmath alone, and no line is wider than a column of an article (345 pt).
        """
        return display(phase_lines(self, names(), expand=expand))

    def _repr_latex_(self) -> str:
        return self.latex()

    @property
    def name(self) -> str:
        """ "speciation" or "data"; numbered when there are several."""
        return self.canonical.name

    @property
    def exponent(self) -> sp.Rational:
        """γ in ψ ~ d^−γ."""
        return self.canonical.exponent

    @property
    def order(self) -> int | None:
        """Order q of the first differing cumulant, None in the data phase."""
        return self.canonical.order

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Groups of modes with the effective law that each follows here."""
        return self.canonical.branches

    @property
    def laws(self) -> tuple[AbstractLaw, ...]:
        """Effective law of each branch."""
        return tuple(branch.law for branch in self.branches)

    @property
    def law(self) -> AbstractLaw:
        """Effective law of the first branch; the only one unless modes form a tree."""
        return self.laws[0]

    @property
    def ode(self) -> sp.Eq:
        """The equation of the first branch."""
        return self.odes[0]

    @property
    def order_parameter(self) -> sp.Basic:
        """The order parameter of the first branch, a sum over the coordinates y_i."""
        return self.order_parameters[0]

    @property
    def initial(self) -> sp.Eq:
        """The law of the first branch at the window's start."""
        return self.initials[0]

    def solve(self, starts: ArrayLike, times: ArrayLike, kappa: float, *, branch: int = 0) -> Array:
        """Return solutions of a branch's equation, (starts, times), from values at the window's start.

        ``starts`` (P,), or (P, r) for r order parameters, are values of the unknown of ``initials``; ``times`` (T,)
        increase inside the window, short of an end where the unknown has no finite equation. The result is that of the
        unknown of ``odes``, shape (P, T) or (P, T, r).

        The equation is integrated in ν = μ/α^q, which has no term in α: dν/dt = (dψ̂/dt) D(ψ̂, ν) with ψ̂ the
        q-th power of ``psi``.
        """
        constant = require_real(kappa, "kappa", above=0)
        k = require_integer(branch, "branch", 0)
        if k >= len(self.laws):
            raise ValueError(f"branch must be below {len(self.laws)}, the number of branches, got {k}")
        order, nodes = self.order or 1, self._nodes(times)
        lifted, strength = (self._function(part**order, constant) for part in (self.alpha, self.psi))
        rate = self._function(sp.diff(self.psi**order, t), constant)
        begin = self._starts(starts)
        if not self._starts_in_canonical_coordinates:
            begin = begin / lifted(float(self.window.start))
        law = self.laws[k]

        def velocity(time: float, flat: Array) -> Array:
            return np.asarray(rate(time) * law.denoiser(strength(time), flat.reshape(begin.shape)), dtype=float).ravel()

        span = (float(self.window.start), max(float(nodes[-1]), float(self.window.start)))
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack([lifted(nodes), strength(nodes), rate(nodes)])
        if not np.all(np.isfinite(ends)) or np.any(ends[0] == 0):
            raise ValueError(f"the equation has no finite value at t = {nodes[-1]:g}; stop before the window's end")
        if span[0] == span[1]:  # the start alone, of which SciPy makes an empty list
            return np.asarray((begin * ends[0, 0])[:, None])
        solution = solve_ivp(velocity, span, begin.ravel(), "DOP853", nodes, rtol=_RELATIVE, atol=_ABSOLUTE)
        if not solution.success:
            raise ArithmeticError(f"the limit equation could not be solved up to t = {span[1]:g}: {solution.message}")
        return np.moveaxis(solution.y.reshape(*begin.shape, -1) * ends[0], -1, 1)

    def amplitudes(self, times: ArrayLike, kappa: float) -> tuple[Array, Array]:
        """Return ``alpha`` and ``psi``, lim α/d^e and lim ψ d^γ, at times (T,) inside the window."""
        constant, nodes = require_real(kappa, "kappa", above=0), self._nodes(times)
        noise, ratio = (self._function(part, constant)(nodes) for part in (self.alpha, self.psi))
        return np.asarray(noise), np.asarray(ratio)

    @property
    def _starts_in_canonical_coordinates(self) -> bool:
        names = self.initial.lhs.args if isinstance(self.initial.lhs, sp.Tuple) else (self.initial.lhs,)
        return str(names[0].func).startswith(("nu", "y"))

    def _function(self, expression: sp.Expr, constant: float) -> Compiled:
        return compiled(expression.subs(kappa_symbol, sp.Rational(constant)), (t,), f"the {self.name} window")

    def _nodes(self, times: ArrayLike) -> Array:
        nodes = np.atleast_1d(real_array(times, "times"))
        first, last = float(self.window.start), float(self.window.end)
        if nodes.ndim != 1 or nodes.size == 0 or not np.all(np.diff(nodes) > 0):
            raise ValueError(f"times must be increasing numbers, got {times!r}")
        if not (first <= nodes[0] and nodes[-1] <= last):
            raise ValueError(f"times must lie in the {self.name} window, from {first:g} to {last:g}, got {times!r}")
        return nodes

    def _starts(self, starts: ArrayLike) -> Array:
        begin, dimension = real_array(starts, "starts"), self.canonical.dimension
        wanted = "(starts,)" if dimension == 1 else f"(starts, {dimension})"
        begin = np.atleast_1d(begin) if dimension == 1 else np.atleast_2d(begin)
        if begin.shape[1:] != (() if dimension == 1 else (dimension,)) or not np.all(np.isfinite(begin)):
            raise ValueError(f"starts must be finite numbers of shape {wanted}, got {starts!r}")
        return begin
